"""A small network that answers every slot of a row from those of its cells that are known.

Known cells are summed into one vector (a table of vectors for answers, and waves of the position for numbers), a few
residual layers work on it, and each slot has a small head. Answers nobody gave in the train rows cannot be drawn.

torch is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from synth_core.methods.tokens import NOT_ASKED, Layout, Tokens

if TYPE_CHECKING:
    import torch

Weights = Mapping[str, Any]  # name -> tensor
_NEVER, _RAREST = -1e9, 1e-6


@dataclass(frozen=True)
class Form:
    """Sizes of the network."""

    hidden: int
    blocks: int
    head: int
    dropout: float


class Network:
    """The network for one layout; its weights come from outside, so that training and sampling share it.

    Attributes
    ----------
    starts
        Where each slot's answers begin in the table of vectors, plus the end.
    """

    def __init__(self, layout: Layout, form: Form, device: str = "cpu") -> None:
        import torch

        self.layout, self.form, self.device = layout, form, device
        sizes = [1 if slot.fine else slot.size for slot in layout.slots]  # a fine slot's vector is its position alone
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.pad = int(self.starts[-1])
        self.numeric = [i for i, slot in enumerate(layout.slots) if slot.places is not None]
        self.places = [_tensor(slot.places, device) for slot in layout.slots]
        self.inner = [_tensor(slot.inner, device) for slot in layout.slots]
        self.never = [
            _tensor(np.where(layout.shares(slot) > 0, 0.0, _NEVER).astype(np.float32), device) for slot in layout.slots
        ]
        kept = [slot.places for slot in layout.slots if slot.places is not None]
        self.waves = kept[0].shape[1] if kept else 0
        rows = [np.zeros((1, self.waves), np.float32), *kept]
        self.all_places = torch.from_numpy(np.concatenate(rows)).to(device)
        self.place_starts = np.concatenate([[1], 1 + np.cumsum([len(one) for one in kept])]).astype(np.int64)

    def fresh(self, seed: int) -> dict[str, torch.Tensor]:
        """Return weights to start from: every slot answers with the shares of the train rows."""
        import torch

        chance = torch.Generator().manual_seed(seed)
        hidden, head = self.form.hidden, self.form.head

        def drawn(*shape: int, scale: float) -> torch.Tensor:
            return torch.randn(*shape, generator=chance) * scale

        slots = len(self.layout.slots)
        made = {
            "table": drawn(self.pad + 1, hidden, scale=0.5 / max(slots, 1) ** 0.5),
            "places": drawn(len(self.numeric), self.waves, hidden, scale=0.5 / max(slots * self.waves, 1) ** 0.5),
            "first": torch.zeros(hidden),
            "heads": drawn(hidden, slots * head, scale=hidden**-0.5),
            "head_bias": torch.zeros(slots * head),
        }
        for block in range(self.form.blocks):
            made[f"in{block}"] = drawn(hidden, hidden, scale=(2 / hidden) ** 0.5)
            made[f"in_bias{block}"] = torch.zeros(hidden)
            made[f"out{block}"] = drawn(hidden, hidden, scale=0.5 * hidden**-0.5)
        for i, slot in enumerate(self.layout.slots):
            made[f"answers{i}"] = drawn(slot.size, head, scale=0.1 * head**-0.5)
            if slot.inner is not None:
                made[f"curves{i}"] = drawn(self.waves, head, scale=0.1 * (head * self.waves) ** -0.5)
            share = np.maximum(self.layout.shares(slot), _RAREST)
            made[f"bias{i}"] = torch.from_numpy(np.log(share).astype(np.float32))
        return {name: values.to(self.device) for name, values in made.items()}

    def known_ids(self, tokens: Tokens) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the vector of each known cell, and of numbers the row among all positions (0: none)."""
        vectors = np.where(tokens == NOT_ASKED, self.pad, tokens + self.starts[:-1])
        for i, slot in enumerate(self.layout.slots):
            if slot.fine:
                vectors[:, i] = self.pad
        places = np.zeros((len(tokens), len(self.numeric)), dtype=np.int64)
        for n, i in enumerate(self.numeric):
            places[:, n] = np.where(tokens[:, i] == NOT_ASKED, 0, self.joint(tokens, i) + self.place_starts[n])
        return vectors.astype(np.int64), places

    def joint(self, tokens: Tokens, slot: int) -> Tokens:
        """Return each row's place among the positions of a numeric slot."""
        own = self.layout.slots[slot]
        if not own.fine:
            return np.asarray(tokens[:, slot])
        first = self.layout.codec.states[self.layout.codec.names[own.column]] - 1
        return np.asarray(np.maximum(tokens[:, slot - 1] - first, 0) * own.size + np.maximum(tokens[:, slot], 0))

    def summed(self, weights: Weights, vectors: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """Return the sum of what is known, shape (rows, hidden)."""
        from torch.nn.functional import embedding_bag

        found = embedding_bag(vectors, weights["table"], mode="sum", padding_idx=self.pad) + weights["first"]
        if self.numeric:
            flat = self.all_places[places].reshape(len(places), -1)
            found = found + flat @ weights["places"].reshape(-1, self.form.hidden)
        return found

    def deep(self, weights: Weights, known: torch.Tensor, chance: torch.Generator | None = None) -> torch.Tensor:
        """Return what the residual layers make of it; with ``chance``, units drop out."""
        from torch.nn.functional import layer_norm, silu

        size = (self.form.hidden,)
        for block in range(self.form.blocks):
            inside = silu(layer_norm(known, size) @ weights[f"in{block}"] + weights[f"in_bias{block}"])
            known = known + self._dropped(inside, chance) @ weights[f"out{block}"]
        return layer_norm(known, size)

    def heads(
        self, weights: Weights, deep: torch.Tensor, slots: list[int], chance: torch.Generator | None = None
    ) -> list[torch.Tensor]:
        """Return the logits of these neighbouring slots, each of shape (rows, answers)."""
        from torch.nn.functional import silu

        head = self.form.head
        cut = slice(slots[0] * head, (slots[-1] + 1) * head)
        inside = silu(deep @ weights["heads"][:, cut] + weights["head_bias"][cut])
        inside = self._dropped(inside, chance)
        return [
            own @ self._answers(weights, i).T + weights[f"bias{i}"] + self.never[i]
            for i, own in zip(slots, inside.split(head, dim=1), strict=True)
        ]

    def _answers(self, weights: Weights, slot: int) -> torch.Tensor:
        inner = self.inner[slot]
        free: torch.Tensor = weights[f"answers{slot}"]
        return free if inner is None else free + inner @ weights[f"curves{slot}"]

    def vectors_of(self, weights: Weights, slot: int) -> torch.Tensor:
        """Return what each answer of a slot (each position, of a fine one) adds to the sum, shape (answers, hidden)."""
        own, places = self.layout.slots[slot], self.places[slot]
        found: torch.Tensor = weights["table"][self.starts[slot] : self.starts[slot + 1]]
        if places is None:
            return found
        position: torch.Tensor = places @ weights["places"][self.numeric.index(slot)]
        return position if own.fine else found + position

    def _dropped(self, values: torch.Tensor, chance: torch.Generator | None) -> torch.Tensor:
        import torch

        if chance is None or not self.form.dropout:
            return values
        kept = torch.rand(values.shape, generator=chance, device=values.device) >= self.form.dropout
        return values * kept / (1 - self.form.dropout)


def _tensor(values: npt.NDArray[np.float32] | None, device: str) -> torch.Tensor | None:
    import torch

    return None if values is None else torch.from_numpy(values).to(device)


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Keep torch to one thread: sums in another order end in other last digits, and so in other rows."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
