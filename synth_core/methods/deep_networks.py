"""CTGAN and TVAE step by step: ctgan's networks, coding and sampler, driven from outside so that they can be watched.

Notes
-----
The objectives are those of Xu, Skoularidou, Cuesta-Infante, Veeramachaneni, "Modeling tabular data using conditional
GAN", NeurIPS 2019: the evidence lower bound for TVAE, the Wasserstein distance with a gradient penalty (Gulrajani et
al., 2017) and the cross-entropy of the asked category for CTGAN. What comes out is ctgan's own model, which SDV
samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from synth_core.methods.deep_settings import sizes
from synth_core.progress import Progress

_CODED_ROWS = 10_000  # normal scores: more rows tell no more about their modes
_CHECKED_ROWS = 2_000
_LEVELS, _BINS, _PAIRS = 20, 10, 300
_AT_ONCE = 5_000


class Vae:
    """The variational autoencoder."""

    def __init__(self, model: Any, frames: Frames, settings: dict[str, Any]) -> None:
        import torch
        from ctgan.synthesizers.tvae import Decoder, Encoder

        self.model, self.settings = model, settings
        model.transformer = frames.transformer
        width, inner = frames.transformer.output_dimensions, settings["embedding_dim"]
        device = model._device
        self.encoder = Encoder(width, sizes(settings["compress_dims"]), inner).to(device)
        model.decoder = Decoder(inner, sizes(settings["decompress_dims"]), width).to(device)
        self.modules = {"encoder": self.encoder, "decoder": model.decoder}
        both = [*self.encoder.parameters(), *model.decoder.parameters()]
        self.optimisers = {"adam": torch.optim.Adam(both, weight_decay=settings["l2scale"])}
        self.rows = torch.from_numpy(frames.train).to(device)
        self.apart = torch.from_numpy(frames.apart).to(device)
        self.steps = -(-len(self.rows) // settings["batch_size"])

    def begin(self) -> None:
        """Shuffle the rows."""
        import torch

        self.order = torch.randperm(len(self.rows)).to(self.rows.device)

    def step(self, number: int) -> dict[str, Any]:
        """Learn from the next batch."""
        import torch

        size = self.settings["batch_size"]
        bound = self._bound(self.rows[self.order[number * size : (number + 1) * size]])
        self.optimisers["adam"].zero_grad()
        bound.backward()
        self.optimisers["adam"].step()
        with torch.no_grad():
            self.model.decoder.sigma.clamp_(0.01, 1.0)
        return {"train": bound.detach()}

    def held_out(self) -> float | None:
        """Return the same loss, the negative lower bound per row, on the rows set apart."""
        import torch

        if not len(self.apart):
            return None
        with torch.no_grad():
            parts = self.apart.split(_AT_ONCE)
            return float(sum(self._bound(part) * len(part) for part in parts)) / len(self.apart)

    def _bound(self, rows: Any) -> Any:
        import torch
        from ctgan.synthesizers.tvae import _loss_function

        mean, spread, variance = self.encoder(rows)
        unfolded, sigmas = self.model.decoder(mean + spread * torch.randn_like(spread))
        spans = self.model.transformer.output_info_list
        fit, variety = _loss_function(unfolded, rows, sigmas, mean, variance, spans, self.settings["loss_factor"])
        return fit + variety


class Gan:
    """The conditional adversarial network."""

    def __init__(self, model: Any, frames: Frames, settings: dict[str, Any]) -> None:
        import torch
        from ctgan.data_sampler import DataSampler
        from ctgan.synthesizers.ctgan import Discriminator, Generator

        self.model, self.settings, self.frames = model, settings, frames
        model._transformer = frames.transformer
        spans = frames.transformer.output_info_list
        model._data_sampler = self.sampler = DataSampler(frames.train, spans, settings["log_frequency"])
        width, asked = frames.transformer.output_dimensions, self.sampler.dim_cond_vec()
        self.device = model._device
        maker = Generator(settings["embedding_dim"] + asked, sizes(settings["generator_dim"]), width)
        critic = Discriminator(width + asked, sizes(settings["discriminator_dim"]), pac=settings["pac"])
        model._generator, self.critic = maker.to(self.device), critic.to(self.device)
        self.modules = {"maker": model._generator, "critic": self.critic}
        self.optimisers = {
            name: torch.optim.Adam(
                self.modules[name].parameters(),
                lr=settings[f"{word}_lr"],
                betas=(0.5, 0.9),
                weight_decay=settings[f"{word}_decay"],
            )
            for name, word in (("maker", "generator"), ("critic", "discriminator"))
        }
        self.batches = max(len(frames.train) // settings["batch_size"], 1)
        self.turns = settings["discriminator_steps"] + 1
        self.steps = self.batches * self.turns
        self.apart = _codes(frames.apart_frame.head(_CHECKED_ROWS), frames.apart_frame)

    def begin(self) -> None:
        """Draw nothing in advance: every batch is drawn by itself."""

    def step(self, number: int) -> dict[str, Any]:
        """Let the critic learn, or, after its turns, the maker."""
        if number % self.turns < self.turns - 1:
            return {"critic": self._criticise() / (self.turns - 1) * self.turns}
        return {"maker": self._make_better() * self.turns}  # the loop takes the mean over all steps

    def _criticise(self) -> Any:
        import torch

        condition = self._condition()
        with torch.no_grad():
            made = self.model._apply_activate(self._raw(condition))
        order = np.random.permutation(self.settings["batch_size"])  # noqa: NPY002 - the sampler draws from there too
        columns, levels = (None, None) if condition is None else (condition[2][order], condition[3][order])
        drawn = self.sampler.sample_data(self.frames.train, self.settings["batch_size"], columns, levels)
        real = torch.from_numpy(drawn).to(self.device)
        if condition is not None:
            made = torch.cat([made, condition[0]], dim=1)
            real = torch.cat([real, condition[0][torch.from_numpy(order).to(self.device)]], dim=1)
        distance = self.critic(made).mean() - self.critic(real).mean()
        inputs = made.requires_grad_(True)
        penalty = self.critic.calc_gradient_penalty(real, inputs, self.device, self.settings["pac"])
        self._improve("critic", distance + penalty)
        return distance.detach()

    def _make_better(self) -> Any:
        import torch

        condition = self._condition()
        raw = self._raw(condition)
        made = self.model._apply_activate(raw)
        if condition is None:
            loss = -self.critic(made).mean()
        else:
            loss = -self.critic(torch.cat([made, condition[0]], dim=1)).mean()
            loss = loss + self.model._cond_loss(raw, condition[0], condition[1])
        self._improve("maker", loss)
        return loss.detach()

    def _improve(self, name: str, loss: Any) -> None:
        self.optimisers[name].zero_grad()
        loss.backward()
        self.optimisers[name].step()

    def _condition(self) -> tuple[Any, Any, Any, Any] | None:
        """Return which categories to make (vectors, masks, columns, levels); None where there is no category."""
        import torch

        drawn = self.sampler.sample_condvec(self.settings["batch_size"])
        if drawn is None:
            return None
        vectors, masks = (torch.from_numpy(part).to(self.device) for part in drawn[:2])
        return vectors, masks, drawn[2], drawn[3]

    def _raw(self, condition: tuple[Any, Any, Any, Any] | None) -> Any:
        import torch

        noise = torch.randn(self.settings["batch_size"], self.settings["embedding_dim"]).to(self.device)
        return self.model._generator(noise if condition is None else torch.cat([noise, condition[0]], dim=1))

    def held_out(self) -> float | None:
        """Return how far shares of pairs of values in made rows are from those in rows set apart (0..1)."""
        import torch

        if not len(self.apart):
            return None
        buffers = {name: value.clone() for name, value in self.model._generator.named_buffers()}
        with torch.no_grad():
            made = self.model.sample(len(self.apart))
            for name, value in self.model._generator.named_buffers():
                value.copy_(buffers[name])  # making rows moved the means of its batches
        return pair_error(self.apart, _codes(made, self.frames.apart_frame))


def pair_error(real: np.ndarray[Any, Any], made: np.ndarray[Any, Any]) -> float:
    """Return the mean total variation distance over pairs of columns of codes (each column with itself included).

    >>> pair_error(np.array([[0, 0], [1, 1]]), np.array([[0, 1], [1, 0]])).__round__(3)
    0.333
    """
    width = real.shape[1]
    pairs = [(i, j) for i in range(width) for j in range(i + 1)]
    if len(pairs) > _PAIRS:
        chosen = np.random.default_rng(0).choice(len(pairs), _PAIRS, replace=False)
        pairs = [pairs[place] for place in chosen]
    size = int(max(real.max(initial=0), made.max(initial=0))) + 1
    total = 0.0
    for i, j in pairs:
        shares = [np.bincount(rows[:, i] * size + rows[:, j], minlength=size**2) / len(rows) for rows in (real, made)]
        total += float(np.abs(shares[0] - shares[1]).sum()) / 2
    return total / max(len(pairs), 1)


def _codes(frame: pd.DataFrame, real: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return a small number per cell: its place among the most frequent words, or its tenth among real numbers."""
    codes = np.zeros(frame.shape, dtype=np.int64)
    for place, name in enumerate(map(str, real.columns)):
        if name.endswith(".state"):
            known = real[name].value_counts().index[:_LEVELS]
            codes[:, place] = pd.Index(known).get_indexer(frame[name]) + 1
        else:
            edges = np.quantile(real[name], np.linspace(0, 1, _BINS + 1)[1:-1]) if len(real) else np.zeros(0)
            codes[:, place] = np.searchsorted(edges, frame[name].to_numpy(dtype=np.float64))
    return codes


