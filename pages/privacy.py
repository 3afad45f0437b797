"""Privacy: can a real person be found in the synthetic table?"""

from pages.ui import full_attacks, parts, privacy_panels, run_words, score_tiles
from pages.ui.halves import halves

parts.page_head("Privacy", "Can a real person be found in it? Attacks first, distances second, each beside a control.")
project = parts.need_project()

with parts.guarded("The privacy of this run cannot be shown"):
    run = score_tiles.judged_run(project)
    card = score_tiles.need_card(run)
    score_tiles.run_bar(project, run)
    found = run_words.verdicts_by_score(card, project.targets)
    privacy_panels.headline(found)
    privacy_panels.limits()
    privacy_panels.tiles(card, found)
    full_attacks.panel(project, run, card)
    privacy_panels.advice(card, found)
    left, right = halves()
    with left:
        privacy_panels.attacks(card.privacy)
    with right:
        privacy_panels.copies(card.privacy)
    privacy_panels.closest(project, run, card.privacy)

parts.step_footer("compare", "report")
