"""CTGAN and TVAE: what our adapter adds around SDV (both are also in the contract of every method)."""

import json
import time

import numpy as np
import pandas as pd
import pytest

from synth_core.codec import Codec
from synth_core.errors import Cancelled, MethodError
from synth_core.methods import deep_learning
from synth_core.methods.deep import Ctgan, Tvae
from synth_core.methods.deep_columns import from_network, refuse_wide, to_network
from synth_core.table import Column, Kind, Table

NARROW = {Ctgan: {"generator_dim": "8", "discriminator_dim": "8"}, Tvae: {"compress_dims": "8", "decompress_dims": "8"}}
SMALL = {method: {"epochs": 2, "batch_size": 50, "embedding_dim": 4} | own for method, own in NARROW.items()}


def mixed(rows: int = 200) -> Table:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "amount": np.where(rng.random(rows) < 0.4, 0.0, np.round(rng.lognormal(3, 1, rows), 2)),
            "count": pd.array(rng.integers(0, 500, rows), dtype="Int64"),
            "when": pd.to_datetime(rng.integers(0, 10_000, rows), unit="D").astype("datetime64[ns]"),
            "group": rng.choice(["a", "b", "c"], rows),
            "same": "x",
        }
    )
    frame.loc[rng.random(rows) < 0.2, "count"] = pd.NA
    kinds = [Kind.NUMBER, Kind.INTEGER, Kind.DATETIME, Kind.CATEGORY, Kind.CATEGORY]
    return Table(frame, tuple(Column(name=n, kind=k) for n, k in zip(frame, kinds, strict=True)))


def levels(count: int, rows: int) -> Table:
    frame = pd.DataFrame({"code": [f"L{i % count}" for i in range(rows)]}, dtype=object)
    return Table(frame, (Column(name="code", kind=Kind.CATEGORY, protect=False),))


def test_what_the_network_sees_comes_back_as_it_was():
    table = mixed()
    codec = Codec.fit(table, seed=0)
    encoded = codec.encode(table.frame)
    seen = to_network(codec, encoded)
    assert not seen.isna().any().any()
    assert "c4.state" not in seen, "a constant column has nothing to learn"
    back = from_network(codec, seen)
    for name in table.names:
        assert (back.states[name] == encoded.states[name]).all()
        np.testing.assert_allclose(back.ranks[name], encoded.ranks[name], atol=1e-9)


@pytest.mark.parametrize("method", [Ctgan, Tvae])
def test_learning_twice_with_one_seed_gives_the_same_rows_and_leaves_the_global_chance_alone(method):
    import torch

    np.random.seed(5)  # noqa: NPY002 - what a bystander would do
    torch.manual_seed(5)
    expected = (np.random.random(), torch.rand(1).item())  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    torch.manual_seed(5)
    first = method(**SMALL[method]).fit(mixed(), seed=1).sample(60, seed=2)
    second = method(**SMALL[method]).fit(mixed(), seed=1).sample(60, seed=2)
    pd.testing.assert_frame_equal(first, second)
    assert (np.random.random(), torch.rand(1).item()) == expected  # noqa: NPY002


@pytest.mark.parametrize(("method", "steps"), [(Ctgan, 2 * 3 * 2), (Tvae, 2 * 4)])
def test_progress_is_told_at_every_training_step(method, steps):
    told: list[tuple[float, float, str]] = []
    method(**SMALL[method]).fit(mixed(), seed=1, progress=lambda done, total, note="": told.append((done, total, note)))
    training = [note for _, _, note in told if note.startswith("epoch")]
    assert len(training) == steps
    assert training[0] == "epoch 1 of 2"
    assert training[-1].startswith("epoch 2 of 2, loss ")
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert told[-1][:2] == (2, 2)


