"""Training of our own networks: AdamW, averaged weights, held-out loss, early stop, and going on after an interruption.

Chance is drawn anew from the seed and the number of each round, so a fit that goes on from the end of a round ends with
the same weights as one that was never interrupted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synth_core.progress import Progress, silent
from synth_core.whole_files import replace_whole

if TYPE_CHECKING:
    import torch

Tensors = dict[str, Any]  # name -> tensor
Loss = Callable[[Tensors, "np.ndarray[Any, Any]", "torch.Generator"], "torch.Tensor"]
Held = Callable[[Tensors], float]

_BETWEEN_SAVES, _BETWEEN_LOSSES = 10.0, 0.5  # seconds
_LEAST_STEPS, _MOST_STEPS = 10, 500  # per round: a pass over many rows is several rounds
_WARM = 100
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")
_PLAIN = ("step", "round", "since", "halved", "best_loss", "history")
_LAST = 0.3  # share of the steps in which the rate falls to zero


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn.

    Attributes
    ----------
    steps
        Most steps of the optimiser.
    batch
        Rows per step.
    rate, decay
        Learning rate and weight decay.
    average
        Share of the averaged weights that a step keeps.
    patience
        Rounds without a better held-out loss after which the rate is halved.
    halvings
        After so many of these learning stops.
    """

    steps: int
    batch: int
    rate: float
    decay: float = 0.01
    average: float = 0.995
    patience: int = 6
    halvings: int = 3


@dataclass
class State:
    """Where learning stands at the end of a round."""

    weights: Tensors
    averaged: Tensors
    best: Tensors
    moments: list[Tensors]
    step: int = 0
    round: int = 0
    since: int = 0
    halved: int = 0
    best_loss: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)


def learn(
    fresh: Tensors,
    loss: Loss,
    held: Held | None,
    rows: int,
    plan: Plan,
    *,
    seed: int,
    progress: Progress = silent,
    checkpoint: Path | None = None,
    stamp: str = "",
) -> State:
    """Return the state with the best averaged weights, by held-out loss where ``held`` is given.

    Parameters
    ----------
    loss
        Mean loss of a batch, given weights, places of rows (of ``rows`` train rows), and a generator.
    checkpoint
        Folder where the state is kept every few seconds, and from which learning goes on.
    stamp
        What the state belongs to; one with another stamp is not used.
    """
    import torch

    state = _restored(checkpoint, stamp, fresh) or _started(fresh)
    optimiser = torch.optim.AdamW(list(state.weights.values()), lr=plan.rate, weight_decay=plan.decay, fused=True)
    _put_moments(optimiser, state)
    began, first, saved, told = time.monotonic(), state.step, time.monotonic(), 0.0
    while state.step < plan.steps and state.halved <= plan.halvings:
        report = _reporter(state, plan, progress, began, first)
        trained = _round(state, optimiser, loss, rows, plan, seed, report)
        _judged(state, trained, held, plan)
        if checkpoint is not None and time.monotonic() - told > _BETWEEN_LOSSES:
            _tell(state, checkpoint)
            told = time.monotonic()
        if checkpoint is not None and time.monotonic() - saved > _BETWEEN_SAVES:
            _save(state, optimiser, checkpoint, stamp)
            saved = time.monotonic()
    if checkpoint is not None:
        _save(state, optimiser, checkpoint, stamp)
    return state


