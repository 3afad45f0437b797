"""``python -m synth_core.testdata.work DIR``: make one order; user and password come through the standard input."""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import nullcontext, suppress
from pathlib import Path

from synth_core import quiet
from synth_core.errors import Cancelled, ProjectError, SimileError, StorageError
from synth_core.progress import Pace
from synth_core.project import open_project
from synth_core.quiet import where
from synth_core.retention import remove_when_due
from synth_core.run import LAST_WORD, Status, write_whole
from synth_core.testdata.making import FOLDER, STAGES, Secrets, make
from synth_core.testdata.orders import OrderRun
from synth_core.whole_files import refusal
from synth_core.worker import give_way, place

# what each stage weighs in the bar, in rough seconds
_LEARNED = dict(zip(STAGES, (0.3, 0.3, 4.0, 3.0, 0.5, 4.0), strict=True))
_FROM_SCHEMA = {"Prepare": 0.5, "Write": 10.0}


class Reporter:
    """Writes progress to ``status.json``, at most five times a second."""

    def __init__(self, run: OrderRun) -> None:
        self.run = run
        self.weights = _FROM_SCHEMA if run.order.schema_text else _LEARNED
        self.status = Status(state="running", started=time.time(), note="Preparing")
        self._written = 0.0
        self._began = time.monotonic()
        self._pace = Pace(0.0)

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Take progress of one stage (a :class:`~synth_core.progress.StageProgress`)."""
        inner = min(done / total if total else 0.0, 1.0)
        fresh = stage != self.status.stage
        if fresh:
            self._pace = Pace(inner)
        stages = list(self.weights)
        before = sum(self.weights[name] for name in stages[: stages.index(stage)]) if stage in stages else 0.0
        share = (before + self.weights.get(stage, 0.0) * inner) / sum(self.weights.values())
        left = self._pace.seconds_left(inner) if stage == stages[-1] else None
        self.status = self.status.model_copy(
            update={
                "stage": stage, "done": done, "total": total or 1.0,
                "note": note or ("" if fresh else self.status.note),
                "share": max(self.status.share, round(share, 4)), "seconds_left": left,
            }
        )  # fmt: skip
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
        last = {"state": state, "note": note, "error": error, "finished": time.time(), "seconds_left": None}
        if state == "done":
            last["share"] = 1.0
        last["spent"] = round(time.monotonic() - self._began, 2)
        self.status = self.status.model_copy(update=last)
        self.run.say_last(self.status)


def main(folder: str, told: str) -> int:
    """Make the order in ``folder``; return the exit code."""
    run = OrderRun(Path(folder))
    secrets = Secrets.model_validate_json(told) if told.strip() else Secrets()
    # rows from a schema alone need neither engine nor memory worth waiting for
    with place(run) if run.order.project else nullcontext():
        code = _made(run, secrets)
    if run.order.project:  # its project may have waited for this to remove its real rows
        with suppress(ProjectError, OSError):
            remove_when_due(open_project(run.order.project, run.order.owner), run)
    return code


def _made(run: OrderRun, secrets: Secrets) -> int:
    reporter = Reporter(run)
    reporter.write()
    try:
        run.make_room()
        outcome = make(run.order, run.folder / FOLDER, secrets=secrets, scratch=run.folder, progress=reporter)
        write_whole(run.folder / "outcome.json", outcome.model_dump_json(indent=1))
        reporter.finish("done", "Done")
        return 0
    except Cancelled:
        reporter.finish("cancelled", "Cancelled")
    except SimileError as error:
        reporter.finish("failed", f"Stopped at: {reporter.status.stage}", str(error))
    except MemoryError:
        reporter.finish("failed", "Stopped", "Memory ran out. Make fewer rows, or fewer columns.")
    except OSError as error:
        reporter.finish("failed", f"Stopped at: {reporter.status.stage}", refusal(error))
    except Exception as error:
        quiet.log(where(error))
        words = f"Something went wrong that Simile did not expect ({type(error).__name__}). The log says where."
        reporter.finish("failed", f"Stopped at: {reporter.status.stage}", words)
    finally:
        shutil.rmtree(run.folder / "made", ignore_errors=True)
        with suppress(OSError):
            (run.folder / LAST_WORD).unlink(missing_ok=True)
    shutil.rmtree(run.folder / FOLDER, ignore_errors=True)
    return 1


if __name__ == "__main__":
    quiet.install()
    give_way()
    sys.exit(main(sys.argv[1], sys.stdin.read()))
