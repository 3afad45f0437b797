"""Time left comes from what was really done."""

import pytest

from synth_core import progress
from synth_core.progress import Pace


def test_a_stage_tells_the_time_left_by_its_own_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    pace = Pace(0.0)
    assert pace.seconds_left(0.5) is None, "too early to tell"
    now[0] = 110.0
    assert pace.seconds_left(0.25) == pytest.approx(30)
    assert pace.seconds_left(0.01) is None


def test_what_an_earlier_run_had_done_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    pace = Pace(0.8)
    now[0] = 10.0
    assert pace.seconds_left(0.9) == pytest.approx(10)
