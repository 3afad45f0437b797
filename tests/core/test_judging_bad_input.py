"""Bad input to the judgement: a clear sentence or "not enough data", never a crash, never a silent number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.errors import TableError
from synth_core.judging import judge
from synth_core.scorecard import default_targets, verdicts
from synth_core.table import Table
from tests.core.judged_tables import changed, people


def three(**columns: object) -> list[Table]:
    return [changed(people(150, seed), **columns) for seed in (1, 2, 3)]


def test_one_class_only_in_the_release_is_a_loss_and_no_crash() -> None:
    train, holdout, fresh = three()
    card = judge(train, holdout, changed(fresh, bought=np.full(150, "no", dtype=object)))
    assert (card.scores["tstr_loss"].value or 0) > 5


def test_unseen_categories_are_counted() -> None:
    train, holdout, fresh = three()
    card = judge(train, holdout, changed(fresh, region=np.full(150, "moon", dtype=object)))
    assert card.scores["unknown_categories"].value == 150
    assert "region" in card.scores["unknown_categories"].note
    assert (card.scores["shape"].value or 0) > (card.scores["shape"].reference or 0)


def test_a_column_that_is_missing_altogether_in_the_release_is_seen() -> None:
    train, holdout, fresh = three()
    card = judge(train, holdout, changed(fresh, income=np.full(150, np.nan)))
    assert (card.scores["missingness"].value or 0) > 30
    assert next(c for c in card.fidelity.columns if c.name == "income").missing_synthetic == 1


def test_a_target_with_a_thousand_classes_makes_no_silent_claim() -> None:
    rng = np.random.default_rng(0)
    many = [changed(people(1000, seed), bought=rng.permutation(1000).astype(str).astype(object)) for seed in (1, 2, 3)]
    score = judge(*many).scores["tstr_loss"]
    assert score.value is None
    assert score.note.startswith("not enough data")


def test_twenty_rows_have_verdicts_without_a_number() -> None:
    card = judge(people(16, 1), people(4, 2), people(20, 3))
    for verdict in verdicts(card, default_targets("share")):
        if verdict.target.dimension != "validity" and verdict.target.score not in ("copies", "literals"):
            assert (verdict.word, verdict.judged) == ("not enough data", None), verdict.target.score
            assert verdict.sentence.startswith("not enough data")


def test_an_empty_release_is_not_praised() -> None:
    train, holdout, fresh = three()
    card = judge(train, holdout, fresh.rows(np.arange(0)))
    words = {v.target.score: v.word for v in verdicts(card, default_targets("share"))}
    assert {words[name] for name in ("shape", "pairs", "c2st", "tstr_loss", "copies", "near_copies")} == {
        "not enough data"
    }


def test_a_holdout_that_overlaps_train_is_named() -> None:
    train, holdout, fresh = three()
    mixed = Table(pd.concat([train.frame[:20], holdout.frame[:130]], ignore_index=True), train.columns)
    card = judge(train, mixed, fresh)
    assert any("20 of 150 held-out rows are also among the training rows" in note for note in card.notes)
    with pytest.raises(TableError, match="150 of 150 held-out rows"):
        judge(train, train, fresh)


def test_infinite_numbers_do_not_stop_the_judgement() -> None:
    train, holdout, fresh = three()
    score = fresh.frame["score"].to_numpy().copy()
    score[:3] = [np.inf, -np.inf, 1e300]
    card = judge(train, holdout, changed(fresh, score=score))
    assert card.scores["shape"].value is not None
