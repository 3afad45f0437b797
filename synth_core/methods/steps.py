"""One column of sequential trees: learned from the columns before it, and drawn for new rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from synth_core.codec import Codec, Encoded
from synth_core.methods.donors import Donors, Floats, States
from synth_core.methods.relations import Groups
from synth_core.methods.sharp import Sharp
from synth_core.methods.smooth import Smooth, with_values
from synth_core.methods.targets import Target, target_of
from synth_core.methods.views import Features, View

_FEW_ROWS = 60
_ALONE = 0.05  # standard deviations that a number without neighbours in its leaf may move


@dataclass(frozen=True)
class Step:
    """How one column is made.

    Attributes
    ----------
    name
        The column.
    scores
        For each column that it is made from: None for a number, or the scores (states, axes) of a category's states.
    smooth, sharp
        Models that are shown to the trees as well; None: no such model.
    shifted
        Whether donors hold what these models leave over of a number's normal scores of ranks.
    donors
        Trees and donors.
    """

    name: str
    scores: dict[str, Features | None]
    smooth: Smooth | None
    sharp: Sharp | None
    shifted: bool
    donors: Donors

    def draw(self, view: View, rows: int, rng: np.random.Generator) -> tuple[States, Floats]:
        """Return states and ranks of this column for rows whose other columns are in ``view``."""
        features, shift = self.seen(view, rows)
        return moved(*self.donors.draw(features, rng), shift)

    def seen(self, view: View, rows: int) -> tuple[Features, Floats | None]:
        """Return what the trees look at in these rows, and what the models add to their donors (None: nothing)."""
        features, values = with_values(self.smooth, view, self.scores, rows)
        said = None if self.sharp is None else self.sharp(view)
        shift = None
        if self.shifted:
            shift = values[:, 0] if said is None else values[:, 0] + said[:, 0]
        return _beside(features, said), shift

    def dump(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return plain JSON values and arrays from which ``restore`` makes this step again."""
        plain: dict[str, Any] = {"name": self.name, "from": list(self.scores), "shifted": self.shifted, "sharp": None}
        arrays = dict(self.donors.dump())
        arrays |= {f"score.{name}": score for name, score in self.scores.items() if score is not None}
        if self.smooth is not None:
            arrays |= {"weights": self.smooth.weights, "constant": self.smooth.constant}
        if self.sharp is not None:
            plain["sharp"], more = self.sharp.dump()
            arrays |= {f"sharp.{name}": values for name, values in more.items()}
        return plain, arrays

    @classmethod
    def restore(cls, plain: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Step:
        """Return the step that ``dump`` described."""
        scores = {name: arrays.get(f"score.{name}") for name in plain["from"]}
        smooth = Smooth(arrays["weights"], arrays["constant"]) if "weights" in arrays else None
        sharp = Sharp.restore(plain["sharp"], under(arrays, "sharp.")) if plain["sharp"] is not None else None
        return cls(plain["name"], scores, smooth, sharp, plain["shifted"], Donors.restore(arrays))


@dataclass(frozen=True)
class Learner:
    """What every column's learning shares: train rows as engines see them, and the settings.

    Attributes
    ----------
    leaf
        The least number of real rows in a leaf.
    trees, smoothing
        Trees per column; how far a number may lie from its donor.
    sharpened
        Columns that boosted trees look at as well.
    """

    codec: Codec
    encoded: Encoded
    view: View
    leaf: int
    trees: int
    smoothing: float
    sharpened: frozenset[str]

    def step(self, name: str, groups: Groups, before: Sequence[str], rng: np.random.Generator) -> Step:
        """Return how a column is made. Each tree finds its splits on one half of the rows; the others are donors.

        A donor that had a say in the splits would be drawn among rows chosen to suit it; halves keep its influence
        small (as in the "honest" trees of Athey and Imbens, 2016).
        """
        rows = len(groups)
        scores = {other: self.view.scores(other, groups) for other in before}
        target = target_of(name, groups, scores, self.view, self.encoded.ranks[name])
        features, _ = with_values(target.smooth, self.view, scores, rows)
        sharp, said = None, None
        if name in self.sharpened and (found := self._sharp(target, before, rng)) is not None:
            (sharp, said), known = found, ~np.isnan(self.encoded.ranks[name])
            if target.shifted:
                target = target.less(said[:, 0], self.view.positions[name].astype(np.float64), known)
        features = _beside(features, said)
        trees = []
        for _ in range(self.trees):
            shuffled = rng.permutation(rows)
            seed = int(rng.integers(2**31 - 1))
            grow, give = shuffled[: rows // 2], shuffled[rows // 2 :]
            if rows < _FEW_ROWS:
                grow = give = shuffled
            nodes = target.tree(features, grow, self.leaf, seed)
            leaves = nodes.leaves(features[give], np.zeros(len(give), dtype=np.int64))
            nodes, leaves = nodes.pruned(leaves, self.leaf)
            trees.append((nodes, give, leaves))
        alone = _ALONE if target.shifted else None
        donors = Donors.gather(trees, self.encoded.states[name], target.held, self.smoothing, alone)
        return Step(name, scores, target.smooth, sharp, target.shifted, donors)

    def _sharp(self, target: Target, before: Sequence[str], rng: np.random.Generator) -> tuple[Sharp, Floats] | None:
        if not before:
            return None
        if target.shifted:
            known = ~np.isnan(target.held)
            return Sharp.of_number(self.codec, before, self.view, target.held, known, rng)
        return Sharp.of_category(self.codec, before, self.view, target.groups, rng) if target.wanted is None else None


def moved(states: States, ranks: Floats, shift: Floats | None) -> tuple[States, Floats]:
    """Return donors as cells: what they hold is a rank, or what a model leaves over of a rank's normal score."""
    return states, ranks if shift is None else ndtr(ranks + shift)


def under(arrays: dict[str, npt.NDArray[Any]], prefix: str) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays whose names begin with ``prefix``, without it."""
    return {key.removeprefix(prefix): values for key, values in arrays.items() if key.startswith(prefix)}


def _beside(features: Features, said: Floats | None) -> Features:
    return features if said is None else np.ascontiguousarray(np.hstack([features, said.astype(np.float32)]))
