"""From the bytes of a text file to UTF-8: byte order marks, a guess that says so, and encodings chosen by hand."""

from __future__ import annotations

import codecs
import re

from synth_core.errors import ReadingError

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252 (Western)",
    "latin-1": "Latin-1 (ISO 8859-1)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp437": "DOS (cp437)",
    "mac-roman": "Mac Roman",
    "shift-jis": "Shift-JIS (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "koi8-r": "KOI8-R (Russian)",
}
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_ONE_BYTE = ("cp1252", "mac-roman", "cp437", "cp1250", "cp1251", "koi8-r")
_USUAL = frozenset(
    "äöüßÄÖÜéèêëÉÈàâçÇñÑóíáúÓÍÁÚãõåøæÅØÆîïôûœìòù"  # Western
    "łŁąęśŚżŻźŹćńčČřŘšŠžŽěůďťýőű"  # Central European
    "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЭЮЯ"  # Cyrillic
)
_SIGNS = frozenset("€£§°²³µ·«»¿¡\u00a0\u00ad–—‘’“”„…")
_SLICE = 16_000_000
_SAMPLE = 60_000


def to_utf8(data: bytes, filename: str, encoding: str | None) -> tuple[bytes, str, str]:
    """Return the text as UTF-8 bytes without a mark, the encoding used, and a note when it was a guess.

    Raises
    ------
    ReadingError
        An encoding that there is not, or that does not fit the bytes.
    """
    if encoding is not None:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise ReadingError(
                f"There is no encoding '{encoding}'; use utf-8, utf-16, latin-1 or cp1252, or leave it to be guessed."
            ) from None
        try:
            return _transcoded(data, encoding, "strict"), encoding, ""
        except UnicodeError as error:
            place = int(error.args[2]) if len(error.args) > 2 else 0
            raise ReadingError(
                f"'{filename}' is not {encoding}: byte {place:,} does not fit; try latin-1, or leave it to be guessed."
            ) from None
    guess = next((name for mark, name in _BOMS if data.startswith(mark)), None) or _utf16_without_mark(data)
    try:
        text = _transcoded(data, guess or "utf-8", "strict")
        return text, guess or "utf-8", f"The text is {guess}." if guess and guess.startswith("utf-16") else ""
    except UnicodeError:
        pass
    name, why = _guess(data)
    title = ENCODINGS[name].split(" (")[0]
    text = _transcoded(data, name, "replace")
    return text, name, f"The text is not UTF-8; read as {title}{why}. Choose another encoding if letters look wrong."


def _transcoded(data: bytes, encoding: str, errors: str) -> bytes:
    """Return the text as UTF-8, decoded piece by piece; text that is UTF-8 already is checked and not copied.

    The error of bytes that do not fit carries their place in the file.
    """
    name = codecs.lookup(encoding).name
    decoder = codecs.getincrementaldecoder(name)(errors)
    same = name in ("utf-8", "utf-8-sig", "ascii")
    parts = []
    for start in range(0, max(len(data), 1), _SLICE):
        piece = data[start : start + _SLICE]
        if same and piece.isascii():
            continue
        try:
            text = decoder.decode(piece, final=start + _SLICE >= len(data))
        except UnicodeDecodeError as error:
            raise UnicodeDecodeError(name, b"", start + error.start, start + error.end, error.reason) from None
        if not same:
            parts.append(text.encode("utf-8", errors="replace"))
    found = data if same else b"".join(parts)
    return found.removeprefix(b"\xef\xbb\xbf")


def _utf16_without_mark(data: bytes) -> str | None:
    start = data[:2000]
    if len(start) >= 4 and start[1::2].count(0) > 0.8 * len(start[1::2]) and start[::2].count(0) == 0:
        return "utf-16-le"
    if len(start) >= 4 and start[::2].count(0) > 0.8 * len(start[::2]) and start[1::2].count(0) == 0:
        return "utf-16-be"
    return None


def _guess(data: bytes) -> tuple[str, str]:
    """Return the encoding of text that is not UTF-8, and what shows it (in words, may be empty)."""
    sample = b"\n".join(line for line in data[:4_000_000].splitlines() if not line.isascii())[:_SAMPLE]
    if not sample:
        sample = data[-_SAMPLE:]
    western = "cp1252" if re.search(rb"[\x80-\x9f]", data) else "latin-1"
    found = _by_letters(sample)
    return (found, ", judged by its letters") if found is not None else (western, "")


def _by_letters(sample: bytes) -> str | None:
    """Return the encoding in which the letters look like words; None where Western (Windows) does as well as any.

    Tables of one byte per letter are judged by :func:`_likely`; those of several bytes by charset-normalizer, which
    knows how often their letters follow one another.
    """
    scores = {name: _likely(sample.decode(name, errors="replace")) for name in _ONE_BYTE}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < 1.3 and sum(byte > 127 for byte in sample) >= 12 and (wide := _wide(sample)) is not None:
        return wide
    return best if scores[best] > scores["cp1252"] + 0.4 else None


def _wide(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes

    names = {codecs.lookup(name).name: name for name in ("shift-jis", "gb18030", "cp1252", "cp1251", "cp437")}
    best = from_bytes(sample, cp_isolation=list(names), threshold=0.3).best()
    name = names.get(best.encoding) if best is not None else None
    return name if name in ("shift-jis", "gb18030") else None


def _likely(text: str) -> float:
    """Return how much the letters beyond ASCII look like those of words, about -3 (not at all) to 2 (every one)."""
    points, seen = 0.0, 0
    for before, letter, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if letter < "\x80":
            continue
        seen += 1
        if letter < "\u0400" and all("\x80" <= near < "\u0400" and near.isalpha() for near in (before, after)):
            points -= 2.0  # no Western word is made of accented letters alone
        elif letter in _USUAL:
            points += 2.0 if letter.islower() or not before.islower() else -2.0
        elif letter.isalpha():
            alike = before.isalpha() and (before < "\x80") != (letter > "\u0400")
            points += -2.0 if letter.isupper() and before.islower() else 0.5 if alike or not before.isalpha() else 0.0
        elif letter in _SIGNS:
            points += 1.0 if not (before.isalpha() and after.isalpha()) or letter in "\u2019\u00ad" else -1.0
        else:
            points -= 10.0 if letter == "\ufffd" else 1.5 if letter.isprintable() else 3.0
    return points / seen if seen else 0.0
