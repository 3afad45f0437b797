"""All columns on a plane: where real, held-out and synthetic rows lie on the first two principal components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth_core.scores.sides import Sides
from synth_core.scores.space import Space
from synth_core.scores.statistics import Floats

MOST_ROWS, CELLS = 4_000, 40
LEAST = 100  # rows of a side; fewer make no density
SMOOTH = 1.6  # cells


@dataclass(frozen=True)
class Projection:
    """Densities on one grid, each of shape (40, 40) (rows = y) with sum 1; an empty array for a side with few rows.

    ``explained``: share (0..1) of the real rows' variance on either axis.
    """

    x: Floats
    y: Floats
    real: Floats
    holdout: Floats
    synthetic: Floats
    explained: tuple[float, float]


def project_rows(sides: Sides) -> Projection | None:
    """Return the principal components of the real rows with all three sides on them; None below 100 real rows.

    Equal numbers of rows (at most 4,000 a side) are drawn. The components are those of the real rows in the space of
    the nearest-row scores: ranks for numbers, indicators for categories. Densities are smoothed over 1.6 cells, so
    that no single row can be seen.
    """
    from scipy.ndimage import gaussian_filter

    rng = sides.rng(77)
    count = min(MOST_ROWS, len(sides.real), len(sides.made))
    if count < LEAST or not sides.coding.names:
        return None
    space = Space.learn(sides.coding, sides.real, sides.made, sides.held)
    drawn = [space.place(sides.real.sample(count, rng)), space.place(sides.made.sample(count, rng))]
    drawn.append(space.place(sides.held.sample(min(count, len(sides.held)), rng)))
    middle = drawn[0].mean(axis=0)
    centred = (drawn[0] - middle).astype(np.float64)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    if len(values) < 2 or values[-2] <= 0:
        return None
    axes = vectors[:, [-1, -2]]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    placed = [(points - middle) @ axes for points in drawn]
    edges = [_edges(placed[0][:, axis], placed[1][:, axis]) for axis in (0, 1)]

    cells: Any = (edges[1], edges[0])

    def density(points: npt.NDArray[np.float64]) -> Floats:
        if len(points) < LEAST:
            return np.zeros((0, 0))
        table = np.histogram2d(points[:, 1], points[:, 0], bins=cells)[0]
        smooth = gaussian_filter(table / len(points), SMOOTH, mode="constant")
        return np.asarray(smooth / max(smooth.sum(), 1e-300), dtype=np.float64)

    centres = [(edge[1:] + edge[:-1]) / 2 for edge in edges]
    return Projection(
        x=centres[0],
        y=centres[1],
        real=density(placed[0]),
        holdout=density(placed[2]),
        synthetic=density(placed[1]),
        explained=(float(values[-1] / values.sum()), float(values[-2] / values.sum())),
    )


def _edges(*sides: Floats) -> Floats:
    """Return the edges of the cells: the middle 99 % of all rows, and a tenth more on both ends."""
    low, high = np.quantile(np.concatenate(sides), [0.005, 0.995])
    room = max(0.1 * (high - low), 1e-9)
    return np.asarray(np.linspace(low - room, high + room, CELLS + 1), dtype=np.float64)


def shared_mass(one: Floats, other: Floats) -> float:
    """Return how much of two densities lies on each other (0..1): 1 less their total variation distance."""
    return float(np.minimum(one, other).sum())
