"""CTGAN and TVAE, from SDV: neural networks over the codec's states and ranks.

SDV (Business Source License 1.1) is imported only when a model is learned, sampled or loaded.

Notes
-----
Xu, Skoularidou, Cuesta-Infante, Veeramachaneni: "Modeling tabular data using conditional GAN", NeurIPS 2019.
Each column reaches the network as its state (missing, an atom, or "continuous"; a category) and, where it is
continuous, the normal score of its rank. So what the codec protects stays protected, and missing cells stay missing.
"""

from __future__ import annotations

import io
import json
import math
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from synth_core.codec import Codec, Encoded
from synth_core.errors import MethodError
from synth_core.methods import register
from synth_core.methods.base import Engine, Fitted, MethodInfo, Param, require_columns
from synth_core.progress import Progress, silent
from synth_core.table import Table

MOST_LEVELS = 500
BATCH_ROWS = 50_000
_MODES = 11  # columns that a continuous number becomes inside the network
_COPIES = 3  # float64 copies of the table that learning holds at once
_EDGE = 1e-4  # normal scores end at +-3.7

LICENCE_NOTE = (
    "Business Source License: free to use for your own data, but no commercial synthetic-data service may be built "
    "on it without DataCebo's licence."
)


@dataclass(frozen=True)
class FittedDeep:
    """A trained network and the codec around it.

    Attributes
    ----------
    synthesizer
        SDV's synthesizer, or None where every column is constant.
    """

    method: str
    codec: Codec
    synthesizer: Any

    def sample(
        self, rows: int, *, seed: int, conditions: pd.DataFrame | None = None, progress: Progress = silent
    ) -> pd.DataFrame:
        """Return ``rows`` new rows; conditions are refused."""
        if conditions is not None:
            raise MethodError(
                f"Method '{self.method}' cannot keep given values. Choose 'trees', or leave out the conditions."
            )
        parts: list[pd.DataFrame] = []
        if self.synthesizer is not None and rows:
            self.synthesizer.reset_sampling()
            self.synthesizer._set_random_state(_small(seed))
            with _own_randomness(seed):
                for start in range(0, rows, BATCH_ROWS):
                    progress(start, rows, "sampling")
                    parts.append(self.synthesizer.sample(min(BATCH_ROWS, rows - start))["t"])
        progress(rows, rows, "sampling")
        made = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(index=range(rows))
        return self.codec.decode(_from_network(self.codec, made))

    def save(self, folder: Path) -> None:
        """Write the codec, and SDV's own file of the network (a pickle: only for the project's own folder)."""
        self.codec.save(folder)
        (folder / "deep.json").write_text(
            json.dumps({"method": self.method, "network": self.synthesizer is not None}), encoding="utf-8"
        )
        if self.synthesizer is not None:
            self.synthesizer.save(str(folder / "network.pkl"))


class _Deep(Engine):
    """What CTGAN and TVAE share."""

    def fit(self, table: Table, *, seed: int, progress: Progress = silent) -> Fitted:
        """Return the trained network; :class:`MethodError` when a column has too many levels for it."""
        require_columns(table)
        codec = Codec.fit(table, seed=seed)
        refuse_wide(self.info.name, codec, len(table))
        epochs = int(self.params["epochs"])
        progress(0, epochs, "preparing the columns")
        frame = _to_network(codec, codec.encode(table.frame))
        synthesizer = None
        if frame.shape[1]:
            with _own_randomness(seed), _told(progress, self._steps(len(frame)), epochs):
                synthesizer = self._synthesizer(_metadata(frame))
                synthesizer.fit({"t": frame})
            _on_processor(synthesizer)
        progress(epochs, epochs, "trained")
        return FittedDeep(self.info.name, codec, synthesizer)

    @classmethod
    def load(cls, folder: Path) -> Fitted:
        """Return the model that was saved in ``folder``, which must be the project's own: it holds a pickle."""
        described = json.loads((folder / "deep.json").read_text(encoding="utf-8"))
        synthesizer = None
        if described["network"]:
            from sdv.utils import load_synthesizer

            with _quiet():
                synthesizer = load_synthesizer(str(folder / "network.pkl"))
            _on_processor(synthesizer)
        return FittedDeep(described["method"], Codec.load(folder), synthesizer)

    def _synthesizer(self, metadata: Any) -> Any:
        raise NotImplementedError

    def _steps(self, rows: int) -> int:
        """Return the optimiser's steps per epoch."""
        raise NotImplementedError

    @property
    def _layers(self) -> tuple[int, ...]:
        return (int(self.params["hidden_units"]),) * int(self.params["layers"])


