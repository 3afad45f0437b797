"""What a profile shows of single rows: nothing of protected columns."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_core.figures.pairs import pair_figure
from synth_core.profile import ColumnProfile, profile
from synth_core.profile.facts import measure_column
from synth_core.profile.levels import in_levels
from synth_core.profile.shown import shown_quantiles
from synth_core.profile.temporal import time_profile
from synth_core.report.profile_document import profile_html, profile_json, read_profile
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


def literals(facts: ColumnProfile) -> list[float]:
    return [value for value in (facts.low, facts.high, *facts.quantiles, *facts.edges) if value is not None]


def test_quantiles_ends_and_edges_are_no_single_rows_value() -> None:
    values = np.exp(np.random.default_rng(0).normal(10, 1, 1001)).round(2)
    assert not {round(value, 6) for value in literals(facts_of(values))} & set(values)
    assert set(facts_of(values, protect=False).quantiles) & set(values)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta((values * 60).round(), unit="s")
    seconds = (days - pd.Timestamp(0)) // pd.Timedelta("1s")
    assert not set(literals(facts_of(days))) & set(seconds)


def test_a_value_that_five_rows_share_is_told_as_it_is() -> None:
    facts = facts_of(np.repeat([1.25, 7.75, 9.5], [5, 40, 30]))
    assert (facts.low, facts.quantiles[3], facts.high) == (1.25, 7.75, 9.5)


def test_shown_quantiles_are_means_of_five_neighbours_worked_by_hand() -> None:
    found = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 9999.0])
    # the middle is the sixth; the ends are the fifth from either side, as fine as the values are
    shown = shown_quantiles(found, (0.0, 0.5, 1.0), Kind.NUMBER)
    assert shown.tolist() == [25.0, 50.0, 99.0]  # 124/5, 248/5, 496/5
    with pytest.raises(ValueError, match="ten are needed"):
        shown_quantiles(found[:9], 0.5, Kind.NUMBER)


def test_cuts_of_triples_and_boxes_of_pairs_are_no_single_rows_value() -> None:
    rng = np.random.default_rng(1)
    values = rng.choice(9000, 201, replace=False) + 1000
    found = table(pay=values, group=rng.choice(["a", "b"], 201).astype(object))
    labels = " ".join(in_levels(found.frame["pay"], found.column("pay"), 4).labels).replace(",", "")
    shown = {int(word) for word in labels.split() if word.isdigit()}
    assert len(shown) == 3 + 3
    assert not shown & set(values)
    box = pair_figure(found.frame, found.column("group"), found.column("pay")).data[0]
    assert not {*box.q1, *box.median, *box.q3, *box.lowerfence, *box.upperfence} & set(values)


def test_the_span_of_times_is_no_single_rows_time() -> None:
    stamps = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.random.default_rng(2).integers(0, 10**8, 300), unit="s")
    found = time_profile(table(at=stamps, x=np.arange(300.0)), order="at")
    assert found is not None
    assert not {found.start, found.end} & set((stamps - pd.Timestamp(0)) // pd.Timedelta("1s"))


@pytest.mark.parametrize(
    "values",
    [
        [10**17 + i % 3 for i in range(100)],
        [2**53, 2**53 + 1] * 50,
        [2**63 - 1 - i for i in range(300)],
        [float(2**52) + i % 7 for i in range(300)],
        (np.random.default_rng(3).normal(size=300) * 1e-310).tolist(),
        (np.random.default_rng(3).normal(size=300) * 1e-299).tolist(),
        (1e17 + np.random.default_rng(3).normal(size=300) * 40).tolist(),
        (1 + np.random.default_rng(3).normal(size=300) * 1e-15).tolist(),
        (np.random.default_rng(3).normal(size=300) * 1e149).tolist(),
    ],
)
def test_numbers_at_the_ends_of_what_floats_hold_are_profiled(values: list[float], tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = profile(table(x=values))
    (tmp_path / "profile.json").write_text(profile_json("t", found))
    assert read_profile(tmp_path / "profile.json").profile.column("x") == found.column("x")
    facts = found.column("x")
    assert (np.diff(facts.edges) > 0).all()
    assert sum(facts.counts) + facts.below + facts.above == len(values)


def test_a_rare_answer_names_no_course_over_time() -> None:
    answers = np.array(["usual"] * 400, dtype=object)
    answers[[7, 90, 200]] = "SECRETWORD"
    frame = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=400), "answer": answers})
    for protect in (True, False):
        column = Column(name="answer", kind=Kind.BOOLEAN, protect=protect)
        found = time_profile(
            Table(frame, (Column(name="day", kind=Kind.DATETIME), column), "t"), order="day", columns=["answer"]
        )
        assert found is not None
        assert ("SECRETWORD" in found.model_dump_json()) is not protect
        assert found.series[0].unit == ("share of the rarer value" if protect else "share of 'SECRETWORD'")


def test_gaps_around_a_few_rows_are_one() -> None:
    days = [*range(100), 130, *range(160, 260), 300, 301]  # one day between two gaps, and two after the last
    stamps = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.array(days), unit="D")
    frame = pd.DataFrame({"day": stamps, "x": np.arange(len(days))})
    columns = [Column(name="day", kind=Kind.DATETIME), Column(name="x", kind=Kind.INTEGER)]
    found = time_profile(Table(frame, tuple(columns), "t"), order="day")
    assert found is not None
    (gap,) = found.gaps
    first = stamps[0] - pd.Timestamp(0)
    assert gap.start == (first + pd.Timedelta(days=100)).total_seconds()
    assert gap.end == (first + pd.Timedelta(days=159)).total_seconds()
    assert gap.steps == 59
    columns[0] = columns[0].model_copy(update={"protect": False})
    bare = time_profile(Table(frame, tuple(columns), "t"), order="day")
    assert bare is not None
    assert [one.steps for one in bare.gaps] == [30, 29, 40]
