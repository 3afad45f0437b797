"""What an engine will take on a table: seconds and memory, from a pilot on a few rows of it.

Light engines are tried here; engines that load torch, and those of other packages, in a process of their own, so that
whoever asks neither holds their memory nor waits for them at closing time.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from synth_core import quiet
from synth_core.codec import Codec
from synth_core.errors import SimileError
from synth_core.kept_tables import open_table, save_table
from synth_core.methods import create, method_class, setting
from synth_core.methods.base import require_columns
from synth_core.methods.deep_columns import refuse_wide
from synth_core.needs import LEVEL_EACH, needed
from synth_core.pilot import LIGHT, pilot
from synth_core.recipe import AUTO, Recipe
from synth_core.recommend import Assessment, assess, with_engine
from synth_core.sampling import usual_workers
from synth_core.steering.asks import Steering
from synth_core.table import Kind, Table

ROWS, MADE = 3_000, 2_000
LIMIT, WORK_LIMIT = 600.0, 60  # seconds by the clock, and of the processor, that a pilot elsewhere may take
_EPOCHS, _MINUTES = 3, 0.03
_CODED_ROWS = 10_000  # from which the modes of numbers are learned


@dataclass(frozen=True)
class Estimate:
    """What a recipe will take on a table, without the judgement.

    Attributes
    ----------
    seconds
        By the clock on this machine; None where it could not be found out.
    work
        Processor seconds.
    memory
        Bytes at the peak.
    at_most
        Whether it may end much earlier: a network stops when rows set apart get no better.
    problem
        Why the recipe would fail, in a sentence; "" where it would not.
    """

    seconds: float | None
    work: float
    memory: float
    at_most: bool = False
    problem: str = ""


def estimate(table: Table, recipe: Recipe) -> Estimate:
    """Return what a recipe will take on this table; never raises for a recipe that would fail: it says so."""
    try:
        recipe = with_engine(table, recipe)
        method_class(recipe.method)
        create(recipe.method, recipe.params)
        require_columns(table.select([column.name for column in table.columns if column.learned]))
        memory = needed(table, recipe, workers=usual_workers(recipe.rows)).total
        if recipe.method in LIGHT:
            found = pilot(table, recipe)
            assert found is not None
            return Estimate(found.seconds, found.work, memory)
        if recipe.method in LEVEL_EACH:  # a few rows have fewer levels than all
            learned = table.select([column.name for column in table.columns if column.learned])
            refuse_wide(recipe.method, Codec.fit(learned, seed=recipe.seed), len(learned))
        return _elsewhere(table, recipe, memory)
    except SimileError as error:
        return Estimate(None, 0.0, 0.0, problem=str(error))


def resolved(table: Table, recipe: Recipe) -> Recipe:
    """Return the recipe with an engine in the place of ``auto``: the recommended one that fits the recipe's minutes.

    Engines are tried in the order of the recommendation until one is expected to take no longer than there is time for.
    """
    if recipe.method != AUTO:
        return recipe
    return with_engine(table, recipe, in_time(table, recipe))


def in_time(table: Table, recipe: Recipe) -> list[Assessment]:
    """Return the assessment of every engine, with pilots of those that would be taken where the recipe has a budget."""
    expected: dict[str, float] = {}
    found = assess(table, recipe.use, minutes=recipe.minutes, expected=expected)
    while recipe.minutes and found[0].recommended and found[0].method not in expected:
        tried = estimate(table, recipe.model_copy(update={"method": found[0].method, "params": {}}))
        expected[found[0].method] = float("inf") if tried.seconds is None else tried.seconds
        found = assess(table, recipe.use, minutes=recipe.minutes, expected=expected)
    return found


def _elsewhere(table: Table, recipe: Recipe, memory: float) -> Estimate:
    """Return the estimate from a pilot in another process."""
    few = _few(table, recipe.seed)
    with tempfile.TemporaryDirectory(prefix="simile-estimate-") as folder:
        save_table(few, folder)
        small = recipe.model_copy(update={"constraints": [], "steering": Steering()})
        (Path(folder) / "recipe.json").write_text(small.model_dump_json(), encoding="utf-8")
        try:
            done = subprocess.run(
                [sys.executable, "-m", "synth_core.estimates", folder],
                cwd=Path(__file__).resolve().parent.parent,
                env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"},
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Estimate(None, 0.0, memory)
    if done.returncode == 2:
        return Estimate(None, 0.0, memory, problem=done.stderr.strip())
    if done.returncode:
        return Estimate(None, 0.0, memory)
    work = _scaled(table, few, recipe, json.loads(done.stdout.splitlines()[-1]))
    network = method_class(recipe.method).info.resumable
    return Estimate(work, work, memory, at_most=network)


def _scaled(table: Table, few: Table, recipe: Recipe, tried: dict[str, float]) -> float:
    """Return processor seconds of the whole recipe from those of its pilot."""
    rows, small = len(table) * (1 - recipe.holdout), len(few)
    made = tried["row"] * recipe.rows
    if recipe.method == "diffusion":
        minutes = float(setting(recipe.method, recipe.params, "minutes") or 0)
        return tried["load"] + tried["learn"] * minutes / _MINUTES + made
    if recipe.method in LEVEL_EACH:
        width = _width(table) / max(_width(few), 1)
        step = tried["step"] * (1 + width) / 2
        epochs = int(setting(recipe.method, recipe.params, "epochs") or 1)
        every = int(setting(recipe.method, recipe.params, "check_every") or 1)
        steps = _steps(recipe, rows)
        coding = tried["code"] * (min(rows, _CODED_ROWS) / min(small, _CODED_ROWS))
        return tried["load"] + coding + epochs * steps * step + epochs / every * tried["check"] + made * (1 + width) / 2
    return tried["load"] + tried["learn"] * rows / small + made


def _steps(recipe: Recipe, rows: float) -> float:
    """Return the optimiser's steps per epoch."""
    learned = rows * (1 - float(setting(recipe.method, recipe.params, "validation") or 0))
    batch = int(setting(recipe.method, recipe.params, "batch_size") or 1)
    if recipe.method == "ctgan":
        turns = int(setting(recipe.method, recipe.params, "discriminator_steps") or 1) + 1
        return max(learned // batch, 1) * turns
    return max(-(-learned // batch), 1)


def _width(table: Table) -> float:
    """Return about how wide a network with a column per category is."""
    columns = table.having(learned=True)
    return sum(table.frame[c.name].nunique() + 1 if c.kind is Kind.CATEGORY else 11 for c in columns)


def _few(table: Table, seed: int) -> Table:
    if len(table) <= ROWS:
        return table
    return table.rows(np.sort(np.random.default_rng(seed).choice(len(table), ROWS, replace=False)))


def _pilot(folder: Path) -> dict[str, float]:
    """Learn and make a few rows of the table in ``folder`` and return processor seconds of what that consists of."""
    table = open_table(folder)
    recipe = Recipe.model_validate_json((folder / "recipe.json").read_text(encoding="utf-8"))
    engine = recipe.method
    params: dict[str, Any] = dict(recipe.params)
    if engine == "diffusion":
        params["minutes"] = _MINUTES
    if engine in LEVEL_EACH:
        params |= {"epochs": _EPOCHS, "patience": 0, "check_every": 1}
    learned = table.select([column.name for column in table.columns if column.learned])
    times: list[tuple[str, float]] = []
    create(engine, params).fit(
        learned.rows(np.arange(min(300, len(learned)))), seed=0
    )  # the first call loads packages and warms up
    load = time.process_time()
    model = create(engine, params).fit(
        learned, seed=0, progress=lambda done, total, note="": times.append((note.split(",")[0], time.process_time()))
    )
    learn = time.process_time() - load
    began = time.process_time()
    model.sample(MADE, seed=0)
    found = {"load": load, "learn": learn, "row": (time.process_time() - began) / MADE}
    epochs = [(note, at) for note, at in times if note.startswith("epoch")]
    if engine in LEVEL_EACH and len(epochs) > 1:
        within = [b[1] - a[1] for a, b in pairwise(epochs) if a[0] == b[0]]
        between = [b[1] - a[1] for a, b in pairwise(epochs) if a[0] != b[0]]
        step = float(np.mean(within)) if within else 0.0
        check = max(float(np.mean(between)) - step, 0.0)
        found |= {"code": epochs[0][1] - load, "step": step or check, "check": check if step else 0.0}
    return found


def main(folder: str) -> int:
    """Print the pilot of the recipe in ``folder`` as JSON; return 2, with a sentence, where it would fail."""
    try:
        os.nice(5)
        resource.setrlimit(resource.RLIMIT_CPU, (WORK_LIMIT, WORK_LIMIT))
        sys.stdout.write(json.dumps(_pilot(Path(folder))) + "\n")
    except SimileError as error:
        sys.stderr.write(str(error))
        return 2
    return 0


if __name__ == "__main__":
    quiet.install()
    sys.exit(main(sys.argv[1]))
