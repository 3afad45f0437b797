"""Rows that were asked for are judged beside the real rows that such rows could be: planted cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.recipe import Use
from synth_core.report import overall
from synth_core.scorecard import Scorecard, default_targets, verdicts
from synth_core.steered_judging import Mix, judge_steered
from synth_core.steering.asks import Ask, Given, Steering
from synth_core.table import Table
from tests.core.judged_tables import people

YES = Steering(make={"bought": {"yes": 500}})
TRAIN, HELD, FRESH = people(2_000, 1), people(1_000, 2), people(3_000, 3)


def of_class(table: Table, rows: int) -> Table:
    return table.rows(np.flatnonzero(table.frame["bought"] == "yes")[:rows])


def words(card: Scorecard, use: Use = Use.TRAIN) -> dict[str, str]:
    return {one.target.score: one.word for one in verdicts(card, default_targets(use))}


@pytest.fixture(scope="module")
def fresh() -> Scorecard:
    return judge_steered(TRAIN, HELD, of_class(FRESH, 500), YES)


def test_fresh_rows_of_one_class_fail_nothing(fresh: Scorecard) -> None:
    found = verdicts(fresh, default_targets(Use.TRAIN))
    assert overall(found) in ("pass", "watch")
    assert set(words(fresh).values()) <= {"pass", "watch"}
    assert "subgroup_loss" not in words(fresh)
    assert fresh.utility.added is not None
    assert fresh.utility.added.added_rows == 500
    assert fresh.on_purpose == ["500 rows of bought = yes."]
    assert any("bought = yes: " in note and "held out" in note for note in fresh.notes)


def test_copies_of_the_class_are_found_although_most_of_the_table_was_not_copied() -> None:
    rows = of_class(TRAIN, 500)
    rng = np.random.default_rng(0)
    jittered = rows.frame.assign(income=rows.frame["income"] + rng.normal(0, 5, 500), score=rows.frame["score"] + 1e-3)
    card = judge_steered(TRAIN, HELD, rows.with_frame(jittered), YES)
    assert overall(verdicts(card, default_targets(Use.TRAIN))) == "fail"
    assert words(card)["near_copies"] == "fail"
    assert words(card)["membership_auc"] == "fail"
    pair = min(card.privacy.closest, key=lambda one: one.distance)
    real, made = TRAIN.frame.iloc[pair.train_row], jittered.iloc[pair.synthetic_row]
    assert (real["region"], real["age"], real["joined"]) == (made["region"], made["age"], made["joined"])
    assert card.scores["copies"].value == 0


def test_a_few_copied_people_of_a_class_are_not_lost_among_all_others() -> None:
    made = of_class(FRESH, 500)
    slipped = pd.concat([made.frame.iloc[60:], of_class(TRAIN, 60).frame], ignore_index=True)
    card = judge_steered(TRAIN, HELD, made.with_frame(slipped), YES)
    assert words(card)["near_copies"] == "fail"
    assert "of real rows with bought = yes" in card.scores["near_copies"].note


def test_rows_of_the_class_with_columns_drawn_on_their_own_fail_likeness(fresh: Scorecard) -> None:
    rows = of_class(FRESH, 500)
    rng = np.random.default_rng(1)
    torn = pd.DataFrame({n: rows.frame[n].to_numpy()[rng.permutation(500)] for n in rows.names})
    card = judge_steered(TRAIN, HELD, rows.with_frame(torn.astype(rows.frame.dtypes.to_dict())), YES)
    assert words(card)["c2st"] == "fail"
    assert words(fresh)["c2st"] == "pass"


def test_rows_of_the_other_class_under_this_name_harm_and_are_said_to() -> None:
    wrong = FRESH.rows(np.flatnonzero(FRESH.frame["bought"] == "no")[:1_500])
    card = judge_steered(TRAIN, HELD, wrong.with_frame(wrong.frame.assign(bought="yes")), YES)
    assert card.utility.added is not None
    assert card.utility.added.pr_gain[2] < 0
    assert words(card)["tstr_loss"] == "fail"
    assert words(card)["c2st"] == "fail"


def test_shares_that_were_asked_for_are_no_fault() -> None:
    asked = Steering(shares={"region": {"west": 0.5}})
    west = np.flatnonzero(FRESH.frame["region"] == "west")[:300]
    rest = np.flatnonzero(FRESH.frame["region"] != "west")[:300]
    card = judge_steered(TRAIN, HELD, FRESH.rows(np.r_[west, rest]), asked)
    assert words(card)["shape"] in ("pass", "watch")
    assert words(card)["c2st"] in ("pass", "watch")
    assert words(card)["tstr_loss"] in ("pass", "watch")
    assert "in the same mix of region" in card.notes[0]


def test_conditions_are_judged_beside_the_rows_that_keep_them() -> None:
    asked = Steering(conditions=(Ask(column="age", test="at least", values=("55",)),))
    old = FRESH.rows(np.flatnonzero(FRESH.frame["age"] >= 55)[:900])
    card = judge_steered(TRAIN, HELD, old, asked)
    assert words(card)["shape"] in ("pass", "watch")
    assert words(card)["c2st"] == "pass"
    assert card.utility.added is None
    assert words(card)["tstr_loss"] in ("pass", "watch")


def test_a_class_with_few_held_out_rows_is_not_judged_and_keeps_the_rows_back() -> None:
    few = HELD.rows(
        np.r_[np.flatnonzero(HELD.frame["bought"] == "yes")[:30], np.flatnonzero(HELD.frame["bought"] == "no")]
    )
    card = judge_steered(TRAIN, few, of_class(FRESH, 500), YES)
    found = words(card)
    assert found["shape"] == found["membership_auc"] == found["near_copies"] == "not enough data"
    assert "30 held-out rows with bought = yes, at least 50 are needed; hold out more" in card.scores["shape"].note
    assert "hold out more" in card.scores["membership_auc"].note


def test_a_mix_of_categories_is_taken_without_repeats_and_numbers_that_were_given_have_none() -> None:
    made = FRESH.rows(
        np.r_[
            np.flatnonzero(FRESH.frame["region"] == "west")[:90], np.flatnonzero(FRESH.frame["region"] == "east")[:10]
        ]
    )
    mix = Mix.of(Steering(shares={"region": {"west": 0.9, "east": 0.1}}), made)
    assert mix is not None
    rows = mix.alike(TRAIN, 0).frame
    counts = rows["region"].value_counts()
    assert counts["west"] == (TRAIN.frame["region"] == "west").sum()
    assert counts["east"] == pytest.approx(counts["west"] / 9, abs=1)
    assert set(counts.index) == {"west", "east"}
    assert not rows.duplicated().any()
    given = Steering(given=Given(columns=("age",), rows=5, fingerprint="x"))
    assert Mix.of(given, made) is None
    card = judge_steered(TRAIN, HELD, made, given)
    assert words(card)["shape"] == "not enough data"
    assert "given values" in card.scores["tstr_loss"].note


def test_a_cell_that_was_given_as_empty_stands_beside_rows_where_it_is_empty() -> None:
    gone = np.arange(len(TRAIN)) % 3 == 0
    column = TRAIN.column("region").model_copy(update={"nullable": True})
    real = TRAIN.with_columns([column]).with_frame(TRAIN.frame.assign(region=TRAIN.frame["region"].mask(gone, None)))
    made = real.rows(np.r_[np.flatnonzero(gone)[:60], np.flatnonzero(~gone & (real.frame["region"] == "west"))[:40]])
    mix = Mix.of(Steering(given=Given(columns=("region",), rows=5, fingerprint="x")), made)
    assert mix is not None
    assert mix.shares == {(None,): 0.6, ("west",): 0.4}
    rows = mix.alike(real, 0).frame["region"]
    assert rows.isna().mean() == pytest.approx(0.6, abs=0.01)
    alone = Mix.of(Steering(given=Given(columns=("region",), rows=5, fingerprint="x")), real.rows(np.flatnonzero(gone)))
    assert alone is not None
    assert alone.words() == "with region = empty"
    assert alone.only_class("region") is None
    assert len(alone.alike(real, 0)) == gone.sum()
