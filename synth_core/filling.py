"""Missing cells of a real table, drawn by an engine given the row's other cells; observed cells stay as they are.

Each filling is one draw, not a best guess: several with different seeds show how sure the filled cells are (multiple
imputation, Rubin 1987). What was filled is listed, so that nobody takes it for measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec import Codec
from synth_core.constraints.values import canonical
from synth_core.errors import InputError
from synth_core.methods import create, method_class
from synth_core.methods.base import Fitted
from synth_core.progress import Progress, silent
from synth_core.steering.given import matched
from synth_core.table import Table

POOL = 8_000
_COPIES = (1, 4, 16, 64, 256)  # candidates per row and round, where the engine may leave a cell empty again
_BATCH = 50_000


@dataclass(frozen=True)
class Filling:
    """A table with filled cells.

    Attributes
    ----------
    cells
        Positions (from 0) of the filled rows, per column.
    left
        Cells per column that stayed empty, because the engine left them so each time.
    """

    table: Table
    method: str
    seed: int
    cells: dict[str, npt.NDArray[np.int64]]
    left: dict[str, int]

    @property
    def filled(self) -> int:
        """Cells filled in all."""
        return sum(map(len, self.cells.values()))

    def write_list(self, path: Path) -> Path:
        """Write which cells were filled (rows from 1), with engine and seed, as JSON; no values."""
        body = {
            "version": 1,
            "note": "These cells were not measured: they were drawn from a model of the other cells.",
            "method": self.method,
            "seed": self.seed,
            "filled": {name: (rows + 1).tolist() for name, rows in self.cells.items()},
            "left_empty": self.left,
        }
        path.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
        return path


def fill(
    table: Table,
    *,
    method: str = "trees",
    params: Mapping[str, Any] | None = None,
    columns: Sequence[str] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> Filling:
    """Return the table with its missing cells drawn by an engine that learned from the table itself.

    Engines that take any given values learn once; ``trees`` learn each incomplete column from all others; any other
    engine lends the cells of a drawn row that is like the observed ones.

    Parameters
    ----------
    columns
        Columns to fill; all learned ones when empty.

    Raises
    ------
    InputError
        A column cannot be filled, or nothing is missing.
    """
    learned = table.select([column.name for column in table.having(learned=True)])
    for name in columns:
        table.column(name)
        if name not in learned.names:
            raise InputError(f"Column '{name}' is not learned (made anew, or left out), so it cannot be filled.")
    wanted = [name for name in (columns or learned.names) if learned.frame[name].isna().any()]
    for name in wanted:
        if learned.frame[name].isna().all():
            raise InputError(f"Column '{name}' has no observed cell to learn from. Leave it out, or fill others.")
    if not wanted:
        raise InputError("No cell is missing in the columns that can be filled; there is nothing to do.")
    info = method_class(method).info
    work = _Work(learned, method, dict(params or {}), wanted, seed, progress)
    if info.prescribes == "any":
        work.by_any()
    elif info.prescribes == "first":
        work.by_first()
    else:
        work.by_likeness()
    frame = table.frame.copy()
    for name in wanted:
        frame[name] = work.frame[name].array
    done = canonical(frame, table.columns)
    gone = {name: learned.frame[name].isna().to_numpy() for name in wanted}
    still = {name: done[name].isna().to_numpy() for name in wanted}
    return Filling(
        Table(done, table.columns, table.name, table.source),
        method,
        seed,
        {name: np.flatnonzero(gone[name] & ~still[name]) for name in wanted},
        {name: int(still[name].sum()) for name in wanted if still[name].any()},
    )


def _endless(seed: int) -> Iterator[int]:
    """Yield seeds: a wide table with gaps everywhere has more patterns than could be counted in advance."""
    source = np.random.SeedSequence(seed)
    while True:
        yield from source.spawn(1)[0].generate_state(1_000).tolist()


class _Work:
    """The frame that is being filled."""

    def __init__(
        self, learned: Table, method: str, params: dict[str, Any], wanted: list[str], seed: int, progress: Progress
    ) -> None:
        self.learned, self.method, self.params, self.wanted = learned, method, params, wanted
        self.progress = progress
        self.frame = learned.frame.copy()
        self.seeds = _endless(seed)

    def by_any(self) -> None:
        """Learn once; each pattern of observed columns is given, and the rest is drawn."""
        fitted = self._fit(self.learned, {})
        for done, copies in enumerate(_COPIES):
            self.progress(done, len(_COPIES), "Filling")
            for missing, rows in self._patterns():
                step = max(_BATCH // copies, 1)
                for start in range(0, len(rows), step):
                    self._draw(fitted, missing, rows[start : start + step], copies)

    def _draw(self, fitted: Fitted, missing: tuple[str, ...], rows: npt.NDArray[np.int64], copies: int) -> None:
        given = [name for name in self.learned.names if name not in missing]
        cells = self.frame.iloc[np.repeat(rows, copies)][given].reset_index(drop=True) if given else None
        drawn = fitted.sample(len(rows) * copies, seed=next(self.seeds), conditions=cells)
        here = drawn[[name for name in missing if name in self.wanted]].notna().to_numpy().sum(axis=1)
        # of each row's candidates the first with the most cells: what it leaves empty is drawn again, given the others
        best = here.reshape(len(rows), copies).argmax(axis=1) + np.arange(len(rows)) * copies
        for name in missing:
            if name in self.wanted:
                self._put(name, rows, drawn[name].iloc[best])

    def by_first(self) -> None:
        """Learn one incomplete column after another from the rows that have it; all other columns are made first."""
        order = sorted(self.wanted, key=lambda name: np.count_nonzero(self.learned.frame[name].isna()))
        for done, name in enumerate(order):
            self.progress(done, len(order), f"Filling {name}")
            known = self.learned.frame[name].notna().to_numpy()
            others = [other for other in self.learned.names if other != name]
            if any("," in other or other != other.strip() for other in others):
                raise InputError("A column name has a comma or outer spaces; rename it, or choose another engine.")
            rows = np.flatnonzero(~known)
            first = {"first": ",".join(others)} if others else {}
            fitted = self._fit(self.learned.rows(known), {**first, "candidates": 1, "release_rows": len(self.frame)})
            cells = self.frame.iloc[rows][others].reset_index(drop=True) if others else None
            drawn = fitted.sample(len(rows), seed=next(self.seeds), conditions=cells)
            self._put(name, rows, drawn[name])

    def by_likeness(self) -> None:
        """Learn once and draw a pool; an incomplete row takes the cells of one that is like it where it is observed."""
        fitted = self._fit(self.learned, {})
        pool = fitted.sample(POOL, seed=next(self.seeds))
        codec = Codec.fit(self.learned, seed=next(self.seeds))
        rng = np.random.default_rng(next(self.seeds))
        for missing, rows in self._patterns():
            wanted = [name for name in missing if name in self.wanted]
            whole = pool[pool[wanted].notna().all(axis=1)].reset_index(drop=True)
            given = self.frame.iloc[rows][[n for n in self.learned.names if n not in missing]].reset_index(drop=True)
            if not len(whole):
                continue
            chosen = (
                matched(given, whole, codec, rng)[0] if len(given.columns) else rng.integers(0, len(whole), len(rows))
            )
            for name in wanted:
                self._put(name, rows, whole[name].iloc[chosen])

    def _fit(self, real: Table, more: dict[str, Any]) -> Fitted:
        known = {param.name for param in method_class(self.method).info.params}
        params = {name: value for name, value in more.items() if name in known} | self.params
        engine = create(self.method, params)
        return engine.fit(real, seed=next(self.seeds), progress=self.progress)

    def _patterns(self) -> list[tuple[tuple[str, ...], npt.NDArray[np.int64]]]:
        """Return each set of missing columns with its rows, where something wanted is missing."""
        gone = self.frame.isna()
        rows = np.flatnonzero(gone[self.wanted].any(axis=1).to_numpy())
        if not len(rows):
            return []
        patterns, which = np.unique(gone.to_numpy()[rows], axis=0, return_inverse=True)
        names = np.array(self.learned.names, dtype=object)
        return [(tuple(names[one]), rows[which.ravel() == i]) for i, one in enumerate(patterns)]

    def _put(self, name: str, rows: npt.NDArray[np.int64], values: pd.Series) -> None:
        column = self.frame[name].array.copy()
        column[rows] = values.array.astype(column.dtype) if values.dtype != column.dtype else values.array
        self.frame[name] = pd.Series(column, index=self.frame.index)
