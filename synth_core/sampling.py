"""Parts made: in this process, by processes of this machine, or by a cluster."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path

from synth_core.cluster import by_cluster
from synth_core.errors import GenerationError
from synth_core.methods import method_class
from synth_core.parts import Model, Part, PartFacts, Plan, generate_part, parts_of
from synth_core.progress import StageProgress

TICK = 0.25  # seconds between two looks at whether the work was cancelled
ATTEMPTS = 3
MANY_ROWS = 200_000


def usual_workers(rows: int) -> int:
    """Return how many processes sample when nobody says: one per core where the release is large."""
    return max(1, os.cpu_count() or 1) if rows >= MANY_ROWS else 1


def sample(model: Model, out: Path, workers: int, progress: StageProgress) -> list[PartFacts]:
    """Make every part of the release that is not in ``out/parts`` yet and return the facts about all of them.

    ``progress`` is called after every part and a few times a second meanwhile; when it raises, the processes end at
    once and the parts that are whole stay.
    """
    recipe, folder = model.plan.recipe, out / "parts"
    folder.mkdir(exist_ok=True)
    parts = parts_of(recipe)
    todo = [part for part in parts if not part.whole(folder)]
    done = recipe.rows - sum(part.rows for part in todo)

    def tell() -> None:
        progress("Sample", done, recipe.rows, f"{done:,} of {recipe.rows:,} rows")

    def tick(done: float, total: float, note: str = "") -> None:
        tell()

    tell()
    if not todo or not (recipe.cluster or (workers > 1 and len(todo) > 1)):
        for part in todo:
            generate_part(model, folder, part, tick)
            done += part.rows
            tell()
    else:
        elsewhere = by_cluster(model, todo, out) if recipe.cluster else _by_processes(model.plan, todo, out, workers)
        with closing(elsewhere) as made:  # whoever stops half-way ends the processes now, not some time later
            for one in made:
                done += one.rows if one is not None else 0
                tell()
    return [part.facts(folder) for part in parts]


def _by_processes(plan: Plan, todo: Sequence[Part], out: Path, workers: int) -> Generator[Part | None, None, None]:
    """Yield each part once it is written, and None while there is none.

    A process that is killed from outside takes the pool with it; another one makes what is missing.
    """
    left = list(todo)
    for _ in range(ATTEMPTS):
        try:
            with closing(_pool(plan.without_rows(), list(left), out, workers)) as made:
                for part in made:
                    if part is not None:
                        left.remove(part)
                    yield part
            return
        except BrokenProcessPool:
            whole = [part for part in left if part.whole(out / "parts")]
            yield from whole
            left = [part for part in left if part not in whole]
    raise GenerationError(
        f"Sampling processes were ended from outside {ATTEMPTS} times, most likely because memory ran out. Use fewer "
        "workers or smaller parts; the parts that are finished are kept."
    )


def _pool(plan: Plan, todo: list[Part], out: Path, workers: int) -> Generator[Part | None, None, None]:
    before = set(multiprocessing.active_children())
    # spawn, not fork: a forked child inherits locked OpenMP and torch state
    pool = ProcessPoolExecutor(
        min(workers, len(todo)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_sampler,
        initargs=(plan, out, os.getpid()),
    )
    waiting: dict[Future[None], Part] = {}
    try:
        while todo or waiting:
            while todo and len(waiting) < 3 * workers:
                part = todo.pop(0)
                waiting[pool.submit(_generate_here, part)] = part
            finished, _ = wait(waiting, timeout=TICK, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                yield waiting.pop(future)
            if not finished:
                yield None
        pool.shutdown()
    finally:
        if waiting:  # cancelled or failed: a part that is half made leaves nothing behind
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - before:
                process.kill()


class _Sampler:
    """What a sampling process keeps between parts; set once, by its initializer."""

    model: Model
    folder: Path


def _start_sampler(plan: Plan, out: Path, parent: int) -> None:
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _Sampler.model = Model(plan, method_class(plan.recipe.method).load(out / "model"))
    _Sampler.folder = out / "parts"


def _end_with(parent: int) -> None:
    """End this process once its parent is gone: a worker that was killed cannot tell it to."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _generate_here(part: Part) -> None:
    generate_part(_Sampler.model, _Sampler.folder, part)
