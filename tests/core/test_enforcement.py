"""Rules kept in the output: plans, exact counts, contradictions."""

import pickle

import numpy as np
import pandas as pd
import pytest

from synth_core.constraints.base import Constraint
from synth_core.constraints.enforcement import Enforcement
from synth_core.constraints.kinds import (
    Custom,
    FixedCombinations,
    Implies,
    Inequality,
    Monotonic,
    NotNull,
    ScalarRange,
    Share,
    SumEquals,
    Unique,
)
from synth_core.constraints.pool import Enforced
from synth_core.errors import ConstraintError, InfeasibleError
from synth_core.table import Column, Kind, Table


def table(frame: pd.DataFrame, **kinds: Kind) -> Table:
    guess = {"i": Kind.INTEGER, "f": Kind.NUMBER, "M": Kind.DATETIME, "O": Kind.CATEGORY}
    return Table(frame, tuple(Column(name=n, kind=kinds.get(n, guess[frame[n].dtype.kind])) for n in frame))


def numbers(rows: int = 400, **columns: tuple[int, int]) -> Table:
    rng = np.random.default_rng(1)
    return table(pd.DataFrame({name: rng.integers(low, high, rows) for name, (low, high) in columns.items()}))


class ByColumn:
    """An engine that draws every column by itself, and remembers its calls."""

    def __init__(self, learned: Table) -> None:
        self.frame, self.calls = learned.frame, list[tuple[int, int]]()

    def __call__(self, rows: int, seed: int) -> pd.DataFrame:
        self.calls.append((rows, seed))
        rng = np.random.default_rng(seed)
        parts = {n: self.frame[n].sample(rows, replace=True, random_state=rng).to_numpy() for n in self.frame}
        return pd.DataFrame(parts)


def kept(real: Table, rules: list[Constraint], rows: int = 300, seed: int = 3) -> tuple[Enforcement, Enforced]:
    enforcement = Enforcement.prepare(real, rules)
    return enforcement, enforcement.apply(ByColumn(enforcement.encoded), rows, seed)


def unprotected(real: Table) -> Table:
    """Return the table with real extremes allowed, so that nothing but a rule turns a row away."""
    return real.with_columns([column.model_copy(update={"protect": False}) for column in real.columns])


def how(enforcement: Enforcement) -> list[str]:
    return [plan.how for plan in enforcement.plan]


def test_without_rules_the_rows_pass_through_in_one_draw() -> None:
    real = numbers(a=(0, 9))
    enforcement = Enforcement.prepare(real, [])
    draw = ByColumn(enforcement.encoded)
    result = enforcement.apply(draw, 50, 0)
    assert [rows for rows, _ in draw.calls] == [50]
    assert (result.drawn, result.rejected, len(result.frame)) == (50, 0, 50)


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    real = numbers(a=(0, 9), b=(0, 9))
    rules = [Implies(if_="a > 4", then="b < 5")]
    first, again, other = (kept(real, rules, seed=seed)[1].frame for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_a_rejecting_rule_draws_again_until_the_count_is_exact() -> None:
    real = numbers(a=(0, 10), b=(0, 10))
    real = table(real.frame.assign(b=np.where(real.frame["a"] > 0, 0, real.frame["b"])))
    enforcement, result = kept(real, [Implies(if_="a > 0", then="b < 1", enforcement="reject")], rows=500)
    assert how(enforcement) == ["reject"]
    assert len(result.frame) == 500
    assert result.rejected > 0
    assert result.raw_broken[enforcement.rules[0].id] == result.rejected


def test_columns_keep_their_order_dtypes_and_index() -> None:
    rng = np.random.default_rng(0)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 50, 200), unit="D")
    frame = pd.DataFrame({"end": start + pd.to_timedelta(rng.integers(0, 9, 200), unit="D"), "x": rng.random(200)})
    frame["start"] = start
    frame["word"] = rng.choice(["a", "b"], 200)
    enforcement, result = kept(table(frame), [Inequality(low_column="start", high_column="end")], rows=70)
    assert how(enforcement) == ["transform"]
    assert result.frame.dtypes.equals(frame.dtypes)
    assert result.frame.index.equals(pd.RangeIndex(70))
    assert (result.frame["end"].dt.normalize() == result.frame["end"]).all()


def test_a_chain_of_orders_is_kept_by_transforms_alone() -> None:
    real = numbers(open=(5, 9), close=(5, 9))
    frame = real.frame.assign(low=real.frame.min(axis=1) - 2, high=real.frame.max(axis=1) + 1)
    rules = [
        Inequality(low_column=low, high_column=high)
        for low, high in [("low", "open"), ("low", "close"), ("open", "high")]
    ]
    enforcement, result = kept(unprotected(table(frame)), rules)
    assert how(enforcement) == ["transform"] * 3
    assert result.rejected == 0
    _, crowded = kept(table(frame), [*rules, Inequality(low_column="close", high_column="high")])
    assert len(crowded.frame) == 300


