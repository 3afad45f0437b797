"""The profile as a file: one HTML page that stands alone, and one JSON document with everything known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth_core.advice import Advice
    from synth_core.profile import Profile
    from synth_core.profile.exposure import Exposure
    from synth_core.profile.temporal import TimeProfile
    from synth_core.profile.triples import Triples


def profile_html(
    table_name: str,
    profile: Profile,
    *,
    time: TimeProfile | None = None,
    triples: Triples | None = None,
    exposure: Exposure | None = None,
    advice: Sequence[Advice] = (),
) -> str:
    """Return the profile as one page under 8 MB that asks nothing of any other host, masked like the studio's page."""
    return ""
