"""Kinds, roles, missing cells and personal data, from cells as they stand in a file."""

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pytest

from synth_core.errors import ReadingError
from synth_core.inference import ColumnChoice, table_from_frame
from synth_core.semantics import detect, from_header
from synth_core.table import Column, Kind, Role, Table

N = 60


def table(**columns: object) -> Table:
    return table_from_frame(pd.DataFrame(columns), text=True)


def one(name: str, cells: object) -> Column:
    return table(**{name: cells}).columns[0]


def cycle(*cells: str, rows: int = N) -> list[str]:
    return [cells[i % len(cells)] for i in range(rows)]


def numbered(pattern: str, rows: int = N) -> list[str]:
    return [pattern.format(i) for i in range(rows)]


KINDS = {
    "age": (cycle("39", "50", "17"), Kind.INTEGER, "integer"),
    "weight": (cycle("70.5", "81.25", "66.0"), Kind.NUMBER, "number"),
    "rooms": (cycle("880.0", "1274.0", "7.0"), Kind.INTEGER, "number"),
    "small": (cycle("1e-3", "-.5", "+2.5"), Kind.NUMBER, "number"),
    "price": (cycle("1.234,50", "99,90", "5,00"), Kind.NUMBER, "number"),
    "people": (cycle("1,234", "12,345", "999"), Kind.INTEGER, "number"),
    "admission_type_id": (cycle("1", "2", "6"), Kind.CATEGORY, "integer"),
    "ServiceType": (cycle("1", "2", "3"), Kind.CATEGORY, "integer"),
    "ward_code": (cycle("07", "12", "99"), Kind.CATEGORY, "string"),
    "step": (cycle("007", "012", "120"), Kind.CATEGORY, "string"),
    "education-num": (cycle("9", "13", "7"), Kind.INTEGER, "integer"),
    "FraudFound_P": (cycle("0", "1"), Kind.BOOLEAN, "integer"),
    "police": (cycle("Yes", "No"), Kind.BOOLEAN, "string"),
    "raucher": (cycle("J", "N"), Kind.BOOLEAN, "string"),
    "fbs": (cycle("TRUE", "FALSE"), Kind.BOOLEAN, "string"),
    "sex": (cycle("M", "F"), Kind.CATEGORY, "string"),
    "drug": (cycle("No"), Kind.CATEGORY, "string"),
    "zero": (cycle("0"), Kind.INTEGER, "integer"),
    "encounter_id": (numbered("9{}77"), Kind.IDENTIFIER, "integer"),
    "PolicyNumber": (numbered("7{}3"), Kind.IDENTIFIER, "integer"),
    "row": (numbered("{}"), Kind.IDENTIFIER, "integer"),
    "label": (numbered("AB-{:05d}"), Kind.IDENTIFIER, "string"),
    "key": (numbered("0a1b2c3d-0000-4000-8000-0000000000{:02d}"), Kind.IDENTIFIER, "string"),
    "fnlwgt": (numbered("2{}17"), Kind.INTEGER, "integer"),
    "big": (numbered("1234567890123456{:04d}"), Kind.IDENTIFIER, "string"),
    "story": (numbered("a long sentence that says something else in every row {}"), Kind.TEXT, "string"),
    "remark": (numbered("remark no {}"), Kind.TEXT, "string"),
    "diag": (cycle("250.83", "276", "V57", "8"), Kind.CATEGORY, "string"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_column_gets_the_kind_that_an_analyst_would_give_it(name: str) -> None:
    cells, kind, storage = KINDS[name]
    column = one(name, cells)
    assert (column.kind, column.storage) == (kind, storage)
    assert column.semantic is None
    assert column.role is (Role.DROP if kind is Kind.TEXT else Role.FEATURE)


def test_an_id_that_repeats_is_an_identifier_and_the_note_speaks_of_the_entity() -> None:
    column = one("patient_nbr", [str(9000 + 7 * (i // 2)) for i in range(200)])
    assert (column.kind, column.role) == (Kind.IDENTIFIER, Role.FEATURE)
    assert "whom a row is about" in column.note


def test_hundreds_of_codes_stay_a_category() -> None:
    assert one("icd", [f"{i % 700}.{i % 3}" if i % 9 else f"V{i % 80}" for i in range(6000)]).kind is Kind.CATEGORY


MISSING = {
    "question mark": (["a", "?", "b", "?"], "?", 2),
    "empty": (["a", "", "b", ""], None, 2),
    "most frequent": (["1", "NA", "2", "?", "?"], "?", 3),
    "empty most": (["1", "", "2", "", "?"], None, 3),
    "None among words": (["None", ">200", "None", "Norm"], None, 0),
    "dash among words": (["a", "-", "b", "c"], "-", 1),
    "plus and minus": (["+", "-", "+", "-"], None, 0),
    "spaces kept in the token": (["1", " ?", "2", " ?"], " ?", 2),
    "NULL": (["x", "NULL", "y", "z"], "NULL", 1),
}


@pytest.mark.parametrize("case", MISSING)
def test_a_word_is_missing_only_where_it_clearly_is(case: str) -> None:
    cells, token, missing = MISSING[case]
    found = table(v=cells)
    assert found.columns[0].missing_token == token
    assert int(found.frame["v"].isna().sum()) == missing
    assert found.columns[0].nullable is (missing > 0)


def test_none_is_missing_among_many_numbers() -> None:
    found = table(v=[*numbered("{}.5"), "None", "None"])
    assert (found.columns[0].kind, found.columns[0].missing_token) == (Kind.NUMBER, "None")


def test_namibia_is_not_missing() -> None:
    found = table(country=cycle("NA", "DE", "FR", "IT", "ES", "PL", "AT", "CH", "US", "GB", "NL", "BE"))
    assert not found.columns[0].nullable


def test_missing_words_can_be_given() -> None:
    found = table_from_frame(pd.DataFrame({"v": ["1", "-9", "?", "2"]}), missing_tokens=["-9"], text=True)
    assert found.frame["v"].tolist() == ["1", None, "?", "2"]
    assert found.columns[0].missing_token == "-9"


DATES = {
    "iso": ("2024-01-{:02d}", "%Y-%m-%d", "2024-01-13"),
    "day first": ("{:02d}/02/2024", "%d/%m/%Y", "2024-02-13"),
    "month first": ("02/{:02d}/2024", "%m/%d/%Y", "2024-02-13"),
    "german": ("{:02d}.02.2024 08:15", "%d.%m.%Y %H:%M", "2024-02-13 08:15"),
    "utc": ("2024-02-{:02d}T08:15:30Z", "%Y-%m-%dT%H:%M:%SZ", "2024-02-13 08:15:30"),
    "one zone": ("2024-02-{:02d}T08:15:30+02:00", "%Y-%m-%dT%H:%M:%S+02:00", "2024-02-13 08:15:30"),
    "fraction": ("2024-02-{:02d} 08:15:30.250", "%Y-%m-%d %H:%M:%S.%f", "2024-02-13 08:15:30.250"),
    "month in words": ("{:02d} Feb 2024", "%d %b %Y", "2024-02-13"),
    "half day": ("02/{:02d}/2024 01:30 PM", "%m/%d/%Y %I:%M %p", "2024-02-13 13:30"),
}


@pytest.mark.parametrize("case", DATES)
def test_dates_are_read_by_the_pattern_that_fits_the_whole_column(case: str) -> None:
    cell, pattern, wanted = DATES[case]
    found = table(v=[cell.format(i) for i in range(1, 21)])
    assert (found.columns[0].kind, found.columns[0].format) == (Kind.DATETIME, pattern)
    assert found.frame["v"].iloc[12] == pd.Timestamp(wanted)
    assert str(found.frame["v"].dtype) == "datetime64[ns]"


def test_swappable_dates_are_read_day_first_and_say_so() -> None:
    found = table(v=["03/04/2024", "01/02/2024", "05/03/2024"])
    assert found.frame["v"].iloc[0] == pd.Timestamp("2024-04-03")
    assert "day first" in found.columns[0].note


def test_several_zones_become_utc_with_a_note() -> None:
    found = table(v=["2024-01-01T10:00:00+01:00", "2024-07-01T10:00:00+02:00"])
    assert found.frame["v"].tolist() == [pd.Timestamp("2024-01-01 09:00"), pd.Timestamp("2024-07-01 08:00")]
    assert "time zones" in found.columns[0].note


def test_a_far_date_is_missing_and_dates_packed_as_digits_need_the_header() -> None:
    far = table(until=[*cycle("2024-01-05", "2024-02-06"), "9999-12-31"])
    assert (far.columns[0].kind, int(far.frame["until"].isna().sum())) == (Kind.DATETIME, 1)
    assert one("order_date", cycle("20240105", "20240206")).kind is Kind.DATETIME
    assert one("amount", cycle("20240105", "20240206")).kind is Kind.INTEGER


def test_mixed_cells_are_words_and_the_note_counts_them_without_showing_them() -> None:
    column = one("v", [*numbered("{}.5"), "secret"])
    assert column.kind in (Kind.CATEGORY, Kind.TEXT)
    assert "1 of 61 cells are not numbers (first in rows 61)" in column.note
    assert "secret" not in column.note


def test_a_choice_of_number_reads_the_odd_cells_as_missing() -> None:
    raw = pd.DataFrame({"v": [*numbered("{}.5"), "oops"]})
    found = table_from_frame(raw, choices={"v": ColumnChoice(kind=Kind.NUMBER)}, text=True)
    assert (int(found.frame["v"].isna().sum()), str(found.frame["v"].dtype)) == (1, "float64")
    assert "1 of 61 cells" in found.columns[0].note


@pytest.mark.parametrize(
    ("cells", "odd"),
    [
        ([f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(2000)], "2024-02-30"),
        ([f"{1 + i % 28:02d}.{1 + i % 12:02d}.2024 10:00" for i in range(2000)], "31.04.2024 10:00"),
        ([f"{1 + i % 28:02d}/{1 + i % 12:02d}/{1990 + i % 30}" for i in range(2000)], "unknown"),
    ],
)
def test_a_few_cells_that_are_no_dates_are_missing_and_named(cells: list[str], odd: str) -> None:
    table = table_from_frame(pd.DataFrame({"seen": [*cells[:500], odd, "", *cells[500:]]}))
    column = table.columns[0]
    assert column.kind is Kind.DATETIME
    assert column.missing_token is None
    assert "1 of 2,001 cells are no days of the calendar (first in rows 501), read as missing." in column.note
    assert table.frame["seen"].isna().sum() == 2
    many = table_from_frame(pd.DataFrame({"seen": cells[:200] + [f"x{i}" for i in range(10)]})).columns[0]
    assert many.kind is not Kind.DATETIME


def test_a_number_too_large_for_any_computer_is_a_missing_cell() -> None:
    table = table_from_frame(pd.DataFrame({"v": [*numbered("{}.5"), "2e400", *map(str, range(60))]}), text=True)
    assert table.columns[0].kind is Kind.NUMBER
    assert "1 of 121 cells are numbers beyond any that can be computed with (first in rows 61)" in table.columns[0].note
    assert table.frame["v"].isna().sum() == 1


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (["yes", "No", "Yes", "no", "No", "yes", ""], {"yes", "No"}),
        (["TRUE", "false", "True", "False", "TRUE", "False"], {"TRUE", "False"}),
    ],
)
def test_answers_in_several_spellings_are_yes_and_no_in_the_most_usual_one(cells: list[str], shown: set[str]) -> None:
    raw = pd.DataFrame({"smoker": cells * 9})
    table = table_from_frame(raw, text=True)
    assert table.columns[0].kind is Kind.BOOLEAN
    assert set(table.frame["smoker"].dropna()) == shown
    assert "Written in 4 ways" in table.columns[0].note
    plain = table_from_frame(raw, choices={"smoker": ColumnChoice(kind=Kind.CATEGORY)}, text=True)
    assert plain.frame["smoker"].nunique() == 4
    assert table_from_frame(pd.DataFrame({"c": ["US", "us", "DE"] * 9})).frame["c"].nunique() == 3


TYPED = {
    "int": (pd.Series([1, 2, 3]), Kind.INTEGER, "integer", "int64"),
    "int with gaps": (pd.Series([1, None, 3], dtype="Int64"), Kind.INTEGER, "integer", "Int64"),
    "whole floats": (pd.Series([1.0, None, 30.0]), Kind.INTEGER, "number", "Int64"),
    "floats": (pd.Series([1.5, np.inf, 3.0]), Kind.NUMBER, "number", "float64"),
    "bool": (pd.Series([True, False, True]), Kind.BOOLEAN, "boolean", "object"),
    "bool with gaps": (pd.Series([True, None, False]), Kind.BOOLEAN, "boolean", "object"),
    "category": (pd.Series(["a", "b", "a"], dtype="category"), Kind.CATEGORY, "string", "object"),
    "digits in text": (pd.Series(["11", "12", "13"]), Kind.INTEGER, "string", "int64"),
    "dates": (pd.Series(pd.date_range("2024", periods=3)), Kind.DATETIME, "datetime", "datetime64[ns]"),
    "zoned": (pd.Series(pd.date_range("2024", periods=3, tz="UTC")), Kind.DATETIME, "datetime", "datetime64[ns]"),
    "days": (pd.Series([dt.date(2024, 1, day) for day in (1, 2, 3)]), Kind.DATETIME, "datetime", "datetime64[ns]"),
    "decimal": (pd.Series([decimal.Decimal("1.5")] * 3), Kind.NUMBER, "number", "float64"),
    "durations": (pd.Series(pd.to_timedelta([1, 2, 3], unit="h")), Kind.INTEGER, "number", "int64"),
    "lists": (pd.Series([[1], [2], [3]]), Kind.TEXT, "string", "object"),
    "huge": (pd.Series([2**63 + 5, 2**63 + 6, 2**63 + 6], dtype="uint64"), Kind.CATEGORY, "string", "object"),
    "nothing": (pd.Series([None, None, None]), Kind.CATEGORY, "string", "object"),
}


@pytest.mark.parametrize("case", TYPED)
def test_typed_columns_become_canonical_and_keep_their_storage(case: str) -> None:
    values, kind, storage, dtype = TYPED[case]
    found = table_from_frame(pd.DataFrame({"v": values, "w": [0.5, 1.5, 2.5]}))
    column = found.columns[0]
    assert (column.kind, column.storage, str(found.frame["v"].dtype)) == (kind, storage, dtype)


LISTED = {
    "contact": [f"mail{i}@example.com" for i in range(60)],
    "birthday": [f"19{40 + i}-03-0{1 + i % 9}" for i in range(50)],
    "day": [dt.date(2024, 1, 1 + i % 28) for i in range(60)],
    "at": list(pd.date_range("2024", periods=60)),
    "answer": [True, False, None] * 20,
    "town": ["Ghent", "Bruges", None] * 20,
    "code": ["007", "008", "009"] * 20,
    "iban": [["DE89370400440532013000", "GB29NWBK60161331926819", "CH9300762011623852957"][i % 3] for i in range(60)],
}


@pytest.mark.parametrize("name", LISTED)
def test_a_categorical_column_is_read_as_its_values_are(name: str) -> None:
    values = pd.Series(LISTED[name])
    plain, listed = (table_from_frame(pd.DataFrame({name: cells})) for cells in (values, values.astype("category")))
    assert listed.columns == plain.columns
    assert listed.frame.equals(plain.frame)


def test_personal_data_in_a_category_is_never_learned() -> None:
    mails = table_from_frame(pd.DataFrame({"contact": pd.Categorical(LISTED["contact"] * 3)})).columns[0]
    numbers = table_from_frame(pd.DataFrame({"ssn": pd.Categorical([219_099_990 + i for i in range(60)] * 3)})).columns[
        0
    ]
    assert mails.semantic == "email"
    assert mails.kind is not Kind.CATEGORY
    assert numbers.semantic == "national_id"
    assert table_from_frame(pd.DataFrame({"size": pd.Categorical([1, 2, 3] * 9)})).columns[0].kind is Kind.CATEGORY


PERSONAL = {
    "contact": (numbered("mail{}@example.com"), "email"),
    "ip": (numbered("10.0.3.{}"), "ip_address"),
    "homepage": (numbered("https://example.com/{}"), "url"),
    "anything": (numbered("999-{:02d}-1234"), "national_id"),
    "mobile": (numbered("0151 23456{:03d}"), "phone"),
    "reached_at": (numbered("+49 151 23456{:03d}"), "phone"),
    "konto": (["DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606",
               "NL91ABNA0417164300", "CH9300762011623852957"] * 12, "iban"),
    "zip": (numbered("0{}123"), "postcode"),
    "FIRST": (numbered("Eve{}"), "first_name"),
    "Surname": (numbered("Smith{}"), "last_name"),
    "patient_name": (numbered("Ann Lee{}"), "person_name"),
    "ADDRESS": (numbered("{} Main Street"), "street_address"),
}  # fmt: skip


@pytest.mark.parametrize("name", PERSONAL)
def test_personal_data_is_flagged_and_never_learned(name: str) -> None:
    cells, semantic = PERSONAL[name]
    column = one(name, [*cells])
    assert (column.semantic if name != "konto" else detect(name, cells[:5], 5, 5)) == semantic
    assert name == "konto" or (column.regenerated and not column.learned and column.role is Role.FEATURE)


def test_a_right_check_digit_makes_a_card_number() -> None:
    from synth_core.semantics import luhn

    cards = [body + next(d for d in "0123456789" if luhn(body + d)) for body in numbered("400000{:09d}")]
    assert one("number_used", cards).semantic == "card_number"
    assert one("number_used", numbered("4000001{:09d}")).semantic is None


def test_a_date_of_birth_needs_the_header_and_dates() -> None:
    dates = cycle("1990-01-05", "1985-02-06", "1970-03-07")
    assert one("birth_date", dates).semantic == "date_of_birth"
    assert one("visit_date", dates).semantic is None
    assert one("birthdate", cycle("yes", "no")).semantic is None


HARMLESS = {
    "native-country": cycle("United-States", "Holand-Netherlands", "?"),
    "AddressChange_Claim": cycle("1 year", "no change", "under 6 months"),
    "name": cycle("Medicare", "Medicaid", "Humana"),
    "product_name": numbered("Chair {}") * 3,
    "zip_region": cycle("north", "south"),
    "sex": cycle("female", "male"),
    "latitude": numbered("37.{}"),
    "phone_service": cycle("Yes", "No"),
    "diag_1": [f"{i % 300}.{i % 7}" for i in range(2000)],
    "city": cycle("Boston", "Lowell", "Salem"),
    "version": cycle("1.2.3", "1.2.4", "2.0.1"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_ordinary_columns_are_not_taken_for_personal_data(name: str) -> None:
    assert one(name, HARMLESS[name]).semantic is None


def test_a_header_alone_claims_nothing() -> None:
    assert from_header("customer_email") == "email"
    assert one("customer_email", cycle("opted in", "opted out")).semantic is None


def test_a_flag_can_be_cleared_or_set_by_the_user() -> None:
    raw = pd.DataFrame({"zip": numbered("0{}123"), "code": numbered("{}") * 1})
    choices = {"zip": ColumnChoice(semantic=""), "code": ColumnChoice(semantic="national_id")}
    found = table_from_frame(raw, choices=choices, text=True)
    assert found.column("zip").semantic is None
    assert (found.column("code").semantic, found.column("code").storage) == ("national_id", "string")


def test_a_choice_for_a_column_that_is_not_there_says_so() -> None:
    with pytest.raises(ReadingError, match="no column 'b'"):
        table_from_frame(pd.DataFrame({"a": [1]}), choices={"b": ColumnChoice(role=Role.DROP)})


def test_two_columns_of_one_name_and_no_columns_are_refused() -> None:
    with pytest.raises(ReadingError, match="2 columns called 'a'"):
        table_from_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(ReadingError, match="no columns"):
        table_from_frame(pd.DataFrame(index=range(3)))


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("name", ["age", "weight", "sex", "police", "encounter_id", "story", "iso"])
def test_any_kind_can_be_chosen_for_any_column(name: str, kind: Kind) -> None:
    cells = numbered("2024-01-01 00:{:02d}:00") if name == "iso" else KINDS[name][0]
    raw = pd.DataFrame({name: cells})
    found = table_from_frame(raw, choices={name: ColumnChoice(kind=kind)}, text=True)
    dtype = str(found.frame[name].dtype)
    assert found.columns[0].kind is kind
    wanted = {Kind.INTEGER: ("int64", "Int64"), Kind.NUMBER: ("float64",), Kind.DATETIME: ("datetime64[ns]",)}
    assert dtype in wanted.get(kind, ("object",))


def test_diagnosis_codes_with_a_letter_are_no_slips_among_numbers() -> None:
    codes = [str(250 + i % 90) for i in range(900)] + [f"V{40 + i % 20}" for i in range(60)]
    column = table_from_frame(pd.DataFrame({"diag_1": codes}), text=True).column("diag_1")
    assert column.kind is Kind.CATEGORY
    assert "not numbers" not in column.note


def test_education_in_per_cent_is_a_quantity_and_its_levels_are_codes() -> None:
    raw = pd.DataFrame({"Education": [str(1 + 7 * i % 30) for i in range(45)]})
    assert table_from_frame(raw, text=True).columns[0].kind is Kind.INTEGER
    raw = pd.DataFrame({"Education": [str(1 + i % 6) for i in range(40)]})
    assert table_from_frame(raw, text=True).columns[0].kind is Kind.CATEGORY
