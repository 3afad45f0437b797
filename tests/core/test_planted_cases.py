"""Planted cases that a verdict must get right, on simulated people of whom fresh rows can be drawn."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from synth_core.codec import Codec
from synth_core.recipe import Use
from synth_core.scorecard import Scorecard, Target, default_targets, verdicts
from synth_core.scores import privacy, twins, utility
from synth_core.scores.results import Fidelity, Privacy, Utility, Validity
from synth_core.scores.score import Score
from synth_core.scores.sides import Sides
from synth_core.scores.statistics import true_positives_at
from synth_core.scores.subgroups import likeness
from synth_core.table import Column, Kind, Role, Table
from tests.core.judged_tables import changed, people

SEEDS = (0, 1)


def rows_of(seed: int) -> tuple[Table, Table, Table]:
    return people(1500, 100 + seed), people(800, 200 + seed), people(1500, 300 + seed)


def slipped(fresh: Table, rows: pd.DataFrame) -> Table:
    return fresh.with_frame(pd.concat([fresh.frame.iloc[len(rows) :], rows], ignore_index=True))


def word(score: Score) -> str:
    target = next(t for t in default_targets(Use.SHARE) if t.score == score.name)
    return verdicts(card_with(score), [target])[0].word


def people_found(train: Table, holdout: Table, made: Table, seed: int) -> dict[str, Score]:
    return {score.name: score for score in privacy.measure(Sides(train, holdout, made, seed)).scores}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [0.02, 0.05])
def test_train_rows_with_jittered_numbers_are_found(seed: int, share: float) -> None:
    train, holdout, fresh = rows_of(seed)
    rows = train.frame.sample(round(share * len(train)), random_state=seed)
    rng = np.random.default_rng(seed)
    rows = rows.assign(income=rows["income"] + rng.normal(0, 5, len(rows)), score=rows["score"] + 1e-3)
    found = people_found(train, holdout, slipped(fresh, rows), seed)
    assert word(found["near_copies"]) == "fail"
    assert found["copies"].value == 0
    assert word(people_found(train, holdout, fresh, seed)["near_copies"]) == "pass"


@pytest.mark.parametrize("seed", SEEDS)
def test_one_in_fifty_of_train_is_found_in_a_release_ten_times_as_large(seed: int) -> None:
    train, holdout, _ = rows_of(seed)
    large = people(15_000, 400 + seed)
    found = people_found(train, holdout, slipped(large, train.frame.iloc[:30]), seed)
    assert word(found["copies"]) == "pass"  # 30 of 15,000 rows
    assert word(found["near_copies"]) == "fail"  # but 30 of 1,500 people


@pytest.mark.parametrize("seed", SEEDS)
def test_a_copied_holdout_is_found_and_a_fresh_release_is_not_accused(seed: int) -> None:
    train, holdout, fresh = rows_of(seed)
    found = people_found(train, holdout, slipped(fresh, holdout.frame.iloc[:200]), seed)
    assert word(found["holdout_copies"]) == "fail"
    assert "held out" in found["holdout_copies"].note
    assert word(people_found(train, holdout, fresh, seed)["holdout_copies"]) == "pass"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_duplicated_group_repeats_rows(seed: int) -> None:
    train, holdout, fresh = rows_of(seed)
    east = np.flatnonzero(fresh.frame["region"] == "east")
    place = np.arange(len(fresh))
    place[east] = np.resize(east[: len(east) // 2], len(east))
    score = twins.measure(Sides(train, holdout, fresh.rows(place), seed))
    assert word(score) == "fail"
    assert score.value == pytest.approx(100 * len(east) / len(fresh), abs=1)  # each of them has one twin
    assert word(twins.measure(Sides(train, holdout, fresh, seed))) == "pass"


def test_rare_values_that_protection_merged_are_no_repeated_rows() -> None:
    train = rows_of(0)[0]
    codes = np.random.default_rng(5).integers(0, 2_000, len(train))
    place = pd.Series(np.where(codes < 1_000, np.char.add("town ", codes.astype(str)), "city"))
    column = Column(name="place", kind=Kind.CATEGORY)
    real = Table(train.frame[["region"]].assign(place=place.astype(object)), (train.column("region"), column))
    codec = Codec.fit(real, seed=3)
    shown = real.with_frame(codec.decode(codec.encode(real.frame)))
    score = twins.measure(Sides(real, real.rows(np.arange(0)), shown, 0))
    assert score.value > 2 * plain_rate(real)
    assert word(score) == "pass"
    assert "rare values merged" in score.note


def plain_rate(table: Table) -> float:
    """Return how many equal others 100 rows have, counted by hand."""
    size = table.frame.value_counts()
    return float(100 * (size * (size - 1)).sum() / len(table))


def test_rows_that_are_common_among_real_people_may_repeat() -> None:
    names = ("region", "grade", "bought")
    train, holdout, fresh = (table.select(names) for table in rows_of(0))
    score = twins.measure(Sides(train, holdout, fresh, 0))
    assert score.value is not None
    assert score.value > 1000
    assert word(score) == "pass"


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_swapped_in_one_region_fail_the_group_that_they_harm(seed: int) -> None:
    train, holdout, fresh = rows_of(seed)
    swapped = fresh.frame["bought"].map({"yes": "no", "no": "yes"})
    east = fresh.frame["region"] == "east"
    made = changed(fresh, bought=fresh.frame["bought"].where(~east, swapped))
    found = utility.measure(Sides(train, holdout, made, seed))
    score = found.scores[1]
    assert score.name == "subgroup_loss"
    assert word(score) == "fail"
    assert (found.groups[0].column, found.groups[0].label) == ("region", "east")
    assert word(utility.measure(Sides(train, holdout, fresh, seed)).scores[1]) == "pass"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_group_drawn_from_somebody_else_is_the_worst_group(seed: int) -> None:
    train, holdout, fresh = rows_of(seed)
    frame = fresh.frame.copy()
    south = np.flatnonzero(frame["region"] == "south")
    others = np.random.default_rng(seed).choice(np.flatnonzero(frame["score"] > 1), len(south))
    for name in ("income", "score", "grade"):
        frame.loc[frame.index[south], name] = frame[name].to_numpy()[others]
    score, groups = likeness(Sides(train, holdout, fresh.with_frame(frame), seed))
    assert word(score) == "fail"
    assert (groups[0].column, groups[0].label) == ("region", "south")
    assert score.baseline is not None
    fine, _ = likeness(Sides(train, holdout, fresh, seed))
    assert word(fine) == "pass"


def test_groups_with_fewer_than_fifty_rows_get_no_claim() -> None:
    train, holdout, fresh = rows_of(0)
    few = holdout.rows(np.flatnonzero((holdout.frame["region"] != "west") | (np.arange(len(holdout)) % 8 == 0)))
    _, groups = likeness(Sides(train, few, fresh, 0))
    west = next(group for group in groups if group.label == "west")
    assert west.shape is None
    assert "held-out rows of this group, at least 50" in west.note


def test_real_extremes_that_are_repeated_are_found() -> None:
    train, holdout, fresh = rows_of(0)
    score = fresh.frame["score"].to_numpy().copy()
    score[:15] = np.sort(train.frame["score"])[-1]
    found = people_found(train, holdout, changed(fresh, score=score), 0)
    assert word(found["literals"]) == "fail"
    assert "score: 15" in found["literals"].note


def test_rare_words_of_real_people_are_held_against_what_fresh_people_share() -> None:
    """Every tenth word is rare in train; fresh rows have such words too, a release of nothing else is a leak."""
    train, holdout, fresh = rows_of(0)
    words = np.array([f"w{i}" for i in range(400)], dtype=object)

    def worded(table: Table, seed: int) -> Table:
        return changed(table, region=np.random.default_rng(seed).choice(words, len(table)))

    sides = [worded(table, seed) for seed, table in enumerate((train, holdout, fresh))]
    fair = people_found(sides[0], sides[1], sides[2], 0)["literals"]
    assert fair.value is not None
    assert fair.value > 100
    assert word(fair) == "pass"
    counts = sides[0].frame["region"].value_counts()
    leaked = changed(fresh, region=np.resize(counts.index[counts < 3].to_numpy(), len(fresh)))
    assert word(people_found(sides[0], sides[1], leaked, 0)["literals"]) == "fail"


def test_few_others_give_a_wide_interval_of_true_positives() -> None:
    rng = np.random.default_rng(0)
    wide = [true_positives_at(rng.normal(size=5000), rng.normal(size=120)) for _ in range(40)]
    assert sum(found.low <= 0.01 <= found.high for found in wide) >= 38
    narrow = true_positives_at(rng.normal(size=5000), rng.normal(size=5000))
    assert narrow.high - narrow.low < 0.012


def test_a_lower_end_within_its_limit_passes_unless_the_difference_is_sure() -> None:
    target = Target(score="s", dimension="fidelity", limit=4, above_floor=True, judged="low")
    known = {"name": "s", "dimension": "fidelity", "question": "?", "reference": 3.0}
    words = []
    for value, low in ((5.0, 4.0), (9.0, 2.0), (9.0, 4.0), (12.0, 8.0)):
        score = Score.model_validate(known | {"value": value, "low": low, "high": 2 * value - low})
        card = card_with(score)
        (verdict,) = verdicts(card, [target])
        words.append(verdict.word)
    assert words == ["pass", "pass", "watch", "fail"]


def card_with(score: Score) -> Scorecard:
    return Scorecard(
        made=datetime.now(UTC),
        table="t",
        rows_train=1,
        rows_holdout=1,
        rows_synthetic=1,
        fidelity=Fidelity(scores=[score], columns=[]),
        utility=Utility(scores=[]),
        privacy=Privacy(scores=[]),
        validity=Validity(scores=[]),
    )


def test_a_group_that_the_release_lost_is_no_pass() -> None:
    rng = np.random.default_rng(0)
    sick = rng.random(4_000) < 0.1
    frame = pd.DataFrame({"sick": np.where(sick, "yes", "no"), "x": rng.normal(size=4_000)}).astype({"sick": object})
    columns = (
        Column(name="sick", kind=Kind.CATEGORY, role=Role.SENSITIVE),
        Column(name="x", kind=Kind.NUMBER),
    )
    train, holdout = Table(frame[:3_000], columns), Table(frame[3_000:].reset_index(drop=True), columns)
    assert likeness(Sides(train, holdout, train, 0))[0].value is not None
    score, groups = likeness(Sides(train, holdout, train.rows(np.flatnonzero(~sick[:3_000])), 0))
    assert score.value is None
    assert score.note.startswith("not enough data: sick = yes has 0 of")
    assert [group.label for group in groups] == ["no", "yes"]