def _round(
    state: State, optimiser: Any, loss: Loss, rows: int, plan: Plan, seed: int, report: Callable[[], None]
) -> float:
    """Do a round, one pass over the rows (several over few rows, a part of one over many); return the mean loss."""
    import torch

    order = np.random.default_rng([seed, state.round])
    device = next(iter(state.weights.values())).device
    chance = torch.Generator(device=device).manual_seed(int(order.integers(2**62)))
    passes = max(1, -(-_LEAST_STEPS * plan.batch // rows))
    places = np.concatenate([order.permutation(rows) for _ in range(passes)])
    steps = min(max(1, len(places) // plan.batch), _MOST_STEPS)
    total = torch.zeros((), device=device)
    for step in range(steps):
        report()
        optimiser.param_groups[0]["lr"] = _rate(state, plan)
        batch = places[step * plan.batch : (step + 1) * plan.batch]
        value = loss(state.weights, batch, chance)
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(list(state.weights.values()), 1.0)
        optimiser.step()
        state.step += 1
        total += value.detach()
        kept = min(plan.average, (1 + state.step) / (10 + state.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(state.averaged.values()), list(state.weights.values()), 1 - kept)
        if state.step >= plan.steps:
            break
    state.round += 1
    return float(total / (step + 1))


def _rate(state: State, plan: Plan) -> float:
    """Return the learning rate: it rises at first, is halved when nothing gets better, and falls to zero at the end."""
    left = (plan.steps - state.step) / max(_LAST * plan.steps, 1)
    return float(plan.rate * min(1.0, (state.step + 1) / _WARM, left) * 0.5**state.halved)


def _judged(state: State, trained: float, held: Held | None, plan: Plan) -> None:
    """Note the losses of a round, and keep the averaged weights if they are the best so far."""
    import torch

    with torch.no_grad():
        value = trained if held is None else held(state.averaged)
    state.history.append({"round": state.round, "train": round(trained, 5), "held_out": round(value, 5)})
    if held is None or value < state.best_loss:
        state.best_loss, state.since = value, 0
        state.best = {name: values.detach().clone() for name, values in state.averaged.items()}
        return
    state.since += 1
    if state.since >= plan.patience:
        state.halved, state.since = state.halved + 1, 0


def _reporter(state: State, plan: Plan, progress: Progress, began: float, first: int) -> Callable[[], None]:
    """Return what tells where learning stands; it raises ``Cancelled`` when the user stops."""
    losses = (
        f", loss {state.history[-1]['train']:.3f}, held out {state.history[-1]['held_out']:.3f}"
        if state.history
        else ""
    )

    def report() -> None:
        done = state.step - first
        left = (time.monotonic() - began) / done * (plan.steps - state.step) if done >= _LEAST_STEPS else 0.0
        most = f", at most {_spoken(left)} left" if left else ""
        progress(min(state.step, plan.steps), plan.steps, f"epoch {state.round + 1}{losses}{most}")

    return report


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _started(fresh: Tensors) -> State:
    weights = {name: values.clone().requires_grad_(True) for name, values in fresh.items()}
    copies = [{name: values.clone() for name, values in fresh.items()} for _ in range(2)]
    return State(weights, copies[0], copies[1], [])


def _put_moments(optimiser: Any, state: State) -> None:
    """Give the optimiser its moments back."""
    for values, moments in zip(state.weights.values(), state.moments, strict=False):
        optimiser.state[values] = moments


def _save(state: State, optimiser: Any, folder: Path, stamp: str) -> None:
    """Write the state as one file that is whole or not there, and the losses beside it; no pickle."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {}
    for group in ("weights", "averaged", "best"):
        arrays |= {f"{group}/{name}": v.detach().cpu().numpy() for name, v in getattr(state, group).items()}
    for name, values in state.weights.items():
        arrays |= {f"moments/{name}/{key}": m.cpu().numpy() for key, m in optimiser.state[values].items()}
    plain = {name: getattr(state, name) for name in _PLAIN} | {"stamp": stamp}
    building = folder / f".state.{os.getpid()}.npz"
    np.savez(building, plain=np.array(json.dumps(plain)), **arrays)
    building.replace(folder / "state.npz")
    _tell(state, folder)


def _tell(state: State, folder: Path) -> None:
    """Write the losses so far where whoever watches the run finds them."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_whole(folder / "losses.json", lambda path: path.write_text(json.dumps(state.history), encoding="utf-8"))


def _restored(folder: Path | None, stamp: str, fresh: Tensors) -> State | None:
    """Return the state that was kept in ``folder``; None where there is none, or one of something else."""
    import torch

    if folder is None or not (folder / "state.npz").exists():
        return None
    device = next(iter(fresh.values())).device
    with np.load(folder / "state.npz", allow_pickle=False) as stored:
        plain = json.loads(str(stored["plain"]))
        if plain.pop("stamp") != stamp:
            return None
        groups = {
            group: {name: torch.from_numpy(stored[f"{group}/{name}"]).to(device) for name in fresh}
            for group in ("weights", "averaged", "best")
        }
        moments = []
        for name in fresh:
            own = {key: torch.from_numpy(stored[f"moments/{name}/{key}"]) for key in _MOMENTS}
            moments.append({key: values.to(device) for key, values in own.items()})
    weights = {name: values.requires_grad_(True) for name, values in groups["weights"].items()}
    return State(weights, groups["averaged"], groups["best"], moments, **plain)
