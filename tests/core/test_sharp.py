"""Boosted models of the target: it is made last, from all other columns, by what was learned without its own row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_core.codec import Codec
from synth_core.methods.boosting import Boosted
from synth_core.methods.sharp import Sharp
from synth_core.methods.trees import Trees
from synth_core.methods.views import View
from synth_core.table import Column, Kind, Role, Table

ROWS = 4000


def clients(rows: int = ROWS, role: Role = Role.TARGET) -> Table:
    """Return clients whose rare claim hangs on four columns at once, and whose price bends with two."""
    rng = np.random.default_rng(0)
    one, two, three = rng.random((3, rows))
    plan = rng.choice(["a", "b", "c"], rows)
    odds = 6 * (one - 0.5) + 6 * (two - 0.5) + 4 * (three - 0.5) + np.where(plan == "a", 2, 0) - 4
    claim = np.where(rng.random(rows) < 1 / (1 + np.exp(-odds)), "yes", "no").astype(object)
    price = np.sin(6 * one) + 2 * (two > 0.5) + 0.1 * rng.normal(size=rows)
    frame = pd.DataFrame(
        {"claim": claim, "one": one, "two": two, "three": three, "plan": plan.astype(object), "price": price}
    )
    kinds = [Kind.CATEGORY, *[Kind.NUMBER] * 3, Kind.CATEGORY, Kind.NUMBER]
    roles = {"claim": role}
    return Table(
        frame,
        tuple(
            Column(name=name, kind=kind, role=roles.get(name, Role.FEATURE))
            for name, kind in zip(frame, kinds, strict=True)
        ),
    )


def auc(odds: np.ndarray, label: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(label, odds))


@pytest.fixture(scope="module")
def fitted():
    return Trees(trees=5).fit(clients(), seed=1)


def test_the_target_is_made_last_and_by_boosted_models(fitted):
    assert fitted.order[-1] == "claim"
    assert [step.sharp is not None for step in fitted.steps] == [False] * 5 + [True]
    plain = Trees(trees=2).fit(clients(role=Role.FEATURE), seed=1)
    assert plain.order[-1] != "claim"
    assert all(step.sharp is None for step in plain.steps)


def test_a_target_that_is_to_be_prescribed_is_made_first():
    fitted = Trees(trees=2, first="claim").fit(clients(), seed=1)
    assert fitted.order[0] == "claim"
    assert all(step.sharp is None for step in fitted.steps)


@pytest.mark.parametrize("rows", [40, 200])
def test_few_rows_have_no_boosted_model(rows):
    fitted = Trees(trees=2).fit(clients(rows), seed=1)
    assert all(step.sharp is None for step in fitted.steps)


def test_a_model_of_the_rows_made_ranks_real_rows_as_well_as_one_of_real_rows(fitted):
    from sklearn.ensemble import HistGradientBoostingClassifier

    made, real, fresh = fitted.sample(ROWS, seed=3), clients().frame, clients(2 * ROWS).frame.iloc[ROWS:]
    numbers = ["one", "two", "three"]

    def score(frame: pd.DataFrame) -> float:
        def inputs(of: pd.DataFrame) -> np.ndarray:
            return np.column_stack([of[numbers], of["plan"] == "a"])

        model = HistGradientBoostingClassifier(random_state=0).fit(inputs(frame), frame["claim"] == "yes")
        return auc(model.predict_proba(inputs(fresh))[:, 1], (fresh["claim"] == "yes").to_numpy())

    assert score(made) > score(real) - 0.02


def test_train_rows_are_told_by_models_that_did_not_see_them():
    rng = np.random.default_rng(0)
    noise = pd.DataFrame({"x": rng.random(1000), "y": rng.random(1000)})
    table = Table(noise, tuple(Column(name=name, kind=Kind.NUMBER) for name in noise))
    codec = Codec.fit(table, seed=0)
    view = View.of(codec, codec.encode(table.frame))
    known = np.ones(1000, dtype=bool)
    wanted = rng.normal(size=1000)
    _, said = Sharp.of_number(codec, ["x", "y"], view, wanted, known, rng)
    assert abs(np.corrcoef(said[:, 0], wanted)[0, 1]) < 0.1


def test_groups_of_few_rows_have_no_axis():
    table = clients()
    codec = Codec.fit(table, seed=0)
    view = View.of(codec, codec.encode(table.frame))
    groups = np.zeros(ROWS, dtype=np.int64)
    groups[:10] = 1
    assert Sharp.of_category(codec, ["one"], view, groups, np.random.default_rng(0)) is None
    groups[10:200] = 2
    found = Sharp.of_category(codec, ["one"], view, groups, np.random.default_rng(0))
    assert found is not None
    assert found[1].shape == (ROWS, 1)


def test_a_saved_model_of_a_number_makes_the_same_rows(tmp_path: Path):
    table = clients()
    table = table.with_columns(
        [
            table.column("claim").model_copy(update={"role": Role.FEATURE}),
            table.column("price").model_copy(update={"role": Role.TARGET}),
        ]
    )
    fitted = Trees(trees=3, candidates=2).fit(table, seed=1)
    assert fitted.steps[-1].shifted
    fitted.save(tmp_path)
    pd.testing.assert_frame_equal(Trees.load(tmp_path).sample(300, seed=5), fitted.sample(300, seed=5))


def test_boosted_trees_follow_a_number():
    rng = np.random.default_rng(0)
    bins = rng.integers(0, 60, (3, 3000)).astype(np.uint8)
    wanted = 5.0 + np.where(bins[0] > 30, 2.0, 0.0) * (bins[1] / 60)
    trees = Boosted.fit(
        bins, np.zeros(3, dtype=bool), wanted, np.ones(3000), rng, trees=200, depth=4, rate=0.2, least=5, squared=True
    )
    assert np.abs(trees.scores(bins) - wanted).mean() < 0.1
