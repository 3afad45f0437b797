"""The profile as a file: one HTML page that stands alone, and one JSON document with everything known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth_core.advice import Advice
from synth_core.errors import InputError
from synth_core.profile import Profile
from synth_core.profile.exposure import Exposure
from synth_core.profile.pairs import PairFacts
from synth_core.profile.time_facts import TimeProfile
from synth_core.profile.triples import Triples
from synth_core.report import POLICY, STYLE, profile_sections
from synth_core.report.pieces import Charts, text
from synth_core.report.profile_sections import Pictures

__all__ = ["ProfileDocument", "profile_html", "profile_json", "read_profile"]

LIMIT_MB = 8.0
# plotly.js takes 4.6 MB; what is left over for the words and tables of a very wide table is about 1 MB
PICTURES_MB = 2.2

EXTRA_STYLE = """
.cards { display: grid; grid-template-columns: 342px 342px; gap: 4px 16px; align-items: start; }
.cards .chart { width: 342px; }
.card { break-inside: avoid; min-width: 0; }
.card h3 { margin-top: 20px; }
.card h3 small { font-weight: 400; font-size: 13px; }
.card p { margin: 2px 0; font-size: 14px; }
.card .meta { margin: 6px 0; font-size: 13px; gap: 0 16px; }
.advice { margin: 12px 0; padding: 0; list-style: none; }
.advice li { margin: 0 0 10px; max-width: 78ch; break-inside: avoid; overflow-wrap: anywhere; }
.spark { width: 128px; }
@media screen and (max-width: 751px) { .cards { grid-template-columns: minmax(0, 1fr); } }
@media print { h2 { break-before: auto; margin-top: 26px; } .cards { gap: 0 12px; } .card p { font-size: 9pt; }
  .card figcaption { display: none; } }
"""


class ProfileDocument(BaseModel):
    """Everything known about a table; its JSON is the format of ``profile.json``.

    ``kind`` and ``version`` say what the file is; a reader of another version refuses it. Parts that were not asked
    for are null or empty. No value in it is taken from fewer than five rows, except of columns whose protection is
    off: quantiles, ends and edges are values that five rows share, or means of five rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["simile-profile"] = "simile-profile"
    version: Literal[1] = 1
    made: datetime = Field(default_factory=lambda: datetime.now(UTC))
    table: str
    profile: Profile
    pairs: list[PairFacts] = Field(default_factory=list)
    triples: Triples | None = None
    time: TimeProfile | None = None
    exposure: Exposure | None = None
    advice: list[Advice] = Field(default_factory=list)


def profile_json(
    table_name: str,
    profile: Profile,
    *,
    pairs: Sequence[PairFacts] = (),
    time: TimeProfile | None = None,
    triples: Triples | None = None,
    exposure: Exposure | None = None,
    advice: Sequence[Advice] = (),
    indent: int | None = 1,
) -> str:
    """Return ``profile.json``: the profile and whatever else is known, in one document."""
    document = ProfileDocument(
        table=table_name,
        profile=profile,
        pairs=list(pairs),
        triples=triples,
        time=time,
        exposure=exposure,
        advice=list(advice),
    )
    return document.model_dump_json(indent=indent)


def read_profile(path: Path) -> ProfileDocument:
    """Return the document in a ``profile.json``; :class:`InputError` when it is none, or of another version."""
    try:
        return ProfileDocument.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The profile {path.name} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, ValidationError):
        raise InputError(
            f"{path.name} is no profile of this version of Simile (kind 'simile-profile', version 1): write it again "
            "with `simile profile FILE --json OUT`."
        ) from None


def profile_html(
    table_name: str,
    profile: Profile,
    *,
    time: TimeProfile | None = None,
    triples: Triples | None = None,
    exposure: Exposure | None = None,
    advice: Sequence[Advice] = (),
) -> str:
    """Return the profile as one page under 8 MB that asks nothing of any other host, masked like the studio's page.

    Columns of a wide table get a large picture while there is room (the target and those with alerts first), the
    others a tiny one; the page says so.
    """
    charts = Charts()
    pictures = Pictures(charts, PICTURES_MB * 1e6)
    body = "\n".join(
        part
        for part in (
            profile_sections.first_page(table_name, profile),
            profile_sections.meaning(advice),
            profile_sections.alerts(profile),
            profile_sections.overview(profile),
            profile_sections.together(profile, pictures),
            profile_sections.three_together(triples),
            profile_sections.in_time(time, pictures),
            profile_sections.exposed(exposure, pictures),
            profile_sections.details(profile, pictures),
            profile_sections.method(profile, time, exposure),
            f"<footer>Made by Simile on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. This file makes no outside requests. "
            "It describes real rows: no value is taken from fewer than five rows (quantiles are shared by five, or "
            "means of five), and none from personal columns, unless a column's protection is off.</footer>",
        )
        if part
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(table_name)}: profile</title><style>{STYLE.read_text(encoding='utf-8')}{EXTRA_STYLE}</style>"
        f"</head>\n<body><main>{body}\n"
        "<noscript><p>The charts need JavaScript; tables and sentences do not.</p></noscript>"
        f"</main>\n{charts.scripts()}</body></html>\n"
    )
