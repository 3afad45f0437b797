"""The augmentation lab: scores by hand, folds that share nothing, remedies that reach their ratio, an honest winner."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth_core.demos.fraud import simulate
from synth_core.errors import InputError
from synth_core.figures.augmentation import alt_gains, gains_figure, ratios_figure
from synth_core.labs import augmentation, nested
from synth_core.labs.augmentation import (
    Comparison,
    Settings,
    check,
    expected_seconds,
    feasible,
    key_of,
    read_comparison,
)
from synth_core.labs.models import (
    Event,
    Features,
    folds,
    ranking_scores,
    stratified_weights,
    threshold_for,
)
from synth_core.labs.nested import compare
from synth_core.labs.remedies import WITH_RATIO, Arm, rows_wanted, treated
from synth_core.labs.tables import figures_csv, figures_table, shown_table, threshold_words, verdict
from synth_core.reading import ColumnChoice, table_from_frame
from synth_core.recipe import Recipe
from synth_core.scores.statistics import wilson
from synth_core.steering.asks import Steering
from synth_core.table import Column, Kind, Role, Table
from tests.core.comparison_example import comparison
from tests.core.test_cli import simile

ALL = Recipe(holdout=0)


def clouds(rare: int, others: int, seed: int = 0, apart: float = 0.55, columns: int = 8) -> Table:
    """Return two overlapping clouds of numbers; ``place`` numbers the rows."""
    rng = np.random.default_rng(seed)
    happened = np.arange(rare + others) < rare
    values = rng.normal(size=(rare + others, columns)) + apart * happened[:, None]
    frame = pd.DataFrame({f"x{i}": values[:, i] for i in range(columns)})
    frame["ill"] = np.where(happened, "yes", "no").astype(object)
    kinds = [Column(name=f"x{i}", kind=Kind.NUMBER, storage="number") for i in range(columns)]
    return Table(frame, (*kinds, Column(name="ill", kind=Kind.BOOLEAN, role=Role.TARGET)), "clouds")


def fraud(legitimate: int = 900, bad: int = 60) -> Table:
    """Return a small table of card payments: numbers, dates, categories, missing cells."""
    choices = {"fraud": ColumnChoice(role=Role.TARGET)}
    return table_from_frame(simulate(1, legitimate, bad), "fraud", choices)


def test_scores_are_those_worked_out_by_hand() -> None:
    truth = np.array([True, False, True, False, False])
    scores = np.array([0.9, 0.8, 0.7, 0.7, 0.1])
    area, recall = ranking_scores(truth, scores, np.ones((1, 5)), 0.6)
    # thresholds .9: 1 of 1 right; .8: 1 of 2; .7: 2 of 4, for the two with equal scores share one
    assert area[0] == pytest.approx(0.5 * 1 + 0.5 * 0.5)
    assert recall[0] == 0.5
    assert ranking_scores(truth, scores, np.ones((1, 5)), 0.5)[1][0] == 1.0
    assert threshold_for(truth, scores, 0.5) == 0.7
    assert threshold_for(truth, scores, 0.9) == 0.9
    assert threshold_for(~truth, np.array([0.9, 0.1, 0.8, 0.1, 0.1]), 0.99) > 0.9


def test_a_weight_of_two_counts_like_a_row_that_is_there_twice_and_the_area_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(0)
    truth, scores = rng.random(300) < 0.1, np.round(rng.random(300), 2)
    drawn = stratified_weights(truth, 4, rng)
    assert (drawn[:, truth].sum(axis=1) == truth.sum()).all()
    assert (drawn[:, ~truth].sum(axis=1) == (~truth).sum()).all()
    areas, _ = ranking_scores(truth, scores, drawn, 0.5)
    for weights, area in zip(drawn, areas, strict=True):
        rows = np.repeat(np.arange(300), weights.astype(int))
        assert area == pytest.approx(average_precision_score(truth[rows], scores[rows]))


def test_rows_about_one_entity_are_drawn_together_and_the_interval_is_as_wide_as_it_should_be() -> None:
    rng = np.random.default_rng(0)
    truth, scores, entity = rng.random(60) < 0.3, rng.random(60), np.arange(60)
    scores = np.where(truth, scores + 0.2, scores)
    truth, scores, entity = (np.repeat(one, 10) for one in (truth, scores, entity))
    spread = {}
    for name, group in (("rows", None), ("entities", entity)):
        weights = stratified_weights(truth, 400, rng, group)
        assert (weights[:, truth].sum(axis=1) == truth.sum()).all()
        spread[name] = ranking_scores(truth, scores, weights, 0.5)[0].std()
    assert spread["entities"] / spread["rows"] == pytest.approx(10**0.5, rel=0.3)


def test_folds_share_no_row_and_no_person_and_hold_alike_many_rare_rows() -> None:
    table = clouds(40, 360)
    person = np.arange(400) // 2
    frame = table.frame.assign(person=[f"p{n}" for n in person])
    columns = (*table.columns, Column(name="person", kind=Kind.IDENTIFIER, role=Role.ENTITY))
    both = Table(frame, columns, "people")
    happened = Event("ill", "yes").of(frame)
    masks = folds(both, happened, 5, 0)
    assert (np.sum(masks, axis=0) == 1).all()
    assert [int((mask & happened).sum()) for mask in masks] == [8] * 5
    for mask in masks:
        assert not set(person[mask]) & set(person[~mask])


@pytest.mark.parametrize("ratio", [9.0, 2.0])
def test_every_remedy_reaches_its_ratio_with_values_that_the_table_could_hold(ratio: float) -> None:
    table = fraud()
    features = Features.learn(Event("fraud", "yes"), table)
    rows = features.apply(table.frame)
    wanted = rows_wanted(60, 900, ratio)
    made = rows.take(np.repeat(np.flatnonzero(features.happened(rows)), 10))
    for remedy in WITH_RATIO:
        after, weights = treated(Arm(remedy, ratio), features, rows, made, 0)
        happened = features.happened(after)
        counted = happened.sum() if weights is None else weights[happened].sum()
        assert counted == pytest.approx(900 / ratio)
        assert (~happened).sum() == 900
        if remedy != "smote":
            continue
        new, rare = after.take(np.arange(960, 960 + wanted)), rows.take(features.happened(rows))
        for name, values in new.numeric.items():
            known = rare.numeric[name][~np.isnan(rare.numeric[name])]
            inside = values[~np.isnan(values)]
            low, high = min(known.min(), rows.numeric[name][~np.isnan(rows.numeric[name])].mean()), known.max()
            assert inside.min() >= low - 1e-6 * abs(low)
            assert inside.max() <= high + 1e-6 * abs(high)
        for name, codes in new.codes.items():
            assert set(codes) <= set(rare.codes[name])
        assert 0 < np.isnan(new.numeric["distance_km"]).mean() < 1


def test_smote_serves_tables_of_numbers_alone_and_of_categories_alone() -> None:
    numbers = clouds(20, 100)
    words = fraud().select(["merchant_category", "country", "channel", "fraud"])
    for table, event in ((numbers, Event("ill", "yes")), (words, Event("fraud", "yes"))):
        features = Features.learn(event, table)
        rows = features.apply(table.frame)
        after, _ = treated(Arm("smote", 2.0), features, rows, rows, 0)
        assert features.happened(after).sum() == round((~features.happened(rows)).sum() / 2)


def test_whatever_learns_never_sees_the_rows_that_it_is_scored_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[set[float], set[float]]] = []
    honest = nested._Bench._scores

    def watched(self: Any, train: Table, test: Table, note: str) -> Any:
        seen.append((set(train.frame["x0"]), set(test.frame["x0"])))
        return honest(self, train, test, note)

    engines: list[set[float]] = []

    def made(self: Any, train: Table, place: str) -> Table:
        engines.append(set(train.frame["x0"]))
        return train.rows(np.resize(np.flatnonzero(train.frame["ill"] == "yes"), 400))

    monkeypatch.setattr(nested._Bench, "_scores", watched)
    monkeypatch.setattr(nested._Bench, "_made", made)
    table = clouds(60, 600)
    recipe = Recipe(holdout=0.2, seed=3)
    compare(table, recipe, Settings(model="linear", folds=2, inner=2, ratios=(5,), method="independent"))
    assert len(seen) == 6
    train, held = table.split(0.2, 3)
    outer, inner = [seen[2], seen[5]], [*seen[:2], *seen[3:5]]
    assert outer[0][1] | outer[1][1] == set(train.frame["x0"])
    for place, (learned, scored) in enumerate(inner):
        assert learned | scored == outer[place // 2][0]
    for (learned, scored), engine in zip(seen, engines, strict=True):
        assert not learned & scored
        assert engine == learned
        assert not (learned | scored) & set(held.frame["x0"])


def test_rows_of_the_true_kind_win_and_rows_of_the_wrong_kind_never_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nested, "RESAMPLES", 300)
    settings = Settings(model="linear", folds=4, inner=2, ratios=(1,), method="independent")
    table = clouds(80, 800, seed=5, apart=0.25, columns=60)
    fresh = clouds(1500, 1, seed=99, apart=0.25, columns=60)
    monkeypatch.setattr(nested._Bench, "_made", lambda self, train, place: fresh.rows(np.arange(1500)))
    good = compare(table, ALL, settings)
    winner = good.winner("pr_auc")
    assert winner is not None
    assert winner.remedy == "made"
    assert "Made rows (Independent columns)" in verdict(good, "pr_auc")

    wrong = fresh.with_frame(fresh.frame.assign(**{f"x{i}": -fresh.frame[f"x{i}"] for i in range(60)}))
    monkeypatch.setattr(nested._Bench, "_made", lambda self, train, place: wrong.rows(np.arange(1500)))
    bad = compare(table, ALL, settings)
    won = bad.winner("pr_auc")
    assert won is None or won.remedy != "made"
    assert bad.contender("made") in bad.worse("pr_auc")


def test_an_engine_makes_the_rows_and_the_same_seed_gives_the_same_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nested, "RESAMPLES", 100)
    settings = Settings(model="linear", folds=2, inner=2, ratios=(6, 1000), method="independent", seed=1)
    told: list[float] = []
    found = compare(fraud(450), ALL, settings, progress=lambda done, total, note="": told.append(done / total))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert (found.target, found.rare, found.rows, found.rare_rows) == ("fraud", "yes", 510, 60)
    assert any("1:1000" in note for note in found.notes), found.notes
    assert {at.ratio for at in found.ratios} == {None, 6.0}
    none, tuned = found.contender("none"), found.contender("threshold")
    assert tuned.pr_auc == none.pr_auc
    assert tuned.pr_auc_gain is None
    assert none.thresholds == (0.5, 0.5)
    assert found.contender("made").ratios == (6.0, 6.0)
    assert found.rows_to_make() == 15
    for one in found.contenders:
        assert 0 <= one.pr_auc.low <= one.pr_auc.value <= one.pr_auc.high
    again = compare(fraud(450), ALL, settings)
    assert again.contenders == found.contenders
    file = tmp_path / "result.json"
    assert read_comparison(file) is None
    file.write_text(found.model_dump_json())
    assert read_comparison(file) == found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"role": Role.FEATURE}, "needs a target, and none is set"),
        ({"kind": Kind.INTEGER}, "'fraud' is a whole number"),
        ({"kind": Kind.IDENTIFIER}, "'fraud' is an identifier"),
    ],
)
def test_a_target_that_has_no_classes_is_refused_in_a_sentence(change: dict[str, Any], words: str) -> None:
    table = fraud(100, 20)
    table = table.with_columns([table.column("fraud").model_copy(update=change)])
    with pytest.raises(InputError, match=words):
        check(table, ALL, Settings())


def test_one_class_too_few_rows_an_unknown_class_and_nothing_to_add_are_refused_in_a_sentence() -> None:
    table = fraud(200, 12)
    with pytest.raises(InputError, match="has 1 in 200 rows"):
        check(table.rows((table.frame["fraud"] == "no").to_numpy()), ALL, Settings())
    with pytest.raises(InputError, match="has 12 rows to learn from, and 5 outer folds with 2 inner ones need 20"):
        check(table, ALL, Settings(folds=5, inner=2))
    with pytest.raises(InputError, match="All other classes together has 12 rows"):
        check(table, ALL, Settings(rare="no"))
    with pytest.raises(InputError, match=r"no class 'yess'\. Did you mean 'yes'"):
        check(table, ALL, Settings(rare="yess"))
    with pytest.raises(InputError, match="there is nothing to add"):
        check(fraud(100, 60), ALL, Settings(ratios=(20,)))
    with pytest.raises(InputError, match="no column to predict 'fraud' from"):
        check(fraud(200, 40).select(["transaction_id", "fraud"]), ALL, Settings(folds=2, inner=2))
    assert len(check(fraud(100, 60), ALL, Settings(ratios=(1,)))[0]) == 160


def test_rare_rows_of_few_entities_or_few_in_the_sample_are_refused_before_the_work_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = clouds(40, 360)
    person = np.where(np.arange(400) < 40, np.arange(400) // 20, np.arange(400))
    columns = (*table.columns, Column(name="person", kind=Kind.IDENTIFIER, role=Role.ENTITY))
    both = Table(table.frame.assign(person=[f"p{n}" for n in person]), columns, "people")
    with pytest.raises(InputError, match="'ill' = 'yes' has 2 entities or different rows, which stay in one fold"):
        check(both, ALL, Settings(rare="yes"))
    person = np.where(np.arange(400) < 40, np.arange(400) % 18, 100 + np.arange(400) % 12)
    fewer = both.with_frame(both.frame.assign(person=[f"p{n}" for n in person]))
    with pytest.raises(InputError, match=r"'ill' = 'yes' has 18 entities .* inner ones need 20\."):
        check(fewer, ALL, Settings(rare="yes"))
    with pytest.raises(InputError, match=r"'ill' = 'no' has 12 entities .* inner ones need 20\."):
        check(fewer, ALL, Settings(rare="no"))
    monkeypatch.setattr(augmentation, "MOST_ROWS", 36)
    with pytest.raises(InputError, match="rows to learn from among the 36 that are drawn of 400, and 5 outer"):
        check(table, ALL, Settings(rare="yes"))


def test_a_sample_keeps_the_rare_rows_and_gives_the_figures_of_the_whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    table = clouds(60, 6_000, apart=0.9)
    monkeypatch.setattr(nested, "RESAMPLES", 100)
    fresh = clouds(1_500, 1, seed=99, apart=0.9)
    monkeypatch.setattr(nested._Bench, "_made", lambda self, train, place: fresh.rows(np.arange(1_500)))
    settings = Settings(model="linear", folds=3, inner=2, ratios=(5,), method="independent")
    whole = compare(table, ALL, settings)
    monkeypatch.setattr(augmentation, "MOST_ROWS", 1_500)
    used, event = check(table, ALL, settings)
    assert (len(used), int(event.of(used.frame).sum())) == (1_500, 60)
    assert augmentation.weight_of_others(table, used, event) == pytest.approx(6_000 / 1_440)
    part = compare(table, ALL, settings)
    assert (part.rows, part.rare_rows) == (whole.rows, whole.rare_rows) == (6_060, 60)
    assert "60 of 60 rare rows and 1,440 of 6,000 others, which count 4.2 times each" in part.notes[0]
    for remedy in ("none", "weights", "made"):
        one, other = part.contender(remedy), whole.contender(remedy)
        assert one.pr_auc.value == pytest.approx(other.pr_auc.value, abs=0.1), remedy
        assert one.right.value == pytest.approx(other.right.value, abs=0.25), remedy


def test_a_winner_needs_an_interval_above_zero_else_doing_nothing_wins() -> None:
    unsure = comparison({"made": 0.04, "smote": -0.2})
    assert unsure.winner("pr_auc") is None
    words = verdict(unsure, "pr_auc")
    assert words.startswith("Nothing beats doing nothing measurably in PR-AUC")
    assert words.endswith("Measurably worse than doing nothing: SMOTE.")
    sure = comparison({"made": 0.2, "smote": 0.1})
    assert sure.winner("pr_auc") == sure.contender("made")
    assert sure.winner("recall") is None
    assert "Made rows at 1:5 or 1:1 wins in PR-AUC: 0.600 against 0.400" in verdict(sure, "pr_auc")
    assert "finds 30 % of the rare class with 80 % of its alarms right" in threshold_words(sure)
    contenders = [one.model_copy(update={"found": wilson(0, 100), "right": wilson(0, 0)}) for one in sure.contenders]
    silent = sure.model_copy(update={"contenders": tuple(contenders)})
    assert "left as it is raises no alarm; with the threshold" in threshold_words(silent)
    assert set(shown_table(silent, "recall")["Right"]) == {"no alarms"}
    assert sure.contender("made").usual_ratio == 5.0
    assert sure.rows_to_make() == 120
    assert sure.rows_to_make(2_400) == 240


def test_the_tables_hold_every_remedy_and_every_ratio() -> None:
    found = comparison({"made": 0.2})
    table = figures_table(found)
    assert len(table) == 6 + 4 * 2
    made = table[(table["remedy"] == "Made rows") & (table["chosen by inner folds"] == "yes")].iloc[0]
    assert made[["PR-AUC", "PR-AUC gain", "PR-AUC gain low"]].tolist() == [0.6, 0.2, 0.15]
    assert shown_table(found, "pr_auc")["Gain"].tolist()[:3] == ["–", "–", "+0.000 (-0.050 to +0.050)"]
    assert ",'=1+1,'@sum(a)," in figures_csv(comparison({}, target="=1+1", rare="@sum(a)"))
    assert pd.read_csv(io.StringIO(figures_csv(found)))["PR-AUC"].tolist() == table["PR-AUC"].tolist()


def test_the_pictures_show_gains_with_their_intervals_filled_only_where_zero_lies_outside() -> None:
    found = comparison({"made": 0.2})
    figure = gains_figure(found, "pr_auc")
    fills = {trace.customdata[0][0]: trace.marker.color == trace.marker.line.color for trace in figure.data}
    assert fills == {"Class weights": False, "Random oversampling": False, "SMOTE": False, "Made rows": True}
    assert ratios_figure(found, "recall", "dark").data[-1].y == (0.4, 0.4), "the level of doing nothing"
    assert "Made rows +0.200 (+0.150 to +0.250)" in alt_gains(found, "pr_auc")


def test_the_key_follows_rules_and_settings_and_not_what_else_the_next_run_makes() -> None:
    recipe, settings = Recipe(), Settings()
    key = key_of("print", recipe, settings)
    steered = recipe.model_copy(update={"rows": 5, "steering": Steering(make={"fraud": {"yes": 5}})})
    assert key_of("print", steered, settings) == key
    assert key_of("other", recipe, settings) != key
    assert key_of("print", recipe, Settings(folds=3)) != key
    assert key_of("print", recipe.model_copy(update={"holdout": 0.5}), settings) != key
    assert feasible(10, 100, (20, 5)) == (5,)
    assert expected_seconds(40_000, 11, 0.004, settings) > expected_seconds(4_000, 11, 0.004, settings) > 10


def test_the_command_compares_writes_both_files_and_refuses_bad_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "pay.csv"
    simulate(2, 500, 40).to_csv(file, index=False)
    quick = ("--method", "independent", "--model", "linear", "--folds", 2, "--inner", 2)
    code, text, _ = simile(
        capsys, "augment", file, "--target", "fraud", *quick, "--ratio", "1:5", "--holdout", 0,
        "--csv", tmp_path / "out.csv", "--json", tmp_path / "out.json",
    )  # fmt: skip
    assert code == 0
    assert "40 of 540 real rows have fraud = yes" in text
    assert "Made rows (Independent columns)" in text
    assert len(pd.read_csv(tmp_path / "out.csv")) == 6 + 4
    assert Comparison.model_validate_json((tmp_path / "out.json").read_bytes()).rare_rows == 40
    for words, said in (
        (("--target", "amount"), "'amount' is a number"),
        ((), "needs a target"),
        (("--target", "fraud", "--ratio", "many"), "write it like 1:20"),
        (("--target", "fraud", "--folds", 1), "--folds: it must be"),
        (("--target", "fraud", "--model", "magic"), "--model: it must be"),
    ):
        code, _, err = simile(capsys, "augment", file, *words, "--method", "independent")
        assert code == 2
        assert said in err, err
