"""Colours, signs and the Plotly template of every picture, on light and on dark ground."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import plotly.graph_objects as go

Mode = Literal["light", "dark"]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
CLEAR = "rgba(0,0,0,0)"
DASH = {"real": "solid", "synthetic": "dash", "holdout": "dot"}
LABEL_LENGTH = 24
TOP = 15


@dataclass(frozen=True)
class Palette:
    """The colours of one ground; every one of them reaches 3:1 against it, text 4.5:1.

    Real and synthetic stay apart for red-green and blue blindness, and always have a second sign: solid and filled,
    against dashed and hatched; the holdout is dotted.
    """

    ground: str
    text: str
    muted: str
    grid: str
    real: str
    synthetic: str
    holdout: str
    accent: str
    good: str
    watch: str
    stop: str
    extra: tuple[str, ...]
    diverging: tuple[tuple[float, str], ...]
    one_hue: tuple[tuple[float, str], ...]

    def series(self, name: str) -> str:
        """Return the colour of "real", "synthetic" or "holdout"."""
        return {"real": self.real, "synthetic": self.synthetic, "holdout": self.holdout}[name]


PALETTES: dict[Mode, Palette] = {
    "light": Palette(
        ground="#ffffff",
        text="#24292f",
        muted="#5F6368",
        grid="#E6E8EB",
        real="#0072B2",
        synthetic="#D55E00",
        holdout="#5F6368",
        accent="#0B5CAD",
        good="#1B7F5C",
        watch="#B45309",
        stop="#9E303B",
        extra=("#00805C", "#A8487F", "#6A51A3", "#8A5A00"),
        diverging=((0.0, "#0072B2"), (0.25, "#84BEDD"), (0.5, "#ffffff"), (0.75, "#F0A878"), (1.0, "#D55E00")),
        one_hue=((0.0, "#ffffff"), (0.05, "#E3DDF0"), (0.2, "#AC9DD0"), (1.0, "#4A2F91")),
    ),
    "dark": Palette(
        ground="#171614",
        text="#E8EAED",
        muted="#BDC1C6",
        grid="#34322F",
        real="#56B4E9",
        synthetic="#F28E2B",
        holdout="#BDC1C6",
        accent="#6CB4EE",
        good="#5FC49A",
        watch="#F0A94B",
        stop="#F08C99",
        extra=("#2CB67D", "#E3A0C4", "#8AB4F8", "#E6C04A"),
        diverging=((0.0, "#56B4E9"), (0.25, "#315F79"), (0.5, "#1F1E1C"), (0.75, "#7F5125"), (1.0, "#F28E2B")),
        one_hue=((0.0, "#1F1E1C"), (0.05, "#3D3457"), (0.2, "#7463B4"), (1.0, "#C9B8FF")),
    ),
}


def template(mode: Mode = "light") -> go.layout.Template:
    """Return the Plotly template: clear ground, thin grid, system font, legend on top, no title."""
    import plotly.graph_objects as go

    palette = PALETTES[mode]
    axis = {
        "gridcolor": palette.grid,
        "gridwidth": 1,
        "zerolinecolor": palette.grid,
        "zerolinewidth": 1,
        "linecolor": palette.grid,
        "ticks": "",
        "automargin": True,
        "title": {"font": {"size": 12, "color": palette.muted}, "standoff": 8},
        "tickfont": {"size": 12, "color": palette.muted},
    }
    layout = {
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"family": FONT, "size": 13, "color": palette.text},
        "colorway": [palette.real, palette.synthetic, palette.holdout, *palette.extra],
        "separators": ".,",
        "xaxis": axis,
        "yaxis": axis,
        "margin": {"l": 8, "r": 12, "t": 36, "b": 8},
        "bargap": 0.28,
        "bargroupgap": 0.06,
        "hoverlabel": {
            "bgcolor": palette.ground,
            "bordercolor": palette.muted,
            "font": {"family": FONT, "size": 13, "color": palette.text},
            "align": "left",
            "namelength": -1,
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "yref": "container",  # tied to the plot it would fall onto it when the window narrows
            "y": 1.0,
            "yanchor": "top",
            "bgcolor": CLEAR,
            "font": {"size": 12},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "colorscale": {"diverging": palette.diverging, "sequential": palette.one_hue},
        "annotationdefaults": {"font": {"size": 12, "color": palette.muted}, "showarrow": False},
    }
    return go.layout.Template(layout=layout)


def new_figure(mode: Mode, revision: str, *, height: int = 320, **layout: Any) -> go.Figure:
    """Return an empty figure in the template; ``revision`` keeps zoom and selection while the data are the same."""
    import plotly.graph_objects as go

    return go.Figure(layout={"template": template(mode), "uirevision": revision, "height": height, **layout})


def nothing(mode: Mode, sentence: str) -> go.Figure:
    """Return a figure that says in one sentence why there is nothing to draw."""
    figure = new_figure(mode, sentence, height=140)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    figure.add_annotation(text=safe(sentence), x=0.5, y=0.5, xref="paper", yref="paper", font={"size": 13})
    return figure


def filled(palette: Palette, name: str = "real", opacity: float = 1.0) -> dict[str, Any]:
    """Return the marker of a solid bar."""
    return {"color": palette.series(name), "opacity": opacity, "line": {"width": 0}}


def hatched(palette: Palette, colour: str | None = None, shape: str = "/") -> dict[str, Any]:
    """Return the marker of an outlined, hatched bar (the sign of synthetic rows)."""
    colour = colour or palette.synthetic
    pattern = {"shape": shape, "fgcolor": colour, "bgcolor": CLEAR, "size": 6, "solidity": 0.3, "fillmode": "replace"}
    return {"color": colour, "pattern": pattern, "line": {"color": colour, "width": 1.5}}


def line(palette: Palette, name: str, width: float = 2.0) -> dict[str, Any]:
    """Return the line of "real" (solid), "synthetic" (dashed) or "holdout" (dotted, thin)."""
    return {
        "color": palette.series(name),
        "dash": DASH[name],
        "width": min(width, 1.5) if name == "holdout" else width,
    }


def faint(colour: str, opacity: float = 0.2) -> str:
    """Return a colour (``"#rrggbb"``) that lets the ground through.

    >>> faint("#0072B2", 0.5)
    'rgba(0,114,178,0.5)'
    """
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def safe(text: object) -> str:
    """Return a text that Plotly shows as it is, tags and all."""
    return html.escape(str(text), quote=False)


def short(text: object, length: int = LABEL_LENGTH) -> str:
    """Return a label of at most ``length`` characters, cut with an ellipsis, safe to draw.

    >>> short("a very long label", 8)
    'a very …'
    """
    plain = str(text).replace("\n", " ")
    return safe(plain if len(plain) <= length else plain[: length - 1] + "…")


def amount(value: float | None) -> str:
    """Return a number to three significant digits, whole thousands with separators; a dash where there is none.

    >>> amount(0.012345), amount(1234567.8), amount(45.67), amount(-3.0), amount(None)
    ('0.0123', '1,234,568', '45.7', '-3', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size >= 1e12 or 0 < size < 1e-4:
        return f"{value:.2e}"
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def share(part: float | None) -> str:
    """Return a share (0..1) as a percentage that never rounds something down to nothing.

    >>> share(0.1234), share(0.0412), share(0.00001), share(1.0)
    ('12 %', '4.1 %', '<0.1 %', '100 %')
    """
    if part is None or not math.isfinite(part):
        return "–"
    value = 100 * part
    if 0 < value < 0.1:
        return "<0.1 %"
    return f"{value:.1f} %" if value < 10 and value != round(value) else f"{value:.0f} %"


def day(seconds: float) -> str:
    """Return a moment (seconds since 1970) as a date, with the time when it is not midnight.

    >>> day(0), day(3600)
    ('1970-01-01', '1970-01-01 01:00')
    """
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return amount(seconds)
    return moment.strftime("%Y-%m-%d" if seconds % 86400 == 0 else "%Y-%m-%d %H:%M")


def value_text(value: float, dates: bool) -> str:
    """Return a number, or a date from seconds since 1970."""
    return day(value) if dates else amount(value)


def number_axis(low: float, high: float) -> dict[str, Any]:
    """Return axis settings: separators between thousands, plain years, k and M for the very large."""
    if low > 1000 and high < 2500 and high - low < 300:
        return {"tickformat": "~g"}
    return {"tickformat": "~s" if max(abs(low), abs(high)) >= 1e7 else ",~g"}
