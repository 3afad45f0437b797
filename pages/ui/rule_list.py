"""The left side of Constraints: suggestions with their evidence, and the rules as sentences with live counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.ui import cache, parts, rule_book, rule_editor, state, theme, timers
from pages.ui.rule_conflicts import Conflict, conflicts
from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import KINDS
from synth_core.constraints.templates import DOMAINS
from synth_core.profile.words import counted
from synth_core.project import Project
from synth_core.table import Table

SHOWN = 4
MANY_ROWS = 50_000  # rules are found in fewer while the page opens
MANY, LIST_HEIGHT = 8, 860  # more rules than this scroll beside the picture


def toolbar(project: Project, table: Table, rules: Sequence[Constraint]) -> None:
    """Draw: add a rule, undo, redo, and the count of all."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="constraints_toolbar"):
        titles = {name: kind.title for name, kind in KINDS.items()}
        picked = st.menu_button(
            "Add a rule", list(titles), format_func=titles.__getitem__, key="constraints.add", icon=":material/add:"
        )
        if picked:
            rule_editor.ask(picked)
        for name, title, icon in (("undo", "Undo", ":material/undo:"), ("redo", "Redo", ":material/redo:")):
            st.button(
                title,
                key=f"constraints.{name}",
                icon=icon,
                type="tertiary",
                disabled=not rule_book.can(project, name),
                on_click=rule_book.step,
                args=(project, name),
            )
        on = [rule for rule in rules if rule.enabled]
        if on:
            rows = int(rule_book.broken_by_any(table, on).sum())
            text = f"{len(on)} {'rule' if len(on) == 1 else 'rules'} on"
            end = (
                "every real row keeps them"
                if not rows
                else counted(rows, "real row breaks", "real rows break") + " at least one"
            )
            st.markdown(f":gray[{text} · {end}]", width="content")


def patience(rows: int) -> float:
    """Return for how many seconds the page waits for the rules found in so many rows before it is drawn without."""
    return 20.0 if rows <= MANY_ROWS else 0.5


def suggestions(project: Project, table: Table, rules: Sequence[Constraint], pending: cache.Pending) -> bool:
    """Draw the rules found in the data that are not accepted yet, or that they are looked for; say whether any are."""
    if not pending.done():
        _looking(table, pending)
        return True
    found: Sequence[Any] | None = pending.answer
    if found is None:
        st.markdown(":gray[Looking for rules in this table failed; they can be added by hand.]")
        return False
    fresh = [item for item in found if not rule_book.covered(item.rule, rules)]
    if not fresh:
        return bool(found)
    with st.container(border=True, gap="small", key="constraints_found"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**:material/lightbulb: Found in your data** :gray[({len(fresh)})]", width="content")
            st.button(
                "Accept all",
                key="constraints.accept_all",
                type="tertiary",
                on_click=_accept_all,
                args=(project, table, [item.rule for item in fresh]),
            )
        if not rules:
            many = "this one already holds" if len(fresh) == 1 else f"these {len(fresh)} already hold"
            if some := sum(item.exceptions > 0 for item in fresh):
                many += " in nearly all rows" if some == len(fresh) else f", {some} of them in nearly all rows"
            st.markdown(f":gray[No rules yet: {many}. Accept those that are meant.]")
        for item in fresh[:SHOWN]:
            _suggestion(project, table, item)
        if len(fresh) > SHOWN:
            with st.expander(f"{len(fresh) - SHOWN} more", key="constraints.more"):
                for item in fresh[SHOWN:]:
                    _suggestion(project, table, item)
    return True


def _looking(table: Table, pending: cache.Pending) -> None:
    """Say that rules are looked for; the page is drawn once more when they are there."""
    words = f":gray[:material/hourglass_top: Looking for rules in {theme.count(len(table))} rows…]"
    timers.redraw_when(pending.done, lambda: st.markdown(words))


def templates(project: Project, table: Table, rules: Sequence[Constraint]) -> None:
    """Draw the usual rules of a field that fit this table's columns, each with its count before it is accepted."""
    likely = cache.templates(table, "")
    with st.expander("Usual rules of a field", key="constraints.templates", on_change="rerun") as box:
        if not box.open:
            return
        domain = st.segmented_control(
            "Field",
            list(DOMAINS),
            format_func=DOMAINS.__getitem__,
            default=likely or next(iter(DOMAINS)),
            required=True,
            key="constraints.domain",
            label_visibility="collapsed",
        )
        fresh = [one for one in cache.templates(table, str(domain)) if not rule_book.covered(one.rule, rules)]
        if not fresh:
            st.markdown(":gray[No column of this table fits a rule of this field that is not in your list.]")
        for place, item in enumerate(fresh):
            rows = rule_book.standing(table, item.rule).rows
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                count = ":green[0 broken]" if not rows else f":orange[{theme.count(rows)} broken]"
                st.markdown(
                    f"{theme.plain(item.rule.sentence())}  \n:small[{count} :gray[· {theme.plain(item.reason)}]]",
                    width="stretch",
                )
                st.button(
                    parts.spoken("Accept", item.rule.sentence()),
                    key=f"constraints.take_{domain}_{place}",
                    on_click=_accept_all,
                    args=(project, table, [item.rule]),
                )


def _suggestion(project: Project, table: Table, item: Any) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"{theme.plain(item.rule.sentence())}  \n:gray[:small[{theme.plain(item.reason)}]]", width="stretch"
        )
        st.button(
            parts.spoken("Accept", item.rule.sentence()),
            key=f"constraints.accept_{item.rule.id}",
            on_click=_accept_all,
            args=(project, table, [item.rule]),
        )


