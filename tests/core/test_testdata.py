"""Test data: schemas, keys that stay, edge cases that are what their tags say, files and databases."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from stdnum import iban, luhn

from synth_core import cli
from synth_core import project as projects
from synth_core.cli_options import told_missing
from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import parse
from synth_core.demos import demo_table
from synth_core.errors import Cancelled, InfeasibleError, InputError, SchemaError
from synth_core.reading import read_bytes
from synth_core.recipe import Recipe
from synth_core.testdata import orders
from synth_core.testdata.broken import nullable
from synth_core.testdata.cases import EDGE_TITLES, Edges
from synth_core.testdata.loading import DatabaseError, Loader, writing_address
from synth_core.testdata.making import Order, Secrets, make
from synth_core.testdata.orders import OrderRun
from synth_core.testdata.patterns import forms_of
from synth_core.testdata.preview import glance
from synth_core.testdata.rows import bucket, root_of, rows_of
from synth_core.testdata.schema import Schema
from synth_core.testdata.schema_files import schema_from_text
from synth_core.testdata.sources import TestTable, from_schema, from_table
from synth_core.testdata.sql_words import is_sql, tokens_of
from tests.conftest import make_people

SHOP = """\
tables:
  customers:
    rows: 60
    columns:
      id: {kind: identifier, unique: true, format: "C-[0-9]{6}"}
      name: {personal: name, locale: de_DE}
      email: {personal: email, locale: de_DE, unique: true}
      account: {personal: iban, locale: de_DE}
      card: {personal: card_number}
  orders:
    rows: 300
    columns:
      id: {kind: integer, unique: true, distribution: sequence}
      customer: {references: customers.id}
      quantity: {kind: integer, min: 1, max: 9}
      price: {kind: number, min: 1, max: 900, distribution: lognormal}
      total: {kind: number}
      ordered: {kind: date, min: 2024-01-01, max: 2024-12-31}
      shipped: {kind: date, nullable: 0.2, min: 2024-01-01, max: 2025-12-31}
      status: {kind: category, categories: {open: 0.2, done: 0.8}}
      paid: boolean
      note: {kind: text, nullable: true, max_length: 80}
    rules:
      - shipped >= ordered
      - {type: formula, output: total, expression: quantity * price}
"""
VISITS = """\
-- a ward
CREATE TABLE patients (id serial PRIMARY KEY, last_name varchar(60) NOT NULL,
  sex char(1) NOT NULL CHECK (sex IN ('f', 'm')), age int CHECK (age between 18 and 90) DEFAULT 30);
create table "visits" (
  id bigint, patient_id integer not null references patients on delete cascade,
  admitted timestamp not null, discharged timestamp, cost numeric(8, 2) check (cost >= 0),
  primary key (id), constraint order_of_dates check (discharged >= admitted));
