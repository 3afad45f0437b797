"""Lengths of time in words."""

from __future__ import annotations

from datetime import UTC, datetime

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86400.0, 604800.0
YEAR = 365.2425 * DAY
MONTH, QUARTER = YEAR / 12, YEAR / 4

_UNITS = (
    ("year", YEAR), ("quarter", QUARTER), ("month", MONTH), ("week", WEEK), ("day", DAY), ("hour", HOUR),
    ("minute", MINUTE), ("second", 1.0),
)  # fmt: skip
CYCLES = {"yearly": YEAR, "monthly": MONTH, "weekly": WEEK, "daily": DAY, "hourly": HOUR}
OVERTONES = {"half-yearly": YEAR / 2, "quarterly": QUARTER, "half-daily": DAY / 2}


def duration(seconds: float) -> str:
    """Return a length of time in its natural unit.

    >>> duration(600), duration(86400), duration(14 * 86400), duration(90), duration(0.25)
    ('10 minutes', '1 day', '2 weeks', '1.5 minutes', '0.25 seconds')
    """
    for name, size in _UNITS:
        count = seconds / size
        if name == "quarter" or count < 1 - 1e-9:
            continue
        whole = abs(count - round(count)) < 1e-3 * count
        if name in ("year", "month", "week") and count < 2 and not whole:
            continue
        if not whole and count < 2 and name in ("day", "hour") and abs(2 * count - round(2 * count)) > 0.02:
            continue
        shown = f"{round(count):,}" if whole or count >= 10 else f"{count:.1f}".removesuffix(".0")
        return f"{shown} {name}" if shown == "1" else f"{shown} {name}s"
    return f"{seconds:.3g} seconds"


def every(seconds: float) -> str:
    """Return a step in words.

    >>> every(600), every(86400), every(3600), every(604800), every(7200)
    ('every 10 minutes', 'daily', 'hourly', 'weekly', 'every 2 hours')
    """
    plain = {1.0: "every second", MINUTE: "every minute", HOUR: "hourly", DAY: "daily", WEEK: "weekly"}
    return plain.get(seconds) or f"every {duration(seconds)}"


def cycle(seconds: float, resolution: float = 0.0) -> str | None:
    """Return the calendar's name of a cycle, when it lies within ``resolution`` (a share of its length) of one.

    >>> cycle(86400.0), cycle(86000.0, 0.01), cycle(100000.0, 0.01)
    ('daily', 'daily', None)
    """
    name, length = min((CYCLES | OVERTONES).items(), key=lambda item: abs(item[1] / seconds - 1))
    return name if abs(length / seconds - 1) <= max(resolution, 1e-6) else None


def moment(seconds: float, fine: bool = False) -> str:
    """Return a moment as a date, with the time of day when ``fine``.

    >>> moment(0.0), moment(3600.0, True)
    ('1970-01-01', '1970-01-01 01:00')
    """
    try:
        found = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{seconds:,.0f} s"
    return found.strftime("%Y-%m-%d %H:%M" if fine else "%Y-%m-%d")