def test_transforms_of_different_kinds_work_together() -> None:
    rng = np.random.default_rng(0)
    price, tax = np.round(rng.uniform(1, 50, 300), 2), np.round(rng.uniform(0, 9, 300), 2)
    city = rng.choice(["Ulm", "Bern"], 300)
    real = table(
        pd.DataFrame(
            {
                "price": price,
                "tax": tax,
                "total": np.round(price + tax, 2),
                "paid": np.round(price + tax + rng.integers(0, 3, 300), 2),
                "city": city,
                "country": np.where(city == "Ulm", "DE", "CH").astype(object),
            }
        ).astype({"city": object})
    )
    rules = [
        SumEquals(columns=("price", "tax"), total="total"),
        Inequality(low_column="total", high_column="paid"),
        FixedCombinations(columns=("city", "country")),
        ScalarRange(column="price", low_value=0),
    ]
    enforcement, result = kept(unprotected(real), rules)
    assert how(enforcement) == ["transform", "transform", "transform", "reject"]
    assert set(enforcement.encoded.names) == {"price", "tax", "paid minus total", "city × country"}
    assert result.rejected == 0
    assert result.raw_broken[rules[0].id] == 0


def test_two_rules_on_the_same_category_do_not_both_transform() -> None:
    frame = pd.DataFrame({"a": ["x", "y"] * 50, "b": ["x", "y"] * 50, "c": ["x", "y"] * 50}).astype(object)
    rules = [FixedCombinations(columns=("a", "b")), FixedCombinations(columns=("b", "c"))]
    enforcement, result = kept(table(frame), rules)
    assert how(enforcement)[0] == "transform"
    assert how(enforcement)[1] in ("repair", "reject")
    assert enforcement.plan[1].note
    assert (result.frame["a"] == result.frame["c"]).all()


def test_a_range_clips_values_outside_and_counts_them_where_repair_is_chosen() -> None:
    real = numbers(a=(0, 10))
    rule = ScalarRange(column="a", low_value=0, high_value=9, enforcement="repair")
    enforcement = Enforcement.prepare(real, [rule])

    def stray(rows: int, seed: int) -> pd.DataFrame:
        return pd.DataFrame({"a": [12, *([3] * (rows - 1))]})

    result = enforcement.apply(stray, 10, 0)
    assert result.frame["a"].tolist() == [9] + [3] * 9
    assert result.repaired == {rule.id: 1}
    assert result.raw_broken == {rule.id: 1}


def test_rows_are_drawn_again_before_cells_are_repaired() -> None:
    rule = ScalarRange(column="a", low_value=0, high_value=9)
    enforcement = Enforcement.prepare(numbers(a=(0, 10)), [rule])

    def engine(outside: float):
        def draw(rows: int, seed: int) -> pd.DataFrame:
            rng = np.random.default_rng(seed)
            return pd.DataFrame({"a": np.where(rng.random(rows) < outside, 12, rng.integers(0, 9, rows))})

        return draw

    often, rarely = (enforcement.apply(engine(outside), 300, 0) for outside in (0.5, 0.97))
    assert how(enforcement) == ["reject"]
    assert often.repaired == {rule.id: 0}
    assert 0.4 < often.acceptance < 0.6
    assert (often.frame["a"] < 9).all()
    assert rarely.repaired[rule.id] > 200, "what hardly any drawn row keeps is repaired, last of all"
    assert (rarely.frame["a"] <= 9).all()


def test_few_broken_real_rows_are_not_learned_from() -> None:
    real = table(pd.DataFrame({"a": [*range(1, 100), 5000], "b": [1] * 99 + [0]}))
    enforcement = Enforcement.prepare(real, [ScalarRange(column="a", high_value=100)])
    assert enforcement.left_out == 1
    assert len(enforcement.encoded) == 99
    assert enforcement.plan[0].broken == 1


def test_a_rule_that_most_real_rows_break_is_kept_by_drawing_again() -> None:
    real = numbers(a=(0, 10))
    enforcement, result = kept(real, [ScalarRange(column="a", high_value=2)])
    assert how(enforcement) == ["reject"]
    assert enforcement.left_out == 0
    assert set(result.frame["a"]) == {0, 1, 2}


def test_a_repair_that_breaks_another_rule_is_not_released() -> None:
    frame = pd.DataFrame({"a": ["x", "y", "z"] * 40, "b": ["p", "q", "q"] * 40}).astype(object)
    rules = [Implies(if_="a = 'x'", then="b = 'p'"), Implies(if_="b = 'p'", then="a = 'x'")]
    _, result = kept(table(frame), rules)
    assert len(result.frame) == 300