"""


def shop(**wanted: object) -> list[TestTable]:
    return from_schema(schema_from_text(SHOP), **wanted)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def full() -> list[TestTable]:
    """The shop with every edge case once."""
    return shop(edges=Edges.every())


def frame_of(table: TestTable) -> pd.DataFrame:
    return pd.concat(
        [part.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get) for part in table.parts()], ignore_index=True
    )


# schemas


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns:\n  a: integer\n  b: {kind: intger}", "Line 3, column 'b' of table 'table': there is no kind"),
        ("columns:\n  b: {kind: integer, min: x}", "Line 2, column 'b' of table 'table': 'min' must be a number."),
        ("columns:\n  b: {kind: integer, min: 5, max: 2}", "'min' is above 'max'"),
        ("columns:\n  b: {kind: text, format: 'a+'}", "'+' has no end"),
        ("columns:\n  b: {kind: category}", "needs 'categories'"),
        ("columns:\n  b: {kind: integer, uniqe: true}", "there is no field 'uniqe'. Did you mean 'unique'?"),
        ("columns:\n  b: {references: c.d}", "Line 2, column 'b' of table 'table': it refers to table 'c'"),
        ("columns:\n  b: integer\nrules: ['c > 1']", "Line 3, rule 1 of table 'table'"),
        ("columns: {b: integer, b: text}", "'b' is named twice"),
        ("columns: [", "Line 1"),
        ("a: &x 1\nb: *x", "references (*x) are not taken"),
        ("[1, 2]", "needs 'columns'"),
        ("create table a (b int,\n c nothing)", "Line 2, column 'c' of table 'a': type 'nothing' is not known."),
        ("create table a (b int references z(id))", "it refers to table 'z'"),
        ("tables: {a: {columns: {x: {references: b.y}, k: {kind: integer, unique: true}}},"
         " b: {columns: {y: {kind: integer, unique: true}, z: {references: a.k}}}}", "in a circle"),
        ("create table a (b int);\ncreate table a (c int)", "Line 2: there are two tables named 'a'."),
        ("create table a (b date check (b >= 'soon'))", "Line 1, column 'b' of table 'a': 'min' must be a date"),
        ("columns:\n  b: {format: '" + "(" * 3_000 + "'}", "nested too deep"),
        ("columns:\n  s: {personal: national_id, locale: ar_AA}", "no national id is known for locale ar_AA"),
    ],
)  # fmt: skip
def test_an_error_in_a_schema_is_one_sentence_with_line_and_column(text: str, said: str) -> None:
    with pytest.raises(SchemaError) as caught:
        from_schema(schema_from_text(text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_json_and_yaml_say_the_same() -> None:
    import yaml

    assert schema_from_text(json.dumps(yaml.safe_load(SHOP), default=str, indent=1)) == schema_from_text(SHOP)


def test_create_table_gives_keys_references_values_and_bounds() -> None:
    schema = schema_from_text(VISITS)
    patients, visits = (rows.frame(0, 200) for rows in rows_of(schema.tables, root_of("", 1)))
    assert patients["id"].tolist() == list(range(1, 201))
    assert set(patients["sex"]) == {"f", "m"}
    ages = patients["age"].dropna()
    assert 18 <= ages.min() < 30 < 80 < ages.max() <= 90
    assert len(ages) < 200
    assert set(visits["patient_id"]) <= set(range(1, 1_001))
    assert (visits["discharged"].isna() | (visits["discharged"] >= visits["admitted"])).all()
    assert visits["cost"].min() >= 0


def test_checks_of_create_table_bound_dates_from_below_and_from_above() -> None:
    checks = "CHECK (born >= '2001-01-01'), CHECK (born <= DATE '2001-03-31'), CHECK (n > 3 AND n < 6)"
    schema = schema_from_text(f"CREATE TABLE people (born date NOT NULL, n int NOT NULL, {checks})")
    assert not schema.tables[0].rules
    (people,) = (rows.frame(0, 300) for rows in rows_of(schema.tables, 0))
    assert people["born"].between("2001-01-01", "2001-03-31").all()
    assert set(people["n"]) == {4, 5}


def test_a_long_script_of_sql_is_read_in_its_turn_and_a_longer_one_refused() -> None:
    script = "create table t (\n" + ",\n".join(f"c{n} int not null" for n in range(3_000)) + ");" + "\n/* x" * 100_000
    words = tokens_of(script)  # a comment that is not closed goes to the end
    assert (words[-1].text, words[-1].line) == (";", 3_001)
    assert is_sql(script)
    assert not is_sql("/*" * 200_000 + " create table t (a int)")
    with pytest.raises(SchemaError, match="more than 1,000,000 characters"):
        schema_from_text("create table t (a int);" + " " * 1_000_000)


def test_checks_bound_whole_numbers_by_the_next_one_inside() -> None:
    table = """create table t (a bigint check (a <= 1152921504606846977), b int check (b >= 2.5), c int check (c < 7.5),
      d int check (d >= 5 and d >= 1 and d < 9 and d < 30), e int check (e > -3.0),
      f int check (f between 0.5 and 3.5))"""
    (spec,) = schema_from_text(table).tables
    assert spec.column("a").high == 2**60 + 1
    assert [spec.column(name).low for name in "bdef"] == [3, 5, -2, 1]
    assert [spec.column(name).high for name in "cdf"] == [7, 8, 3]
    assert spec.rules == ()


def test_columns_are_what_the_schema_says() -> None:
    customers, orders = (frame_of(table) for table in from_schema(schema_from_text(SHOP).with_rows(4_000)))
    assert customers["id"].str.fullmatch(r"C-\d{6}").all()
    assert all(iban.is_valid(text) for text in customers["account"])
    assert all(luhn.is_valid(text.replace(" ", "")) for text in customers["card"])
    assert customers["email"].is_unique
    first = [part.split()[0].lower() for part in customers["name"].head(5)]
    assert all(name[:1] == mail[:1] for name, mail in zip(first, customers["email"].head(5), strict=True))
    assert set(orders["customer"]) <= set(customers["id"])
    assert orders["quantity"].between(1, 9).all()
    assert orders["price"].between(1, 900).all()
    assert orders["price"].mean() > 1.3 * orders["price"].median()  # lognormal
    assert np.allclose(orders["total"], orders["quantity"] * orders["price"])
    assert abs((orders["status"] == "done").mean() - 0.8) < 0.03
    assert abs(orders["shipped"].isna().mean() - 0.2) < 0.03


def test_whole_numbers_near_64_bits_keep_their_bounds_and_have_edge_cases() -> None:
    text = """\
