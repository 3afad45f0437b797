"""Who is in the table and how they fare: each group's share and rate, real rows beside the release."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, state, theme
from pages.ui.fair_question import Asked
from synth_core.figures.fairness import alt_shares, shares_figure
from synth_core.labs.fair_shares import GroupShare, counts_of, shares_of
from synth_core.partitions import groups as parts_of
from synth_core.partitions import release_in
from synth_core.profile.words import counted
from synth_core.project import Project
from synth_core.run import Run
from synth_core.source_types import from_arrow

MOST_NAMED = 5


def panel(project: Project, asked: Asked) -> None:
    """Draw the picture and the sentence about groups that are too small."""
    facts, decision = asked.facts, asked.facts.decision
    parts.section("Who is in the table, and how they fare")
    run = state.run()
    release = _release(run, asked) if run is not None else []
    parts.chart(
        shares_figure(facts.shares, release, decision.favourable, state.mode()),
        alt_shares(facts.shares, release, decision.favourable),
        "fairness.shares",
    )
    told = [_gap_words(facts.shares, decision.favourable)]
    if not release:
        told.append("Generate a table, and it stands beside the real rows here.")
    if facts.unknown:
        told.append(f"Left out: {counted(facts.unknown, 'row')} without a known group or outcome.")
    st.caption(" ".join(sentence for sentence in told if sentence) + " Bars: 95 %.")
    few = [one for one in facts.shares if one.rate is None]
    if few:
        named = ", ".join(f"{theme.plain(one.group)} ({counted(one.rows, 'row')})" for one in few[:MOST_NAMED])
        more = f" and {len(few) - MOST_NAMED} more" if len(few) > MOST_NAMED else ""
        st.caption(f":material/help: Not enough data, so no rate is shown: {named}{more}.")


def _gap_words(shares: list[GroupShare], favourable: str) -> str:
    known = [(one.rate.value, one.group) for one in shares if one.rate is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    if theme.share(low[0]) == theme.share(high[0]):
        return f"In the real rows every group gets '{theme.plain(favourable)}' equally often ({theme.share(low[0])})."
    return (
        f"In the real rows {theme.plain(high[1])} gets '{theme.plain(favourable)}' most often "
        f"({theme.share(high[0])}), {theme.plain(low[1])} least often ({theme.share(low[0])})."
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _counted(run_id: str, question: str, _run: Run, _asked: Asked) -> list[GroupShare]:
    made, release = _run.synthesis(), release_in(_run.folder)
    facts = _asked.facts
    names = [*facts.groups.columns, facts.decision.target]
    if made is None or release is None or not set(names) <= set(made.column_names):
        return []
    columns = [column for column in made.columns if column.name in names]
    order = [column.name for column in columns]
    frames = (from_arrow(group, columns) for group in parts_of(release, order))
    counts, _ = counts_of(frames, facts.groups, facts.decision)
    return shares_of(counts, facts.groups)


def _release(run: Run, asked: Asked) -> list[GroupShare]:
    facts = asked.facts
    question = repr((facts.groups.columns, facts.groups.names, dict(facts.groups.edges), facts.decision))
    return _counted(run.id, question, run, asked)
