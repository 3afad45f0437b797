"""Parts by processes: cancelled at once, made again when a process is killed."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from synth_core import sampling
from synth_core.errors import Cancelled, GenerationError
from synth_core.generation import generate
from synth_core.parts import parts_of
from synth_core.recipe import Recipe
from synth_core.table import Table
from tests.conftest import make_people


def recipe(**changed: object) -> Recipe:
    return Recipe(**{"method": "independent", "rows": 40_000, "seed": 5, "chunk_rows": 500, **changed})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the rows of an undisturbed run in one process."""
    folder = tmp_path_factory.mktemp("whole")
    generate(make_people(), recipe(), folder)
    return (folder / "synthetic.parquet").read_bytes()


class Stop:
    """Progress that cancels as soon as a part is there, and remembers when."""

    at = 0.0

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        if stage == "Sample" and done >= 500:
            self.at = time.monotonic()
            raise Cancelled("stop")


def test_cancelling_while_processes_sample_ends_them(people: Table, tmp_path: Path) -> None:
    stop = Stop()
    with pytest.raises(Cancelled):
        generate(people, recipe(rows=40_000_000, chunk_rows=400_000), tmp_path, workers=2, progress=_first_tick(stop))
    assert time.monotonic() - stop.at < 10
    while multiprocessing.active_children() and time.monotonic() < stop.at + 30:  # the pool's thread collects them
        time.sleep(0.05)
    assert not multiprocessing.active_children()


def _first_tick(stop: Stop) -> Stop:
    """Cancel at the second tick: the processes have begun with parts that take long, and none is done."""

    class Early(Stop):
        ticks = 0

        def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
            self.ticks += stage == "Sample"
            if self.ticks > 20:
                stop.at = time.monotonic()
                raise Cancelled("stop")

    return Early()


def test_parts_that_were_done_when_it_was_cancelled_are_kept_to_the_same_bytes(
    people: Table, tmp_path: Path, whole: bytes
) -> None:
    with pytest.raises(Cancelled):
        generate(people, recipe(), tmp_path / "cut", workers=2, progress=Stop())
    assert any(part.whole(tmp_path / "cut/parts") for part in parts_of(recipe()))
    assert not list((tmp_path / "cut/parts").glob("part-*.building"))
    generate(people, recipe(), tmp_path / "cut")
    assert (tmp_path / "cut/synthetic.parquet").read_bytes() == whole


def test_a_killed_process_loses_no_part(people: Table, tmp_path: Path, whole: bytes) -> None:
    killed = []

    def kill_one(stage: str, done: float, total: float, note: str = "") -> None:
        if stage == "Sample" and 500 <= done < total and not killed:
            process = multiprocessing.active_children()[0]
            killed.append(process.pid)
            process.kill()

    generate(people, recipe(), tmp_path / "killed", workers=2, progress=kill_one)
    assert killed
    assert (tmp_path / "killed/synthetic.parquet").read_bytes() == whole


def test_processes_that_die_again_and_again_end_in_a_sentence(
    people: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise sampling.BrokenProcessPool
        yield

    monkeypatch.setattr(sampling, "_pool", broken)
    with pytest.raises(GenerationError, match="most likely because memory ran out"):
        generate(people, recipe(rows=1000), tmp_path, workers=2)