columns:
  wide: {kind: integer, min: -4611686018427387904, max: 4611686018427387904}
  one: {kind: integer, min: 9007199254740993, max: 9007199254740993}
"""
    (table,) = from_schema(schema_from_text(text), edges=Edges.every())
    frame = table.ordinary().__next__().to_pandas()
    assert set(frame["one"]) == {9007199254740993}
    assert frame["wide"].between(-(2**62), 2**62).all()
    assert sum(len(part) for part in table.parts()) == table.total


def test_a_rule_that_no_row_can_keep_is_named() -> None:
    text = "columns: {a: {kind: integer, min: 0, max: 9}, b: {kind: integer, min: 20, max: 29}}\nrules: ['a > b']"
    with pytest.raises(InfeasibleError, match="break a rule after 60 tries"):
        list(from_schema(schema_from_text(text))[0].parts())


def test_a_unique_column_without_room_is_named_before_anything_is_made() -> None:
    with pytest.raises(SchemaError, match="allows 90 different values for 91 rows"):
        from_schema(schema_from_text("columns: {a: {kind: integer, unique: true, min: 10, max: 99}}\nrows: 91"))
    table = from_schema(schema_from_text("columns: {a: {kind: integer, unique: true, min: 10, max: 99}}\nrows: 90"))[0]
    assert sorted(frame_of(table)["a"]) == list(range(10, 100))


@pytest.mark.parametrize(
    "form", ["[A-C]{2}", "(ab|c)[0-9]?", r"\d{1,2}x", "a|b|cd", "(a|[ab])[01]", "[AB]?[BC]?", "(A1|[A-C][0-9]|[B-D]1)"]
)
def test_a_form_gives_each_of_its_texts_once(form: str) -> None:
    import re

    forms = forms_of(form)
    texts = forms.write(np.arange(forms.capacity, dtype=np.uint64), 7, unique=True)
    assert len(set(texts)) == forms.capacity
    assert all(re.fullmatch(form, text) for text in texts)
    letters = [""]
    for _ in range(3):
        letters += [text + sign for text in letters for sign in "ABCDabcdx0123456789"]
    assert set(texts) == {text for text in letters if re.fullmatch(form, text)}


# keys


def test_a_row_has_the_same_keys_whatever_the_number_of_rows_or_parts() -> None:
    schema = schema_from_text(SHOP)
    orders = rows_of(schema.tables, root_of("phrase", 3))[1]
    whole = orders.frame(0, 300)
    parts = pd.concat([orders.frame(first, 50) for first in range(0, 300, 50)], ignore_index=True)
    pd.testing.assert_frame_equal(whole, parts)
    few, many = from_schema(schema, seed=3), from_schema(schema.with_rows(900), seed=3)
    for small, large in zip(few, many, strict=True):
        for key in ("id",):
            assert frame_of(large)[key].head(small.rows).tolist() == frame_of(small)[key].tolist()
    moved = frame_of(many[1])["customer"].head(300).to_numpy() != frame_of(few[1])["customer"].to_numpy()
    assert 0.5 < moved.mean() < 0.8  # three times the customers: two in three references go to a new one
    old = set(frame_of(few[0])["id"])
    assert not set(frame_of(many[1])["customer"].head(300)[moved]) & old


def test_seed_and_phrase_decide_the_keys() -> None:
    ids = [
        frame_of(shop(seed=seed, phrase=phrase)[0])["id"].tolist()
        for seed, phrase in ((1, ""), (1, ""), (2, ""), (1, "x"))
    ]
    assert ids[0] == ids[1]
    assert ids[0] != ids[2]
    assert ids[0] != ids[3]


def test_references_are_spread_evenly() -> None:
    counts = np.bincount(bucket(np.arange(50_000, dtype=np.uint64), 5, 50).astype(int), minlength=50)
    assert counts.min() > 850
    assert counts.max() < 1_150


# edge cases


def canonical_edges(table: TestTable) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return ordinary rows and edge rows in canonical form, and the tags."""
    from synth_core.source_types import from_arrow

    assert table.edges is not None
    ordinary = pd.concat(
        [from_arrow(part.select([c.name for c in table.columns]), table.columns) for part in table.ordinary()]
    )
    return nullable(ordinary.reset_index(drop=True), table.columns), table.edges.frame, table.edges.tags


