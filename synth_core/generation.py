"""From a table and a recipe to a synthetic table on disk.

The rows come in parts (:mod:`synth_core.parts`), which are checked (:mod:`synth_core.verification`) and become one
file, or a folder of files. At no time are more than a few parts in memory.
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from synth_core.cluster import require_workers
from synth_core.constraints.base import Constraint
from synth_core.constraints.enforcement import Enforcement
from synth_core.errors import GenerationError, InputError, ProjectError, SimileError, StorageError
from synth_core.methods import create, method_class
from synth_core.methods.base import Fitted, require_columns
from synth_core.partitions import FILE, FOLDER, gather, groups, release_in, row_count
from synth_core.parts import Model, Plan, added, mark_of, parts_of, steering_facts
from synth_core.progress import StageProgress, silent_stages, within
from synth_core.recipe import Recipe
from synth_core.recommend import with_engine
from synth_core.redrawing import Redrawn, redraw, refusal
from synth_core.regenerate import Regenerator
from synth_core.sampling import sample
from synth_core.steering.facts import SteeringFacts
from synth_core.steering.given import GivenRows
from synth_core.steering.plan import prepare
from synth_core.table import Column, Table
from synth_core.verification import verified
from synth_core.what_if import Moved
from synth_core.whole_files import refusal as refused
from synth_core.whole_files import storing, write_whole
from synth_core.writing import from_arrow, write_parts

MIN_ROWS = 2


class Synthesis(BaseModel):
    """What was made and how: ``synthesis.json`` beside the rows.

    Attributes
    ----------
    method
        The engine; where the recipe says ``auto``, the one that was chosen.
    acceptance
        Kept rows / drawn rows (0..1); below 1 when rules or conditions rejected some.
    raw_broken, repaired
        Per rule id: share of drawn rows that broke it before enforcement (0..1), and rows repaired.
    rejected
        Per id of a rule that is kept by drawing again: drawn rows that broke it.
    how
        Per rule id: transform, condition, repair, reject or check_only.
    learned_from, left_out
        Real rows the engine learned from; rows of the train split left out because they break a hard rule.
    seconds, peak_mb
        Wall seconds per stage; the largest resident memory of a process so far, in MB.
    work
        Processor seconds per stage, of this process and of those that sampled here.
    steering
        How conditions, shares, counts and given rows were honoured; None where nothing was asked.
    what_if
        What was edited by hand, in sentences; no sentences for rows that are a likeness of the real ones.
    redrawn, exposed
        Rows that lay on one real person and were drawn again; rows that still do after eight attempts.
    """

    model_config = ConfigDict(frozen=True)

    version: int = 1
    method: str = ""
    rows: int
    columns: list[Column]
    rows_train: int
    rows_holdout: int
    learned_from: int
    left_out: int = 0
    acceptance: float = 1.0
    raw_broken: dict[str, float] = {}
    rejected: dict[str, int] = {}
    repaired: dict[str, int] = {}
    how: dict[str, str] = {}
    seconds: dict[str, float] = {}
    work: dict[str, float] = {}
    peak_mb: float = 0.0
    fingerprint: str = ""
    steering: SteeringFacts | None = None
    what_if: list[str] = []
    redrawn: int = 0
    exposed: int = 0

    @property
    def column_names(self) -> list[str]:
        """Names of the released columns, in order."""
        return [column.name for column in self.columns]


def generate(
    table: Table,
    recipe: Recipe,
    out: Path,
    *,
    workers: int = 1,
    partitioned: bool = False,
    given: GivenRows | None = None,
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
        Processes that sample; the bytes of the release do not depend on it, nor on the recipe's cluster.
    partitioned
        Make a folder ``out/synthetic`` with one Parquet file per part instead of ``out/synthetic.parquet``.
    given
        The rows that the recipe's steering completes.

    Raises
    ------
    InputError
        The recipe does not fit the table, or its cluster does not answer.
    InfeasibleError
        No row keeps the rules or conditions.
    """
    clock = _Clock()
    progress("Split", 0, 1)
    recipe = with_engine(table, recipe)
    if len(table) < MIN_ROWS:
        raise InputError(
            f"Table '{table.name}' has {len(table)} row; at least {MIN_ROWS} are needed to learn anything, and a few "
            "hundred for a result worth having."
        )
    if (made := _start_folder(table, recipe, out, partitioned)) is not None:
        return made
    if recipe.redraw_exposed and (why := refusal(recipe)):
        raise InputError(f"{why} Leave 'redraw_exposed' out of the recipe.")
    if recipe.cluster:
        require_workers(recipe.cluster)
    train, holdout = table.split(recipe.holdout, recipe.seed)
    released = train.select([c.name for c in train.columns if c.role.value != "drop" and (c.learned or c.regenerated)])
    plan = _plan(released, recipe, given)
    clock.lap("Split")
    fitted = _learn(plan, recipe, out, progress)
    clock.lap("Learn")
    facts = sample(Model(plan, fitted), out, workers, progress)
    mended = (
        redraw(Model(plan, fitted), released.select([c.name for c in plan.enforcement.columns]), out, progress)
        if recipe.redraw_exposed
        else Redrawn()
    )
    clock.lap("Sample")
    _publish(plan, out, partitioned, progress)
    clock.lap("Keep the rules")
    drawn, raw = sum(part.drawn for part in facts), added(part.raw_broken for part in facts)
    how = {step.id: step.how for step in plan.enforcement.plan}
    synthesis = Synthesis(
        method=recipe.method,
        rows=recipe.rows,
        columns=list(plan.columns),
        rows_train=len(train),
        rows_holdout=len(holdout),
        learned_from=len(_to_learn(plan)),
        left_out=len(train) - len(plan.enforcement.encoded),
        acceptance=recipe.rows / max(drawn, recipe.rows),
        raw_broken={k: v / max(drawn, 1) for k, v in raw.items()},
        repaired=added(part.repaired for part in facts),
        rejected={key: raw[key] for key, way in how.items() if way == "reject" and raw.get(key)},
        how=how,
        seconds=clock.seconds,
        work=clock.work,
        peak_mb=peak_mb(),
        fingerprint=table.fingerprint,
        redrawn=mended.rows,
        exposed=mended.left,
        steering=None if plan.steered is None else steering_facts(plan.steered, recipe, facts),
        what_if=[] if recipe.what_if is None else recipe.what_if.sentences({c.name: c.kind for c in plan.columns}),
    )
    write_whole(out / "synthesis.json", synthesis.model_dump_json(indent=1))
    shutil.rmtree(out / "parts")
    return synthesis