class Frames:
    """The rows learned from and those set apart, in ctgan's coding (float32), and the latter as they were."""

    def __init__(self, train: pd.DataFrame, apart: pd.DataFrame, discrete: list[str], progress: Progress) -> None:
        from ctgan.data_transformer import DataTransformer

        self.transformer = DataTransformer()
        with _told_by_column(self.transformer, train.shape[1], progress):
            self.transformer.fit(train, discrete)
            self.train = self.transformer.transform(train).astype("float32")
            self.apart = np.zeros((0, self.train.shape[1]), dtype="float32")
            if len(apart):
                self.apart = self.transformer.transform(apart).astype("float32")
        self.apart_frame = apart


@contextmanager
def _told_by_column(transformer: Any, columns: int, progress: Progress) -> Iterator[None]:
    """Report before every column, and learn the modes of numbers from some of the rows: a stop is heard in time."""
    done = 0

    def told(step: Any, most: int | None) -> Any:
        def one(*given: Any) -> Any:
            nonlocal done
            progress(0, 1, f"coding the columns, step {done + 1} of {2 * columns}")
            done = min(done + 1, 2 * columns - 1)
            return step(*(part.head(most) if most and isinstance(part, pd.DataFrame) else part for part in given))

        return one

    own = {
        "_fit_continuous": _CODED_ROWS,
        "_fit_discrete": None,
        "_transform_continuous": None,
        "_transform_discrete": None,
    }
    for name, most in own.items():
        setattr(transformer, name, told(getattr(transformer, name), most))
    try:
        yield
    finally:
        for name in own:
            delattr(transformer, name)
