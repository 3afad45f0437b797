"""``python -m synth_core.worker RUN_DIR``: do one run, measurement, experiment or iteration, and write where it stands.

The process waits for a free place on the machine, reads the run's own copy of the table, generates, judges, and leaves
its last word in ``status.json``. It learns nothing from its parent but the folder.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pydantic import TypeAdapter

from synth_core import quiet
from synth_core.errors import Cancelled, GenerationError, ProjectError, SimileError, StorageError
from synth_core.frontier import MOST_MADE, Candidate, measure, released_rows
from synth_core.generation import read_synthetic
from synth_core.jobs import remember_process, slots
from synth_core.labs.work import RESULT, lab_named
from synth_core.ledger import file_hash, rows_hash
from synth_core.methods import setting
from synth_core.needs import fitting_workers, require_memory
from synth_core.partitions import release_in
from synth_core.pipeline import follow
from synth_core.progress import Pace, within
from synth_core.project import Project, home
from synth_core.quiet import where
from synth_core.recipe import Recipe
from synth_core.retention import remove_when_due
from synth_core.run import AUDIT, AUDITED, LAST_WORD, STAGES, Run, Status, write_whole
from synth_core.sampling import usual_workers
from synth_core.shadow_audit import LOOKED, audit, with_audit
from synth_core.steering.given import GivenRows
from synth_core.table import Table
from synth_core.tried import take_final
from synth_core.tuning.last_words import noted
from synth_core.tuning.loop import tune
from synth_core.tuning.record import Asked
from synth_core.whole_files import refusal, storing, take_lock


def expected_seconds(recipe: Recipe) -> dict[str, float]:
    """Return what each stage weighs in the bar before it is measured: rough seconds on two cores."""
    grown = recipe.rows / 100_000
    learning = _most_minutes(recipe) * 60 or 4.0
    return dict(
        zip(
            STAGES,
            (0.3, 0.3, learning, 0.3 + 2 * grown, 0.2 + 0.3 * grown, 6.0 + 0.5 * grown, 0.3 + 2 * grown),
            strict=True,
        )
    )


def _most_minutes(recipe: Recipe) -> float:
    """Return how many minutes the engine may learn by its setting 'minutes'; 0 where it has none."""
    return float(setting(recipe.method, recipe.params, "minutes") or 0.0)


class Reporter:
    """Writes progress to ``status.json``, at most five times a second."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.weights = _weights(run)
        self.status = Status(state="running", started=time.time(), note="Reading the table")
        self._written = 0.0
        self._began = self._stage_began = time.monotonic()
        self._pace = Pace(0.0)

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Take progress of one stage (a :class:`~synth_core.progress.StageProgress`)."""
        fresh = stage != self.status.stage
        if fresh:
            self._close_stage()
            self._pace = Pace(done / total if total else 0.0)
        stages = list(self.weights)
        before = sum(self.weights[name] for name in stages[: stages.index(stage)]) if stage in stages else 0.0
        within = self.weights.get(stage, 0.0) * min(done / total if total else 0.0, 1.0)
        share = (before + within) / sum(self.weights.values())
        self.status = self.status.model_copy(
            update={
                "stage": stage,
                "done": done,
                "total": total or 1.0,
                "note": note or self.status.note if not fresh else note,
                "share": max(self.status.share, round(share, 4)),
                "seconds_left": self._seconds_left(stage, done, total),
            }
        )
        if fresh or time.monotonic() - self._written > 0.2:
            self.write()

    def write(self) -> None:
        """Write the status now; where there is no room for it the work goes on: what it makes will say so."""
        self._written = time.monotonic()
        self.status = self.status.model_copy(update={"spent": round(self._written - self._began, 2)})
        with suppress(StorageError):
            self.run.write_status(self.status)

    def finish(self, state: str, note: str, error: str = "") -> None:
        """Write the last word."""
        self._close_stage()
        last = {"state": state, "note": note, "error": error, "finished": time.time(), "seconds_left": None}
        if state == "done":
            last["share"] = 1.0
        last["spent"] = round(time.monotonic() - self._began, 2)
        self.status = self.status.model_copy(update=last)
        self.run.say_last(self.status)

    def _close_stage(self) -> None:
        now = time.monotonic()
        if self.status.stage:
            seconds = dict(self.status.seconds)
            seconds[self.status.stage] = round(seconds.get(self.status.stage, 0) + now - self._stage_began, 2)
            self.status = self.status.model_copy(update={"seconds": seconds})
        self._stage_began = now

    def _seconds_left(self, stage: str, done: float, total: float) -> float | None:
        """Return seconds left: this stage by its own pace, later ones by their weight at the pace so far."""
        here = self._pace.seconds_left(done / total if total else 0.0)
        stages = list(self.weights)
        if here is None or stage not in stages:
            return self.status.seconds_left
        measured = dict(self.status.seconds)
        measured[stage] = time.monotonic() - self._stage_began + here
        pace = sum(measured.values()) / max(sum(self.weights[name] for name in measured if name in self.weights), 1e-9)
        later = sum(self.weights[name] for name in stages[stages.index(stage) + 1 :]) * pace
        return round(here + later, 1)


def work(run: Run, reporter: Reporter) -> None:
    """Read, generate and judge."""
    project = Project(run.folder.parent.parent)
    reporter("Read", 0, 1, "Reading the table")
    table = project.table_of(run.table_name)
    recipe = run.recipe
    if (run.folder / "candidates.json").exists():
        _measure(run, table, recipe, project.given_rows(recipe), reporter)
        return
    if (run.folder / "lab.json").exists():
        _experiment(run, table, recipe, reporter)
        return
    if _tunes(run):
        _tune(run, project, table, recipe, reporter)
        return
    if run.is_audited:
        _audit(run, table, recipe, reporter)
        return
    workers = fitting_workers(table, recipe, usual_workers(recipe.rows), judged=True)
    require_memory(table, recipe, workers=workers, judged=True, reuse=True)
    synthesis, card = follow(
        table,
        recipe,
        run.folder,
        workers=workers,
        given=project.given_rows(recipe),
        full=run.attacks_fully,
        progress=reporter,
    )
    if (audited := run.audit()) is not None:  # the same table and recipe: what it found still holds
        card = with_audit(card, audited)
        write_whole(run.folder / "scorecard.json", card.model_dump_json())
    if run.tried is not None:
        write_whole(run.folder / "scorecard.json", noted(card, run.tried).model_dump_json())
    if synthesis.steering is not None:
        for sentence in (
            f"Steered: {synthesis.steering.way}",
            f"Effective rows: {synthesis.steering.effective_rows:,}",
        ):
            quiet.log(sentence)


MEASURING = {"Read": 0.3, "Measure": 60.0}


def _beside(run: Run) -> bool:
    return any((run.folder / name).exists() for name in ("candidates.json", "lab.json"))


def _measure(run: Run, table: Table, recipe: Recipe, given: GivenRows | None, reporter: Reporter) -> None:
    """Measure the candidates of the frontier and write ``frontier.json``."""
    candidates = TypeAdapter(list[Candidate]).validate_json((run.folder / "candidates.json").read_bytes())
    made = min(released_rows(recipe), MOST_MADE)
    inner = recipe.model_copy(update={"rows": made})
    workers = fitting_workers(table, inner, usual_workers(made), judged=False)
    with _scratch(run) as scratch:
        told = within(reporter, "Measure")
        found = measure(table, recipe, candidates, workers=workers, scratch=scratch, given=given, progress=told)
    write_whole(run.folder / "frontier.json", found.model_dump_json(indent=1))


def _experiment(run: Run, table: Table, recipe: Recipe, reporter: Reporter) -> None:
    """Do a lab's experiment and write its result."""
    job = json.loads((run.folder / "lab.json").read_bytes())
    lab = lab_named(job["lab"])
    workers = fitting_workers(table, recipe, usual_workers(recipe.rows), judged=False)
    with _scratch(run) as scratch:
        told = within(reporter, "Measure")
        found = lab(table, recipe, job["settings"], workers=workers, scratch=scratch, progress=told)
    write_whole(run.folder / RESULT, found.model_dump_json(indent=1))


