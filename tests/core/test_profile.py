"""A profile says what a table is like, and never shows a literal of a few rows."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from synth_core.associations import association_matrix, category_codes, clustered_order, cramers_v
from synth_core.profile import OTHER, RARE, Profile, profile, spark
from synth_core.profile.modality import modality
from synth_core.table import Column, Kind, Role, Table

KINDS = {"i": Kind.INTEGER, "f": Kind.NUMBER, "M": Kind.DATETIME, "O": Kind.CATEGORY}


def table_of(columns: dict[str, object], **changes: dict[str, object]) -> Table:
    frame = pd.DataFrame(columns)
    described = [
        Column(**{"name": n, "kind": KINDS[frame[n].dtype.kind], **changes.get(n, {})})  # type: ignore[arg-type]
        for n in frame.columns
    ]
    return Table(frame, tuple(described))


def codes_of(found: Profile) -> set[str]:
    return {alert.code for alert in found.alerts}


@pytest.fixture(scope="module")
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_moments_and_quantiles_are_those_of_numpy(rng: np.random.Generator) -> None:
    values = rng.gamma(2.0, 3.0, 4000)
    facts = profile(table_of({"a": values})).columns[0]
    assert facts.mean == pytest.approx(values.mean())
    assert facts.std == pytest.approx(values.std(ddof=1))
    assert facts.quantiles[3] == pytest.approx(np.median(values), abs=0.01)
    assert facts.skewness == pytest.approx(2 / np.sqrt(2), abs=0.25)
    assert facts.kurtosis == pytest.approx(3, abs=1.5)
    assert sum(facts.counts) + facts.below + facts.above == 4000


def test_the_ends_shown_are_the_fifth_from_outside(rng: np.random.Generator) -> None:
    values = np.arange(1000.0) + 0.25
    facts = profile(table_of({"a": values})).columns[0]
    assert (facts.low, facts.high) == (4.25, 995.25)
    assert min(facts.quantiles) >= 4
    assert facts.edges[0] >= 4
    assert facts.edges[-1] <= 995.25
    bare = profile(table_of({"a": values}, a={"protect": False})).columns[0]
    assert (bare.low, bare.high) == (0.25, 999.25)


def test_bins_of_whole_numbers_hold_equally_many_of_them() -> None:
    facts = profile(table_of({"a": np.arange(120) % 100})).columns[0]
    widths = set(np.diff(facts.edges))
    assert len(widths) == 1
    assert widths.pop() == int(np.diff(facts.edges)[0])
    assert all(edge % 1 == 0.5 for edge in facts.edges)


def test_a_secret_extreme_or_rare_word_is_nowhere_in_the_profile(rng: np.random.Generator) -> None:
    numbers = rng.normal(50, 3, 500)
    numbers[3] = 987654.25
    words = rng.choice(["a", "b"], 500).astype(object)
    words[:3] = "Zanzibar"
    text = profile(table_of({"n": numbers, "w": words})).model_dump_json()
    assert "987654" not in text
    assert "Zanzibar" not in text
    assert RARE in text


def test_personal_values_are_never_listed() -> None:
    mails = ["ann@example.org"] * 30 + ["bob@example.org"] * 30
    found = profile(table_of({"mail": mails}, mail={"semantic": "email"}))
    assert "example.org" not in found.model_dump_json()
    assert "personal" in codes_of(found)


def test_top_values_rest_and_rare_add_up_to_everything(rng: np.random.Generator) -> None:
    labels = [f"v{i}" for i in range(30) for _ in range(40 - i)] + ["x", "y", "y"]
    facts = profile(table_of({"c": labels})).columns[0]
    assert [v.label for v in facts.values[:2]] == ["v0", "v1"]
    assert [v.label for v in facts.values[-2:]] == [OTHER, RARE]
    assert sum(v.rows for v in facts.values) == len(labels)
    assert (facts.rare_levels, facts.rare_rows) == (2, 3)


def test_entropy_of_four_equal_categories_is_two_bits() -> None:
    assert profile(table_of({"c": list("abcd") * 25})).columns[0].entropy == pytest.approx(2)


@pytest.mark.parametrize(("centres", "peaks"), [([0], 1), ([0, 8], 2), ([0, 8, 20], 3)])
def test_modes_are_counted(centres: list[float], peaks: int) -> None:
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(c, 1, 1500) for c in centres])
    found = modality(np.sort(values))
    assert found is not None
    assert found.modes == peaks
    assert found.at == pytest.approx(centres, abs=0.5)


def test_dates_show_their_range_and_their_week() -> None:
    days = pd.date_range("2024-01-01", periods=364, freq="D")
    facts = profile(table_of({"d": days})).columns[0]
    assert facts.low == pd.Timestamp("2024-01-05").timestamp()
    assert facts.weekdays == [pytest.approx(1 / 7, abs=1e-3)] * 7
    assert facts.hours == []


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"a": np.array([], dtype=float), "b": np.array([], dtype=object)},
        {"a": [1.5], "b": ["x"], "c": [3]},
        {"a": np.full(50, np.nan), "b": np.full(50, None, dtype=object), "c": [1.0] * 50},
        {"a": [4] * 200, "b": ["x"] * 200},
        {"a": np.arange(300), "b": [f"u{i}" for i in range(300)]},
        {"a": [f"l{i % 2000}" for i in range(6000)], "b": [f"m{i % 1999}" for i in range(6000)]},
        {"a": np.array([1e308, -1e308] * 20), "b": np.array([np.inf, 1.0] * 20), "c": [1e-300] * 40},
        {"d": pd.to_datetime(["2020-01-01", None, "2020-03-01"] * 10)},
        {"d": pd.Series([pd.NaT] * 12, dtype="datetime64[ns]"), "e": np.arange(12.0)},
    ],
    ids=["none", "empty", "one row", "missing", "constant", "unique", "2000 levels", "huge", "dates", "no dates"],
)
def test_odd_tables_are_profiled_without_a_warning(columns: dict[str, object]) -> None:
    found = profile(table_of(columns))
    again = Profile.model_validate_json(found.model_dump_json())
    assert again == found
    assert "NaN" not in json.dumps(found.model_dump(mode="json"))
    assert np.isfinite(np.array(found.associations.values, dtype=float)).all()


def test_nullable_integers_and_missing_cells_are_counted() -> None:
    table = table_of({"a": pd.array([1, 2, None] * 40, dtype="Int64"), "b": ["x", None, "y"] * 40})
    found = profile(table)
    assert [c.missing for c in found.columns] == [40, 40]
    assert found.missing_share == pytest.approx(1 / 3)


def test_duplicate_rows_are_those_of_pandas(rng: np.random.Generator) -> None:
    table = table_of({"a": rng.integers(0, 6, 300), "b": rng.choice(["x", "y", None], 300)})
    assert profile(table).duplicate_rows == int(table.frame.duplicated().sum())


def test_the_same_table_gives_the_same_profile(rng: np.random.Generator) -> None:
    table = table_of({"a": rng.normal(size=25_000), "b": rng.choice(list("abc"), 25_000)})
    assert profile(table, seed=1) == profile(table, seed=1)


def test_rank_correlation_is_signed_and_blind_to_scale(rng: np.random.Generator) -> None:
    base = rng.normal(size=2000)
    base[:100] = np.nan
    table = table_of({"a": base, "b": -np.exp(base), "c": rng.normal(size=2000)})
    matrix = association_matrix(table)
    assert matrix.between("a", "b") == pytest.approx(-1, abs=1e-6)
    assert abs(matrix.between("a", "c")) < 0.08
    assert matrix.between("a", "nobody") == 0


def test_rank_correlation_agrees_with_pandas(rng: np.random.Generator) -> None:
    frame = pd.DataFrame(rng.normal(size=(500, 3)) @ rng.normal(size=(3, 3)), columns=list("abc"))
    matrix = association_matrix(table_of(dict(frame)), names=list("abc"))
    assert np.allclose(matrix.values, frame.corr(method="spearman"), atol=1e-3)


def test_unrelated_columns_with_many_levels_score_nothing(rng: np.random.Generator) -> None:
    many = [f"l{i}" for i in rng.integers(0, 500, 3000)]
    table = table_of({"many": many, "few": rng.choice(list("abcd"), 3000), "number": rng.normal(size=3000)})
    matrix = association_matrix(table)
    assert matrix.between("many", "few") < 0.1
    assert matrix.between("many", "number") < 0.15


def test_cramers_v_by_hand() -> None:
    codes = np.repeat([1, 2], 50)
    assert cramers_v(codes, codes) == pytest.approx(1)
    assert cramers_v(codes, np.tile([1, 2], 50)) == 0
    crossed = np.concatenate([np.repeat([1, 2], [40, 10]), np.repeat([1, 2], [10, 40])])
    # phi = 0.6; Bergsma: phi2 = .36 - 1/99, levels 2 - 1/99
    assert cramers_v(codes, crossed) == pytest.approx(np.sqrt((0.36 - 1 / 99) / (1 - 1 / 99)))


def test_a_category_that_decides_a_number_is_found(rng: np.random.Generator) -> None:
    group = rng.integers(0, 3, 900)
    table = table_of({"g": np.array(list("xyz"), dtype=object)[group], "v": group * 10 + rng.normal(size=900)})
    assert association_matrix(table).between("g", "v") > 0.9


def test_similar_columns_stand_together() -> None:
    values = np.eye(4)
    values[0, 2] = values[2, 0] = 0.9
    values[1, 3] = values[3, 1] = -0.9
    order = clustered_order(values)
    assert abs(order.index(0) - order.index(2)) == 1
    assert abs(order.index(1) - order.index(3)) == 1


def test_levels_beyond_the_limit_share_a_code() -> None:
    codes = category_codes(pd.Series([f"l{i}" for i in range(100)] + [None]), max_levels=10)
    assert codes.max() == 10
    assert codes[-1] == 0


def test_alerts_name_what_is_wrong(rng: np.random.Generator) -> None:
    rows = 2000
    gap = rng.random(rows) < 0.3
    sex = rng.choice(["f", "m"], rows).astype(object)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), "D")
    end = start + pd.to_timedelta(rng.integers(0, 20, rows), "D")
    end = end.where(np.arange(rows) >= 6, start - pd.Timedelta("3D"))
    income = rng.lognormal(3, 0.6, rows)
    town = rng.choice([f"t{i}" for i in range(12)], rows)
    table = table_of(
        {
            "same": ["x"] * rows,
            "almost": ["x"] * (rows - 6) + ["y"] * 6,
            "number": np.arange(rows) + 5000,
            "town": np.where(np.arange(rows) < 3, "Rare", town).astype(object),
            "gain": np.where(rng.random(rows) < 0.8, 0, rng.lognormal(5, 1.5, rows)),
            "price": np.minimum(income, np.quantile(income, 0.95)),
            "lab": np.where(gap, np.nan, rng.normal(size=rows)),
            "lab2": np.where(gap, np.nan, rng.normal(size=rows)),
            "sex": sex,
            "births": np.where(sex == "m", np.nan, rng.integers(0, 4, rows)),
            "code": pd.Series(town).map(lambda t: "c" + t[1:]).astype(object),
            "start": start,
            "end": end,
            "far": np.where(np.arange(rows) < 4, 40.0, rng.normal(size=rows)),
            "verdict": np.where(income > 25, "yes", "no").astype(object),
            "score": np.where(income > 25, 1.0, 0.0) + rng.normal(0, 0.01, rows),
        },
        verdict={"role": Role.TARGET},
    )
    found = profile(table)
    by_code = {alert.code: alert for alert in found.alerts}
    expected = {
        "constant": ["same"],
        "near_constant": ["almost"],
        "id_like": ["number"],
        "rare": ["town"],
        "zeros": ["gain"],
        "capped": ["price"],
        "missing_together": ["lab", "lab2"],
        "missing_depends": ["births", "sex"],
        "dates_out_of_order": ["start", "end"],
        "target_leak": ["score", "verdict"],
    }
    for code, columns in expected.items():
        assert columns in [alert.columns for alert in found.alerts if alert.code == code], code
        assert by_code[code].consequence.endswith(".")
    assert {"skewed", "strong_association"} <= set(by_code)
    assert "far" in [c for a in found.alerts if a.code in ("outliers", "skewed") for c in a.columns]
    assert "6 of 2,000" in by_code["dates_out_of_order"].sentence
    assert [a.severity for a in found.alerts] == sorted([a.severity for a in found.alerts], reverse=True)
    order = by_code["dates_out_of_order"].action
    assert order is not None
    assert order.rule == {"type": "inequality", "low_column": "start", "high_column": "end"}


def test_columns_that_say_the_same_become_a_rule(rng: np.random.Generator) -> None:
    level = rng.integers(0, 8, 1000)
    table = table_of(
        {"name": [f"n{i}" for i in level], "number": level, "group": ["low" if i < 4 else "high" for i in level]}
    )
    alerts = {alert.code: alert for alert in profile(table).alerts}
    duplicate, decided = alerts["duplicate_columns"], alerts["decided"]
    assert set(duplicate.columns) == {"name", "number"}
    assert decided.columns[1] == "group"
    assert decided.action is not None
    assert decided.action.rule is not None
    assert decided.action.rule["type"] == "fixed_combinations"


def test_clean_noise_raises_no_alarm(rng: np.random.Generator) -> None:
    table = table_of({"a": rng.normal(size=3000), "b": rng.choice(list("abc"), 3000), "c": rng.integers(0, 50, 3000)})
    assert profile(table).alerts == []


def test_few_rows_are_said_before_not_after() -> None:
    assert profile(table_of({"a": [1.0, 2.0]})).alerts[0].code == "few_rows"
    assert "only 2 rows" in profile(table_of({"a": [1.0, 2.0]})).alerts[0].sentence


def test_the_json_of_a_hundred_columns_stays_small(rng: np.random.Generator) -> None:
    table = table_of({f"c{i}": rng.normal(size=400) for i in range(100)})
    assert len(profile(table).model_dump_json()) < 500_000


def test_a_spark_is_short_and_its_highest_bar_is_one(rng: np.random.Generator) -> None:
    facts = profile(table_of({"a": rng.normal(size=500), "b": list("ab") * 250}))
    assert max(spark(facts.columns[0])) == 1
    assert len(spark(facts.columns[0])) <= 12
    assert spark(facts.columns[1]) == [1, 1]


def test_an_unknown_column_gets_the_nearest_name() -> None:
    with pytest.raises(KeyError, match="Did you mean 'income'"):
        profile(table_of({"income": [1.0]})).column("incom")


def test_profiling_changes_no_global_numpy_setting() -> None:
    before = np.geterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        profile(table_of({"a": [np.nan] * 20, "b": [1.0] * 20}))
    assert np.geterr() == before
