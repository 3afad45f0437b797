"""Damaged files, a full disk, a folder that may not be written: the pages say so in a sentence, and go on."""

from __future__ import annotations

import errno
import os
import shutil
from collections import namedtuple
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import streamlit as st

from pages.ui.recent import ago
from synth_core import project as projects
from synth_core import whole_files, worker
from synth_core.errors import ProjectError
from synth_core.project import Project
from synth_core.reading import read_bytes
from synth_core.recipe import Recipe, Use
from synth_core.run import Run
from tests.pages.conftest import open_page, table_text, words

Spoil = Callable[[Path], object]
WAYS: dict[str, Spoil] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "binary": lambda path: path.write_bytes(bytes(range(256)) * 8),
    "of another type": lambda path: path.write_text('{"version": "x", "state": 7, "label": []}'),
    "a list": lambda path: path.write_text("[1, 2]"),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A home with a project and a judged run, to be copied: its folder, and the ids of both."""
    folder = tmp_path_factory.mktemp("damaged") / "home"
    data = table_text().encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMILE_HOME", str(folder))
        project = projects.create("Visits", read_bytes(data, "visits.csv"), source=data, filename="visits.csv")
        project.set_rules([])
        project.set_draft(Recipe(method="independent", rows=200))
        run = project.new_run(Recipe(method="independent", rows=200))
        worker.main(str(run.folder))
        assert run.status().state == "done", run.status().error
    return folder, project.id, run.id


@pytest.fixture(autouse=True)
def nothing_is_remembered() -> None:
    """Pages keep tables by their fingerprint, and would not look at the file again."""
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def judged(made: tuple[Path, str, str], own_home: Path) -> tuple[Project, Run]:
    """The project and its run, in a home of this test's own."""
    shutil.copytree(made[0], own_home)
    project = projects.open_project(made[1])
    return project, project.run(made[2])


@pytest.mark.parametrize("way", list(WAYS))
def test_a_damaged_project_is_named_on_start_and_the_others_stay(way: str, project: Project, own_home: Path) -> None:
    data = table_text(60).encode()
    broken = projects.create("Broken", read_bytes(data, "b.csv"), source=data, filename="b.csv")
    WAYS[way](broken.folder / "project.json")
    text = words(open_page("start"))
    assert "Visits" in text
    assert "project.json is missing or damaged" in text
    assert broken.id in text
    assert "Broken" not in text
    with pytest.raises(ProjectError, match="This project cannot be opened"):
        projects.open_project(broken.id)


# file of the project or of its run, pages that read it, and what one of them says ("": it does without)
DAMAGED = {
    "draft.json": (["method", "generate"], "draft.json is damaged"),
    "rules.json": (["constraints", "generate"], "rules.json is damaged"),
    "raw.parquet": (["profiling"], ""),
    "tables/*/table.parquet": (["upload", "profiling"], "Upload the file again to go on."),
    "tables/*/columns.json": (["upload"], "Upload the file again to go on."),
    "runs/*/status.json": (["generate"], "The status of this run cannot be read."),
    "runs/*/recipe.json": (["generate", "report"], "The recipe of this run is damaged"),
    "runs/*/facts.json": (["generate"], ""),
    "runs/*/scorecard.json": (["compare", "privacy", "report"], "The scorecard of this run is damaged."),
    "runs/*/synthesis.json": (["generate"], "(synthesis.json) is damaged"),
    "runs/*/synthetic.parquet": (["generate"], "The synthetic table of this run is damaged."),
}


@pytest.mark.parametrize("name", list(DAMAGED))
def test_a_damaged_file_is_said_where_it_is_needed_and_start_is_as_before(
    name: str, judged: tuple[Project, Run]
) -> None:
    project, _ = judged
    WAYS["cut short"](next(iter(project.folder.glob(name))))
    pages, sentence = DAMAGED[name]
    for page in pages:
        assert sentence in words(open_page(page, project)).replace("\\", "")
    assert "Visits" in words(open_page("start"))


def test_a_home_that_is_a_file_is_said_instead_of_a_page(own_home: Path) -> None:
    own_home.write_text("no folder")
    text = words(open_page("start")).replace("\\", "")
    assert "cannot be made: it is a file. Set SIMILE_HOME to one that can." in text
    assert "Bring your table" not in text


def test_a_full_disk_is_said_before_and_when_a_field_fails_for_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 10**9, 3_000_000))
    at = open_page("method", project)
    assert "nearly full: 3 MB are left" in words(at)

    def full(*paths: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(whole_files.os, "replace", full)
    at.segmented_control(key="method.use").set_value(Use.TRAIN).run()
    assert not at.exception
    assert "nothing is done unlogged. The disk is full." in words(at)  # the audit log is written first
    assert projects.open_project(project.id).use == "share"


def test_a_folder_that_may_not_be_written_is_said(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda folder, mode: False)
    assert "may not be written: you can look at projects" in words(open_page("upload", project))


def test_a_moment_that_lies_ahead_was_just_now() -> None:
    assert ago(datetime.now(UTC) + timedelta(hours=2)) == "just now"
