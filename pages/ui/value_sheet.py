"""The sum in a line, the proof point, and the page to print."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, run_words, state, theme
from pages.ui.downloads import file_stem
from pages.ui.param_form import begin
from synth_core.business_case import FIGURES, BusinessCase, Proof, Side, money_words, totals
from synth_core.project import Project
from synth_core.recipe import USE_TITLES
from synth_core.run import Run
from synth_core.value_document import value_html


def headline(project: Project, case: BusinessCase) -> None:
    """Draw both sums, both times, and the difference in words."""
    found = totals(case, max(project.rows, 1))
    with st.grid(min_column_width=200, gap="small"):
        for title, value, names in (
            ("Obtain it", money_words(found.obtain_money, case.currency), _names("obtain", time=False)),
            ("Generate it", money_words(found.generate_money, case.currency), _names("generate", time=False)),
            ("Until obtained", f"{found.obtain_months:g} months", _names("obtain", time=True)),
            ("Until generated", f"{found.generate_months:g} months", _names("generate", time=True)),
        ):
            yours = sum(case.is_typed(name) for name in names)
            whose = (
                "assumed" if not yours else "your figures" if yours == len(names) else f"{yours} of {len(names)} yours"
            )
            st.metric(title, value, whose, delta_color="off", delta_arrow="off", border=True)
    st.markdown(f"**{theme.plain(found.sentence(case.currency))}**")


def _names(side: Side, *, time: bool) -> list[str]:
    return [one.name for one in FIGURES if one.side == side and (one.unit == "months") is time]


def proof_point(project: Project, proved: Proof | None, run: Run | None) -> None:
    """Draw what the run proved, or the way to a run."""
    with st.container(border=True, gap="small", key="value_proof"):
        if proved is None or run is None:
            st.markdown(":gray[:material/verified: No judged run yet, so there is no proof point.]")
            if st.button("Go to Generate", key="value.generate"):
                parts.go("generate")
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**The proof point**", width="content")
            parts.verdict_pill(proved.verdict)
            st.markdown(f":gray[{USE_TITLES[project.use]}: {proved.held} of {proved.of} targets hold]", width="content")
        st.markdown(f"**{theme.plain(proved.sentence())}**")
        model = proved.model[:1].lower() + proved.model[1:]
        about = f" {proved.metric} of the {model}, on real rows that nobody learned from." if proved.metric else ""
        st.caption(theme.plain(f"{run_words.run_label(run)}.{about}"))


def download(project: Project, case: BusinessCase, proved: Proof | None) -> None:
    """Draw the client's name and the download of the printable page."""
    with st.container(border=True, gap="small", key="value_print"):
        st.markdown("**One page to print**")
        begin("value.client", project.client)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.text_input(
                "Prepared for",
                key="value.client",
                max_chars=80,
                placeholder="Name of the client",
                on_change=lambda: project.set_client(state.get("value.client", "") or ""),
                width=320,
            )
            st.download_button(
                "Value page (HTML)",
                lambda: _page(project, case, proved),
                file_name=f"{file_stem(project.label)}-value.html",
                mime="text/html",
                key="value.download",
                icon=":material/download:",
                type="primary",
                on_click="ignore",
            )
        logo = "The logo is that of the report." if project.logo else "A logo can be set on the Report page."
        st.caption(f"Print it from the browser, or save it as PDF: it is one A4 page. {logo}")


def _page(project: Project, case: BusinessCase, proved: Proof | None) -> str:
    return value_html(
        case, proved, title=project.label, rows=max(project.rows, 1), use=project.use, client=project.client,
        logo=project.logo,
    )  # fmt: skip