def test_a_soft_rule_keeps_the_rate_of_the_real_rows() -> None:
    real = numbers(2000, a=(0, 10), b=(0, 10))
    half = np.random.default_rng(0).random(2000) < 0.9
    frame = real.frame.assign(b=np.where(half, np.maximum(real.frame["a"], real.frame["b"]), real.frame["b"]))
    rule = Inequality(low_column="a", high_column="b", hard=False)
    rate = rule.violations(frame).mean()
    _, result = kept(table(frame), [rule], rows=2000)
    assert abs(rule.violations(result.frame).mean() - rate) < 0.02
    assert 0 < rate < 0.1


def test_soft_rules_on_very_many_columns_reach_their_rates_together() -> None:
    names = [f"c{number}" for number in range(70)]  # 2 ** 70 ways to break some of them
    real = numbers(600, **dict.fromkeys(names, (0, 10)))
    rules = [ScalarRange(column=name, high_value=8, hard=False) for name in names]
    rules[0] = rules[0].model_copy(update={"target_rate": 0.3})
    rules[69] = rules[69].model_copy(update={"target_rate": 0.02})
    rates = [float(rule.violations(real.frame).mean()) for rule in rules]
    _, result = kept(real, rules, rows=500)
    found = [float(rule.violations(result.frame).mean()) for rule in rules]
    assert abs(found[0] - 0.3) < 0.05
    assert abs(found[69] - 0.02) < 0.03
    assert np.abs(np.array(found[1:69]) - rates[1:69]).max() < 0.05


@pytest.mark.parametrize("target", [0.0, 0.05, 0.6])
def test_a_soft_rule_reaches_the_rate_that_was_asked_for(target: float) -> None:
    rules = [
        Inequality(low_column="a", high_column="b", hard=False, target_rate=target),
        ScalarRange(column="c", high_value=4, hard=False, target_rate=0.3),
    ]
    _, result = kept(numbers(a=(0, 10), b=(0, 10), c=(0, 10)), rules, rows=1000)
    assert len(result.frame) == 1000
    assert abs(rules[0].violations(result.frame).mean() - target) < 0.02
    assert abs(rules[1].violations(result.frame).mean() - 0.3) < 0.02


def test_a_rule_that_is_only_checked_is_counted_and_nothing_else() -> None:
    real = numbers(a=(0, 10))
    rule = ScalarRange(column="a", high_value=4, enforcement="check_only")
    enforcement, result = kept(real, [rule])
    assert how(enforcement) == ["check_only"]
    assert result.raw_broken[rule.id] == int((result.frame["a"] > 4).sum()) > 0


def test_a_chosen_way_is_followed_or_refused() -> None:
    real = numbers(a=(0, 5), b=(5, 10))
    assert how(kept(real, [Inequality(low_column="a", high_column="b", enforcement="repair")])[0]) == ["repair"]
    with pytest.raises(ConstraintError, match="cannot be kept by transform; choose one of repair"):
        Enforcement.prepare(real, [ScalarRange(column="a", low_value=0, enforcement="transform")])


def test_a_missing_cell_can_count_as_broken() -> None:
    real = table(pd.DataFrame({"a": [1.0, np.nan, 3.0, 4.0] * 25}))
    _, result = kept(real, [ScalarRange(column="a", low_value=0, on_null="violates")])
    assert result.frame["a"].notna().all()
    _, lenient = kept(real, [ScalarRange(column="a", low_value=0)])
    assert lenient.frame["a"].isna().any()


def test_rows_stay_different_over_all_draws_of_a_part() -> None:
    enforcement, result = kept(numbers(a=(0, 40), b=(0, 40)), [Unique(columns=("a", "b"))], rows=500)
    assert how(enforcement) == ["reject"]
    assert not result.frame.duplicated(["a", "b"]).any()


def test_rules_on_columns_made_anew_are_left_to_the_check_of_the_release() -> None:
    frame = pd.DataFrame({"id": ["p1", "p2"] * 20, "a": [1, 2] * 20})
    real = table(frame, id=Kind.IDENTIFIER)
    enforcement, result = kept(real, [Unique(columns=("id",)), NotNull(column="a")])
    assert how(enforcement) == ["check_only", "transform"]
    assert result.frame.columns.tolist() == ["a"]


