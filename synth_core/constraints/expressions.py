"""Expressions over the columns of a table: ``age >= 65 and not (sex = 'F' or ward is null)``.

::

    or          = and {"or" and}                      and      = not {"and" not}
    not         = "not" not | comparison
    comparison  = sum {("=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=") sum}
                | sum "is" ["not"] "null"
                | sum ["not"] "in" "(" value {"," value} ")"
                | sum ["not"] "between" sum "and" sum
    sum         = product {("+" | "-") product}       product  = factor {("*" | "/") factor}
    factor      = "-" factor | "(" or ")" | function "(" sum {"," sum} ")" | number | 'text' | 2024-01-31 | column
    function    = abs | min | max | round | year | month | hour | days
                | count_filled | count_equal | count_other | count_between

``count_filled(a, b)`` is the number of filled cells among columns, ``count_equal('No', a, b)`` that of cells equal to a
value, ``count_other('No', a, b)`` that of filled cells with another value.

A column name with spaces or hyphens stands in backticks: `` `hours-per-week` ``. The difference of two dates is a
number of days. A comparison with a missing cell is False; ``not`` turns it into True. A text cell that meets a number
or a date is read as one. Nothing is ever run: text becomes a tree of known parts, and only those are evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from synth_core.constraints.expression_arithmetic import Arithmetic, Negative
from synth_core.constraints.expression_logic import Among, Joined, Not, Null
from synth_core.constraints.expression_nodes import Comparison, Function, Literally, Name, Node, Problem
from synth_core.errors import ConstraintError
from synth_core.table import Column, Kind, did_you_mean

LONGEST = 4_000
DEEPEST = 40
_FUNCTIONS = {
    "abs": (1, 1),
    "round": (1, 2),
    "year": (1, 1),
    "month": (1, 1),
    "hour": (1, 1),
    "days": (1, 1),
    "min": (2, 20),
    "max": (2, 20),
    "count_filled": (1, 100),
    "count_equal": (2, 101),
    "count_other": (2, 101),
    "count_between": (3, 102),
}
_KEYWORDS = {"and", "or", "not", "in", "between", "is", "null"}
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<date>\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(?![\w-]))
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    |(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    |(?P<quoted>`(?:[^`]|``)+`)
    |(?P<word>[^\W\d][\w.]*)
    |(?P<sign><=|>=|==|!=|<>|[-+*/()<>=,])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes
    ----------
    columns
        Names of the columns that it reads, in order of appearance.
    null_tested
        Those whose missing cells it asks about (``is null``).
    """

    text: str
    root: Node
    columns: tuple[str, ...]
    null_tested: tuple[str, ...]

    def evaluate(self, frame: pd.DataFrame) -> pd.Series:
        """Return one value per row of ``frame`` (same index): bool for comparisons, else float64, dates or text."""
        try:
            cells = self.root.cells(frame)
        except Problem as problem:
            raise _error(self.text, problem) from None
        return pd.Series(cells.array(len(frame)), index=frame.index)

    def holds(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Return True for each row of ``frame`` where the comparison holds (bool, same index)."""
        try:
            return pd.Series(self.root.truth(frame), index=frame.index, dtype=bool)
        except Problem as problem:
            raise _error(self.text, problem) from None

    def sentence(self) -> str:
        """Return the expression in words."""
        return self.root.words()


def parse_expression(text: str, columns: Sequence[Column] | None = None) -> Expression:
    """Return the expression in ``text``; :class:`ConstraintError` gives the character and the nearest column name.

    With ``columns``, names and kinds are checked too.

    >>> parse_expression("age >= 65 and `home town` in ('Ulm', 'Bonn')").sentence()
    "age is at least 65 and home town is 'Ulm' or 'Bonn'"
    """
    expression = _parsed(text)
    if columns is not None:
        try:
            expression.root.cells(_empty(columns))
        except Problem as problem:
            raise _error(text, problem) from None
    return expression


def parse_condition(text: str, columns: Sequence[Column] | None = None) -> Expression:
    """Return the expression in ``text``, which must be a comparison (something that holds or not)."""
    expression = parse_expression(text, columns)
    if not isinstance(expression.root, Comparison | Among | Null | Not | Joined):
        raise _error(text, Problem(0, "a comparison is needed, such as age >= 65."))
    return expression


def quote_name(name: str) -> str:
    """Return a column name as it is written in an expression.

    >>> quote_name("age"), quote_name("hours-per-week"), quote_name("in")
    ('age', '`hours-per-week`', '`in`')
    """
    bare = re.fullmatch(r"[^\W\d][\w.]*", name) and name.lower() not in _KEYWORDS
    return name if bare else "`" + name.replace("`", "``") + "`"


def quote_text(value: str) -> str:
    """Return a text value as it is written in an expression.

    >>> quote_text("O'Hara")
    "'O''Hara'"
    """
    return "'" + value.replace("'", "''") + "'"


@lru_cache(maxsize=256)
def _parsed(text: str) -> Expression:
    try:
        if len(text) > LONGEST:
            raise Problem(LONGEST, f"the expression is longer than {LONGEST:,} characters.")
        root = _Parser(text).whole()
    except Problem as problem:
        raise _error(text, problem) from None
    return expression_of(root, text)


def expression_of(root: Node, text: str) -> Expression:
    """Return a part of an expression as one of its own; ``text`` is what errors show."""
    nodes = list(root.walk())
    names = dict.fromkeys(node.name for node in nodes if isinstance(node, Name))
    tested = [part for node in nodes if isinstance(node, Null) for part in node.walk()]
    tested += [part for node in nodes if isinstance(node, Function) and node.counts for part in node.walk()]
    null_tested = dict.fromkeys(part.name for part in tested if isinstance(part, Name))
    return Expression(text, root, tuple(names), tuple(null_tested))


def _error(text: str, problem: Problem) -> ConstraintError:
    shown = text if len(text) <= 80 else text[:77] + "..."
    return ConstraintError(f'Expression "{shown}", character {problem.position + 1}: {problem.message}')


def _empty(columns: Sequence[Column]) -> pd.DataFrame:
    dtypes = {Kind.INTEGER: "Int64", Kind.NUMBER: "float64", Kind.DATETIME: "datetime64[ns]"}
    return pd.DataFrame({c.name: pd.Series([], dtype=dtypes.get(c.kind, "object")) for c in columns})


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Problem(position, _unreadable(text[position:]))
        kind = str(match.lastgroup)
        if kind == "word" and match.group().lower() in _KEYWORDS:
            kind = "keyword"
        if kind != "space":
            tokens.append(_Token(kind, match.group().lower() if kind == "keyword" else match.group(), position))
        position = match.end()
    tokens.append(_Token("end", "", len(text)))
    return tokens


def _unreadable(rest: str) -> str:
    if rest[0] in "'\"`":
        return f"the quote {rest[0]} is not closed."
    if rest[0].isdigit():
        return "this is neither a number nor a date; a column name that begins with a digit stands in backticks (`)."
    return f"'{rest[0]}' is not part of an expression; a column name with special characters stands in backticks (`)."


class _Parser:
    """Recursive descent over the grammar at the top of this module."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def whole(self) -> Node:
        if self.token.kind == "end":
            raise Problem(0, "the expression is empty; write one such as age >= 65.")
        node = self.either()
        if self.token.kind != "end":
            raise Problem(self.token.position, self._unexpected("and, or, or the end"))
        return node

    def either(self) -> Node:
        return self._joined("or", self.both)

    def both(self) -> Node:
        return self._joined("and", self.negation)

    def _joined(self, word, part) -> Node:  # type: ignore[no-untyped-def]
        position, parts = self.token.position, [part()]
        while self._took("keyword", word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(position, word, tuple(parts))

    def negation(self) -> Node:
        position = self.token.position
        if not self._took("keyword", "not"):
            return self.comparison()
        self._deeper(position)
        node = Not(position, self.negation())
        self.depth -= 1
        return node

    def comparison(self) -> Node:
        left = self.total()
        position = self.token.position
        if self._took("keyword", "is"):
            negated = self._took("keyword", "not")
            self._need("keyword", "null")
            return Null(position, left, negated)
        negated = self._took("keyword", "not")
        if self._took("keyword", "in"):
            return self._among(position, left, negated)
        if self._took("keyword", "between"):
            low = self.total()
            self._need("keyword", "and")
            high = self.total()
            inside = (Comparison(position, ">=", left, low), Comparison(position, "<=", left, high))
            outside = (Comparison(position, "<", left, low), Comparison(position, ">", left, high))
            return Joined(position, "or", outside, True) if negated else Joined(position, "and", inside, True)
        if negated:
            raise Problem(self.token.position, self._unexpected("in or between"))
        return self._compared(left)

    def _compared(self, left: Node) -> Node:
        found: list[Node] = []
        while self.token.kind == "sign" and self.token.text in ("=", "==", "!=", "<>", "<", "<=", ">", ">="):
            token = self._next()
            right = self.total()
            sign = {"==": "=", "<>": "!="}.get(token.text, token.text)
            found.append(Comparison(token.position, sign, left, right))
            left = right
        if not found:
            return left
        return found[0] if len(found) == 1 else Joined(found[0].position, "and", tuple(found))

    def _among(self, position: int, left: Node, negated: bool) -> Node:
        self._need("sign", "(")
        items = []
        while True:
            item = self.factor()
            if isinstance(item, Negative) and isinstance(item.node, Literally) and item.node.worth == "number":
                item = Literally(item.position, "number", -item.node.value)
            if not isinstance(item, Literally):
                raise Problem(item.position, "a list holds values: numbers, dates, or text in quotes.")
            items.append(item)
            if not self._took("sign", ","):
                break
        self._need("sign", ")")
        return Among(position, left, tuple(items), negated)

    def total(self) -> Node:
        return self._arithmetic(("+", "-"), self.product)

    def product(self) -> Node:
        return self._arithmetic(("*", "/"), self.factor)

    def _arithmetic(self, signs, part) -> Node:  # type: ignore[no-untyped-def]
        position, first, rest = self.token.position, part(), []
        while self.token.kind == "sign" and self.token.text in signs:
            sign = self._next().text
            rest.append((sign, part()))
        return Arithmetic(position, first, tuple(rest)) if rest else first

    def factor(self) -> Node:
        token = self._next()
        self._deeper(token.position)
        try:
            return self._factor(token)
        finally:
            self.depth -= 1

    def _factor(self, token: _Token) -> Node:
        if token.kind == "number":
            return Literally(token.position, "number", float(token.text))
        if token.kind == "text":
            quote = token.text[0]
            return Literally(token.position, "text", token.text[1:-1].replace(quote * 2, quote))
        if token.kind == "date":
            return self._date(token)
        if token.kind == "quoted":
            return Name(token.position, token.text[1:-1].replace("``", "`"))
        if token.kind == "word":
            called = self.token.kind == "sign" and self.token.text == "("
            return self._function(token) if called else Name(token.position, token.text)
        if token.kind == "sign" and token.text == "-":
            return Negative(token.position, self.factor())
        if token.kind == "sign" and token.text == "(":
            node = self.either()
            self._need("sign", ")")
            return node
        self.at -= 1
        raise Problem(token.position, self._unexpected("a column, a number, a date or text in quotes"))

    def _date(self, token: _Token) -> Node:
        try:
            np.datetime64(token.text.replace(" ", "T"), "ns")
            pd.Timestamp(token.text)
        except ValueError:
            raise Problem(token.position, f"{token.text} is not a day in the calendar.") from None
        return Literally(token.position, "date", token.text.replace(" ", "T"))

    def _function(self, token: _Token) -> Node:
        name = token.text.lower()
        if name not in _FUNCTIONS:
            hint = did_you_mean(name, list(_FUNCTIONS)).replace("columns", "functions")
            raise Problem(token.position, f"there is no function '{token.text}'.{hint}")
        self._need("sign", "(")
        given = [self.total()]
        while self._took("sign", ","):
            given.append(self.total())
        self._need("sign", ")")
        low, high = _FUNCTIONS[name]
        if not low <= len(given) <= high:
            count = str(low) if low == high else f"{low} to {high}"
            raise Problem(token.position, f"{name} takes {count} value{'s' if high > 1 else ''}, not {len(given)}.")
        return Function(token.position, name, tuple(given))

    def _deeper(self, position: int) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Problem(position, f"parts are nested more than {DEEPEST} deep; write it more simply.")

    def _next(self) -> _Token:
        token = self.token
        if token.kind != "end":
            self.at += 1
        else:
            raise Problem(token.position, self._unexpected("a column, a number, a date or text in quotes"))
        return token

    def _took(self, kind: str, text: str) -> bool:
        if (self.token.kind, self.token.text) != (kind, text):
            return False
        self.at += 1
        return True

    def _need(self, kind: str, text: str) -> None:
        if not self._took(kind, text):
            raise Problem(self.token.position, self._unexpected(f"'{text}'"))

    def _unexpected(self, wanted: str) -> str:
        if self.token.kind == "end":
            return f"the expression ends here, but {wanted} is missing."
        hint = " A column name with spaces or hyphens stands in backticks (`)." if self.token.kind == "word" else ""
        return f"{wanted} is needed here, not '{self.token.text}'.{hint}"
