"""Diffusion over cells: a network that gives hidden cells back makes rows from rows that are hidden whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec import Codec, Encoded
from synth_core.errors import MethodError
from synth_core.methods import register
from synth_core.methods.base import Engine, MethodInfo, Param, require_columns
from synth_core.methods.masking import Schedule
from synth_core.methods.network import Form, Network, one_torch_thread
from synth_core.methods.tokens import NOT_ASKED, Layout, Tokens
from synth_core.methods.training import Held, Loss, Plan, State, learn
from synth_core.progress import Progress, silent
from synth_core.table import Table, did_you_mean

BLOCK = 50_000
MOST_ANSWERS = 50_000
_AT_ONCE = 2_048
_HELD_OUT, _MOST_HELD_OUT, _FEW_ROWS = 0.1, 5_000, 200
_SPEED = 15e9  # multiplications and additions per second of a usual core, learning
_FEW_STEPS = 300


@dataclass(frozen=True)
class FittedDiffusion:
    """What the network learned.

    Attributes
    ----------
    weights
        Arrays by name.
    history
        Per epoch: train and held-out loss, in nats per cell.
    """

    layout: Layout
    form: Form
    rows: int
    weights: dict[str, npt.NDArray[np.float32]]
    history: list[dict[str, float]]

    def sample(
        self, rows: int, *, seed: int, conditions: pd.DataFrame | None = None, progress: Progress = silent
    ) -> pd.DataFrame:
        """Return ``rows`` new rows; any columns may be given, the others are made to go with them."""
        given = None if conditions is None else self._given(conditions, rows)
        parts = []
        with one_torch_thread():
            drawer = _Drawer(self) if self.layout.slots else None
            for block, start in enumerate(range(0, max(rows, 1), BLOCK)):
                stop = min(start + BLOCK, rows)
                chance = np.random.default_rng([seed, block])
                here = None if given is None else given.take(np.arange(start, stop))
                progress(start, rows, "sampling")
                tokens = np.zeros((stop - start, 0), dtype=np.int32)
                if drawer is not None:
                    tokens = drawer.draw(stop - start, here, chance, _shifted(progress, start, rows))
                encoded = self.layout.encoded(tokens, chance)
                parts.append(self.layout.codec.decode(encoded))
        frame = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
        if conditions is not None:  # as given: the codec may have moved a value into the protected range
            for name in conditions.columns:
                frame[name] = conditions[name].to_numpy() if frame[name].dtype == object else conditions[name].array
        progress(rows, rows, "sampling")
        return frame

    def _given(self, conditions: pd.DataFrame, rows: int) -> Encoded:
        names = self.layout.codec.names
        for name in conditions.columns:
            if name not in names:
                raise MethodError(f"Values are given for '{name}', which was not learned.{did_you_mean(name, names)}")
        if len(conditions) != rows:
            raise MethodError(f"Values are given for {len(conditions):,} rows, but {rows:,} rows are to be made.")
        return self.layout.codec.encode(conditions)

    def save(self, folder: Path) -> None:
        """Write the codec, ``diffusion.json`` and ``diffusion.npz``; no pickle."""
        self.layout.codec.save(folder)
        plain = {"version": 1, "form": asdict(self.form), "rows": self.rows}
        (folder / "diffusion.json").write_text(json.dumps(plain), encoding="utf-8")
        (folder / "losses.json").write_text(json.dumps(self.history), encoding="utf-8")
        np.savez(folder / "diffusion.npz", **self.weights)


class _Drawer:
    """A network ready to make rows: what each answer adds to the sum is worked out once."""

    def __init__(self, fitted: FittedDiffusion) -> None:
        import torch

        self.network = Network(fitted.layout, fitted.form)
        self.weights = {name: torch.from_numpy(values) for name, values in fitted.weights.items()}
        self.slots = fitted.layout.slots
        self.names = fitted.layout.codec.names
        self.order = [int(slot) for slot in Schedule.of(fitted.layout).order]
        with torch.no_grad():
            self.vectors = [self.network.vectors_of(self.weights, slot) for slot in range(len(self.slots))]

    def draw(self, rows: int, given: Encoded | None, chance: np.random.Generator, progress: Progress) -> Tokens:
        """Return the answers of new rows, shape (rows, slots)."""
        found = np.full((rows, len(self.slots)), NOT_ASKED, dtype=np.int32)
        for start in range(0, max(rows, 1), _AT_ONCE):
            here = slice(start, min(start + _AT_ONCE, rows))
            known = None if given is None else given.take(np.arange(rows)[here])
            self._draw(found[here], known, chance, partial(progress, start, rows, "sampling"))
        return found

    def _draw(self, found: Tokens, given: Encoded | None, chance: np.random.Generator, report: Any) -> None:
        """Fill in the answers of a few rows: given ones first, the others one slot after another."""
        import torch

        with torch.no_grad():
            known = self.weights["first"].expand(len(found), -1).clone()
            asked = []
            for slot in self.order:
                if given is not None and self.names[self.slots[slot].column] in given.states:
                    found[:, slot] = self.network.layout.answers(self.slots[slot], given)
                    self._add(known, found, slot)
                else:
                    asked.append(slot)
            report()
            for slot in asked:
                report()
                logits = self.network.heads(self.weights, self.network.deep(self.weights, known), [slot])[0]
                bounds = torch.softmax(logits, dim=1).double().cumsum(dim=1)
                drawn = torch.from_numpy(chance.random((len(found), 1))) * bounds[:, -1:]
                answers = torch.searchsorted(bounds, drawn, right=True)[:, 0].clamp(max=logits.shape[1] - 1)
                found[:, slot] = answers.numpy()
                if self.slots[slot].fine:
                    found[~self._loose(found, slot), slot] = NOT_ASKED
                self._add(known, found, slot)

    def _loose(self, found: Tokens, slot: int) -> npt.NDArray[np.bool_]:
        states = self.network.layout.codec.states[self.names[self.slots[slot].column]]
        return np.asarray(found[:, slot - 1] >= states - 1)

    def _add(self, known: Any, found: Tokens, slot: int) -> None:
        """Add what the answers to a slot say to the sums."""
        import torch

        rows = np.flatnonzero(found[:, slot] != NOT_ASKED)
        places = torch.from_numpy(self.network.joint(found[rows], slot).astype(np.int64))
        known[torch.from_numpy(rows)] += self.vectors[slot][places]


@register
class Diffusion(Engine):
    """Absorbing-state diffusion over the cells of a row."""

    info: ClassVar[MethodInfo] = MethodInfo(
        name="diffusion",
        title="Diffusion (neural network)",
        summary="A network learns to give hidden cells back, and makes new rows from rows that are hidden whole.",
        good_for="Thousands of rows and more, smooth relations between numbers, and completing any given columns.",
        weak_at="Small tables, and exact relations between columns, which it only nearly keeps.",
        cost="minutes on a CPU, less with a graphics card; 500,000 rows in minutes",
        requires=("torch",),
        private=True,
        prescribes="any",
        resumable=True,
        params=(
            Param(
                "minutes",
                float,
                8.0,
                low=0.001,
                high=1440,
                unit="minutes",
                help="Most time to learn, on one usual processor core; it stops earlier when nothing gets better.",
            ),
            Param(
                "hidden",
                int,
                256,
                low=8,
                high=4096,
                expert=True,
                help="Units in each layer; more learns finer relations.",
            ),
            Param("blocks", int, 2, low=1, high=12, expert=True, help="Layers of the network."),
            Param(
                "dropout",
                float,
                0.25,
                low=0,
                high=0.9,
                expert=True,
                help="Share of units that are left out at each step; more is safer and blurs more.",
            ),
            Param("batch_size", int, 256, low=8, high=65_536, unit="rows", expert=True, help="Rows per training step."),
            Param("learning_rate", float, 2e-3, low=1e-6, high=1, expert=True, help="Size of the training steps."),
            Param(
                "use_gpu",
                bool,
                True,
                expert=True,
                help="Learn on a graphics card if there is one; repeats less exactly there.",
            ),
        ),
    )

    def fit(
        self, table: Table, *, seed: int, progress: Progress = silent, checkpoint: Path | None = None
    ) -> FittedDiffusion:
        """Return the trained network; with ``checkpoint`` a folder from which an interrupted fit goes on."""
        require_columns(table)
        progress(0, 1, "coding the columns")
        codec = Codec.fit(table, seed=seed)
        layout = Layout.of(codec, len(table))
        refuse_wide(layout)
        form = Form(self.params["hidden"], self.params["blocks"], self._head(layout), self.params["dropout"])
        if not layout.slots:
            return FittedDiffusion(layout, form, len(table), {}, [])
        tokens = layout.tokens(codec.encode(table.frame))
        with one_torch_thread():
            state = self._learn(layout, form, tokens, seed, progress, checkpoint)
        weights = {name: values.cpu().numpy() for name, values in state.best.items()}
        return FittedDiffusion(layout, form, len(table), weights, state.history)

    def _learn(
        self, layout: Layout, form: Form, tokens: Tokens, seed: int, progress: Progress, checkpoint: Path | None
    ) -> State:
        network = Network(layout, form, self._device())
        small = [int(number) for number in np.random.SeedSequence(seed).generate_state(2)]
        shuffled = np.random.default_rng(small[0]).permutation(len(tokens))
        apart = min(int(_HELD_OUT * len(tokens)), _MOST_HELD_OUT) if len(tokens) >= _FEW_ROWS else 0
        plan = self._plan(network, len(tokens) - apart)
        schedule = Schedule.of(layout)
        train, held = tokens[shuffled[apart:]], tokens[shuffled[:apart]]
        return learn(
            network.fresh(small[1]),
            _loss(network, schedule, train),
            _held(network, schedule, held, small[0]) if apart else None,
            len(train),
            plan,
            seed=small[1],
            progress=progress,
            checkpoint=checkpoint,
            stamp=hashlib.sha256(tokens.tobytes() + repr((self.params, seed)).encode()).hexdigest(),
        )

    def _plan(self, network: Network, rows: int) -> Plan:
        batch = min(int(self.params["batch_size"]), max(rows, 1))
        weights = sum(v.numel() for n, v in network.fresh(0).items() if n not in ("table", "first"))
        steps = int(60 * self.params["minutes"] * _SPEED / (6 * weights * batch))
        if rows < _FEW_ROWS:
            steps = min(steps, _FEW_STEPS)
        return Plan(steps=max(steps, 1), batch=batch, rate=self.params["learning_rate"])

    def _device(self) -> str:
        import torch

        return "cuda" if self.params["use_gpu"] and torch.cuda.is_available() else "cpu"

    def _head(self, layout: Layout) -> int:
        return 64 if len(layout.slots) <= 60 else 24

    @classmethod
    def load(cls, folder: Path) -> FittedDiffusion:
        """Return the model that was saved in ``folder``."""
        plain = json.loads((folder / "diffusion.json").read_text(encoding="utf-8"))
        with np.load(folder / "diffusion.npz", allow_pickle=False) as stored:
            weights = {name: stored[name] for name in stored.files}
        layout = Layout.of(Codec.load(folder), plain["rows"])
        history = json.loads((folder / "losses.json").read_text(encoding="utf-8"))
        return FittedDiffusion(layout, Form(**plain["form"]), plain["rows"], weights, history)


def refuse_wide(layout: Layout) -> None:
    """Raise :class:`MethodError` when the columns have more levels than a network of this kind can hold."""
    answers = sum(slot.size for slot in layout.slots)
    if answers > MOST_ANSWERS:
        widest = max(layout.slots, key=lambda slot: slot.size)
        name = layout.codec.names[widest.column]
        raise MethodError(
            f"The columns have {answers:,} levels and steps in all, '{name}' alone {widest.size:,}, and method "
            f"'diffusion' takes at most {MOST_ANSWERS:,}. Choose 'trees', or leave out '{name}'."
        )


def _loss(network: Network, schedule: Schedule, tokens: Tokens) -> Loss:
    def loss(weights: dict[str, Any], rows: npt.NDArray[np.int64], chance: Any) -> Any:
        import torch

        seed = int(torch.randint(2**31, (), generator=chance, device=chance.device))
        return asked_loss(network, schedule, weights, tokens[rows], np.random.default_rng(seed), chance)

    return loss


def _held(network: Network, schedule: Schedule, tokens: Tokens, seed: int) -> Held:
    def held(weights: dict[str, Any]) -> float:
        chance, total = np.random.default_rng(seed), 0.0  # the same cells are hidden every time
        doubled = np.repeat(tokens, 2, axis=0)
        for start in range(0, len(doubled), _AT_ONCE):
            part = doubled[start : start + _AT_ONCE]
            total += float(asked_loss(network, schedule, weights, part, chance, None)) * len(part)
        return total / len(doubled)

    return held


def asked_loss(
    network: Network,
    schedule: Schedule,
    weights: dict[str, Any],
    tokens: Tokens,
    hiding: np.random.Generator,
    chance: Any,
) -> Any:
    """Return the mean loss of the hidden cells of these rows, in nats per cell."""
    import torch
    from torch.nn.functional import cross_entropy

    known, weight = schedule.draw(tokens, hiding)
    vectors, places = network.known_ids(np.where(known, tokens, NOT_ASKED))
    device = network.device
    summed = network.summed(weights, torch.from_numpy(vectors).to(device), torch.from_numpy(places).to(device))
    logits = network.heads(weights, network.deep(weights, summed, chance), list(range(tokens.shape[1])), chance)
    answers = torch.from_numpy(np.maximum(tokens, 0).astype(np.int64)).to(device)
    asked = torch.from_numpy(weight).to(device)
    losses = [(cross_entropy(one, answers[:, i], reduction="none") * asked[:, i]).sum() for i, one in enumerate(logits)]
    return torch.stack(losses).sum() / len(tokens)


def _shifted(progress: Progress, start: int, rows: int) -> Progress:
    def report(done: float, total: float, note: str = "") -> None:
        progress(start + done, rows, note)

    return report
