"""Start: bring a table, take a demo, or go on with a project."""

from pages.ui import identity, opening, parts, recent
from pages.ui.halves import halves
from synth_core import project as projects

parts.page_head("Start", "Turn a real table into a synthetic one, with proof of how alike and how safe it is.")

known, damaged = projects.listed(identity.owner())
if not known and not damaged:
    recent.first_visit()

left, right = halves()
with left:
    opening.uploader()
    if known:
        recent.listing(known)
    if damaged:
        recent.damaged(damaged)
with right:
    opening.demo_cards()
