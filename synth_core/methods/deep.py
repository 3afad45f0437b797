"""CTGAN and TVAE, from SDV: neural networks over the codec's states and ranks.

SDV (Business Source License 1.1) is imported only when a model is learned, sampled or loaded.

Notes
-----
Xu, Skoularidou, Cuesta-Infante, Veeramachaneni: "Modeling tabular data using conditional GAN", NeurIPS 2019.
Each column reaches the network as its state (missing, an atom, or "continuous"; a category) and, where it is
continuous, the normal score of its rank. So what the codec protects stays protected, and missing cells stay missing.
"""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from synth_core.codec import Codec
from synth_core.errors import MethodError
from synth_core.methods import deep_settings, register
from synth_core.methods.base import Engine, Fitted, MethodInfo, require_columns
from synth_core.methods.deep_columns import from_network, metadata_of, refuse_wide, to_network
from synth_core.methods.deep_learning import Plan, learn
from synth_core.methods.network import one_torch_thread
from synth_core.methods.threads import one_thread
from synth_core.progress import Progress, silent
from synth_core.table import Table

BATCH_ROWS = 10_000
_FEW_ROWS, _MOST_APART = 200, 5_000

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
    history
        Losses per epoch.
    """

    method: str
    codec: Codec
    synthesizer: Any
    history: list[dict[str, float]]

    def sample(
        self, rows: int, *, seed: int, conditions: pd.DataFrame | None = None, progress: Progress = silent
    ) -> pd.DataFrame:
        """Return ``rows`` new rows; conditions are refused."""
        if conditions is not None:
            raise MethodError(
                f"Engine '{self.method}' cannot keep given values. Choose 'trees', or leave out the conditions."
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
        return self.codec.decode(from_network(self.codec, made))

    def save(self, folder: Path) -> None:
        """Write the codec, the losses, and SDV's own file of the network (a pickle: only for the project's folder)."""
        self.codec.save(folder)
        (folder / "deep.json").write_text(
            json.dumps({"method": self.method, "network": self.synthesizer is not None}), encoding="utf-8"
        )
        (folder / "losses.json").write_text(json.dumps(self.history), encoding="utf-8")
        if self.synthesizer is not None:
            self.synthesizer.save(str(folder / "network.pkl"))


class _Deep(Engine):
    """What CTGAN and TVAE share."""

    def fit(
        self, table: Table, *, seed: int, progress: Progress = silent, checkpoint: Path | None = None
    ) -> FittedDeep:
        """Return the trained network; with ``checkpoint`` a folder from which an interrupted fit goes on.

        Raises
        ------
        MethodError
            A column has too many levels for it.
        """
        require_columns(table)
        codec = Codec.fit(table, seed=seed)
        refuse_wide(self.info.name, codec, len(table))
        epochs = int(self.params["epochs"])
        progress(0, epochs, "preparing the columns")
        frame = to_network(codec, codec.encode(table.frame))
        synthesizer, history = None, list[dict[str, float]]()
        if frame.shape[1]:
            with _own_randomness(seed):
                synthesizer = self._synthesizer(metadata_of(frame))

                def train(processed: pd.DataFrame) -> None:
                    synthesizer._model = self._model()
                    history.extend(self._train(synthesizer._model, processed, seed, progress, checkpoint))

                synthesizer._fit = train  # SDV's own would train to the end, deaf and blind
                synthesizer.fit({"t": frame})
                del synthesizer._fit
            _on_processor(synthesizer)
        progress(epochs, epochs, "trained")
        return FittedDeep(self.info.name, codec, synthesizer, history)

    def _train(
        self, model: Any, processed: pd.DataFrame, seed: int, progress: Progress, checkpoint: Path | None
    ) -> list[dict[str, float]]:
        from synth_core.methods.deep_networks import Frames

        epochs, shuffled = int(self.params["epochs"]), np.random.default_rng(seed).permutation(len(processed))
        share = self.params["validation"] if len(processed) >= _FEW_ROWS else 0.0
        apart = min(int(share * len(processed)), _MOST_APART)
        discrete = [str(name) for name in processed.columns if str(name).endswith(".state")]
        frames = Frames(
            processed.iloc[shuffled[apart:]].reset_index(drop=True),
            processed.iloc[shuffled[:apart]].reset_index(drop=True),
            discrete,
            lambda done, total, note="": progress(0, epochs, note),
        )
        prints = [hashlib.sha256(part.tobytes()).hexdigest() for part in (frames.train, frames.apart)]
        return learn(
            self._learner(model, frames),
            Plan(epochs, self.params["check_every"], self.params["patience"]),
            seed=seed,
            progress=progress,
            checkpoint=checkpoint,
            stamp=hashlib.sha256(repr((prints, self.params, seed)).encode()).hexdigest(),
        )

    @classmethod
    def load(cls, folder: Path) -> Fitted:
        """Return the model that was saved in ``folder``, which must be the project's own: it holds a pickle."""
        described = json.loads((folder / "deep.json").read_text(encoding="utf-8"))
        history = json.loads((folder / "losses.json").read_text(encoding="utf-8"))
        synthesizer = None
        if described["network"]:
            from sdv.utils import load_synthesizer

            with _quiet():
                synthesizer = load_synthesizer(str(folder / "network.pkl"))
            _on_processor(synthesizer)
        return FittedDeep(described["method"], Codec.load(folder), synthesizer, history)

    def _synthesizer(self, metadata: Any) -> Any:
        raise NotImplementedError

    def _model(self) -> Any:
        """Return ctgan's model, not yet trained."""
        raise NotImplementedError

    def _learner(self, model: Any, frames: Any) -> Any:
        raise NotImplementedError

    def _arguments(self, *layers: str) -> dict[str, Any]:
        """Return the settings in ctgan's words."""
        ours = ("patience", "validation", "check_every", "use_gpu")
        given = {name: value for name, value in self.params.items() if name not in ours}
        return (
            given
            | {name: deep_settings.sizes(self.params[name]) for name in layers}
            | {"enable_gpu": self.params["use_gpu"]}
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
        params=deep_settings.CTGAN,
        resumable=True,
    )

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        batch, pac = self.params["batch_size"], self.params["pac"]
        if batch % 2 or batch % pac:
            raise MethodError(
                f"Setting 'batch_size' of engine 'ctgan' must be even and a multiple of 'pac' ({pac}), not {batch}."
            )

    def _synthesizer(self, metadata: Any) -> Any:
        from sdv.single_table import CTGANSynthesizer

        return CTGANSynthesizer(metadata, enforce_min_max_values=False, enforce_rounding=False, **self._said)

    def _model(self) -> Any:
        from ctgan import CTGAN

        return CTGAN(**self._said)

    @property
    def _said(self) -> dict[str, Any]:
        return self._arguments("generator_dim", "discriminator_dim")

    def _learner(self, model: Any, frames: Any) -> Any:
        from synth_core.methods.deep_networks import Gan

        return Gan(model, frames, self.params)


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
        params=deep_settings.TVAE,
        resumable=True,
    )

    def _synthesizer(self, metadata: Any) -> Any:
        from sdv.single_table import TVAESynthesizer

        return TVAESynthesizer(metadata, enforce_min_max_values=False, enforce_rounding=False, **self._said)

    def _model(self) -> Any:
        from ctgan import TVAE

        return TVAE(**self._said)

    @property
    def _said(self) -> dict[str, Any]:
        return self._arguments("compress_dims", "decompress_dims")

    def _learner(self, model: Any, frames: Any) -> Any:
        from synth_core.methods.deep_networks import Vae

        return Vae(model, frames, self.params)


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
        with (
            torch.random.fork_rng(devices=[]),
            joblib.parallel_config(backend="sequential"),
            one_torch_thread(),
            one_thread(),
            _quiet(),
        ):
            torch.random.default_generator.manual_seed(_small(seed))
            np.random.seed(_small(seed))  # noqa: NPY002
            yield
    finally:
        np.random.set_state(before)  # noqa: NPY002
