"""``simile monitor``: the finding in words, exit codes, and bad input in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import make_people
from tests.core.test_cli import simile


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """The old table, a fresh extract, and one that drifted."""
    paths = tuple(tmp_path / name for name in ("old.csv", "fresh.csv", "drifted.csv"))
    frames = [make_people(500, seed).frame for seed in (1, 2, 3)]
    frames[2]["age"] += 20
    for path, frame in zip(paths, frames, strict=True):
        frame.to_csv(path, index=False)
    return paths


def test_it_says_what_moved_and_exits_with_1(
    files: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(
        json.dumps([{"type": "scalar_range", "id": "r", "column": "age", "low_value": 0, "high_value": 85}])
    )
    code, out, _ = simile(capsys, "monitor", files[0], files[2], "--constraints", rules, "--json", tmp_path / "d.json")
    assert code == 1
    assert "DRIFT" in out
    assert "age" in out
    assert "age is between 0 and 85: broken by 0.00% of rows before" in " ".join(out.split())
    assert json.loads((tmp_path / "d.json").read_text())["columns"][0]["name"] == "age"


def test_a_fresh_extract_exits_with_0(files: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = simile(capsys, "monitor", files[0], files[1])
    assert code == 0
    assert "STEADY" in out


def test_another_table_is_bad_input(
    tmp_path: Path, files: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.csv"
    other.write_text("x,y\n" + "1,2\n" * 60)
    code, _, err = simile(capsys, "monitor", files[0], other)
    assert code == 2
    assert "none of the" in err
