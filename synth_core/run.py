"""A run is a folder: the recipe it follows, where it stands, and what it made.

::

    runs/<id>/  recipe.json  facts.json  status.json  log.txt  pid  cancel (while it is being ended)
                lock (held by the process that does it)  last-word (room for the last status on a full disk)
                full (while and after the slow attacks were asked for)
                audit (while a shadow audit is at work; why it failed)  shadow.json (what it found)
                remedy.json (which run it mends, and by what)
                model/  parts/  synthetic.parquet  synthesis.json  scorecard.json
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from synth_core.errors import ProjectError, StorageError
from synth_core.recipe import Recipe
from synth_core.scorecard import Scorecard
from synth_core.scores.score import Score
from synth_core.whole_files import write_whole as write_whole

if TYPE_CHECKING:
    import pandas as pd

    from synth_core.frontier import Frontier
    from synth_core.generation import Synthesis
    from synth_core.project import Project
    from synth_core.remedies import Mended
    from synth_core.scores.results import ShadowAudit
    from synth_core.tuning.record import Tuning

State = Literal["queued", "running", "done", "failed", "cancelled", "lost"]
LAST_WORD = "last-word"
TRY = "try"  # in the folder of a run: which try of an iteration it shows
FULL = "full"
AUDIT = "audit"
AUDITED = "shadow.json"
SO_FAR = "so_far.json"  # scores of a run that is being judged
_SCORES = TypeAdapter(list[Score])
BESIDE = ("candidates.json", "lab.json")  # what only measurements and experiments have
STAGES = ("Read", "Split", "Learn", "Sample", "Keep the rules", "Compare", "Attack")


class Status(BaseModel):
    """Where a run stands. ``done`` of ``total`` counts within ``stage``; ``share`` (0..1) over the whole run.

    ``started`` and ``finished`` are seconds since 1970 and follow the clock when it is set; ``spent``, seconds of work
    until this was written, does not.
    """

    state: State = "queued"
    stage: str = ""
    done: float = 0.0
    total: float = 1.0
    share: float = Field(default=0.0, ge=0, le=1)
    note: str = ""
    started: float | None = None
    finished: float | None = None
    spent: float | None = Field(default=None, ge=0)
    seconds_left: float | None = Field(default=None, ge=0)
    error: str = ""
    seconds: dict[str, float] = {}

    @property
    def active(self) -> bool:
        """Whether it is waiting or working."""
        return self.state in ("queued", "running")

    @property
    def elapsed(self) -> float:
        """Seconds since it started working; never less than were spent, whatever the clock was set to."""
        if self.started is None:
            return 0.0
        if self.finished is not None and self.spent is not None:
            return self.spent
        return max(self.spent or 0.0, (self.finished or time.time()) - self.started)


class _RunFacts(BaseModel):
    """``place``: which of its siblings it is, from 1; 0 in folders of earlier versions, which come first."""

    table: str
    input_print: str
    created: AwareDatetime
    place: int = 0
    cluster: str = ""


class Run:
    """One run of one project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name

    @classmethod
    def lay_out(cls, folder: Path, recipe: Recipe, *, table: str, input_print: str) -> Run:
        """Write the files that a new run starts from and return it."""
        before = [Run(other)._facts.place for other in folder.parent.iterdir() if other.name != folder.name]
        facts = _RunFacts(
            table=table, input_print=input_print, created=datetime.now(UTC), cluster=recipe.cluster,
            place=max(before, default=0) + 1,
        )  # fmt: skip
        write_whole(folder / "facts.json", facts.model_dump_json())
        write_whole(folder / "status.json", Status(note="Waiting to start").model_dump_json())
        write_whole(folder / "recipe.json", recipe.model_dump_json(indent=1))
        return cls(folder)

    @property
    def _facts(self) -> _RunFacts:
        try:
            return _RunFacts.model_validate_json((self.folder / "facts.json").read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            return _RunFacts(table="", input_print="", created=datetime.fromtimestamp(0, UTC))

    @property
    def started_at(self) -> datetime:
        """When it was asked for (UTC)."""
        return self._facts.created

    @property
    def turn(self) -> tuple[int, datetime]:
        """Sorts runs of a project by when they were asked for, also where the clock was set back between them."""
        facts = self._facts
        return facts.place, facts.created

    @property
    def input_print(self) -> str:
        """The table and the rules that it was asked for with, in a word."""
        return self._facts.input_print

    @property
    def table_name(self) -> str:
        """The project's table that it learns from (folder under ``tables/``)."""
        return self._facts.table

    @property
    def recipe(self) -> Recipe:
        """The recipe that it follows, with the cluster that it asked for, which recipe.json does not hold."""
        try:
            recipe = Recipe.model_validate_json((self.folder / "recipe.json").read_text(encoding="utf-8"))
            return recipe.model_copy(update={"cluster": self._facts.cluster})
        except (OSError, ValidationError, UnicodeDecodeError):
            raise ProjectError("The recipe of this run is damaged; start a new run.") from None

    def status(self) -> Status:
        """Return where it stands; "lost" when its process is gone without a last word."""
        status = self._written()
        if not status.active or self.alive():
            return status
        # the process is gone: it was ended on purpose, has left its last word meanwhile, or is lost; in this order,
        # because ``jobs.cancel`` writes the last word before it takes its mark away
        if (self.folder / "cancel").exists():
            return status.model_copy(update={"state": "cancelled", "note": "Cancelled", "seconds_left": None})
        status = self._written()
        young = abs(time.time() - self._modified()) < 5 and not (self.folder / "pid").exists()
        if not status.active or young:
            return status
        lost = {
            "state": "lost",
            "finished": self._modified(),
            "seconds_left": None,
            "error": "The process that did this ended without a last word (the machine was restarted, or memory "
            f"ran out). {self.way_on}",
        }
        return status.model_copy(update=lost)

    @property
    def way_on(self) -> str:
        """What to do where its process ended without a last word."""
        if any((self.folder / name).exists() for name in BESIDE):
            return "Start it again."
        return "Resume it: what is finished is kept."

    def _written(self) -> Status:
        try:
            return Status.model_validate_json((self.folder / "status.json").read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            return Status(state="lost", error="The status of this run cannot be read. Start it again.")

    def write_status(self, status: Status) -> None:
        """Replace status.json as a whole."""
        write_whole(self.folder / "status.json", status.model_dump_json())

    def make_room(self) -> None:
        """Put room by for the last status, which must be written on a full disk too."""
        write_whole(self.folder / LAST_WORD, " " * 32_768)

    def say_last(self, status: Status) -> None:
        """Write the last status; on a full disk in the room that was put by, and where that fails too, not at all."""
        with suppress(StorageError):
            self.write_status(status)
            return
        with suppress(OSError):
            (self.folder / LAST_WORD).unlink(missing_ok=True)
            self.write_status(status)

    def alive(self) -> bool:
        """Whether the process that does this run exists."""
        import psutil

        try:
            number, born, *_ = (self.folder / "pid").read_text(encoding="ascii").split()
            return birth(int(number)) == born and psutil.Process(int(number)).status() != psutil.STATUS_ZOMBIE
        except (OSError, ValueError, psutil.Error):
            return False

    @property
    def parquet(self) -> Path:
        """Where the synthetic table is, or will be."""
        return self.folder / "synthetic.parquet"

    @property
    def is_judged(self) -> bool:
        """Whether there is a scorecard."""
        return (self.folder / "scorecard.json").exists()

    @property
    def attacks_fully(self) -> bool:
        """Whether the attacks that take minutes are part of its judgement, or will be."""
        return (self.folder / FULL).exists()

    @property
    def is_audited(self) -> bool:
        """Whether a shadow audit of it is at work, or did not come to its end."""
        return (self.folder / AUDIT).exists()

    @property
    def audit_problem(self) -> str:
        """Why the last shadow audit stopped; "" where it did not, or did not say."""
        try:
            return (self.folder / AUDIT).read_text(encoding="utf-8")
        except OSError:
            return ""

    @property
    def tried(self) -> int | None:
        """The try of an iteration that it shows, judged on rows that also chose between tries; None for other runs."""
        try:
            return int((self.folder / TRY).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def scorecard(self) -> Scorecard | None:
        """Return the judgement, or None when there is none yet."""
        path = self.folder / "scorecard.json"
        if not path.exists():
            return None
        try:
            return Scorecard.model_validate_json(path.read_text(encoding="utf-8"))
        except (ValidationError, UnicodeDecodeError):
            raise ProjectError("The scorecard of this run is damaged. Judge it again on the Generate page.") from None

    def audit(self) -> ShadowAudit | None:
        """Return what the last shadow audit found; None where none came to its end."""
        from synth_core.scores.results import ShadowAudit

        try:
            return ShadowAudit.model_validate_json((self.folder / AUDITED).read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            return None

    def mended(self) -> Mended | None:
        """Return which run this one mends and by what; None where it was not made by a remedy."""
        from synth_core.remedies import Mended

        try:
            return Mended.model_validate_json((self.folder / "remedy.json").read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            return None

    def frontier(self) -> Frontier | None:
        """Return what a measurement found, or None when there is nothing yet."""
        from synth_core.frontier import Frontier

        path = self.folder / "frontier.json"
        try:
            return Frontier.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None
        except (ValidationError, UnicodeDecodeError):
            raise ProjectError("The file of this measurement is damaged. Measure again on the Method page.") from None

    def tuning(self) -> Tuning | None:
        """Return how far an iteration to the targets is, or None when nothing was tried yet."""
        from synth_core.tuning.record import Tuning

        path = self.folder / "tuning.json"
        try:
            return Tuning.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None
        except (ValidationError, UnicodeDecodeError):
            raise ProjectError("The file of this iteration is damaged. Iterate again.") from None

    def synthesis(self) -> Synthesis | None:
        """Return what was made and how, or None when there is none yet."""
        from synth_core.generation import Synthesis

        path = self.folder / "synthesis.json"
        try:
            return Synthesis.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None
        except (ValidationError, UnicodeDecodeError):
            raise ProjectError(
                "What this run wrote down about its table (synthesis.json) is damaged. Generate again."
            ) from None

    def preview(self, rows: int = 50) -> pd.DataFrame | None:
        """Return the first synthetic rows as they will be released, also while the run goes on; None before."""
        import pyarrow.parquet as pq

        parts = sorted((self.folder / "parts").glob("part-*.parquet"))
        path = self.parquet if self.parquet.exists() else (parts[0] if parts else None)
        if path is None:
            return None
        try:
            batch = next(pq.ParquetFile(path).iter_batches(batch_size=rows), None)
            return None if batch is None else batch.to_pandas()
        except FileNotFoundError:  # a part became part of the release meanwhile
            return None
        except (OSError, ValueError):
            raise ProjectError("The synthetic table of this run is damaged. Generate again.") from None

    def scores_so_far(self) -> list[Score]:
        """Return the scores of a run that is being judged, a dimension at a time; none before and afterwards."""
        try:
            return _SCORES.validate_json((self.folder / SO_FAR).read_bytes())
        except (OSError, ValueError):  # ValidationError is one
            return []

    def losses(self) -> list[dict[str, float]]:
        """Return what the engine's network lost per epoch so far, also while it learns; empty where it has none."""
        for folder in ("learning", "model"):
            try:
                found = json.loads((self.folder / folder / "losses.json").read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(found, list) and all(isinstance(one, dict) for one in found):
                return found
        return []

    def stale(self, project: Project) -> bool:
        """Whether the table or the rules changed since this run was started."""
        return self._facts.input_print != project.input_print

    def log(self) -> str:
        """Return the log (counts and column names, never cell values)."""
        path = self.folder / "log.txt"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _modified(self) -> float:
        try:
            return (self.folder / "status.json").stat().st_mtime
        except OSError:
            return 0.0


def write_scores(path: Path, scores: list[Score]) -> None:
    """Write scores where :meth:`Run.scores_so_far` finds them."""
    write_whole(path, _SCORES.dump_json(scores).decode())


def birth(number: int) -> str:
    """Return when a process was born, in a word that setting the clock does not change; "" where there is none."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text(encoding='ascii').strip()}:{fields[19]}"
    except (OSError, IndexError):
        pass
    import psutil

    try:  # a system without /proc: by the clock
        return str(round(psutil.Process(number).create_time()))
    except psutil.Error:
        return ""
