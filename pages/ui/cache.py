"""Answers that are kept, keyed by the table's fingerprint: Streamlit samples large frames when it hashes them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any, NamedTuple, cast

import pandas as pd
import streamlit as st

from synth_core.project import Project
from synth_core.run import Run
from synth_core.table import Kind, Table


@st.cache_resource(max_entries=16, show_spinner=False)
def _table(project_id: str, table_name: str, _project: Project) -> Table:
    return _project.table if _project.table_name == table_name else _project.table_of(table_name)


def forget() -> None:
    """Forget every answer, of every table: those of one alone cannot be told from others. They are found anew."""
    st.cache_data.clear()
    st.cache_resource.clear()


def table(project: Project) -> Table:
    """Return the project's current table, read once per change of it; treat it as read-only."""
    return _table(project.id, project.table_name, project)


@st.cache_resource(max_entries=4, show_spinner=False)
def _split(project_id: str, run_id: str, _project: Project, _run: Run) -> tuple[Table, Table]:
    recipe = _run.recipe
    return _project.table_of(_run.table_name).split(recipe.holdout, recipe.seed)


def split_of(project: Project, run: Run) -> tuple[Table, Table]:
    """Return the rows that a run learned from and those that it held out; treat them as read-only."""
    return _split(project.id, run.id, project, run)


_TABLE: dict[Any, Any] = {Table: lambda table: table.fingerprint}


class Facts(NamedTuple):
    """The size of a table and how much of it is empty or repeated."""

    rows: int
    columns: int
    empty: float
    duplicates: int


@st.cache_data(hash_funcs=_TABLE, max_entries=64, show_spinner=False)
def facts(table: Table) -> Facts:
    """Return the size of a table, its share of empty cells (0..1) and the number of rows that repeat another."""
    frame = table.frame
    empty = sum(int(frame[name].isna().sum()) for name in table.names) / frame.size if frame.size else 0.0
    numbered = any(c.kind is Kind.IDENTIFIER and frame[c.name].is_unique for c in table.columns)
    duplicates = 0 if numbered else int(frame.duplicated().sum())
    return Facts(len(frame), len(frame.columns), empty, duplicates)


@st.cache_resource(hash_funcs=_TABLE, max_entries=32, show_spinner=False)
def suggestions(table: Table, holdout: float, seed: int) -> Pending:
    """Return the rules found in the rows that an engine would learn from, now or soon; not to be changed.

    ``answer`` stays None where looking for them failed.
    """
    from synth_core.constraints.discovery import discover

    return Pending(lambda: discover(table.split(holdout, seed)[0]), queue=False)


class Standing(NamedTuple):
    """Which real rows break a rule, how many, and why the rule does not fit the table ("": it does); read-only."""

    broken: pd.Series
    rows: int
    problem: str


@st.cache_resource(hash_funcs=_TABLE, max_entries=256, show_spinner=False)
def standing(table: Table, core: str, _rule: Any) -> Standing:
    """Return how a rule (``core``: its JSON) stands with the real rows; counted once per table and rule."""
    from synth_core.errors import ConstraintError

    try:
        _rule.check(table)
        found = cast(pd.Series, _rule.violations(table.frame))
    except ConstraintError as error:
        return Standing(pd.Series(False, index=table.frame.index), 0, str(error))
    return Standing(found, int(found.sum()), "")


@st.cache_data(hash_funcs=_TABLE, max_entries=4096, show_spinner=False)
def conflict(table: Table, one: str, other: str, _rules: Any) -> str:
    """Return why one or two rules (their JSON) cannot be kept, or an empty text; looked at once per pair."""
    from pages.ui.rule_conflicts import contradiction

    return contradiction(table, _rules)


@st.cache_resource(hash_funcs=_TABLE, max_entries=32, show_spinner=False)
def combinations(table: Table, columns: tuple[str, ...], when: str | None) -> pd.DataFrame:
    """Return each combination of cells with its rows ("Real rows"), frequent ones first; treat it as read-only.

    ``when``: only rows where this condition holds.
    """
    from synth_core.constraints.expressions import parse_condition

    frame = table.frame if when is None else table.frame[parse_condition(when).holds(table.frame)]
    counts = frame.groupby(list(columns), dropna=False, sort=True).size().rename("Real rows").reset_index()
    return counts.sort_values("Real rows", ascending=False, kind="stable").reset_index(drop=True)


@st.cache_resource(hash_funcs=_TABLE, max_entries=64, show_spinner=False)
def levels(table: Table, name: str) -> pd.Series:
    """Return the rows per value of a column, as ``rule_values.labels_of`` does; treat it as read-only."""
    from pages.ui.rule_values import labels_of

    return labels_of(table.frame[name])


@st.cache_data(hash_funcs=_TABLE, max_entries=32, show_spinner=False)
def forms(table: Table, name: str, core: str) -> pd.DataFrame:
    """Return examples of a column's cells (``example``, ``rows``, ``fits``), frequent first, rare ones as shapes."""
    from pages.ui.rule_values import examples_of
    from synth_core.constraints.kinds import parse

    return examples_of(table, name, parse(json.loads(core)))


