"""Gaussian copula on mixed columns: latent normals that keep each column's distribution and the pairwise dependence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from synth_core.codec import Codec, Encoded
from synth_core.errors import MethodError
from synth_core.methods import register
from synth_core.methods.base import Engine, MethodInfo, Param, require_columns
from synth_core.methods.latent import (
    Floats,
    Pieces,
    States,
    discrete_pieces,
    latent_correlations,
    numeric_pieces,
)
from synth_core.methods.strata import partition
from synth_core.progress import Progress, silent
from synth_core.table import Table, did_you_mean

BLOCK = 100_000
_ORDER_TURNS = 6
_FIFTHS = 5
_NEVER_SEEN = 1e-9


@dataclass(frozen=True)
class Latent:
    """One latent: the column's value, or whether it is missing."""

    name: str
    missing: bool
    pieces: Pieces


@dataclass(frozen=True)
class Stratum:
    """The copula of one group of rows (one class of the target, or all rows).

    Attributes
    ----------
    share
        Share of the train rows.
    constants
        State of each column that has nothing to model here.
    state_shares
        Share of each state per column, to weigh strata against given values.
    """

    share: float
    latents: tuple[Latent, ...]
    correlations: Floats
    constants: dict[str, int]
    state_shares: dict[str, Floats]

    def outside(self, name: str, states: States, ranks: Floats) -> npt.NDArray[np.bool_]:
        """Return whether each cell lies outside what the column has here."""
        for latent in self.latents:
            if latent.name == name and not latent.missing:
                return np.asarray(np.isnan(latent.pieces.span(states, ranks)[0]) & (states > 0))
        return np.zeros(len(states), dtype=bool)

    def draw(self, rows: int, rng: np.random.Generator, given: Encoded | None) -> dict[str, tuple[States, Floats]]:
        """Return states and ranks of every column for ``rows`` rows; given ones as they are."""
        normal = self._normal(rows, rng, given)
        made: dict[str, tuple[States, Floats]] = {
            name: (np.full(rows, state, dtype=np.int32), np.full(rows, np.nan))
            for name, state in self.constants.items()
        }
        for place, latent in enumerate(self.latents):
            states, ranks = latent.pieces.decode(normal[:, place])
            if latent.missing:
                if latent.name not in made:
                    made[latent.name] = (np.zeros(rows, np.int32), np.full(rows, np.nan))
                gone = states == 0
                made[latent.name][0][gone], made[latent.name][1][gone] = 0, np.nan
            else:
                made[latent.name] = (states.copy(), ranks)
        if given is not None:
            made |= {name: (given.states[name], given.ranks[name]) for name in given.states}
        return made

    def _normal(self, rows: int, rng: np.random.Generator, given: Encoded | None) -> Floats:
        size = len(self.latents)
        if given is None or not size:
            return np.asarray(rng.standard_normal((rows, size)) @ np.linalg.cholesky(self.correlations).T)
        known = np.full((rows, size), np.nan)
        for place, latent in enumerate(self.latents):
            if latent.name in given.states:
                known[:, place] = _within(latent, given.states[latent.name], given.ranks[latent.name], rng)
        return self._completed(known, rng)

    def _completed(self, known: Floats, rng: np.random.Generator) -> Floats:
        """Return latents with the unknown ones drawn from the normal given the known ones, per pattern of known."""
        made = known.copy()
        patterns, which = np.unique(~np.isnan(known), axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            here = np.flatnonzero(which.ravel() == number)
            free, held = np.flatnonzero(~pattern), np.flatnonzero(pattern)
            if not len(free):
                continue
            matrix = self.correlations
            weights = np.linalg.solve(matrix[np.ix_(held, held)], matrix[np.ix_(held, free)])
            rest = matrix[np.ix_(free, free)] - matrix[np.ix_(free, held)] @ weights
            root = np.linalg.cholesky(rest + 1e-9 * np.eye(len(free)))
            noise = rng.standard_normal((len(here), len(free))) @ root.T
            made[np.ix_(here, free)] = known[np.ix_(here, held)] @ weights + noise
        return made


def _within(latent: Latent, states: States, ranks: Floats, rng: np.random.Generator) -> Floats:
    """Return a latent drawn from the stretch that each given cell stands for; NaN where it says nothing."""
    if latent.missing:
        states, ranks = np.minimum(states, 1).astype(np.int32), np.full(len(states), np.nan)
    low, high = latent.pieces.span(states, ranks)
    return np.asarray(ndtri(np.clip(low + (high - low) * rng.random(len(low)), 1e-9, 1 - 1e-9)))


@dataclass(frozen=True)
class FittedCopula:
    """Strata of a table and the codec around them."""

    codec: Codec
    split_by: str
    strata: tuple[Stratum, ...]

    def sample(
        self, rows: int, *, seed: int, conditions: pd.DataFrame | None = None, progress: Progress = silent
    ) -> pd.DataFrame:
        """Return ``rows`` new rows; given cells are kept and the others drawn from the normal given them."""
        rng = np.random.default_rng(seed)
        given = None if conditions is None else self._given(conditions, rows)
        parts = []
        for start in range(0, max(rows, 1), BLOCK):
            progress(start, rows, "sampling")
            stop = min(start + BLOCK, rows)
            here = None if given is None else given.take(np.arange(start, stop))
            parts.append(self.codec.decode(self._block(stop - start, rng, here)))
        frame = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
        if conditions is not None:  # as given: the codec may have moved a value into the protected range
            for name in conditions.columns:
                frame[name] = conditions[name].to_numpy() if frame[name].dtype == object else conditions[name].array
        progress(rows, rows, "sampling")
        return frame

    def _given(self, conditions: pd.DataFrame, rows: int) -> Encoded:
        for name in conditions.columns:
            if name not in self.codec.names:
                raise MethodError(
                    f"Values are given for '{name}', which was not learned.{did_you_mean(name, self.codec.names)}"
                )
        if len(conditions) != rows:
            raise MethodError(f"Values are given for {len(conditions):,} rows, but {rows:,} rows are to be made.")
        return self.codec.encode(conditions)

    def _block(self, rows: int, rng: np.random.Generator, given: Encoded | None) -> Encoded:
        chosen = self._strata_of(rows, rng, given)
        states = {name: np.zeros(rows, dtype=np.int32) for name in self.codec.names}
        ranks = {name: np.full(rows, np.nan) for name in self.codec.names}
        for number, stratum in enumerate(self.strata):
            here = np.flatnonzero(chosen == number)
            if len(here):
                made = stratum.draw(len(here), rng, None if given is None else given.take(here))
                for name, (state, rank) in made.items():
                    states[name][here], ranks[name][here] = state, rank
        return Encoded(states, ranks)

    def _strata_of(self, rows: int, rng: np.random.Generator, given: Encoded | None) -> npt.NDArray[np.intp]:
        """Return a stratum for each row, by its share and by how well the given states go with it."""
        weights = np.log(np.array([[stratum.share] for stratum in self.strata])).repeat(rows, axis=1)
        if given is None:
            given = Encoded({}, {})
        for name, states in given.states.items():
            for number, stratum in enumerate(self.strata):
                weights[number] += np.log(stratum.state_shares[name][states] + _NEVER_SEEN)
                if name == self.split_by:  # a fifth of a number holds some of its ranks only
                    weights[number][stratum.outside(name, states, given.ranks[name])] += np.log(_NEVER_SEEN)
        shares = np.exp(weights - weights.max(axis=0))
        bounds = np.cumsum(shares / shares.sum(axis=0), axis=0)
        chosen = (rng.random(rows) >= bounds).sum(axis=0)
        return np.asarray(np.minimum(chosen, len(self.strata) - 1), dtype=np.intp)

    def save(self, folder: Path) -> None:
        """Write the codec, ``copula.json`` and ``copula.npz``; no pickle."""
        self.codec.save(folder)
        described: list[dict[str, Any]] = []
        arrays: dict[str, npt.NDArray[Any]] = {}
        for s, stratum in enumerate(self.strata):
            arrays[f"{s}.correlations"] = stratum.correlations
            for c, name in enumerate(self.codec.names):
                arrays[f"{s}.{c}.shares"] = stratum.state_shares[name]
            for i, latent in enumerate(stratum.latents):
                arrays |= {f"{s}.{i}.{key}": getattr(latent.pieces, key) for key in ("edges", "states", "ranks")}
            latents = [[latent.name, latent.missing] for latent in stratum.latents]
            described.append({"share": stratum.share, "constants": stratum.constants, "latents": latents})
        text = json.dumps({"split_by": self.split_by, "strata": described}, ensure_ascii=False)
        (folder / "copula.json").write_text(text, encoding="utf-8")
        np.savez(folder / "copula.npz", **arrays)


@register
class Copula(Engine):
    """Gaussian copula over the codec, one per class (or fifth) of the target."""

    info: ClassVar[MethodInfo] = MethodInfo(
        name="copula",
        title="Gaussian copula",
        summary="Keeps every column's distribution and ties the columns together by one correlation per pair.",
        good_for="Small tables, quick looks, and numbers that rise and fall together; few parameters leak little.",
        weak_at="Dependence that is not monotone, interactions of three columns, and unordered categories.",
        cost="seconds",
        private=True,
        prescribes="any",
        params=(
            Param(
                "by_target",
                bool,
                True,
                help="Learn one copula per class of the target (per fifth of a number): keeps what it depends on.",
            ),
            Param(
                "splits",
                int,
                2,
                low=0,
                high=6,
                help="How often rows are cut into groups, each with its own copula, by the category that says most "
                "about the rest; more keeps more of what only holds in a group.",
            ),
            Param(
                "smallest_class",
                int,
                100,
                low=20,
                high=1_000_000,
                unit="rows",
                expert=True,
                help="Classes of the target with fewer rows share one copula.",
            ),
            Param(
                "smallest_group",
                int,
                250,
                low=20,
                high=1_000_000,
                unit="rows",
                expert=True,
                help="No group is cut smaller than this; larger is safer and keeps less of what only holds in a group.",
            ),
        ),
    )

    def fit(self, table: Table, *, seed: int, progress: Progress = silent) -> FittedCopula:
        """Return the copula of the learned columns of ``table``."""
        require_columns(table)
        progress(0, 1, "coding the columns")
        codec = Codec.fit(table, seed=seed)
        encoded = codec.encode(table.frame)
        groups = self._cut(codec, encoded, self._groups(table, codec, encoded))
        strata: list[Stratum] = []
        for number, rows in enumerate(groups):
            progress(number, len(groups), "correlations")
            strata.append(_stratum(codec, encoded.take(rows), len(rows) / len(table)))
        progress(len(groups), len(groups), "learned")
        split_by = table.target.name if table.target is not None and self.params["by_target"] else ""
        return FittedCopula(codec, split_by, tuple(strata))

    def _groups(self, table: Table, codec: Codec, encoded: Encoded) -> list[npt.NDArray[np.intp]]:
        """Return the rows of each stratum."""
        target = table.target
        everyone = np.arange(len(table))
        if not self.params["by_target"] or target is None or len(codec.names) < 2:
            return [everyone]
        states = encoded.states[target.name]
        many = codec.continuous(target.name) or len(np.unique(states[states > 0])) > _FIFTHS
        if codec.numeric(target.name) and many:
            positions = codec.positions(target.name, states, encoded.ranks[target.name])
            states = np.where(states > 0, 1 + np.nan_to_num(positions) * _FIFTHS, 0).astype(np.int32)
        counts = np.bincount(states)
        smallest = max(int(self.params["smallest_class"]), 5 * len(codec.names))
        large = np.flatnonzero(counts >= smallest)
        groups = [np.flatnonzero(states == state) for state in large]
        rest = np.flatnonzero(~np.isin(states, large))
        return [*groups, rest] if len(rest) else groups

    def _cut(self, codec: Codec, encoded: Encoded, groups: list[npt.NDArray[np.intp]]) -> list[npt.NDArray[np.intp]]:
        """Return the groups cut further by what says most about the other columns."""
        # a copula of few rows says much about each of them
        smallest = max(int(self.params["smallest_group"]), 8 * len(codec.names))
        return [part for rows in groups for part in partition(codec, encoded, rows, self.params["splits"], smallest)]

    @classmethod
    def load(cls, folder: Path) -> FittedCopula:
        """Return the model that was saved in ``folder``."""
        codec = Codec.load(folder)
        described = json.loads((folder / "copula.json").read_text(encoding="utf-8"))
        strata: list[Stratum] = []
        with np.load(folder / "copula.npz", allow_pickle=False) as stored:
            for s, plain in enumerate(described["strata"]):
                latents = tuple(
                    Latent(name, missing, Pieces(*(stored[f"{s}.{i}.{key}"] for key in ("edges", "states", "ranks"))))
                    for i, (name, missing) in enumerate(plain["latents"])
                )
                shares = {name: stored[f"{s}.{c}.shares"] for c, name in enumerate(codec.names)}
                strata.append(Stratum(plain["share"], latents, stored[f"{s}.correlations"], plain["constants"], shares))
        return FittedCopula(codec, described["split_by"], tuple(strata))


def _stratum(codec: Codec, encoded: Encoded, share: float) -> Stratum:
    shares = {name: _state_shares(encoded.states[name], codec.states[name]) for name in codec.names}
    lines = {name: _line(codec, name, encoded, shares[name]) for name in codec.names}
    _order_levels(codec, encoded, shares, lines)
    latents: list[Latent] = []
    scores: list[Floats] = []
    constants: dict[str, int] = {}
    for name in codec.names:
        states, ranks = encoded.states[name], encoded.ranks[name]
        line = lines[name]
        if line is None:
            constants[name] = 0
            continue
        if line.constant:
            constants[name] = int(line.states[0])
        else:
            latents.append(Latent(name, False, line))
            scores.append(line.scores(states, ranks))
        if shares[name][0] > 0:
            rate = np.array([shares[name][0], 1 - shares[name][0]])
            missing = discrete_pieces(np.arange(2), rate)
            latents.append(Latent(name, True, missing))
            scores.append(missing.scores(np.minimum(states, 1).astype(np.int32), np.full(len(states), np.nan)))
    if not latents:
        return Stratum(share, (), np.zeros((0, 0)), constants, shares)
    coefficients = np.array([latent.pieces.coefficients() for latent in latents])
    correlations = latent_correlations(np.column_stack(scores), coefficients)
    return Stratum(share, tuple(latents), correlations, constants, shares)


def _state_shares(states: States, size: int) -> Floats:
    counts = np.bincount(states, minlength=size)
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def _line(codec: Codec, name: str, encoded: Encoded, shares: Floats) -> Pieces | None:
    """Return the line of a column's present cells, None where all are missing."""
    states, ranks = encoded.states[name], encoded.ranks[name]
    present = states > 0
    if not present.any():
        return None
    if codec.numeric(name):
        positions = codec.positions(name, states, ranks)[present]
        last = codec.states[name] - 1 if codec.continuous(name) else -1
        return numeric_pieces(positions, states[present], ranks[present], last)
    return discrete_pieces(np.arange(1, len(shares)), shares)


def _order_levels(codec: Codec, encoded: Encoded, shares: dict[str, Floats], lines: dict[str, Pieces | None]) -> None:
    """Lay out categories so that neighbours behave alike: by their mean on the main direction of the other columns."""
    names = [name for name, line in lines.items() if line is not None and not line.constant]
    loose = [name for name in names if not codec.numeric(name) and shares[name][1:].astype(bool).sum() > 2]
    if len(names) < 2:
        return
    scores = {name: np.nan_to_num(_scores(lines[name], encoded, name)) for name in names}
    for _ in range(_ORDER_TURNS if loose else 0):
        for name in loose:
            others = [other for other in names if other != name]
            means = _level_means(encoded.states[name], len(shares[name]), [scores[other] for other in others])
            lines[name] = discrete_pieces(_main_order(means, shares[name]), shares[name])
            scores[name] = np.nan_to_num(_scores(lines[name], encoded, name))


def _scores(line: Pieces | None, encoded: Encoded, name: str) -> Floats:
    assert line is not None
    return line.scores(encoded.states[name], encoded.ranks[name])


def _level_means(states: States, size: int, others: Sequence[Floats]) -> Floats:
    """Return the mean of other columns' scores per state, shape (states, others), pulled to 0 where rows are few."""
    rows = np.bincount(states, minlength=size)
    sums = np.column_stack([np.bincount(states, weights=other - other.mean(), minlength=size) for other in others])
    return np.asarray(sums / (rows + 5.0)[:, None])


def _main_order(means: Floats, shares: Floats) -> npt.NDArray[np.intp]:
    """Return the states (missing left out) along the first principal direction of their means, weighted by share."""
    weighted = means[1:] * np.sqrt(shares[1:, None])
    direction = np.linalg.svd(weighted, full_matrices=False)[2][0]
    return 1 + np.argsort(means[1:] @ direction, kind="stable")
