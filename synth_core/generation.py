"""From a table and a recipe to a synthetic table on disk.

The rows come in parts. Part ``i`` is a pure function of the fitted model and of a seed spawned for ``i``; it is
written under a temporary name and renamed. So the release is the same, byte for byte, for any number of worker
processes, and a killed run goes on after its last whole part.
"""

from __future__ import annotations

import hashlib
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from synth_core.constraints.base import Constraint
from synth_core.constraints.enforcement import Enforcement
from synth_core.errors import GenerationError, InputError, SimileError
from synth_core.methods import create, method_class
from synth_core.methods.base import Fitted, require_columns
from synth_core.progress import StageProgress, silent_stages, within
from synth_core.recipe import Recipe
from synth_core.regenerate import Regenerator
from synth_core.steering import Condition, Quotas
from synth_core.table import Column, Table
from synth_core.writing import from_arrow, to_arrow, write_parts

MIN_ROWS = 2


class Synthesis(BaseModel):
    """What was made and how: ``synthesis.json`` beside the rows.

    Attributes
    ----------
    acceptance
        Kept rows / drawn rows (0..1); below 1 when rules or conditions rejected some.
    raw_broken, repaired
        Per rule id: share of drawn rows that broke it before enforcement (0..1), and rows repaired.
    how
        Per rule id: transform, repair, reject or check_only.
    learned_from, left_out
        Real rows the engine learned from; rows of the train split left out because they break a hard rule.
    seconds, peak_mb
        Wall seconds per stage; the largest resident memory of a process so far, in MB.
    """

    model_config = ConfigDict(frozen=True)

    version: int = 1
    rows: int
    columns: list[Column]
    rows_train: int
    rows_holdout: int
    learned_from: int
    left_out: int = 0
    acceptance: float = 1.0
    raw_broken: dict[str, float] = {}
    repaired: dict[str, int] = {}
    how: dict[str, str] = {}
    seconds: dict[str, float] = {}
    peak_mb: float = 0.0
    fingerprint: str = ""


@dataclass(frozen=True)
class _Plan:
    """Everything that a part is made from; pickled to worker processes of our own.

    ``rules`` are the hard ones, identifiers' too: all of them must hold in the written rows.
    """

    recipe: Recipe
    columns: tuple[Column, ...]
    enforcement: Enforcement
    regenerator: Regenerator
    quotas: Quotas | None
    rules: tuple[Constraint, ...]


class _PartFacts(BaseModel):
    rows: int
    drawn: int
    repaired: dict[str, int]
    raw_broken: dict[str, int]


def generate(
    table: Table,
    recipe: Recipe,
    out: Path,
    *,
    workers: int = 1,
    progress: StageProgress = silent_stages,
) -> Synthesis:
    """Make ``out/synthetic.parquet`` and ``out/synthesis.json`` and return what the latter says.

    Parameters
    ----------
    table
        The real table; it is split by the recipe before anything learns.
    out
        Folder for the run; parts that an earlier, interrupted call with the same table and recipe left are reused.
    workers
        Processes that sample; the bytes of the release do not depend on it.

    Raises
    ------
    InputError
        The recipe does not fit the table.
    InfeasibleError
        No row keeps the rules or conditions.
    """
    clock = _Clock()
    progress("Split", 0, 1)
    if len(table) < MIN_ROWS:
        raise InputError(
            f"Table '{table.name}' has {len(table)} row; at least {MIN_ROWS} are needed to learn anything, and a few "
            "hundred for a result worth having."
        )
    if _start_folder(table, recipe, out):
        return Synthesis.model_validate_json((out / "synthesis.json").read_text(encoding="utf-8"))
    train, holdout = table.split(recipe.holdout, recipe.seed)
    released = train.select([c.name for c in train.columns if c.role.value != "drop" and (c.learned or c.regenerated)])
    plan = _plan(released, recipe)
    clock.lap("Split")
    fitted = _learn(plan, recipe, out, progress)
    clock.lap("Learn")
    facts = _sample(plan, fitted, recipe, out, workers, progress)
    clock.lap("Sample")
    progress("Keep the rules", 0, 1)
    _assemble(plan, recipe, out)
    _verify(plan, recipe, out, progress)
    clock.lap("Keep the rules")
    drawn = sum(part.drawn for part in facts)
    synthesis = Synthesis(
        rows=recipe.rows,
        columns=list(plan.columns),
        rows_train=len(train),
        rows_holdout=len(holdout),
        learned_from=len(plan.enforcement.encoded),
        left_out=len(train) - len(plan.enforcement.encoded),
        acceptance=recipe.rows / max(drawn, recipe.rows),
        raw_broken={k: v / max(drawn, 1) for k, v in _added([part.raw_broken for part in facts]).items()},
        repaired=_added([part.repaired for part in facts]),
        how={step.id: step.how for step in plan.enforcement.plan},
        seconds=clock.seconds,
        peak_mb=peak_mb(),
        fingerprint=table.fingerprint,
    )
    (out / "synthesis.json").write_text(synthesis.model_dump_json(indent=1), encoding="utf-8")
    shutil.rmtree(out / "parts")
    return synthesis


