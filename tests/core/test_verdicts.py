"""The rule of the verdict and the default targets, by hand: where pass ends, what watch forgives, what blocks."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from synth_core.recipe import Use
from synth_core.scorecard import Scorecard, Target, Verdict, blocking, default_targets, verdicts
from synth_core.scores.results import AddedRows
from synth_core.scores.score import Score
from tests.core.scorecard_example import scorecard

CARD = scorecard()
LIMIT_5 = Target(score="s", dimension="fidelity", limit=5)
HIGH_55 = Target(score="s", dimension="fidelity", limit=0.55, judged="high")
FLOOR_1 = Target(score="s", dimension="fidelity", limit=1, above_floor=True)
COPIES = Target(score="s", dimension="privacy", limit=0.5, above_floor=True)
SURE_2 = Target(score="s", dimension="privacy", limit=2, judged="low")
SURE_FLOOR = Target(score="s", dimension="privacy", limit=0, above_floor=True, judged="low")
NONE = Target(score="s", dimension="validity", limit=0)

CASES: list[tuple[Target, dict[str, Any], str, float | None]] = [
    (LIMIT_5, {"value": 2, "low": 1, "high": 3, "reference": 0}, "pass", 3),
    (LIMIT_5, {"value": 4, "low": 2, "high": 6, "reference": 0}, "watch", 1),
    (LIMIT_5, {"value": 4, "low": 3, "high": 5, "reference": 0}, "pass", 1),
    (LIMIT_5, {"value": 4.8, "low": 4.7, "high": 4.9, "reference": 0}, "watch", 0.2),
    (LIMIT_5, {"value": 4.4, "low": 4.3, "high": 4.5, "reference": 0}, "pass", 0.6),
    (LIMIT_5, {"value": 4.8, "low": 4.7, "high": 4.9, "reference": 3}, "pass", 0.2),  # last tenth of the way from 3
    (LIMIT_5, {"value": 4.85, "low": 4.8, "high": 4.9, "reference": 3}, "watch", 0.15),
    (LIMIT_5, {"value": 5, "reference": 0}, "watch", 0),
    (LIMIT_5, {"value": 5, "high": 9, "reference": 5}, "pass", 0),  # no way from the reference to the limit
    (LIMIT_5, {"value": 7, "low": 1, "high": 13, "reference": 0}, "fail", -2),
    (LIMIT_5, {"value": 7, "low": -1, "high": 15, "reference": 0}, "watch", -2),
    (LIMIT_5, {"value": 7, "low": 0, "high": 14, "reference": 0}, "watch", -2),
    (LIMIT_5, {"value": 7, "low": -1, "high": 15}, "fail", -2),  # nothing is known about real rows
    (LIMIT_5, {"value": 7}, "fail", -2),
    (LIMIT_5, {"value": None}, "not enough data", None),
    (LIMIT_5, {"value": float("nan")}, "not enough data", None),
    (HIGH_55, {"value": 0.51, "low": 0.49, "high": 0.53, "reference": 0.5}, "pass", 0.02),
    (HIGH_55, {"value": 0.52, "low": 0.51, "high": 0.549, "reference": 0.5}, "pass", 0.001),  # its end is judged
    (HIGH_55, {"value": 0.54, "low": 0.52, "high": 0.56, "reference": 0.5}, "fail", -0.01),
    (HIGH_55, {"value": 0.51, "low": 0.46, "high": 0.56, "reference": 0.5}, "watch", -0.01),
    (HIGH_55, {"value": 0.51, "low": 0.46, "high": float("nan"), "reference": 0.5}, "not enough data", None),
    (HIGH_55, {"value": 0.56, "reference": 0.5}, "fail", -0.01),
    (FLOOR_1, {"value": 2.5, "low": 2.4, "high": 2.6, "reference": 2}, "pass", 0.5),
    (FLOOR_1, {"value": 0.5}, "pass", 0.5),
    (FLOOR_1, {"value": 1.5}, "fail", -0.5),
    (FLOOR_1, {"value": 3.5, "low": 3.4, "high": 3.6, "reference": 2}, "fail", -0.5),
    # the floor is measured as well: 3 x sqrt(2) / 1.96 = 2.16 reaches of one side
    (FLOOR_1, {"value": 3.5, "low": 2.8, "high": 4.2, "reference": 2}, "watch", -0.5),
    (FLOOR_1, {"value": 3.5, "low": 2.82, "high": 4.2, "reference": 2}, "fail", -0.5),
    (COPIES, {"value": 3.5, "low": 2.8, "high": 4.2, "reference": 2}, "fail", -1),  # privacy forgives one reach only
    (COPIES, {"value": 3.5, "low": 2, "high": 4.2, "reference": 2}, "watch", -1),
    (SURE_2, {"value": 9, "low": 2.1, "high": 20, "reference": 0}, "fail", -0.1),
    (SURE_2, {"value": 9, "low": 2, "high": 20, "reference": 0}, "watch", 0),
    (SURE_2, {"value": 9, "low": 0, "high": 20, "reference": 0}, "pass", 2),
    (SURE_2, {"value": 2, "low": 1, "high": 20, "reference": 0}, "pass", 1),
    (SURE_2, {"value": 9, "low": 0.5, "high": 20}, "watch", 1.5),
    (SURE_2, {"value": 9, "high": 20}, "fail", -7),
    (SURE_FLOOR, {"value": 3, "low": 3, "high": 3, "reference": 3}, "pass", 0),
    (SURE_FLOOR, {"value": 4, "low": 3.5, "high": 5, "reference": 3}, "fail", -0.5),
    (NONE, {"value": 0}, "pass", 0),
    (NONE, {"value": 1}, "fail", -1),
]


def card_with(score: Score) -> Scorecard:
    return CARD.model_copy(update={"fidelity": CARD.fidelity.model_copy(update={"scores": [score]})})


def verdict_on(target: Target, **fields: Any) -> Verdict:
    score = Score.model_validate({"name": "s", "dimension": "fidelity", "question": "?", "value": None} | fields)
    return verdicts(card_with(score), [target])[0]


@pytest.mark.parametrize(("target", "fields", "word", "margin"), CASES)
def test_a_verdict_follows_the_rule(target: Target, fields: dict[str, Any], word: str, margin: float | None) -> None:
    found = verdict_on(target, **fields)
    assert found.word == word
    assert found.margin == (None if margin is None else pytest.approx(margin))
    assert (found.judged is None, found.limit is None) == (margin is None, margin is None)
    assert found.sentence.endswith(".") or word == "not enough data"


@pytest.mark.parametrize(
    ("target", "fields", "said"),
    [
        (
            FLOOR_1,
            {"value": 3.5, "low": 3.4, "high": 3.6, "reference": 2, "unit": "%"},
            "The value is 3.5 %, beyond the limit of 3 % (real rows 2 % + 1).",
        ),
        (
            HIGH_55,
            {"value": 0.51, "low": 0.46, "high": 0.56, "reference": 0.5, "unit": "AUC"},
            "The upper end of the interval is 0.56, beyond the limit of 0.55, but so might real rows be that"
            " nobody trained on, as far as these rows can tell.",
        ),
        (
            SURE_2,
            {"value": 9, "low": 2, "high": 20, "reference": 0, "unit": "points"},
            "The lower end of the interval is 2 points, within the limit of 2 points, but the value is beyond it.",
        ),
        (SURE_2, {"value": 1}, "The value is 1, within the limit of 2."),
        (LIMIT_5, {"value": 4.8}, "The value is 4.8, within the limit of 5, but only just."),
        (
            LIMIT_5,
            {"value": 4, "high": 6},
            "The value is 4, within the limit of 5, but its interval reaches beyond.",
        ),
        (NONE, {"value": 12345, "unit": "rows"}, "The value is 12,345 rows, beyond the limit of 0 rows."),
        (NONE, {"value": 1000, "unit": "rows"}, "The value is 1,000 rows, beyond the limit of 0 rows."),
        (NONE, {"value": None}, "not enough data: the scorecard has no such score"),
        (NONE, {"value": None, "note": "two rows"}, "not enough data: two rows"),
        (NONE, {"value": None, "note": "not enough data: two rows"}, "not enough data: two rows"),
        (NONE, {"value": float("nan")}, "not enough data: the score is not a number"),
    ],
)
def test_a_verdict_says_what_was_held_against_what(target: Target, fields: dict[str, Any], said: str) -> None:
    assert verdict_on(target, **fields).sentence == said


def test_a_limit_is_a_number() -> None:
    for limit in (float("nan"), float("inf")):
        with pytest.raises(ValidationError):
            Target(score="s", dimension="fidelity", limit=limit)


# score: limits in the order of the uses, what is judged, what it is added to
DEFAULTS: dict[str, tuple[tuple[float | None, ...], str, bool]] = {
    "shape": ((2, 1, 1, 2), "value", True),
    "pairs": ((2, 1, 1, 2), "value", True),
    "c2st": ((None, 0.65, 0.65, 0.75), "value", False),
    "repeats": ((5, 1, 1, 5), "low", True),
    "subgroup_shape": ((8, 4, 4, 8), "low", True),
    "tstr_loss": ((None, 5, 5, 10), "value", False),
    "subgroup_loss": ((30, 10, 10, 20), "low", False),
    "membership_auc": ((0.6, 0.55, 0.6, 0.65), "high", False),
    "membership_tpr": ((0.05, 0.03, 0.05, 0.1), "value", False),
    "copies": ((1, 0.5, 1, 2), "value", True),
    "near_copies": ((1, 0.5, 1, 2), "value", True),
    "holdout_copies": ((1, 0.5, 1, 2), "low", True),
    "literals": ((0, 0, 0, 0), "low", True),
    "attack_advantage": ((5, 2, 5, 10), "low", False),
    "shadow_advantage": ((5, 2, 5, 10), "low", False),
    "rules_broken": ((0, 0, 0, 0), "value", False),
    "keys_repeated": ((0, 0, 0, 0), "value", False),
}
USES = (Use.DEVELOP, Use.SHARE, Use.TRAIN, Use.EXPLORE)
ON_REQUEST = {"attack_advantage", "shadow_advantage"}


@pytest.mark.parametrize("use", USES)
def test_the_default_targets_are_those_that_the_design_set(use: Use) -> None:
    found = {target.score: target for target in default_targets(use.value)}
    wanted = {name: row for name, row in DEFAULTS.items() if row[0][USES.index(use)] is not None}
    assert found.keys() == wanted.keys()
    for name, (limits, judged, above) in wanted.items():
        target = found[name]
        assert (target.limit, target.judged, target.above_floor) == (limits[USES.index(use)], judged, above), name
        always = target.dimension in ("privacy", "validity")
        assert target.gate == (always or use in (Use.SHARE, Use.TRAIN)), name
        assert target.when_run == (name in ON_REQUEST), name
        assert target.dimension == dimension_of(name)


def dimension_of(name: str) -> str:
    if name in ("shape", "pairs", "c2st", "repeats", "subgroup_shape"):
        return "fidelity"
    if name in ("tstr_loss", "subgroup_loss"):
        return "utility"
    return "validity" if name in ("rules_broken", "keys_repeated") else "privacy"


def test_what_blocks_a_release() -> None:
    def of(word: str, dimension: str, gate: bool = True) -> Verdict:
        target = Target(score="s", dimension=dimension, limit=1, gate=gate)  # type: ignore[arg-type]
        return Verdict(target=target, word=word, judged=None, limit=None, margin=None, sentence="")  # type: ignore[arg-type]

    assert blocking([of("fail", "utility")])
    assert blocking([of("not enough data", "privacy")])
    for passed in (
        of("fail", "utility", gate=False),
        of("not enough data", "privacy", gate=False),
        of("not enough data", "fidelity"),
        of("not enough data", "validity"),
        of("watch", "privacy"),
        of("pass", "privacy"),
    ):
        assert not blocking([passed]), passed


def test_rows_edited_by_hand_are_held_to_privacy_and_rules_only() -> None:
    edited = CARD.model_copy(update={"what_if": ["income doubled"]})
    judged = {verdict.target.dimension for verdict in verdicts(edited, default_targets("share"))}
    assert judged == {"privacy", "validity"}
    assert {verdict.target.dimension for verdict in verdicts(CARD, default_targets("share"))} > judged


def test_rows_of_one_class_are_not_held_to_use_by_group() -> None:
    gain = (0.1, 0.0, 0.2)
    added = AddedRows(
        label="yes", real_rows=10, added_rows=5, tested=9, found=3, auc_real=0.6, auc_both=0.7, auc_gain=gain,
        pr_real=0.1, pr_both=0.2, pr_gain=gain,
    )  # fmt: skip
    alone = CARD.model_copy(update={"utility": CARD.utility.model_copy(update={"added": added})})
    names = [verdict.target.score for verdict in verdicts(CARD, default_targets("share"))]
    assert [verdict.target.score for verdict in verdicts(alone, default_targets("share"))] == [
        name for name in names if name != "subgroup_loss"
    ]