class Glance(NamedTuple):
    """A preview of rows with rules on, or the sentence that says why there is none."""

    preview: Any
    problem: str


@st.cache_resource(hash_funcs=_TABLE, max_entries=32, show_spinner=False)
def preview(table: Table, rules: str, seed: int) -> Glance:
    """Return a few synthetic rows made with these rules (as JSON) on; treat them as read-only."""
    from synth_core.constraints.kinds import rules_from_json
    from synth_core.errors import SimileError
    from synth_core.rule_preview import preview as made

    try:
        return Glance(made(table, rules_from_json(rules), seed), "")
    except SimileError as error:
        return Glance(None, str(error))


@st.cache_data(hash_funcs=_TABLE, max_entries=64, show_spinner=False)
def templates(table: Table, domain: str) -> Any:
    """Return the usual rules of a domain that fit the table; domain "": the name of the likely domain, or None."""
    from synth_core.constraints import templates as usual

    return usual.templates(table, domain) if domain else usual.likely_domain(table)


_one_at_a_time = threading.Lock()


class Pending:
    """An answer that a thread of its own is looking for: a page that waited for it would count as at work."""

    def __init__(self, work: Callable[[], Any], *, queue: bool = True) -> None:
        """Begin to look; with ``queue`` after the answers that others are waiting for."""
        self.answer: Any = None
        self._done = threading.Event()
        # a daemon: the studio does not wait for it when it closes
        threading.Thread(target=self._find, args=(work, queue), daemon=True).start()

    def _find(self, work: Callable[[], Any], queue: bool) -> None:
        # no answer is an answer, and a traceback could show cells
        with _one_at_a_time if queue else nullcontext(), suppress(Exception):
            self.answer = work()
        self._done.set()

    def done(self, seconds: float = 0.0) -> bool:
        """Return whether the answer is there, after at most so many seconds."""
        return self._done.wait(seconds)


@st.cache_resource(hash_funcs=_TABLE, max_entries=256, show_spinner=False)
def estimate(table: Table, recipe: str) -> Pending:
    """Return the :class:`~synth_core.estimates.Estimate` of a recipe (as JSON) on this table, now or soon.

    ``answer`` stays None where finding it failed.
    """
    from synth_core import estimates
    from synth_core.recipe import Recipe

    return Pending(partial(estimates.estimate, table, Recipe.model_validate_json(recipe)))


class Expected(NamedTuple):
    """What a dry run of a recipe found; ``seconds`` None: the engine trains for minutes and was not tried.

    ``rules``: per rule its sentence, and what keeping it takes.
    """

    seconds: float | None
    acceptance: float
    problem: str
    rules: tuple[tuple[str, str], ...] = ()


@st.cache_data(hash_funcs=_TABLE, max_entries=64, show_spinner=False)
def expected(table: Table, recipe: str, _given: Any = None) -> Expected:
    """Return what a recipe (as JSON) will take on this table, or the sentence that says why it would fail."""
    from synth_core.errors import SimileError
    from synth_core.pilot import pilot
    from synth_core.recipe import Recipe

    try:
        found = pilot(table, Recipe.model_validate_json(recipe), _given)
    except SimileError as error:
        return Expected(None, 0.0, str(error))
    if found is None:
        return Expected(None, 1.0, "")
    rules = tuple((rule.sentence, rule.words()) for rule in found.rules)
    return Expected(found.seconds, found.acceptance, "", rules)


class Support(NamedTuple):
    """Real rows that keep every condition, of how many, and each condition's own rows.

    ``problem``: what is wrong with a condition; ``refused``: what no real row supports.
    """

    rows: int
    of: int
    each: tuple[int, ...]
    problem: str
    refused: str


@st.cache_data(hash_funcs=_TABLE, max_entries=256, show_spinner=False)
def support(table: Table, steering: str) -> Support:
    """Return how many real rows keep the conditions of a steering (as JSON)."""
    from synth_core.errors import SimileError
    from synth_core.steering.asks import Steering
    from synth_core.steering.support import require_support, support_of

    asked, refused = Steering.model_validate_json(steering), ""
    try:
        found = support_of(table, asked)
    except SimileError as error:
        return Support(0, len(table), (), str(error), "")
    try:
        require_support(table, asked)
    except SimileError as error:
        refused = str(error)
    return Support(found.rows, found.of, tuple(rows for _, rows in found.each), "", refused)


@st.cache_data(hash_funcs=_TABLE, max_entries=128, show_spinner=False)
def level_shares(table: Table, name: str) -> dict[str, float]:
    """Return the share of each category of a column among its filled cells (0..1), the largest first."""
    return {str(level): float(share) for level, share in table.frame[name].value_counts(normalize=True).items()}


@st.cache_data(hash_funcs=_TABLE, max_entries=32, show_spinner=False)
def rare_classes(table: Table) -> dict[str, int]:
    """Return the rows of each class of the target, the rarest first; InputError where there are no two classes."""
    from synth_core.labs.augmentation import LAB
    from synth_core.labs.models import rare_event

    event = rare_event(table, "", LAB)
    return {str(level): int(rows) for level, rows in table.frame[event.target].value_counts(ascending=True).items()}