def test_every_kind_of_edge_case_is_there_and_only_edge_rows_are_tagged(full: list[TestTable]) -> None:
    table = full[1]
    frame = frame_of(table)
    tags = frame["simile_case"].dropna()
    assert set(tags.str.partition(":")[0]) == set(EDGE_TITLES)
    assert frame["simile_case"].head(300).isna().all()
    assert len(frame) == table.total == 300 + len(tags)
    cell = {tag: frame.loc[place] for place, tag in tags.items()}
    assert str(cell["boundary: least: quantity"]["quantity"]) == "1"
    assert str(cell["boundary: largest, one step inside: quantity"]["quantity"]) == "8"
    assert str(cell["out_of_range: above the largest: quantity"]["quantity"]) == "10"
    assert str(cell["dates: leap day: ordered"]["ordered"]) == "2024-02-29"
    assert "\u05e9" in cell["unicode: right to left: note"]["note"]
    assert len(cell["longest: longest allowed: note"]["note"]) == 80
    assert pd.isna(cell["nulls: empty: shipped"]["shipped"])
    assert cell["wrong_type: 'abc': quantity"]["quantity"] == "abc"
    assert cell["duplicate: key of another row: id"]["id"] in frame["id"].head(300).to_numpy()


def test_counts_per_kind_are_kept() -> None:
    table = shop(edges=Edges(unicode=40, broken=5, nulls=1))[1]
    assert table.edges is not None
    kinds = pd.Series(table.edges.tags).str.partition(":")[0].value_counts()
    assert kinds.to_dict() == {"unicode": 40, "broken": 5, "nulls": 1}


def breaks(table: TestTable, frame: pd.DataFrame, ordinary: pd.DataFrame) -> list[set[str]]:
    """Return what each edge row breaks, by the rules themselves: those over several rows beside all ordinary ones."""
    found: list[set[str]] = [set() for _ in range(len(frame))]
    for rule in table.rules:
        for place in range(len(frame)):
            one = frame.iloc[[place]]
            rows = one if rule.row_wise else pd.concat([ordinary, one], ignore_index=True)
            if rule.violations(rows).to_numpy(dtype=bool)[-1]:
                found[place].add(rule.sentence())
    return found


def test_broken_rows_break_exactly_the_rule_of_their_tag(full: list[TestTable]) -> None:
    for table in full:
        ordinary, edges, tags = canonical_edges(table)
        chosen = [at for at, tag in enumerate(tags) if tag.startswith("broken") and "refers to no row" not in tag]
        said = [{tags[at].removeprefix("broken: ")} for at in chosen]
        assert breaks(table, edges.iloc[chosen], ordinary) == said
        assert {next(iter(one)) for one in said} == {rule.sentence() for rule in table.rules}


def test_an_orphan_refers_to_no_row(full: list[TestTable]) -> None:
    customers, orders = full
    frame = frame_of(orders)
    orphan = frame[frame["simile_case"] == "broken: refers to no row: customer"]
    assert len(orphan) == 1
    assert not set(orphan["customer"]) & set(frame_of(customers)["id"].dropna())


def test_other_edge_rows_break_only_what_their_tag_says(full: list[TestTable]) -> None:
    table = full[1]
    ordinary, edges, tags = canonical_edges(table)
    for tag, broken in zip(tags, breaks(table, edges, ordinary), strict=True):
        if tag.startswith(("broken", "duplicate", "wrong_type")):
            continue
        if tag.startswith("out_of_range"):
            assert broken
        elif "also breaks" not in tag:
            assert not broken, tag
    assert sum("also breaks" in tag for tag in tags) < 0.1 * len(tags)


