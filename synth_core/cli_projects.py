"""``simile projects``, ``hand-over``, ``audit-log``, ``remove-real-rows``: for whoever runs the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synth_core.cli_output import say, write_text

ProjectId = Annotated[str, typer.Argument(metavar="PROJECT", help="Its id, as `simile projects` lists it.")]


def list_projects() -> None:
    """List the projects on this machine, whose each is, and when it was last changed."""
    from synth_core.owners import ANYONE, called
    from synth_core.project import projects

    known = projects(ANYONE)
    for one in known:
        say(f"{one.id}  {called(one.owner):<32}  {one.opened:%Y-%m-%d %H:%M}  {one.label}")
    if not known:
        say("No project yet.")


def hand_over(
    project: ProjectId,
    to: Annotated[
        str, typer.Option("--to", metavar="OWNER", help="'local', or the id in the menu of a signed-in person.")
    ],
) -> None:
    """Give a project to another owner: to someone who signs in, or back to the local user."""
    from synth_core.owners import ANYONE, called, checked_owner
    from synth_core.project import open_project

    owner = checked_owner(to)
    open_project(project, ANYONE).hand_over(owner)
    say(f"Project {project} now belongs to {called(owner)}.")


def audit_log(
    project: ProjectId,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the log to this file.")] = None,
) -> None:
    """Print the audit log of a project and check its chain; exit 1 when a line was changed, added or taken out."""
    from synth_core.audit import check
    from synth_core.owners import ANYONE
    from synth_core.project import open_project

    path = open_project(project, ANYONE).log
    found = check(path)
    for line in found.lines:
        about = "  ".join(f"{name}={value}" for name, value in line.about.items())
        say(f"{line.n:>4}  {line.when:%Y-%m-%d %H:%M:%S}Z  {line.who:<8}  {line.what}  {about}".rstrip())
    if out is not None and path.exists():
        write_text(out, path.read_text(encoding="utf-8"))
    for problem in found.problems:
        say(f"BROKEN  {problem}")
    if found.problems:
        raise typer.Exit(1)
    say(f"Whole: {len(found.lines)} lines, last hash {found.head}")


def remove_rows(project: ProjectId) -> None:
    """Remove the real rows of a project now; its releases, scores and report stay, nothing more can be made of it."""
    from synth_core.owners import ANYONE
    from synth_core.project import open_project
    from synth_core.retention import remove_real_rows

    remove_real_rows(open_project(project, ANYONE), who="local")
    say(f"The real rows of project {project} are removed.")
