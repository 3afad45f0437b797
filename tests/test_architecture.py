"""The picture in the README shows the imports as they are."""

from __future__ import annotations

import pytest

from tools import architecture


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_of_the_architecture_is_up_to_date(scheme: str) -> None:
    drawn = architecture.draw(architecture.bands(), scheme)
    kept = architecture.PICTURES[scheme].read_text(encoding="utf-8")
    assert kept == drawn, "modules or imports changed: `make architecture` draws the picture anew"


def test_every_module_stands_in_a_band_and_every_arc_points_up() -> None:
    for place, band in enumerate(architecture.bands()):
        assert band.members, band.title
        assert all(theirs < place for theirs in band.arrows), band.title


def test_an_import_that_points_down_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(architecture, "imports", lambda tree: {"synth_core.worker"})
    with pytest.raises(ValueError, match="imports from 'Projects and jobs', which lies after it"):
        architecture.bands()