@pytest.fixture(scope="module")
def orders_rules() -> list[Constraint]:
    return [
        parse({"type": "chained_inequality", "columns": ["order_date", "shipped_date", "delivered_date"]}),
        parse({"type": "sum_equals", "columns": ["subtotal", "shipping", "tax"], "total": "total", "tolerance": 0.01}),
        parse({"type": "implies", "if": "coupon = 'FREESHIP'", "then": "shipping = 0"}),
        parse({"type": "functional_dependency", "determinants": ["sku"], "dependent": "category"}),
        parse({"type": "unique", "columns": ["order_id"]}),
        parse({"type": "scalar_range", "column": "quantity", "low_value": 1, "high_value": 60}),
    ]


def test_a_projects_table_gives_edge_cases_and_nothing_real(tmp_path: Path, orders_rules: list[Constraint]) -> None:
    real = demo_table("orders")
    recipe = Recipe(method="independent", rows=900, seed=4, constraints=orders_rules)
    table, _ = from_table(real, recipe, tmp_path, edges=Edges.every())
    frame = frame_of(table)
    assert len(frame) == table.total
    for name in ("order_id", "email"):
        assert not set(frame[name].dropna()) & set(real.frame[name].dropna()), name
    ordinary, edges, tags = canonical_edges(table)
    broken = [place for place, tag in enumerate(tags) if tag.startswith("broken")]
    assert breaks(table, edges.iloc[broken], ordinary) == [{tags[place].removeprefix("broken: ")} for place in broken]
    assert len(broken) == len(orders_rules)
    again, _ = from_table(real, recipe.model_copy(update={"rows": 1_500}), tmp_path / "more", edges=Edges())
    for name in ("order_id", "email"):
        assert frame_of(again)[name].head(900).tolist() == frame[name].head(900).tolist()


