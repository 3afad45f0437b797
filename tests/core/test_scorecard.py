"""The verdict must be right: planted cases, edges, and what the scorecard's file holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.constraints.base import Constraint
from synth_core.errors import Cancelled, InputError, TableError
from synth_core.judging import judge
from synth_core.recipe import Use
from synth_core.scorecard import Scorecard, blocking, default_targets, verdicts
from synth_core.table import Column, Kind, Role, Table
from tests.core.judged_tables import bootstrap, changed, independent, people

TRAIN, HOLDOUT = people(1500, 11), people(1000, 12)


class AgeAtLeast(Constraint):
    """A minimal hard rule."""

    type: str = "age_at_least"
    low: int = 18

    @property
    def columns_used(self) -> tuple[str, ...]:
        return ("age",)

    def sentence(self) -> str:
        return f"age is at least {self.low}"

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        return frame["age"] < self.low


def words(card: Scorecard, use: Use = Use.SHARE) -> dict[str, str]:
    return {verdict.target.score: verdict.word for verdict in verdicts(card, default_targets(use))}


@pytest.fixture(scope="module")
def fresh() -> Scorecard:
    return judge(people(4000, 11), people(2000, 12), people(4000, 13), rules=[AgeAtLeast()])


@pytest.fixture(scope="module")
def copied() -> Scorecard:
    return judge(TRAIN, HOLDOUT, bootstrap(TRAIN, 1000))


@pytest.fixture(scope="module")
def careless() -> Scorecard:
    return judge(TRAIN, HOLDOUT, independent(TRAIN, 1000))


def test_a_fresh_real_sample_passes_every_target(fresh: Scorecard) -> None:
    assert set(words(fresh).values()) == {"pass"}


def test_a_bootstrap_of_train_fails_privacy(copied: Scorecard) -> None:
    found = words(copied)
    assert (found["membership_auc"], found["membership_tpr"], found["copies"]) == ("fail", "fail", "fail")
    assert found["shape"] != "fail"


def test_independent_columns_pass_privacy_and_fail_fidelity_and_utility(careless: Scorecard) -> None:
    found = words(careless)
    assert (found["membership_auc"], found["copies"]) == ("pass", "pass")
    assert found["membership_tpr"] != "fail"  # the largest of three attacks on a few rows: watch now and then
    assert (found["pairs"], found["c2st"], found["tstr_loss"]) == ("fail", "fail", "fail")
    assert found["shape"] != "fail"


def test_a_shuffled_target_fails_utility_only() -> None:
    other = people(1000, 4)
    shuffled = changed(other, bought=np.random.default_rng(0).permutation(other.frame["bought"]))
    found = words(judge(TRAIN, HOLDOUT, shuffled))
    assert found["tstr_loss"] == "fail"
    assert "fail" not in (found["shape"], found["membership_auc"], found["copies"])


def test_train_rows_slipped_in_are_found() -> None:
    other = people(1000, 5)
    slipped = other.with_frame(pd.concat([other.frame.iloc[:950], TRAIN.frame.iloc[:50]]))
    assert words(judge(TRAIN, HOLDOUT, slipped))["copies"] == "fail"


def test_one_broken_row_fails_validity() -> None:
    other = people(1000, 6)
    age = other.frame["age"].to_numpy().copy()
    age[7] = 3
    card = judge(TRAIN, HOLDOUT, changed(other, age=age), rules=[AgeAtLeast()])
    assert card.scores["rules_broken"].value == 1
    assert words(card)["rules_broken"] == "fail"


def test_few_held_out_rows_are_no_claim() -> None:
    card = judge(TRAIN, HOLDOUT.rows(np.arange(40)), people(400, 3))
    found = words(card)
    assert {found[name] for name in ("shape", "pairs", "c2st", "tstr_loss", "membership_auc")} == {"not enough data"}
    assert "40 held-out rows" in card.scores["shape"].note


@pytest.mark.parametrize("holdout", [None, HOLDOUT.rows(np.arange(0))])
def test_without_a_holdout_the_rest_is_still_judged(holdout: Table | None) -> None:
    card = judge(TRAIN, holdout, people(400, 3))
    assert card.scores["shape"].value is None
    assert card.scores["shape"].note == "not enough data: no rows were held out"
    assert card.scores["membership_auc"].value is None
    assert card.scores["copies"].value == 0
    assert card.scores["c2st_train"].value is not None
    assert len(card.fidelity.columns) == 7


def test_a_scorecard_survives_its_json_and_stays_small(copied: Scorecard) -> None:
    text = copied.model_dump_json()
    assert Scorecard.model_validate_json(text) == copied
    assert len(text) < 300_000


def test_the_same_seed_gives_the_same_scores() -> None:
    first, again = (judge(people(150, 1), people(80, 2), people(150, 3), seed=5) for _ in range(2))
    assert again.scores == first.scores


def test_every_dimension_has_its_scores(fresh: Scorecard) -> None:
    assert list(fresh.scores) == [
        *("shape", "pairs", "c2st", "c2st_train", "missingness", "rare", "subgroup_shape", "repeats"),
        *("missing_together", "missing_reasons", "effective_rows"),
        *("tstr_loss", "subgroup_loss"),
        *("copies", "near_copies", "holdout_copies", "nearer_share", "membership_auc", "membership_tpr", "literals"),
        *("rules_broken", "keys_repeated", "unknown_categories"),
    ]


def test_skill_is_one_for_real_rows_and_zero_for_independent_columns(fresh: Scorecard, careless: Scorecard) -> None:
    assert fresh.scores["pairs"].skill == pytest.approx(1, abs=0.15)
    assert careless.scores["pairs"].skill == pytest.approx(0, abs=0.15)


def test_a_missing_column_says_which() -> None:
    with pytest.raises(InputError, match="synthetic table has no column 'score'"):
        judge(TRAIN, HOLDOUT, people(100, 3).select(["age", "income", "region", "grade", "joined", "bought"]))


def test_an_unknown_column_says_which() -> None:
    other = people(100, 3)
    columns = (*other.columns, Column(name="regionn", kind=Kind.CATEGORY))
    more = Table(other.frame.assign(regionn="x"), columns)
    with pytest.raises(InputError, match=r"column 'regionn'.*Did you mean 'region'"):
        judge(TRAIN, HOLDOUT, more)


def test_numbers_read_as_words_say_so() -> None:
    other = people(100, 3)
    columns = tuple(c.model_copy(update={"kind": Kind.CATEGORY}) if c.name == "age" else c for c in other.columns)
    wrong = Table(other.frame.assign(age=other.frame["age"].astype(str)), columns)
    with pytest.raises(
        InputError, match="'age' is read as whole number in the real table but category in the synthetic"
    ):
        judge(TRAIN, HOLDOUT, wrong)


def test_held_out_rows_that_were_learned_from_are_refused() -> None:
    train, holdout = people(400, 1), people(100, 2)
    mixed = Table(pd.concat([train.frame[:60], holdout.frame[:40]], ignore_index=True), train.columns)
    with pytest.raises(TableError, match="60 of 100 held-out rows are also among the 400 training rows"):
        judge(train, mixed, people(400, 3))


def test_cancelling_stops_the_judgement() -> None:
    def stop(stage: str, done: float, total: float, note: str = "") -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        judge(TRAIN, HOLDOUT, people(100, 3), progress=stop)


def test_progress_only_moves_forward_and_ends_at_the_end() -> None:
    seen: list[tuple[str, float]] = []
    judge(
        people(60, 1),
        people(60, 2),
        people(60, 3),
        progress=lambda stage, done, total, note="": seen.append((stage, done / total)),
    )
    for stage in ("Compare", "Attack"):
        shares = [share for name, share in seen if name == stage]
        assert shares == sorted(shares)
        assert shares[-1] == 1
    assert [name for name, _ in seen] == sorted((name for name, _ in seen), key=["Compare", "Attack"].index)


ODD_COLUMNS = {
    "only numbers": ("age", "score"),
    "only categories": ("region", "grade"),
    "one column": ("score",),
    "one category": ("region",),
}


@pytest.mark.parametrize("names", ODD_COLUMNS.values(), ids=ODD_COLUMNS.keys())
def test_narrow_tables_are_judged(names: tuple[str, ...]) -> None:
    card = judge(*(people(rows, rows).select(names) for rows in (120, 80, 100)))
    assert card.scores["shape"].value is not None
    assert card.scores["tstr_loss"].note == "no target is chosen; say on Upload which column is to be predicted"


def test_twenty_rows_are_judged_without_a_claim() -> None:
    card = judge(people(16, 1), people(4, 2), people(20, 3))
    assert card.scores["shape"].value is None
    assert len(card.fidelity.columns) == 7


def test_columns_without_a_single_value_are_judged() -> None:
    empty = {"income": np.full(120, np.nan), "grade": pd.Series([None] * 120, dtype=object)}
    sides = [changed(people(120, seed), **empty) for seed in (1, 2, 3)]
    card = judge(sides[0], sides[1], sides[2])
    assert card.scores["missingness"].value == 0
    assert card.scores["shape"].value is not None


def test_a_table_of_identifiers_only_makes_no_claim() -> None:
    columns = (Column(name="id", kind=Kind.IDENTIFIER),)
    tables = [Table(pd.DataFrame({"id": [f"{k}-{i}" for i in range(80)]}, dtype=object), columns) for k in "abc"]
    card = judge(*tables)
    assert card.scores["shape"].note == "not enough data: no column was learned"


def test_a_target_with_one_value_and_one_with_a_thousand_do_not_crash() -> None:
    one = [changed(people(120, seed), bought=np.full(120, "yes", dtype=object)) for seed in (1, 2, 3)]
    assert "one value" in judge(*one).scores["tstr_loss"].note
    rng = np.random.default_rng(0)
    many = [
        changed(people(120, seed), bought=rng.integers(0, 1000, 120).astype(str).astype(object)) for seed in (1, 2, 3)
    ]
    assert judge(*many).utility.target == "bought"


def test_many_rows_from_few_carry_a_warning() -> None:
    card = judge(people(80, 1), people(60, 2), people(300, 3))
    assert any("too narrow" in note for note in card.notes)


def test_entity_and_dropped_columns_need_not_be_compared() -> None:
    dropped = [
        table.with_columns([table.column("score").model_copy(update={"role": Role.DROP})])
        for table in (people(100, 1), people(60, 2))
    ]
    card = judge(*dropped, people(100, 3).select(["age", "income", "region", "grade", "joined", "bought"]))
    assert "score" not in [column.name for column in card.fidelity.columns]


def test_a_release_whose_privacy_could_not_be_judged_is_held_back() -> None:
    card = judge(TRAIN, None, people(400, 3))
    held = {verdict.target.score: verdict.word for verdict in blocking(verdicts(card, default_targets("explore")))}
    assert held["membership_auc"] == "not enough data"
    assert "tstr_loss" not in held