def _accept_all(project: Project, table: Table, fresh: list[Constraint]) -> None:
    rule_book.change(project, [*project.rules, *(rule.fitted(table) for rule in fresh)])
    rule_book.choose(fresh[0].id)


def listing(project: Project, table: Table, rules: Sequence[Constraint], found: bool) -> Constraint | None:
    """Draw the rules and return the chosen one."""
    if not rules:
        if not found:
            st.markdown(":gray[No rules yet. Add one, or go on without.]")
        return None
    wanted = state.get("constraints.chosen", "")
    chosen = next((rule for rule in rules if rule.id == wanted), rules[0])
    st.markdown("**Your rules**")
    against = conflicts(table, rules)
    places = {rule.id: place for place, rule in enumerate(rules, 1)}
    with st.container(height=LIST_HEIGHT if len(rules) > MANY else "content", border=False, gap="small"):
        for rule in rules:
            _rule(project, table, rule, against.get(rule.id), places, chosen=rule.id == chosen.id)
    return chosen


def state_of(table: Table, rule: Constraint) -> tuple[theme.Sign, int]:
    """Return how a rule stands with the real rows, and the number of rows that break it (-1: it does not fit)."""
    found = rule_book.standing(table, rule)
    if found.problem:
        return theme.Sign("Does not fit the table", ":material/error:", "red"), -1
    rows = found.rows
    if not rows:
        return theme.Sign("0 broken", ":material/check_circle:", "green"), 0
    text = f"{theme.count(rows)} of {theme.count(len(table))} broken ({theme.share(rows / len(table))})"
    return theme.Sign(text, ":material/warning:", "orange"), rows


def _against(conflict: Conflict, rule: Constraint, places: dict[str, int]) -> str:
    if conflict.other == rule.id:
        return "No row can keep it"
    return f"Contradicts rule {places[conflict.other]}" if conflict.other else "Contradicts other rules"


def _rule(
    project: Project,
    table: Table,
    rule: Constraint,
    conflict: Conflict | None,
    places: dict[str, int],
    *,
    chosen: bool,
) -> None:
    mark, _ = state_of(table, rule)
    number, sentence = f":gray[{places[rule.id]}]", theme.plain(rule.sentence())
    with st.container(border=True, gap="xsmall", key=f"constraints_rule_{rule.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.toggle(
                f"On: {number} {sentence}",
                value=rule.enabled,
                key=f"constraints.on_{rule.id}_{rule.enabled}",
                label_visibility="collapsed",
                on_change=rule_book.update,
                args=(project, rule),
                kwargs={"enabled": not rule.enabled},
            )
            st.markdown(f"{number} **{sentence}**" if chosen else f"{number} {sentence}", width="stretch")
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
            with st.container(horizontal=True, gap="xsmall", width="content"):
                parts.sign(mark)
                if conflict is not None:
                    parts.sign(
                        theme.Sign(_against(conflict, rule, places), ":material/cancel:", "red"),
                        help=theme.plain(conflict.sentence),
                    )
                if not rule.hard:
                    st.badge("Soft", color="gray", help="A few rows may break it, as in the real table.")
            with st.container(horizontal=True, gap="small", width="content"):
                _buttons(project, rule, places[rule.id], chosen=chosen)


def _buttons(project: Project, rule: Constraint, place: int, *, chosen: bool) -> None:
    if not chosen:
        st.button(
            parts.spoken("Show", f"rule {place}"),
            key=f"constraints.show_{rule.id}",
            type="tertiary",
            on_click=rule_book.choose,
            args=(rule.id,),
        )
    st.button(
        parts.spoken(":material/edit:", f"rule {place}"),
        key=f"constraints.edit_{rule.id}",
        type="tertiary",
        help="Edit",
        on_click=rule_editor.ask,
        args=(rule.type, rule.id),
    )
    st.button(
        parts.spoken(":material/delete:", f"rule {place}"),
        key=f"constraints.delete_{rule.id}",
        type="tertiary",
        help="Delete",
        on_click=rule_book.delete,
        args=(project, rule.id),
    )
