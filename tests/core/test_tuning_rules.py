"""Remedies: for each failed target the first that applies and was not tried, with the sentence that says so."""

from __future__ import annotations

import pytest

from synth_core.constraints.kinds import parse
from synth_core.recipe import Recipe
from synth_core.scores.results import RuleAdherence
from synth_core.tuning.fights import fight_in
from synth_core.tuning.moves import MOVES, Case, Facts, group_size
from synth_core.tuning.record import Held, Try
from synth_core.tuning.remedies import REMEDIES, propose
from synth_core.tuning.standing import failed_words, gained_words, shortfall_of
from tests.core.tuning_examples import attempt, held, tuning

ENGINES = ("trees", "copula", "bayesian_network", "independent")


def trees(**params: object) -> Recipe:
    return Recipe(method="trees", rows=2_000, params=params)


def moved(name: str, recipe: Recipe, target: str = "c2st", base: Try | None = None, **facts: object) -> Recipe | None:
    start = base or attempt(1, recipe, held(target))
    known = {"tries": (start,), "engines": ENGINES, "learned": 1_000} | facts
    change = MOVES[name](Case(start, held(target), Facts(**known)))  # type: ignore[arg-type]
    return None if change is None else change.recipe


def rule_kept(rule_id: str, how: str, **fields: object) -> RuleAdherence:
    known = {"id": rule_id, "sentence": "s", "hard": True, "severity": "error", "how": how, "real": 1.0, "raw": 0.9,
             "final": 1.0, "broken": 0}  # fmt: skip
    return RuleAdherence.model_validate(known | fields)


def test_a_try_that_was_taken_back_is_not_the_best() -> None:
    tries = [
        attempt(1, trees(), held("c2st", excess=0.5), kept=True),
        attempt(2, trees(leaf=9), held("c2st", excess=0.495)),
    ]
    best = tuning(*tries).best
    assert best is not None
    assert best.number == 1


def test_every_remedy_in_the_table_is_a_move_and_every_move_is_in_the_table() -> None:
    named = {name for remedies in REMEDIES.values() for name in remedies}
    assert named == set(MOVES)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("turn the dial towards private", {}, {"privacy": "strict"}),
        ("turn the dial towards faithful", {}, {"privacy": "balanced"}),
        ("turn the dial towards faithful", {"privacy": "strict"}, {}),
        ("smaller leaves", {"leaf": 40}, {"leaf": 20}),
        ("larger leaves", {"leaf": 40}, {"leaf": 80}),
        ("another order of columns", {}, {"order": "related last"}),
        ("calibrate more", {"candidates": 1}, {}),
        ("calibrate more", {}, {"candidates": 6}),
        ("more trees", {}, {"trees": 20}),
        ("smooth more", {}, {"smoothing": 1.5}),
        ("smooth less", {}, {"smoothing": 0.5}),
    ],
)
def test_a_move_of_trees_changes_one_setting(name: str, before: dict[str, object], after: dict[str, object]) -> None:
    found = moved(name, trees(**before))
    assert found is not None
    assert found.params == after
    assert found.method == "trees"


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("turn the dial towards private", {"privacy": "strict"}),
        ("turn the dial towards faithful", {"leaf": 30}),
        ("larger leaves", {"leaf": 100_000}),
        ("calibrate more", {"candidates": 10}),
        ("more trees", {"trees": 40}),
        ("smooth more", {"smoothing": 2.0}),
        ("smooth less", {"smoothing": 0.0}),
        ("release fewer rows", {}),
        ("protect rare values", {}),
        ("learn longer", {}),
    ],
)
def test_a_move_that_does_not_apply_is_left_out(name: str, before: dict[str, object]) -> None:
    assert moved(name, trees(**before)) is None


def test_other_engines_have_groups_of_their_own() -> None:
    network = moved("larger leaves", Recipe(method="bayesian_network"))
    copula = moved("smaller leaves", Recipe(method="copula"))
    assert network is not None
    assert copula is not None
    assert network.params == {"support": 40}
    assert copula.params == {"smallest_group": 125}
    assert moved("smaller leaves", Recipe(method="independent")) is None


def test_between_a_leaf_that_fails_and_one_that_holds_the_middle_is_tried_and_no_further_where_it_did_not_help() -> (
    None
):
    small = attempt(1, trees(leaf=10), held("membership_auc"))
    large = attempt(2, trees(leaf=40), held("membership_auc", "pass"), held("c2st"))
    found = moved("larger leaves", small.recipe, "membership_auc", small, tries=(small, large))
    assert found is not None
    assert found.params == {"leaf": 20}
    helpless = attempt(2, trees(leaf=40), held("membership_auc"))
    assert moved("larger leaves", small.recipe, "membership_auc", small, tries=(small, helpless)) is None