def read_synthetic(
    out: Path, synthesis: Synthesis, most: int | None = None, names: Sequence[str] | None = None
) -> Table:
    """Return the release in ``out`` as a table: all of it, or its first parts with about ``most`` rows.

    ``names``: read these columns only.
    """
    columns = tuple(column for column in synthesis.columns if names is None or column.name in names)
    kept: list[pa.Table] = []
    try:
        for group in groups(release_in(out) or out / FILE, [column.name for column in columns]):
            if kept and most is not None and sum(map(len, kept)) >= most:
                break
            kept.append(group)
        return Table(from_arrow(pa.concat_tables(kept), columns), columns, "synthetic")
    except (OSError, ValueError, KeyError):
        raise ProjectError(
            "The synthetic table cannot be read any more: its file is missing or damaged. Generate it again."
        ) from None


def peak_mb() -> float:
    """Return the largest resident memory of this process and its finished children so far, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    used = [resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit, _own_peak(unit)]
    return max(used) / 1e6


def _own_peak(unit: int) -> int:
    """Return this process's peak in bytes; the system's usage would count what its parent held when it was started."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) * 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _plan(train: Table, recipe: Recipe, given: GivenRows | None = None) -> Plan:
    create(recipe.method, recipe.params)  # a wrong setting is found before anything else is done
    learned = tuple(column.name for column in train.columns if column.learned)
    require_columns(train.select(learned))
    rules: list[Constraint] = [rule for rule in recipe.rules if set(rule.columns_used) <= set(learned)]
    for rule in recipe.rules:
        rule.check(train)
    released = [rule.fitted(train) for rule in recipe.rules]
    learnable = train.select(learned)
    info = method_class(recipe.method).info
    enforcement = Enforcement.prepare(learnable, rules, inside=info.rules_inside)
    if recipe.what_if is not None:
        enforcement = enforcement.edited(Moved(recipe.what_if, learnable.columns))
    steered = prepare(
        recipe.steering,
        learnable,
        enforcement.encoded,
        info,
        rows=recipe.rows,
        seed=_learning_seed(recipe),
        given=given,
    )
    asked = () if steered is None else steered.conditions
    return Plan(
        recipe=recipe,
        columns=train.columns,
        enforcement=enforcement,
        regenerator=Regenerator.fit(train, recipe.seed),
        steered=steered,
        rules=(*(rule for rule in released if rule.hard and rule.enforcement != "check_only"), *asked),
    )


def _learning_seed(recipe: Recipe) -> int:
    return int(np.random.SeedSequence(recipe.seed, spawn_key=(1,)).generate_state(1)[0])


