"""The epochs of CTGAN and TVAE: told at every step, checked on rows set apart, kept on disk, taken up again.

Chance is seeded anew from the seed and the number of each epoch, so a fit that goes on from the end of an epoch ends
with the same weights as one that was never interrupted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from synth_core.progress import Progress
from synth_core.whole_files import replace_whole

BETWEEN_SAVES = 10.0  # seconds
_PLAIN = ("epoch", "since", "best_loss", "history")


class Learner(Protocol):
    """A network that learns step by step; torch's and NumPy's global chance is all that it draws from."""

    modules: Mapping[str, Any]
    optimisers: Mapping[str, Any]
    steps: int  # per epoch

    def begin(self) -> None:
        """Make ready for an epoch."""

    def step(self, number: int) -> dict[str, Any]:
        """Do one step and return its losses, tensors of one number."""

    def held_out(self) -> float | None:
        """Return how far the network is from the rows set apart; None where there are none. Lower is better."""


@dataclass(frozen=True)
class Plan:
    """How long to learn.

    Attributes
    ----------
    epochs
        At most so many.
    every
        Epochs between two checks on rows set apart.
    patience
        Checks without a gain after which learning stops; 0 never stops early.
    """

    epochs: int
    every: int
    patience: int


@dataclass
class State:
    """Where learning stands at the end of an epoch; ``history`` has the mean losses of every epoch."""

    epoch: int = 0
    since: int = 0
    best_loss: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=dict)


def learn(
    learner: Learner, plan: Plan, *, seed: int, progress: Progress, checkpoint: Path | None = None, stamp: str = ""
) -> list[dict[str, float]]:
    """Train, put the best weights into the learner's modules, and return the losses of every epoch.

    Parameters
    ----------
    checkpoint
        Folder where the state is kept every few seconds, and from which learning goes on.
    stamp
        What the state belongs to; one with another stamp is not used.
    """
    state = _restored(checkpoint, stamp, learner) or State()
    saved = time.monotonic()
    while state.epoch < plan.epochs and not (plan.patience and state.since >= plan.patience):
        losses = _epoch(learner, plan, state, seed, progress)
        _judged(learner, plan, state, losses)
        if checkpoint is not None:
            _tell(state, checkpoint)
            if time.monotonic() - saved > BETWEEN_SAVES:
                _save(learner, state, checkpoint, stamp)
                saved = time.monotonic()
    if checkpoint is not None:
        _save(learner, state, checkpoint, stamp)
    if state.best:
        _put(learner, state.best)
    return state.history


def _epoch(learner: Learner, plan: Plan, state: State, seed: int, progress: Progress) -> dict[str, float]:
    """Do one pass over the rows and return the mean losses."""
    _seed(seed, state.epoch, 0)
    learner.begin()
    note = f"epoch {state.epoch + 1} of {plan.epochs}{_spoken(state.history)}"
    sums: dict[str, Any] = {}
    for number in range(learner.steps):
        progress(state.epoch + number / learner.steps, plan.epochs, note)
        for name, value in learner.step(number).items():
            sums[name] = sums.get(name, 0.0) + value
    return {name: round(float(total) / learner.steps, 5) for name, total in sums.items()}


def _judged(learner: Learner, plan: Plan, state: State, losses: dict[str, float]) -> None:
    """Note the losses of an epoch, check it if it is due, and keep the weights if they are the best so far."""
    due = (state.epoch + 1) % plan.every == 0 or state.epoch + 1 == plan.epochs
    _seed(0, 0, 1)  # the same chance at every check
    found = learner.held_out() if due else None
    state.epoch += 1
    state.history.append({"round": state.epoch, **losses})
    if found is None:
        return
    state.history[-1]["held_out"] = round(found, 5)
    if found < state.best_loss:
        state.best_loss, state.since = found, 0
        state.best = {name: value.detach().clone() for name, value in _weights(learner).items()}
    else:
        state.since += 1


def _tell(state: State, folder: Path) -> None:
    """Write the losses so far where whoever watches the run finds them."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_whole(folder / "losses.json", lambda path: path.write_text(json.dumps(state.history), encoding="utf-8"))


def _spoken(history: list[dict[str, float]]) -> str:
    if not history:
        return ""
    losses = [f"{name} {value:.3f}" for name, value in history[-1].items() if name not in ("round", "held_out")]
    held = [one["held_out"] for one in history if "held_out" in one]
    return ", loss " + ", ".join([*losses, *([f"held out {held[-1]:.3f}"] if held else [])])


def _seed(*numbers: int) -> None:
    import torch

    one, other = (int(number) for number in np.random.SeedSequence(numbers).generate_state(2))
    torch.manual_seed(one)
    np.random.seed(other)  # noqa: NPY002 - ctgan reads the global generator


def _weights(learner: Learner) -> dict[str, Any]:
    return {f"{part}/{name}": v for part, module in learner.modules.items() for name, v in module.state_dict().items()}


def _put(learner: Learner, weights: dict[str, Any]) -> None:
    for part, module in learner.modules.items():
        start = f"{part}/"
        module.load_state_dict({n.removeprefix(start): v for n, v in weights.items() if n.startswith(start)})


def _moments(learner: Learner) -> dict[str, Any]:
    return {
        f"{name}/{place}/{key}": moment
        for name, optimiser in learner.optimisers.items()
        for place, one in optimiser.state_dict()["state"].items()
        for key, moment in one.items()
    }


def _put_moments(learner: Learner, moments: dict[str, Any]) -> None:
    for name, optimiser in learner.optimisers.items():
        described = optimiser.state_dict()
        described["state"] = {}
        for key, moment in moments.items():
            part, place, what = key.rsplit("/", 2)
            if part == name:
                described["state"].setdefault(int(place), {})[what] = moment
        optimiser.load_state_dict(described)


def _save(learner: Learner, state: State, folder: Path, stamp: str) -> None:
    """Write the state as one file that is whole or not there; no pickle."""
    folder.mkdir(parents=True, exist_ok=True)
    groups = {"weights": _weights(learner), "moments": _moments(learner), "best": state.best}
    arrays = {f"{group}:{name}": v.detach().cpu().numpy() for group, held in groups.items() for name, v in held.items()}
    plain = {name: getattr(state, name) for name in _PLAIN} | {"stamp": stamp}
    building = folder / f".state.{os.getpid()}.npz"
    np.savez(building, plain=np.array(json.dumps(plain)), **arrays)
    building.replace(folder / "state.npz")


def _restored(folder: Path | None, stamp: str, learner: Learner) -> State | None:
    """Put the state that was kept in ``folder`` into the learner and return it; None where there is none that fits."""
    import torch

    if folder is None or not (folder / "state.npz").exists():
        return None
    with np.load(folder / "state.npz", allow_pickle=False) as stored:
        plain = json.loads(str(stored["plain"]))
        if plain.pop("stamp") != stamp:
            return None
        device = next(iter(_weights(learner).values())).device
        groups: dict[str, dict[str, Any]] = {"weights": {}, "moments": {}, "best": {}}
        for key in stored.files:
            group, _, name = key.partition(":")
            if name:
                groups[group][name] = torch.from_numpy(stored[key]).to(device)
    _put(learner, groups["weights"])
    _put_moments(learner, groups["moments"])
    return State(**plain, best=groups["best"])
