"""Alerts about columns together: doubled, decided by another, giving the target away, going together, out of order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from synth_core.associations import Codes
from synth_core.profile.findings import Action, Alert, Findings, counted, listed, percent
from synth_core.table import Kind, numbers

STRONG = 0.8
VERY_STRONG = 0.9
ENOUGH_ROWS = 30
DAY = 86_400
RANKED_ALIKE = 0.9995
SMOOTH = 0.03  # of the distance of two values, how far the one between them may lie from the line

Pair = tuple[float, str, str]


def about_pairs(found: Findings) -> list[Alert]:
    """Return alerts on columns that say the same, or give the target away, or go strongly together."""
    matrix, table = found.associations, found.table
    target = table.target.name if table.target is not None else None
    values = np.array(matrix.values, dtype=np.float64).reshape(len(matrix.names), len(matrix.names))
    places = np.argwhere(np.triu(np.abs(values) >= STRONG, k=1))
    pairs = sorted(((abs(float(values[i, j])), matrix.names[i], matrix.names[j]) for i, j in places), reverse=True)
    alerts: list[Alert] = []
    decided: list[tuple[str, str]] = []
    strong: list[Pair] = []
    for strength, first, second in pairs:
        if _both_filled(found, first, second) < ENOUGH_ROWS:
            continue
        very = strength >= VERY_STRONG
        if very and _levels_match(found, first, second, strength) == "both":
            alerts.append(_duplicate(first, second))
        elif target in (first, second) and very:
            alerts.append(_leak(second if first == target else first, str(target), strength))
        elif very and (match := _levels_match(found, first, second, strength)):
            decided.append((first, second) if match == "first" else (second, first))
        elif very and (share := _nearly_equal(found, first, second)):
            alerts.append(_near_duplicate(first, second, share))
        else:
            strong.append((strength, first, second))
    alerts += [_decided(*pair) for pair in decided if not _through_another(pair, decided)]
    return alerts + _strong_groups(strong, found)


def _both_filled(found: Findings, first: str, second: str) -> int:
    return int((~found.measured[first].gaps & ~found.measured[second].gaps).sum())


def _levels_match(found: Findings, first: str, second: str, strength: float) -> str:
    """Return which column decides the other: "both", "first", "second", or "" for neither."""
    if len(found.sample) < len(found.table):  # what a sample breaks, the whole breaks, too
        some = [pd.factorize(found.sample.frame[name])[0].astype(np.int64) for name in (first, second)]
        if not _match(some[0], some[1]):
            return ""
    match = _match(found.measured[first].codes, found.measured[second].codes)
    if match == "both":  # where nearly every value is different, that is no news unless they rank alike
        repeated = min(found.profile(name).distinct for name in (first, second)) <= found.profile(first).filled / 10
        return match if repeated or (strength >= RANKED_ALIKE and _by_formula(found, first, second)) else ""
    categorical = any(found.profile(name).kind.categorical for name in (first, second))
    fewest = min(found.profile(name).distinct for name in (first, second))
    return match if categorical and fewest > 1 else ""


def _by_formula(found: Findings, first: str, second: str) -> bool:
    """Whether the values of one column lie on a smooth curve over the other.

    Two series that both only rise rank alike, too, and go with each other value by value, without a rule between them.
    """
    if not all(found.profile(name).kind.numeric for name in (first, second)):
        return True
    x, y = (numbers(found.sample.frame[name]) for name in (first, second))
    known = np.isfinite(x) & np.isfinite(y)
    x, order = np.unique(x[known], return_index=True)
    y = y[known][order]
    if len(x) < 5:
        return True
    between = y[:-2] + (y[2:] - y[:-2]) * (x[1:-1] - x[:-2]) / (x[2:] - x[:-2])
    apart = np.abs(y[2:] - y[:-2])
    return float(np.median(np.abs(y[1:-1] - between))) <= SMOOTH * float(np.median(apart))


def _match(first: Codes, second: Codes) -> str:
    known = (first >= 0) & (second >= 0)
    if not known.any():
        return ""
    first, second = first[known], second[known]
    pairs = len(pd.unique(first * (int(second.max()) + 1) + second))
    levels, others = len(pd.unique(first)), len(pd.unique(second))
    if levels == others == pairs:
        return "both"
    if pairs > len(first) / 10:
        return ""
    return "first" if pairs == levels else "second" if pairs == others else ""


def _through_another(pair: tuple[str, str], decided: list[tuple[str, str]]) -> bool:
    """Return whether the first decides a third that decides the second."""
    return any((pair[0], middle) in decided and (middle, pair[1]) in decided for _, middle in decided)


def _nearly_equal(found: Findings, first: str, second: str) -> float:
    """Return the share of rows where two columns hold the same, when that is nearly all of them; else 0."""
    if {found.profile(first).kind.numeric, found.profile(second).kind.numeric} == {True, False}:
        return 0.0
    one, other = found.sample.frame[first], found.sample.frame[second]
    known = (one.notna() & other.notna()).to_numpy()
    if known.sum() < 20:
        return 0.0
    if found.profile(first).kind.numeric:
        same = numbers(one)[known] == numbers(other)[known]
    else:
        same = one.to_numpy()[known] == other.to_numpy()[known]
    share = float(np.mean(same))
    return share if share >= 0.95 else 0.0


def _duplicate(first: str, second: str) -> Alert:
    return Alert(
        code="duplicate_columns",
        columns=[first, second],
        severity="watch",
        sentence=f"'{first}' and '{second}' say the same: each value of one goes with one value of the other.",
        consequence="Without a rule, a few synthetic rows would mix them up.",
        action=Action(kind="make_rule", rule={"type": "fixed_combinations", "columns": [first, second]}),
    )


def _decided(decider: str, decided: str) -> Alert:
    return Alert(
        code="decided",
        columns=[decider, decided],
        severity="watch",
        sentence=f"'{decider}' decides '{decided}': each value of the first goes with one value of the second.",
        consequence="Without a rule, a few synthetic rows would mix them up.",
        action=Action(kind="make_rule", rule={"type": "fixed_combinations", "columns": [decider, decided]}),
    )


def _leak(other: str, target: str, strength: float) -> Alert:
    return Alert(
        code="target_leak",
        columns=[other, target],
        severity="watch",
        sentence=f"'{other}' nearly gives the target '{target}' away (association {strength:.2f}).",
        consequence="Models will look too good, on real and on synthetic rows alike.",
        action=Action(kind="drop", column=other),
    )


def _near_duplicate(first: str, second: str, share: float) -> Alert:
    return Alert(
        code="near_duplicate",
        columns=[first, second],
        severity="watch",
        sentence=f"'{first}' and '{second}' hold the same value in {percent(share)} of the rows where both are filled.",
        consequence="The synthetic table may lose that; leave one of them out if it is the same thing twice.",
        action=Action(kind="drop", column=second),
    )


def _strong_groups(pairs: list[Pair], found: Findings) -> list[Alert]:
    """Return one alert per group of columns that are linked by strong pairs."""
    group_of: dict[str, set[str]] = {}
    for _, first, second in pairs:
        joined = group_of.get(first, {first}) | group_of.get(second, {second})
        for name in joined:
            group_of[name] = joined
    groups = list({id(group): group for group in group_of.values()}.values())
    alerts = []
    for group in sorted(groups, key=len, reverse=True)[:12]:
        inside = [pair for pair in pairs if pair[1] in group]
        strongest = max(inside)
        value = found.associations.between(strongest[1], strongest[2])
        names = [name for name in found.table.names if name in group]
        if len(names) == 2:
            names = [strongest[1], strongest[2]]
            sentence = f"{listed(names)} go strongly together (association {value:.2f})."
        else:
            sentence = (
                f"{listed(names)} go strongly together: {counted(len(inside), 'pair')} of them with an association of "
                f"at least {STRONG:g}, most of all '{strongest[1]}' and '{strongest[2]}' ({value:.2f})."
            )
        alerts.append(
            Alert(
                code="strong_association",
                columns=names,
                severity="info",
                sentence=sentence,
                consequence="A good synthetic table must keep this; look for it in the pairs.",
            )
        )
    return alerts


def dates_out_of_order(found: Findings) -> Iterator[Alert]:
    """Yield an alert for each pair of date columns of which one comes before the other in nearly all rows."""
    dates = [c.name for c in found.table.having(learned=True) if c.kind is Kind.DATETIME][:15]
    seconds = {name: numbers(found.table.frame[name]) for name in dates}
    whole_days = {name for name, found_at in seconds.items() if not (found_at[np.isfinite(found_at)] % DAY).any()}
    for first, second in combinations(dates, 2):
        gap = seconds[second] - seconds[first]
        if first in whole_days or second in whole_days:  # a day has no hour to be before
            gap = np.floor(seconds[second] / DAY) - np.floor(seconds[first] / DAY)
        gap = gap[np.isfinite(gap)]
        if len(gap) < 20:
            continue
        low, high, broken = first, second, int((gap < 0).sum())
        if broken > len(gap) / 2:
            low, high, broken = second, first, int((gap > 0).sum())
        if 0 < broken <= 0.05 * len(gap):
            yield Alert(
                code="dates_out_of_order",
                columns=[low, high],
                severity="watch",
                sentence=f"'{high}' is before '{low}' in {broken:,} of {len(gap):,} rows, and not in the others.",
                consequence="Probably slips in the data; a rule keeps them out of the synthetic table.",
                action=Action(kind="make_rule", rule={"type": "inequality", "low_column": low, "high_column": high}),
            )
