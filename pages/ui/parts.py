"""The pieces that every page is made of: head, states, tiles, charts, and the way on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NoReturn

import streamlit as st

from pages.ui import state
from pages.ui.theme import FONT, PLOT_CONFIG, TEXT_WIDTH, VERDICTS, Sign, plain
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.run import Run
from synth_core.whole_files import refusal

ASSETS = Path(__file__).parents[2] / "assets"
PAGES: dict[str, tuple[str, str]] = {
    "start": ("Start", ":material/home:"),
    "upload": ("Upload", ":material/table_view:"),
    "profiling": ("Profile", ":material/query_stats:"),
    "constraints": ("Constraints", ":material/rule:"),
    "method": ("Method", ":material/tune:"),
    "generate": ("Generate", ":material/play_arrow:"),
    "compare": ("Compare", ":material/compare:"),
    "privacy": ("Privacy", ":material/shield_lock:"),
    "report": ("Report", ":material/description:"),
    "test_data": ("Test data", ":material/science:"),
    "fairness": ("Fairness lab", ":material/balance:"),
    "monitor": ("Monitor", ":material/monitoring:"),
    "what_if": ("What-if", ":material/lightbulb:"),
    "value": ("Value", ":material/payments:"),
    "augmentation": ("Augmentation lab", ":material/library_add:"),
}


def page_head(title: str, sentence: str) -> None:
    """Draw the page's title and one grey sentence."""
    st.title(title, anchor=False)
    st.markdown(f":gray[{sentence}]", width=TEXT_WIDTH)


def section(title: str, *, width: Literal["stretch", "content"] = "stretch") -> None:
    """Draw the heading of a part of the page, one level below the page's title (``title`` is Markdown)."""
    st.header(title, anchor=False, width=width)


def spoken(label: str, about: str) -> str:
    """Return the label of a button with what it is about for those who hear the page; the eye sees the label alone.

    >>> spoken("Open", "Hospital stays")
    'Open :gray[Hospital stays]'
    """
    return f"{label} :gray[{plain(about)}]"


def go(page: str) -> NoReturn:
    """Open another page (``"upload"``), keeping the project in the address."""
    opened = state.project()
    st.switch_page(f"{page}.py", query_params={"project": opened.id} if opened else None)


def empty_state(icon: str, sentence: str, button: str, target: str, *, key: str) -> None:
    """Draw what is missing on this page and the one button to it."""
    with st.container(border=True, horizontal_alignment="center", gap="medium", key=f"{key}_box"):
        st.space("small")
        with st.container(width="content", key=f"{key}_emblem"):  # theme.READABLE makes it large
            st.markdown(f":gray[{icon}]", width="content")
        st.markdown(sentence, width="content")
        if st.button(button, type="primary", key=key):
            go(target)
        st.space("small")


def error_card(error: Exception | str, *, title: str = "This did not work", details: str = "") -> None:
    """Draw what happened and what to do, taken literally (``title`` is Markdown); the details stay folded."""
    if isinstance(error, SimileError | str):
        sentence = str(error)
    else:
        sentence = "Something unexpected happened. What you saved is not lost; try again, or go back one step."
        details = details or f"{type(error).__name__}"
    st.error(f"**{title}.** {plain(sentence)}", icon=":material/error:")
    if details:
        with st.expander("Details"):
            st.code(details, language=None)


@contextmanager
def guarded(title: str = "This did not work") -> Iterator[None]:
    """Turn an error that Simile raises on purpose, and what the disk refuses, into a card."""
    try:
        yield
    except SimileError as error:
        error_card(error, title=title)
    except OSError as error:
        error_card(refusal(error), title=title)


def stale_bar(sentence: str, button: str, target: str, *, key: str) -> None:
    """Draw the amber bar over results made with earlier inputs; the results stay visible."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_bar"):
        st.warning(sentence, icon=":material/history:", width="stretch")
        if st.button(button, key=key):
            go(target)


def step_footer(previous: str | None, following: str | None, *, label: str = "", ready: bool = True) -> None:
    """Draw the way back and the way on (Alt+N); arguments are page names such as ``"upload"``.

    A project that follows a path goes its way instead. Where the next page has nothing to show yet (``ready`` is
    False), the way on does not stand out.
    """
    opened, here = state.project(), state.get("shell.page", "")
    path = opened.guide if opened is not None else None
    if path is not None and path.place(here) is not None:
        previous, following = path.before(here) or "start", path.after(here) or "start"
        label = "Back to Start" if following == "start" else ""
    st.space("medium")
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="step_footer"
    ):
        if previous and st.button(
            PAGES[previous][0], icon=":material/arrow_back:", key="step.previous", type="tertiary"
        ):
            go(previous)
        if following and st.button(
            label or f"Next: {PAGES[following][0]}",
            icon=":material/arrow_forward:",
            icon_position="right",
            key="step.next",
            type="primary" if ready else "secondary",
            shortcut="Alt+N",
        ):
            go(following)


def sign(mark: Sign, *, text: str = "", help: str | None = None) -> None:
    """Draw a state: word, icon and colour."""
    st.badge(text or mark.word, icon=mark.icon, color=mark.colour, help=help)


def verdict_pill(word: str, *, help: str | None = None) -> None:
    """Draw a verdict: ``"pass"``, ``"watch"``, ``"fail"`` or ``"not enough data"``."""
    sign(VERDICTS[word], help=help)


def score_tile(
    title: str,
    value: str,
    *,
    reference: str = "",
    word: str | None = None,
    pill: Sign | None = None,
    sentence: str = "",
    help: str | None = None,
) -> None:
    """Draw a tile: a large value, beside it what real rows get, and the verdict. Use inside ``st.grid`` or columns.

    A score without a verdict (``word`` is None) has the ``pill`` instead, if there is one.
    """
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(
            title,
            value,
            delta=reference or None,
            delta_color="off",
            delta_arrow="off",
            help=help,
        )
        if word:
            verdict_pill(word)
        elif pill:
            sign(pill)
        if sentence:
            st.caption(sentence)


def chart(fig: Any, alt: str, key: str, **options: Any) -> Any:
    """Draw a Plotly figure; ``alt`` says what it shows. Selections come back as from ``st.plotly_chart``."""
    fig.update_layout(font_family=FONT, hoverlabel_font_family=FONT)
    config = PLOT_CONFIG | options.pop("config", {})
    return st.plotly_chart(fig, key=key, alt=alt, theme=None, config=config, **options)


def need_project() -> Project:
    """Return the open project, or draw the empty state and stop the page."""
    opened = state.project()
    if opened is not None:
        return opened
    if lost := state.lost_project():
        error_card(lost, title="This project cannot be opened")
    empty_state(
        ":material/table_view:",
        "No table yet. Bring your own, or take a demo table.",
        "Go to Start",
        "start",
        key="need.project",
    )
    st.stop()


def need_run(project: Project) -> Run:
    """Return the chosen or latest finished run, or draw the empty state and stop the page."""
    found = state.run()
    if found is not None and found.scorecard() is not None:
        return found
    if project.active_run() is not None:
        empty_state(
            ":material/hourglass_top:",
            "A run is at work; its results appear here when it is done.",
            "Watch it",
            "generate",
            key="need.active_run",
        )
    else:
        runs = project.runs()
        stopped = bool(runs) and runs[0].status().state in ("failed", "lost", "cancelled")
        words = "The last run stopped before it made a table." if stopped else "No synthetic table yet. Make one first."
        empty_state(
            ":material/error:" if stopped else ":material/play_circle:",
            words,
            "See why" if stopped else "Go to Generate",
            "generate",
            key="need.run",
        )
    st.stop()
