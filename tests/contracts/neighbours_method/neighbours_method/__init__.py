"""New rows crossed from real rows that lie close together: a whole engine to copy (the README has every step)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec import Codec, Encoded
from synth_core.errors import MethodError
from synth_core.methods import Engine, MethodInfo, Param
from synth_core.methods.base import require_columns
from synth_core.progress import Progress, silent
from synth_core.table import Table

MOST_ROWS, MOST_LEVELS = 20_000, 30
_AT_ONCE = 500


@dataclass(frozen=True)
class FittedNeighbours:
    """Coded rows and which of them lie close to each.

    Attributes
    ----------
    near
        Places of the nearest rows of each row, itself first; shape (rows, k).
    noise
        Standard deviation by which ranks (0..1) are moved.
    """

    codec: Codec
    rows: Encoded
    near: npt.NDArray[np.int64]
    noise: float

    def sample(
        self, rows: int, *, seed: int, conditions: pd.DataFrame | None = None, progress: Progress = silent
    ) -> pd.DataFrame:
        """Return ``rows`` new rows; conditions are refused."""
        if conditions is not None:
            raise MethodError(
                "Engine 'neighbours' cannot keep given values. Choose 'trees', or leave out the conditions."
            )
        rng = np.random.default_rng(seed)
        drawn = rng.integers(0, len(self.near), rows)
        states: dict[str, Any] = {}
        ranks: dict[str, Any] = {}
        for done, name in enumerate(self.codec.names):
            progress(done, len(self.codec.names), "sampling")
            donors = self.near[drawn, rng.integers(0, self.near.shape[1], rows)]
            states[name] = self.rows.states[name][donors]
            moved = self.rows.ranks[name][donors] + self.noise * rng.standard_normal(rows)
            ranks[name] = 1 - np.abs(1 - np.abs(moved))  # reflected at 0 and 1, so that the ends keep their share
        progress(1, 1, "sampled")
        return self.codec.decode(Encoded(states, ranks))

    def save(self, folder: Path) -> None:
        """Write the codec, ``neighbours.json`` and ``neighbours.npz``; no pickle."""
        self.codec.save(folder)
        (folder / "neighbours.json").write_text(json.dumps({"noise": self.noise}), encoding="utf-8")
        arrays = {"near": self.near}
        for place, name in enumerate(self.codec.names):
            arrays |= {f"states.{place}": self.rows.states[name], f"ranks.{place}": self.rows.ranks[name]}
        np.savez(folder / "neighbours.npz", **arrays)


class Neighbours(Engine):
    """Rows crossed from close ones."""

    info: ClassVar[MethodInfo] = MethodInfo(
        name="neighbours",
        title="Crossed neighbours",
        summary="Draws a real row and takes every cell from one of the rows nearest to it, numbers moved a little.",
        good_for="Showing how an engine of another package plugs in, and quick looks at small tables.",
        weak_at="Exact relations, and privacy: the model holds real rows, and a small k stays close to them.",
        cost="seconds; learns from at most 20,000 rows",
        params=(
            Param("k", int, 10, low=2, high=200, unit="rows", help="Rows that are crossed; more is safer and blurs."),
            Param("noise", float, 0.02, low=0, high=0.5, help="How far numbers are moved, as a share of the ranks."),
        ),
    )

    def fit(self, table: Table, *, seed: int, progress: Progress = silent) -> FittedNeighbours:
        """Return the coded rows of ``table`` with the nearest of each."""
        from sklearn.neighbors import NearestNeighbors

        require_columns(table)
        progress(0, 1, "coding the columns")
        codec = Codec.fit(table, seed=seed)
        encoded = codec.encode(table.frame)
        if len(table) > MOST_ROWS:
            encoded = encoded.take(np.random.default_rng(seed).choice(len(table), MOST_ROWS, replace=False))
        space = _space(codec, encoded)
        k = min(int(self.params["k"]), len(space))
        finder = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(space)
        near = []
        for start in range(0, len(space), _AT_ONCE):
            progress(start, len(space), "finding the nearest rows")
            near.append(finder.kneighbors(space[start : start + _AT_ONCE], return_distance=False))
        return FittedNeighbours(codec, encoded, np.concatenate(near).astype(np.int64), self.params["noise"])

    @classmethod
    def load(cls, folder: Path) -> FittedNeighbours:
        """Return the model that was saved in ``folder``."""
        codec = Codec.load(folder)
        noise = json.loads((folder / "neighbours.json").read_text(encoding="utf-8"))["noise"]
        with np.load(folder / "neighbours.npz", allow_pickle=False) as stored:
            states = {name: stored[f"states.{place}"] for place, name in enumerate(codec.names)}
            ranks = {name: stored[f"ranks.{place}"] for place, name in enumerate(codec.names)}
            near = stored["near"]
        return FittedNeighbours(codec, Encoded(states, ranks), near, noise)


def _space(codec: Codec, encoded: Encoded) -> npt.NDArray[np.float32]:
    """Return numbers as their places among all, and categories as one column per frequent level."""
    parts: list[npt.NDArray[np.float32]] = []
    for name in codec.names:
        states = encoded.states[name]
        if codec.numeric(name):
            places = codec.positions(name, states, encoded.ranks[name])
            parts.append(np.nan_to_num(places, nan=0.5).astype(np.float32)[:, None])
            parts.append((states == 0).astype(np.float32)[:, None])
        else:
            levels = np.argsort(-codec.shares(name), kind="stable")[:MOST_LEVELS]
            parts.append((states[:, None] == levels).astype(np.float32) / np.float32(np.sqrt(2)))
    return np.hstack(parts)