def test_enforcement_survives_pickling() -> None:
    enforcement, result = kept(numbers(a=(0, 5), b=(5, 10)), [Inequality(low_column="a", high_column="b")])
    again = pickle.loads(pickle.dumps(enforcement))
    pd.testing.assert_frame_equal(again.apply(ByColumn(again.encoded), 300, 3).frame, result.frame)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([ScalarRange(column="a", low_value=9, high_value=1)], "'a is between 9 and 1': its bounds leave nothing"),
        (
            [
                Inequality(low_column="a", high_column="b"),
                Inequality(low_column="b", high_column="c"),
                Inequality(low_column="c", high_column="a", strict_boundaries=True),
            ],
            "contradict each other",
        ),
        ([ScalarRange(column="a", low_value=100)], "0 of 400 real rows keep rule 'a is at least 100'"),
        (
            [NotNull(column="c"), ScalarRange(column="a", low_value=6), ScalarRange(column="a", high_value=2)],
            "Rule 'a is at least 6' and rule 'a is at most 2' contradict each other: no row can keep both",
        ),
    ],
)
def test_contradictions_are_found_before_learning_and_named(rules, said) -> None:
    with pytest.raises(InfeasibleError, match=said):
        Enforcement.prepare(numbers(a=(0, 10), b=(0, 10), c=(0, 10)), rules)


def test_an_engine_that_never_keeps_two_rules_together_fails_with_their_names() -> None:
    real = numbers(a=(0, 2), b=(0, 2))
    rules = [Implies(if_="a >= 0", then="b > 0 or a > 0"), Implies(if_="b >= 0", then="b < 1 or a < 1")]
    enforcement = Enforcement.prepare(real, rules)

    def stuck(rows: int, seed: int) -> pd.DataFrame:
        value = np.arange(rows) % 2
        return pd.DataFrame({"a": value, "b": value})

    with pytest.raises(InfeasibleError, match=r"0 of [\d,]+ drawn rows keep rule .* and rule .* together"):
        enforcement.apply(stuck, 20, 0)


def test_too_few_different_rows_is_said_with_the_way_out() -> None:
    with pytest.raises(InfeasibleError, match=r"Only 10 of 50 rows are different.*identifier"):
        kept(table(pd.DataFrame({"a": list(range(10))})), [Unique(columns=("a",))], rows=50)


def test_a_rule_that_does_not_fit_the_table_is_refused() -> None:
    with pytest.raises(ConstraintError, match="Did you mean 'age'"):
        Enforcement.prepare(numbers(age=(0, 9)), [ScalarRange(column="agee", low_value=0)])
    rule = ScalarRange(column="age", low_value=0)
    with pytest.raises(ConstraintError, match="ids must differ"):
        Enforcement.prepare(numbers(age=(0, 9)), [rule, rule])


def test_disabled_rules_are_left_out() -> None:
    enforcement, _ = kept(numbers(a=(0, 9)), [ScalarRange(column="a", low_value=5, enabled=False)])
    assert enforcement.plan == []


def test_a_column_that_a_transform_computes_stays_off_the_real_extremes() -> None:
    rng = np.random.default_rng(0)
    low = rng.normal(100, 10, 2000).round(1)
    train = Table(
        pd.DataFrame({"low": low, "high": (low + rng.gamma(2, 5, 2000)).round(1)}),
        (Column(name="low", kind=Kind.NUMBER), Column(name="high", kind=Kind.NUMBER)),
    )
    prepared = Enforcement.prepare(train, [Inequality(low_column="low", high_column="high")])
    computed = set(prepared.reach)
    assert len(computed) == 1
    real = np.sort(train.frame[computed.pop()])

    def bootstrap(rows: int, seed: int) -> pd.DataFrame:
        return prepared.encoded.frame.sample(rows, replace=True, random_state=seed).reset_index(drop=True)

    frame = prepared.apply(bootstrap, 20_000, 1).frame
    for name in prepared.reach:
        assert frame[name].between(real[6], real[-7]).all()


def test_a_rule_on_the_order_of_rows_is_kept_when_others_turn_rows_away() -> None:
    real = unprotected(numbers(a=(0, 50), b=(0, 50), x=(0, 40)))
    ordered = Table(real.frame.assign(x=np.sort(real.frame["x"])), real.columns, real.name)
    other = Custom(expression="a <= b", enforcement="reject")
    for rows in (ordered, real):  # also where the real rows are in no order
        enforcement, made = kept(rows, [Monotonic(column="x"), other])
        assert how(enforcement) == ["repair", "reject"]
        assert made.frame["x"].is_monotonic_increasing
        assert (made.frame["a"] <= made.frame["b"]).all()
        assert made.rejected > 0


@pytest.mark.parametrize("kind", [Kind.CATEGORY, Kind.INTEGER])
def test_a_value_that_is_too_frequent_gives_way_to_those_that_are_not_named(kind: Kind) -> None:
    real = numbers(a=(0, 3))
    if kind is Kind.CATEGORY:
        real = table(real.frame.astype(str).astype(object))
    rule = Share(column="a", probabilities={"0": 0.1}, tolerance=0.02)
    _, made = kept(real, [rule])
    assert 0.08 <= (made.frame["a"].astype(str) == "0").mean() <= 0.12
    assert set(made.frame["a"].astype(str)) == {"0", "1", "2"}
