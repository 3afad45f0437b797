"""Privacy: can a real person be found in the synthetic table?"""

import streamlit as st

from pages.ui import beside, full_attacks, parts, privacy_panels, remedies_panel, run_words, score_tiles, shadow_panel
from pages.ui.halves import halves

parts.page_head("Privacy", "Can a real person be found in it? Attacks first, distances second, each beside a control.")
project = parts.need_project()

with parts.guarded("The privacy of this run cannot be shown"):
    run = score_tiles.judged_run(project)
    card = score_tiles.need_card(run)
    score_tiles.run_bar(project, run)
    remedies_panel.stand_beside(project, run)
    other = beside.choice(project, run)
    both, runs = beside.sides(run, card, other), {"A": run, "B": other or run}
    verdicts = [run_words.verdicts_by_score(side.card, project.targets) for side in both]
    found = verdicts[0]
    remedies_panel.said(run)
    for side, words in zip(both, verdicts, strict=True):
        privacy_panels.headline(words, side.letter if len(both) > 1 else "")
    privacy_panels.limits()
    if len(both) == 1:
        privacy_panels.tiles(card, found)
    else:
        beside.scores(*both, *verdicts, dimension="privacy")
    full_attacks.panel(project, run, card)
    shadow_panel.panel(project, run, card)
    privacy_panels.advice(card, found)
    remedies_panel.panel(project, run, card, needed=privacy_panels.needed(found))
    if len(both) == 1:
        left, right = halves()
        with left:
            parts.section("Attacks")
            st.caption(privacy_panels.ABOUT_ATTACKS)
            privacy_panels.attacks(card.privacy)
        with right:
            parts.section("Copying check")
            st.caption(privacy_panels.ABOUT_COPIES)
            privacy_panels.copies(card.privacy)
    else:
        parts.section("Attacks")
        st.caption(privacy_panels.ABOUT_ATTACKS)
        beside.each(both, lambda side: privacy_panels.attacks(side.card.privacy, side.suffix))
        parts.section("Copying check")
        st.caption(privacy_panels.ABOUT_COPIES)
        beside.each(both, lambda side: privacy_panels.copies(side.card.privacy, side.suffix))
    shadow_panel.result(project, both, runs)
    privacy_panels.closest(project, both, runs)

parts.step_footer("compare", "report")
