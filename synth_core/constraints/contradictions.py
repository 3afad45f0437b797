"""Rules that cannot be kept together, found before anything learns and named.

First what no row can keep whatever the table is: bounds that leave nothing between, also along orders of columns;
strict orders in a circle; lists of values without a common one; formulas that compute each other. Then what no real
row keeps, where all cells are filled: there is nothing to learn such rows from.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.constraints.base import Constraint
from synth_core.constraints.bounds import Bounded
from synth_core.constraints.expressions import parse_condition
from synth_core.constraints.formulas import Formula
from synth_core.constraints.members import AllowedValues, ForbiddenValues
from synth_core.constraints.missing import NotNull, NullIf, NullTogether
from synth_core.constraints.orders import Inequality
from synth_core.errors import InfeasibleError
from synth_core.table import Table

Mask = npt.NDArray[np.bool_]
_Step = tuple[Constraint, Inequality]

ENOUGH = 20  # filled rows that must be there before they say anything
_MOST_PAIRS = 2_000


def find_contradictions(rules: Sequence[Constraint]) -> None:
    """Raise InfeasibleError when hard rules contradict each other whatever the rows are; the message names them."""
    plain = [rule for rule in rules if rule.when is None]
    for rule in plain:
        if isinstance(rule, Bounded):
            low, high = rule.bounds()
            if low > high or (rule.strict and low == high):
                raise InfeasibleError(
                    f"No value can keep the rule '{rule.sentence()}': its bounds leave nothing between."
                )
    _circles_of_formulas(rules)
    orders = [(rule, part) for rule in plain for part in (rule, *rule.parts()) if isinstance(part, Inequality)]
    _circles_of_orders(orders)
    _bounds_along(plain, orders)
    _lists(plain)


def _contradict(*rules: Constraint) -> InfeasibleError:
    named = _named(rules)
    both = "both" if len(rules) == 2 else "all of them"
    return InfeasibleError(
        f"{named[:1].upper()}{named[1:]} contradict each other: no row can keep {both}. Switch one of them off."
    )


def _named(rules: Sequence[Constraint]) -> str:
    words = [f"rule '{rule.sentence()}'" for rule in rules]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _distinct(rules: Sequence[Constraint]) -> list[Constraint]:
    return list({rule.id: rule for rule in rules}.values())


def _circles_of_formulas(rules: Sequence[Constraint]) -> None:
    formulas = {rule.output: rule for rule in rules if isinstance(rule, Formula)}
    for start in formulas.values():
        trails: list[list[Formula]] = [[start]]
        while trails:
            trail = trails.pop()
            for name in trail[-1].inputs:
                if name == start.output and len(trail) > 1:
                    raise InfeasibleError(
                        f"{_named(trail)[:1].upper()}{_named(trail)[1:]} compute each other in a circle: none of these "
                        "columns can be computed first. Leave one of the formulas out."
                    )
                if name in formulas and formulas[name] not in trail:
                    trails.append([*trail, formulas[name]])


def _circles_of_orders(orders: Sequence[_Step]) -> None:
    upwards: dict[str, list[_Step]] = {}
    for one in orders:
        upwards.setdefault(one[1].low_column, []).append(one)
    for rule, part in orders:
        if part.strict_boundaries:  # a circle of others says that all are equal, which can be
            path = _path(upwards, part.high_column, part.low_column)
            if path is not None:
                raise _contradict(*_distinct([rule, *(step for step, _ in path)]))


def _path(upwards: Mapping[str, Sequence[_Step]], start: str, end: str) -> list[_Step] | None:
    """Return the fewest rules that lead from one column up to another; None where none do."""
    trails: dict[str, list[_Step]] = {start: []}
    waiting = deque(trails)
    while waiting:
        name = waiting.popleft()
        for one in upwards.get(name, ()):
            following = one[1].high_column
            if following == end:
                return [*trails[name], one]
            if following not in trails:
                trails[following] = [*trails[name], one]
                waiting.append(following)
    return None


@dataclass(frozen=True)
class _Bound:
    """What rules say of one end of a column, whether the end itself is excluded, and which rules say so."""

    value: float
    strict: bool
    rules: tuple[Constraint, ...]


def _bounds_along(rules: Sequence[Constraint], orders: Sequence[_Step]) -> None:
    """Raise InfeasibleError where a lower bound, carried up along orders, is above an upper bound."""
    low: dict[str, _Bound] = {}
    high: dict[str, _Bound] = {}
    for rule in rules:
        if isinstance(rule, Bounded):
            least, most = rule.bounds()
            _raise_to(low, rule.column, _Bound(least, rule.strict, (rule,)))
            if rule.column not in high or most < high[rule.column].value:
                high[rule.column] = _Bound(most, rule.strict, (rule,))
    for _ in range(len(orders)):
        before = dict(low)
        for rule, part in orders:
            below = low.get(part.low_column)
            if below is not None:
                strict = below.strict or part.strict_boundaries
                _raise_to(low, part.high_column, _Bound(below.value, strict, (*below.rules, rule)))
        if low == before:
            break
    for name, bound in low.items():
        top = high.get(name)
        if top is None or not np.isfinite(bound.value) or not np.isfinite(top.value):
            continue
        if bound.value > top.value or (bound.value == top.value and (bound.strict or top.strict)):
            raise _contradict(*_distinct([*bound.rules, *top.rules]))


def _raise_to(low: dict[str, _Bound], name: str, bound: _Bound) -> None:
    if name not in low or bound.value > low[name].value:
        low[name] = bound


def _lists(rules: Sequence[Constraint]) -> None:
    allowed = [rule for rule in rules if isinstance(rule, AllowedValues)]
    for place, rule in enumerate(allowed):
        mine = set(map(_key, rule.values))
        for other in allowed[place + 1 :]:
            if other.column == rule.column and not mine & set(map(_key, other.values)):
                raise _contradict(rule, other)
        for barred in (one for one in rules if isinstance(one, ForbiddenValues)):
            if barred.column == rule.column and mine <= set(map(_key, barred.values)):
                raise _contradict(rule, barred)


def _key(value: object) -> object:
    try:
        return float(str(value))
    except ValueError:
        return str(value)


def find_unkept(rules: Sequence[Constraint], table: Table, keeps: dict[str, Mask]) -> None:
    """Raise InfeasibleError when no real row keeps the hard rules together, or two of them where cells are filled.

    ``keeps``: per rule id, which rows of ``table`` keep it. The message names the fewest rules that are in each
    other's way.
    """
    if not len(table) or not rules:
        return
    if not np.logical_and.reduce([keeps[rule.id] for rule in rules]).any():
        fewest = _fewest(rules, keeps)
        raise InfeasibleError(_unkept(fewest, len(table), "real rows"))
    filled = {name: table.frame[name].notna().to_numpy(dtype=bool) for rule in rules for name in rule.columns_used}
    told = [rule for rule in rules if rule.row_wise and not _about_missing(rule)]
    pairs = [(rule, rule) for rule in told]
    pairs += [
        (one, other)
        for place, one in enumerate(told)
        for other in told[place + 1 :]
        if set(one.columns_used) & set(other.columns_used)
    ]
    for one, other in pairs[:_MOST_PAIRS]:
        rows = np.logical_and.reduce([filled[name] for name in {*one.columns_used, *other.columns_used}])
        if rows.sum() >= ENOUGH and not (rows & keeps[one.id] & keeps[other.id]).any():
            raise InfeasibleError(
                _unkept(_distinct([one, other]), int(rows.sum()), "real rows with these cells filled")
            )


def _fewest(rules: Sequence[Constraint], keeps: dict[str, Mask]) -> list[Constraint]:
    """Return rules that no row keeps together, of which any row keeps all but one."""
    left = list(rules)
    for rule in rules:
        others = [other for other in left if other is not rule]
        if others and not np.logical_and.reduce([keeps[other.id] for other in others]).any():
            left = others
    return left


def _unkept(rules: Sequence[Constraint], rows: int, what: str) -> str:
    if len(rules) == 1:
        return f"0 of {rows:,} {what} keep {_named(rules)}. Loosen it, switch it off, or make it soft."
    return f"0 of {rows:,} {what} keep {_named(rules)} together. Loosen one, switch one off, or make it soft."


def _about_missing(rule: Constraint) -> bool:
    """Return whether a rule asks which cells are missing."""
    if isinstance(rule, NotNull | NullTogether | NullIf):
        return True
    texts = [getattr(rule, name, None) for name in ("if_", "then", "expression", "when")]
    if isinstance(rule, Formula):
        texts = [rule.when]
    return any(parse_condition(text).null_tested for text in texts if text)
