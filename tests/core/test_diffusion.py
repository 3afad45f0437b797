"""Diffusion over cells: what it learns, and that it can be stopped, taken up again, saved and steered."""

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_core.codec import Codec
from synth_core.errors import Cancelled, MethodError
from synth_core.generation import generate
from synth_core.methods import diffusion, training
from synth_core.methods.diffusion import Diffusion
from synth_core.methods.masking import Schedule
from synth_core.methods.tokens import NOT_ASKED, Layout
from synth_core.recipe import Recipe
from synth_core.table import Column, Kind, Table
from synth_core.worker import expected_seconds

SMALL = {"minutes": 0.02, "hidden": 32, "batch_size": 64}
TINY = {"minutes": 0.002, "hidden": 16, "batch_size": 64}


def tied(rows: int = 1200) -> Table:
    """A number that follows another one closely, and a category that says which half it lies in."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    frame = pd.DataFrame({"x": x, "y": x**2 + 0.1 * rng.normal(size=rows), "half": np.where(x > 0, "up", "down")})
    frame["half"] = frame["half"].astype(object)
    frame.loc[rng.random(rows) < 0.2, "y"] = np.nan
    kinds = {"x": Kind.NUMBER, "y": Kind.NUMBER, "half": Kind.CATEGORY}
    return Table(frame, tuple(Column(name=n, kind=k, nullable=n == "y") for n, k in kinds.items()))


@pytest.fixture(scope="module")
def learned():
    return Diffusion(**SMALL).fit(tied(), seed=1)


def test_cells_become_answers_and_come_back_within_their_part_of_a_bin():
    table = tied()
    codec = Codec.fit(table, seed=0)
    layout, encoded = Layout.of(codec, len(table)), codec.encode(table.frame)
    back = layout.encoded(layout.tokens(encoded), np.random.default_rng(0))
    for place, name in enumerate(codec.names):
        assert (back.states[name] == encoded.states[name]).all()
        assert (np.isnan(back.ranks[name]) == np.isnan(encoded.ranks[name])).all()
        if layout.bins[place]:
            width = 1 / (layout.bins[place] * layout.parts[place])
            assert np.nanmax(np.abs(back.ranks[name] - encoded.ranks[name])) <= width + 1e-9


def test_what_is_known_is_never_asked_and_every_row_is_asked_something_once_in_all():
    table = tied()
    codec = Codec.fit(table, seed=0)
    layout = Layout.of(codec, len(table))
    tokens = layout.tokens(codec.encode(table.frame))
    known, weight = Schedule.of(layout).draw(tokens, np.random.default_rng(0))
    assert not (weight[known] > 0).any()
    assert not (weight[tokens == NOT_ASKED] > 0).any()
    sums = weight.sum(axis=1)
    assert np.isclose(sums, 1, atol=1e-5).mean() > 0.8
    assert (np.isclose(sums, 1, atol=1e-5) | np.isclose(sums, 0)).all()
    for slot in np.flatnonzero([slot.fine for slot in layout.slots]):
        assert not (known[:, slot] & ~known[:, slot - 1]).any(), "where in a bin is not known before the bin"


def test_a_curved_relation_and_a_sign_are_learned(learned):
    made = learned.sample(3000, seed=2)
    whole = made.dropna()
    assert ((whole["x"] > 0) == (whole["half"] == "up")).mean() > 0.9
    assert np.corrcoef(whole["x"] ** 2, whole["y"])[0, 1] > 0.7
    assert made["y"].isna().mean() == pytest.approx(0.2, abs=0.05)


def test_values_of_any_column_can_be_given_and_the_others_go_with_them(learned):
    given = pd.DataFrame({"half": np.array(["up", "down"] * 200, dtype=object)})
    made = learned.sample(400, seed=3, conditions=given)
    assert (made["half"] == given["half"]).all()
    assert ((made["x"] > 0) == (made["half"] == "up")).mean() > 0.85
    with pytest.raises(MethodError, match=r"'halves', which was not learned\. Did you mean 'half'"):
        learned.sample(1, seed=0, conditions=pd.DataFrame({"halves": ["up"]}))
    with pytest.raises(MethodError, match="given for 2 rows, but 3 rows"):
        learned.sample(3, seed=0, conditions=given.head(2))


def test_the_losses_of_every_epoch_are_kept_and_fall(learned, tmp_path):
    assert learned.history[-1]["held_out"] < learned.history[0]["held_out"]
    learned.save(tmp_path)
    assert json.loads((tmp_path / "losses.json").read_text()) == learned.history
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".npz"}


def test_an_interrupted_fit_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "_BETWEEN_SAVES", 0.0)
    settings = TINY | {"minutes": 0.004}
    whole = Diffusion(**settings).fit(tied(), seed=5)
    epochs = len(whole.history)
    assert epochs > 3

    def stop(done: float, total: float, note: str = "") -> None:
        if note.startswith(f"epoch {epochs - 1},"):
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        Diffusion(**settings).fit(tied(), seed=5, progress=stop, checkpoint=tmp_path)
    notes: list[str] = []
    again = Diffusion(**settings).fit(
        tied(), seed=5, progress=lambda done, total, note="": notes.append(note), checkpoint=tmp_path
    )
    assert not any(note.startswith("epoch 1") and "," not in note for note in notes), "it began anew"
    assert again.history == whole.history
    for name, values in whole.weights.items():
        assert np.array_equal(again.weights[name], values), name


def test_a_state_of_other_settings_is_not_taken_up(tmp_path):
    Diffusion(**TINY).fit(tied(), seed=5, checkpoint=tmp_path)
    other = Diffusion(**TINY).fit(tied(), seed=6, checkpoint=tmp_path)
    fresh = Diffusion(**TINY).fit(tied(), seed=6)
    assert other.history == fresh.history


def test_an_interrupted_run_keeps_its_state_until_the_model_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "_BETWEEN_SAVES", 0.0)
    recipe = Recipe(method="diffusion", params=TINY, rows=50)

    def stop(stage: str, done: float, total: float, note: str = "") -> None:
        if stage == "Learn" and note.startswith("epoch 3,"):
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        generate(tied(), recipe, tmp_path / "cut", progress=stop)
    assert (tmp_path / "cut" / "learning" / "losses.json").exists()
    generate(tied(), recipe, tmp_path / "cut")
    generate(tied(), recipe, tmp_path / "whole")
    assert not (tmp_path / "cut" / "learning").exists()
    made = [pd.read_parquet(tmp_path / name / "synthetic.parquet") for name in ("cut", "whole")]
    pd.testing.assert_frame_equal(*made)


def test_cancelling_takes_less_than_two_seconds():
    asked: list[float] = []

    def stop(done: float, total: float, note: str = "") -> None:
        asked.append(time.process_time())
        if len(asked) > 20:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        Diffusion(minutes=1).fit(tied(), seed=0, progress=stop)
    assert max(np.diff(asked)) < 2


def test_learning_stops_early_where_there_is_nothing_to_learn():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.choice(["a", "b"], 400).astype(object) for name in "uvw"})
    table = Table(frame, tuple(Column(name=name, kind=Kind.CATEGORY) for name in "uvw"))
    told: list[tuple[float, float]] = []
    model = Diffusion(minutes=2, hidden=16).fit(
        table, seed=0, progress=lambda done, total, note="": told.append((done, total))
    )
    assert told[-1][0] < 0.5 * told[-1][1]
    best = min(one["held_out"] for one in model.history)
    assert best == pytest.approx(np.log(2), abs=0.03), "no better than chance, and no worse"


def test_a_category_of_700_levels_is_learned_without_a_column_for_each():
    rng = np.random.default_rng(0)
    code = rng.integers(0, 700, 9000)
    frame = pd.DataFrame({"code": [f"c{i:03d}" for i in code], "group": [f"g{i // 350}" for i in code]}, dtype=object)
    columns = tuple(Column(name=name, kind=Kind.CATEGORY) for name in frame)
    model = Diffusion(minutes=0.05, hidden=32).fit(Table(frame, columns), seed=0)
    made = model.sample(2000, seed=1)
    assert made["code"].nunique() > 400
    right = made["group"] == "g" + (made["code"].str[1:].astype(int) // 350).astype(str)
    assert right.mean() > 0.8
    assert sum(values.size for values in model.weights.values()) < 200_000


def test_too_many_levels_are_refused_before_learning_with_a_way_out(monkeypatch):
    monkeypatch.setattr(diffusion, "MOST_ANSWERS", 60)
    with pytest.raises(MethodError, match=r"'x' alone .* at most 60\. Choose 'trees', or leave out 'x'"):
        Diffusion(**TINY).fit(tied(), seed=0)


def test_sampling_does_not_depend_on_the_number_of_threads(learned):
    import torch

    before = torch.get_num_threads()
    try:
        frames = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            frames.append(learned.sample(500, seed=1))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    pd.testing.assert_frame_equal(*frames)


def test_the_run_folder_is_all_that_a_checkpoint_writes_to(tmp_path: Path):
    Diffusion(**TINY).fit(tied(300), seed=5, checkpoint=tmp_path / "learning")
    assert {path.name for path in (tmp_path / "learning").iterdir()} == {"state.npz", "losses.json"}


def test_the_bar_of_a_run_gives_learning_the_minutes_it_may_take():
    assert expected_seconds(Recipe(method="diffusion", params={"minutes": 2}, rows=100))["Learn"] == 120
    assert expected_seconds(Recipe(method="diffusion", rows=100))["Learn"] == 480
    assert expected_seconds(Recipe(method="trees", rows=100))["Learn"] == 4
