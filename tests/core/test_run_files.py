"""Files of a run that are damaged or not there: one sentence with the way out, or nothing to show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth_core.errors import ProjectError
from synth_core.run import AUDITED, SO_FAR, TRY, Run, Status


@pytest.fixture
def run(tmp_path: Path) -> Run:
    folder = tmp_path / "projects" / "p" / "runs" / "r"
    folder.mkdir(parents=True)
    return Run(folder)


DAMAGED = {
    "scorecard.json": (Run.scorecard, "Judge it again on the Generate page."),
    "frontier.json": (Run.frontier, "Measure again on the Method page."),
    "tuning.json": (Run.tuning, "Iterate again."),
    "synthesis.json": (Run.synthesis, "Generate again."),
    "synthetic.parquet": (Run.preview, "Generate again."),
}


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("spoilt", [b"{", b"\xff\xfe{}", b'{"a": 1}', b"null"])
def test_a_damaged_file_is_a_sentence_with_the_way_out_and_a_missing_one_is_nothing(
    run: Run, name: str, spoilt: bytes
) -> None:
    read, way_out = DAMAGED[name]
    assert read(run) is None
    (run.folder / name).write_bytes(spoilt)
    with pytest.raises(ProjectError) as error:
        read(run)
    assert "is damaged" in str(error.value)
    assert str(error.value).endswith(way_out)


def test_what_only_decorates_is_left_out_where_it_cannot_be_read(run: Run) -> None:
    for spoilt in (None, b"{", b"[1, 2]", b'"words"'):
        for name in ("remedy.json", TRY, "losses.json", SO_FAR, AUDITED):
            path = run.folder / ("learning" if name == "losses.json" else ".") / name
            path.parent.mkdir(exist_ok=True)
            if spoilt is not None:
                path.write_bytes(spoilt)
        assert run.mended() is None
        assert run.tried is None
        assert run.losses() == []
        assert run.scores_so_far() == []
        assert run.audit() is None
    assert run.log() == ""


def test_losses_are_those_of_the_network_that_learns_or_of_the_one_that_is_kept(run: Run) -> None:
    for folder, value in (("model", 1.0), ("learning", 2.0)):
        (run.folder / folder).mkdir()
        (run.folder / folder / "losses.json").write_text(json.dumps([{"loss": value}]))
    assert run.losses() == [{"loss": 2.0}]
    (run.folder / "learning" / "losses.json").unlink()
    assert run.losses() == [{"loss": 1.0}]


def test_time_never_runs_backwards() -> None:
    assert Status().elapsed == 0
    assert Status(started=100.0, finished=160.0).elapsed == 60
    assert Status(started=100.0, finished=40.0).elapsed == 0
    assert Status(started=100.0, finished=40.0, spent=12.5).elapsed == 12.5
    assert Status(started=1e12, spent=3.0).elapsed == 3, "a clock that was set back while it works"
