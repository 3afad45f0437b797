"""Two and three columns together: the same cells on both sides, few real rows masked, nothing raw."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.figures.joint import (
    alt_joint,
    alt_rates,
    alt_split,
    joint_figure,
    rates_figure,
    split_pairs_figure,
)
from synth_core.figures.joint_tables import Boxes, Joint, distance, joint, rate_levels, rates, split
from synth_core.figures.style import PALETTES
from synth_core.profile.levels import in_levels, leveling
from synth_core.table import Column, Kind

SEX, WARD = Column(name="sex", kind=Kind.CATEGORY), Column(name="ward", kind=Kind.CATEGORY)
AGE, PAY = Column(name="age", kind=Kind.INTEGER), Column(name="pay", kind=Kind.NUMBER)
DAY = Column(name="day", kind=Kind.DATETIME)


def people(rows: int, seed: int, lift: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 80, rows)
    return pd.DataFrame(
        {
            "sex": rng.choice(["F", "M"], rows),
            "ward": rng.choice(["A", "B", "C"], rows, p=[0.6, 0.3, 0.1]),
            "age": age,
            "pay": 1_000 + 20 * age + lift + rng.normal(0, 50, rows),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), "D"),
        }
    )


def test_two_categories_by_hand() -> None:
    real = pd.DataFrame({"sex": ["F"] * 50 + ["M"] * 50, "ward": ["A"] * 50 + ["B"] * 40 + ["A"] * 7 + ["B"] * 3})
    made = pd.DataFrame({"sex": ["F"] * 10 + ["M"] * 10, "ward": ["B"] * 10 + ["A"] * 10})
    found = joint(real, made, SEX, WARD)
    assert isinstance(found, Joint)
    assert (found.x.labels, found.y.labels) == (["F", "M"], ["A", "B"])
    assert found.real.tolist() == [[0.5, 0.07], [0.0, 0.43]]
    assert found.synthetic.tolist() == [[0.0, 0.5], [0.5, 0.0]]
    assert found.distance == pytest.approx(93.0)
    assert "differ in 93 %" in alt_joint(found)


def test_held_out_rows_say_how_far_equally_many_real_rows_are() -> None:
    found = joint(people(4_000, 1), people(9_000, 2, lift=200), AGE, PAY, people(1_000, 3))
    assert isinstance(found, Joint)
    assert found.fair is not None
    made, held = found.fair
    assert made > held + 20
    assert "as many held-out real rows in" in alt_joint(found)
    fresh = joint(people(4_000, 1), people(9_000, 2), AGE, PAY, people(1_000, 3))
    assert isinstance(fresh, Joint)
    assert fresh.fair is not None
    assert abs(fresh.fair[0] - fresh.fair[1]) < 5


def test_cells_of_one_to_four_real_rows_look_alike() -> None:
    for few in (1, 4):
        real = pd.DataFrame({"sex": ["F"] * 60 + ["M"] * 40, "ward": ["A"] * (60 - few) + ["B"] * (few + 40)})
        found = joint(real, real, SEX, WARD)
        assert isinstance(found, Joint)
        place = found.y.labels.index("B"), found.x.labels.index("F")
        assert found.few[place]
        assert found.real[place] == 0.025
        hover = joint_figure(found).data[0].hovertext
        assert hover[place[0]][place[1]].endswith("under 5 rows")


def test_values_that_the_real_table_does_not_have_lie_beyond_the_axes() -> None:
    real, made = people(400, 1), people(400, 2)
    made.loc[:99, "ward"] = "Z"
    found = joint(real, made, SEX, WARD)
    assert isinstance(found, Joint)
    assert "Z" not in found.y.labels
    assert found.outside == (0.0, 0.25)


def test_two_numbers_are_counted_in_bins_of_the_real_rows() -> None:
    found = joint(people(4_000, 1), people(90_000, 2), AGE, PAY)
    assert isinstance(found, Joint)
    assert found.real.shape == found.synthetic.shape
    assert max(found.real.shape) <= 31
    assert found.real.sum() == pytest.approx(1, abs=0.1)
    assert all(0 <= part < 0.05 for part in found.outside)
    other = joint(people(4_000, 1), people(90_000, 2, lift=300), AGE, PAY)
    assert isinstance(other, Joint)
    assert other.distance > found.distance + 40


def test_a_number_per_category_has_boxes_that_show_the_shift() -> None:
    found = joint(people(900, 1), people(900, 2, lift=400), WARD, PAY)
    assert isinstance(found, Boxes)
    assert found.labels == ["A", "B", "C"]
    assert found.upright
    assert (found.synthetic[:, 2] - found.real[:, 2] > 200).all()
    assert found.rows[0][0] == (people(900, 1)["ward"] == "A").sum()
    sideways = joint(people(900, 1), people(900, 2), DAY, SEX)
    assert isinstance(sideways, Boxes)
    assert sideways.dates
    assert not sideways.upright


def test_a_category_with_few_synthetic_rows_has_no_synthetic_box() -> None:
    made = people(900, 2)
    made = made[(made["ward"] != "C") | (np.arange(900) < 60)]
    found = joint(people(900, 1), made, WARD, PAY)
    assert isinstance(found, Boxes)
    assert np.isnan(found.synthetic[found.labels.index("C")]).all()
    assert np.isfinite(found.real).all()


def test_a_third_column_splits_the_pair_into_panels_that_each_add_up() -> None:
    found = split(people(3_000, 1), people(3_000, 2), AGE, WARD, SEX)
    assert found is not None
    assert sorted(panel.label for panel in found.panels) == ["F", "M"]
    for panel in found.panels:
        assert panel.real.sum() == pytest.approx(1, abs=0.02)
        assert panel.synthetic.sum() == pytest.approx(1, abs=0.02)
    titles = [note.text for note in split_pairs_figure(found).layout.annotations]
    assert all("differs" in title for title in titles[:2])
    assert "2 states of sex" in alt_split(found)


def test_rates_are_means_within_cells_and_cells_of_few_rows_are_blank() -> None:
    real = pd.DataFrame({"sex": ["F"] * 53, "ward": ["A"] * 50 + ["B"] * 3, "pay": [10.0] * 25 + [20.0] * 28})
    real = pd.concat([real, real.assign(sex="M")])
    real["ward"] = real["ward"].where(real["ward"] == "A", "B")
    found = rates(real, real, SEX, WARD, PAY)
    assert found is not None
    assert found.real[found.y.labels.index("A")].tolist() == [15.0, 15.0]
    assert np.isnan(found.real[found.y.labels.index("B")]).all(), "three rows are too few for a mean"
    paid = real.assign(pay=np.where(real["pay"] > 15, "high", "low"))
    share = rates(paid, paid, SEX, WARD, Column(name="pay", kind=Kind.CATEGORY), level="high")
    assert share is not None
    assert share.real[0].tolist() == [0.5, 0.5]
    assert "the mean of pay" in alt_rates(found).lower()


def test_the_rarer_of_two_values_comes_first_and_numbers_have_none() -> None:
    frame = pd.DataFrame({"sex": ["F"] * 90 + ["M"] * 10, "pay": range(100)})
    assert rate_levels(frame, SEX) == ["M", "F"]
    assert rate_levels(frame, PAY) == []


def test_too_few_rows_are_said_in_a_sentence() -> None:
    few = people(8, 1)
    for found in (joint(few, few, AGE, PAY), split(few, few, AGE, PAY, SEX), rates(few, few, AGE, WARD, PAY)):
        assert found is None
    assert "Fewer than ten" in joint_figure(None).layout.annotations[0].text
    assert "Fewer than ten" in alt_joint(None) == alt_split(None) == alt_rates(None)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_pictures_use_the_agreed_colours_and_one_scale(mode: str) -> None:
    real, made = people(900, 1), people(900, 2)
    boxes = joint_figure(joint(real, made, WARD, PAY), mode)  # type: ignore[arg-type]
    assert [trace.marker.color for trace in boxes.data] == [PALETTES[mode].real, PALETTES[mode].synthetic]  # type: ignore[index]
    heat = [trace for trace in joint_figure(joint(real, made, SEX, WARD), mode).data if trace.type == "heatmap"]  # type: ignore[arg-type]
    assert heat[0].zmax == heat[1].zmax
    assert heat[2].zmin == -heat[2].zmax
    rated = rates_figure(rates(real, made, SEX, WARD, PAY), mode)  # type: ignore[arg-type]
    assert {trace.type for trace in rated.data} == {"heatmap", "scatter"}


def test_equal_tables_have_distance_zero() -> None:
    assert distance(np.array([[1.0, 3.0]]), np.array([[2.0, 6.0]])) == 0.0


def test_levels_learned_from_some_rows_take_others() -> None:
    values = pd.Series(["a"] * 20 + ["b"] * 10 + ["c"] * 2)
    level = leveling(values, SEX, 8)
    assert level.labels == ["a", "b", "(others)"]
    assert level.codes(pd.Series(["b", None, "new", "a"])).tolist() == [2, 0, 3, 1]
    whole = leveling(pd.Series(["a"] * 20 + ["b"] * 10), SEX, 8)
    assert whole.codes(pd.Series(["new"])).tolist() == [-1]
    numbers = pd.Series(np.arange(200.0))
    assert in_levels(numbers, PAY, 4).codes.tolist() == leveling(numbers, PAY, 4).codes(numbers).tolist()
    assert leveling(numbers, PAY, 4).codes(pd.Series([-5.0, 1e9])).tolist() == [1, 4]
