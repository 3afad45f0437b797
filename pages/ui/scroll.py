"""Bring a part of the page into view after a click that changed it out of sight; Streamlit itself cannot."""

from __future__ import annotations

import streamlit as st

# waits for the part to be drawn, then moves to it once per mount
MOVE = """
export default function ({ data }) {
  let tries = 0
  const move = () => {
    const part = document.querySelector(`.st-key-${data.part}`)
    if (part) part.scrollIntoView({ block: "start" })
    else if (tries++ < 20) setTimeout(move, 100)
  }
  setTimeout(move, 50)
}
"""


def into_view(part: str, turn: int) -> None:
    """Scroll to the container with this key; another ``turn`` scrolls again."""
    component = st.components.v2.component("simile_scroll", js=MOVE)
    component(key=f"scroll_{part}_{turn}", data={"part": part}, height=1)