def test_the_leaf_of_a_stop_of_the_dial_counts_as_tried() -> None:
    private, strict = trees(), trees(privacy="strict")
    sizes = group_size(private, 1_000), group_size(strict, 1_000)
    assert sizes[0] is not None
    assert sizes[1] is not None
    base = attempt(1, private, held("membership_auc"))
    far = attempt(2, strict, held("membership_auc", "pass"), held("c2st"))
    found = moved("larger leaves", private, "membership_auc", base, tries=(base, far))
    assert found is not None
    assert sizes[0] < found.params["leaf"] < sizes[1]


def test_a_network_learns_longer_only_where_there_is_time_and_the_log_says_when_there_is_not() -> None:
    base = attempt(1, Recipe(method="ctgan", params={"epochs": 5}), held("c2st", excess=3), learning=5.0)
    facts = Facts(tries=(base,), engines=ENGINES, learned=1_000, seconds_left=3_000)
    found = propose(base, facts)
    assert found is not None
    assert (found.move, found.recipe.params) == ("learn longer", {})  # 300 epochs are its usual number
    found = propose(base, Facts(tries=(base,), engines=ENGINES, learned=1_000, seconds_left=100))
    assert found is not None
    assert (found.move, found.recipe.method) == ("another engine", "trees")
    assert found.passed == (
        "Learning longer was left out: 75 epochs would take about 75 s, and 2 min are left.",
    )  # fmt: skip
    assert found.sentence == "Another engine: Sequential trees instead of CTGAN (neural network)."


def test_a_target_that_is_far_off_asks_for_another_engine_first_unless_it_is_the_advised_one() -> None:
    far = attempt(1, Recipe(method="copula"), held("c2st", excess=2))
    near = attempt(1, Recipe(method="copula"), held("c2st", excess=0.2))
    advised = attempt(1, trees(), held("c2st", excess=2))
    found = [propose(base, Facts(tries=(base,), engines=ENGINES, learned=1_000)) for base in (far, near, advised)]
    assert [one and one.move for one in found] == ["another engine", "smaller leaves", "calibrate more"]


def test_independent_columns_are_tried_for_privacy_only_and_networks_only_with_time() -> None:
    tried = tuple(attempt(n, Recipe(method=name), held("c2st")) for n, name in enumerate(ENGINES[:3], start=1))
    assert moved("another engine", tried[0].recipe, "c2st", tried[0], tries=tried) is None
    private = moved("another engine", tried[0].recipe, "membership_auc", tried[0], tries=tried)
    assert private is not None
    assert private.method == "independent"
    more = (*ENGINES[:3], "diffusion")
    assert (
        moved("another engine", tried[0].recipe, "c2st", tried[0], tries=tried, engines=more, seconds_left=60.0) is None
    )
    found = moved("another engine", tried[0].recipe, "c2st", tried[0], tries=tried, engines=more, seconds_left=600.0)
    assert found is not None
    assert found.method == "diffusion"
    assert found.params["minutes"] == pytest.approx(3.3)


def test_fewer_rows_are_released_only_where_that_is_allowed() -> None:
    recipe = Recipe(method="trees", rows=5_000)
    assert moved("release fewer rows", recipe, "membership_auc") is None
    found = moved("release fewer rows", recipe, "membership_auc", fewer_rows=True)
    assert found is not None
    assert found.rows == 2_500


def test_protection_is_switched_on_for_columns_without_it() -> None:
    base = attempt(1, trees(), held("literals"))
    found = propose(base, Facts(tries=(base,), engines=ENGINES, unprotected=("income", "city")))
    assert found is not None
    assert found.protected == ("income", "city")
    assert found.sentence == "Rare values and extremes protected in 'income', 'city'."


def test_a_rule_that_was_only_checked_is_kept_and_one_that_is_repaired_much_is_kept_another_way() -> None:
    rule = {"type": "inequality", "id": "order", "low_column": "start", "high_column": "end"}
    checked = parse(rule | {"enforcement": "check_only"})
    base = attempt(1, Recipe(constraints=[checked]), held("rules_broken"))
    found = propose(base, Facts(tries=(base,), rules=(rule_kept("order", "check_only", broken=9),)))
    assert found is not None
    assert [one.enforcement for one in found.recipe.constraints] == ["auto"]
    repaired = attempt(1, Recipe(rows=1_000, constraints=[parse(rule)]), held("shape"))
    kept = moved(
        "keep a rule another way",
        repaired.recipe,
        "shape",
        repaired,
        rules=(rule_kept("order", "repair", repaired=300),),
    )
    assert kept is not None
    assert kept.constraints[0].enforcement in kept.constraints[0].ways
    assert kept.constraints[0].enforcement != "repair"
    few = (rule_kept("order", "repair", repaired=3),)
    assert moved("keep a rule another way", repaired.recipe, "shape", repaired, rules=few) is None


