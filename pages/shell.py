"""The frame: page set-up, navigation, and the sidebar with the project, the run and the lamp."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:  # Streamlit puts pages/ on the path, not the folder above it
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from pages.ui import (  # noqa: E402
    account,
    callbacks,
    guide,
    parts,
    recorded_demo,
    removed,
    sidebar,
    state,
    theme,
    watch,
)
from synth_core.errors import ProjectError  # noqa: E402
from synth_core.project import home  # noqa: E402
from synth_core.room import trouble_with  # noqa: E402

st.set_page_config(page_title="Simile", page_icon=str(ROOT / "assets" / "favicon.svg"), layout="wide")
st.logo(str(ROOT / "assets" / ("logo-dark.svg" if state.mode() == "dark" else "logo.svg")), size="large")

GROUPS = {
    "": ["start"],
    "Understand": ["upload", "profiling"],
    "Make": ["constraints", "method", "generate"],
    "Judge": ["compare", "privacy", "report"],
    "Uses": ["augmentation", "fairness", "test_data", "what_if", "monitor", "value"],
}


def first_page() -> None:
    """Open Start, whose address is that of the app, for those who ask for /start."""
    parts.go("start")


pages = {
    group: [
        st.Page(
            f"{name}.py",
            title=parts.PAGES[name][0],
            icon=parts.PAGES[name][1],
            url_path="home" if name == "start" else name,  # the default page reserves its path, and is at /
            default=name == "start",
        )
        for name in names
    ]
    for group, names in GROUPS.items()
}
pages[""].append(st.Page(first_page, title=parts.PAGES["start"][0], url_path="start", visibility="hidden"))
st.html(theme.READABLE % (theme.READABLE_DARK if state.mode() == "dark" else ""))
shut = account.closed()
page = st.navigation(pages, expanded=True, position="hidden" if shut else "sidebar")
if shut:
    account.door()
    st.stop()
callbacks.install()
try:
    folder = home()
except ProjectError as error:
    parts.page_head("Simile", "The studio needs a folder to keep projects in.")
    parts.error_card(error, title="Projects cannot be kept")
    st.stop()
if trouble := trouble_with(folder):
    st.warning(trouble, icon=":material/hard_drive:")
state.begin()
recorded_demo.open_asked()
if page.url_path in ("compare", "privacy", "report"):
    watch.looked()
sidebar.draw()
callbacks.say()
if page.url_path != "generate":  # it has a large panel of its own
    with parts.guarded():
        watch.run_line()
guide.draw(page.url_path or "start")
recorded_demo.label(page.url_path)
removed.gate(page.url_path or "start")
page.run()