@contextmanager
def _scratch(run: Run) -> Iterator[Path]:
    """Give a folder of the run's own, not of the system: what a process that is killed leaves is removed with it."""
    scratch = run.folder / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


AUDITING = {"Read": 0.3, "Audit": 60.0}


def _audit(run: Run, table: Table, recipe: Recipe, reporter: Reporter) -> None:
    """Audit a judged run, write ``shadow.json``, and join what it says to the scorecard."""
    synthesis, card = run.synthesis(), run.scorecard()
    if synthesis is None or card is None:
        raise ProjectError("This run has no judgement that an audit could join. Judge it again on the Generate page.")
    recipe = recipe.model_copy(update={"method": synthesis.method or recipe.method})
    train, _ = table.split(recipe.holdout, recipe.seed)
    release = read_synthetic(run.folder, synthesis, LOOKED)
    workers = fitting_workers(table, recipe, usual_workers(min(recipe.rows, MOST_MADE)), judged=False)
    with _scratch(run) as scratch:
        told = within(reporter, "Audit")
        found = audit(train, recipe, release=release, workers=workers, scratch=scratch, progress=told)
    write_whole(run.folder / AUDITED, found.model_dump_json(indent=1))
    write_whole(run.folder / "scorecard.json", with_audit(card, found).model_dump_json())
    (run.folder / AUDIT).unlink(missing_ok=True)


TUNING = {"Read": 0.3, "Iterate": 60.0}


