"""The three corrections of the Fairness lab, each a card: sliders of shares, sliders of rates, edges to cut."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import fair_question, parts, state, theme
from pages.ui.fair_question import Asked
from pages.ui.steering_shares import OTHERS, moved
from synth_core.labs.fair_corrections import (
    CORRECTIONS,
    TITLES,
    Correction,
    FairnessPlan,
    cuts_of,
    possible,
    wanted_shares,
)
from synth_core.labs.fair_project import use_correction
from synth_core.project import Project

MANY_TIMES = 2  # a group made so much more frequent is worth a word
_WORDS: dict[Correction, str] = {
    "represent": "The release holds groups in shares that you choose. What is true within a group stays as it is.",
    "balance": "Each group gets the favourable outcome at a rate that you choose. This changes the facts.",
    "cut": "A Bayesian network learns the table, and is not allowed these links. Others may still lead the same way.",
}
_ICONS: dict[Correction, str] = {
    "represent": ":material/groups:",
    "balance": ":material/balance:",
    "cut": ":material/content_cut:",
}


def panel(project: Project, asked: Asked) -> None:
    """Draw the cards."""
    parts.section("Three corrections")
    drawn: dict[Correction, Callable[[Project, Asked], None]] = {
        "represent": _represent,
        "balance": _balance,
        "cut": _cut,
    }
    with st.grid(min_column_width=300, gap="small"):
        for name in CORRECTIONS:
            with st.container(border=True, height="stretch", gap="small", key=f"fairness_{name}"):
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.markdown(f"{_ICONS[name]} **{TITLES[name].removesuffix(' (what-if)')}**", width="content")
                    if name == "balance":
                        st.badge("What-if", icon=":material/science:", color="orange")
                st.caption(_WORDS[name])
                problem = possible(name, asked.facts.groups)
                if problem:
                    st.info(theme.plain(problem), icon=":material/info:")
                    continue
                drawn[name](project, asked)
                st.space("stretch")
                _foot(project, asked, name)


def _foot(project: Project, asked: Asked, name: Correction) -> None:
    """Draw whether the lab tries it, and the button that takes it."""
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"fairness_{name}_foot"
    ):
        slot = f"fairness.try_{name}"
        key = state.shown(slot, name in asked.plan.corrections)
        st.toggle("Try in the lab", key=key, on_change=_tried, args=(project, asked, name, slot, key))
        if st.button(
            parts.spoken("Use this correction", TITLES[name]),
            key=f"fairness.use_{name}",
            icon=":material/arrow_forward:",
            icon_position="right",
            help="Puts it into the recipe of the next run, in place of what was steered before, and opens Generate.",
        ):
            use(project, asked.plan, name)


def use(project: Project, plan: FairnessPlan, name: Correction) -> None:
    """Put a correction into the draft and open Generate; a card says why where it cannot be used."""
    with parts.guarded("This correction cannot be used"):
        use_correction(project, plan, name)
        state.drop_all("method.")  # its fields show the draft anew
        parts.go("generate")


def _tried(project: Project, asked: Asked, name: Correction, slot: str, key: str) -> None:
    if state.stale(slot, key):
        return
    on = bool(state.get(key, True))
    kept = tuple(one for one in CORRECTIONS if (on if one == name else one in asked.plan.corrections))
    fair_question.keep(project, asked.table, corrections=kept)


def _represent(project: Project, asked: Asked) -> None:
    facts = asked.facts
    total = max(sum(facts.rows.values()), 1)
    wanted = wanted_shares(asked.plan, facts.groups, facts.rows)
    shown = {name: wanted.get(name, 0.0) for name in facts.groups.names}
    rest = 1 - sum(shown.values())
    for place, (name, share) in enumerate(shown.items()):
        real = theme.share(facts.rows.get(name, 0) / total)
        slot = f"fairness.share_{place}"
        key = state.shown(slot, _half(share))
        st.slider(
            f"{theme.plain(name)} :gray[· real rows {real}]", 0.0, 100.0, step=0.5, format="%g %%", key=key,
            on_change=_share, args=(project, asked, shown, rest, name, slot, key),
        )  # fmt: skip
    if asked.plan.shares:
        _reset(project, asked, "shares", "Equal shares")
    times, name = max((shown[name] * total / max(facts.rows.get(name, 0), 1), name) for name in shown)
    if times >= MANY_TIMES:
        st.caption(
            f":material/info: {theme.plain(name)} becomes about {times:.0f} times as frequent, out of "
            f"{theme.count(facts.rows.get(name, 0))} real rows: more rows, not more people."
        )


def _share(
    project: Project, asked: Asked, shown: dict[str, float], rest: float, name: str, slot: str, key: str
) -> None:
    if state.stale(slot, key):
        return
    known = shown | ({OTHERS: rest} if rest > 1e-6 else {})
    after = moved(known, name, float(state.get(key, 0.0)) / 100)
    kept = {one: share for one, share in after.items() if one != OTHERS}
    fair_question.keep(project, asked.table, shares=kept)


def _balance(project: Project, asked: Asked) -> None:
    facts = asked.facts
    real = {one.group: one.rate for one in facts.shares}
    for place, name in enumerate(facts.groups.names):
        rate = real.get(name)
        told = theme.share(rate.value) if rate is not None else "not enough data"
        slot = f"fairness.rate_{place}"
        key = state.shown(slot, _half(asked.plan.rates.get(name, facts.overall)))
        st.slider(
            f"{theme.plain(name)} :gray[· real rows {told}]", 0.0, 100.0, step=0.5, format="%g %%", key=key,
            on_change=_rate, args=(project, asked, name, slot, key),
        )  # fmt: skip
    if asked.plan.rates:
        _reset(project, asked, "rates", "The same rate for all")


def _rate(project: Project, asked: Asked, name: str, slot: str, key: str) -> None:
    if not state.stale(slot, key):
        rates = asked.plan.rates | {name: float(state.get(key, 0.0)) / 100}
        fair_question.keep(project, asked.table, rates=rates)


def _cut(project: Project, asked: Asked) -> None:
    chosen = cuts_of(asked.plan)
    for one in asked.plan.sensitive:
        _edge(project, asked, (one, asked.plan.target), chosen, "the direct link")
    if not asked.facts.proxies:
        st.markdown(":small[:gray[No other column goes with it closely enough to speak for it.]]")
        return
    st.markdown(":small[:gray[Columns that may speak for it, with their association (0 to 1):]]")
    for proxy in asked.facts.proxies:
        words = f"{proxy.with_sensitive:.2f}, with {asked.plan.target} {proxy.with_target:.2f}"
        _edge(project, asked, (proxy.sensitive, proxy.column), chosen, words)


def _edge(
    project: Project, asked: Asked, pair: tuple[str, str], chosen: tuple[tuple[str, str], ...], words: str
) -> None:
    slot = f"fairness.cut_{pair[0]}_{pair[1]}"
    key = state.shown(slot, pair in chosen)
    st.checkbox(
        f"{theme.plain(pair[0])} – {theme.plain(pair[1])} :gray[· {theme.plain(words)}]",
        key=key,
        on_change=_cutting,
        args=(project, asked, pair, slot, key),
    )


def _cutting(project: Project, asked: Asked, pair: tuple[str, str], slot: str, key: str) -> None:
    if state.stale(slot, key):
        return
    others = [edge for edge in cuts_of(asked.plan) if edge != pair]
    kept = [*others, pair] if state.get(key, False) else others
    fair_question.keep(project, asked.table, cuts=tuple(kept))


def _reset(project: Project, asked: Asked, field: str, label: str) -> None:
    st.button(
        label,
        key=f"fairness.reset_{field}",
        icon=":material/restart_alt:",
        type="tertiary",
        on_click=fair_question.keep,
        args=(project, asked.table),
        kwargs={field: {}},
    )


def _half(share: float) -> float:
    """Return a share as percent on the slider's steps.

    >>> _half(0.1186), _half(0.5)
    (12.0, 50.0)
    """
    return round(200 * share) / 2
