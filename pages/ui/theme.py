"""Colours, words and icons of the app; no Streamlit calls. Chart colours are in ``synth_core.figures``."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

BadgeColour = Literal["green", "orange", "red", "gray", "blue"]


class Sign(NamedTuple):
    """How a state is shown: always a word, an icon and a colour together."""

    word: str
    icon: str
    colour: BadgeColour


VERDICTS: dict[str, Sign] = {
    "pass": Sign("Holds", ":material/check_circle:", "green"),
    "watch": Sign("Watch", ":material/visibility:", "orange"),
    "fail": Sign("Fails", ":material/cancel:", "red"),
    "not enough data": Sign("Not enough data", ":material/help:", "gray"),
}

RUN_STATES: dict[str, Sign] = {
    "queued": Sign("Queued", ":material/hourglass_empty:", "gray"),
    "running": Sign("Running", ":material/play_circle:", "blue"),
    "done": Sign("Done", ":material/check_circle:", "green"),
    "failed": Sign("Failed", ":material/error:", "red"),
    "cancelled": Sign("Cancelled", ":material/cancel:", "gray"),
    "lost": Sign("Stopped", ":material/link_off:", "orange"),
    "draft": Sign("Draft", ":material/edit_note:", "gray"),
}

# Streamlit writes chosen tabs, buttons and slider values in the accent, which in the dark is the ground of white words
# and too dark for words itself, and shortcuts at six tenths. Without this they stay as they were: about 3.6:1.
# Grey words in the label of a button say what it is about (parts.spoken): they are heard, not seen.
READABLE = """<style>
button kbd { opacity: 1 !important; color: inherit !important; }
:is(.stButton, .stMenuButton, .stDownloadButton) button .stMarkdownColoredText {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%%);
}
[class*=_emblem] [role=img] { font-size: 1.5rem; }
:is(a, main, [kind=elementToolbar]):focus-visible { outline: 2px solid #0B5CAD !important; outline-offset: -2px; }
%s
</style>"""
READABLE_DARK = """:is(a, main, [kind=elementToolbar]):focus-visible { outline-color: #6CB4EE !important; }
[role=tab][aria-selected=true] p, button[data-selected=true] *,
[data-testid=stSliderThumbValue] p { color: #6CB4EE; }"""
PLOT_CONFIG = {"displaylogo": False, "showSendToCloud": False, "displayModeBar": False}
FONT = "'Source Sans', sans-serif"  # as the rest of the app; Streamlit serves it itself
ROW = 35  # px, a row of a Streamlit table
TEXT_WIDTH = 680  # px, about 72 characters


def table_height(rows: int, most: int) -> int:
    """Return the height in pixels of a table that shows this many rows, at most ``most``."""
    return min(ROW * (rows + 1) + 3, most)


def count(number: float) -> str:
    """Return a whole number with separators.

    >>> count(12000)
    '12,000'
    """
    return f"{number:,.0f}"


def figure(number: float | None) -> str:
    """Return a number to three significant digits, with separators; a dash where there is none.

    >>> figure(0.123456), figure(123456.0), figure(12.0), figure(None)
    ('0.123', '123,456', '12', '–')
    """
    if number is None or number != number:
        return "–"
    size = abs(number)
    if size >= 1000:
        return f"{number:,.0f}"
    if size and size < 0.001:
        return f"{number:.2e}"
    text = f"{number:.{max(0, 2 - (len(str(int(size))) - 1 if size >= 1 else 0))}f}" if size >= 1 else f"{number:.3g}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(part: float) -> str:
    """Return a share (0..1) as a percentage that never rounds something down to nothing.

    >>> share(0.0031), share(0.0), share(0.00001), share(0.5)
    ('0.3 %', '0 %', 'under 0.1 %', '50 %')
    """
    if part == 0:
        return "0 %"
    if part < 0.001:
        return "under 0.1 %"
    if 0.999 < part < 1:
        return "over 99.9 %"
    return f"{part * 100:.1f} %" if part < 0.1 else f"{part * 100:.0f} %"


def percent(value: float) -> str:
    """Return a percentage (0..100) for the narrow cell of a table, never rounded down to nothing.

    >>> percent(0.0), percent(0.004), percent(5.66), percent(99.99)
    ('0 %', '<0.1 %', '5.7 %', '>99.9 %')
    """
    return share(value / 100).replace("under ", "<").replace("over ", ">")


def duration(seconds: float | None) -> str:
    """Return a time in words that a person would use.

    >>> duration(8), duration(75), duration(5400)
    ('8 s', '1 min 15 s', '1 h 30 min')
    """
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def breakable(text: str) -> str:
    """Return a text with Markdown's signs taken literally that may break after underscores, hyphens and dots.

    >>> breakable("a_b")
    'a\\\\_\\u200bb'
    """
    parts = re.split(r"(?<=[_.-])", text)
    return "\u200b".join(plain(part) for part in parts)


def plain(text: str) -> str:
    """Return a text with Markdown's signs taken literally; addresses are no links.

    >>> plain("a_b"), plain("www.x.org")
    ('a\\\\_b', 'www\\\\.x.org')
    """
    told = "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+!|>~:$<" else letter for letter in text)
    return re.sub(r"(?i)\b(www)\.", r"\1\\.", told)
