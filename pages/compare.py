"""Compare: is the synthetic table like the real one, and is it of use?"""

import streamlit as st

from pages.ui import (
    beside,
    compare_tabs,
    groups_panel,
    likeness_table,
    parts,
    projection_panel,
    replicate_form,
    run_words,
    score_tiles,
    theme,
)

TILES = ("shape", "pairs", "c2st", "tstr_loss")
TABS = ("Columns", "Pairs", "Together", "Use", "Groups", "Rules", "Replicate")

parts.page_head("Compare", "Is it like the real table, and is it of use? Beside every score: what real rows get.")
project = parts.need_project()

with parts.guarded("This comparison cannot be shown"):
    run = score_tiles.judged_run(project)
    card = score_tiles.need_card(run)
    score_tiles.run_bar(project, run)
    other = beside.choice(project, run)
    both, runs = beside.sides(run, card, other), {"A": run, "B": other or run}
    found = run_words.verdicts_by_score(card, project.targets)
    if len(both) == 1:
        score_tiles.tiles(card, TILES, found)
    else:
        beside.scores(*both, found, run_words.verdicts_by_score(both[1].card, project.targets))
    notes = list(dict.fromkeys(note for side in both for note in side.card.notes))
    shown = notes if len(notes) < 4 else notes[:2]
    for note in shown:
        st.caption(f":material/info: {theme.plain(note)}")
    if more := notes[len(shown) :]:
        with st.expander(f"{len(more)} more notes on how it was made and judged", key="compare.notes"):
            for note in more:
                st.caption(theme.plain(note))

    columns, pairs, together, use, groups, rules, replicated = st.tabs(list(TABS), key="compare.tab", on_change="rerun")
    with columns:
        if columns.open:
            likeness_table.panel(card.fidelity, both[1].card.fidelity if len(both) > 1 else None)
    with pairs:
        if pairs.open:
            compare_tabs.pairs(project, both, runs)
    with together:
        if together.open:
            beside.each(both, compare_tabs.together)
            beside.each(both, lambda side: projection_panel.panel(project, runs[side.letter], side))
    with use:
        if use.open:
            beside.each(both, compare_tabs.use)
    with groups:
        if groups.open:
            groups_panel.panel(both)
    with rules:
        if rules.open:
            beside.each(both, compare_tabs.rules)
    with replicated:
        if replicated.open:
            replicate_form.panel(project, both, runs)

parts.step_footer("generate", "privacy")
