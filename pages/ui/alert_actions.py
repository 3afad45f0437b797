"""What an alert's button does, said in words, and how it is taken back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import rule_book, state, theme
from pages.ui.column_editor import KINDS, ROLES
from synth_core.constraints.kinds import parse
from synth_core.errors import SimileError
from synth_core.profile import Action
from synth_core.project import Project
from synth_core.reading import ColumnChoice
from synth_core.table import Role, Table

DONE = "profiling.done"
LISTED = 5
KEPT = 20  # steps that can be taken back


def label(action: Action, several: bool = False) -> str:
    """Return what stands on the button; ``several``: it does so for all columns of a line."""
    if action.kind == "make_rule":
        return "Make these rules" if several else "Make this a rule"
    if action.kind == "change_kind" and action.to is not None:
        return f"Read as {KINDS[action.to]}"
    if action.kind == "set_missing":
        return "Treat as missing" if several else f"Treat {theme.plain(str(action.word))} as missing"
    if action.kind == "set_role" and action.role is not None:
        return "Leave out" if action.role is Role.DROP else f"Set role: {ROLES[action.role]}"
    return {"drop": "Leave out", "protect": "Protect"}.get(action.kind, "Do it") + (" all" if several else "")


def is_done(project: Project, actions: Sequence[Action]) -> bool:
    """Return whether all that a line offers is among the rules already."""
    kept = project.rules
    return bool(kept) and all(
        action.kind == "make_rule" and action.rule is not None and rule_book.covered(parse(action.rule), kept)
        for action in actions
    )


def act(project: Project, table: Table, actions: Sequence[Action]) -> None:
    """Do what the button says, and keep how it is taken back; a callback."""
    try:
        if actions[0].kind == "make_rule":
            _make_rules(project, table, actions)
        else:
            _change_columns(project, actions)
    except SimileError as error:
        state.put("profiling.problem", str(error))


def _make_rules(project: Project, table: Table, actions: Sequence[Action]) -> None:
    before = {rule.id for rule in project.rules}
    made = [rule_book.accept(project, table, action.rule) for action in actions if action.rule is not None]
    if new := [rule for rule in made if rule.id not in before]:
        words = f"Rule added: {new[0].sentence()}" if len(new) == 1 else f"{len(new)} rules added"
        _note(project, words, "constraints", rules=[rule.id for rule in new])
    else:
        _note(project, "This rule is there already", "constraints")


def _change_columns(project: Project, actions: Sequence[Action]) -> None:
    choices = project.choices
    before = {}
    for action in actions:
        if action.column is None:
            continue
        before.setdefault(action.column, choices.get(action.column))
        kept = choices.get(action.column, ColumnChoice())
        choices[action.column] = kept.model_copy(update=_update(action, kept))
        if action.kind == "set_role" and action.role in (Role.TARGET, Role.ENTITY, Role.ORDER):
            _free(project, action, choices, before)
    if before:
        project.set_choices(choices)
        _note(project, _words(actions), "upload", choices=before)


def _note(project: Project, words: str, page: str, **undo: object) -> None:
    """Keep what was done on top of what was done before, so that one after the other can be taken back."""
    kept = [done for done in state.get(DONE, []) if done["project"] == project.id and (done["undo"] or undo)]
    state.put(DONE, [*kept[-KEPT:], {"project": project.id, "words": words, "page": page, "undo": undo}])


def _free(
    project: Project, action: Action, choices: dict[str, ColumnChoice], before: dict[str, ColumnChoice | None]
) -> None:
    """Take a role that one column can have from the column that has it."""
    for column in project.table.having(role=action.role):
        if column.name != action.column:
            before.setdefault(column.name, choices.get(column.name))
            kept = choices.get(column.name, ColumnChoice())
            choices[column.name] = kept.model_copy(update={"role": Role.FEATURE})


def _update(action: Action, kept: ColumnChoice) -> dict[str, object]:
    if action.kind == "set_missing":
        words = (*(kept.missing or ()), str(action.word))
        return {"missing": tuple(dict.fromkeys(words))}
    if action.kind == "set_role":
        return {"role": action.role}
    return {"drop": {"role": Role.DROP}, "protect": {"protect": True}}.get(action.kind, {"kind": action.to})


def _words(actions: Sequence[Action]) -> str:
    names = [f"'{action.column}'" for action in actions]
    which = ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
    first, verb = actions[0], "is" if len(names) == 1 else "are"
    if first.kind == "change_kind" and first.to is not None:
        return f"{which} {verb} read as {KINDS[first.to]}"
    if first.kind == "set_missing":
        by_word: dict[str, list[str]] = {}
        for action in actions:
            by_word.setdefault(str(action.word), []).append(f"'{action.column}'")
        said = "; ".join(f"“{word}” in {', '.join(columns[:LISTED])}" for word, columns in by_word.items())
        return f"{said} {'counts' if len(by_word) == 1 else 'count'} as an empty cell"
    if first.kind == "set_role" and first.role is not None:
        return f"{which} {'has' if len(names) == 1 else 'have'} the role “{ROLES[first.role]}”"
    return f"{which} {verb} {'left out' if first.kind == 'drop' else 'protected'}"


def said(project: Project) -> None:
    """Draw what the last button did, with the way to take it back."""
    all_done = state.get(DONE, [])
    if not all_done or all_done[-1]["project"] != project.id:
        return
    done = all_done[-1]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="profiling_done"):
        st.markdown(f":green[:material/check_circle:] {theme.plain(str(done['words']))}.", width="content")
        if done["undo"]:
            st.button(
                "Undo", key="profiling.undo", type="tertiary", icon=":material/undo:", on_click=_undo, args=(project,)
            )
        page = str(done["page"])
        title = {"constraints": "Constraints", "upload": "Upload"}[page]
        st.page_link(f"{page}.py", label=f"See it on {title}", query_params={"project": project.id}, width="content")


def _undo(project: Project) -> None:
    *earlier, done = state.get(DONE, [])
    state.put(DONE, earlier)
    try:
        if made := set(done["undo"].get("rules", ())):
            rule_book.change(project, [rule for rule in project.rules if rule.id not in made])
        if before := done["undo"].get("choices"):
            choices = project.choices
            for name, choice in before.items():
                if choice is None:
                    choices.pop(name, None)
                else:
                    choices[name] = choice
            project.set_choices(choices)
    except SimileError as error:
        state.put("profiling.problem", str(error))
