"""Steering: what is asked, what supports it, how rows are dealt, and how values are prescribed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_core.codec import Codec
from synth_core.errors import ConstraintError, InfeasibleError, InputError
from synth_core.generation import generate, read_synthetic
from synth_core.methods import method_class
from synth_core.recipe import Recipe, read_recipe
from synth_core.steering.anchors import LEAST, Anchors
from synth_core.steering.asks import Ask, Steering, parse_counts, parse_shares
from synth_core.steering.given import given_rows, matched
from synth_core.steering.plan import Steered, prepare
from synth_core.steering.quotas import Quotas
from synth_core.steering.support import support_of
from synth_core.table import Column, Kind, Table
from tests.conftest import make_people

LEARNED = ["age", "income", "plan", "city", "start", "end", "churn"]


def prepared(people: Table, steering: Steering, method: str = "trees", rows: int = 500) -> Steered:
    learned = people.select(LEARNED)
    found = prepare(steering, learned, learned, method_class(method).info, rows=rows, seed=1)
    assert found is not None
    return found


# what is asked


def test_shares_and_counts_are_read_from_the_command_line() -> None:
    assert parse_shares("a b=x:y:0.25,z:0.75") == {"a b": {"x:y": 0.25, "z": 0.75}}
    assert parse_counts("fraud=1:10_000,0:5") == {"fraud": {"1": 10000, "0": 5}}


@pytest.mark.parametrize("text", ["sex", "sex=F", "sex=F:half", "F:0.5"])
def test_shares_that_make_no_sense_say_how_to_write_them(text: str) -> None:
    with pytest.raises(InputError, match=r"Write it like sex=F:0\.5"):
        parse_shares(text)


def test_a_category_named_twice_is_refused() -> None:
    with pytest.raises(InputError, match="names 'F' twice"):
        parse_shares("sex=F:0.5,F:0.2")


@pytest.mark.parametrize(
    ("ask", "kind", "expression"),
    [
        (Ask(column="age", test="between", values=("18", "65.5")), Kind.NUMBER, "age between 18 and 65.5"),
        (Ask(column="a b", test="at most", values=("3",)), Kind.INTEGER, "`a b` <= 3"),
        (Ask(column="city", test="one of", values=("L'Aquila", "Ulm")), Kind.CATEGORY, "city in ('L''Aquila', 'Ulm')"),
        (Ask(column="fraud", test="is", values=("1",)), Kind.BOOLEAN, "fraud = '1'"),
        (Ask(column="day", test="at least", values=("2024-05-01",)), Kind.DATETIME, "day >= 2024-05-01 00:00:00"),
    ],
)
def test_a_condition_becomes_an_expression(ask: Ask, kind: Kind, expression: str) -> None:
    assert ask.expression(Column(name=ask.column, kind=kind)) == expression


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (Ask(column="city", test="at least", values=("1",)), "needs a number or a date"),
        (Ask(column="age", test="at least", values=("old",)), "needs a number, not 'old'"),
        (Ask(column="start", test="at most", values=("soon",)), "needs a date such as"),
        (Ask(column="age", test="between", values=("1",)), "needs 2 values for 'between', not 1"),
    ],
)
def test_a_condition_that_does_not_fit_its_column_says_why(people: Table, ask: Ask, message: str) -> None:
    with pytest.raises(InputError, match=message):
        support_of(people, Steering(conditions=(ask,)))


def test_a_recipe_of_version_1_is_read_as_steering(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text('{"version": 1, "method": "trees", "where": "age > 3", "shares": {"sex": {"F": 0.5}}, "rows": 9}')
    recipe = read_recipe(old)
    assert recipe.version == 2
    assert recipe.steering == Steering(where="age > 3", shares={"sex": {"F": 0.5}})
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    old.write_text('{"version": 3}')
    with pytest.raises(InputError, match="version"):
        read_recipe(old)


@pytest.mark.parametrize(
    ("steering", "message"),
    [
        (Steering(make={"churn": {"yes": 10}}), "add up to 10 rows, and the recipe makes 500"),
        (Steering(make={"churn": {"yes": 500}}, shares={"churn": {"yes": 0.5}}), "both shares and counts"),
    ],
)
def test_what_does_not_go_together_is_refused(people: Table, steering: Steering, message: str) -> None:
    with pytest.raises(InputError, match=message):
        prepared(people, steering)


# support


def test_no_support_is_refused_with_what_each_condition_has_alone(people: Table) -> None:
    steering = Steering(where="age < 19", conditions=(Ask(column="plan", test="is", values=("gold",)),))
    young = people.frame["age"] < 19
    if (young & (people.frame["plan"] == "gold")).any():
        pytest.skip("the table has such a row")
    with pytest.raises(ConstraintError, match=rf"together \(alone: .*age is below 19: {int(young.sum())}\)"):
        prepared(people, steering)


def test_few_real_rows_are_told_with_their_number(people: Table) -> None:
    age = people.frame["age"].value_counts()
    rare = int(age[(age >= 8) & (age < 20)].index[0])
    found = prepared(people, Steering(where=f"age = {rare}"))
    assert f"Only {age[rare]} of 600 real rows keep the conditions" in found.notes[0]


def test_a_category_that_protection_keeps_out_is_refused_before_learning() -> None:
    people = make_people(600)
    frame = people.frame.copy()
    frame.loc[:3, "city"] = "Oslo"
    table = Table(frame, people.columns, "people")
    for steering in (
        Steering(shares={"city": {"Oslo": 0.5}}),
        Steering(conditions=(Ask(column="city", test="is", values=("Oslo",)),)),
    ):
        with pytest.raises(ConstraintError, match="protection of rare values"):
            prepared(table, steering)
    open_column = table.with_columns([table.column("city").model_copy(update={"protect": False})])
    assert prepared(open_column, Steering(shares={"city": {"Oslo": 0.5}}), "copula").way == "prescribed"


# quotas


def test_unnamed_categories_keep_their_proportions(people: Table) -> None:
    quotas = Quotas.fit(people, {"city": {"Turin": 0.5}})
    assert quotas is not None
    share = dict(zip(quotas.cells["city"], quotas.shares, strict=True))
    real = people.frame["city"].value_counts(normalize=True)
    assert share["Turin"] == pytest.approx(0.5)
    assert share["Ghent"] / share["Lyon"] == pytest.approx(real["Ghent"] / real["Lyon"])


def test_two_columns_meet_both_margins_and_keep_their_dependence(people: Table) -> None:
    quotas = Quotas.fit(people, {"plan": {"gold": 0.7}, "churn": {"yes": 0.5}})
    assert quotas is not None
    cells = quotas.cells.assign(share=quotas.shares)
    assert cells.groupby("plan")["share"].sum()["gold"] == pytest.approx(0.7, abs=1e-6)
    assert cells.groupby("churn")["share"].sum()["yes"] == pytest.approx(0.5, abs=1e-6)
    at = cells.set_index(["plan", "churn"])["share"]
    odds = at["gold", "no"] * at["basic", "yes"] / (at["gold", "yes"] * at["basic", "no"])
    assert odds > 3  # older people have gold plans and stay


def test_counts_per_part_add_up_to_the_whole() -> None:
    quotas = Quotas(("x",), pd.DataFrame({"x": ["a", "b", "c"]}), np.array([0.5, 0.3, 0.2]))
    parts = quotas.counts(0, 333) + quotas.counts(333, 667)
    assert parts.tolist() == quotas.counts(0, 1000).tolist()
    assert np.abs(parts - [500, 300, 200]).max() <= 2


@given(
    weights=st.lists(st.integers(0, 50), min_size=2, max_size=6).filter(sum),
    rows=st.integers(60, 5_000),
    chunk=st.integers(40, 2_000),
)
def test_a_release_has_its_shares_to_the_row_in_any_parts(weights: list[int], rows: int, chunk: int) -> None:
    shares = np.array(weights) / sum(weights)
    cells = pd.DataFrame({"x": [f"c{i}" for i in range(len(weights))]})
    quotas = Quotas(("x",), cells, shares).exact(rows)
    parts = [quotas.counts(first, min(chunk, rows - first)) for first in range(0, rows, chunk)]
    assert all(int(part.sum()) == min(chunk, rows - i * chunk) and part.min() >= 0 for i, part in enumerate(parts))
    made = np.sum(parts, axis=0)
    assert made.sum() == rows
    assert np.abs(made - shares * rows).max() < 1 or np.abs(parts[0] - shares * min(chunk, rows)).max() > 1


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"city": {"Gent": 0.5}}, "Did you mean 'Ghent'"),
        ({"age": {"50": 0.5}}, "Shares are set on categories"),
        ({"plan": {"gold": 0.9, "basic": 0.9}}, "add up to 1.8"),
        ({"plan": {"gold": 1.5}}, "between 0 and 1"),
        ({"plan": {}, "city": {}, "churn": {}}, "at most two"),
    ],
)
def test_shares_that_cannot_be_say_why(people: Table, shares: dict[str, dict[str, float]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Quotas.fit(people, shares)


# rows that honour it


def test_a_category_that_the_engine_never_makes_is_named(people: Table) -> None:
    quotas = Quotas.fit(people, {"plan": {"gold": 0.5}})
    assert quotas is not None
    basic = people.frame[people.frame["plan"] == "basic"]

    def draw(rows: int, seed: int, prescribe: object) -> pd.DataFrame:
        return basic.sample(rows, replace=True, random_state=seed).reset_index(drop=True)

    with pytest.raises(InfeasibleError, match="plan = gold"):
        Steered(quotas=quotas).fill(draw, 0, 100, 0)


def test_rows_that_are_too_few_are_repeated_evenly_and_say_what_they_are_worth() -> None:
    quotas = Quotas(("x",), pd.DataFrame({"x": ["a", "b"]}), np.array([0.5, 0.5])).exact(100)
    number = iter(range(10**9))

    def draw(rows: int, seed: int, prescribe: object) -> pd.DataFrame:
        ids = [next(number) for _ in range(rows)]
        rare = [i for i in ids if i < 10]  # ten rows of b in all
        return pd.DataFrame({"x": ["b" if i in rare else "a" for i in ids], "id": ids})

    filled = Steered(quotas=quotas).fill(draw, 0, 100, 0)
    uses = filled.frame["id"].value_counts()
    assert (filled.frame["x"] == "b").sum() == 50
    assert uses[uses.index < 10].tolist() == [5] * 10
    # Kish: 100^2 / (50 * 1 + 10 * 25)
    assert filled.effective == pytest.approx(100**2 / 300)


def test_a_steered_target_of_trees_is_drawn_so_that_it_is_still_made_last(people: Table) -> None:
    found = prepared(people, Steering(shares={"churn": {"yes": 0.5}}))
    assert (found.way, found.first) == ("drawn", ())
    forced = prepared(people, Steering(shares={"churn": {"yes": 0.5}}, way="prescribe"))
    assert (forced.way, forced.first) == ("prescribed", ("churn",))
    assert "made first, not last" in forced.notes[-1]


def test_trees_prescribe_what_hardly_any_drawn_row_would_keep(tmp_path: Path) -> None:
    people = make_people(2_000)
    steering = Steering(where="age between 77 and 79 and city = 'Porto'")
    assert prepared(people, steering).way == "prescribed"
    synthesis = generate(people, Recipe(method="trees", rows=400, steering=steering), tmp_path)
    frame = read_synthetic(tmp_path, synthesis).frame
    assert synthesis.acceptance == 1
    assert synthesis.steering is not None
    assert set(synthesis.steering.columns) == {"age", "city"}
    assert (frame["plan"] == "gold").mean() > 0.8  # as among real people of that age


@pytest.mark.parametrize("protect", [True, False])
def test_no_rare_combination_and_no_real_extreme_is_prescribed(protect: bool) -> None:
    rng = np.random.default_rng(0)
    size = 800
    frame = pd.DataFrame(
        {
            "a": rng.choice(["x", "y"], size).astype(object),
            "b": rng.choice(["u", "v"], size).astype(object),
            "n": np.round(rng.normal(100, 15, size), 4),
        }
    )
    frame.loc[frame.index[:3], ["a", "b"]] = ["x", "w"]
    frame.loc[3, "n"] = 999.0
    kinds = (Kind.CATEGORY, Kind.CATEGORY, Kind.NUMBER)
    columns = tuple(Column(name=n, kind=k, protect=protect) for n, k in zip(frame, kinds, strict=True))
    table = Table(frame, columns, "t")
    real = table.rows((frame["n"] >= 80).to_numpy())
    anchors = Anchors.fit(real, ["a", "b", "n"], Quotas.without_columns(), ["n >= 80"], seed=3, whole=table)
    assert anchors is not None
    drawn = anchors.draw(np.array([1]), 5_000, 7)
    assert drawn["n"].min() >= 80
    if protect:
        assert anchors.rows.min() >= LEAST
        assert "w" not in set(drawn["b"])
        assert drawn["n"].max() < 200
        assert drawn["n"].isin(frame["n"]).mean() < 0.2  # between real values, not these themselves
    else:
        assert "w" in set(drawn["b"])


def test_given_rows_that_cannot_be_given_say_why(people: Table) -> None:
    some = people.select(["age", "plan"]).rows(np.arange(5))
    unknown = Table(some.frame.assign(plan="silver"), some.columns, "seeds")
    with pytest.raises(InputError, match="Row 1 of the given rows has a category in 'plan' that no real row has"):
        given_rows(unknown, people)
    with pytest.raises(InputError, match="every learned column"):
        given_rows(people.select(LEARNED), people)
    with pytest.raises(InputError, match="'record' of the given rows is not learned"):
        given_rows(people.select(["record", "age"]), people)
    empty = Table(some.frame.assign(plan=[None, *some.frame["plan"][1:]]), some.columns, "seeds")
    with pytest.raises(InputError, match="never empty in the real rows"):
        given_rows(empty, people)


def test_given_rows_must_be_those_of_the_recipe(people: Table, tmp_path: Path) -> None:
    told = given_rows(people.select(["age"]).rows(np.arange(9)), people)
    others = given_rows(people.select(["age"]).rows(np.arange(1, 10)), people)
    assert told.described != others.described
    recipe = Recipe(method="copula", rows=9, steering=Steering(given=told.described))
    for wrong, message in ((None, "none were brought"), (others, "not those of the recipe")):
        with pytest.raises(InputError, match=message):
            generate(people, recipe, tmp_path, given=wrong)


def test_a_given_row_is_matched_with_a_drawn_row_that_is_like_it(people: Table) -> None:
    pool = people.select(LEARNED)
    codec = Codec.fit(pool.select(["age", "plan"]), seed=0)
    told = pd.DataFrame({"age": [20, 78] * 50, "plan": ["basic", "gold"] * 50})
    chosen, choices = matched(told, pool.frame, codec, np.random.default_rng(0))
    alike = pool.frame.iloc[chosen]
    assert (alike["plan"].to_numpy() == told["plan"].to_numpy()).all()
    assert alike["age"][::2].mean() < 35
    assert alike["age"][1::2].mean() > 65
    assert 5 < choices < 300


def test_a_steered_release_says_so_in_its_scorecard_and_pack(people: Table, tmp_path: Path) -> None:
    import json

    from synth_core.pipeline import follow
    from synth_core.release import release
    from synth_core.scorecard import default_targets

    recipe = Recipe(method="copula", rows=300, steering=Steering(shares={"churn": {"yes": 0.5}}))
    synthesis, card = follow(people, recipe, tmp_path / "run")
    assert any("in the same mix of churn" in note for note in card.notes)
    assert card.on_purpose == ["churn is set to yes 50 %."]
    assert any("Effective sample size: 300 of 300 rows." in note for note in card.notes)
    release(
        tmp_path / "run",
        tmp_path / "pack",
        synthesis=synthesis,
        recipe=recipe,
        card=card,
        targets=default_targets(recipe.use),
        override="a test",
    )
    manifest = json.loads((tmp_path / "pack/manifest.json").read_text())
    assert manifest["steering"]["reached"]["churn"]["yes"] == 0.5
    assert "## Made so on purpose" in (tmp_path / "pack/data-card.md").read_text()
    assert "Made so on purpose." in (tmp_path / "pack/report.html").read_text()


@pytest.mark.parametrize("method", ["trees", "independent"])
def test_a_rare_category_that_nobody_asked_for_gets_no_rows_and_stops_nothing(method: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"k": ["rare"] * 3 + ["u"] * 397 + ["v"] * 200, "x": rng.normal(size=600)}, dtype=object)
    columns = (Column(name="k", kind=Kind.CATEGORY), Column(name="x", kind=Kind.NUMBER))
    table = Table(frame.astype({"x": float}), columns)
    asked = Steering(shares={"k": {"v": 0.5}})
    made = generate(table, Recipe(method=method, rows=600, holdout=0, steering=asked), tmp_path)
    levels = read_synthetic(tmp_path, made).frame["k"].value_counts().to_dict()
    assert levels == {"u": 300, "v": 300}


@pytest.mark.parametrize(
    ("value", "kind"),
    [("nan", Kind.NUMBER), ("inf", Kind.INTEGER), ("1e400", Kind.NUMBER)]
    + [(word, Kind.DATETIME) for word in ("", "NaT", "today", "2024-01-31T00:00Z")],
)
def test_a_value_that_is_no_number_or_date_is_refused_as_such(value: str, kind: Kind) -> None:
    with pytest.raises(InputError, match=r"needs a (number|date such as 2024-01-31), not"):
        Ask(column="c", test="at least", values=(value,)).expression(Column(name="c", kind=kind))


def test_the_only_number_of_a_combination_is_never_prescribed() -> None:
    x = np.random.default_rng(0).normal(size=500) * 1000
    x[490:] = np.nan
    x[495] = 1.2345678
    frame = pd.DataFrame({"k": np.array(["a"] * 490 + ["b"] * 10, dtype=object), "x": x})
    table = Table(frame, (Column(name="k", kind=Kind.CATEGORY), Column(name="x", kind=Kind.NUMBER, nullable=True)))
    anchors = Anchors.fit(table, ["k", "x"], Quotas.without_columns(), (), seed=1, whole=table)
    assert anchors is not None
    drawn = anchors.draw(np.array([3_000]), 3_000, 1)
    assert (drawn["k"] == "b").sum() > 30
    assert drawn.loc[drawn["k"] == "b", "x"].isna().all()
