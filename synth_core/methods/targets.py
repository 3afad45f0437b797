"""What the trees of one column explain: groups of a category, or what a smooth model leaves over of a number."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from synth_core.methods.donors import Floats, Nodes
from synth_core.methods.relations import Groups
from synth_core.methods.smooth import Smooth, with_values
from synth_core.methods.views import Scores, View

Features = npt.NDArray[np.float32]

_SMOOTH_SHARE, _SMOOTH_ROWS = 0.2, 100  # a smooth model needs so many numbers that are no atoms, and so many rows
_MOSTLY = 0.98
_SPREAD = 0.7
_AXES = 2


@dataclass(frozen=True)
class Target:
    """A column to be explained.

    Attributes
    ----------
    groups
        Groups of its cells.
    wanted
        Numbers that a tree's leaves should agree in, shape (rows, outputs); None for a category.
    held
        What donors hold: ranks, or what the smooth model leaves over of their normal scores.
    """

    groups: Groups
    wanted: Floats | None
    smooth: Smooth | None
    shifted: bool
    held: Floats

    def less(self, said: Floats, position: Floats, known: npt.NDArray[np.bool_]) -> Target:
        """Return what is still to be explained where a further model says this much of it."""
        left = self.held - said
        return replace(self, held=left, wanted=_outputs(position, left, known))

    def tree(self, features: Features, rows: npt.NDArray[np.int64], leaf: int, seed: int) -> Nodes:
        """Return the splits found on these rows."""
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        if not features.shape[1] or len(rows) < 2 * leaf or not np.ptp(self.groups[rows]):
            return Nodes.single()
        if self.wanted is None:
            grown = DecisionTreeClassifier(criterion="entropy", min_samples_leaf=leaf, random_state=seed)
            grown.fit(features[rows], self.groups[rows])
        else:
            grown = DecisionTreeRegressor(min_samples_leaf=leaf, random_state=seed)
            grown.fit(features[rows], self.wanted[rows])
        return Nodes.of(grown.tree_)


def target_of(name: str, groups: Groups, scores: Scores, view: View, ranks: Floats) -> Target:
    """Return what is to be explained of column ``name`` by the columns in ``scores``."""
    known = ~np.isnan(ranks)
    many = bool(scores) and len(groups) >= _SMOOTH_ROWS
    if name not in view.positions:
        smooth = Smooth.of_category(view, scores, groups, _AXES) if many and np.ptp(groups) else None
        return Target(groups, None, smooth, False, ranks)
    position = view.positions[name].astype(np.float64)[:, None]
    if not many or known.mean() < _SMOOTH_SHARE:
        return Target(groups, position, None, False, ranks)
    edge = 0.5 / known.sum()
    normal = ndtri(np.clip(ranks, edge, 1 - edge))
    smooth = Smooth.of_number(view, scores, normal, known)
    left = normal - with_values(smooth, view, scores, len(groups))[1][:, 0]
    return Target(groups, _outputs(position[:, 0], left, known), smooth, True, left)


def _outputs(position: Floats, left: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Return what leaves should agree in: what is left over, how much that varies, and whether there is a number."""
    spread = max(float(left[known].std()), 1e-9)
    off = np.where(known, left / spread, 0.0)
    size = np.where(known, np.abs(off) - np.abs(off[known]).mean(), 0.0)
    wanted = [off, _SPREAD * size]
    if known.mean() < _MOSTLY:
        wanted.append((position - position.mean()) / max(float(position.std()), 1e-9))
    return np.column_stack(wanted)
