"""Figures keep to their colours and signs, stay light, and show names as they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from synth_core import figures
from synth_core.constraints.kinds import parse
from synth_core.figures.likeness import shown_labels
from synth_core.figures.style import DASH, PALETTES, Mode, amount, share
from synth_core.profile import profile
from synth_core.scores.results import Associations, ColumnLikeness, Curve, Fidelity, Privacy, Utility
from synth_core.table import Column, Kind, Table
from tests.core import scorecard_example as example

RNG = np.random.default_rng(0)
ROWS = 6000
FRAME = pd.DataFrame(
    {
        "age": RNG.integers(18, 90, ROWS),
        "income": RNG.lognormal(8, 1.2, ROWS),
        "job": RNG.choice([*(f"job {i}" for i in range(30)), example.NASTY], ROWS),
        "start": pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 300, ROWS), "D"),
    }
)
FRAME["end"] = FRAME["start"] + pd.to_timedelta(RNG.integers(-1, 20, ROWS), "D")
KINDS = [Kind.INTEGER, Kind.NUMBER, Kind.CATEGORY, Kind.DATETIME, Kind.DATETIME]
TABLE = Table(FRAME, tuple(Column(name=n, kind=k) for n, k in zip(FRAME.columns, KINDS, strict=True)))
PROFILE = profile(TABLE)
CARD = example.scorecard()
RULE = parse({"type": "implies", "if": "age > 80", "then": "job == 'job 1'"})


def _pair(x: str, y: str) -> Callable[[Mode], go.Figure]:
    return lambda mode: figures.pair_figure(FRAME, TABLE.column(x), TABLE.column(y), mode)


FIGURES: dict[str, Callable[[Mode], go.Figure]] = {
    **{n: lambda mode, n=n: figures.column_figure(PROFILE.column(n), mode) for n in FRAME.columns},  # type: ignore[misc]
    "associations": lambda mode: figures.association_figure(
        PROFILE.associations.names, PROFILE.associations.values, mode
    ),
    "density": _pair("age", "income"),
    "boxes": _pair("job", "income"),
    "sideways": _pair("start", "job"),
    "shares": lambda mode: figures.pair_figure(
        FRAME.assign(age=(FRAME["age"] // 10).astype(str)),
        Column(name="age", kind=Kind.CATEGORY),
        TABLE.columns[2],
        mode,
    ),
    "overlay": lambda mode: figures.overlay(example.number_column(), mode),
    "overlay dates": lambda mode: figures.overlay(example.date_column(), mode),
    "overlay categories": lambda mode: figures.overlay(example.category_column(), mode),
    "dumbbell": lambda mode: figures.dumbbell(example.category_column(levels=60), mode),
    "triplet": lambda mode: figures.triplet(example.associations(), mode),
    "triplet of 100": lambda mode: figures.triplet(example.associations(100), mode),
    "pair view": lambda mode: figures.pair_view(example.pair(), mode),
    "utility": lambda mode: figures.utility_bars(CARD.utility, mode),
    "roc": lambda mode: figures.roc(example.model(), mode),
    "giveaways": lambda mode: figures.giveaway_bars(CARD.fidelity, mode),
    "forest": lambda mode: figures.forest(CARD.privacy, mode),
    "nearest": lambda mode: figures.nearest_curves(CARD.privacy, mode),
    "range": lambda mode: figures.range_figure(FRAME["age"], 20, 70, mode),
    "range of dates": lambda mode: figures.range_figure(FRAME["start"], "2024-02-01", None, mode),
    "inequality": lambda mode: figures.inequality_figure(FRAME, "start", "end", mode),
    "combinations": lambda mode: figures.combinations_figure(
        pd.crosstab(FRAME["job"], FRAME["age"] // 10), [("job 1", "3")], mode
    ),
    "residual": lambda mode: figures.residual_figure(np.r_[np.zeros(90), RNG.normal(0, 3, 10)], 1.0, mode),
    "network": lambda mode: figures.network_figure(example.network(), mode),
    "network of 60": lambda mode: figures.network_figure(example.network(60), mode),
    "implication": lambda mode: figures.implication_figure(FRAME, RULE, mode),
}


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_light_and_in_the_template(name: str, mode: Mode) -> None:
    figure = FIGURES[name](mode)
    text = figure.to_json()
    assert len(text) < 200_000
    assert "<script" not in text or name == "combinations"  # its points carry the labels themselves, for clicks
    assert figure.layout.uirevision
    assert figure.layout.title.text is None
    layout = figure.layout.template.layout
    assert layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert layout.font.color == PALETTES[mode].text
    assert layout.separators == ".,"
    for trace in figure.data:
        if trace.type in ("scatter", "scattergl"):
            assert len(trace.x) <= 5000


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_stand_out_from_their_ground(mode: Mode) -> None:
    palette = PALETTES[mode]
    for colour in (palette.real, palette.synthetic, palette.holdout, palette.accent, *palette.extra):
        assert _contrast(colour, palette.ground) >= 3
    for colour in (palette.text, palette.muted, palette.good, palette.watch, palette.stop):
        assert _contrast(colour, palette.ground) >= 4.5


def test_the_series_colours_are_the_agreed_ones() -> None:
    light, dark = PALETTES["light"], PALETTES["dark"]
    assert (light.real, light.synthetic, light.holdout) == ("#0072B2", "#D55E00", "#5F6368")
    assert (dark.real, dark.synthetic, dark.holdout) == ("#56B4E9", "#F28E2B", "#BDC1C6")
    assert DASH == {"real": "solid", "synthetic": "dash", "holdout": "dot"}


def _named(figure: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data if trace.name}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_real_is_filled_synthetic_dashed_and_holdout_dotted(mode: Mode) -> None:
    traces = _named(figures.overlay(example.number_column(), mode))
    palette = PALETTES[mode]
    assert traces["Real"].type == "bar"
    assert traces["Real"].marker.color == palette.real
    assert traces["Real"].marker.pattern.shape is None
    assert (traces["Synthetic"].line.dash, traces["Synthetic"].line.color) == ("dash", palette.synthetic)
    assert (traces["Holdout"].line.dash, traces["Holdout"].line.color) == ("dot", palette.holdout)


def test_synthetic_bars_are_hatched_and_real_bars_are_not() -> None:
    bars = [trace for trace in figures.overlay(example.category_column()).data if trace.type == "bar"]
    assert [bar.marker.pattern.shape for bar in bars] == [None, "/"]


def test_use_is_drawn_as_dots_with_intervals_on_an_axis_that_starts_near_the_lowest() -> None:
    figure = figures.utility_bars(CARD.utility)
    traces = _named(figure)
    real, synthetic = traces["Trained on real"], traces["Trained on synthetic"]
    assert (real.marker.color, synthetic.marker.line.color) == (PALETTES["light"].real, PALETTES["light"].synthetic)
    assert synthetic.marker.color == "rgba(0,0,0,0)", "hollow is the second sign of synthetic"
    lowest = min(min(model.tstr_low, model.trtr_low) for model in CARD.utility.models)
    low, high = figure.layout.xaxis.range
    assert 0 < lowest - low < 0.1 * (high - low)
    assert all(trace.error_x.array for trace in (real, synthetic))


def test_an_overlay_without_synthetic_rows_shows_the_real_ones_alone() -> None:
    for column in (example.number_column(), example.category_column()):
        figure = figures.overlay(column.model_copy(update={"synthetic": [], "holdout": []}))
        assert [trace.name for trace in figure.data] == ["Real"]
        assert "ynthetic" not in figure.to_json().replace("missing_synthetic", "")


def test_a_long_name_of_an_attack_stands_in_two_lines() -> None:
    attack = CARD.privacy.attacks[0].model_copy(update={"title": "Membership, distance to the nearest row"})
    figure = figures.forest(Privacy(scores=[], attacks=[attack]))
    assert figure.layout.yaxis.ticktext == ("Membership, distance to<br>the nearest row",)


def test_associations_are_blue_white_orange_around_zero_and_differences_one_hue() -> None:
    heat = figures.association_figure(["a", "b"], [[1, -0.5], [-0.5, 1]]).data[0]
    assert (heat.zmin, heat.zmid, heat.zmax) == (-1, 0, 1)
    assert [heat.colorscale[i][1] for i in (0, 2, 4)] == ["#0072B2", "#ffffff", "#D55E00"]
    real, synthetic, difference = figures.triplet(example.associations()).data
    assert real.colorscale == synthetic.colorscale != difference.colorscale
    assert (difference.zmin, difference.zmax) == (0, 1)


def test_long_labels_are_cut_but_whole_in_the_hover() -> None:
    figure = figures.overlay(example.category_column())
    assert all(len(label) <= 40 for label in figure.layout.yaxis.ticktext)
    assert any(label.endswith("…") for label in figure.layout.yaxis.ticktext)
    assert "A rather long name of a trade, number 0" in figure.data[0].customdata
    assert "&lt;script&gt;alert('x')&lt;/script&gt;" in figure.data[0].customdata


def test_beyond_fifteen_the_rest_is_other_and_nothing_is_lost() -> None:
    column = example.category_column(levels=40)
    labels, sides = shown_labels(column)
    assert len(labels) == 17
    assert labels[-2:] == ["(other)", "(rare)"]
    assert sum(sides["real"]) == pytest.approx(sum(column.real))
    assert sum(sides["synthetic"]) == pytest.approx(sum(column.synthetic))


def test_an_overlay_draws_the_very_shares_it_was_given() -> None:
    column = example.number_column()
    traces = _named(figures.overlay(column))
    assert list(traces["Real"].y) == column.real
    assert traces["Synthetic"].y[1:-1:2] == tuple(column.synthetic)


def test_unequal_bins_are_drawn_by_density() -> None:
    column = ColumnLikeness(
        name="a", kind="number", error=1, edges=[-5, 0, 1, 10], real=[0.2, 0.3, 0.5], synthetic=[0.2, 0.3, 0.5]
    )
    assert figures.overlay(column).data[0].y == pytest.approx((0.04, 0.3, 0.5 / 9))


def test_dates_lie_on_a_date_axis_in_milliseconds() -> None:
    figure = figures.overlay(example.date_column())
    assert figure.layout.xaxis.type == "date"
    assert min(figure.data[0].x) > 1.5e12


def test_range_bars_outside_the_bounds_are_hatched_and_a_box_can_be_dragged() -> None:
    series = pd.Series(np.arange(1000) % 100, name="n")
    figure = figures.range_figure(series, 10, 79)
    kept, broken = figure.data
    assert (sum(kept.y), sum(broken.y)) == (700, 300)
    assert broken.marker.pattern.shape == "x"
    assert (figure.layout.dragmode, figure.layout.selectdirection) == ("select", "h")
    assert [shape.x0 for shape in figure.layout.shapes] == [10, 79]


def test_rows_in_the_wrong_order_are_marked_by_shape_and_colour() -> None:
    frame = pd.DataFrame({"a": np.arange(9000.0), "b": np.arange(9000.0) + 1})
    frame.loc[:19, "b"] = -1
    figure = figures.inequality_figure(frame, "a", "b")
    kept, broken = figure.data[1:]
    assert (len(kept.x), len(broken.x)) == (3000, 20)
    assert broken.marker.symbol == "x-thin"
    assert broken.marker.color == PALETTES["light"].stop
    assert set(broken.customdata) == set(range(20))
    assert "(8,980)" in kept.name


def test_equal_values_break_a_strict_rule_only() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 3.0, 1.0]})
    for strict, broken in ((False, 1), (True, 2)):
        assert len(figures.inequality_figure(frame, "a", "b", strict=strict).data[2].x) == broken
        assert f"{broken} of 3 rows" in figures.alt_inequality(frame, "a", "b", strict=strict)


def test_the_curve_to_held_out_rows_is_dotted_and_the_one_to_training_rows_dashed() -> None:
    curves = [Curve(name=n, x=[0, 1], y=[0, 1]) for n in ("synthetic to training rows", "synthetic to held-out rows")]
    traces = _named(figures.nearest_curves(Privacy(scores=[], curves=curves)))
    assert traces["synthetic to training rows"].line.dash == "dash"
    assert traces["synthetic to held-out rows"].line.dash == "dot"


def test_forbidden_pairs_that_occur_are_crossed() -> None:
    counts = pd.DataFrame([[5, 0], [2, 9]], index=["x", "y"], columns=["a", "b"])
    traces = _named(figures.combinations_figure(counts, [("x", "a"), ("y", "b")]))
    assert [list(point[:3]) for point in traces["Breaks it"].customdata] == [["y", "a", 2]]
    assert len(traces["Allowed"].x) == 2
    assert "Breaks it" not in _named(figures.combinations_figure(counts))


def test_an_if_then_table_counts_the_rows() -> None:
    frame = pd.DataFrame({"age": [85, 85, 20, 20], "job": ["job 1", "x", "job 1", "x"]})
    figure = figures.implication_figure(frame, RULE)
    assert [row[2] for row in figure.data[1].customdata] == ["1", "1", "1", "1"]
    assert "✕ 1 broken" in figure.layout.annotations[1].text


def test_residuals_outside_the_tolerance_are_counted() -> None:
    figure = figures.residual_figure(np.array([0.0, 0.5, 2.0, -3.0]), 1.0)
    assert "2 of 4 rows" in figure.layout.xaxis.title.text


def test_nothing_to_draw_is_said_in_a_sentence() -> None:
    empty = [
        figures.utility_bars(Utility(scores=[])),
        figures.forest(Privacy(scores=[])),
        figures.nearest_curves(Privacy(scores=[])),
        figures.giveaway_bars(Fidelity(scores=[], columns=[])),
        figures.triplet(Associations(names=["a"], real=[[1]], synthetic=[[1]], difference=[[0]])),
        figures.association_figure(["a"], [[1]]),
        figures.overlay(ColumnLikeness(name="a", kind="number", error=None)),
        figures.range_figure(pd.Series([np.nan]), 0, 1),
        figures.pair_figure(FRAME.head(3), TABLE.columns[0], TABLE.columns[1]),
    ]
    for figure in empty:
        assert not figure.data
        assert figure.layout.annotations[0].text.endswith(".")


def test_one_value_and_odd_tables_are_drawn() -> None:
    frame = pd.DataFrame({"a": [3.0] * 50, "b": ["x"] * 50, "c": [np.nan] * 50})
    kinds = [Kind.NUMBER, Kind.CATEGORY, Kind.NUMBER]
    found = profile(Table(frame, tuple(Column(name=n, kind=k) for n, k in zip("abc", kinds, strict=True))))
    for column in found.columns:
        json.loads(figures.column_figure(column).to_json())
    assert figures.range_figure(frame["a"], None, None).data


def test_a_rare_category_has_no_box_of_its_own() -> None:
    frame = pd.DataFrame({"n": np.arange(100.0), "c": ["a"] * 97 + ["secret"] * 3})
    figure = figures.pair_figure(frame, Column(name="c", kind=Kind.CATEGORY), Column(name="n", kind=Kind.NUMBER))
    assert list(figure.layout.xaxis.ticktext) == ["a"]


def test_alternative_texts_state_the_finding() -> None:
    assert figures.alt_overlay(example.number_column("Income", 4000)) == (
        "Income: synthetic is 5.6 % higher in the top twentieth."
    )
    assert "follows real closely (error 1.4 %)" in figures.alt_overlay(example.number_column())
    assert "12 days earlier" in figures.alt_overlay(example.date_column())
    assert "points" in figures.alt_overlay(example.category_column())
    assert "largest difference" in figures.alt_triplet(example.associations())
    assert "0.908 against 0.920" in figures.alt_utility(CARD.utility)
    assert "Membership, density ratio" in figures.alt_forest(CARD.privacy)
    assert figures.alt_profile(PROFILE.column("age")).startswith("age: half of the values are below")
    assert "c1 on c0 (0.90 bits)" in figures.alt_network(example.network(4))
    assert "outside the bounds" in figures.alt_range(FRAME["age"], 20, None)
    assert "wrong side" in figures.alt_inequality(FRAME, "start", "end")


def test_numbers_have_three_digits_and_shares_never_vanish() -> None:
    assert [amount(v) for v in (0.0, 12.345, 99999.4, float("nan"), -0.5)] == ["0", "12.3", "99,999", "–", "-0.5"]
    assert [share(v) for v in (0, 0.0005, 0.1, None)] == ["0 %", "<0.1 %", "10 %", "–"]


def test_a_spark_holds_bars_and_a_dashed_line() -> None:
    drawn = figures.spark_svg([0.2, 0.8], [0.3, 0.7])
    assert drawn.count("<rect") == 2
    assert "stroke-dasharray" in drawn
    assert figures.spark_svg([]) == ""


def test_two_networks_that_compete_have_their_distance_in_a_panel_of_its_own():
    history = [{"round": n, "maker": -n / 3, "critic": n / 5} for n in range(1, 31)]
    history = [one | ({"held_out": 1 / one["round"]} if one["round"] % 5 == 0 else {}) for one in history]
    figure = figures.loss_figure(history)
    assert {trace.name: trace.yaxis for trace in figure.data} == {
        "Distance from rows set apart": "y2",
        "Maker": "y",
        "Critic": "y",
    }
    assert list(figure.data[0].x) == [5, 10, 15, 20, 25, 30]
    assert "0.2 at first, 0.0333 at best (epoch 30), 0.0333 now" in figures.alt_losses(history)
    one = figures.loss_figure([{"round": n, "train": 1.0, "held_out": 2.0} for n in (1, 2)])
    assert {trace.yaxis for trace in one.data} == {"y"}


def test_ten_thousand_epochs_are_drawn_with_a_few_hundred_points():
    figure = figures.loss_figure([{"round": n, "train": 1.0} for n in range(10_000)])
    assert len(figure.data[0].x) <= 400
