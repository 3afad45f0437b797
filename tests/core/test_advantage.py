"""Attacks on request as targets: by how much each surely beats its control, and what the verdict makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synth_core.scorecard import Scorecard, Target, Verdict, blocking, default_targets, not_run, verdicts
from synth_core.scores.advantage import advantage, of_attacks, of_audit
from synth_core.scores.results import Attack, AuditedPerson, ShadowAudit
from synth_core.scores.score import Score
from tests.core.scorecard_example import scorecard

TWO_SIDED_OF_THREE = 2.394 / 1.96  # Bonferroni: the quantile of 1 - 0.025 / 3 in those of 1 - 0.025
OF_TWO = 2.2414 / 1.96


def attack(name: str, **fields: Any) -> Attack:
    return Attack.model_validate({"name": name, "title": name, "unit": "points", "n": 1000} | fields)


def verdict_on(score: Score, use: str = "share") -> Verdict:
    card: Scorecard = scorecard()
    scores = [*card.privacy.scores, score]
    card = card.model_copy(update={"privacy": card.privacy.model_copy(update={"scores": scores})})
    return next(verdict for verdict in verdicts(card, default_targets(use)) if verdict.target.score == score.name)


@pytest.mark.parametrize(
    ("low", "value", "word"), [(3.0, 8.0, "fail"), (0.5, 8.0, "watch"), (-2.0, 8.0, "pass"), (0.5, 1.5, "pass")]
)
def test_what_surely_beats_its_control_by_more_than_the_use_allows_fails(low: float, value: float, word: str) -> None:
    score = of_attacks([attack("inference_sex", value=value, low=low, high=20)])
    assert score is not None
    found = verdict_on(score)
    assert found.word == word
    assert bool(blocking([found])) == (word == "fail")


def test_attacks_that_were_not_run_have_no_verdict_and_block_nothing() -> None:
    card, targets = scorecard(), default_targets("share")
    assert [one.score for one in not_run(card, targets)] == ["attack_advantage", "shadow_advantage"]
    assert not {"attack_advantage", "shadow_advantage"} & {v.target.score for v in verdicts(card, targets)}
    other = Target(score="nowhere", dimension="privacy", limit=1)
    assert verdicts(card, [other])[0].word == "not enough data"
    assert of_attacks([attack("membership_distance", value=9)]) is None


def test_the_control_s_own_interval_counts() -> None:
    shared = {"unit": "share", "value": 0.26, "low": 0.22, "high": 0.31, "control": 0.20}
    alone = advantage(attack("singling_a", **shared))
    beside = advantage(attack("singling_a", **shared, control_low=0.17, control_high=0.24))
    assert alone == pytest.approx((6, 2, 11))
    assert beside == pytest.approx((6, 6 - 100 * float(np.hypot(0.04, 0.04)), 6 + 100 * float(np.hypot(0.05, 0.03))))


def test_points_are_taken_as_they_are_and_half_a_measurement_is_none() -> None:
    whole = {"value": 6.0, "low": 2.0, "high": 11.0}
    assert advantage(attack("inference_a", **whole)) == (6, 2, 11)
    assert advantage(attack("singling_a", unit="share", **whole)) is None, "no control"
    for name in whole:
        assert advantage(attack("inference_a", **whole | {name: None})) is None


def test_the_number_of_attacks_counts_and_the_surest_is_named() -> None:
    one = of_attacks([attack("inference_a", value=6, low=2.2, high=10)])
    nothing = [attack(f"inference_{i}", value=0, low=-4, high=4) for i in "bc"]
    three = of_attacks([nothing[0], attack("singling_a", value=6, low=2.2, high=10, n=77), nothing[1]])
    assert one is not None
    assert three is not None
    assert (one.low, one.value, one.high, one.reference) == (2.2, 6, 10, 0)
    assert three.low == pytest.approx(6 - 3.8 * TWO_SIDED_OF_THREE, abs=0.01)
    assert (three.n, three.note) == (77, "singling_a; the surest of 3 attacks")
    wide = attack("inference_wide", value=50, low=-40, high=90)
    surest = of_attacks([wide, attack("inference_a", value=6, low=2.2, high=10)])
    assert surest is not None
    assert surest.value == 6, "the largest value is not the surest"


def test_attacks_without_a_control_are_not_enough_data_and_still_count_as_tried() -> None:
    bare = attack("singling_a", unit="share", value=0.5, low=0.4, high=0.6)
    nothing = of_attacks([bare])
    assert nothing is not None
    assert nothing.value is None
    assert "no attack could be held against its control" in nothing.note
    assert verdict_on(nothing).word == "not enough data"
    beside = of_attacks([bare, attack("inference_a", value=6, low=2.2, high=10)])
    assert beside is not None
    assert beside.low == pytest.approx(6 - 3.8 * OF_TWO, abs=0.01)


def shadow(name: str, value: float, low: float, high: float, **fields: Any) -> Attack:
    return attack(name, unit="AUC", value=value, low=low, high=high, control=0.5, **fields)


PERSON = AuditedPerson(row=1, why="unusual", attack="distance", right=100, low=95, high=100, sure=True)
AUDIT = ShadowAudit(
    fits=16, exposed=150, ordinary=100, learned=900, made=900, strongest="distance",
    attacks=[shadow("shadow_distance", 0.5, 0.48, 0.52)], people=[PERSON],
)  # fmt: skip


def test_one_person_who_can_surely_be_told_fails_although_the_others_cannot() -> None:
    found = of_audit(AUDIT)
    assert (found.value, found.low, found.high, found.n) == (50, 45, 50, 150 * 16)
    assert verdict_on(found).word == "fail"
    assert found.note.startswith("1 of 150 exposed people can surely be told; shadow_distance, over 150 exposed people")
    nobody = of_audit(AUDIT.model_copy(update={"people": [PERSON.model_copy(update={"sure": False})]}))
    assert nobody.value == 0
    assert verdict_on(nobody).word == "pass"
    assert "surely" not in nobody.note


def test_the_surer_of_the_whole_and_of_one_person_is_judged() -> None:
    told = [shadow("shadow_agreement", 0.95, 0.93, 0.97), shadow("shadow_distance", 0.5, 0.4, 0.6)]
    weak = PERSON.model_copy(update={"right": 80.0, "low": 60.0, "high": 90.0})
    found = of_audit(AUDIT.model_copy(update={"attacks": told, "people": [weak]}))
    assert found.value == 45
    assert found.low == pytest.approx(45 - 2 * OF_TWO, abs=0.01)
    strong = of_audit(AUDIT.model_copy(update={"attacks": told, "people": [weak, PERSON]}))
    assert (strong.value, strong.low) == (50, 45)
    assert strong.note.startswith("2 of 150")
    barely = PERSON.model_copy(update={"right": 70.25, "low": 48.5})  # -1.5 points, and the whole -2
    assert of_audit(AUDIT.model_copy(update={"people": [barely]})).value == 20.25


def test_only_attacks_on_exposed_people_are_counted_and_an_audit_that_failed_says_why() -> None:
    other = shadow("shadow_found", 1.0, 0.99, 1.0)
    found = of_audit(AUDIT.model_copy(update={"attacks": [*AUDIT.attacks, other], "people": []}))
    assert (found.value, found.low) == (0, -2)
    failed = of_audit(AUDIT.model_copy(update={"note": "not enough data: too few"}))
    assert (failed.value, failed.low, failed.n, failed.note) == (None, None, 0, "not enough data: too few")
