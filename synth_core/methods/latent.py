"""Columns as normal latents: where each state lies on the line, and which correlations bring back the dependence.

A column has a value latent (its states and ranks laid out along one line) and, where some cells are missing, a second
latent for being missing. Both have a standard normal distribution, cut into pieces.

Notes
-----
The covariance of two cut latents is ``sum_k rho^k a_k b_k`` over the Hermite coefficients of the two cuts (Mehler's
formula); it is solved for rho, so that cutting does not weaken the dependence. Shrinkage as in Schaefer and
Strimmer (2005), "A shrinkage approach to large-scale covariance matrix estimation", with the variance of a
correlation of normals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Floats = npt.NDArray[np.float64]
States = npt.NDArray[np.int32]

STRONGEST = 0.999
_TERMS = 12
_GRID = 4000
_EDGE = 1e-9
_PIECE_ROWS, _MOST_PIECES = 20, 200


@dataclass(frozen=True)
class Pieces:
    """A line cut into pieces, each a state or a stretch of ranks.

    Attributes
    ----------
    edges
        Where pieces begin and end, in (0, 1); one more than pieces.
    states
        State of each piece.
    ranks
        Rank at the beginning and at the end of each piece, shape (pieces, 2); NaN for a discrete state.
    """

    edges: Floats
    states: States
    ranks: Floats

    def __len__(self) -> int:
        return len(self.states)

    @property
    def constant(self) -> bool:
        """Whether the line has one discrete piece: nothing to model."""
        return len(self) == 1 and bool(np.isnan(self.ranks[0, 0]))

    def decode(self, latents: Floats) -> tuple[States, Floats]:
        """Return states and ranks at these places (standard normal)."""
        cuts = ndtri(self.edges[1:-1])
        piece = np.searchsorted(cuts, latents, side="right") if len(cuts) else np.zeros(len(latents), dtype=np.intp)
        ranks = np.full(len(latents), np.nan)
        stretch = np.flatnonzero(~np.isnan(self.ranks[piece, 0]))
        if len(stretch):
            chosen = piece[stretch]
            low, high = self.edges[chosen], self.edges[chosen + 1]
            share = (ndtr(latents[stretch]) - low) / (high - low)
            ranks[stretch] = self.ranks[chosen, 0] + share * (self.ranks[chosen, 1] - self.ranks[chosen, 0])
        return self.states[piece], ranks

    def span(self, states: States, ranks: Floats) -> tuple[Floats, Floats]:
        """Return the ends (in (0, 1)) of the stretch that each cell stands for; equal for a rank, NaN where unknown."""
        low, high = np.full(len(states), np.nan), np.full(len(states), np.nan)
        for piece, state in enumerate(self.states):
            begin, end = self.ranks[piece]
            if np.isnan(begin):
                here = states == state
                low[here], high[here] = self.edges[piece], self.edges[piece + 1]
                continue
            here = (states == state) & (ranks >= begin) & (ranks <= end) & np.isnan(low)
            share = (ranks[here] - begin) / max(end - begin, 1e-300)
            low[here] = high[here] = self.edges[piece] + share * (self.edges[piece + 1] - self.edges[piece])
        return low, high

    def scores(self, states: States, ranks: Floats) -> Floats:
        """Return the mean of the latent given each cell; NaN where missing."""
        return _means(*self.span(states, ranks))

    def coefficients(self) -> Floats:
        """Return the Hermite coefficients 1.._TERMS of the cut line's mean scores."""
        places = (np.arange(_GRID) + 0.5) / _GRID
        latents = ndtri(places)
        means = latents.copy()
        piece = np.searchsorted(self.edges[1:-1], places, side="right")
        discrete = np.isnan(self.ranks[piece, 0])
        means[discrete] = _means(self.edges[piece[discrete]], self.edges[piece[discrete] + 1])
        found, before, current = [], np.ones(_GRID), latents
        for term in range(1, _TERMS + 1):
            found.append(float(np.mean(means * current)))
            before, current = current, (latents * current - np.sqrt(term) * before) / np.sqrt(term + 1)
        return np.array(found)


def _means(low: Floats, high: Floats) -> Floats:
    """Return the mean of a standard normal between two places given as probabilities."""
    from_, to = ndtri(np.clip(low, _EDGE, 1 - _EDGE)), ndtri(np.clip(high, _EDGE, 1 - _EDGE))
    width = high - low
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = (np.exp(-(from_**2) / 2) - np.exp(-(to**2) / 2)) / np.sqrt(2 * np.pi) / width
        return np.asarray(np.where(width > 1e-12, inside, from_))


def discrete_pieces(order: npt.NDArray[np.intp], shares: Floats) -> Pieces:
    """Return a line of states in this order with these shares (0..1, by state; unused ones are left out)."""
    used = np.array([state for state in order if shares[state] > 0], dtype=np.int32)
    edges = np.concatenate([[0.0], np.cumsum(shares[used])])
    edges = np.concatenate([edges[:-1], [1.0]]) if not len(used) else edges / edges[-1]
    return Pieces(edges, used, np.full((len(used), 2), np.nan))


