"""Monitor: a new extract of the real table against the one that was learned from, and the line of versions."""

from pages.ui import cache, monitor_drift, monitor_extracts, monitor_versions, parts

parts.page_head(
    "Monitor",
    "Does the synthetic table still stand for the real one? Hold a new extract against the rows learned from.",
)
project = parts.need_project()

monitor_versions.follow()

with parts.guarded("This page cannot be shown"):
    table = cache.table(project)
    chosen = monitor_extracts.choice(project, table)
    if chosen is not None:
        monitor_drift.draw(chosen, monitor_extracts.found(project, chosen))
        monitor_versions.regenerate(project, chosen)
    monitor_versions.over_time(project)

parts.step_footer("report", "generate", label="Go to Generate", ready=False)
