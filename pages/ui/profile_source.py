"""Where the Profile page has its facts from: all rows, or a sample while the exact figures are on their way.

Answers are kept by the table's print, which the project knows without reading a cell. Exact figures of a large table
are computed by one thread that never touches Streamlit; leaving the page does not stop it, coming back finds its work.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from synth_core.profile import Profile
from synth_core.project import Project
from synth_core.table import Table

LARGE = 100_000  # rows; above, a sample is drawn first
SAMPLE = 50_000
SIZES = (50_000, 10_000)
ENTRIES = 24


@dataclass
class Work:
    """The exact profile in the making; ``share`` (0..1) is written by the thread, which ``begun`` says is at it."""

    future: Future[Profile]
    begun: bool = False
    share: float = 0.0

    @property
    def done(self) -> bool:
        """Whether it is over, well or badly."""
        return self.future.done()


@dataclass(frozen=True)
class Source:
    """What the page draws from.

    Attributes
    ----------
    table
        The rows to draw from: a sample where ``profile`` rests on one.
    whole
        All rows.
    key
        The print of ``table``, for what is kept.
    work
        The exact profile on its way; None when ``profile`` is what was asked for.
    problem
        Why the exact profile did not come; ``profile`` is then that of the sample.
    """

    profile: Profile
    table: Table
    whole: Table
    key: str
    work: Work | None = None
    problem: Exception | None = None

    @property
    def drawn(self) -> str:
        """Which rows ``table`` holds, where these are not all of them, as the end of a sentence."""
        few, all_rows = len(self.table), len(self.whole)
        return f", in an even sample of {few:,} of {all_rows:,} rows" if few < all_rows else ""


def source(project: Project, table: Table, rows: int | None) -> Source:
    """Return the profile of ``rows`` rows (None: all), or of a sample while that of all rows is being computed."""
    name = project.table_name
    if rows is None and len(table) > LARGE:
        work, drawn = _exact(name, table), sample(name, table, SAMPLE)
        problem = work.future.exception() if work.done else None
        if work.done and problem is None:
            return Source(work.future.result(), drawn, table, f"{name}:{SAMPLE}")
        failed = problem if isinstance(problem, Exception) else None
        waiting = None if failed is not None else work
        return Source(_profile(name, SAMPLE, table), drawn, table, f"{name}:{SAMPLE}", waiting, failed)
    if rows is None or rows >= len(table):
        return Source(_profile(name, None, table), table, table, name)
    return Source(_profile(name, rows, table), sample(name, table, rows), table, f"{name}:{rows}")


@st.cache_resource(max_entries=ENTRIES, show_spinner=False)
def _profile(name: str, rows: int | None, _table: Table) -> Profile:
    from synth_core.profile import profile

    return profile(_table, sample=rows)


@st.cache_resource(show_spinner=False)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="profile")


@st.cache_resource(max_entries=8, show_spinner=False)
def _exact(name: str, _table: Table) -> Work:
    """Return the work on the exact profile of a table, one for all who look at it; not begun."""
    return Work(Future())


def begin(found: Source) -> None:
    """Begin the exact profile, if it is wanted and nobody did: last, since its thread slows down the drawing."""
    work, table = found.work, found.whole
    if work is None or work.begun:
        return
    work.begun = True
    from synth_core.profile import profile

    def tell(done: float, total: float, note: str = "") -> None:
        work.share = done / total if total else 0.0

    def compute() -> None:
        try:
            work.future.set_result(profile(table, progress=tell))
        except Exception as error:  # whoever looks at the work is told
            work.future.set_exception(error)

    _threads().submit(compute)


def forget_exact(name: str, table: Table) -> None:
    """Let the exact profile of a table be computed once more."""
    _exact.clear(name, table)


@st.cache_resource(max_entries=8, show_spinner=False)
def sample(name: str, _table: Table, rows: int) -> Table:
    """Return evenly drawn rows of a table, in order; the same ones that its sampled profile rests on."""
    if len(_table) <= rows:
        return _table
    rng = np.random.default_rng(0)
    return _table.rows(np.sort(rng.choice(len(_table), size=rows, replace=False)))


@st.cache_resource(max_entries=ENTRIES, show_spinner=False)
def associations(key: str, measure: Any, _table: Table) -> Any:
    """Return how strongly every two columns go together, by one measure."""
    from synth_core.associations import association_matrix

    return association_matrix(_table, measure=measure)


@st.cache_resource(max_entries=64, show_spinner=False)
def pair_facts(key: str, x: str, y: str, _table: Table) -> Any:
    """Return every measure of one pair with its interval."""
    from synth_core.profile.pairs import pair_facts as measured

    return measured(_table, x, y)


@st.cache_resource(max_entries=ENTRIES, show_spinner=False)
def triples(key: str, _table: Table) -> Any:
    """Return the triples of columns that say more than their pairs."""
    from synth_core.profile.triples import triples as found

    return found(_table)


@st.cache_resource(max_entries=ENTRIES, show_spinner=False)
def time(key: str, order: str | None, entity: str | None, columns: tuple[str, ...] | None, _table: Table) -> Any:
    """Return what a table is like in time, or None."""
    from synth_core.profile.temporal import time_profile

    return time_profile(_table, order=order, entity=entity, columns=list(columns) if columns else None)


@st.cache_resource(max_entries=ENTRIES, show_spinner=False)
def emptiness(key: str, _table: Table) -> Any:
    """Return which columns are empty together."""
    from synth_core.profile.emptiness import emptiness as found

    return found(_table)


@st.cache_resource(max_entries=ENTRIES, show_spinner=False)
def quasi_identifiers(key: str, _table: Table) -> list[str]:
    """Return the columns that somebody may know about a person."""
    from synth_core.profile.exposure import suggested_quasi_identifiers

    return suggested_quasi_identifiers(_table)


def exposure(key: str, columns: tuple[str, ...], widths: Mapping[str, float | str], secret: str, table: Table) -> Any:
    """Return how many rows are alone with their combination of columns."""
    return _exposure(key, columns, tuple(sorted(widths.items())), secret, table)


@st.cache_resource(max_entries=ENTRIES, show_spinner=False)
def _exposure(
    key: str, columns: tuple[str, ...], widths: tuple[tuple[str, float | str], ...], secret: str, _table: Table
) -> Any:
    from synth_core.profile.exposure import exposure as measured

    return measured(_table, list(columns), widths=dict(widths), sensitive=secret or None)


@st.cache_resource(max_entries=ENTRIES, show_spinner=False)
def meaning(name: str, use: Any, sampled: int | None, _table: Table, _profile: Profile) -> Any:
    """Return what the profile means for a use, in sentences."""
    from synth_core.recommend import meaning as read

    return read(_table, _profile, use)
