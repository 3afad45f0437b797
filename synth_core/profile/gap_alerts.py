"""Alerts about empty cells: empty together, and empty by the value of another column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.associations import Codes, binned_codes
from synth_core.profile.chance import FALSE_SHARE, adjusted, state_by_group
from synth_core.profile.findings import Action, Alert, Findings, listed, percent
from synth_core.profile.shown import RARE_ROWS
from synth_core.table import Column

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

ENOUGH = 20
WEAKEST = 0.3


def about_gaps(found: Findings) -> list[Alert]:
    """Return the alerts about empty cells; columns that are empty together are held against others once."""
    groups = _together(found)
    alerts = [_said_together(group, found) for group in groups]
    spoken_for = {name for group in groups for name in group[1:]}
    return alerts + list(_depends(found, [name for name in _gapped(found) if name not in spoken_for]))


def _gapped(found: Findings) -> list[str]:
    """Return the columns with at least five gaps and five values."""
    facts = {name: measured.profile for name, measured in found.measured.items()}
    return [name for name, one in facts.items() if RARE_ROWS <= one.missing <= one.rows - RARE_ROWS]


def _together(found: Findings) -> list[list[str]]:
    """Return groups of columns that share nine of ten gaps, and far more than chance would."""
    names, groups, seen = _gapped(found), [], set[str]()
    if len(names) < 2:
        return []
    masks = np.array([found.sample.frame[name].isna() for name in names], dtype=np.float32)
    both = (masks @ masks.T).astype(np.float64)
    rows, sizes = masks.shape[1], masks.sum(axis=1).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        alike = both / (sizes[:, None] + sizes[None, :] - both)
        spread = np.sqrt(sizes * (rows - sizes))
        phi = (rows * both - sizes[:, None] * sizes[None, :]) / (spread[:, None] * spread[None, :])
    near = np.nan_to_num(alike) >= 0.9
    near &= np.nan_to_num(phi) >= 0.8
    for i, name in enumerate(names):
        group = [name, *(names[j] for j in np.flatnonzero(near[i]) if j != i and names[j] not in seen)]
        if name not in seen and len(group) > 1:
            seen.update(group)
            groups.append(group)
    return groups


def _said_together(group: list[str], found: Findings) -> Alert:
    gaps = np.array([found.measured[name].gaps for name in group])
    every, some = int(gaps.all(axis=0).sum()), int(gaps.any(axis=0).sum())
    rows = f"{every:,} of {len(found.table):,}"
    exact = every == some
    rule = None
    if exact and len(group) == 2:
        rule = {"type": "implies", "if": f"{_quoted(group[0])} is null", "then": f"{_quoted(group[1])} is null"}
    return Alert(
        code="missing_together",
        columns=group,
        severity="info",
        sentence=f"{listed(group)} are empty in the same rows ({rows})."
        if exact
        else f"{listed(group)} are nearly always empty together ({rows} rows; in {some - every:,} only some of them).",
        consequence="The synthetic table should leave them empty together, too.",
        action=Action(kind="make_rule", rule=rule) if rule else None,
    )


@dataclass(frozen=True)
class _Dependence:
    name: str
    other: str
    strength: float
    least: float
    most: float
    always: str | None


def _depends(found: Findings, names: list[str]) -> Iterator[Alert]:
    """Yield one alert per column that decides which cells of others are empty."""
    gaps = {name: found.sample.frame[name].isna().to_numpy() for name in names}
    names = [name for name in names if min(gaps[name].sum(), (~gaps[name]).sum()) >= ENOUGH]
    if not names:
        return
    learned = found.table.having(learned=True)
    if found.associations.left_out:
        kept = set(found.associations.names)
        learned = [column for column in learned if column.name in kept]
    codes = {column.name: binned_codes(found.sample.frame[column.name], column) for column in learned}
    strengths = _strengths(codes, names, np.column_stack([gaps[name] for name in names]))
    by_other: dict[str, list[_Dependence]] = {}
    others = list(codes)
    for place, name in enumerate(names):
        best = int(np.argmax(strengths[:, place])) if others else 0
        if others and strengths[best, place] >= WEAKEST:
            one = _dependence(name, others[best], float(strengths[best, place]), codes[others[best]], found)
            if one is not None:
                by_other.setdefault(one.other, []).append(one)
    for other, group in by_other.items():
        yield _said_depends(other, sorted(group, key=lambda one: -one.strength), found.table.column(other))


def _strengths(codes: dict[str, Codes], names: list[str], gaps: Mask) -> Floats:
    """Return Cramér's V of every column's codes with the gaps of every name; 0 where chance gives as much.

    Of all that is not 0, at most 5 % is chance.
    """
    from scipy.sparse import csr_matrix

    places = {name: place for place, name in enumerate(names)}
    masks = gaps.astype(np.float32)
    strengths, p_values = np.zeros((len(codes), len(names))), np.ones((len(codes), len(names)))
    for i, (other, own) in enumerate(codes.items()):
        rows = np.flatnonzero(own)
        shape = (int(own.max(initial=0)), len(own))
        groups = csr_matrix((np.ones(len(rows), dtype=np.float32), (own[rows] - 1, rows)), shape=shape)
        sizes = np.bincount(own[rows] - 1, minlength=shape[0]).astype(np.float64)
        strengths[i], p_values[i] = state_by_group(sizes, np.asarray(groups @ masks, dtype=np.float64))
        if other in places:
            strengths[i, places[other]], p_values[i, places[other]] = 0.0, 1.0
    return np.where(adjusted(p_values) <= FALSE_SHARE, strengths, 0.0)


def _dependence(name: str, other: str, strength: float, codes: Codes, found: Findings) -> _Dependence | None:
    gap = found.sample.frame[name].isna().to_numpy()
    filled = codes > 0
    counts = np.bincount(codes[filled])
    shares = np.bincount(codes[filled], weights=gap[filled]) / np.maximum(counts, 1)
    told = counts >= ENOUGH
    if told.sum() < 2 or np.ptp(shares[told]) < 0.1:
        return None
    always = np.flatnonzero(told & (shares == 1))
    level = _always(name, other, codes == always[0], found) if len(always) == 1 else None
    return _Dependence(name, other, strength, float(shares[told].min()), float(shares[told].max()), level)


def _always(name: str, other: str, where: Mask, found: Findings) -> str | None:
    """Return the category of the rows ``where``, if it is one, not a rare one, and ``name`` is empty wherever it is."""
    levels = found.sample.frame[other][where].unique()
    if not found.table.column(other).kind.categorical or len(levels) != 1:  # rare categories share a code
        return None
    held = (found.table.frame[other] == levels[0]).to_numpy()
    return str(levels[0]) if held.sum() >= RARE_ROWS and found.measured[name].gaps[held].all() else None


def _said_depends(other: str, group: list[_Dependence], column: Column) -> Alert:
    first = group[0]
    spread = f"from {percent(first.least)} to {percent(first.most)} of rows, by its value"
    if len(group) == 1:
        sentence = f"Whether '{first.name}' is empty depends on '{other}': {spread}."
    else:
        sentence = (
            f"Whether {listed([one.name for one in group])} are empty depends on '{other}': "
            f"'{first.name}' most, {spread}."
        )
    rule = None
    if len(group) == 1 and first.always is not None:
        text = first.always.replace("'", "''")
        rule = {"type": "implies", "if": f"{_quoted(other)} = '{text}'", "then": f"{_quoted(first.name)} is null"}
    return Alert(
        code="missing_depends",
        columns=[*(one.name for one in group), column.name],
        severity="info",
        sentence=sentence,
        consequence="These gaps carry information: filled in or spread evenly, they would distort the synthetic table.",
        action=Action(kind="make_rule", rule=rule) if rule else None,
    )


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
