"""A rule changed so that the real rows keep it, in words that name no single row.

Bounds go out to a round number: the exact extreme of a column would be one person's value, and rules are handed on.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.constraints.combinations import RARE
from synth_core.constraints.kinds import FixedCombinations, Inequality, ScalarRange, SumEquals
from synth_core.table import Kind, Table, numbers


def loosened(rule: Constraint, table: Table) -> Constraint | None:
    """Return the rule that real rows keep, or None when this kind of rule cannot be loosened.

    Combinations of fewer than :data:`RARE` rows are not named, so their rows still break it.
    """
    if isinstance(rule, ScalarRange):
        return _wider(rule, table)
    if isinstance(rule, Inequality) and rule.strict_boundaries:
        softer = rule.model_copy(update={"strict_boundaries": False})
        return None if softer.violations(table.frame).any() else softer
    if isinstance(rule, SumEquals):
        tolerance = float(np.nanmax(np.abs(residuals(rule, table.frame)), initial=0.0))
        return rule.model_copy(update={"tolerance": float(f"{tolerance * 1.0001:.4g}")})
    if isinstance(rule, FixedCombinations):
        counts = table.frame[list(rule.columns)].value_counts(dropna=False)
        present = counts[counts >= RARE].index.to_frame(index=False)
        rows = [tuple(None if pd.isna(v) else _plain(v) for v in row) for row in present.itertuples(index=False)]
        known = set(rule.combinations or ())
        return rule.model_copy(
            update={"combinations": (*(rule.combinations or ()), *(r for r in rows if r not in known))}
        )
    return None


def residuals(rule: SumEquals, frame: pd.DataFrame) -> np.ndarray:
    """Return parts minus total for each row, NaN where a cell is missing."""
    total = numbers(frame[rule.total]) if isinstance(rule.total, str) else float(rule.total)
    return np.asarray(np.sum([numbers(frame[name]) for name in rule.columns], axis=0) - total)


def bound_of(value: float, kind: Kind, *, up: bool) -> float | int | str:
    """Return a number of a column (dates: seconds since 1970) as a bound that does not cut it off."""
    if kind is Kind.DATETIME:
        moment = pd.Timestamp(value, unit="s")
        day = moment.ceil("D") if up else moment.floor("D")
        return f"{day:%Y-%m-%d}"
    if kind is Kind.INTEGER:
        return int(np.ceil(value) if up else np.floor(value))
    return float(value)


def _wider(rule: ScalarRange, table: Table) -> ScalarRange:
    kind = table.column(rule.column).kind
    values = numbers(table.frame[rule.column])
    low, high = rule.bounds()
    least, most = float(np.nanmin(values)), float(np.nanmax(values))
    span = most - least
    update: dict[str, object] = {}
    if rule.low_value is not None and (least < low or (rule.strict_boundaries and least == low)):
        update["low_value"] = bound_of(_rounded(least, span, kind, up=False), kind, up=False)
    if rule.high_value is not None and (most > high or (rule.strict_boundaries and most == high)):
        update["high_value"] = bound_of(_rounded(most, span, kind, up=True), kind, up=True)
    if update:
        update["strict_boundaries"] = False
    return rule.model_copy(update=update)


def _rounded(value: float, span: float, kind: Kind, *, up: bool) -> float:
    """Return the next round number (dates: the next day of a coarse grid) at or beyond a value, by the span of all.

    >>> _rounded(97.0, 80.0, Kind.INTEGER, up=True), _rounded(0.123, 4.2, Kind.NUMBER, up=False)
    (100.0, 0.0)
    """
    step = 10.0 ** np.floor(np.log10(span)) / 2 if span > 0 else 1.0
    if kind is Kind.DATETIME:
        step = max(step, 86_400.0)
    elif kind is Kind.INTEGER:
        step = max(np.ceil(step), 1.0)
    whole = np.ceil(value / step) if up else np.floor(value / step)
    return float(f"{whole * step:.12g}")


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