def _to_learn(plan: Plan) -> Table:
    """Return the rows that the engine learns from."""
    encoded, steered = plan.enforcement.encoded, plan.steered
    return encoded if steered is None or steered.learned is None else encoded.rows(steered.learned)


def _learn(plan: Plan, recipe: Recipe, out: Path, progress: StageProgress) -> Fitted:
    """Fit the engine, from where an interrupted fit left off if it can, or load the model that was learned before."""
    if (out / "model.done").exists():
        try:
            return method_class(recipe.method).load(out / "model")
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):  # damaged on disk: learned anew, the same
            (out / "model.done").unlink()
    learned = _to_learn(plan)
    progress("Learn", 0, 1, f"{len(learned):,} rows")
    seed = _learning_seed(recipe)
    params = dict(recipe.params)
    known = {param.name for param in method_class(recipe.method).info.params}
    if "release_rows" in known and not int(params.get("release_rows", 0)):
        # the more rows are released, the more they say about single people: engines that can, hold back accordingly
        params["release_rows"] = recipe.rows
        if plan.steered is not None and plan.steered.learned is not None:  # they say it about those asked for alone
            params["release_rows"] = round(recipe.rows * len(learned) / max(plan.steered.behind, 1))
    if plan.steered is not None and plan.steered.first:
        others = [name for name in (part.strip() for part in str(params.get("first", "")).split(",")) if name]
        params["first"] = ",".join(dict.fromkeys([*plan.steered.first, *others]))
    goes_on: dict[str, Any] = {"checkpoint": out / "learning"} if method_class(recipe.method).info.resumable else {}
    try:
        fitted = create(recipe.method, params).fit(learned, seed=seed, progress=within(progress, "Learn"), **goes_on)
    except (SimileError, MemoryError):
        raise
    except OSError as error:
        raise StorageError(refused(error)) from error
    except Exception as error:
        raise GenerationError(
            f"The engine '{recipe.method}' could not learn this table ({type(error).__name__}). Try another engine, or "
            "leave out unusual columns on the Upload page; the log says where it stopped."
        ) from error
    shutil.rmtree(out / "model", ignore_errors=True)
    with storing():
        fitted.save(out / "model")
        (out / "model.done").touch()
    shutil.rmtree(out / "learning", ignore_errors=True)
    return fitted


def _publish(plan: Plan, out: Path, partitioned: bool, progress: StageProgress) -> None:
    """Check every part once more and make the release of them: one Parquet file, or a folder with a file per part."""
    recipe = plan.recipe
    files = [part.file(out / "parts") for part in parts_of(recipe)]
    progress("Keep the rules", 0, 1)
    merged = recipe.what_if.merged if recipe.what_if is not None else None
    tables = verified(files, plan.columns, plan.rules, recipe.rows, within(progress, "Keep the rules"), seen_as=merged)
    if not partitioned:
        write_parts(tables, plan.columns, out / FILE, mark=mark_of(recipe))
        return
    if plan.rules:
        deque(tables, maxlen=0)
    gather(files, out / FOLDER, recipe.rows)


def _start_folder(table: Table, recipe: Recipe, out: Path, partitioned: bool) -> Synthesis | None:
    """Make the folder, forget what another table or recipe left in it, and return what is known if all is made."""
    with storing():
        out.mkdir(parents=True, exist_ok=True)
    print_now = hashlib.sha256((table.fingerprint + recipe.model_dump_json()).encode()).hexdigest()
    marker = out / "made-from"
    if not marker.exists() or marker.read_bytes() != print_now.encode():
        for name in ("parts", "model", "learning", FOLDER):
            shutil.rmtree(out / name, ignore_errors=True)
        for name in ("model.done", FILE, "synthesis.json"):
            (out / name).unlink(missing_ok=True)
        write_whole(marker, print_now)
    try:
        made = Synthesis.model_validate_json((out / "synthesis.json").read_text(encoding="utf-8"))
        whole = row_count(out / (FOLDER if partitioned else FILE)) == recipe.rows
    except (OSError, ValueError):  # not there yet, or damaged: the rows are made again, the same
        return None
    return made if whole else None


class _Clock:
    """Seconds and work per stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.work: dict[str, float] = {}
        self._last = self._now()

    def lap(self, stage: str) -> None:
        """Book what passed since the last lap on ``stage``."""
        now = self._now()
        self.seconds[stage] = round(now[0] - self._last[0], 3)
        self.work[stage] = round(now[1] - self._last[1], 3)
        self._last = now

    def _now(self) -> tuple[float, float]:
        times = os.times()
        return times.elapsed, times.user + times.system + times.children_user + times.children_system