def numeric_pieces(positions: Floats, states: States, ranks: Floats, continuous: int) -> Pieces:
    """Return the line of a number: atoms and stretches of the continuous state (-1: there is none), in order.

    ``positions``: where each present cell lies among all of them; cells of the same atom share it.
    """
    order = np.lexsort((ranks, positions))
    states, ranks = states[order], ranks[order]
    rows = np.arange(len(states))
    begins = np.concatenate([[True], states[1:] != states[:-1]])
    run = np.maximum.accumulate(np.where(begins, rows, 0))
    step = max(_PIECE_ROWS, len(states) // _MOST_PIECES)
    begins |= (states == continuous) & ((rows - run) % step == 0)  # ranks may crowd: a stretch is cut into even ones
    starts = np.flatnonzero(begins)
    ends = np.concatenate([starts[1:], [len(states)]])
    stretches = np.full((len(starts), 2), np.nan)
    loose = np.flatnonzero(states[starts] == continuous)
    if len(loose):  # stretches meet half-way
        stretches[loose, 0], stretches[loose, 1] = ranks[starts[loose]], ranks[ends[loose] - 1]
        middle = (stretches[loose[1:], 0] + stretches[loose[:-1], 1]) / 2
        stretches[loose[1:], 0], stretches[loose[:-1], 1] = middle, middle
    edges = np.concatenate([starts, [len(states)]]) / len(states)
    return Pieces(edges, states[starts], stretches)


def latent_correlations(scores: Floats, coefficients: Floats) -> Floats:
    """Return the correlations of the latents (columns of ``scores``, NaN where unknown), shrunk and positive definite.

    Parameters
    ----------
    scores
        Mean scores, shape (rows, latents).
    coefficients
        Hermite coefficients of each latent's cut, shape (latents, terms).
    """
    observed, rows = _pairwise(scores)
    size = np.sqrt(np.maximum(coefficients[:, 0], 1e-12))  # the variance of the mean scores is their first term
    products = coefficients[:, None, :] * coefficients[None, :, :] / (size[:, None] * size[None, :])[:, :, None]
    solved = _solve(observed, products)
    np.fill_diagonal(solved, 1.0)
    return nearest_correlation(_shrunk(solved, rows))


def _pairwise(scores: Floats) -> tuple[Floats, Floats]:
    """Return correlations over the rows where both are known, and how many rows these are."""
    known = (~np.isnan(scores)).astype(np.float64)
    filled = np.nan_to_num(scores)
    rows = known.T @ known
    safe = np.maximum(rows, 1.0)
    mean = (filled.T @ known) / safe
    square = ((filled**2).T @ known) / safe - mean**2
    covariance = (filled.T @ filled) / safe - mean * mean.T
    spread = np.sqrt(np.maximum(square * square.T, 0.0))
    enough = (spread > 1e-9) & (rows > 2)
    return np.where(enough, covariance / np.where(enough, spread, 1.0), 0.0), rows


def _solve(observed: Floats, products: Floats) -> Floats:
    """Return rho with ``sum_k rho^k products_k = observed`` by bisection (the left side grows with rho)."""
    low, high = np.full(observed.shape, -STRONGEST), np.full(observed.shape, STRONGEST)
    for _ in range(40):
        middle = (low + high) / 2
        value = np.zeros_like(middle)
        for term in reversed(range(products.shape[2])):
            value = middle * (products[:, :, term] + value)
        above = value > observed
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where(observed == 0.0, 0.0, (low + high) / 2)


def _shrunk(correlations: Floats, rows: Floats) -> Floats:
    """Return correlations pulled towards none, the more the fewer rows there are."""
    off = ~np.eye(len(correlations), dtype=bool)
    noise = ((1 - correlations**2) ** 2 / np.maximum(rows - 1, 1))[off].sum()
    signal = (correlations**2)[off].sum()
    weight = float(np.clip(noise / signal, 0.0, 1.0)) if signal > 0 else 1.0
    return np.where(off, (1 - weight) * correlations, 1.0)


def nearest_correlation(matrix: Floats, turns: int = 20) -> Floats:
    """Return a positive definite correlation matrix near ``matrix`` (Higham 2002, alternating projections)."""
    current, correction = (matrix + matrix.T) / 2, np.zeros_like(matrix)
    for _ in range(turns):
        values, vectors = np.linalg.eigh(current - correction)
        if values[0] > 1e-7 and not correction.any():
            return current
        lifted = (vectors * np.maximum(values, 1e-6)) @ vectors.T
        correction = lifted - (current - correction)
        current = lifted.copy()
        np.fill_diagonal(current, 1.0)
    values, vectors = np.linalg.eigh(current)
    lifted = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    scale = np.sqrt(np.diag(lifted))
    return np.asarray(lifted / np.outer(scale, scale))