@pytest.mark.parametrize("method", [Ctgan, Tvae])
def test_training_stops_at_the_next_step_when_cancelled(method):
    seen = []

    def stop(done: float, total: float, note: str = "") -> None:
        seen.append(note)
        if note.startswith("epoch"):
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        method(**SMALL[method]).fit(mixed(), seed=1, progress=stop)
    assert sum(note.startswith("epoch") for note in seen) == 1


def test_a_column_with_too_many_levels_is_refused_before_learning_with_a_way_out():
    with pytest.raises(MethodError, match=r"Column 'code' has 501 levels.*at most 500.*GB.*Choose 'trees', or leave"):
        Tvae().fit(levels(501, 1002), seed=0)


def test_a_table_that_does_not_fit_into_memory_is_refused():
    codec = Codec.fit(levels(400, 800), seed=0)
    with pytest.raises(MethodError, match=r"'ctgan' would need about .* GB for 90,000,000,000 rows"):
        refuse_wide("ctgan", codec, 90_000_000_000)


def test_the_batch_must_fit_the_critic():
    with pytest.raises(MethodError, match=r"'batch_size'.*even and a multiple of 'pac' \(10\), not 505"):
        Ctgan(batch_size=505)


def test_given_values_are_refused_in_a_sentence():
    model = Tvae(**SMALL[Tvae]).fit(mixed(60), seed=0)
    with pytest.raises(MethodError, match=r"'tvae' cannot keep given values\. Choose 'trees'"):
        model.sample(2, seed=0, conditions=pd.DataFrame({"group": ["a", "b"]}))


@pytest.mark.parametrize("method", [Ctgan, Tvae])
def test_the_licence_says_what_may_not_be_done(method):
    assert method.info.licence == "BUSL-1.1"
    assert "no commercial synthetic-data service" in method.info.licence_note
    assert method.info.requires == ("sdv", "ctgan")


def network_of(model):
    inner = model.synthesizer._model
    return (inner._generator if model.method == "ctgan" else inner.decoder).state_dict()


@pytest.mark.parametrize("method", [Ctgan, Tvae])
def test_an_interrupted_fit_goes_on_to_the_same_weights(method, tmp_path, monkeypatch):
    monkeypatch.setattr(deep_learning, "BETWEEN_SAVES", 0.0)
    settings = SMALL[method] | {"epochs": 6, "check_every": 2}
    whole = method(**settings).fit(mixed(), seed=5)

    def stop(done: float, total: float, note: str = "") -> None:
        if note.startswith("epoch 5"):
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        method(**settings).fit(mixed(), seed=5, progress=stop, checkpoint=tmp_path)
    assert len(json.loads((tmp_path / "losses.json").read_text())) == 4
    notes: list[str] = []
    again = method(**settings).fit(
        mixed(), seed=5, progress=lambda done, total, note="": notes.append(note), checkpoint=tmp_path
    )
    assert not any(note.startswith("epoch 4") for note in notes), "it began anew"
    assert again.history == whole.history
    for name, values in network_of(whole).items():
        assert np.array_equal(network_of(again)[name].numpy(), values.numpy()), name
    pd.testing.assert_frame_equal(again.sample(40, seed=1), whole.sample(40, seed=1))
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".npz"}, "no pickle"


def test_a_state_of_other_settings_or_rows_is_not_taken_up(tmp_path):
    Tvae(**SMALL[Tvae]).fit(mixed(), seed=5, checkpoint=tmp_path)
    other = Tvae(**SMALL[Tvae]).fit(mixed(), seed=6, checkpoint=tmp_path)
    assert other.history == Tvae(**SMALL[Tvae]).fit(mixed(), seed=6).history


