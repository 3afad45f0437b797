"""Schemas of test data: every field that is wrong has its sentence, and what SQL says of columns is understood."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth_core.errors import SchemaError
from synth_core.testdata.patterns import forms_of
from synth_core.testdata.schema import PERSONAL, ColumnSpec
from synth_core.testdata.schema_files import schema_from, schema_from_file, schema_from_text
from synth_core.testdata.sources import from_schema

ID = {"kind": "integer", "unique": True}


def column(**fields: Any) -> ColumnSpec:
    return schema_from({"columns": {"a": fields}}).tables[0].columns[0]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "a 'kind' is needed: one of"),
        ({"kind": "intger"}, "there is no kind 'intger'. Did you mean 'integer'"),
        ({"kind": "integer", "personal": "email"}, "'email' is kept as text, not as integer; leave 'kind' out."),
        ({"kind": "text", "personal": "dob"}, "'date_of_birth' is kept as date, not as text"),
        ({"personal": "phon"}, "there is no personal 'phon'. Did you mean 'phone'"),
        ({"personal": "iban", "locale": "en_US"}, "no iban is known for locale en_US"),
        ({"kind": "integer", "unique": "yes"}, "'unique' must be true or false."),
        ({"kind": "integer", "nullable": 1.0}, "'nullable' must be true, false, or a share"),
        ({"kind": "integer", "nullable": "often"}, "'nullable' must be true, false, or a share"),
        ({"kind": "integer", "mean": True}, "'mean' must be a number."),
        ({"kind": "integer", "mean": "5"}, "'mean' must be a number."),
        ({"kind": "number", "sd": 0}, "'sd' must be above 0."),
        ({"kind": "number", "decimals": 10}, "'decimals' must be a whole number from 0 to 9."),
        ({"kind": "number", "decimals": 1.5}, "'decimals' must be a whole number from 0 to 9."),
        ({"kind": "text", "max_length": 0}, "'max_length' must be a whole number from 1 to 100,000."),
        ({"kind": "date", "min": "soon"}, "'min' must be a date such as 2024-01-31, without a zone."),
        ({"kind": "datetime", "max": "2024-01-31T08:00+02:00"}, "'max' must be a date such as"),
        ({"kind": "text", "min": 3}, "'min' is for numbers and dates, and this column is text."),
        ({"kind": "number", "max": float("inf")}, "'max' must be a number."),
        ({"kind": "number", "min": True}, "'min' must be a number."),
        ({"kind": "integer", "min": 0.5}, "'min' must be a whole number below 2 to the power of 62."),
        ({"kind": "integer", "max": 2**62 + 1}, "'max' must be a whole number below 2 to the power of 62."),
        ({"kind": "integer", "min": 2, "max": 1}, "'min' is above 'max'."),
        ({"kind": "category"}, "a category needs 'categories'"),
        ({"kind": "category", "categories": {"a": -0.1, "b": 1}}, "'categories' must be a list of values"),
        ({"kind": "category", "categories": {"a": 0, "b": 0}}, "'categories' must be a list of values"),
        ({"kind": "category", "categories": {"a": True}}, "'categories' must be a list of values"),
        ({"kind": "category", "categories": {"a": float("nan")}}, "'categories' must be a list of values"),
        ({"kind": "category", "categories": 3}, "'categories' must be a list of values"),
        ({"kind": "boolean", "categories": ["yes", "no"]}, "the values of a boolean are true and false."),
        ({"kind": "integer", "categories": ["1", "2"]}, "'categories' are for a category, and this column is integer."),
        ({"references": "customers"}, "'references' is written as table.column"),
        ({"references": ".id"}, "'references' is written as table.column"),
        ({"kind": "integer", "format": "[0-9]{3}"}, "'format' is for text and identifiers."),
        ({"kind": "text", "format": "[a-"}, "a set '[' is not closed"),
        ({"kind": "text", "format": "[a-z]{5}", "max_length": 4}, "the format allows 5 characters, 'max_length' 4."),
        ({"kind": "text", "distribution": "normal"}, "a distribution is for numbers and dates"),
        ({"kind": "number", "distribution": "sequence"}, "a sequence counts 1, 2, 3 and so needs kind integer."),
        ({"kind": "date", "distribution": "lognormal"}, "a lognormal distribution is for numbers above 0."),
        ({"kind": "number", "distribution": "lognormal", "max": 0}, "a lognormal distribution is for numbers above 0."),
        ({"kind": "integer", "unique": True, "nullable": True}, "a unique column may not be nullable here."),
        ({"kind": "number", "unique": True}, "a column of kind number cannot be unique"),
        ({"kind": "text", "unique": True}, "unique text needs a 'format'"),
        ({"personal": "city", "unique": True}, "'city' repeats by nature and cannot be unique."),
        ({"kind": "text", "colour": "red"}, "there is no field 'colour'."),
    ],
)  # fmt: skip
def test_a_wrong_field_has_one_sentence(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(SchemaError) as caught:
        column(**fields)
    assert str(caught.value).startswith("Column 'a' of table 'table': ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, "A schema needs 'columns', or 'tables' that have columns each."),
        ({"tables": {}}, "The schema has no tables."),
        ({"tables": {"t": {"columns": {}}}}, "Table 't': it has no columns."),
        ({"tables": {"t": {"rows": 3}}}, "Table 't': it needs 'columns'."),
        ({"tables": 3}, "Tables: a list of tables is needed."),
        ({"tables": [{"columns": {"a": "text"}}]}, "Tables number 1: a 'name' is needed."),
        ({"tables": [{"name": "t", "columns": ["a"]}]}, "Columns number 1: a 'name' is needed."),
        ({"tables": {"t": {"columns": {"a": "text"}}}, "more": 1}, "The schema: there is no field 'more'."),
        ({"columns": {"a": "text"}, "rows": 0}, "'rows' must be a whole number from 1 to"),
        ({"columns": {"a": "text"}, "rows": True}, "'rows' must be a whole number from 1 to"),
        ({"columns": {"a": 3}}, "its kind, or fields such as {kind: integer, min: 0}, are needed."),
        ({"columns": [{"name": "a", "kind": "text"}] * 2}, "column 'a' is named twice."),
        ({"tables": [{"name": "t", "columns": {"a": "text"}}] * 2}, "There are two tables named 't'."),
        ({"columns": {"a": "text"}, "rules": "a is not null"}, "'rules' must be a list"),
        ({"columns": {"a": "text"}, "rules": [3]}, "Rule 1 of table 'table': "),
        ({"columns": {"a": "text"}, "rules": ["b = 'x'"]}, "Rule 1 of table 'table': "),
        ({"columns": {"a": "text"}, "rules": [{"type": "unique", "columns": ["a"]}]}, "looks at several rows"),
        ({"tables": {"t": {"columns": {"x": {"references": "u.id", "personal": "email"}}},
                     "u": {"columns": {"id": ID}}}},
         "it takes its values from 'u.id', so 'personal' has no place."),
    ],
)  # fmt: skip
def test_a_wrong_table_has_one_sentence(given: Any, said: str) -> None:
    with pytest.raises(SchemaError) as caught:
        schema_from(given)
    assert said in str(caught.value)


def test_kinds_and_words_are_read_as_people_write_them() -> None:
    assert column(kind="Whole Number").kind == "integer"
    assert column(personal="E-Mail").personal == "email"
    assert column(personal="DOB").kind == "date"
    assert column(kind="integer", nullable=0.25).nulls == 0.25
    assert column(kind="date", min="2024-01-31", max="2024-02-01T06:30").high == "2024-02-01T06:30:00"
    assert column(categories="open: 3, closed: 1, ").categories == (("open", 0.75), ("closed", 0.25))
    assert column(categories="a:b, c").categories == (("a:b", 0.5), ("c", 0.5))
    assert column(kind="boolean", categories={True: 1, False: 3}).categories == (("True", 0.25), ("False", 0.75))


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"The schema gone.yaml cannot be read: No such file"):
        schema_from_file(tmp_path / "gone.yaml")
    (tmp_path / "latin.yaml").write_bytes("columns: {größe: number}".encode("latin-1"))
    with pytest.raises(SchemaError, match="is not a text file in UTF-8"):
        schema_from_file(tmp_path / "latin.yaml")
    (tmp_path / "fine.yaml").write_text("\ufeffcolumns: {größe: number}", encoding="utf-8")
    assert schema_from_file(tmp_path / "fine.yaml").tables[0].columns[0].name == "größe"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The schema is empty"),
        ("columns: {a: text}\n\x01", "neither JSON nor YAML"),
        ("columns: {[1]: text}", "a name is needed before the colon"),
        ("a: " + "[" * 60 + "]" * 60, "nested too deep"),
    ],
)
def test_a_document_that_is_none_says_so(text: str, said: str) -> None:
    with pytest.raises(SchemaError, match=said):
        schema_from_text(text)


# personal columns

LIKE = {
    "email": r"\S+@[\w.-]+\.\w+",
    "phone": r"\+?[\d ()/.-]{7,}",
    "card_number": r"[\d ]{16,19}",
    "date_of_birth": r"\d{4}-\d\d-\d\d",
    "ip_address": r"\d{1,3}(\.\d{1,3}){3}",
    "mac_address": r"[0-9a-f]{2}(:[0-9a-f]{2}){5}",
    "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "iban": r"DE\d\d[\d ]{18,22}",
    "url": r"https?://\S+",
}


@pytest.mark.parametrize("locale", ["de_DE", "es_ES"])
def test_every_kind_of_personal_data_is_made_in_its_form(locale: str) -> None:
    kinds = [what for what in PERSONAL if locale == "de_DE" or what not in ("iban", "national_id")]
    unique = {"email", "username", "uuid", "phone", "card_number"}
    columns = {what: {"personal": what, "locale": locale, "unique": what in unique} for what in kinds}
    (table,) = from_schema(schema_from({"columns": columns, "rows": 60}), seed=3)
    frame = next(iter(table.parts())).to_pandas()
    assert len(frame) == 60
    assert frame.notna().all(axis=None)
    for what in kinds:
        cells = frame[what].astype(str)
        assert cells.str.strip().ne("").all(), what
        assert cells.nunique() == 60 if what in unique else cells.nunique() > 5, what
        assert cells.str.fullmatch(LIKE.get(what, ".+")).all(), (what, cells[0])
    again = next(iter(from_schema(schema_from({"columns": columns, "rows": 60}), seed=3)[0].parts())).to_pandas()
    assert again.equals(frame)
    if locale == "es_ES":
        assert frame["person_name"].str.split().str.len().ge(3).all(), "two surnames"


# CREATE TABLE


def sql(columns: str, **more: str) -> dict[str, ColumnSpec]:
    schema = schema_from_text(f"create table t ({columns});{more.get('after', '')}")
    return {one.name: one for one in next(spec for spec in schema.tables if spec.name == "t").columns}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("create table t (a int, a text)", "column 'a' is named twice"),
        ("create table t (a int, primary key (b))", "there is no column 'b'"),
        ("create table t (a int, b int, foreign key (a, b) references u (c, d))", "over several columns is not taken"),
        ("create table t (a int check (a > 3)", "')' is expected, not 'the end'"),
        ("create table t (a int check (a > 3", "a bracket is not closed"),
        ("create table t (3 int)", "a name is expected, not '3'"),
        ("create table t a int", "'(' is expected, not 'a'"),
        ("create table t (a int references u); create table u (b int)", "name the column of 'u'"),
        ("create table t (a int \x01)", "is not understood in CREATE TABLE"),
    ],
)
def test_sql_that_is_wrong_has_its_line(text: str, said: str) -> None:
    with pytest.raises(SchemaError) as caught:
        schema_from_text(text)
    assert said in str(caught.value)
    assert str(caught.value).startswith("Line 1")


def test_what_sql_says_of_columns_is_understood() -> None:
    found = sql(
        "id int generated always as identity primary key, code char(8) unique not null, kind enum('a', 'b'),"
        " price numeric(5, 2) default -1.5, big numeric(12), share double precision, at timestamp(3) default now(),"
        " name character varying(60), key lookup (name), unique key by_code (code), tag uuid,"
        " parent int constraint up references u (id) on delete set null",
        after="create table u (id int primary key)",
    )
    assert (found["id"].distribution, found["id"].unique, found["id"].nulls) == ("sequence", True, 0)
    assert (found["code"].kind, found["code"].form, found["code"].unique) == ("identifier", "[A-Z0-9]{8}", True)
    assert [name for name, _ in found["kind"].categories] == ["a", "b"]
    assert (found["price"].decimals, found["price"].high) == (2, 999.99)
    assert (found["big"].decimals, found["big"].high) == (0, None)
    assert found["share"].kind == "number"
    assert found["at"].kind == "datetime"
    assert found["tag"].personal == "uuid"
    assert found["parent"].references == ("u", "id")


@pytest.mark.parametrize(
    ("kind", "check", "low", "high", "rules"),
    [
        ("int", "a >= 18 and a < 90", 18, 89, 0),
        ("int", "a > -5", -4, None, 0),
        ("int", "a between 1 and 3", 1, 3, 0),
        ("int", "a >= 2.5", 3, None, 0),
        ("int", "a < 2.5", None, 2, 0),
        ("int", "a > -2.5", -2, None, 0),
        ("numeric(9, 2)", "a >= 0.5", 0.5, None, 0),
        ("numeric(9, 2)", "a > 0.5", None, None, 1),
        ("date", "a >= date '2024-01-01'", "2024-01-01", None, 0),
        ("int", "a between 1 and b", None, None, 1),
        ("int", "a >= 1 or a is null", None, None, 1),
        ("int", "a >= 1 and b >= 2", None, None, 1),
        ("int", "a + b > 3", None, None, 1),
    ],
)
def test_checks_become_bounds_or_rules(kind: str, check: str, low: Any, high: Any, rules: int) -> None:
    schema = schema_from_text(f"create table t (a {kind} not null, b int not null, check ({check}))")
    (table,) = schema.tables
    assert (table.columns[0].low, table.columns[0].high, len(table.rules)) == (low, high, rules)


# forms of text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("a)", "a bracket is closed that was not opened"),
        ("(a", "a bracket is not closed"),
        ("[^a]", "a set of what may not stand there is not taken"),
        ("[]", "a set '[]' is empty"),
        ("[z-a]", "'z-a' is no range"),
        (r"\b", r"'\b' is not taken"),
        ("a*", "'*' has no end"),
        ("*a", "'*' is not taken here, give a number such as {1,5}"),
        ("a{2", "after '{' a number or two are needed"),
        ("a{3,1}", "'{3,1}' is no count from 0 to"),
        ("(a|b|c|d){6}", "different shapes"),
        ("(a{60}){60}", "characters"),
    ],
)
def test_a_form_that_cannot_be_written_from_says_why(form: str, said: str) -> None:
    with pytest.raises(SchemaError) as caught:
        forms_of(form)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("form", "texts"),
    [
        ("^(?:a|b)?-[0-1]$", {"-0", "-1", "a-0", "a-1", "b-0", "b-1"}),
        (r"[\d]{1}", set("0123456789")),
        ("[a-]", {"a", "-"}),
        (r"\.x", {".x"}),
        ("x{1,3}", {"x", "xx", "xxx"}),
    ],
)
def test_a_form_gives_exactly_its_texts(form: str, texts: set[str]) -> None:
    found = forms_of(form)
    assert found.capacity == len(texts)
    assert set(found.write(np.arange(found.capacity, dtype=np.uint64), 7, unique=True)) == texts
    assert found.longest == max(map(len, texts))
