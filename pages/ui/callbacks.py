"""What a button or a field asks for may be refused (a full disk, a damaged file): the page then says so in a sentence.

Streamlit calls ``on_click`` and ``on_change`` before a page is drawn, where no page can catch an error; all that would
be seen of it is the name of its type.
"""

from __future__ import annotations

from pages.ui import parts, state
from synth_core.errors import SimileError
from synth_core.whole_files import refusal

_REFUSED = "callbacks.refused"


def install() -> None:
    """Catch what callbacks raise on purpose, and what the disk refuses; a second call changes nothing."""
    state.catch_in_callbacks((SimileError, OSError), _keep)


def _keep(error: Exception) -> None:
    state.put(_REFUSED, refusal(error) if isinstance(error, OSError) else str(error))


def say() -> None:
    """Draw why the last button or field did nothing, once."""
    if refused := state.get(_REFUSED, ""):
        parts.error_card(refused)
        state.drop(_REFUSED)
