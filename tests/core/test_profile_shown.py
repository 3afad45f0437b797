"""What a profile shows of single rows: nothing of protected columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.profile import ColumnProfile, profile
from synth_core.profile.facts import measure_column
from synth_core.report.profile_document import profile_html, profile_json
from synth_core.table import Column, Kind, Table

KINDS = {"i": Kind.INTEGER, "f": Kind.NUMBER, "M": Kind.DATETIME, "O": Kind.CATEGORY}


def table(**columns: object) -> Table:
    frame = pd.DataFrame(columns)
    return Table(frame, tuple(Column(name=name, kind=KINDS[frame[name].dtype.kind]) for name in frame), "t")


def facts_of(values: object, **described: object) -> ColumnProfile:
    series = pd.Series(values)
    column = {"name": "x", "kind": KINDS[series.dtype.kind], **described}
    return measure_column(series, Column(**column)).profile  # type: ignore[arg-type]


@pytest.mark.parametrize("filled", [1, 2, 9])
def test_moments_of_a_handful_of_values_are_not_told(filled: int) -> None:
    values = [np.nan] * (500 - filled) + [187654.25] * filled
    found = facts_of(values)
    assert [found.mean, found.std, found.variance, found.low, found.skewness] == [None] * 5
    assert facts_of(values, protect=False).mean == 187654.25
    both = table(other=np.arange(500.0), income=values)
    for file in (profile_json("t", profile(both)), profile_html("t", profile(both))):
        assert "187654" not in file
        assert "187,654" not in file


def test_the_mean_does_not_tell_the_one_value_beside_a_constant() -> None:
    assert facts_of([0.0] * 499 + [187654.25]).mean is None
    assert facts_of([0.0] * 499).mean == 0
    assert facts_of([0.0] * 495 + [1.0, 2, 3, 4, 5]).mean == pytest.approx(15 / 500)