def test_keys_that_a_real_row_happens_to_have_are_replaced_and_stay_keys(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    keys = [f"K-{number:04d}" for number in rng.choice(10_000, 3_000, replace=False)]
    text = pd.DataFrame({"key": keys, "x": rng.normal(size=3_000).round(3)}).to_csv(index=False)
    real = read_bytes(text.encode(), "short.csv").table
    table, _ = from_table(real, Recipe(method="independent", rows=3_000, seed=1), tmp_path)
    made = pa.concat_tables(table.parts()).column("key").to_pylist()
    assert not set(made) & set(keys)
    assert len(set(made)) == 3_000


def test_a_word_that_means_missing_stays_in_a_column_of_identifiers(tmp_path: Path) -> None:
    keys = [f"K-{number:04d}" if number % 4 else "unknown" for number in np.random.default_rng(0).permutation(600)]
    rows = pd.DataFrame({"key": keys, "x": np.arange(600) % 97}).to_csv(index=False).encode()
    told = {"key": ("unknown",)}
    real = told_missing(read_bytes(rows, "gaps.csv"), told)
    table, _ = from_table(real, Recipe(method="independent", rows=600, seed=1, missing=told), tmp_path)
    made = pa.concat_tables(table.parts()).column("key").to_pylist()
    assert 100 < made.count("unknown") < 200
    assert len(set(made)) == 601 - made.count("unknown")


def test_a_glance_shows_ordinary_and_edge_rows_with_the_cells_that_matter(full: list[TestTable]) -> None:
    seen = glance(full[1])
    assert len(seen.frame) == 20
    assert seen.frame.columns[0] == "simile_case"
    for row, name in seen.marked:
        assert name in seen.frame.columns
        assert isinstance(seen.frame["simile_case"][row], str)
    row = next(place for place, tag in enumerate(seen.frame["simile_case"]) if tag and tag.startswith("wrong_type"))
    assert seen.frame["simile_case"][row].split("'")[1] in seen.frame.loc[row].tolist()


def test_the_extra_column_must_not_hide_another() -> None:
    with pytest.raises(InputError, match="There is a column 'note' already"):
        shop(edges=Edges.every(), case_column="note")


def test_edge_cases_in_words() -> None:
    assert Edges.from_text("all") == Edges.every()
    assert Edges.from_text("boundary=3, dates") == Edges(boundary=3, dates=None)
    with pytest.raises(InputError, match="Did you mean 'unicode'"):
        Edges.from_text("unicoed")


# files and databases


def test_every_form_holds_the_same_rows(tmp_path: Path) -> None:
    wanted = Edges.every("boundary", "unicode", "longest", "nulls", "duplicate")
    made = {}
    for form in ("csv", "parquet", "xlsx", "jsonl", "sql"):
        outcome = make(Order(schema_text=SHOP, edges=wanted, form=form, seed=2), tmp_path)
        assert [one.place for one in outcome.tables] == [f"customers.{form}", f"orders.{form}"]
        made[form] = outcome.tables[1].rows
    assert len(set(made.values())) == 1
    parquet = pd.read_parquet(tmp_path / "orders.parquet")
    assert pq.read_schema(tmp_path / "orders.parquet").metadata[b"simile.synthetic"] == b"true"
    assert (
        pd.read_csv(tmp_path / "orders.csv", float_precision="round_trip")["total"].tolist()
        == parquet["total"].tolist()
    )
    lines = [json.loads(line) for line in (tmp_path / "orders.jsonl").read_text("utf-8").splitlines()]
    assert [line["note"] for line in lines] == parquet["note"].where(parquet["note"].notna(), None).tolist()
    sheet = openpyxl.load_workbook(tmp_path / "orders.xlsx", read_only=True)["SYNTHETIC"]
    assert sum(1 for _ in sheet.iter_rows()) == len(parquet) + 1
    with sqlite3.connect(":memory:") as lite:  # standard SQL, so that SQLite runs it
        lite.executescript((tmp_path / "orders.sql").read_text("utf-8"))
        assert lite.execute('select note from "orders"').fetchall() == [(line["note"],) for line in lines]


def test_tables_whose_names_differ_in_signs_alone_have_a_file_each(tmp_path: Path) -> None:
    text = json.dumps({"tables": {name: {"rows": 5, "columns": {name: "integer"}} for name in ("a b", "a-b", "A/b")}})
    places = [one.place for one in make(Order(schema_text=text), tmp_path).tables]
    assert places == ["a-b.csv", "a-b-2.csv", "A-b-3.csv"]
    assert [pd.read_csv(tmp_path / place).columns.tolist() for place in places] == [["a b"], ["a-b"], ["A/b"]]


def test_a_wrong_type_is_written_where_the_form_has_no_types(tmp_path: Path) -> None:
    make(Order(schema_text=SHOP, edges=Edges(wrong_type=8), form="csv"), tmp_path)
    cells = pd.read_csv(tmp_path / "orders.csv", dtype=str)
    assert (cells["simile_case"].str.startswith("wrong_type", na=False)).sum() == 8
    assert "abc" in cells["quantity"].to_numpy()
    for form in ("parquet", "database"):
        with pytest.raises(InputError, match="one type per column"):
            make(Order(schema_text=SHOP, edges=Edges(wrong_type=8), form=form), tmp_path)


def database(path: Path, **more: object) -> Order:
    return Order.model_validate({"schema_text": SHOP, "form": "database", "url": f"sqlite:///{path}", **more})


def test_sqlite_fail_append_replace(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    make(database(path, edges=Edges.every("unicode", "nulls")), tmp_path)

    def count() -> int:
        with sqlite3.connect(path) as lite:
            return int(lite.execute("select count(*) from orders").fetchone()[0])

    first = count()
    assert first > 300
    with sqlite3.connect(path) as lite:
        types = {name: kind for _, name, kind, *_ in lite.execute("pragma table_info(orders)")}
        assert types["quantity"] == "BIGINT"
        assert types["ordered"] == "DATE"
        day = lite.execute("select ordered from orders").fetchone()[0]
        assert pd.Timestamp(day).year == 2024
    with pytest.raises(DatabaseError, match=r"There is a table 'customers' in 'shop\.db' already"):
        make(database(path), tmp_path)
    make(database(path, if_exists="append", edges=Edges.every("unicode", "nulls")), tmp_path)
    assert count() == 2 * first
    make(database(path, if_exists="replace"), tmp_path)
    assert count() == 300
    with pytest.raises(DatabaseError, match="has no column 'simile_case'"):
        make(database(path, if_exists="append", edges=Edges.every("unicode")), tmp_path)


def test_a_cancelled_load_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    make(database(path), tmp_path)
    table = shop()[1]
    address = writing_address(f"sqlite:///{path}")

    def stops() -> object:
        yield next(table.parts())
        raise Cancelled

    with Loader(address, "replace") as loader, pytest.raises(Cancelled):
        loader.load("orders", table.schema, stops())  # type: ignore[arg-type]
    with sqlite3.connect(path) as lite:
        assert lite.execute("select count(*) from orders").fetchone()[0] == 300


def test_a_database_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="not to DuckDB"):
        writing_address("duckdb:////folder/file.duckdb")
    with pytest.raises(DatabaseError, match="There is no folder"):
        writing_address(f"sqlite:///{tmp_path}/none/x.db")
    (tmp_path / "text.db").write_text("no database at all, but longer than a header of a hundred bytes " * 3)
    with pytest.raises(DatabaseError, match="is no SQLite database"):
        make(database(tmp_path / "text.db"), tmp_path)


# jobs


def wait_for(run: OrderRun, seconds: float = 60) -> str:
    """Return how an order ended."""
    end = time.monotonic() + seconds
    while run.status().active and time.monotonic() < end:
        time.sleep(0.05)
    return run.status().state


def test_an_order_is_made_in_a_process_of_its_own() -> None:
    run = orders.start(Order(schema_text=SHOP, edges=Edges.every("nulls"), form="csv"), Secrets())
    assert wait_for(run) == "done", run.status().error
    assert [file.name for file in run.files] == ["customers.csv", "orders.csv"]
    outcome = run.outcome()
    assert outcome is not None
    assert [table.edges for table in outcome.tables] == [0, 2]
    assert orders.order_of(run.id) is not None
    assert orders.orders()[0].id == run.id


def test_a_cancelled_order_leaves_no_files() -> None:
    run = orders.start(Order(schema_text=SHOP, rows=2_000_000, form="csv"), Secrets())
    while not (run.folder / "files").exists() and run.status().active:
        time.sleep(0.05)
    orders.cancel(run)
    assert run.status().state == "cancelled"
    assert not run.files


def test_rows_from_a_project_are_written_down_in_its_ledger() -> None:
    data = make_people(300).frame.to_csv(index=False).encode()
    project = projects.create("People", read_bytes(data, "people.csv"), source=data, filename="people.csv")
    recipe = Recipe(method="independent", constraints=[])
    run = orders.start(Order(project=project.id, recipe=recipe, rows=500, form="parquet"), Secrets())
    assert wait_for(run) == "done", run.status().error
    assert len(pd.read_parquet(run.files[0])) == 500
    assert [entry.forms for entry in project.releases()] == [("test data (Parquet)",)]


# the command


def test_the_command_writes_files_and_databases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop.yaml").write_text(SHOP)

    def simile(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["simile", "testdata", str(tmp_path / "shop.yaml"), *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    assert simile("--out", str(tmp_path / "made"), "--form", "parquet", "--edges", "all", "--rows", "500") == 0
    assert "orders: " in capsys.readouterr().out
    assert len(pd.read_parquet(tmp_path / "made" / "orders.parquet")) > 500
    assert simile("--out", f"sqlite:///{tmp_path}/x.db") == 0
    assert simile("--out", f"sqlite:///{tmp_path}/x.db") == 2
    assert "There is a table 'customers' in 'x.db' already" in capsys.readouterr().err
    assert simile("--out", str(tmp_path / "one.csv")) == 2
    assert "has 2 tables" in capsys.readouterr().err
    assert simile("--out", str(tmp_path / "made"), "--rows", "200000000") == 2


def test_a_schema_is_a_value() -> None:
    assert isinstance(schema_from_text(SHOP), Schema)
    assert [table.name for table in schema_from_text(SHOP).with_rows(600).tables] == ["customers", "orders"]
    assert schema_from_text(SHOP).with_rows(600).table("customers").rows == 120
    few = schema_from_text(SHOP.replace("rows: 300", "rows: 1"))
    with pytest.raises(SchemaError, match="'customers' would have 120,000,000 in proportion, and 100,000,000 are"):
        few.with_rows(2_000_000)
