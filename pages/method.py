"""Method: which engine learns the table, with what settings."""

import streamlit as st

from pages.ui import cache, dial_panel, method_cards, network_panel, param_form, parts, steering_panel, theme
from pages.ui.halves import halves
from synth_core.methods import broken, methods
from synth_core.recipe import USE_TITLES
from synth_core.recommend import with_engine

parts.page_head("Method", "Choose the engine that learns your table. One is recommended, with its reason.")
project = parts.need_project()

with parts.guarded("The engines cannot be shown"):
    slot = st.container()
    with slot.skeleton(height=420):
        table = cache.table(project)
        found = method_cards.advice(table, project.use)
        draft = with_engine(table, project.draft, found)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        method_cards.use_choice(project)
        with st.container(width=190):
            method_cards.time_budget(project, draft)
    for sentence in broken():
        st.warning(theme.plain(sentence), icon=":material/extension_off:")
    method_cards.cards(project, draft, found, table)

    info = methods()[draft.method].info if draft.method in methods() else None
    if info is None:
        parts.error_card(
            f"The recipe asks for the engine '{draft.method}', which is not installed here. Choose another above.",
            title="This engine is missing",
        )
    else:
        st.space("small")
        left, right = halves()
        with left:
            param_form.run_settings(project, draft, len(table))
            param_form.engine_settings(project, draft, info)
        with right, st.container(border=True, gap="small", key="method_side"):
            st.markdown(f"**What {theme.plain(info.title)} is known to get wrong**")
            st.markdown(f":gray[{theme.plain(info.weak_at)}]")
            st.markdown(f"**Licence: {theme.plain(info.licence)}**")
            st.markdown(
                f":gray[{theme.plain(info.licence_note or 'Free to use, also commercially; nothing to declare.')}]"
            )
            st.markdown(f"**For: {USE_TITLES[project.use].lower()}**")
            st.markdown(":gray[The result is held against targets for this use; you can edit them on the Report page.]")
        dial_panel.panel(project, draft, info, table)
        if info.name == network_panel.METHOD:
            network_panel.panel(project, draft, table)
        steering_panel.panel(project, draft, table, info)

parts.step_footer("constraints", "generate")
