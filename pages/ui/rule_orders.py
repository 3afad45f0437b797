"""The pictures of rules on the order of columns: a scatter with its diagonal, for chains one pair at a time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui import parts, rule_fields, state, theme
from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import ChainedInequality, Inequality, Range
from synth_core.constraints.values import Floats, quantity
from synth_core.project import Project
from synth_core.table import Table


def scatter(rule: Constraint, frame: pd.DataFrame, low: str, high: str, *, strict: bool) -> None:
    """Draw one column against another with the diagonal between them; rows on the wrong side are marked."""
    from synth_core.figures import alt_inequality, inequality_figure

    parts.chart(
        inequality_figure(frame, low, high, mode=state.mode(), strict=strict),
        alt=alt_inequality(frame, low, high, strict=strict),
        key=f"constraints.figure_{rule.id}",
    )


def inequality(project: Project, table: Table, rule: Inequality, frame: pd.DataFrame) -> None:
    """Draw the two columns and the switch for equal values."""
    scatter(rule, frame, rule.low_column, rule.high_column, strict=rule.strict_boundaries)
    rule_fields.toggle(project, rule, "strict_boundaries", "Equal values break it too")


def chain(project: Project, table: Table, rule: Range | ChainedInequality, frame: pd.DataFrame) -> None:
    """Draw the chosen pair of neighbours; at first the one that most rows break."""
    pairs = list(pairwise(rule.own_columns))
    wrong = [_wrong(frame, low, high, strict=rule.strict_boundaries) for low, high in pairs]
    words = {
        at: f"{low} {'<' if rule.strict_boundaries else '≤'} {high}: "
        + (f"{theme.count(wrong[at])} broken" if wrong[at] else "0 broken")
        for at, (low, high) in enumerate(pairs)
    }
    key = f"constraints.pair_{rule.id}"
    if state.get(key, None) not in words:
        state.put(key, int(np.argmax(wrong)))
    at = st.selectbox("Pair", list(words), format_func=words.__getitem__, key=key)
    scatter(rule, frame, *pairs[int(at or 0)], strict=rule.strict_boundaries)
    rule_fields.toggle(project, rule, "strict_boundaries", "Equal values break it too")


def _wrong(frame: pd.DataFrame, low: str, high: str, *, strict: bool) -> int:
    one, other = quantity(frame[low]), quantity(frame[high])
    with np.errstate(invalid="ignore"):
        return int(((one >= other) if strict else (one > other)).sum())


def gaps(project: Project, rule: Any, values: Floats, title: str, *, tolerance: float | None = None) -> None:
    """Draw the histogram of how far rows are from what the rule asks, with the tolerance and its field."""
    from synth_core.figures import residual_figure

    parts.chart(
        residual_figure(values, tolerance or 0.0, mode=state.mode()),
        alt=title,
        key=f"constraints.figure_{rule.id}",
    )
    if tolerance is not None:
        rule_fields.number(project, rule, "tolerance", "Tolerance")