def test_a_try_without_a_result_is_made_shorter_or_by_another_engine() -> None:
    base = Try(number=1, recipe=Recipe(method="ctgan"), changed="x", problem="too long")
    found = propose(base, Facts(tries=(base,), engines=ENGINES))
    assert found is not None
    assert (found.move, found.recipe.params) == ("learn shorter", {"epochs": 100})
    few = Try(number=1, recipe=Recipe(method="ctgan", params={"epochs": 5}), changed="x", problem="too long")
    found = propose(few, Facts(tries=(few,), engines=ENGINES))
    assert found is not None
    assert (found.move, found.recipe.method) == ("another engine", "trees")


def test_what_was_tried_is_not_tried_again_and_in_the_end_nothing_is_left() -> None:
    base = attempt(1, trees(), held("repeats"))
    tries, moves = [base], []
    while (found := propose(base, Facts(tries=tuple(tries), engines=ENGINES, learned=1_000))) is not None:
        moves.append(found.move)
        tries.append(attempt(len(tries) + 1, found.recipe, held("repeats")))
        assert len(tries) < 30
    assert moves == ["smooth more", "more trees", "larger leaves", "another engine", "another engine"]


def test_missed_gates_weigh_more_than_what_only_might_be_missed() -> None:
    assert shortfall_of([held("c2st", excess=0.5)]) == 1.5
    assert shortfall_of([held("c2st", excess=9)]) == 5
    assert shortfall_of([held("c2st").model_copy(update={"gate": False})]) == 0.75
    assert 0.1 < shortfall_of([held("near_copies", "watch", excess=0.5)]) < 0.2
    assert shortfall_of([held("near_copies", "watch", excess=-0.1)]) == 0.02
    assert shortfall_of([held("membership_auc", "not enough data")]) == 1
    assert shortfall_of([held("shape", "pass")]) == 0


def test_the_log_says_what_failed_and_what_it_gained() -> None:
    before = (held("c2st", judged=0.99, limit=0.65, excess=2.3), held("membership_auc", "pass", judged=0.52))
    after = (held("c2st", "pass", judged=0.551, limit=0.65), held("membership_auc", judged=0.56, limit=0.55))
    assert failed_words(before, "c2st") == "Told apart (C2ST): 0.99, beyond 0.65."
    told = gained_words(before, after, kept=False)
    assert told == (
        "Still 1 target failing; told apart (C2ST) 0.99 → 0.551; the membership attack 0.52 → 0.56. Taken back."
    )
    assert gained_words(before[:1], after[:1], kept=True).startswith("1 target failed, now none")


def stand(number: int, c2st: str, attack: str) -> Try:
    return attempt(
        number, trees(leaf=number), held("c2st", c2st), held("membership_auc", attack), held("shape", "pass")
    )


def test_two_targets_that_no_try_held_together_fight() -> None:
    tries = [stand(1, "fail", "pass"), stand(2, "pass", "fail"), stand(3, "fail", "pass")]
    found = fight_in(tries, tries[0])
    assert found is not None
    assert {found.one, found.other} == {"c2st", "membership_auc"}
    assert "No try held both" in found.sentence
    assert "held in 2 tries" in found.sentence
    assert fight_in([*tries, stand(4, "pass", "pass")], tries[0]) is None
    assert fight_in([stand(1, "fail", "pass"), stand(2, "fail", "fail")], stand(1, "fail", "pass")) is None


def test_a_target_that_never_held_pulls_against_the_one_that_got_worse_as_it_got_better() -> None:
    def at(number: int, one: float, other: float) -> Try:
        stands: list[Held] = [held("c2st", excess=one), held("membership_auc", "fail" if other > 0 else "pass")]
        stands[1] = stands[1].model_copy(update={"excess": other})
        return attempt(number, trees(leaf=number), *stands)

    tries = [at(1, 0.9, -0.5), at(2, 0.6, -0.1), at(3, 0.4, 0.2), at(4, 0.2, 0.6)]
    found = fight_in(tries, tries[1])
    assert found is not None
    assert {found.one, found.other} == {"c2st", "membership_auc"}
    assert "pull against each other" in found.sentence
