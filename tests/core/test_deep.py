"""CTGAN and TVAE: what our adapter adds around SDV (both are also in the contract of every method)."""

import numpy as np
import pandas as pd
import pytest

from synth_core.codec import Codec
from synth_core.errors import Cancelled, MethodError
from synth_core.methods.deep import Ctgan, Tvae, _from_network, _to_network, refuse_wide
from synth_core.table import Column, Kind, Table

SMALL = {"epochs": 2, "batch_size": 50, "hidden_units": 8, "embedding_dim": 4, "layers": 1}


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
    seen = _to_network(codec, encoded)
    assert not seen.isna().any().any()
    assert "c4.state" not in seen, "a constant column has nothing to learn"
    back = _from_network(codec, seen)
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
    first = method(**SMALL).fit(mixed(), seed=1).sample(60, seed=2)
    second = method(**SMALL).fit(mixed(), seed=1).sample(60, seed=2)
    pd.testing.assert_frame_equal(first, second)
    assert (np.random.random(), torch.rand(1).item()) == expected  # noqa: NPY002


@pytest.mark.parametrize(("method", "steps"), [(Ctgan, 2 * 4 * 2), (Tvae, 2 * 4)])
def test_progress_is_told_at_every_training_step(method, steps):
    told: list[tuple[float, float, str]] = []
    method(**SMALL).fit(mixed(), seed=1, progress=lambda done, total, note="": told.append((done, total, note)))
    training = [note for _, _, note in told if note.startswith("epoch")]
    assert len(training) == steps
    assert training[0] == "epoch 1 of 2"
    assert training[-1] == "epoch 2 of 2"
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
        method(**SMALL).fit(mixed(), seed=1, progress=stop)
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
    model = Tvae(**SMALL).fit(mixed(60), seed=0)
    with pytest.raises(MethodError, match=r"'tvae' cannot keep given values\. Choose 'trees'"):
        model.sample(2, seed=0, conditions=pd.DataFrame({"group": ["a", "b"]}))


@pytest.mark.parametrize("method", [Ctgan, Tvae])
def test_the_licence_says_what_may_not_be_done(method):
    assert method.info.licence == "BUSL-1.1"
    assert "no commercial synthetic-data service" in method.info.licence_note
    assert method.info.requires == ("sdv", "ctgan")
