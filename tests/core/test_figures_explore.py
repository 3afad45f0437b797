"""Figures of the profile: time, gaps, exposed rows, triples, empty cells, and the heat map that can be clicked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from synth_core import figures
from synth_core.figures.style import PALETTES, Mode
from synth_core.figures.written import luminance, tone_at
from synth_core.profile import profile
from synth_core.profile.emptiness import MAX_PATTERNS, Emptiness, emptiness
from synth_core.profile.exposure import Contribution, Exposure, GroupSize
from synth_core.profile.time_facts import EntityFacts, Season, SeriesProfile, TimeGap, TimeProfile
from synth_core.profile.triples import TripleView
from synth_core.table import Column, Kind, Role, Table

DAY = 86400.0
START = 1.7e9
AT = [START + DAY * i for i in range(120)]
WEEK = [float(i % 7) for i in range(120)]
SERIES = SeriesProfile(
    column="sales",
    title="sales",
    lags=list(range(1, 31)),
    autocorrelation=[0.9 if lag % 7 == 0 else 0.1 for lag in range(1, 31)],
    band=0.18,
    at=AT,
    observed=[None, *[10 + 0.1 * i + WEEK[i] for i in range(1, 120)]],
    trend=[10 + 0.1 * i for i in range(120)],
    seasonal=[w - 3 for w in WEEK],
    remainder=[0.5] * 120,
    seasons=[Season(steps=7, words="weekly", strength=0.8, p_value=0.001, shape=[-3, -2, -1, 0, 1, 2, 3])],
)
TIME = TimeProfile(
    order="<b>day</b>",
    rows=120,
    start=AT[0],
    end=AT[-1],
    gaps=[TimeGap(start=AT[20], end=AT[30], steps=10)],
    gap_count=1,
    missing_steps=10,
    period_edges=[START + 10 * DAY * i for i in range(13)],
    period_counts=[10] * 12,
)
EXPOSURE = Exposure(
    columns=["age", "sex"],
    rows=100,
    groups=40,
    unique_rows=12,
    unique_share=0.12,
    smallest=1,
    histogram=[
        GroupSize(label=label, groups=4, rows=rows, share=rows / 100)
        for label, rows in (("1", 12), ("2", 8), ("3–4", 80))
    ],
    contributions=[
        Contribution(column="age", unique_share_without=0.0),
        Contribution(column="sex", unique_share_without=0.05),
    ],
)
SHARES = np.full((3, 2, 2), 0.25)
SHARES[0, 0, 1] = np.nan
VIEW = TripleView(["a", "<i>b</i>"], ["c", "d"], ["e", "f", "g"], SHARES, np.where(np.isnan(SHARES), np.nan, 50))
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "x": RNG.normal(0, 1, 600),
        "kind": RNG.choice(["one", "two", "three"], 600),
        "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 300, 600), "D"),
        "target": ["yes"] * 300 + ["no"] * 297 + ["secret"] * 3,
    }
)
FRAME.loc[:49, ["x", "kind"]] = None
FRAME.loc[50:59, "kind"] = None
FRAME.loc[60:62, "x"] = np.nan
TABLE = Table(
    FRAME,
    (
        Column(name="x", kind=Kind.NUMBER),
        Column(name="kind", kind=Kind.CATEGORY),
        Column(name="when", kind=Kind.DATETIME),
        Column(name="target", kind=Kind.CATEGORY, role=Role.TARGET),
    ),
)
EMPTY = emptiness(TABLE)


def split(name: str) -> Callable[[Mode], go.Figure]:
    return lambda mode: figures.split_figure(FRAME, TABLE.column(name), TABLE.column("target"), mode)


FIGURES: dict[str, Callable[[Mode], go.Figure]] = {
    "time": lambda mode: figures.time_figure(SERIES, mode),
    "time by position": lambda mode: figures.time_figure(SERIES.model_copy(update={"at": list(range(120))}), mode),
    "autocorrelation": lambda mode: figures.acf_figure(SERIES, mode),
    "season": lambda mode: figures.season_figure(SERIES.seasons[0], mode),
    "gaps": lambda mode: figures.gaps_figure(TIME, mode),
    "entities": lambda mode: figures.entities_figure(
        EntityFacts(entities=9, single=4, rows_middle=2, rows_most=4, row_labels=["1", "2"], row_counts=[4, 5]), mode
    ),
    "exposure": lambda mode: figures.exposure_figure(EXPOSURE, mode),
    "contributions": lambda mode: figures.contributions_figure(EXPOSURE, mode),
    "triple": lambda mode: figures.triple_figure(VIEW, mode, ("x", "y", "z")),
    "missing": lambda mode: figures.missing_figure(EMPTY, mode),
    "split": split("x"),
    "split dates": split("when"),
    "split categories": split("kind"),
    "clickable": lambda mode: figures.association_figure(*square(12), mode, clickable=True, chosen=("c1", "c2")),
    "clickable of 80": lambda mode: figures.association_figure(
        *square(80), mode, clickable=True, chosen=("c1", "c70"), signed=False
    ),
}


def square(columns: int) -> tuple[list[str], list[list[float]]]:
    """Return names and associations of so many columns."""
    values = np.random.default_rng(1).uniform(0, 1, (columns, columns))
    return [f"c{i}" for i in range(columns)], ((values + values.T) / 2).tolist()


def drawn(figure: go.Figure) -> Any:
    return json.loads(figure.to_json())


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_of_the_profile_is_light_and_in_the_template(name: str, mode: Mode) -> None:
    figure = FIGURES[name](mode)
    assert len(figure.to_json()) < 200_000
    assert figure.layout.uirevision
    assert figure.layout.template.layout.font.color == PALETTES[mode].text
    assert figure.data
    assert "<i>b" not in figure.to_json().replace("&lt;i&gt;b", "")


def test_time_stands_on_a_date_axis_and_positions_do_not() -> None:
    assert FIGURES["time"]("light").layout.xaxis.type == "date"
    assert FIGURES["time by position"]("light").layout.xaxis.type is None
    small = figures.time_figure(SERIES.model_copy(update={"at": list(range(120))}), dates=True)
    assert small.layout.xaxis.type == "date"


def test_lags_and_cycles_are_told_in_the_unit_of_the_table() -> None:
    tenths = TIME.model_copy(update={"step": 600.0, "period_words": "step"})
    acf = figures.acf_figure(SERIES, "light", tenths)
    assert acf.layout.xaxis.title.text == "Hours earlier"
    assert acf.data[0].x[5] == pytest.approx(1)
    assert acf.layout.shapes[1].x0 == pytest.approx(7 / 6)
    daily = TIME.model_copy(update={"step": DAY, "period_words": "day"})
    assert figures.acf_figure(SERIES, "light", daily).layout.xaxis.title.text == "Days earlier"
    assert figures.acf_figure(SERIES).layout.xaxis.title.text == "Steps earlier"
    cycle = figures.season_figure(SERIES.seasons[0], "light", daily)
    assert (cycle.layout.xaxis.title.text, cycle.data[0].x[1]) == ("Days of the cycle", 1)


def test_a_series_without_season_has_no_panel_for_it() -> None:
    plain = SERIES.model_copy(update={"seasonal": [], "remainder": []})
    assert [trace.name for trace in figures.time_figure(plain).data] == ["Observed", "Trend"]
    assert [trace.name for trace in figures.time_figure(SERIES).data] == ["Observed", "Trend", "Repeats", "Left over"]


def test_gaps_are_shaded_where_they_are() -> None:
    (shade,) = FIGURES["gaps"]("light").layout.shapes
    assert (shade.x0, shade.x1) == (AT[20] * 1000, AT[30] * 1000)


def test_a_stretch_of_time_that_is_only_in_part_in_the_table_is_hatched() -> None:
    cut = TIME.model_copy(update={"end": AT[-1] - 6 * DAY})
    bars = figures.gaps_figure(cut).data[0]
    assert bars.marker.pattern.shape == ("",) * 11 + ("/",)
    assert "only in part: rows lie from 2023-11-14 22:13 to" in bars.customdata[-1][1]
    assert bars.customdata[0][1] == ""
    assert figures.alt_gaps(cut).endswith("The last stretch is in the table only in part.")
    assert not any(figures.gaps_figure(TIME).data[0].marker.pattern.shape), "a day is missing, as between two rows"


def test_rows_that_stand_alone_have_a_second_sign() -> None:
    alone, others = figures.exposure_figure(EXPOSURE).data
    assert list(alone.x) == [0]
    assert alone.marker.pattern.shape
    assert not others.marker.pattern.shape


def test_cells_of_a_triple_with_few_rows_are_struck_through_and_those_with_none_are_blank() -> None:
    shares = SHARES.copy()
    shares[0, 1, 0] = 0.0
    view = TripleView(VIEW.x_labels, VIEW.y_labels, VIEW.z_labels, shares, np.where(shares > 0, 50, shares))
    found = drawn(figures.triple_figure(view))["data"]
    assert found[0]["z"] == [[0.25, None], [None, 0.25]]
    assert "under 5 rows" in found[0]["hovertext"][0][1]
    assert "no row" in found[0]["hovertext"][1][0]
    (struck,) = (trace for trace in found if trace.get("mode") == "markers")
    assert (struck["x"], struck["y"], struck["marker"]["symbol"]) == ([1], [0], "line-ne")


def test_a_triple_has_numbers_in_its_cells_or_a_scale_beside_them() -> None:
    assert not any(trace.showscale for trace in figures.triple_figure(VIEW).data if trace.type == "heatmap")
    wide = np.full((2, 9, 9), 1 / 81)
    names = [f"n{i}" for i in range(9)]
    panels = figures.triple_figure(TripleView(names, names, ["e", "f"], wide, wide * 810)).data
    assert [panel.showscale for panel in panels] == [True, False]


def test_every_cell_but_the_diagonal_can_be_clicked_and_says_its_pair() -> None:
    names, matrix = square(5)
    points = figures.association_figure(names, matrix, clickable=True).data[1]
    assert len(points.x) == 20
    assert all(
        points.customdata[k] == [names[x], names[y]] for k, (x, y) in enumerate(zip(points.x, points.y, strict=True))
    )
    assert points.marker.opacity == 0


def test_of_many_columns_the_lower_half_can_be_clicked() -> None:
    names, matrix = square(60)
    figure = figures.association_figure(names, matrix, clickable=True)
    assert len(figure.data[1].x) == 60 * 59 // 2
    assert all(names.index(x) < names.index(y) for x, y in zip(figure.data[1].x, figure.data[1].y, strict=True))
    assert figure.data[0].z[0][5] is None


def test_the_chosen_pair_is_framed_in_its_cell() -> None:
    names, matrix = square(6)
    (frame,) = figures.association_figure(names, matrix, clickable=True, chosen=("c4", "c2")).layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (3.5, 4.5, 1.5, 2.5)
    assert not figures.association_figure(names, matrix, clickable=True, chosen=("c4", "gone")).layout.shapes


def test_unsigned_measures_run_from_zero() -> None:
    figure = figures.association_figure(*square(4), signed=False)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)


def test_the_scale_goes_below_zero_only_where_values_do() -> None:
    falling = figures.association_figure(["a", "b"], [[1, -0.2], [-0.2, 1]]).data[0]
    rising = figures.association_figure(["a", "b"], [[1, 0.2], [0.2, 1]]).data[0]
    assert (falling.zmin, rising.zmin) == (-1, 0)
    assert rising.colorscale[0] == (0, "#ffffff")
    assert rising.colorscale[-1] == falling.colorscale[-1]


def test_names_that_are_cut_on_the_axis_are_whole_in_the_hover() -> None:
    names, matrix = square(50)
    long = [f"{name}_{'number_of_inpatient_visits'}" for name in names]
    figure = figures.association_figure(long, matrix, clickable=True)
    assert all(label.endswith("…") for label in figure.layout.yaxis.ticktext)
    assert figure.data[1].text[0].startswith(f"{long[1]} – {long[0]}<br>0.")
    assert figure.layout.yaxis.tickfont.size >= 11


def cells_with_ink(figure: go.Figure) -> list[tuple[str, str]]:
    """Return, for each number written into a cell, the colour of the cell and of the number."""
    heat = next(trace for trace in figure.data if trace.type == "heatmap")
    found = []
    for trace in figure.data:
        if trace.type == "scatter" and trace.mode == "text" and trace.xaxis == heat.xaxis:
            for i, j in zip(trace.x, trace.y, strict=True):
                at = (heat.z[j][i] - heat.zmin) / (heat.zmax - heat.zmin)
                found.append((tone_at(heat.colorscale, at), trace.textfont.color))
    return found


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_numbers_in_cells_reach_four_and_a_half_to_one(mode: Mode) -> None:
    values = np.linspace(-1, 1, 121).reshape(11, 11)
    parts = np.linspace(0.001, 0.2, 42).reshape(1, 6, 7)
    frame = pd.DataFrame({"a": np.repeat(list("stuvw"), 100), "b": np.tile(list("xxxxxxyyyz"), 50)})
    frame.loc[:60, "b"] = "y"
    written = [
        figures.association_figure([f"c{i}" for i in range(11)], values.tolist(), mode),
        figures.association_figure([f"c{i}" for i in range(11)], np.abs(values).tolist(), mode, signed=False),
        figures.triple_figure(TripleView(list("abcdefg"), list("hijklm"), ["n"], parts, parts * 1000), mode),
        figures.pair_figure(frame, *(Column(name=name, kind=Kind.CATEGORY) for name in "ab"), mode),
    ]
    for figure, cells in zip(written, (110, 110, 42, 15), strict=True):
        found = cells_with_ink(figure)
        assert len(found) == cells
        for tone, ink in found:
            dark, light = sorted([luminance(tone), luminance(ink)])
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (tone, ink)


def test_pairs_that_a_measure_does_not_fit_are_left_empty() -> None:
    figure = figures.association_figure(["a", "b"], [[1, float("nan")], [float("nan"), 1]], clickable=True)
    assert figure.data[0].z[0][1] is None


def test_the_density_covers_the_area_of_the_bars() -> None:
    rows = np.random.default_rng(2).normal(50, 10, 4000)
    found = profile(Table(pd.DataFrame({"n": rows}), (Column(name="n", kind=Kind.NUMBER),))).columns[0]
    bars, line = figures.column_figure(found).data
    middle = len(bars.y) // 2
    height = np.interp(bars.x[middle], line.x, line.y)
    assert height == pytest.approx(np.mean(bars.y[middle - 2 : middle + 3]), rel=0.15)


def test_a_column_is_split_by_the_classes_that_have_rows_enough() -> None:
    lines = figures.split_figure(FRAME, TABLE.column("x"), TABLE.column("target")).data
    assert [line.name for line in lines] == ["no", "yes"]
    assert len({line.line.dash for line in lines}) == 2, "colour is not the only sign"
    assert sum(lines[0].y) <= 1


def test_which_cells_are_empty_together_is_counted() -> None:
    assert EMPTY.columns == ["kind", "x"]
    assert EMPTY.missing == [60, 53]
    assert EMPTY.complete_rows == 600 - 63
    assert [(pattern.empty, pattern.rows) for pattern in EMPTY.patterns] == [
        ([], 537),
        (["kind", "x"], 50),
        (["kind"], 10),
    ]
    assert EMPTY.other_rows == 3, "a pattern of three rows is not told"
    assert EMPTY.together[0][1] == pytest.approx(50 / 63, abs=1e-4)
    (pair,) = EMPTY.pairs
    assert {pair.one, pair.other} == {"kind", "x"}
    assert pair.expected == pytest.approx(60 * 53 / 600 / (60 + 53 - 60 * 53 / 600))


def test_columns_that_are_empty_often_are_not_together_for_that() -> None:
    rng = np.random.default_rng(5)
    gaps = {"often": rng.random(5000) < 0.9, "half": rng.random(5000) < 0.5, "seldom": rng.random(5000) < 0.02}
    gaps["with seldom"] = gaps["seldom"] & (rng.random(5000) < 0.5)
    frame = pd.DataFrame({name: np.where(gap, np.nan, 1.0) for name, gap in gaps.items()}).assign(never=np.nan)
    found = emptiness(Table(frame, tuple(Column(name=name, kind=Kind.NUMBER) for name in frame.columns)))
    assert [(pair.one, pair.other) for pair in found.pairs] == [("seldom", "with seldom")]
    assert "seldom and with seldom are empty together most beyond chance (" in figures.alt_missing(found)


def test_a_whole_table_has_no_pattern() -> None:
    whole = emptiness(TABLE.select(["when", "target"]))
    assert whole == Emptiness(rows=600, complete_rows=600)
    assert figures.alt_missing(whole) == "No cell is empty."
    assert not figures.missing_figure(whole).data


def test_many_columns_with_gaps_are_cut_and_said() -> None:
    frame = pd.DataFrame(np.where(np.random.default_rng(3).random((200, 70)) < 0.3, np.nan, 1.0))
    frame.columns = [f"c{i}" for i in range(70)]
    found = emptiness(Table(frame, tuple(Column(name=name, kind=Kind.NUMBER) for name in frame.columns)))
    assert (len(found.columns), found.left_out) == (40, 30)
    assert len(found.patterns) <= MAX_PATTERNS
    assert len(figures.missing_figure(found).to_json()) < 200_000


def test_what_cannot_be_drawn_says_why() -> None:
    empty = [
        figures.time_figure(SeriesProfile(column="a")),
        figures.acf_figure(SeriesProfile(column="a")),
        figures.season_figure(Season(steps=3, words="x", strength=0, p_value=1)),
        figures.gaps_figure(TimeProfile(order="a", rows=0, start=0, end=1)),
        figures.exposure_figure(EXPOSURE.model_copy(update={"histogram": []})),
        figures.contributions_figure(EXPOSURE.model_copy(update={"contributions": []})),
        figures.triple_figure(TripleView(["a"], ["b"], ["c"], np.full((1, 1, 1), np.nan), np.full((1, 1, 1), np.nan))),
        figures.split_figure(FRAME.head(4), TABLE.column("x"), TABLE.column("target")),
    ]
    for figure in empty:
        assert not figure.data
        assert figure.layout.annotations[0].text.endswith(".")


def test_alternative_texts_of_the_profile_state_the_finding() -> None:
    assert figures.alt_exposure(EXPOSURE) == "12 of 100 rows (12 %) stand alone with their combination of age, sex."
    assert "1 gap, 10 steps missing" in figures.alt_gaps(TIME)
    assert "4 lags stand out of chance" in figures.alt_acf(SERIES)
    assert figures.alt_missing(EMPTY).startswith(
        "537 of 600 rows have no empty cell; kind and x are empty together most beyond chance"
    )


def test_a_pair_as_a_table_masks_cells_of_few_rows() -> None:
    table = figures.pair_table(FRAME, TABLE.column("kind"), TABLE.column("target"))
    assert list(table.columns) == ["one", "three", "two"]
    assert table.loc["yes"].sum() == 300 - 60
    assert table.loc["(rare)"].isna().any(), "three rows are not told"
    numbers = figures.pair_table(FRAME, TABLE.column("x"), TABLE.column("when"))
    assert numbers.shape == (5, 5)
    assert numbers.index[0].startswith("to 2024-")
    one = FRAME.assign(x=1.0)
    assert figures.pair_table(one, TABLE.column("x"), TABLE.column("kind")).shape == (3, 1)
