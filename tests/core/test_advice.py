"""What a profile means: the sentences follow from the table, with its own numbers, and lead to a page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.advice import Advice
from synth_core.profile import profile
from synth_core.recipe import Use
from synth_core.recommend import meaning, recommend
from synth_core.table import Column, Kind, Role, Table
from tests.conftest import make_people

PAGES = {"upload", "profiling", "constraints", "method", "generate", "compare", "privacy", "report", None}


def read(table: Table, use: Use = Use.SHARE) -> dict[str, Advice]:
    return {one.title: one for one in meaning(table, profile(table), use)}


def test_every_reading_leads_to_a_page_and_none_is_said_twice() -> None:
    table = make_people()
    found = meaning(table, profile(table), Use.SHARE)
    assert {one.page for one in found} <= PAGES
    assert len({one.title for one in found}) == len(found)
    assert all(one.sentence.endswith(".") for one in found)


def test_it_says_what_the_table_is_in_its_own_numbers() -> None:
    what = read(make_people(600))["What this table is"].sentence
    assert "Events dated by 'start'" in what
    assert "600 rows" in what
    assert "2 numbers, 3 categories and 2 dates to learn, 1 column made anew." in what


def test_the_engine_is_the_recommended_one_with_its_reason() -> None:
    table = make_people(1200)
    found = read(table)
    assert recommend(table, Use.SHARE).reason in found["Take 'Sequential trees'"].sentence


def test_few_rows_are_told_with_how_many_are_held_out() -> None:
    assert "Of 600 rows, 120 are held out" in read(make_people(600))["Few rows"].sentence
    assert "Few rows" not in read(make_people(1500))


def test_a_rare_class_of_the_target_is_told_with_its_rows() -> None:
    table = make_people(2000)
    frame = table.frame.copy()
    frame["churn"] = np.where(np.arange(2000) < 60, "yes", "no")
    assert (
        "'churn' has 60 rows (3 %), about 12 of them held out" in read(table.with_frame(frame))["A rare class"].sentence
    )
    assert "A rare class" not in read(table)


def test_a_column_that_decides_another_asks_for_a_rule() -> None:
    table = make_people(1200)
    frame = table.frame.assign(
        country=table.frame["city"].map({"Ghent": "BE", "Lyon": "FR", "Porto": "PT", "Turin": "IT"})
    )
    doubled = Table(frame, (*table.columns, Column(name="country", kind=Kind.CATEGORY, nullable=True)))
    found = read(doubled)["Rules that must be kept"]
    assert found.page == "constraints"
    assert "'city'" in found.sentence
    assert "'country'" in found.sentence


def test_a_series_is_warned_that_its_course_is_lost_and_events_are_not() -> None:
    stamps = pd.date_range("2024-01-01", periods=500, freq="h").astype("datetime64[ns]")
    frame = pd.DataFrame({"at": stamps, "x": np.cumsum(np.random.default_rng(0).normal(size=500))})
    table = Table(frame, (Column(name="at", kind=Kind.DATETIME), Column(name="x", kind=Kind.NUMBER)))
    found = read(table)
    assert "A series in time by 'at', hourly" in found["What this table is"].sentence
    assert "The course over time will be lost" in found
    assert "The course over time will be lost" not in read(make_people())


def test_an_entity_is_told_with_its_rows_each() -> None:
    table = make_people(600)
    frame = table.frame.assign(record=[f"R-{i % 200:06d}" for i in range(600)])
    record = table.column("record").model_copy(update={"role": Role.ENTITY})
    found = read(table.with_frame(frame).with_columns([record]))
    assert "About 200 different 'record', 3.0 rows each" in found["What this table is"].sentence
    assert "Rows of one belong together" in found


def test_protection_that_is_off_is_told() -> None:
    table = make_people()
    bare = table.with_columns([table.column("income").model_copy(update={"protect": False})])
    assert "'income'" in read(bare)["Protection is off"].sentence
    assert "Protection is off" not in read(table)


def test_training_without_a_target_asks_for_one() -> None:
    table = make_people()
    none = table.with_columns([table.column("churn").model_copy(update={"role": Role.FEATURE})])
    assert "Set the column to predict" in read(none, Use.TRAIN)["Next"].sentence
    assert "Set the column to predict" not in read(table, Use.TRAIN)["Next"].sentence


def test_nothing_to_learn_says_so_and_nothing_else() -> None:
    table = make_people().select(["record"])
    assert list(read(table)) == ["Nothing to learn yet"]


@pytest.mark.parametrize("rows", [0, 1, 2, 6])
def test_tiny_tables_are_read_without_error(rows: int) -> None:
    table = make_people(50)
    assert read(table.rows(np.arange(rows)))
