"""The words of SQL: tokens with their lines, and checks that say the bounds of one column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil, floor, isfinite
from typing import Any

from synth_core.errors import SchemaError

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<text>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")+"|`[^`]+`|\[[^\]]+\])
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<word>[^\W\d]\w*)
    |(?P<sign><=|>=|<>|!=|::|[-+*/%(),;.=<>])""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A word, number, text or sign, and the line that it stands in."""

    kind: str
    text: str
    line: int

    @property
    def lower(self) -> str:
        """The text in small letters."""
        return self.text.lower()

    @property
    def name(self) -> str:
        """A name without its quotes."""
        return self.text[1:-1].replace('""', '"') if self.kind == "quoted" else self.text


def is_sql(text: str) -> bool:
    """Return whether a text holds ``CREATE TABLE`` rather than JSON or YAML."""
    bare = re.sub(r"--[^\n]*|/\*.*?(?:\*/|\Z)", " ", text, flags=re.DOTALL)
    return re.search(r"\bcreate\s+(?:temp(?:orary)?\s+)?table\b", bare, re.IGNORECASE) is not None


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text, spaces and comments left out; SchemaError names the line of a strange sign."""
    found: list[Token] = []
    place, line = 0, 1
    while place < len(text):
        one = _TOKEN.match(text, place)
        if one is None:
            raise SchemaError(f"Line {line}: '{text[place]}' is not understood in CREATE TABLE.")
        if one.lastgroup != "space":
            found.append(Token(str(one.lastgroup), one[0], line))
        place, line = one.end(), line + one[0].count("\n")
    return found


def bounds_of(inner: list[Token], spec: dict[str, Any]) -> bool:
    """Put ``age >= 18``, ``age between 18 and 90`` or both into a column; False where it is not that."""
    words = [token.lower for token in inner]
    name = words[0]
    kind = spec.get("kind")
    found: dict[str, Any] = {}
    place = 0
    while place < len(inner):
        if words[place] != name:
            return False
        if words[place + 1 : place + 2] == ["between"]:
            low, after = _value(inner, place + 2, kind)
            if low is None or words[after : after + 1] != ["and"]:
                return False
            high, place = _value(inner, after + 1, kind)
            ends = [(">=", low), ("<=", high)]
        elif words[place + 1 : place + 2] in ([">="], ["<="], [">"], ["<"]):
            value, after = _value(inner, place + 2, kind)
            ends, place = [(words[place + 1], value)], after
        else:
            return False
        for sign, value in ends:
            if value is None or (len(sign) == 1 and kind != "integer") or not _narrowed(found, sign, value, kind):
                return False
        if place < len(inner) and words[place] != "and":
            return False
        place += 1
    spec |= found
    return True


def _narrowed(found: dict[str, Any], sign: str, value: Any, kind: Any) -> bool:
    """Put one bound into ``found``, of two the narrower; False where dates would have to be compared."""
    end, lower = ("min", True) if sign[0] == ">" else ("max", False)
    if kind == "integer":
        if value != int(value):  # the next whole number inside
            value = ceil(value) if lower else floor(value)
        elif len(sign) == 1:
            value = int(value) + (1 if lower else -1)
        value = int(value)
    if end in found:
        if isinstance(value, str):
            return False
        value = max(value, found[end]) if lower else min(value, found[end])
    found[end] = value
    return True


def _value(inner: list[Token], place: int, kind: Any) -> tuple[Any, int]:
    """Return a number or date that stands here (None where it is neither), and where what follows begins."""
    minus = place < len(inner) and inner[place].text == "-"
    place += minus
    if place < len(inner) and inner[place].kind == "number" and kind in ("integer", "number"):
        text, sign = inner[place].text, -1 if minus else 1
        if kind == "integer" and text.isdecimal():  # not by way of a float, which knows 53 bits
            return sign * int(text), place + 1
        number = sign * float(text)
        return (number if isfinite(number) else None), place + 1
    place += place < len(inner) and inner[place].lower in ("date", "timestamp")
    if place < len(inner) and inner[place].kind == "text" and kind in ("date", "datetime"):
        return text_of(inner[place]), place + 1
    return None, place + 1


def text_of(token: Token) -> str:
    """Return a text without its quotes."""
    return token.text[1:-1].replace("''", "'")
