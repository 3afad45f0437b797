"""Bring a part of the page into view after a click that changed it out of sight; Streamlit itself cannot."""

from __future__ import annotations

from typing import Literal

import streamlit as st

# what is drawn meanwhile moves the part: it is brought into view again for a while, unless a person scrolls
MOVE = """
export default function ({ data }) {
  const end = performance.now() + 3000
  let own = false
  const leave = () => { own = true }
  const signs = ["wheel", "touchstart", "keydown", "pointerdown"]
  signs.forEach(sign => window.addEventListener(sign, leave, { once: true, passive: true }))
  const move = () => {
    const part = document.querySelector(`.st-key-${data.part}`)
    if (part && !own) part.scrollIntoView({ block: data.block })
    if (!own && performance.now() < end) setTimeout(move, 150)
    else signs.forEach(sign => window.removeEventListener(sign, leave))
  }
  setTimeout(move, 50)
}
"""


def into_view(part: str, turn: int, *, block: Literal["start", "nearest"] = "start") -> None:
    """Scroll to the container with this key; another ``turn`` scrolls again.

    ``block``: "start" brings its top to the top of the window, "nearest" moves only as far as needed.
    """
    component = st.components.v2.component("simile_scroll", js=MOVE)
    component(key=f"scroll_{part}_{turn}", data={"part": part, "block": block}, height=1)