@pytest.mark.parametrize("method", [Ctgan, Tvae])
def test_learning_stops_when_rows_set_apart_get_no_better_and_the_best_weights_are_kept(method, monkeypatch):
    """The checks are ordered to say that the second epoch was the best one."""
    found = iter([0.5, 0.1, 0.3, 0.2, 0.4, 0.05])
    seen = []

    class Watched:
        def held_out(self):
            seen.append({name: values.clone() for name, values in self.model_of().items()})
            return next(found)

    settings = SMALL[method] | {"epochs": 50, "check_every": 1, "patience": 3}
    kind = "Gan" if method is Ctgan else "Vae"
    from synth_core.methods import deep_networks

    own = getattr(deep_networks, kind)
    part = "maker" if method is Ctgan else "decoder"
    monkeypatch.setattr(own, "model_of", lambda self: self.modules[part].state_dict(), raising=False)
    monkeypatch.setattr(own, "held_out", Watched.held_out)
    model = method(**settings).fit(mixed(), seed=0)
    assert len(model.history) == 5, "three checks without a gain"
    for name, values in network_of(model).items():
        if "running" in name or "batches" in name:
            continue
        assert np.array_equal(values.numpy(), seen[1][name].numpy()), name
    assert not np.array_equal(next(iter(seen[4].values())).numpy(), next(iter(seen[1].values())).numpy())


def test_patience_0_learns_to_the_last_epoch_and_no_rows_set_apart_means_no_checks():
    settings = SMALL[Tvae] | {"epochs": 4, "patience": 0}
    assert len(Tvae(**settings).fit(mixed(), seed=0).history) == 4
    blind = Tvae(**SMALL[Tvae] | {"validation": 0.0}).fit(mixed(), seed=0)
    assert not any("held_out" in one for one in blind.history)


def test_the_bound_on_rows_set_apart_falls_while_there_is_something_to_learn():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, 800)
    frame = pd.DataFrame({"x": [f"x{i}" for i in x], "y": [f"y{i}" for i in x]}, dtype=object)
    table = Table(frame, tuple(Column(name=name, kind=Kind.CATEGORY) for name in frame))
    model = Tvae(epochs=40, batch_size=50, compress_dims="32", decompress_dims="32", embedding_dim=8).fit(table, seed=0)
    held = [one["held_out"] for one in model.history]
    assert min(held) < 0.7 * held[0]
    made = model.sample(500, seed=0)
    assert (made["x"].str[1] == made["y"].str[1]).mean() > 0.8


def test_pairs_that_never_occur_cost_more_than_chance_does():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, (1000, 1))
    real, alike, torn = np.hstack([x, x]), np.hstack([x, x])[::-1], np.hstack([x, rng.permutation(x)])
    assert deep_networks_error(real, alike) == 0
    assert deep_networks_error(real, torn) > 0.2


def deep_networks_error(real, made):
    from synth_core.methods.deep_networks import pair_error

    return pair_error(real, made)


@pytest.mark.parametrize("method", [Ctgan, Tvae])
def test_a_stop_is_heard_within_two_seconds_of_work_with_the_settings_that_are_usual(method):
    import sdv.single_table  # noqa: F401 - reading the package takes its own seconds, and needs no stop

    asked: list[float] = []

    def stop(done: float, total: float, note: str = "") -> None:
        asked.append(time.process_time())
        if note.startswith("epoch") and len(asked) > 40:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        method().fit(mixed(20_000), seed=0, progress=stop)
    assert max(np.diff(asked)) < 2


@pytest.mark.parametrize("method", [Ctgan, Tvae])
def test_every_setting_of_the_library_can_be_set(method):
    import inspect

    from ctgan import CTGAN, TVAE

    theirs = set(inspect.signature({Ctgan: CTGAN, Tvae: TVAE}[method]).parameters)
    ours = {param.name for param in method.info.params}
    assert theirs - ours == {"verbose", "cuda", "enable_gpu"}
    assert "use_gpu" in ours


def test_layers_that_are_no_sizes_are_refused_in_a_sentence():
    with pytest.raises(MethodError, match=r"'generator_dim' of engine 'ctgan' must be the sizes of one to"):
        Ctgan(generator_dim="256; 0")
    assert Tvae(compress_dims="64,32").params["compress_dims"] == "64,32"
