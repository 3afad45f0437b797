"""How each rule will be kept on a table, decided before anything learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from synth_core.constraints.base import Constraint, Derivation, How
from synth_core.constraints.contradictions import find_unkept
from synth_core.constraints.inside import Step
from synth_core.constraints.kinds import ScalarRange, Unique
from synth_core.errors import ConstraintError
from synth_core.table import Table

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RulePlan:
    """How one rule is kept.

    Attributes
    ----------
    note
        Why this way, in a sentence; empty when it is the first choice.
    broken
        Real rows that break the rule.
    """

    id: str
    sentence: str
    how: How
    note: str = ""
    broken: int = 0


def cost_line(how: str, kept: float, *, hard: bool = True) -> str:
    """Return what keeping a rule takes, in words; ``kept``: share of drawn rows that keep it at first (0..1).

    >>> cost_line("transform", 1.0), cost_line("reject", 0.08), cost_line("repair", 0.999)
    ('holds by construction', 'by retry: about 8 % of rows accepted', 'by repair: about 0.1 % of rows changed')
    """
    if how == "transform":
        return "holds by construction"
    if how == "check_only":
        return f"only counted: {_about(1 - kept)} of rows break it"
    if not hard:
        return f"soft: {_about(1 - kept)} of drawn rows break it, the release as many as asked for"
    if how == "condition" and kept == 1:
        return "holds by construction, in the draw"
    if how == "condition":
        return f"holds by construction: in the draw, {_about(1 - kept)} of rows got another value"
    if how == "repair":
        return f"by repair: {_about(1 - kept)} of rows changed"
    return f"by retry: {_about(kept)} of rows accepted"


def _about(share: float) -> str:
    if share in (0, 1):
        return f"{100 * share:.0f} %"
    percent = 100 * share
    if percent < 0.1:
        return "less than 0.1 %"
    return "over 99.9 %" if percent > 99.9 else f"about {percent:.3g} %" if percent > 99 else f"about {percent:.2g} %"


@dataclass(frozen=True)
class Transforms:
    """The transforms that fit together, in the order in which they are undone."""

    steps: tuple[tuple[Constraint, Derivation], ...] = ()

    @property
    def derived(self) -> set[str]:
        """Columns that are left out and computed again."""
        return {name for _, way in self.steps for name in way.derived}

    @property
    def touched(self) -> set[str]:
        """Columns that some transform reads or computes."""
        return {name for _, way in self.steps for name in (*way.derived, *way.anchors)}

    def adding(self, rule: Constraint, ways: Sequence[Derivation]) -> Transforms | None:
        """Return these transforms and one more; None when each way computes a column twice or in a circle."""
        for way in ways:
            if not set(way.derived) & self.derived:
                ordered = _ordered([*self.steps, (rule, way)])
                if ordered is not None:
                    return Transforms(tuple(ordered))
        return None

    def encode(self, table: Table) -> tuple[Table, tuple[Step, ...]]:
        """Return the table for the engine, and the steps back in the order in which they are taken."""
        steps: list[Step] = []
        for rule, way in reversed(self.steps):
            encoding = rule.encode(table, way)
            before, after = set(table.names), set(encoding.table.names)
            derived = frozenset(way.derived) | (before - after)
            sources = (after - before) | (derived & after) | (set(way.anchors) if derived else set())
            steps.insert(0, Step(encoding.decoder, derived, frozenset(sources)))
            table = encoding.table
        return table, tuple(steps)


def _ordered(steps: list[tuple[Constraint, Derivation]]) -> list[tuple[Constraint, Derivation]] | None:
    """Return steps so that every column is computed before it is read; None when they run in a circle."""
    waiting, done = list(steps), []
    while waiting:
        pending = {name for _, way in waiting for name in way.derived}
        ready = [step for step in waiting if not set(step[1].anchors) & pending]
        if not ready:
            return None
        done += sorted(ready, key=lambda step: not step[1].derived)  # row filters are encoded first, undone last
        waiting = [step for step in waiting if step not in ready]
    return [step for step in done if step[1].derived] + [step for step in done if not step[1].derived]


@dataclass(frozen=True)
class Cleaning:
    """Which real rows are learned from, and which rules too many of them break."""

    kept: Mask
    broken: dict[str, int] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()


def clean(table: Table, hard: Sequence[Constraint]) -> Cleaning:
    """Leave out real rows that break hard rules, while enough remain to learn from.

    Raises InfeasibleError when no real row keeps them all, or two of them where cells are filled.
    """
    rows = len(table)
    keeps = {rule.id: ~rule.violations(table.frame).to_numpy(dtype=bool) for rule in hard}
    broken = {key: int((~mask).sum()) for key, mask in keeps.items()}
    kept, loose = np.ones(rows, dtype=bool), set()
    find_unkept(hard, table, keeps)
    for rule in sorted(hard, key=lambda rule: broken[rule.id]):
        left = int((kept & keeps[rule.id]).sum())
        if 2 * left >= rows or (left >= 1_000 and 10 * left >= rows):
            kept &= keeps[rule.id]
    loose = {key for key, mask in keeps.items() if (kept & ~mask).any()}
    return Cleaning(kept, broken, frozenset(loose))


def pair_counts(keeps: Sequence[Mask]) -> npt.NDArray[np.int64]:
    """Return in how many rows each two rules are kept together, shape (rules, rules)."""
    stacked = np.asarray(keeps, dtype=np.float64)
    return np.asarray(stacked @ stacked.T, dtype=np.int64)


def conflict(rules: Sequence[Constraint], pairs: npt.NDArray[np.int64], rows: int, what: str) -> str:
    """Return the sentence that names the rule, or the two rules, that fewest rows keep."""
    alone = int(np.argmin(np.diag(pairs)))
    low, high = divmod(int(np.argmin(pairs)), len(rules))
    fewest = int(pairs[low, high])
    advice = "Loosen one, switch one off, or make it soft."
    if len(rules) == 1 or pairs[alone, alone] == fewest:
        advice = "Loosen it, switch it off, or make it soft."
        return f"{fewest:,} of {rows:,} {what} rows keep rule '{rules[alone].sentence()}'. {advice}"
    pair = f"rule '{rules[low].sentence()}' and rule '{rules[high].sentence()}'"
    if fewest == 0 or len(rules) == 2:
        return f"{fewest:,} of {rows:,} {what} rows keep {pair} together. {advice}"
    return f"Too few {what} rows keep all {len(rules)} rules together; {fewest:,} of {rows:,} keep {pair}. {advice}"


def choose(
    table: Table, rules: Sequence[Constraint], cleaning: Cleaning, *, inside: bool = False
) -> tuple[Transforms, list[RulePlan]]:
    """Return the transforms, and how each rule is kept. The first rule to claim a column transforms it.

    ``inside``: whether the engine keeps rules while it draws.
    """
    transforms, plans = Transforms(), dict[str, RulePlan]()
    for rule in rules:
        ways = _ways(rule, table, cleaning, inside)
        if ways[0] == "transform":
            grown = transforms.adding(rule, rule.derivations(table))
            if grown is not None:
                transforms = grown
                plans[rule.id] = _plan(rule, "transform", "", cleaning)
    for rule in rules:
        if rule.id not in plans:
            how, note = _otherwise(rule, _ways(rule, table, cleaning, inside), transforms, cleaning)
            plans[rule.id] = _plan(rule, how, note, cleaning)
    return transforms, [plans[rule.id] for rule in rules]


def _plan(rule: Constraint, how: How, note: str, cleaning: Cleaning) -> RulePlan:
    return RulePlan(rule.id, rule.sentence(), how, note, cleaning.broken.get(rule.id, 0))


def _ways(rule: Constraint, table: Table, cleaning: Cleaning, inside: bool) -> tuple[How, ...]:
    """Return the ways that are open for a rule, best first."""
    if rule.enforcement == "check_only":
        return ("check_only",)
    can = inside and rule.row_wise and "condition" in rule.ways
    within: tuple[How, ...] = ("condition",) if can else ()
    if not rule.hard:
        return (*within, "reject")
    own = tuple(way for way in rule.ways_for(table) if way != "condition")
    first = own[:1] if own[:1] == ("transform",) else ()
    ways: tuple[How, ...] = (*first, *within, *own[len(first) :]) if "transform" not in own[1:] else own
    if rule.enforcement not in ("auto", "condition"):
        if rule.enforcement not in rule.ways:
            raise ConstraintError(
                f"Rule '{rule.sentence()}' cannot be kept by {rule.enforcement}; choose one of {', '.join(rule.ways)}."
            )
        chosen = tuple(way for way in ways if way == rule.enforcement)
        ways = chosen + tuple(way for way in ways if way not in chosen and way != "transform")
    elif rule.enforcement == "condition" and within:
        ways = tuple(way for way in ways if way != "transform")
    if rule.id in cleaning.loose and rule.row_wise:
        # Learned from rows that break it: cutting them off or moving them all would leave a heap at the bound.
        order: tuple[How, ...] = ("condition", "reject")
        rest = (way for way in ways if way != "transform")
        return tuple(sorted(rest, key=lambda way: order.index(way) if way in order else len(order)))
    return ways


def _otherwise(rule: Constraint, ways: tuple[How, ...], transforms: Transforms, cleaning: Cleaning) -> tuple[How, str]:
    """Return how a rule without a transform is kept, and why."""
    if ways[0] == "check_only":
        return "check_only", "only counted, as chosen"
    if not rule.hard and ways[0] == "condition":
        return "condition", "soft: in the draw it binds as many rows as it takes for as many to break it as wanted"
    if not rule.hard:
        return "reject", "soft: rows are kept or drawn again so that about as many break it as wanted"
    note = "other rules already compute these columns, or the gap would be noise" if ways[0] == "transform" else ""
    if rule.id in cleaning.loose:
        note = "too many real rows break it to learn only from those that keep it"
    rest = [way for way in ways if way != "transform"] or ["reject"]
    if rest[0] == "condition":
        return "condition", note
    if {"reject", "repair"} <= set(rest) and rule.row_wise and not rule.recomputes and rule.enforcement == "auto":
        return "reject", note
    clashes = bool(set(rule.repairs) & transforms.touched) and not isinstance(rule, ScalarRange)
    if rest[0] == "repair" and clashes and "reject" in rest and rule.enforcement != "repair":
        return "reject", note or "a repair would undo another rule"
    if isinstance(rule, Unique):
        note = "within each part of the release; the whole release is checked at the end"
    return rest[0], note
