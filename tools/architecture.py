"""Draw the architecture from the imports as they are: ``python -m tools.architecture`` writes the pictures in assets/.

Bands are runs of the layers that ``tests/test_layering.py`` holds, in their order; an arc is drawn from each band to
every band that it imports from, thicker where more modules do (in steps, so that the picture does not change with every
import). All arcs point up, or nothing is drawn.
"""

from __future__ import annotations

import ast
import textwrap
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.test_layering import LAYERS, dotted, imports, level, modules

ROOT = Path(__file__).resolve().parents[1]
PICTURES = {"light": ROOT / "assets" / "architecture.svg", "dark": ROOT / "assets" / "architecture-dark.svg"}

# title, what it does, the module whose layer begins the band
BANDS = (
    ("Ground", "tables, words, dates, errors", "errors"),
    ("Kinds", "what a column is, what is personal", "values"),
    ("Files and databases", "read and written", "decoding"),
    ("Profile", "what is odd, how it hangs together", "profile"),
    ("Constraints", "rules: kinds, found, kept", "constraints.values"),
    ("Codec", "columns to numbers and back", "codec_columns"),
    ("Engines", "what learns and draws", "methods"),
    ("Recipe and steering", "what is asked of a release", "steering.asks"),
    ("Generation", "split, learn, sample, keep the rules", "scores.statistics"),
    ("Scores", "four dimensions, each with its floor", "scores"),
    ("Judging and tuning", "verdicts, labs, monitoring", "monitoring"),
    ("Figures, report, release", "what is shown and taken home", "figures"),
    ("Projects and jobs", "folders, processes, test data", "run"),
    ("Command line", "simile", "cli_options"),
)
PAGES = (("Page parts", "widgets, state, charts as shown"), ("Pages", "read state, call the core, draw"))

WIDTH, LEFT, NAMES, RIGHT = 1180, 24, 250, 800
LINE, PAD, GAP = 16, 12, 8
DOT = "\N{NO-BREAK SPACE}·"
STEPS = (1, 4, 8, 16, 32, 64)  # modules, for arcs that are thicker
COLOURS = {
    "light": {"ground": "#FFFFFF", "band": "#F3F6F9", "edge": "#D5DCE4", "title": "#1B2733", "text": "#4A5866"},
    "dark": {"ground": "#0E1117", "band": "#1A212B", "edge": "#333D4A", "title": "#E8EDF2", "text": "#A7B3C0"},
}
ARC = {"light": "#0072B2", "dark": "#56B4E9"}


class Band(NamedTuple):
    """One band of the picture: its modules as shown, and how many of them import from each other band."""

    title: str
    task: str
    members: tuple[str, ...]
    arrows: Counter[int]


def bands() -> list[Band]:
    """Read every import of the core and the pages, and return the bands from the ground up.

    Raises
    ------
    ValueError
        An import points down.
    """
    starts = [next(n for n, names in enumerate(LAYERS) if first in names) for _, _, first in BANDS]

    def place(name: str) -> int | None:
        layer = level(name)
        return None if layer is None else sum(start <= layer for start in starts) - 1

    members: list[list[str]] = [[] for _ in (*BANDS, *PAGES)]
    arrows: list[Counter[int]] = [Counter() for _ in members]
    files = [(dotted(path), path, place(dotted(path))) for path in modules()]
    files += [(path.stem, path, len(BANDS)) for path in sorted((ROOT / "pages" / "ui").glob("*.py"))]
    files += [(path.stem, path, len(BANDS) + 1) for path in sorted((ROOT / "pages").glob("*.py"))]
    for name, path, mine in files:
        if mine is None:
            raise ValueError(f"{name} has no layer: add it to LAYERS in tests/test_layering.py")
        members[mine].append(name)
        theirs: set[int | None] = set()
        for target in imports(ast.parse(path.read_text(encoding="utf-8"))):
            if target.startswith("synth_core."):
                theirs.add(place(target.removeprefix("synth_core.")))
            elif target.startswith("pages.ui"):
                theirs.add(len(BANDS))
        for there in theirs:
            if there is None or there == mine:
                continue
            if there > mine:
                raise ValueError(f"{name} imports from '{(*BANDS, *PAGES)[there][0]}', which lies after it")
            arrows[mine][there] += 1
    heads = [*((title, task) for title, task, _ in BANDS), *PAGES]
    members[len(BANDS)] = ["a module for each panel, form and table that a page shows"]
    return [
        Band(title, task, shown(names), found)
        for (title, task), names, found in zip(heads, members, arrows, strict=True)
    ]


