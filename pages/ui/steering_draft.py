"""What the next run asks of its rows, changed step by step: every change can be undone."""

from __future__ import annotations

from pages.ui import state
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.steering.asks import Steering

PROBLEM = "method.steer_problem"
_EARLIER = "method.steer_earlier"
_MOST = 50


def keep(project: Project, steering: Steering, *, rows: int | None = None) -> None:
    """Keep a steering, and the rows that it comes to, for the next run."""
    draft = project.draft
    state.put(_EARLIER, [*earlier(project)[-_MOST:], (project.id, draft.steering.model_dump_json(), draft.rows)])
    _put(project, steering, draft.rows if rows is None else rows)


def earlier(project: Project) -> list[tuple[str, str, int]]:
    """Return the project's earlier steerings of this session, the last one at the end."""
    return [one for one in state.get(_EARLIER, []) if one[0] == project.id]


def undo(project: Project) -> None:
    """Go back one step."""
    steps = earlier(project)
    if steps:
        _, steering, rows = steps[-1]
        state.put(_EARLIER, steps[:-1])
        _put(project, Steering.model_validate_json(steering), rows)
        state.drop("method.steer_column_0", "method.steer_column_1")


def reset(project: Project) -> None:
    """Ask nothing of the rows."""
    keep(project, Steering())
    state.drop("method.steer_column_0", "method.steer_column_1")


def _put(project: Project, steering: Steering, rows: int) -> None:
    state.drop(PROBLEM, "method.rows")
    try:
        project.set_draft(project.draft.model_copy(update={"steering": steering, "rows": rows}))
    except SimileError as error:
        state.put(PROBLEM, str(error))
