"""Numbers and names in sentences."""

from __future__ import annotations

from collections.abc import Sequence


def percent(share: float) -> str:
    """Return a share in words, never rounded to nothing or to everything.

    >>> percent(0.123), percent(0.0004), percent(0.9999)
    ('12 %', '0.04 %', '99.99 %')
    """
    value = 100 * share
    if value <= 0 or value >= 100:
        return f"{value:.0f} %"
    if value < 1:
        return f"{float(f'{value:.1g}'):g} %"
    return f"{value:.0f} %" if value < 99.5 else f"{min(value, 99.99):.2f}".rstrip("0").rstrip(".") + " %"


def number(value: float) -> str:
    """Return a number with three significant digits, and commas between thousands.

    >>> number(0.123456), number(1234567), number(99999)
    ('0.123', '1,234,567', '99,999')
    """
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.3g}"


def counted(count: int, noun: str, many: str | None = None) -> str:
    """Return a count and its noun, in the plural where due.

    >>> counted(1, "row"), counted(1200, "row"), counted(2, "class", "classes")
    ('1 row', '1,200 rows', '2 classes')
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def listed(names: Sequence[str]) -> str:
    """Return names in quotes, with 'and' before the last."""
    quoted = [f"'{name}'" for name in names[:6]]
    if len(names) > 6:
        return ", ".join(quoted) + f" and {len(names) - 6} more"
    return ", ".join(quoted[:-1]) + " and " + quoted[-1] if len(quoted) > 1 else "".join(quoted)
