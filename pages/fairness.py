"""Fairness lab: does a correction make a model fairer to real people, and what does it cost?"""

from pages.ui import cache, fair_corrections, fair_groups, fair_lab, fair_question, parts

parts.page_head(
    "Fairness lab",
    "See who is in your table and how they fare, try a correction, and measure on real rows what it does to a model.",
)
project = parts.need_project()

with parts.guarded("Fairness cannot be looked at yet"):
    table = cache.table(project)
    asked = fair_question.choose(project, table)
    if asked is not None:
        fair_groups.panel(project, asked)
        fair_corrections.panel(project, asked)
        fair_lab.panel(project, asked)

parts.step_footer("profiling", "generate", ready=False)