_SHARED = (
    Param(
        "batch_size",
        int,
        500,
        low=2,
        high=50_000,
        unit="rows",
        help="Rows per training step; smaller learns more per epoch and takes longer.",
    ),
    Param("embedding_dim", int, 128, low=1, high=2048, expert=True, help="Size of the random input of the network."),
    Param("layers", int, 2, low=1, high=8, expert=True, help="Hidden layers of each network."),
    Param(
        "use_gpu",
        bool,
        False,
        expert=True,
        help="Train on a graphics card if there is one; repeats less exactly there.",
    ),
)


@register
class Ctgan(_Deep):
    """Conditional generative adversarial network for tables."""

    info: ClassVar[MethodInfo] = MethodInfo(
        name="ctgan",
        title="CTGAN (neural network)",
        summary="Two neural networks compete: one makes rows, the other tells them from real ones.",
        good_for="Comparing with published results, and tables of 10,000 rows and more where training may take hours.",
        weak_at="Shapes and rare categories drift, small tables fail, and results change from seed to seed.",
        cost="minutes to hours on a CPU; memory grows with the number of category levels",
        licence="BUSL-1.1",
        licence_note=LICENCE_NOTE,
        requires=("sdv", "ctgan"),
        params=(
            Param(
                "epochs", int, 100, low=1, high=10_000, unit="epochs", help="Passes over the table; more fits closer."
            ),
            *_SHARED,
            Param("hidden_units", int, 256, low=4, high=4096, expert=True, help="Units in each hidden layer."),
            Param(
                "pac",
                int,
                10,
                low=1,
                high=100,
                unit="rows",
                expert=True,
                help="Rows that the critic judges together; more keeps variety. The batch must be an even multiple.",
            ),
            Param("generator_lr", float, 2e-4, low=1e-7, high=1, expert=True, help="Learning rate of the maker."),
            Param("discriminator_lr", float, 2e-4, low=1e-7, high=1, expert=True, help="Learning rate of the critic."),
            Param("generator_decay", float, 1e-6, low=0, high=1, expert=True, help="Weight decay of the maker."),
            Param("discriminator_decay", float, 1e-6, low=0, high=1, expert=True, help="Weight decay of the critic."),
            Param(
                "discriminator_steps",
                int,
                1,
                low=1,
                high=20,
                expert=True,
                help="Steps of the critic per step of the maker.",
            ),
            Param("log_frequency", bool, True, expert=True, help="Show rare categories more often while training."),
        ),
    )

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        batch, pac = self.params["batch_size"], self.params["pac"]
        if batch % 2 or batch % pac:
            raise MethodError(
                f"Setting 'batch_size' of method 'ctgan' must be even and a multiple of 'pac' ({pac}), not {batch}."
            )

    def _synthesizer(self, metadata: Any) -> Any:
        from sdv.single_table import CTGANSynthesizer

        same: tuple[str, ...] = ("epochs", "batch_size", "embedding_dim", "pac", "generator_lr", "discriminator_lr")
        same += ("generator_decay",)
        same += ("discriminator_decay", "discriminator_steps", "log_frequency")
        return CTGANSynthesizer(
            metadata,
            enforce_min_max_values=False,
            enforce_rounding=False,
            generator_dim=self._layers,
            discriminator_dim=self._layers,
            enable_gpu=self.params["use_gpu"],
            **{name: self.params[name] for name in same},
        )

    def _steps(self, rows: int) -> int:
        return max(rows // int(self.params["batch_size"]), 1) * (int(self.params["discriminator_steps"]) + 1)


@register
class Tvae(_Deep):
    """Variational autoencoder for tables."""

    info: ClassVar[MethodInfo] = MethodInfo(
        name="tvae",
        title="TVAE (neural network)",
        summary="A neural network squeezes each row into a few numbers and learns to unfold new rows from random ones.",
        good_for="A neural baseline that trains several times faster than CTGAN and is steadier.",
        weak_at="Rare categories vanish and rows are too typical: the spread of the table shrinks.",
        cost="minutes on a CPU; memory grows with the number of category levels",
        licence="BUSL-1.1",
        licence_note=LICENCE_NOTE,
        requires=("sdv", "ctgan"),
        params=(
            Param(
                "epochs", int, 200, low=1, high=10_000, unit="epochs", help="Passes over the table; more fits closer."
            ),
            *_SHARED,
            Param("hidden_units", int, 128, low=4, high=4096, expert=True, help="Units in each hidden layer."),
            Param("l2scale", float, 1e-5, low=0, high=1, expert=True, help="Weight decay."),
            Param(
                "loss_factor",
                float,
                2.0,
                low=0.01,
                high=100,
                expert=True,
                help="Weight of fitting the rows against variety.",
            ),
        ),
    )

    def _synthesizer(self, metadata: Any) -> Any:
        from sdv.single_table import TVAESynthesizer

        same = ("epochs", "batch_size", "embedding_dim", "l2scale", "loss_factor")
        return TVAESynthesizer(
            metadata,
            enforce_min_max_values=False,
            enforce_rounding=False,
            compress_dims=self._layers,
            decompress_dims=self._layers,
            enable_gpu=self.params["use_gpu"],
            **{name: self.params[name] for name in same},
        )

    def _steps(self, rows: int) -> int:
        return math.ceil(rows / int(self.params["batch_size"]))


def refuse_wide(method: str, codec: Codec, rows: int) -> None:
    """Raise :class:`MethodError` when a column has more levels than a network of this kind can hold."""
    width = sum(codec.states[name] + _MODES * codec.continuous(name) for name in codec.names)
    gigabytes = width * rows * 8 * _COPIES / 1e9
    widest = max(codec.names, key=lambda name: codec.states[name])
    levels = codec.states[widest] - 1
    if levels > MOST_LEVELS:
        raise MethodError(
            f"Column '{widest}' has {levels:,} levels, and method '{method}' takes at most {MOST_LEVELS}: it would "
            f"need about {gigabytes:.1f} GB and learn little. Choose 'trees', or leave out '{widest}'."
        )
    import psutil

    available = psutil.virtual_memory().available / 1e9
    if gigabytes > available:
        raise MethodError(
            f"Method '{method}' would need about {gigabytes:.1f} GB for {rows:,} rows, and {available:.1f} GB are "
            f"free. Choose 'trees', or leave out '{widest}' ({levels:,} levels)."
        )


def _to_network(codec: Codec, encoded: Encoded) -> pd.DataFrame:
    """Return one text column per column with several states and one number per continuous column."""
    from scipy.special import ndtri

    made: dict[str, Any] = {}
    for place, name in enumerate(codec.names):
        states = encoded.states[name]
        if len(np.unique(states)) > 1:
            made[f"c{place}.state"] = states.astype(str).astype(object)
        if codec.continuous(name):
            ranks = np.where(np.isnan(encoded.ranks[name]), 0.5, encoded.ranks[name])
            made[f"c{place}.score"] = ndtri(np.clip(ranks, _EDGE, 1 - _EDGE))
    return pd.DataFrame(made, index=range(len(encoded)))


def _from_network(codec: Codec, made: pd.DataFrame) -> Encoded:
    """Return states and ranks of the network's rows; the inverse of ``_to_network``."""
    from scipy.special import ndtr

    states: dict[str, Any] = {}
    ranks: dict[str, Any] = {}
    for place, name in enumerate(codec.names):
        only = int(np.argmax(codec.shares(name)))
        found = made.get(f"c{place}.state")
        states[name] = (
            np.full(len(made), only, np.int32) if found is None else found.astype(str).astype(np.int32).to_numpy()
        )
        ranks[name] = np.full(len(made), np.nan)
        if codec.continuous(name):
            scores = made[f"c{place}.score"].to_numpy(dtype=np.float64)
            ranks[name] = np.where(states[name] == codec.states[name] - 1, ndtr(scores), np.nan)
    return Encoded(states, ranks)


def _metadata(frame: pd.DataFrame) -> Any:
    """Return SDV's description of the frame; said, not detected, so that nothing is taken for an id."""
    from sdv.metadata import Metadata

    kinds = {name: {"sdtype": "categorical" if name.endswith(".state") else "numerical"} for name in frame.columns}
    return Metadata.load_from_dict({"tables": {"t": {"columns": kinds}}, "relationships": []})


def _on_processor(synthesizer: Any) -> None:
    """Move the network to the processor, where sampling is repeatable on any machine."""
    synthesizer._model.set_device("cpu")


def _small(seed: int) -> int:
    """Return a seed that NumPy's old generator takes (32 bits)."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0])


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep SDV's advice off the screen; it speaks to programmers."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _own_randomness(seed: int) -> Iterator[None]:
    """Seed the global generators that SDV draws from, and put them back afterwards."""
    import joblib
    import torch

    before = np.random.get_state()  # noqa: NPY002 - SDV reads the global generator
    try:  # in this process: the workers that ctgan would start know nothing of the seed
        with torch.random.fork_rng(devices=[]), joblib.parallel_config(backend="sequential"), _quiet():
            torch.random.default_generator.manual_seed(_small(seed))
            np.random.seed(_small(seed))  # noqa: NPY002
            yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


@contextmanager
def _told(progress: Progress, steps: int, epochs: int) -> Iterator[None]:
    """Report after every training step of this thread: neither network has a hook of its own, but PyTorch has."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    thread, done = threading.get_ident(), 0

    def step_done(optimiser: Any, given: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        nonlocal done
        if threading.get_ident() == thread:
            done += 1
            progress(min(done / steps, epochs), epochs, f"epoch {min((done - 1) // steps + 1, epochs)} of {epochs}")

    hook: Callable[..., None] = step_done
    handle = register_optimizer_step_post_hook(hook)
    try:
        yield
    finally:
        handle.remove()
