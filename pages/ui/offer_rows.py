"""What was found that only a person can decide: missing words and roles, each with one click, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from pages.ui import column_editor, parts, state, theme
from pages.ui.column_words import ROLES
from synth_core.errors import SimileError
from synth_core.offers import MissingOffer, RoleOffer, missing_offers, role_offers
from synth_core.project import Project
from synth_core.reading import ColumnChoice
from synth_core.table import Role, Table

DONE = "upload.done"
SHOWN = 5
NAMED = 4
ICONS = {Role.ENTITY: ":material/person:", Role.ORDER: ":material/schedule:", Role.TARGET: ":material/target:"}
Change = tuple[str, dict[str, object]]


@st.cache_data(hash_funcs={Table: lambda table: table.fingerprint}, max_entries=32, show_spinner=False)
def _found(table: Table) -> tuple[list[MissingOffer], list[RoleOffer]]:
    return missing_offers(table), role_offers(table)


def offers(project: Project, table: Table) -> None:
    """Draw the offers that were neither taken nor passed over; nothing where there are none."""
    _said(project)
    with st.spinner("Looking for what needs a decision…"):
        missing, roles = _found(table)
    passed: list[str] = state.get(f"upload.passed_{project.id}", [])
    about = _role_lines([offer for offer in roles if offer.role is not Role.TARGET])
    target = _role_lines([offer for offer in roles if offer.role is Role.TARGET])
    lines = [line for line in [*about, *_missing_lines(missing, table), *target] if line[0] not in passed]
    if not lines:
        return
    with st.container(border=True, gap="small", key="upload_offers"):
        st.markdown(
            f"**Please decide** :gray[{len(lines)} thing{'s' if len(lines) > 1 else ''} that only you can know]"
        )
        for line in lines[:SHOWN]:
            _line(project, table, *line)
        if len(lines) > SHOWN:
            with st.expander(f"{len(lines) - SHOWN} more", key="upload.more_offers", on_change="rerun") as more:
                if more.open:
                    for line in lines[SHOWN:]:
                        _line(project, table, *line)


Line = tuple[str, str, str, list[tuple[str, str, list[Change]]]]


def _role_lines(found: Sequence[RoleOffer]) -> list[Line]:
    """Return a line per role: its name, an icon, the sentence, and buttons (label, what is said, changes)."""
    lines: list[Line] = []
    for role, group in groupby(found, key=lambda offer: offer.role):
        offered = list(group)
        changes = [
            (
                theme.plain(offer.column) if role is Role.TARGET else f"Set “{ROLES[role]}”",
                f"'{offer.column}' has the role “{ROLES[role]}”",
                [(offer.column, {"role": role})],
            )
            for offer in offered
        ]
        column, reason = theme.plain(offered[0].column), theme.plain(offered[0].reason)
        sentence = {
            Role.ENTITY: f"**{column}** looks like whom a row is about. :gray[{reason}]",
            Role.ORDER: f"**{column}** looks like the time order. :gray[{reason}]",
            Role.TARGET: "Is one of these to be predicted? :gray[Then the synthetic table can be tested for it.]",
        }[role]
        lines.append((f"role {role}", ICONS[role], sentence, changes))
    return lines


def _missing_lines(found: Sequence[MissingOffer], table: Table) -> list[Line]:
    """Return a line per word, with all columns that have it, the doubtful ones apart."""
    groups: dict[tuple[str, bool], list[MissingOffer]] = {}
    for offer in found:
        groups.setdefault((offer.word, offer.reason.startswith("May be")), []).append(offer)
    lines: list[Line] = []
    for (word, doubtful), offered in groups.items():
        first, several = offered[0], len(offered) > 1
        names = ", ".join(f"**{theme.plain(offer.column)}**" for offer in offered[:NAMED])
        more = f" and {len(offered) - NAMED} more" if len(offered) > NAMED else ""
        rows = f"{theme.count(first.rows)} of {theme.count(len(table))} rows"
        where = f"{len(offered)} columns, up to {rows}: {names}{more}" if several else f"{rows} of {names}"
        looks = "may mean ‘missing’" if doubtful else "look like ‘missing’" if several else "looks like ‘missing’"
        sentence = f"“{theme.plain(word)}” in {where} {looks}."
        if doubtful or not several:
            sentence += f" :gray[{theme.plain(first.reason)}]"
        changes: list[Change] = [(offer.column, {"missing": word}) for offer in offered]
        said = f"“{word}” in " + (f"{len(offered)} columns" if several else f"'{first.column}'") + " counts as missing"
        label = f"Missing in all {len(offered)}" if several else "Treat as missing"
        lines.append((f"missing {word} {first.column}", ":material/backspace:", sentence, [(label, said, changes)]))
    return lines


def _line(
    project: Project, table: Table, name: str, icon: str, sentence: str, choices: list[tuple[str, str, list[Change]]]
) -> None:
    words, buttons = st.columns([0.64, 0.36], vertical_alignment="center")
    words.markdown(f"{icon} {sentence}")
    with buttons.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        for place, (label, said, changes) in enumerate(choices):
            st.button(
                label if len(choices) > 1 else parts.spoken(label, name),
                key=f"upload.offer_{name}_{place}",
                on_click=_take,
                args=(project, table, said, changes),
            )
        st.button(
            parts.spoken("Not so", name),
            key=f"upload.pass_{name}",
            type="tertiary",
            help="Hide this line.",
            on_click=_pass,
            args=(project, name),
        )


def _pass(project: Project, name: str) -> None:
    key = f"upload.passed_{project.id}"
    state.put(key, [*state.get(key, []), name])


def _take(project: Project, table: Table, said: str, changes: list[Change]) -> None:
    """Do what an offer says, and keep the choices as they were."""
    column_editor.say_slow(table)
    before = project.choices
    choices = project.choices
    for name, update in changes:
        kept = choices.get(name, ColumnChoice())
        if "missing" in update:
            update = {"missing": tuple(dict.fromkeys([*(kept.missing or ()), str(update["missing"])]))}
        column_editor.set_choice(choices, table, table.column(name), update)
    try:
        project.set_choices(choices)
    except SimileError as error:
        state.put("upload.problem", str(error))
        return
    touched = [name for name in {*choices, *before} if choices.get(name) != before.get(name)]
    state.put(DONE, {"project": project.id, "words": said, "before": {name: before.get(name) for name in touched}})
    column_editor.redraw()


def _said(project: Project) -> None:
    """Draw what the last button did, with the way to take it back."""
    done = state.get(DONE, {})
    if done.get("project") != project.id:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="upload_done"):
        st.markdown(f":green[:material/check_circle:] {theme.plain(str(done['words']))}.", width="content")
        st.button("Undo", key="upload.undo", type="tertiary", icon=":material/undo:", on_click=_undo, args=(project,))


def _undo(project: Project) -> None:
    done = state.get(DONE, {})
    state.drop(DONE)
    choices = project.choices
    for name, choice in done.get("before", {}).items():
        if choice is None:
            choices.pop(name, None)
        else:
            choices[name] = choice
    try:
        project.set_choices(choices)
    except SimileError as error:
        state.put("upload.problem", str(error))
    column_editor.redraw()
