"""The fairness lab: groups, measures, corrections, and what they do to a model judged on real rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from synth_core.cli import app
from synth_core.errors import Cancelled, InputError
from synth_core.figures.fairness import alt_fairness, alt_shares, fairness_figure, shares_figure
from synth_core.labs import fair_metrics as metrics
from synth_core.labs.fair_corrections import FairnessPlan, check, corrected, possible, wanted_shares
from synth_core.labs.fair_groups import Decision, Groups, classes_of, default_columns, likely_favourable
from synth_core.labs.fair_models import reweighing
from synth_core.labs.fair_results import Fairness, Scored, judge
from synth_core.labs.fair_shares import counts_of, proxies, shares_of
from synth_core.labs.fair_words import as_csv, costs, helped, story
from synth_core.labs.fairness import arms_of, folds_of, measure
from synth_core.methods.network_edges import parse_edges
from synth_core.recipe import Recipe
from synth_core.scores.statistics import Estimate
from synth_core.table import Column, Kind, Role, Table
from tests.core.fairness_tables import arm, around, decisions, fairness

PLAN = FairnessPlan(sensitive=("group",), target="given", favourable="yes")
QUICK = PLAN.model_copy(update={"model": "linear", "folds": 2, "sees": True, "corrections": ("balance",)})
RECIPE = Recipe(rows=600, seed=2, params={"trees": 1})


@pytest.fixture(scope="module")
def biased() -> Fairness:
    """The lab on 900 decisions that treat group B worse, by a model that sees the group."""
    return measure(decisions(), RECIPE, QUICK)


def judged(groups: tuple[str, ...], cells: dict[tuple[int, int, int], int]) -> metrics.Judged:
    """Rows from counts per (group, outcome, prediction)."""
    rows = [key for key, count in cells.items() for _ in range(count)]
    place, truth, guess = (np.array(values) for values in zip(*rows, strict=True))
    return metrics.Judged(groups, place, truth.astype(bool), {"one": guess.astype(bool)})


# groups and the decision


def test_groups_are_told_by_one_column_or_two_and_numbers_in_bands() -> None:
    table = decisions()
    assert Groups.learn(table, ["group"]).names == ("A", "B")
    both = Groups.learn(table, ["group", "region"])
    assert set(both.names) == {"A · north", "A · south", "B · north", "B · south"}
    ages = Groups.learn(table, ["age"])
    assert len(ages.names) == 4
    low, high = ages.labels(pd.DataFrame({"age": [18, 79]}))
    assert low.startswith("under ")
    assert high.endswith(" and over")


def test_a_group_of_few_rows_is_named_and_not_judged() -> None:
    table = decisions()
    frame = table.frame.copy()
    frame.loc[:20, "group"] = "C"
    frame.loc[21:25, "group"] = None
    groups = Groups.learn(table.with_frame(frame), ["group"])
    assert groups.names == ("A", "B")
    assert groups.few == {"C": 21}
    assert groups.places(frame)[:26].tolist() == [-1] * 26
    shares = shares_of(counts_of([frame], groups, Decision.learn(table))[0], groups)
    assert shares[-1].rate is None
    assert shares[-1].note == "not enough data: 21 rows, at least 50 are needed"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([], "No sensitive column is chosen"),
        (["group", "group"], "two different ones"),
        (["name"], "made anew"),
        (["note"], "free text"),
        (["lonely"], "Not enough data: to compare groups of 'lonely', at least two need 50 rows, and only 'x' has"),
    ],
)
def test_columns_that_tell_no_groups_are_refused_in_a_sentence(columns: list[str], words: str) -> None:
    table = decisions(200)
    frame = table.frame.assign(name="Ann", note="some text", lonely="x")
    extra = (
        Column(name="name", kind=Kind.TEXT, semantic="person_name"),
        Column(name="note", kind=Kind.TEXT),
        Column(name="lonely", kind=Kind.CATEGORY),
    )
    with pytest.raises(InputError, match=words):
        Groups.learn(Table(frame, (*table.columns, *extra), "t"), columns)


def test_a_target_that_is_no_decision_is_refused_in_a_sentence() -> None:
    table = decisions(200)
    without = table.with_columns([table.column("given").model_copy(update={"role": Role.FEATURE})])
    with pytest.raises(InputError, match="No target is chosen"):
        Decision.learn(without)
    with pytest.raises(InputError, match="is a number, and fairness needs a decision with classes"):
        Decision.learn(table, "age")
    with pytest.raises(InputError, match=r"has no class 'maybe'\. The classes are: "):
        Decision.learn(table, None, "maybe")
    with pytest.raises(InputError, match="has 1 class, so there is nothing to decide"):
        classes_of(table.with_frame(table.frame.assign(given="yes")))


def test_of_more_than_two_classes_the_favourable_one_is_held_against_all_others() -> None:
    table = decisions(200)
    words = np.array(["gold", "silver", "none"], dtype=object)[np.arange(200) % 3]
    three = table.with_frame(table.frame.assign(given=words))
    decision = Decision.learn(three, None, "gold")
    assert decision.good(three.frame).sum() == (words == "gold").sum()
    assert len(decision.classes) == 3
    assert likely_favourable(["denied", "Approved"]) == "Approved"


def test_the_first_question_is_about_a_sensitive_column_with_categories() -> None:
    table = decisions(200)
    both = table.with_columns([table.column("age").model_copy(update={"role": Role.SENSITIVE})])
    assert default_columns(both) == ("group",)
    assert default_columns(table.select(["age", "given"])) == ()


# measures


def test_gaps_are_those_worked_out_by_hand() -> None:
    # A: 100 rows, 60 of 80 good and 5 of 20 others selected; B: 100 rows, 20 of 40 and 6 of 60
    cells = {(0, 1, 1): 60, (0, 1, 0): 20, (0, 0, 1): 5, (0, 0, 0): 15}
    cells |= {(1, 1, 1): 20, (1, 1, 0): 20, (1, 0, 1): 6, (1, 0, 0): 54}
    found = metrics.fairlearn_gaps(judged(("A", "B"), cells), "one")
    assert found["parity"] == pytest.approx(0.65 - 0.26)
    assert found["odds"] == pytest.approx(max(0.75 - 0.5, 0.25 - 0.1))


def test_measures_from_counts_are_those_of_fairlearn() -> None:
    rng = np.random.default_rng(3)
    place, truth = rng.integers(0, 4, 3_000), rng.random(3_000) < 0.4
    rows = metrics.Judged(("A", "B", "C", "D"), place, truth, {"one": rng.random(3_000) < 0.2 + 0.1 * place})
    code = 2 * (2 * place + truth) + rows.predicted["one"]
    counts = np.bincount(code, minlength=16).reshape(4, 2, 2).astype(float)
    rates = metrics.per_group(counts)
    for name, value in metrics.gaps(rates, *rows.fit()).items():
        assert float(value) == pytest.approx(metrics.fairlearn_gaps(rows, "one")[name])
    by_group = metrics.fairlearn_rates(truth, rows.predicted["one"], np.array(list("ABCD"), dtype=object)[place])
    for name in metrics.PER_GROUP:
        assert [by_group[group][name] for group in "ABCD"] == pytest.approx(rates[name].tolist())


def test_the_interval_of_a_rate_is_as_wide_as_the_binomial_says() -> None:
    rng = np.random.default_rng(4)
    place, truth = np.repeat([0, 1], 2_000), rng.random(4_000) < 0.5
    rows = metrics.Judged(("A", "B"), place, truth, {"one": rng.random(4_000) < 0.3, "two": rng.random(4_000) < 0.3})
    drawn = metrics.per_group(metrics.resampled(rows, rng)["two"])["selection"][:, 0]
    assert drawn.std() == pytest.approx(np.sqrt(0.3 * 0.7 / 2_000), rel=0.1)
    assert drawn.mean() == pytest.approx(rows.predicted["two"][place == 0].mean(), abs=0.002)


def test_rows_about_one_entity_are_drawn_together_in_every_interval() -> None:
    table = decisions(300)
    frame = pd.concat([table.frame] * 4, ignore_index=True)
    frame["merit"] += np.arange(len(frame)) * 1e-6  # no exact duplicates
    frame["person"] = [f"p{n % 300}" for n in range(len(frame))]
    plan = QUICK.model_copy(update={"corrections": ()})
    found = {}
    for role in (Role.FEATURE, Role.ENTITY):
        columns = (*table.columns, Column(name="person", kind=Kind.IDENTIFIER, role=role))
        found[role] = measure(Table(frame, columns, "people"), RECIPE, plan).arms[0]
    for name in ("parity", "accuracy", "auc"):
        wide, narrow = (getattr(found[role], name) for role in (Role.ENTITY, Role.FEATURE))
        assert 1.4 < (wide.high - wide.low) / (narrow.high - narrow.low) < 3, name


def test_a_group_with_few_of_one_outcome_has_rates_but_no_error_rates() -> None:
    cells = {(0, 1, 1): 60, (0, 1, 0): 30, (0, 0, 1): 20, (0, 0, 0): 40, (1, 1, 1): 80, (1, 0, 0): 5}
    rows = judged(("A", "B"), cells)
    enough, both = rows.fit()
    assert enough.tolist() == [True, True]
    assert both.tolist() == [True, False]
    found = metrics.fairlearn_gaps(rows, "one")
    assert np.isfinite(found["parity"])
    assert np.isnan(found["odds"])


def test_reweighing_makes_group_and_outcome_independent() -> None:
    rng = np.random.default_rng(5)
    place = rng.integers(-1, 2, 600)
    good = rng.random(600) < 0.3 + 0.2 * place
    weights = reweighing(place, good)
    rates = [np.average(good[place == one], weights=weights[place == one]) for one in (-1, 0, 1)]
    assert rates == pytest.approx([good.mean()] * 3)
    assert weights.sum() == pytest.approx(600)


# corrections


def test_represent_asks_for_shares_and_balance_for_rows_with_equal_rates() -> None:
    table = decisions()
    groups, decision = Groups.learn(table, ["group"]), Decision.learn(table)
    recipe, given = corrected("represent", table, RECIPE, PLAN, groups, decision)
    assert given is None
    assert recipe.steering.shares == {"group": {"A": 0.5, "B": 0.5}}
    recipe, given = corrected("balance", table, RECIPE, PLAN, groups, decision)
    assert given is not None
    assert recipe.rows == len(given.frame) == 600
    rates = given.frame.groupby("group")["given"].agg(lambda cells: (cells == "yes").mean())
    assert rates.to_numpy() == pytest.approx([decision.good(table.frame).mean()] * 2, abs=0.005)
    share = (given.frame["group"] == "B").mean()
    assert share == pytest.approx((table.frame["group"] == "B").mean(), abs=0.005), "who is there stays"


def test_wishes_are_honoured_and_the_rest_keeps_its_proportions() -> None:
    table = decisions()
    groups, decision = Groups.learn(table, ["group", "region"]), Decision.learn(table)
    plan = PLAN.model_copy(update={"sensitive": ("group", "region"), "shares": {"B · north": 0.4}})
    recipe, given = corrected("represent", table, RECIPE, plan, groups, decision)
    assert given is not None
    assert recipe.steering.given is not None
    labels = pd.Series(groups.labels(given.frame)).value_counts(normalize=True)
    assert labels["B · north"] == pytest.approx(0.4, abs=0.002)
    real = pd.Series(groups.labels(table.frame)).value_counts(normalize=True)
    assert labels["A · north"] / labels["A · south"] == pytest.approx(real["A · north"] / real["A · south"], rel=0.05)
    plan = PLAN.model_copy(update={"rates": {"B": 0.9}})
    _, given = corrected("balance", table, RECIPE, plan, Groups.learn(table, ["group"]), decision)
    assert given is not None
    rates = given.frame.groupby("group")["given"].agg(lambda cells: (cells == "yes").mean())
    assert rates["B"] == pytest.approx(0.9, abs=0.005)


def test_shares_asked_of_all_groups_are_those_made() -> None:
    groups = Groups.learn(decisions(), ["group"])
    plan = PLAN.model_copy(update={"shares": {"A": 0.25, "B": 0.5}})
    assert wanted_shares(plan, groups, {"A": 60, "B": 30, "C": 10}) == {"A": 0.25, "B": 0.5, "C": 0.25}


def test_shares_of_nothing_for_all_groups_of_two_columns_are_refused_in_a_sentence() -> None:
    table = decisions()
    groups = Groups.learn(table, ["group", "region"])
    plan = PLAN.model_copy(update={"sensitive": groups.columns, "shares": dict.fromkeys(groups.names, 0.0)})
    with pytest.raises(InputError, match="'group' and 'region' add up to 0"):
        corrected("represent", table, RECIPE, plan, groups, Decision.learn(table))


def test_cut_forbids_edges_both_ways_and_drops_a_required_one() -> None:
    table = decisions()
    draft = RECIPE.model_copy(
        update={"method": "bayesian_network", "params": {"edges": "group -> given, age -> merit"}}
    )
    plan = PLAN.model_copy(update={"cuts": (("group", "given"), ("group", "merit"))})
    recipe, _ = corrected("cut", table, draft, plan, Groups.learn(table, ["group"]), Decision.learn(table))
    assert recipe.method == "bayesian_network"
    assert set(parse_edges(recipe.params["forbidden"])) == {
        ("group", "given"), ("given", "group"), ("group", "merit"), ("merit", "group"),
    }  # fmt: skip
    assert parse_edges(recipe.params["edges"]) == [("age", "merit")]


def test_bands_of_a_number_can_be_cut_but_get_no_shares() -> None:
    table = decisions()
    groups = Groups.learn(table, ["age"])
    assert possible("cut", groups) == ""
    assert "'age' is a number, and shares are set on categories" in possible("represent", groups)
    plan = PLAN.model_copy(update={"sensitive": ("age",)})
    assert arms_of(plan, groups) == ["real", "reweigh", "synthetic", "network", "cut"]
    with pytest.raises(InputError, match="shares are set on categories"):
        corrected("balance", table, RECIPE, plan, groups, Decision.learn(table))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"shares": {"Z": 0.5}}, "'Z', but there is no such group"),
        ({"rates": {"A": 1.5}}, "must lie between 0 and 1"),
        ({"shares": {"A": 0.8, "B": 0.8}}, "add up to 160 %"),
        ({"engine": "ctgan"}, "'ctgan' is not one of them"),
        ({"target": "group"}, "both the target and sensitive"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(changed: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        check(PLAN.model_copy(update=changed), Groups.learn(decisions(), ["group"]))


def test_proxies_are_the_columns_that_go_with_the_sensitive_one() -> None:
    table = decisions()
    frame = table.frame.assign(region=np.where(table.frame["group"] == "B", "north", "south"))
    found = proxies(table.with_frame(frame), ("group",), "given")
    assert found[0].column == "region"
    assert found[0].with_sensitive > 0.9
    assert 0.1 < found[0].with_target < 0.9
    assert "given" not in [proxy.column for proxy in found]


# the lab


def test_every_row_is_judged_once_and_never_learned_from_in_its_fold() -> None:
    table = decisions(300)
    frame = table.frame.assign(person=[f"P{i // 3}" for i in range(300)])
    marked = Table(frame, (*table.columns, Column(name="person", kind=Kind.IDENTIFIER, role=Role.ENTITY)), "t")
    judged_people: list[str] = []
    for learned, kept in folds_of(marked, 3, 7):
        assert not set(learned.frame["person"]) & set(kept.frame["person"])
        assert len(learned) + len(kept) == 300
        judged_people += list(kept.frame["person"])
    assert sorted(judged_people) == sorted(frame["person"])


def test_reweighing_and_balancing_narrow_a_planted_gap_measurably(biased: Fairness) -> None:
    real = biased.arms[0]
    assert real.parity.value > 0.3
    assert real.parity.low <= real.parity.value <= real.parity.high
    assert [one.name for one in biased.arms] == ["real", "reweigh", "synthetic", "balance"]
    better = [one.name for one in helped(biased, "parity")]
    assert {"reweigh", "balance"} <= set(better)
    assert better[0] != "synthetic"
    uncorrected = biased.arm("synthetic")
    assert uncorrected is not None
    assert uncorrected.parity.value > 0.2, "without a correction synthetic rows keep the gap"
    assert biased.judged == 720
    told = " ".join(story(biased, "parity"))
    assert "narrows it most" in told


def test_where_there_is_no_gap_nothing_helps_and_the_lab_says_so() -> None:
    plan = QUICK.model_copy(update={"corrections": ("represent",), "sees": False})
    found = measure(decisions(bias=0.0), RECIPE, plan)
    assert helped(found, "parity") == []
    assert story(found, "parity")[1] == (
        "Nothing that was tried narrows this measurably, so there is no reason here to change the data."
    )


def test_rows_that_the_run_holds_out_are_not_looked_at(biased: Fairness) -> None:
    table = decisions()
    _, held = table.split(RECIPE.holdout, RECIPE.seed)
    frame = table.frame.copy()
    rows = frame.merge(held.frame.assign(held=True), how="left")["held"].eq(True).to_numpy()
    assert rows.sum() == len(held)
    frame.loc[rows, "merit"] = 9.0 + np.arange(len(held)) / 1_000
    again = measure(table.with_frame(frame), RECIPE, QUICK)
    assert again.model_copy(update={"seconds": 0.0}) == biased.model_copy(update={"seconds": 0.0})


def test_the_lab_can_be_cancelled_and_tells_how_far_it_is() -> None:
    notes: list[str] = []

    def stop(done: float, total: float, note: str = "") -> None:
        notes.append(note)
        if done >= 2:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        measure(decisions(300), RECIPE, QUICK, progress=stop)
    assert notes[0] == "Fold 1: doing nothing"
    assert not any(note.startswith("Fold 2") for note in notes)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(InputError, match="Not enough data: 160 rows to learn from"):
        measure(decisions(200), RECIPE, QUICK)


def test_groups_and_outcomes_that_are_too_few_once_empty_cells_are_left_out_are_refused() -> None:
    table = decisions()
    b = (table.frame["group"] == "B").to_numpy()
    gone = table.frame.assign(given=table.frame["given"].where(~b | (b.cumsum() <= 40), None))
    with pytest.raises(InputError, match="at least two need 50 rows with a known 'given'"):
        measure(table.with_frame(gone), RECIPE, QUICK)
    rare = table.frame.assign(given=np.where(np.arange(900) < 4, "yes", "no"))
    with pytest.raises(InputError, match="have the favourable outcome of 'given', and 10 are needed"):
        measure(table.with_frame(rare), RECIPE, QUICK.model_copy(update={"favourable": "yes"}))


def test_a_fold_whose_rows_have_one_outcome_leaves_figures_that_can_be_read_again() -> None:
    rng = np.random.default_rng(1)
    groups = Groups(("group",), ("A", "B"), {}, {})
    folds = [
        Scored(rng.integers(0, 2, 200), truth, {"real": rng.random(200), "reweigh": rng.random(200)})
        for truth in (rng.random(200) < 0.5, np.ones(200, dtype=bool))
    ]
    found = judge(folds, groups, ["real", "reweigh"], 0)
    assert np.isfinite([*found.arms[0].auc, *found.arms[1].change["auc"]]).all()
    assert Fairness.model_validate_json(found.model_dump_json()) == found


# what it says


def test_a_winner_is_named_with_its_cost_and_what_it_costs_elsewhere() -> None:
    found = fairness(
        arm("reweigh", 0.08, 0.1, parity=Estimate(-0.12, -0.15, -0.09), auc=Estimate(-0.001, -0.004, 0.002)),
        arm(
            "balance", 0.05, 0.22,
            parity=Estimate(-0.15, -0.18, -0.12), odds=Estimate(0.07, 0.03, 0.11), auc=Estimate(-0.02, -0.03, -0.01),
        ),
        behind={"parity": ("reweigh",)},
    )  # fmt: skip
    told = " ".join(story(found, "parity"))
    assert "differ by up to 20.0 points (19.0 to 21.0)" in told
    assert "Balance the outcome (what-if) narrows it most: to 5.0 points (4.0 to 6.0), 15.0 fewer" in told
    assert "and in 2 of 2 folds" in told
    assert "It costs 2.0 points of AUC (1.0 to 3.0)." in told
    assert "Not measurably behind, and cheaper: Reweighing, to 8.0 points at no measurable cost." in told
    assert "The gap in errors becomes 7.0 points wider (3.0 to 11.0)" in told
    assert [costs(one) for one in found.arms] == [False, False, True]


def test_what_the_engine_did_is_not_put_down_to_the_correction() -> None:
    moved = Estimate(-0.1, -0.14, -0.06)
    found = fairness(
        arm("network", 0.11, 0.1, parity=moved), arm("cut", 0.1, 0.1, parity=moved), behind={"parity": ("network",)}
    )
    assert "it is not shown that the correction is what helps" in " ".join(story(found, "parity"))


def test_groups_that_cannot_be_compared_in_errors_are_said_to_lack_data() -> None:
    found = Fairness(arms=(arm("real", 0.2, None),), titles={"real": "Doing nothing"}, judged=100)
    assert story(found, "odds") == [
        "Not enough data: fewer than two groups have enough rows of both outcomes to compare errors."
    ]


def test_the_csv_has_every_figure_and_no_formula() -> None:
    found = fairness(arm("cut", 0.1, None, parity=around(-0.1)), few={"=1+1": 12})
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    gap = next(row for row in rows if row["arm"] == "cut" and row["measure"] == "parity")
    assert (gap["value"], gap["change"], gap["group"]) == ("0.1", "-0.1", "(all)")
    assert any(row["arm"] == "cut" and row["measure"] == "odds" and row["note"] == "not enough data" for row in rows)
    assert rows[-1]["group"] == "'=1+1"
    assert rows[-1]["note"] == "not enough data: 12 rows"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_pictures_are_drawn_and_described(mode: str, biased: Fairness) -> None:
    figure = fairness_figure(biased, mode)  # type: ignore[arg-type]
    assert len(figure.to_json()) < 60_000
    assert "Reweighing: gap in outcomes" in alt_fairness(biased)
    table = decisions()
    groups, decision = Groups.learn(table, ["group"]), Decision.learn(table)
    shares = shares_of(counts_of([table.frame], groups, decision)[0], groups)
    assert len(shares_figure(shares, shares, "yes", mode).data) == 4  # type: ignore[arg-type]
    assert "in the release" in alt_shares(shares, shares, "yes")


def test_the_command_line_measures_and_writes(tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    decisions(400).frame.to_csv(file, index=False)
    asked = [
        "fairness", str(file), "--target", "given", "--sensitive", "group", "--correct", "balance", "--folds", "2",
        "--model", "linear", "--csv", str(tmp_path / "out.csv"), "--json", str(tmp_path / "out.json"),
    ]  # fmt: skip
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "given = yes by group: 320 real rows judged in 2 folds" in done.output
    assert "Balance the outcome (what-if)" in done.output
    assert Fairness.model_validate_json((tmp_path / "out.json").read_text()).judged == 320
    assert (tmp_path / "out.csv").read_text().startswith("arm,title,group,rows,measure,value")
    wrong = CliRunner().invoke(app, ["fairness", str(file), "--target", "given", "--rate", "B"])
    assert isinstance(wrong.exception, InputError)
    assert str(wrong.exception) == "--rate 'B' is not understood. Write a group and a number, such as B:0.5"