def _weights(run: Run) -> dict[str, float]:
    if _tunes(run):
        return TUNING
    if _beside(run):
        return MEASURING
    return AUDITING if run.is_audited else expected_seconds(run.recipe)


def _tunes(run: Run) -> bool:
    return (run.folder / "asked.json").exists()


def _tune(run: Run, project: Project, table: Table, recipe: Recipe, reporter: Reporter) -> None:
    """Iterate to the targets; the last choice becomes a run of the project."""
    asked = Asked.model_validate_json((run.folder / "asked.json").read_bytes())
    workers = fitting_workers(table, recipe, usual_workers(recipe.rows), judged=True)
    found = tune(
        table,
        recipe,
        asked.targets,
        asked.budget,
        run.folder,
        workers=workers,
        given=project.given_rows(recipe),
        progress=within(reporter, "Iterate"),
    )
    if found.final is None:
        raise GenerationError(found.ending)
    if not found.final.run:
        take_final(project, run, table, found)


def main(folder: str) -> int:
    """Do the run in ``folder``; return the exit code."""
    run = Run(Path(folder))
    with alone(run) as first:
        if not first:
            quiet.log("Another process does this run already.")
            return 0
        try:
            return _do(run)
        finally:
            with suppress(OSError):
                (run.folder / LAST_WORD).unlink(missing_ok=True)


def _do(run: Run) -> int:
    """Do the run, which no other process does, and leave a last word; return the exit code."""
    remember_own(run)
    with place(run):
        reporter = Reporter(run)
        reporter.write()
        try:
            run.make_room()
            work(run, reporter)
            last = _ended(run)
        except Cancelled:
            reporter.finish("cancelled", "Cancelled")
            return 1
        except SimileError as error:
            _log_traceback(error)
            _stopped(run, reporter, str(error))
            return 1
        except MemoryError:
            _stopped(run, reporter, _MEMORY)
            return 1
        except OSError as error:
            _log_traceback(error)
            _stopped(run, reporter, refusal(error))
            return 1
        except Exception as error:
            _log_traceback(error)
            words = (
                f"Something went wrong that Simile did not expect ({type(error).__name__}) at the stage "
                f"'{reporter.status.stage}'. Nothing you had is lost; the log below says where."
            )
            _stopped(run, reporter, words)
            return 1
        reporter.finish("done", last)
    return 0


def _ended(run: Run) -> str:
    """Log what was made, remove the real rows where the project asks for it, and return the run's last word."""
    project = Project(run.folder.parent.parent)
    card, made = run.folder / "scorecard.json", release_in(run.folder)
    if made is not None and card.exists():
        about = {"run": run.id, "release_sha256": rows_hash(made), "scorecard_sha256": file_hash(card)}
        project.note("judged", about)
    try:
        return "Done; the real rows were removed" if remove_when_due(project, run) else "Done"
    except (ProjectError, OSError) as error:
        return f"Done. {error}"


def _stopped(run: Run, reporter: Reporter, words: str) -> None:
    """Write why it stopped; a run that was only to be audited stays what it was, done and judged."""
    if run.is_audited and run.is_judged:
        with suppress(StorageError):
            write_whole(run.folder / AUDIT, words)
        reporter.finish("done", "The shadow audit stopped")
    else:
        reporter.finish("failed", f"Stopped at: {reporter.status.stage}", words)


@contextmanager
def alone(run: Run) -> Iterator[bool]:
    """Say whether no other process does this run; two in one folder would undo each other's work."""
    with storing(), open(run.folder / "lock", "a", encoding="ascii") as file:
        yield take_lock(file)


def give_way() -> None:
    """Let the system end this process before the studio where memory runs out."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


_MEMORY = (
    "Memory ran out. Make fewer rows, leave out columns with very many categories, or choose a lighter engine; "
    "'trees' and 'independent' need the least."
)


def remember_own(run: Run) -> None:
    """Write down this process as the one that does the run, unless its starter did."""
    if not run.alive():
        remember_process(run, os.getpid())


@contextmanager
def place(run: Run) -> Iterator[None]:
    """Wait for one of the machine's places; a lock of the system, so that a killed process frees it."""
    folder = home() / "places"
    with storing():
        folder.mkdir(exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        with storing():
            files = [
                stack.enter_context(open(folder / f"{number}.lock", "a", encoding="ascii")) for number in range(slots())
            ]
        while not any(take_lock(file) for file in files):
            time.sleep(0.3)
        yield


def _log_traceback(error: BaseException) -> None:
    """Log where it happened, without the message: messages of libraries may hold cell values."""
    quiet.log(where(error))


if __name__ == "__main__":
    quiet.install()
    give_way()
    try:
        sys.exit(main(sys.argv[1]))
    except (IndexError, SimileError) as failure:
        quiet.log(str(failure))
        sys.exit(2)
