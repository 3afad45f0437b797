"""The small parts of the report: escaped text, tables, verdict signs, charts that draw themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from synth_core.figures import amount
from synth_core.scorecard import Word
from synth_core.scores.score import Score

if TYPE_CHECKING:
    import plotly.graph_objects as go

WIDTH, HALF = 700, 342
WORDS: dict[Word, str] = {"pass": "Holds", "watch": "Watch", "fail": "Fails", "not enough data": "Not enough data"}
CLASSES: dict[Word, str] = {"pass": "pass", "watch": "watch", "fail": "fail", "not enough data": "unknown"}
_ICONS: dict[Word, str] = {
    "pass": '<path d="M4.5 8.3 7 10.8l4.6-5.2" fill="none" stroke="currentColor" stroke-width="1.8"/>',
    "watch": '<path d="M8 4.2v4.6M8 10.6v1.6" stroke="currentColor" stroke-width="1.8"/>',
    "fail": '<path d="m5.2 5.2 5.6 5.6m0-5.6-5.6 5.6" stroke="currentColor" stroke-width="1.8"/>',
    "not enough data": '<path d="M4.6 8h6.8" stroke="currentColor" stroke-width="1.8"/>',
}
CONFIG = '{"displaylogo":false,"showSendToCloud":false,"displayModeBar":false,"responsive":false}'


def text(value: object) -> str:
    """Return a value as text that HTML shows as it is."""
    return escape(str(value), quote=True)


def paragraph(sentence: str, kind: str = "") -> str:
    """Return a paragraph of plain text."""
    return f'<p class="{kind}">{text(sentence)}</p>' if kind else f"<p>{text(sentence)}</p>"


def icon(word: Word) -> str:
    """Return the sign of a verdict."""
    ring = '<circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" stroke-width="1.4"/>'
    return f'<svg viewBox="0 0 16 16" aria-hidden="true">{ring}{_ICONS[word]}</svg>'


def verdict_sign(word: Word) -> str:
    """Return word, icon and colour of a verdict together."""
    return f'<span class="verdict {CLASSES[word]}">{icon(word)}{WORDS[word]}</span>'


def table(heads: Sequence[tuple[str, bool]], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; ``heads`` are (text, numeric), ``rows`` are cells of ready HTML, the first of them a row head."""
    head = "".join(f'<th scope="col"{_numeric(n)}>{text(title)}</th>' for title, n in heads)
    body = "".join(
        "<tr>"
        + f'<th scope="row">{row[0]}</th>'
        + "".join(f"<td{_numeric(n)}>{cell}</td>" for cell, (_, n) in zip(row[1:], heads[1:], strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _numeric(numeric: bool) -> str:
    return ' class="n"' if numeric else ""


def with_unit(value: float | None, unit: str) -> str:
    """Return a figure with its unit, a dash where there is none.

    >>> with_unit(0.0972, "%"), with_unit(0.7243, "AUC"), with_unit(0.001, "%")
    ('0.1&nbsp;%', '0.724', '0&nbsp;%')
    """
    if value is None:
        return "–"
    tail = {"": "", "AUC": ""}.get(unit, f" {unit}")
    return text(f"{amount(rounded(value, unit))}{tail}").replace(" ", "&nbsp;")


def rounded(value: float, unit: str) -> float:
    """Return a figure without digits that nobody reads: two decimals for percentages, three for the rest."""
    return round(value, 2 if unit == "%" else 3) + 0.0


def interval(score: Score) -> str:
    """Return the 95 % interval of a score in words, empty where there is none."""
    if score.low is None or score.high is None:
        return ""
    return f"{amount(rounded(score.low, score.unit))} to {amount(rounded(score.high, score.unit))}"


def span(low: float | None, high: float | None) -> str:
    """Return an interval in % in words, a dash where there is none."""
    if low is None or high is None:
        return "–"
    return text(f"{amount(rounded(low, '%'))} to {amount(rounded(high, '%'))}")


class Charts:
    """Figures of one report: each call gives the HTML of a figure, ``scripts`` what draws them all."""

    def __init__(self) -> None:
        self._specs: list[str] = []

    def add(self, figure: go.Figure, alt: str, *, width: int = WIDTH) -> str:
        """Return a figure of fixed width with its finding as caption and as text for screen readers."""
        figure.update_layout(width=width, autosize=False, dragmode=False)
        name = f"chart{len(self._specs)}"
        # "<" cannot stand in a script element: a category may hold "</script>"
        self._specs.append(f'["{name}",{figure.to_json()}]'.replace("<", "\\u003c"))
        height = int(figure.layout.height or 320)
        return (
            f'<figure><div class="chart" id="{name}" role="img" aria-label="{text(alt)}" '
            f'style="height:{height}px"></div><figcaption>{text(alt)}</figcaption></figure>'
        )

    def scripts(self) -> str:
        """Return plotly.js, once, and the figures."""
        if not self._specs:
            return ""
        from plotly.offline import get_plotlyjs

        draw = f"for(const [id,f] of [{','.join(self._specs)}])Plotly.newPlot(id,f.data,f.layout,{CONFIG});"
        return f"<script>{get_plotlyjs()}</script>\n<script>{draw}</script>"
