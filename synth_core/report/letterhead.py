"""Whose report it is: the words on its first page, the client, and a logo that is part of the file."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass

from synth_core.errors import InputError
from synth_core.report.pieces import text

MOST_BYTES, MOST_SIDE = 300_000, 3_000
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@dataclass(frozen=True)
class Front:
    """What people write on the first page: plain text, and the logo as the bytes of a PNG or JPEG."""

    author: str = ""
    notes: str = ""
    sign_off: str = ""
    client: str = ""
    logo: bytes = b""


def check_logo(data: bytes) -> str:
    """Return the media type of a logo.

    PNG and JPEG only: an SVG may hold scripts.

    Raises
    ------
    InputError
        Another format, more than 300 kB, or a PNG of more than 3,000 pixels a side.
    """
    if data.startswith(_PNG) and len(data) > 24:
        sides = struct.unpack(">II", data[16:24])
        kind = "image/png"
    elif data.startswith(_JPEG):
        sides, kind = (1, 1), "image/jpeg"
    else:
        raise InputError("The logo is neither a PNG nor a JPEG image; save it as one of these.")
    if len(data) > MOST_BYTES:
        raise InputError(f"The logo has {len(data) / 1000:,.0f} kB; up to {MOST_BYTES // 1000} kB fit. Shrink it.")
    if max(sides) > MOST_SIDE or not min(sides):
        raise InputError(f"The logo has {sides[0]:,} x {sides[1]:,} pixels; up to {MOST_SIDE:,} a side fit. Shrink it.")
    return kind


def letterhead(client: str, logo: bytes) -> str:
    """Return the line above the title: the logo, and for whom the report is; "" where neither is given."""
    if not client.strip() and not logo:
        return ""
    image = ""
    if logo:
        image = f'<img alt="" src="data:{check_logo(logo)};base64,{base64.b64encode(logo).decode("ascii")}">'
    words = f"<p>Prepared for {text(client.strip())}</p>" if client.strip() else ""
    return f'<div class="letterhead">{image}{words}</div>'
