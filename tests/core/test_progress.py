"""Time left comes from what was really done."""

import io

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


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("terminal", [True, False])
def test_the_bar_is_one_live_line_on_a_terminal_and_one_line_per_stage_elsewhere(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth_core import cli_output

    now, shown = [100.0], Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(cli_output.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(cli_output.sys, "stderr", shown)
    bar = cli_output.Bar()
    bar("Learn", 0, 4, "tree 1")
    now[0] += 30
    bar("Learn", 1, 4, "tree 2")
    now[0] += 0.05
    bar("Learn", 2, 4, "too soon to be drawn")
    now[0] += 180
    bar("Sample", 0, 0)
    bar.close()
    bar.close()
    if not terminal:
        assert shown.getvalue() == "Learn: 210.1 s\nSample: 0.0 s\n"
        return
    lines = [line for line in shown.getvalue().split("\r\x1b[K") if line]
    assert lines[0] == "Learn    0%  tree 1"
    assert lines[1] == "Learn   25%  tree 2, about 2 min left"
    assert not any("too soon" in line for line in lines)


def test_time_left_is_said_in_seconds_then_in_minutes() -> None:
    from synth_core.cli_output import _in_words

    assert [_in_words(left) for left in (None, 1.9, 2, 89, 90)] == [
        "", "", ", about 2 s left", ", about 89 s left", ", about 2 min left",
    ]  # fmt: skip
