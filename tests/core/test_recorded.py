"""Recorded demos: what is kept still fits the code, opens as a project, and is what the pages need."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from synth_core import project as projects
from synth_core import recorded
from synth_core.demos import DEMOS
from synth_core.errors import InputError, ProjectError
from synth_core.recorded import is_recorded, open_recorded, pack, recordings
from synth_core.scorecard import verdicts


@pytest.mark.parametrize("name", recordings())
def test_a_recording_fits_the_table_the_rules_and_the_files_of_today(name: str) -> None:
    project = open_recorded(name)
    assert DEMOS[name].title in project.label
    assert "recorded" in project.label
    assert project.guide is not None
    assert project.rules
    runs = project.runs()
    assert len(runs) > 1
    for run in runs:
        card, made = run.scorecard(), run.synthesis()
        assert is_recorded(run)
        assert not run.stale(project), "`python -m tools.record_demo` records it anew"
        assert run.status().state == "done"
        assert card is not None
        assert made is not None
        rows = pq.ParquetFile(run.parquet).metadata.num_rows
        assert rows == card.rows_synthetic == made.rows == run.recipe.rows
        assert [rule.id for rule in run.recipe.rules] == [rule.id for rule in project.rules]
        train, holdout = project.table.split(run.recipe.holdout, run.recipe.seed)
        assert (card.rows_train, card.rows_holdout) == (len(train), len(holdout))
    # the story of docs/demo.md: what is shown first may go out, what stands beside it may not
    words = [{verdict.word for verdict in verdicts(run.scorecard(), project.targets)} for run in runs]  # type: ignore[arg-type]
    assert project.latest_done().id == runs[0].id  # type: ignore[union-attr]
    assert words[0] == {"pass"}
    assert "fail" in words[1]


def test_the_hospital_demo_is_recorded() -> None:
    assert "hospital" in recordings()
    assert recorded.recording_of("hospital").stat().st_size < 600_000


def test_a_demo_without_a_recording_is_one_sentence_and_no_project() -> None:
    with pytest.raises(InputError, match=r"There is no recorded demo 'hospitl'\. There is: hospital"):
        open_recorded("hospitl")
    with pytest.raises(InputError, match="no recorded demo"):
        open_recorded("../hospital")
    assert projects.projects() == []


def test_what_is_packed_comes_back_and_the_same_files_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = open_recorded("hospital")
    runs = project.runs()[::-1]
    kept, again = (pack(project, runs, tmp_path / f"hospital.{n}.zip") for n in (1, 2))
    assert kept.read_bytes() == again.read_bytes()
    kept.rename(tmp_path / "hospital.recorded.zip")
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    other = open_recorded("hospital")
    assert other.id != project.id
    assert [run.scorecard() for run in other.runs()] == [run.scorecard() for run in project.runs()]


def test_a_recording_of_other_rules_is_refused_and_leaves_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        zipfile.ZipFile(recorded.recording_of("hospital")) as old,
        zipfile.ZipFile(tmp_path / "hospital.recorded.zip", "w") as new,
    ):
        for entry in old.namelist():
            new.writestr(entry, b'{"version": 1, "rules": []}' if entry == recorded.RULES else old.read(entry))
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    with pytest.raises(ProjectError, match="does not fit this version"):
        open_recorded("hospital")
    assert projects.projects() == []
