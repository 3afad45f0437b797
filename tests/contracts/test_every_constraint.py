"""What every rule promises, whatever its kind."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth_core.constraints.base import Constraint
from synth_core.constraints.enforcement import Enforcement
from synth_core.constraints.kinds import KINDS, parse, rules_from_json, rules_to_json
from synth_core.errors import ConstraintError
from synth_core.recipe import Recipe
from synth_core.table import Column, Kind, Table

KIND_OF = {
    "low": Kind.INTEGER,
    "high": Kind.INTEGER,
    "start": Kind.DATETIME,
    "end": Kind.DATETIME,
    "part": Kind.NUMBER,
    "rest": Kind.NUMBER,
    "whole": Kind.NUMBER,
    "middle": Kind.INTEGER,
    "above": Kind.NUMBER,
    "city": Kind.CATEGORY,
    "country": Kind.CATEGORY,
    "day": Kind.BOOLEAN,
    "night": Kind.BOOLEAN,
    "person": Kind.CATEGORY,
    "visit": Kind.INTEGER,
    "state": Kind.CATEGORY,
}
CITIES = {"Ulm": "DE", "Bonn": "DE", "Bern": "CH", "Graz": "AT"}
# At least one rule of every kind, with a misspelt column as (field, value) to tell the nearest name.
RULES: dict[str, list[tuple[dict, tuple[str, object]]]] = {
    "scalar_range": [
        ({"column": "low", "low_value": 2, "high_value": 40}, ("column", "lowe")),
        ({"column": "start", "low_value": "2024-01-05", "strict_boundaries": True}, ("column", "strt")),
        ({"column": "part", "high_value": 7.5, "strict_boundaries": True}, ("column", "prt")),
    ],
    "inequality": [
        ({"low_column": "low", "high_column": "high"}, ("low_column", "loww")),
        ({"low_column": "low", "high_column": "high", "strict_boundaries": True}, ("high_column", "hihg")),
        ({"low_column": "start", "high_column": "end"}, ("high_column", "ende")),
        ({"low_column": "start", "high_column": "end", "strict_boundaries": True}, ("high_column", "ende")),
        ({"low_column": "part", "high_column": "whole"}, ("high_column", "whol")),
    ],
    "fixed_combinations": [({"columns": ["city", "country"]}, ("columns", ["city", "contry"]))],
    "implies": [
        ({"if": "city = 'Bern'", "then": "country = 'CH'"}, ("then", "contry = 'CH'")),
        ({"if": "city is null", "then": "country is null"}, ("if", "citi is null")),
        ({"if": "low > 20", "then": "part < 5"}, ("then", "prt < 5")),
        ({"if": "low > 20", "then": "city in ('Ulm', 'Bonn')"}, ("if", "loww > 20")),
    ],
    "sum_equals": [
        ({"columns": ["part", "rest"], "total": "whole"}, ("total", "whle")),
        ({"columns": ["part", "rest"], "total": 10, "tolerance": 0.01}, ("columns", ["part", "res"])),
    ],
    "not_null": [
        ({"column": "city"}, ("column", "citty")),
        ({"column": "high"}, ("column", "hig")),
        ({"column": "high", "when": "low > 5"}, ("when", "loww > 5")),
    ],
    "unique": [({"columns": ["low", "part"]}, ("columns", ["lov"]))],
    "scalar_inequality": [
        ({"column": "low", "relation": ">", "value": 2}, ("column", "lowe")),
        ({"column": "end", "relation": "<=", "value": "2024-02-01"}, ("column", "edn")),
        ({"column": "part", "relation": "<", "value": 7, "when": "city = 'Ulm'"}, ("when", "citi = 'Ulm'")),
    ],
    "allowed_values": [
        ({"column": "city", "values": ["Ulm", "Bonn"]}, ("column", "citty")),
        ({"column": "low", "values": [1, 2, 3, 4, 5]}, ("column", "lowe")),
    ],
    "forbidden_values": [
        ({"column": "city", "values": ["Ulm"]}, ("column", "citty")),
        ({"column": "low", "values": [1, 2]}, ("column", "lowe")),
    ],
    "range": [
        ({"low_column": "low", "middle_column": "middle", "high_column": "high"}, ("middle_column", "midle")),
        ({"low_column": "part", "middle_column": "whole", "high_column": "above"}, ("high_column", "abov")),
    ],
    "chained_inequality": [
        ({"columns": ["low", "middle", "high"]}, ("columns", ["low", "midle"])),
        ({"columns": ["start", "end"], "strict_boundaries": True}, ("columns", ["start", "ende"])),
    ],
    "forbidden_combinations": [
        (
            {"columns": ["city", "country"], "combinations": [["Ulm", "CH"], ["Bonn", "AT"]]},
            ("columns", ["city", "contry"]),
        ),
    ],
    "functional_dependency": [
        ({"determinants": ["city"], "dependent": "country"}, ("dependent", "contry")),
        ({"determinants": ["visit"], "dependent": "state"}, ("determinants", ["visitt"])),
    ],
    "null_together": [({"columns": ["city", "country", "low"]}, ("columns", ["city", "contry"]))],
    "null_if": [({"column": "part", "when": "low > 20"}, ("column", "prt"))],
    "formula": [
        ({"output": "whole", "expression": "part + rest"}, ("expression", "part + rset")),
        ({"output": "high", "expression": "max(low, middle) + 1", "tolerance": 9}, ("output", "hihg")),
    ],
    "one_hot": [({"columns": ["day", "night"]}, ("columns", ["day", "nigth"]))],
    "increment": [({"column": "part", "increment_value": 0.05}, ("column", "prt"))],
    "precision": [({"column": "part", "decimals": 1}, ("column", "prt"))],
    "format": [
        ({"column": "city", "regex": "[A-Z][a-z]{2,3}"}, ("column", "citty")),
        ({"column": "city", "min_length": 4}, ("column", "citty")),
    ],
    "monotonic": [
        ({"column": "low", "entity": "person", "order_by": "visit"}, ("entity", "persn")),
        ({"column": "start", "order_by": "end", "direction": "decreasing"}, ("order_by", "edn")),
    ],
    "sequence_rule": [({"column": "state", "entity": "person", "order_by": "visit"}, ("order_by", "visitt"))],
    "share": [({"column": "city", "probabilities": {"Ulm": 0.5, "Bern": 0.1}}, ("column", "citty"))],
    "custom": [
        ({"expression": "part <= whole + 1"}, ("expression", "prt <= whole")),
        ({"expression": "city != 'Ulm' or low > 3"}, ("expression", "citty != 'Ulm'")),
    ],
}
CASES = [(kind, fields, wrong) for kind, cases in RULES.items() for fields, wrong in cases]
every_rule = pytest.mark.parametrize(("kind", "fields", "wrong"), CASES, ids=lambda v: v if isinstance(v, str) else "")


def table(frame: pd.DataFrame) -> Table:
    nullable = {name: bool(frame[name].isna().any()) for name in frame}
    return Table(frame, tuple(Column(name=n, kind=KIND_OF[n], nullable=nullable[n]) for n in frame))


def real_rows(rows: int = 120, missing: float = 0.1, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 30, rows)
    part, rest = np.round(rng.uniform(0, 9, rows), 2), np.round(rng.uniform(0, 9, rows), 2)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 60, rows), unit="D")
    city = rng.choice(list(CITIES), rows).astype(object)
    frame = pd.DataFrame(
        {
            "low": pd.array(low, dtype="Int64"),
            "high": pd.array(low + rng.integers(0, 9, rows), dtype="Int64"),
            "start": pd.Series(start),
            "end": pd.Series(start + pd.to_timedelta(rng.integers(0, 9, rows), unit="D")),
            "part": part,
            "rest": rest,
            "whole": np.round(part + rest, 2),
            "city": city,
            "country": np.array([CITIES[c] for c in city], dtype=object),
            "middle": pd.array(low + rng.integers(0, 2, rows), dtype="Int64"),
            "above": np.round(part + rest + rng.uniform(0, 2, rows), 2),
            "person": rng.permutation(np.arange(rows) % max(rows // 6, 1)).astype(str).astype(object),
            "visit": pd.array(rng.integers(0, 6, rows), dtype="Int64"),
        }
    )
    frame["high"] = frame[["high", "middle"]].max(axis=1)
    on = rng.random(rows) < 0.4
    frame["day"], frame["night"] = np.where(on, "yes", "no").astype(object), np.where(on, "no", "yes").astype(object)
    frame["state"] = np.array(["new", "paid", "paid", "sent", "sent", "back"], dtype=object)[
        frame["visit"].to_numpy(int)
    ]
    for name in frame:
        gone = rng.random(rows) < missing
        frame[name] = frame[name].mask(gone, None) if frame[name].dtype == object else frame[name].mask(gone)
    for name in ("low", "high", "middle", "visit"):
        if not missing:
            frame[name] = frame[name].astype("int64")
    return frame


def empty_rows() -> pd.DataFrame:
    return real_rows(3, 0).iloc[:0]


def all_missing() -> pd.DataFrame:
    return real_rows(6, missing=1.1)


def rule_of(kind: str, fields: dict, data: Table | None = None) -> Constraint:
    rule = parse({"type": kind, **fields})
    return rule.fitted(data if data is not None else table(real_rows(missing=0)))


def test_every_registered_kind_has_a_case_here() -> None:
    assert set(RULES) == set(KINDS)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_kind_knows_its_type_and_title(kind: str) -> None:
    assert KINDS[kind].model_fields["type"].default == kind
    assert KINDS[kind].title != Constraint.title


@every_rule
def test_json_gives_the_same_rule_back(kind, fields, wrong) -> None:
    rule = rule_of(kind, fields)
    again = rules_from_json(rules_to_json([rule]))[0]
    assert again == rule
    assert set(fields) <= set(json.loads(rules_to_json([rule]))["rules"][0])


@every_rule
def test_a_recipe_keeps_the_rule(kind, fields, wrong) -> None:
    recipe = Recipe(constraints=[rule_of(kind, fields)])
    assert Recipe.model_validate_json(recipe.model_dump_json()).rules == recipe.rules


@every_rule
def test_the_sentence_names_the_columns(kind, fields, wrong) -> None:
    rule = rule_of(kind, fields)
    assert all(name in rule.sentence() for name in rule.columns_used)
    assert len(rule.sentence()) < 200


@every_rule
def test_an_unknown_column_is_named_with_the_nearest_one(kind, fields, wrong) -> None:
    rule = parse({"type": kind, **fields, wrong[0]: wrong[1]})
    with pytest.raises(ConstraintError, match="Did you mean"):
        rule.check(table(real_rows()))


@every_rule
def test_a_wrong_field_is_one_clear_sentence(kind, fields, wrong) -> None:
    with pytest.raises(ConstraintError, match="there is no field 'colour'"):
        parse({"type": kind, **fields, "colour": "red"})
    with pytest.raises(ConstraintError, match="is missing"):
        parse({"type": kind})


@every_rule
@pytest.mark.parametrize("rows", [real_rows, empty_rows, all_missing])
def test_violations_are_one_bool_per_row_with_the_same_index(kind, fields, wrong, rows) -> None:
    frame = rows()
    frame.index = pd.Index(range(100, 100 + len(frame)))
    broken = rule_of(kind, fields).violations(frame)
    assert broken.dtype == bool
    assert broken.index.equals(frame.index)


@every_rule
def test_missing_cells_are_ignored_or_count_as_broken_as_asked(kind, fields, wrong) -> None:
    frame = all_missing()
    strict = rule_of(kind, {**fields, "on_null": "violates"})
    lenient = rule_of(kind, fields)
    asks_about_nulls = "null" in kind or "null" in json.dumps(fields)
    if "when" in fields:
        assert strict.violations(frame).sum() == lenient.violations(frame).sum() == 0
    elif not asks_about_nulls:
        assert strict.violations(frame).all()
        assert not lenient.violations(frame).any()
    elif kind == "not_null":
        assert lenient.violations(frame).all()


@every_rule
def test_checking_changes_nothing(kind, fields, wrong) -> None:
    frame = real_rows()
    before = frame.copy(deep=True)
    rule = rule_of(kind, fields)
    rule.violations(frame)
    rule.repair(frame, np.random.default_rng(0))
    rule.encode(table(frame))
    pd.testing.assert_frame_equal(frame, before)


@every_rule
@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_encoding_and_decoding_breaks_nothing_and_keeps_good_rows(kind, fields, wrong, missing) -> None:
    real = table(real_rows(300, missing))
    rule = rule_of(kind, fields, real)
    if "transform" not in rule.ways_for(real):
        return
    good = real.rows(~rule.violations(real.frame).to_numpy())
    for way in rule.derivations(good):
        encoding = rule.encode(good, way)
        assert [c.name for c in encoding.table.columns] == list(encoding.table.frame.columns)
        back = pickle.loads(pickle.dumps(encoding.decoder)).decode(encoding.table.frame)[good.names]
        assert not rule.violations(back).any()
        exact = [name for name in good.names if "tolerance" not in fields or name not in way.derived]
        pd.testing.assert_frame_equal(back[exact], good.frame[exact], check_dtype=False, check_exact=False, rtol=1e-12)


@every_rule
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_rows_drawn_column_by_column_keep_the_rule_after_enforcement(kind, fields, wrong, missing) -> None:
    real = table(real_rows(200, missing))
    fields = {**fields, "enforcement": "auto"}
    if fields.get("total") == 10:
        real = table(real.frame.assign(rest=np.round(10 - real.frame["part"], 2)))
    enforcement = pickle.loads(pickle.dumps(Enforcement.prepare(real, [parse({"type": kind, **fields})])))

    def draw(rows: int, seed: int) -> pd.DataFrame:
        rng, learned = np.random.default_rng(seed), enforcement.encoded.frame
        parts = {n: learned[n].sample(rows, replace=True, random_state=rng).reset_index(drop=True) for n in learned}
        return pd.DataFrame(parts)

    result = enforcement.apply(draw, 150, seed=5)
    assert len(result.frame) == 150
    assert list(result.frame.columns) == real.names
    assert not any(rule.violations(result.frame).any() for rule in enforcement.rules)
    for name in real.names:
        assert result.frame[name].dtype.kind == real.frame[name].dtype.kind or real.column(name).kind is Kind.INTEGER


@every_rule
@pytest.mark.parametrize("rows", [empty_rows, all_missing])
def test_empty_tables_can_be_prepared_and_repaired(kind, fields, wrong, rows) -> None:
    frame = rows()
    rule = rule_of(kind, fields)
    assert len(rule.repair(frame, np.random.default_rng(0))) == len(frame)
    if kind != "not_null" and "null" not in json.dumps(fields):
        assert len(Enforcement.prepare(table(frame), [rule]).encoded.frame) == len(frame)


@every_rule
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.integers(1, 40), missing=st.sampled_from([0.0, 0.1, 0.5]), seed=st.integers(0, 10**6))
def test_any_rows_that_keep_a_rule_come_back_from_its_transform(kind, fields, wrong, rows, missing, seed) -> None:
    whole = real_rows(120, missing).sample(rows, random_state=seed).reset_index(drop=True)
    rule = rule_of(kind, fields, table(real_rows(300, 0.0)))
    good = table(whole)
    good = good.rows(~rule.violations(whole).to_numpy())
    if "transform" not in rule.ways_for(good):
        return
    for way in rule.derivations(good):
        encoding = rule.encode(good, way)
        back = encoding.decode(encoding.table.frame)[good.names]
        assert not rule.violations(back).any()
        assert len(back) == len(good)
        kept = [name for name in good.names if name not in way.derived]
        pd.testing.assert_frame_equal(back[kept], good.frame[kept], check_dtype=False, rtol=1e-12)


cell = st.one_of(st.none(), st.integers(-50, 50))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=12), st.booleans())
def test_any_ordered_numbers_survive_the_gap(rows: list[tuple[int | None, int | None]], strict: bool) -> None:
    frame = pd.DataFrame(
        {"low": pd.array([r[0] for r in rows], "Int64"), "high": pd.array([r[1] for r in rows], "Int64")}
    )
    rule = parse({"type": "inequality", "low_column": "low", "high_column": "high", "strict_boundaries": strict})
    good = frame[~rule.violations(frame)].reset_index(drop=True)
    encoding = rule.encode(table(good))
    back = encoding.decode(encoding.table.frame)[["low", "high"]]
    assert back["low"].tolist() == good["low"].tolist()
    assert back["high"].tolist() == good["high"].tolist()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from([None, "x", "y", "x | y"])),
        min_size=1,
        max_size=12,
    )
)
def test_any_categories_survive_the_joint_code(rows: list[tuple[str | None, str | None]]) -> None:
    frame = pd.DataFrame(rows, columns=["city", "country"], dtype=object)
    rule = parse({"type": "fixed_combinations", "columns": ["city", "country"]}).fitted(table(frame))
    encoding = rule.encode(table(frame))
    pd.testing.assert_frame_equal(encoding.decode(encoding.table.frame), frame)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=12),
    st.integers(0, 2),
    st.sampled_from(["whole", "part", "rest"]),
)
def test_any_sum_is_exact_to_the_last_decimal(rows: list[tuple[int, int]], places: int, derived: str) -> None:
    cents = np.array(rows)
    frame = pd.DataFrame(
        {
            "part": np.round(cents[:, 0] / 10**places, places),
            "rest": np.round(cents[:, 1] / 10**places, places),
            "whole": np.round(cents.sum(axis=1) / 10**places, places),
        }
    )
    rule = parse({"type": "sum_equals", "columns": ["part", "rest"], "total": "whole"})
    way = next(way for way in rule.derivations(table(frame)) if way.derived == (derived,))
    encoding = rule.encode(table(frame), way)
    back = encoding.decode(encoding.table.frame)[list(frame)]
    assert not rule.violations(back).any()
    pd.testing.assert_frame_equal(back, frame, check_exact=True)
