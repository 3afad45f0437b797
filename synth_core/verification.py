"""Written rows, checked once more in little memory: a hard rule that any of them breaks stops the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from synth_core.constraints.base import Constraint
from synth_core.errors import GenerationError
from synth_core.progress import Progress, silent
from synth_core.table import Column
from synth_core.writing import from_arrow

KEYS_AT_ONCE = 4_000_000  # 32 MB of them; more rows take more turns through the file
MOST_SUSPECTS = 1_000_000


def verified(
    files: Sequence[Path],
    columns: Sequence[Column],
    rules: Sequence[Constraint],
    rows: int,
    progress: Progress = silent,
    *,
    seen_as: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> Iterator[pa.Table]:
    """Yield the rows of each file once they are checked.

    ``seen_as``: what the rules see of the rows, where that is not the rows as they are (a what-if's new categories).

    Raises
    ------
    GenerationError
        After the last file, when a row breaks a rule: what was done with the rows so far must be undone.
    """
    by_part = [rule for rule in rules if rule.row_wise]
    broken = {rule.id: 0 for rule in rules}
    for done, file in enumerate(files):
        progress(done, len(files), "Checking the written rows")
        arrow = pq.read_table(file, partitioning=None)
        if by_part:
            frame = from_arrow(arrow, columns)
            frame = frame if seen_as is None else seen_as(frame)
            for rule in by_part:
                broken[rule.id] += int(rule.violations(frame).sum())
        yield arrow
    for rule in rules:
        if rule.type == "unique":
            broken[rule.id] = repeats(rule, files, columns, rows, progress)
        elif not rule.row_wise:  # its rows are judged together, also where parts meet
            whole = pd.concat([_frame(file, rule, columns) for file in files], ignore_index=True)
            whole = whole if seen_as is None else seen_as(whole)
            broken[rule.id] = int(rule.violations(whole).sum())
    for rule in rules:
        if broken[rule.id]:
            raise GenerationError(
                f"{broken[rule.id]:,} of {rows:,} released rows break the hard rule '{rule.sentence()}'"
                f"{_against(rule, rules)}, so the release was withdrawn. Make one of them soft, or change how "
                "it is kept on the Constraints page."
            )
    progress(len(files), len(files), "Checking the written rows")


def _against(rule: Constraint, rules: Sequence[Constraint]) -> str:
    """Return, in words, the rule that ties down most of the same columns: keeping it is what breaks this one."""
    mine = set(rule.own_columns)
    shared = [(len(mine & set(other.own_columns)), other) for other in rules if other.id != rule.id]
    most = max(shared, key=lambda pair: pair[0], default=None)
    if most is None or not most[0]:
        return ""
    return f", most likely where rule '{most[1].sentence()}' is kept on the same columns"


def repeats(
    rule: Constraint, files: Sequence[Path], columns: Sequence[Column], rows: int, progress: Progress = silent
) -> int:
    """Return how many rows of all files break a rule on what must be unique.

    Rows are told apart by 64-bit keys, of which at most about four million are held at once; the rows whose keys are
    equal are then compared by their values.
    """
    turns = max(1, -(-rows // KEYS_AT_ONCE))
    found = []
    for turn in range(turns):
        kept = []
        for done, file in enumerate(files):
            progress(done, len(files), "Looking for repeated values")
            frame = _spoken(file, rule, columns)
            keys = _keys(frame, rule)
            if rule.on_null == "violates":  # a missing cell breaks the rule without a repeat
                found.append(np.unique(keys[frame[list(rule.own_columns)].isna().any(axis=1).to_numpy(dtype=bool)]))
            kept.append(keys[keys % np.uint64(turns) == turn])
        here, times = np.unique(np.concatenate(kept), return_counts=True)
        found.append(here[times > 1])
    suspects = np.concatenate(found)[:MOST_SUSPECTS]
    if not len(suspects):
        return 0
    frames = []
    for file in files:
        frame = _spoken(file, rule, columns)
        frames.append(frame[np.isin(_keys(frame, rule), suspects)])
    return int(rule.violations(pd.concat(frames, ignore_index=True)).sum())


def _frame(file: Path, rule: Constraint, columns: Sequence[Column]) -> pd.DataFrame:
    names = list(rule.columns_used)
    chosen = [column for column in columns if column.name in names]
    return from_arrow(pq.read_table(file, columns=names, partitioning=None), chosen)


def _spoken(file: Path, rule: Constraint, columns: Sequence[Column]) -> pd.DataFrame:
    """Return the rows of a file that the rule speaks of."""
    frame = _frame(file, rule, columns)
    return frame if rule.when is None else frame[rule.applies(frame)]


def _keys(frame: pd.DataFrame, rule: Constraint) -> npt.NDArray[np.uint64]:
    frame = frame[list(rule.own_columns)]  # not those of ``when``: rows that agree may differ there
    floats = frame.select_dtypes("float").columns
    if len(floats):
        frame = frame.assign(**{name: frame[name] + 0.0 for name in floats})  # -0.0 equals 0.0
    return np.asarray(pd.util.hash_pandas_object(frame, index=False), dtype=np.uint64)
