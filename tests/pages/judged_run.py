"""What the tests of the pages that judge are given: a project of people, and runs in every state, made by hand."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from streamlit.testing.v1 import AppTest

from synth_core import project as projects
from synth_core.generation import Synthesis
from synth_core.project import Project
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.recipe import Recipe
from synth_core.run import Run, Status
from synth_core.scorecard import Scorecard
from synth_core.table import Role
from tests.conftest import make_people
from tests.core.scorecard_example import scorecard

SHELL = str(Path(__file__).parents[2] / "pages" / "shell.py")


def make_project(rows: int = 400) -> Project:
    """Return a project of people, with churn as the target."""
    data = make_people(rows).frame.to_csv(index=False).encode()
    made = projects.create("People", read_bytes(data, "people.csv"), source=data, filename="people.csv")
    made.set_choices({"churn": ColumnChoice(role=Role.TARGET)})
    made.set_draft(Recipe(rows=300, method="independent"))
    return made


def make_run(project: Project, card: Scorecard | None = None, *, rows: int = 300) -> Run:
    """Return a finished run with rows and a scorecard (``None``: an example that is good in most respects)."""
    run = project.new_run(project.draft)
    table = project.table
    columns = [column for column in table.columns if column.learned]
    frame = table.frame[[column.name for column in columns]].head(rows)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), run.parquet)
    made = Synthesis(
        rows=rows,
        columns=columns,
        rows_train=int(len(table) * 0.8),
        rows_holdout=int(len(table) * 0.2),
        learned_from=int(len(table) * 0.8),
        acceptance=0.91,
    )
    (run.folder / "synthesis.json").write_text(made.model_dump_json(), encoding="utf-8")
    (run.folder / "scorecard.json").write_text((card or scorecard(table="People")).model_dump_json(), encoding="utf-8")
    run.write_status(Status(state="done", started=1000.0, finished=1012.0, share=1.0))
    return run


def with_score(card: Scorecard, part: str, name: str, **fields: object) -> Scorecard:
    """Return the scorecard with one score changed."""
    old = getattr(card, part)
    scores = [score.model_copy(update=fields) if score.name == name else score for score in old.scores]
    return card.model_copy(update={part: old.model_copy(update={"scores": scores})})


def put_at_work(run: Run, **fields: object) -> None:
    """Make a run look as if a process were at work on it: this one."""
    from synth_core.jobs import remember_process

    (run.folder / "scorecard.json").unlink(missing_ok=True)
    import os

    remember_process(run, os.getpid())
    run.write_status(Status.model_validate({"state": "running", "stage": "Learn", "started": time.time()} | fields))


def open_page(page: str, project: Project | None, **state: object) -> AppTest:
    """Return the app with this page open; no page may end in an exception."""
    at = AppTest.from_file(SHELL, default_timeout=30)
    if project is not None:
        at.query_params["project"] = project.id
    for key, value in state.items():
        at.session_state[key] = value
    at.run()
    assert not at.exception, at.exception
    at.switch_page(f"{page}.py").run()
    assert not at.exception, at.exception
    return at


def text_of(at: AppTest) -> str:
    """Return all that the page says in words."""
    found = [*at.title, *at.markdown, *at.caption, *at.info, *at.warning, *at.error, *at.success, *at.header]
    return "\n".join([one.value for one in found] + [f"{one.label}: {one.value}" for one in at.metric])