def read_synthetic(out: Path, synthesis: Synthesis, most: int | None = None) -> Table:
    """Return the release in ``out`` as a table: all of it, or its first parts with about ``most`` rows."""
    file = pq.ParquetFile(out / "synthetic.parquet")
    columns = tuple(synthesis.columns)
    groups, rows = [], 0
    for group in range(file.num_row_groups):
        if most is not None and rows >= most:
            break
        groups.append(group)
        rows += file.metadata.row_group(group).num_rows
    return Table(from_arrow(file.read_row_groups(groups), columns), columns, "synthetic")


def peak_mb() -> float:
    """Return the largest resident memory of this process and its finished children so far, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    used = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return used * unit / 1e6


def _plan(train: Table, recipe: Recipe) -> _Plan:
    create(recipe.method, recipe.params)  # a wrong setting is found before anything else is done
    learned = tuple(column.name for column in train.columns if column.learned)
    require_columns(train.select(learned))
    rules: list[Constraint] = [rule for rule in recipe.rules if set(rule.columns_used) <= set(learned)]
    for rule in recipe.rules:
        rule.check(train)
    released = [rule.fitted(train) for rule in recipe.rules]
    if recipe.where:
        condition = Condition(expression=recipe.where, id="where")
        condition.check(train)
        rules.append(condition)
    learnable = train.select(learned)
    return _Plan(
        recipe=recipe,
        columns=train.columns,
        enforcement=Enforcement.prepare(learnable, rules),
        regenerator=Regenerator.fit(train, recipe.seed),
        quotas=Quotas.fit(learnable, recipe.shares),
        rules=tuple(rule for rule in released if rule.hard and rule.enforcement != "check_only"),
    )


def _learn(plan: _Plan, recipe: Recipe, out: Path, progress: StageProgress) -> Fitted:
    """Fit the engine, or load the model that an interrupted run left."""
    if (out / "model.done").exists():
        return method_class(recipe.method).load(out / "model")
    progress("Learn", 0, 1, f"{len(plan.enforcement.encoded):,} rows")
    seed = int(np.random.SeedSequence(recipe.seed, spawn_key=(1,)).generate_state(1)[0])
    params = dict(recipe.params)
    known = {param.name for param in method_class(recipe.method).info.params}
    if "release_rows" in known and not int(params.get("release_rows", 0)):
        # the more rows are released, the more they say about single people: engines that can, hold back accordingly
        params["release_rows"] = recipe.rows
    try:
        fitted = create(recipe.method, params).fit(
            plan.enforcement.encoded, seed=seed, progress=within(progress, "Learn")
        )
    except (SimileError, MemoryError):
        raise
    except Exception as error:
        raise GenerationError(
            f"The engine '{recipe.method}' could not learn this table ({type(error).__name__}). Try another method, or "
            "leave out unusual columns on the Upload page; the log says where it stopped."
        ) from error
    shutil.rmtree(out / "model", ignore_errors=True)
    fitted.save(out / "model")
    (out / "model.done").touch()
    return fitted


def _sample(
    plan: _Plan, fitted: Fitted, recipe: Recipe, out: Path, workers: int, progress: StageProgress
) -> list[_PartFacts]:
    folder = out / "parts"
    folder.mkdir(exist_ok=True)
    parts = list(_parts(recipe))
    todo = [part for part in parts if not (folder / f"{_part_name(part[0])}.json").exists()]
    done = sum(rows for _, _, rows in parts) - sum(rows for _, _, rows in todo)
    progress("Sample", done, recipe.rows, f"{done:,} of {recipe.rows:,} rows")
    for rows in _made(plan, fitted, todo, out, workers):
        done += rows
        progress("Sample", done, recipe.rows, f"{done:,} of {recipe.rows:,} rows")
    return [
        _PartFacts.model_validate_json((folder / f"{_part_name(number)}.json").read_text(encoding="utf-8"))
        for number, _, _ in parts
    ]


def _made(plan: _Plan, fitted: Fitted, todo: list[tuple[int, int, int]], out: Path, workers: int) -> Iterator[int]:
    """Make the parts and yield the rows of each as it is done."""
    if workers <= 1 or len(todo) <= 1:
        for part in todo:
            yield _make_part(plan, fitted, out / "parts", *part)
        return
    # spawn, not fork: a forked child inherits locked OpenMP and torch state
    pool = ProcessPoolExecutor(
        min(workers, len(todo)), mp_context=get_context("spawn"), initializer=_start_sampler, initargs=(plan, out)
    )
    try:
        yield from pool.map(_make_part_here, todo)
    finally:
        pool.shutdown(cancel_futures=True)


class _Sampler:
    """What a sampling process keeps between parts; set once, by its initializer."""

    plan: _Plan
    fitted: Fitted
    out: Path


def _start_sampler(plan: _Plan, out: Path) -> None:
    _Sampler.plan, _Sampler.out = plan, out
    _Sampler.fitted = method_class(plan.recipe.method).load(out / "model")


def _make_part_here(part: tuple[int, int, int]) -> int:
    return _make_part(_Sampler.plan, _Sampler.fitted, _Sampler.out / "parts", *part)


def _make_part(plan: _Plan, fitted: Fitted, folder: Path, number: int, first_row: int, rows: int) -> int:
    """Write one part of the release and the facts about it; return its rows."""
    recipe = plan.recipe
    seed = int(np.random.SeedSequence(recipe.seed, spawn_key=(2, number)).generate_state(1)[0])
    repaired: list[dict[str, int]] = []
    raw_broken: list[dict[str, int]] = []
    drawn = 0

    def engine(count: int, draw_seed: int) -> pd.DataFrame:
        return fitted.sample(count, seed=draw_seed)

    def enforced(count: int, draw_seed: int) -> pd.DataFrame:
        nonlocal drawn
        result = plan.enforcement.apply(engine, count, draw_seed)
        drawn += result.drawn
        repaired.append(result.repaired)
        raw_broken.append(result.raw_broken)
        return result.frame

    if plan.quotas is None:
        frame = enforced(rows, seed)
    else:
        frame, _ = plan.quotas.fill(enforced, first_row, rows, seed)
    frame = plan.regenerator.fill(frame, first_row=first_row, seed=recipe.seed)
    name = _part_name(number)
    building = folder / f".{name}.building"
    pq.write_table(to_arrow(frame[[c.name for c in plan.columns]], plan.columns), building)
    building.replace(folder / f"{name}.parquet")
    facts = _PartFacts(rows=rows, drawn=drawn, repaired=_added(repaired), raw_broken=_added(raw_broken))
    building.write_text(facts.model_dump_json(), encoding="utf-8")
    building.replace(folder / f"{name}.json")
    return rows


def _assemble(plan: _Plan, recipe: Recipe, out: Path) -> None:
    """Join the parts into one Parquet file, one row group each."""
    parts = (pq.read_table(out / "parts" / f"{_part_name(number)}.parquet") for number, _, _ in _parts(recipe))
    write_parts(parts, plan.columns, out / "synthetic.parquet", mark={"simile.recipe": recipe.model_dump_json()})


def _verify(plan: _Plan, recipe: Recipe, out: Path, progress: StageProgress) -> None:
    """Check the written rows once more: a hard rule that any of them breaks stops the run."""
    whole = [rule for rule in plan.rules if rule.type == "unique"]
    by_part = [rule for rule in plan.rules if rule.type != "unique"]
    broken: dict[str, int] = {rule.id: 0 for rule in plan.rules}
    file = pq.ParquetFile(out / "synthetic.parquet")
    if by_part:
        for group in range(file.num_row_groups):
            frame = from_arrow(file.read_row_group(group), plan.columns)
            for rule in by_part:
                broken[rule.id] += int(rule.violations(frame).sum())
            progress("Keep the rules", group + 1, file.num_row_groups, "Checking the written rows")
    for rule in whole:
        names = list(rule.columns_used)
        columns = tuple(c for c in plan.columns if c.name in names)
        broken[rule.id] = int(rule.violations(from_arrow(file.read(columns=names), columns)).sum())
    for rule in plan.rules:
        if broken[rule.id]:
            (out / "synthetic.parquet").unlink()
            raise GenerationError(
                f"{broken[rule.id]:,} of {recipe.rows:,} released rows break the hard rule '{rule.sentence()}', so the "
                "release was withdrawn. Make the rule soft, or change how it is kept on the Constraints page."
            )


def _start_folder(table: Table, recipe: Recipe, out: Path) -> bool:
    """Make the folder, forget what another table or recipe left in it, and say whether all is made already."""
    out.mkdir(parents=True, exist_ok=True)
    print_now = hashlib.sha256((table.fingerprint + recipe.model_dump_json()).encode()).hexdigest()
    marker = out / "made-from"
    if not marker.exists() or marker.read_text(encoding="ascii") != print_now:
        for name in ("parts", "model"):
            shutil.rmtree(out / name, ignore_errors=True)
        for name in ("model.done", "synthetic.parquet", "synthesis.json"):
            (out / name).unlink(missing_ok=True)
        marker.write_text(print_now, encoding="ascii")
    return (out / "synthesis.json").exists() and (out / "synthetic.parquet").exists()


def _parts(recipe: Recipe) -> Iterator[tuple[int, int, int]]:
    """Yield ``(number, first row, rows)`` of each part."""
    for number, first in enumerate(range(0, recipe.rows, recipe.chunk_rows)):
        yield number, first, min(recipe.chunk_rows, recipe.rows - first)


def _part_name(number: int) -> str:
    return f"part-{number:06d}"


def _added(counts: list[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for key, value in one.items():
            total[key] = total.get(key, 0) + int(value)
    return total


class _Clock:
    """Wall seconds per stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Book the time since the last lap on ``stage``."""
        now = time.perf_counter()
        self.seconds[stage] = round(now - self._last, 3)
        self._last = now
