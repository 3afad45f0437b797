"""Exposed rows: counted by hand on a small table, coarsened, and by which column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.errors import TableError
from synth_core.profile.exposure import exposure, suggested_quasi_identifiers, suggested_widths
from synth_core.table import Column, Kind, Role, Table
from tests.conftest import make_people


def small() -> Table:
    frame = pd.DataFrame(
        {
            "age": pd.array([21, 22, 22, 22, 35, None], dtype="Int64"),
            "sex": ["F", "F", "F", "M", "M", "M"],
            "zip": ["9000", "9000", "9000", "9001", "8000", "8000"],
            "seen": pd.to_datetime(
                ["2024-01-01", "2024-01-31", "2024-02-01", "2024-02-02", "2024-12-30", "2024-12-31"]
            ).astype("datetime64[ns]"),
            "illness": ["flu", "flu", "flu", "flu", "gout", "flu"],
        }
    )
    columns = (
        Column(name="age", kind=Kind.INTEGER, nullable=True),
        Column(name="sex", kind=Kind.CATEGORY),
        Column(name="zip", kind=Kind.CATEGORY),
        Column(name="seen", kind=Kind.DATETIME),
        Column(name="illness", kind=Kind.CATEGORY),
    )
    return Table(frame, columns, "small")


def test_groups_and_rows_alone_are_counted() -> None:
    found = exposure(small(), ["age", "sex"])
    assert (found.groups, found.unique_rows, found.smallest) == (5, 4, 1)
    assert found.unique_share == pytest.approx(4 / 6)
    assert {size.label: (size.groups, size.rows) for size in found.histogram if size.rows} == {"1": (4, 4), "2": (1, 2)}
    assert sum(size.rows for size in found.histogram) == 6


def test_bands_make_groups_larger_and_an_empty_cell_stays_apart() -> None:
    found = exposure(small(), ["age", "sex"], widths={"age": 10})
    assert (found.groups, found.unique_rows) == (4, 3)
    assert found.widths == {"age": "in bands of 10"}


@pytest.mark.parametrize(
    ("width", "groups"), [("day", 6), ("week", 3), ("month", 3), ("quarter", 2), ("year", 1), (31, 4)]
)
def test_dates_are_taken_by_day_week_month_quarter_year_or_a_number_of_days(width: str | int, groups: int) -> None:
    assert exposure(small(), ["seen"], widths={"seen": width}).groups == groups


def test_words_keep_their_first_characters() -> None:
    assert exposure(small(), ["zip"]).groups == 3
    assert exposure(small(), ["zip"], widths={"zip": 3}).groups == 2


def test_the_column_that_adds_most_comes_first() -> None:
    found = exposure(small(), ["sex", "age", "zip"])
    without = {one.column: one.unique_share_without for one in found.contributions}
    assert without == pytest.approx({"age": 1 / 6, "sex": 4 / 6, "zip": 4 / 6})
    assert found.contributions[0].column == "age"
    assert "'age' adds most" in found.sentence
    alone = {one.column: one.unique_share_alone for one in found.contributions}
    assert alone == pytest.approx({"age": 3 / 6, "sex": 0, "zip": 1 / 6})


def test_contributions_are_what_leaving_a_column_out_gives() -> None:
    people = make_people(400)
    names = ["age", "plan", "city", "start"]
    found = exposure(people, names, widths={"start": "month"})
    for one in found.contributions:
        rest = [name for name in names if name != one.column]
        widths = {"start": "month"} if "start" in rest else {}
        assert one.unique_share_without == pytest.approx(exposure(people, rest, widths=widths).unique_share)


def test_groups_that_all_hold_one_secret_are_counted() -> None:
    found = exposure(small(), ["sex", "zip"], sensitive="illness")
    assert found.diversity is not None
    assert (found.diversity.smallest, found.diversity.certain_rows) == (1, 3)
    assert "50 %" in found.diversity.sentence


def test_when_nobody_is_alone_the_sentence_says_how_large_the_smallest_group_is() -> None:
    assert exposure(small(), ["sex"]).sentence.endswith("the smallest of 2 groups has 3 rows.")


@pytest.mark.parametrize(
    ("columns", "widths", "words"),
    [
        ([], {}, "at least one column"),
        (["agee"], {}, "Did you mean 'age'"),
        (["age"], {"sex": 2}, "not among the chosen"),
        (["age"], {"age": 0}, "above 0"),
        (["age"], {"age": "year"}, "above 0"),
        (["seen"], {"seen": "decade"}, "day, week, month"),
        (["seen"], {"seen": -3}, "above 0 days"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(
    columns: list[str], widths: dict[str, object], words: str
) -> None:
    with pytest.raises(TableError, match=words):
        exposure(small(), columns, widths=widths)  # type: ignore[arg-type]


def test_an_empty_table_exposes_nobody() -> None:
    found = exposure(small().rows(np.zeros(6, dtype=bool)), ["age", "sex"], sensitive="illness")
    assert (found.groups, found.unique_share, found.sentence) == (0, 0, "There are no rows.")


def table_of(headers: dict[str, Kind], rows: int = 100) -> Table:
    frame = pd.DataFrame({name: [str(i % 9) for i in range(rows)] for name in headers})
    for name, kind in headers.items():
        if kind is Kind.INTEGER:
            frame[name] = np.arange(rows) % 60
        if kind is Kind.IDENTIFIER:
            frame[name] = [f"x{i}" for i in range(rows)]
    return Table(frame, tuple(Column(name=name, kind=kind) for name, kind in headers.items()))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("Age Gender ZIP_Code Income", "Age Gender ZIP_Code"),
        ("alter geschlecht plz familienstand umsatz", "alter geschlecht plz familienstand"),
        ("edad sexo codigo_postal provincia importe", "edad sexo codigo_postal provincia"),
        ("âge sexe code_postal commune montant", "âge sexe code_postal commune"),
        ("leeftijd geslacht woonplaats bedrag", "leeftijd geslacht woonplaats"),
        ("maritalStatus nativeCountry Occupation hours", "maritalStatus nativeCountry Occupation"),
    ],
)
def test_what_others_know_is_told_by_headers_in_several_languages(headers: str, expected: str) -> None:
    table = table_of(dict.fromkeys(headers.split(), Kind.CATEGORY))
    assert suggested_quasi_identifiers(table) == expected.split()


def test_identifiers_targets_and_properties_of_things_are_not_suggested() -> None:
    table = table_of(
        {
            "patient_id": Kind.IDENTIFIER,
            "age": Kind.INTEGER,
            "sex": Kind.CATEGORY,
            "age_of_vehicle": Kind.INTEGER,
            "region": Kind.CATEGORY,
        }
    )
    target = table.column("region").model_copy(update={"role": Role.TARGET})
    assert suggested_quasi_identifiers(table.with_columns([target])) == ["age", "sex"]


def test_dates_are_taken_by_month_births_by_year_ages_by_five_postcodes_by_three_characters() -> None:
    frame = small().frame.assign(birthdate=small().frame["seen"])
    big = pd.concat([frame] * 20, ignore_index=True)
    big["age"] = np.arange(len(big)) % 70
    table = Table(big, (*small().columns, Column(name="birthdate", kind=Kind.DATETIME)))
    widths = suggested_widths(table, ["age", "zip", "seen", "birthdate", "sex"])
    assert widths == {"age": 5, "zip": 3, "seen": "month", "birthdate": "year"}


def test_a_table_without_such_headers_gets_categories_of_middling_number() -> None:
    table = table_of({"a1": Kind.CATEGORY, "a2": Kind.CATEGORY, "a3": Kind.IDENTIFIER})
    assert suggested_quasi_identifiers(table) == ["a1", "a2"]
