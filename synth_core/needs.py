"""Memory that a recipe needs, and what there is: told apart before the work starts, not when it dies.

Notes
-----
The formulas count what each stage holds at its peak, in bytes per cell; their constants were measured on tables of many
shapes (``python -m benchmarks.memory all``; ``tests/core/test_needs.py`` holds them to a factor of two).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from synth_core.errors import InputError
from synth_core.methods import setting
from synth_core.recipe import Recipe
from synth_core.table import Column, Kind, Table

LIMIT = "SIMILE_MEMORY_GB"
JUDGED_ROWS = 3_000_000  # of a release: what memory of a laptop holds
LEVEL_EACH = ("ctgan", "tvae")  # networks with a column in memory per category

_PROCESS = 200e6  # Python and the packages of the light engines
_NETWORK_PROCESS = 750e6  # torch and SDV
_TORCH_PROCESS = 450e6  # torch alone
_REAL_CELL = 70  # the real table, its train rows, and what is made of them
_CODED_CELL = 40  # states, ranks and positions
_DONOR = 14  # a donor held by one of a column's trees, per real row
_BASES = 7 * 28  # a number as inputs of a smooth model, and the copies that solving it takes
_MADE_CELL = 60  # a part: states, ranks, features, cells, Arrow
_STEERED = 3  # parts' worth of rows drawn and kept until what is asked is filled
_JUDGED_CELL = 60  # a released row that is judged
_JUDGE = 150e6  # models and distances of the judgement, which sample
_WIDTH_CELL = 24  # a number of the network's input, per real row: three copies
_NUMBER_WIDTH = 11
_TEXT_CELL = 120


@dataclass(frozen=True)
class Need:
    """What a recipe needs at its peak, in bytes: the fullest of its stages, all processes together.

    Attributes
    ----------
    learn, sample, judge
        Each stage by itself.
    change
        What would need less, in a sentence.
    """

    learn: float
    sample: float
    judge: float
    change: str

    @property
    def total(self) -> float:
        """The largest of the stages."""
        return max(self.learn, self.sample, self.judge)


def needed(
    table: Table,
    recipe: Recipe,
    *,
    workers: int = 1,
    judged: bool = False,
    levels: Mapping[str, int] | None = None,
) -> Need:
    """Return the memory that a recipe needs on this table.

    Parameters
    ----------
    workers
        Processes that sample on this machine.
    judged
        Whether the release is judged too (``simile run`` and the studio do, ``simile generate`` does not).
    levels
        How many categories each column has, where that is known; counted otherwise.
    """
    known = dict(levels or {})
    columns = [column for column in table.columns if column.learned]
    real = max(len(table), 1)
    train = real * (1 - recipe.holdout)
    process = _NETWORK_PROCESS if recipe.method in LEVEL_EACH else _PROCESS
    process = _TORCH_PROCESS if recipe.method == "diffusion" else process
    own = process + real * len(table.columns) * _REAL_CELL
    learn, model = _engine(table, columns, recipe, train, known)
    candidates = int(setting(recipe.method, recipe.params, "candidates") or 1)
    part = min(recipe.chunk_rows, recipe.rows) * len(table.columns) * _MADE_CELL * candidates
    asked = recipe.steering
    part *= _STEERED if asked.conditions or asked.where or asked.shares or asked.make else 1
    here = 0 if recipe.cluster else min(workers, -(-recipe.rows // recipe.chunk_rows))
    sample = own + model + (part if here <= 1 else here * (process + model + part))
    judge = 0.0
    if judged:
        rows = min(recipe.rows, JUDGED_ROWS + recipe.chunk_rows)
        judge = own + _JUDGE + rows * len(table.columns) * _JUDGED_CELL
    return Need(own + learn, sample, judge, _change(table, columns, recipe, here, part, known))


def _engine(
    table: Table, columns: list[Column], recipe: Recipe, train: float, known: dict[str, int]
) -> tuple[float, float]:
    """Return what learning takes at its peak, and what the model takes afterwards."""
    coded = train * len(columns) * _CODED_CELL
    numbers = sum(column.kind.numeric for column in columns)
    if recipe.method == "trees":
        donors = train * len(columns) * int(setting(recipe.method, recipe.params, "trees")) * _DONOR
        return coded + donors + train * numbers * _BASES, donors
    if recipe.method in LEVEL_EACH:
        width = sum(_levels(table, column, known) + 1 for column in columns if not column.kind.numeric)
        width += numbers * _NUMBER_WIDTH
        return coded + train * (width * _WIDTH_CELL + len(columns) * _TEXT_CELL), 50e6
    return coded, train * numbers * 24


def _levels(table: Table, column: Column, known: dict[str, int]) -> int:
    if column.kind is not Kind.CATEGORY:
        return 2
    if column.name not in known:
        known[column.name] = int(table.frame[column.name].nunique())
    return known[column.name]


def _change(
    table: Table, columns: list[Column], recipe: Recipe, workers: int, part: float, known: dict[str, int]
) -> str:
    """Return what would need less: the largest thing that can be changed."""
    if recipe.method in LEVEL_EACH:
        widest = max(columns, key=lambda column: _levels(table, column, known), default=None)
        if widest is not None and (levels := _levels(table, widest, known)) > _NUMBER_WIDTH:
            return f"Choose 'trees', or leave out '{widest.name}', which has {levels:,} categories."
        return "Choose 'trees', or learn from fewer rows."
    ways = []
    if workers > 1:
        ways.append("use fewer workers")
    if part > _PROCESS:
        ways.append(f"make smaller parts (chunk_rows, now {recipe.chunk_rows:,})")
    if recipe.method == "trees" and int(setting(recipe.method, recipe.params, "trees")) > 3:
        ways.append("set 'trees' to 3")
    ways.append("learn from a sample of the rows, or leave columns out")
    words = "; ".join(ways)
    return f"{words[0].upper()}{words[1:]}."


def free_memory() -> float:
    """Return the bytes that a new process may take: what the machine, its control group and the user's limit leave.

    The environment variable ``SIMILE_MEMORY_GB`` sets a limit for one run.
    """
    import psutil

    free = float(psutil.virtual_memory().available)
    for group in _groups():
        limit = _number(group, "memory.max", "memory.limit_in_bytes")
        used = _number(group, "memory.current", "memory.usage_in_bytes")
        if limit is not None and used is not None:
            free = min(free, max(limit - used + _reclaimable(group), 0.0))
    with suppress(KeyError, ValueError):
        free = min(free, float(os.environ[LIMIT]) * 1e9)
    return free


def require_memory(
    table: Table, recipe: Recipe, *, workers: int = 1, judged: bool = False, reuse: bool = False
) -> Need:
    """Return what the recipe needs, or raise InputError when there is less.

    ``reuse``: the work is done in this process, so that what this one holds already counts as free.
    """
    import psutil

    need, free = needed(table, recipe, workers=workers, judged=judged), free_memory()
    if reuse and LIMIT not in os.environ:
        free += psutil.Process().memory_info().rss
    if need.total > free:
        raise InputError(
            f"This needs about {gigabytes(need.total)} of memory, and {gigabytes(free)} are free. {need.change}"
        )
    return need


def fitting_workers(table: Table, recipe: Recipe, most: int, *, judged: bool = False) -> int:
    """Return how many processes may sample: at most ``most``, and as many as memory holds; at least 1."""
    free = free_memory()
    for workers in range(most, 1, -1):
        if needed(table, recipe, workers=workers, judged=judged).sample <= free:
            return workers
    return 1


def gigabytes(size: float) -> str:
    """Return a size in bytes as words: "41 GB", "0.3 GB"."""
    return f"{size / 1e9:,.0f} GB" if size >= 9.5e9 else f"{size / 1e9:.1f} GB"


def _groups() -> list[Path]:
    """Return the folders of the control groups that this process is in, version 1 or 2, innermost first."""
    found: list[Path] = []
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if kinds not in ("", "memory") and "memory" not in kinds.split(","):
            continue
        root = Path("/sys/fs/cgroup") / ("memory" if kinds else "")
        inner = root / path.lstrip("/")
        found += [inner, *(parent for parent in inner.parents if parent.is_relative_to(root))]
    return found


def _number(group: Path, *names: str) -> float | None:
    for name in names:
        try:
            return float((group / name).read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
    return None


def _reclaimable(group: Path) -> float:
    """Return what the group holds of files and would give back at once."""
    try:
        lines = (group / "memory.stat").read_text(encoding="ascii").splitlines()
        facts = dict(line.split() for line in lines)
        return float(facts.get("total_inactive_file", facts.get("inactive_file", 0)))
    except (OSError, ValueError):
        return 0.0