def shown(names: list[str]) -> tuple[str, ...]:
    """Return module names as the picture says them: a package once.

    >>> shown(["codec", "regenerate", "regenerate.forms", "__init__"])
    ('codec', 'regenerate/')
    """
    packages = {name.split(".")[0] for name in names if "." in name}
    lone = set(names) - packages - {"__init__"}
    return tuple(sorted({name for name in lone if "." not in name} | {f"{package}/" for package in packages}))


def draw(found: list[Band], scheme: str) -> str:
    """Return the picture as SVG, in ``"light"`` or ``"dark"``."""
    colours, arc = COLOURS[scheme], ARC[scheme]
    texts = [textwrap.wrap(" ".join(f"{name}{DOT}" for name in band.members).removesuffix(DOT), 72) for band in found]
    heights = [2 * PAD + max(2, len(lines)) * LINE for lines in texts]
    tops = [GAP + sum(heights[:n]) + n * GAP for n in range(len(found))]
    middles = [top + height / 2 for top, height in zip(tops, heights, strict=True)]
    tall = round(tops[-1] + heights[-1] + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall}" width="{WIDTH}" height="{tall}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="12.5" role="img">',
        "<title>Bands of modules from the ground up; arcs are imports, all of them upwards</title>",
        f'<rect width="{WIDTH}" height="{tall}" fill="{colours["ground"]}"/>',
    ]
    for band, lines, top, height in zip(found, texts, tops, heights, strict=True):
        parts.append(
            f'<rect x="{LEFT}" y="{top}" width="{RIGHT - LEFT}" height="{height}" rx="8" '
            f'fill="{colours["band"]}" stroke="{colours["edge"]}"/>'
        )
        first = top + height / 2 - LINE / 2 + 4
        parts.append(
            f'<text x="{LEFT + 14}" y="{first:g}" fill="{colours["title"]}" font-size="14" font-weight="bold">'
            f"{band.title}</text>"
        )
        parts.append(f'<text x="{LEFT + 14}" y="{first + LINE:g}" fill="{colours["text"]}">{band.task}</text>')
        first = top + (height - len(lines) * LINE) / 2 + 12
        parts += [
            f'<text x="{NAMES + 60}" y="{first + n * LINE:g}" fill="{colours["text"]}">{line}</text>'
            for n, line in enumerate(lines)
        ]
    parts += arcs(found, middles, arc)
    return "\n".join([*parts, "</svg>", ""])


def arcs(found: list[Band], middles: list[float], colour: str) -> list[str]:
    """Return the arcs: they leave a band below its middle and come to one above it; few modules, a thin pale line."""
    lines = []
    for mine, band in enumerate(found):
        for theirs, number in sorted(band.arrows.items()):
            start, end = middles[mine] - 5, middles[theirs] + 5
            reach = RIGHT + 30 + (WIDTH - RIGHT - 60) * ((mine - theirs) / (len(found) - 1)) ** 0.6 * 1.3
            step = sum(number >= least for least in STEPS)
            wide, strong = 0.4 + 0.8 * step, 0.14 + 0.1 * step
            lines.append(
                f'<path d="M{RIGHT} {start:.1f}C{reach:.1f} {start:.1f} {reach:.1f} {end:.1f} {RIGHT + 7} {end:.1f}" '
                f'fill="none" stroke="{colour}" stroke-width="{wide:.1f}" stroke-opacity="{strong:.2f}"/>'
            )
    for middle, used in zip(middles, range(len(found)), strict=True):
        if any(band.arrows[used] for band in found):
            y = middle + 5
            lines.append(f'<path d="M{RIGHT + 1} {y:.1f}l9 -4v8z" fill="{colour}"/>')
    return lines


def main() -> None:
    """Write both pictures."""
    found = bands()
    for scheme, path in PICTURES.items():
        path.write_text(draw(found, scheme), encoding="utf-8")


if __name__ == "__main__":
    main()
