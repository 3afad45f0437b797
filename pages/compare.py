"""Compare: is the synthetic table like the real one, and is it of use?"""

import streamlit as st

from pages.ui import compare_tabs, likeness_table, parts, run_words, score_tiles, theme

TILES = ("shape", "pairs", "c2st", "tstr_loss")
TABS = ("Columns", "Pairs", "Together", "Use", "Rules")

parts.page_head("Compare", "Is it like the real table, and is it of use? Beside every score: what real rows get.")
project = parts.need_project()

with parts.guarded("This comparison cannot be shown"):
    run = score_tiles.judged_run(project)
    card = score_tiles.need_card(run)
    score_tiles.run_bar(project, run)
    found = run_words.verdicts_by_score(card, project.targets)
    score_tiles.tiles(card, TILES, found)
    for note in card.notes:
        st.caption(f":material/info: {theme.plain(note)}")

    columns, pairs, together, use, rules = st.tabs(list(TABS), key="compare.tab", on_change="rerun")
    with columns:
        if columns.open:
            likeness_table.panel(card.fidelity)
    with pairs:
        if pairs.open:
            compare_tabs.pairs(card.fidelity)
    with together:
        if together.open:
            compare_tabs.together(card)
    with use:
        if use.open:
            compare_tabs.use(card.utility)
    with rules:
        if rules.open:
            compare_tabs.rules(card.validity)

parts.step_footer("generate", "privacy")
