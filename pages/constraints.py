"""Constraints: rules found in the data or made by hand, each with its picture and the rows that break it."""

import streamlit as st

from pages.ui import broken_rows, cache, parts, rule_editor, rule_files, rule_list, rule_picture, rule_preview
from pages.ui.halves import halves

parts.page_head(
    "Constraints", "Rules that every synthetic row must keep: found in your data, tuned by you on a picture."
)
project = parts.need_project()

with parts.guarded("The rules cannot be shown"):
    table = cache.table(project)
    draft = project.draft
    rules = project.rules
    slot = st.container()
    pending = cache.suggestions(table, draft.holdout, draft.seed)
    with slot.skeleton(height=420):
        pending.done(rule_list.patience(len(table)))

    rule_list.toolbar(project, table, rules)
    left, right = halves()
    with left:
        found = rule_list.suggestions(project, table, rules, pending)
        rule_list.templates(project, table, rules)
        chosen = rule_list.listing(project, table, rules, found)
    with right:
        if chosen is None:
            rule_picture.nothing_chosen()
        else:
            rule_picture.picture(project, table, chosen)
            broken_rows.panel(project, table, chosen)
    rule_preview.panel(project, table, rules)
    rule_files.panel(project, table, rules)
    rule_editor.open_dialog(project, table, rules)

parts.step_footer("profiling", "method")
