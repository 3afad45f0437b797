"""``CREATE TABLE`` statements as a schema: types, keys, references, defaults left aside, simple checks as ranges."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from synth_core.errors import SchemaError
from synth_core.testdata.documents import Lines
from synth_core.testdata.sql_words import Token, bounds_of, text_of, tokens_of

_TYPES = {
    "integer": "int int2 int4 int8 integer smallint bigint tinyint mediumint serial bigserial smallserial",
    "number": "numeric decimal number real float float4 float8 double money",
    "boolean": "bool boolean bit",
    "date": "date",
    "datetime": "datetime timestamp timestamptz datetime2 smalldatetime",
    "text": "text varchar char character nvarchar nchar varchar2 clob string citext bpchar",
    "identifier": "uuid uniqueidentifier",
}
_KINDS = {word: kind for kind, words in _TYPES.items() for word in words.split()}
_SEQUENCES = ("serial", "bigserial", "smallserial", "autoincrement", "auto_increment", "identity")
_PERSONAL = (
    (r"e?mail(_?addr(ess)?)?", "email"), (r"first_?name|given_?name", "first_name"),
    (r"last_?name|surname|family_?name", "last_name"),
    (r"full_?name|(customer|person|patient|contact)_?name", "person_name"),
    (r"(mobile_?)?phone(_?n(umbe)?r)?|telephone", "phone"), (r"iban", "iban"), (r"city|town", "city"),
    (r"street(_?address)?|address(_?line)?_?1?", "street_address"), (r"zip(_?code)?|post(al)?_?code", "postcode"),
    (r"user_?name|login", "username"), (r"ip(_?address)?", "ip_address"), (r"url|website", "url"),
)  # fmt: skip


@dataclass
class _Made:
    """A table on its way: columns by name, with what was said of them."""

    name: str
    line: int
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)
    rule_lines: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    pending: list[tuple[str, str, int]] = field(default_factory=list)


def tables_of(text: str) -> tuple[dict[str, Any], Lines]:
    """Return the tables as the plain values of a schema document, and the line of each.

    Raises
    ------
    SchemaError
        A statement cannot be read, with its line.
    """
    reader = _Reader(text)
    made = reader.tables()
    for table in made:
        _complete(table, {one.name: one for one in made})
    lines: Lines = {}
    document: dict[str, Any] = {}
    for table in made:
        if table.name in document:
            raise SchemaError(f"Line {table.line}: there are two tables named '{table.name}'.")
        document[table.name] = {"columns": table.columns, "rules": table.rules}
        lines[("tables", table.name)] = table.line
        for name, line in table.lines.items():
            lines[("tables", table.name, "columns", name)] = line
        for place, line in enumerate(table.rule_lines):
            lines[("tables", table.name, "rules", place)] = line
    return {"tables": document}, lines


def _complete(table: _Made, known: dict[str, _Made]) -> None:
    """Give references their column where only a table was named, and the columns what their names tell."""
    for column, parent, line in table.pending:
        keys = known[parent].keys if parent in known else []
        if len(keys) != 1:
            raise SchemaError(f"Line {line}, column '{column}' of table '{table.name}': name the column of '{parent}'.")
        table.columns[column]["references"] = f"{parent}.{keys[0]}"
    for name, spec in table.columns.items():
        if spec.get("kind") == "text" and not set(spec) & {"references", "categories"}:
            found = next((what for form, what in _PERSONAL if re.fullmatch(form, name, re.IGNORECASE)), "")
            room = int(spec.get("max_length") or 10_000)
            if found and room >= 20 and not (spec.get("unique") and found in ("first_name", "last_name", "city")):
                del spec["kind"]
                spec.pop("max_length", None)
                spec["personal"] = found
            elif spec.get("unique"):
                spec["kind"] = "identifier"
                spec["format"] = f"[A-Z0-9]{{{min(room, 10)}}}"
        if "references" in spec:
            for key in ("kind", "min", "max", "max_length", "distribution", "format", "decimals"):
                spec.pop(key, None)


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = tokens_of(text)
        self.at = 0

    @property
    def token(self) -> Token:
        if self.at < len(self.tokens):
            return self.tokens[self.at]
        return Token("end", "", self.tokens[-1].line if self.tokens else 1)

    def take(self) -> Token:
        token = self.token
        self.at += 1
        return token

    def met(self, *words: str) -> bool:
        """Take these words where they come next."""
        ahead = self.tokens[self.at : self.at + len(words)]
        if [token.lower for token in ahead] == list(words):
            self.at += len(words)
            return True
        return False

    def need(self, sign: str, where: str) -> None:
        if not self.met(sign):
            raise SchemaError(
                f"Line {self.token.line}, {where}: '{sign}' is expected, not '{self.token.text or 'the end'}'."
            )

    def name(self, where: str) -> str:
        token = self.take()
        if token.kind not in ("word", "quoted"):
            raise SchemaError(f"Line {token.line}, {where}: a name is expected, not '{token.text or 'the end'}'.")
        while self.met("."):  # a schema before the name is left out
            token = self.take()
        return token.name

    def tables(self) -> list[_Made]:
        made = []
        while self.at < len(self.tokens):
            if self.take().lower == "create":
                self.met("temporary") or self.met("temp")
                if self.met("table"):
                    self.met("if", "not", "exists")
                    made.append(self.table())
            else:
                continue
        return made

    def table(self) -> _Made:
        line = self.token.line
        table = _Made(self.name("CREATE TABLE"), line)
        where = f"table '{table.name}'"
        self.need("(", where)
        while True:
            self.part(table, where)
            if self.met(","):
                continue
            self.need(")", where)
            return table

    def part(self, table: _Made, where: str) -> None:
        if self.met("constraint"):
            self.name(where)
        line = self.token.line
        if self.met("primary", "key") or self.met("unique", "key") or self.met("unique"):
            primary = self.tokens[self.at - 2].lower == "primary"
            if self.token.text != "(":
                self.name(where)
            names = self.names(where)
            for name in names:
                self.column(table, name, line)
            if len(names) == 1:
                table.columns[names[0]]["unique"] = True
                table.columns[names[0]].pop("nullable", None)
            if primary:
                table.keys = names
                for name in names:
                    table.columns[name].pop("nullable", None)
        elif self.met("foreign", "key"):
            names = self.names(where)
            self.need("references", where)
            self.reference(table, names, line)
        elif self.met("check"):
            self.check(table, line)
        elif self.token.lower in ("key", "index", "exclude", "fulltext"):
            self.skip()
        else:
            self.define(table)

    def column(self, table: _Made, name: str, line: int) -> dict[str, Any]:
        if name not in table.columns:
            raise SchemaError(f"Line {line}, table '{table.name}': there is no column '{name}'.")
        return table.columns[name]

    def names(self, where: str) -> list[str]:
        self.need("(", where)
        found = [self.name(where)]
        while self.met(","):
            found.append(self.name(where))
        self.need(")", where)
        return found

    def define(self, table: _Made) -> None:
        line = self.token.line
        name = self.name(f"table '{table.name}'")
        where = f"column '{name}' of table '{table.name}'"
        if name in table.columns:
            raise SchemaError(f"Line {line}, table '{table.name}': column '{name}' is named twice.")
        token = self.take()
        kind = _KINDS.get(token.lower)
        if kind is None and token.lower == "enum":
            kind = "category"
        if kind is None:
            raise SchemaError(f"Line {token.line}, {where}: type '{token.text or 'the end'}' is not known.")
        spec: dict[str, Any] = {"kind": kind, "nullable": True}
        if token.lower in _SEQUENCES:
            spec["distribution"] = "sequence"
        if token.lower in ("uuid", "uniqueidentifier"):
            spec = {"personal": "uuid", "nullable": True}
        self.met("varying") or self.met("precision")
        self.size(spec, kind, where)
        table.columns[name], table.lines[name] = spec, line
        while self.token.text not in (",", ")", ""):
            self.said(table, name, spec, where)

    def size(self, spec: dict[str, Any], kind: str, where: str) -> None:
        """Read what stands in brackets behind a type."""
        if not self.met("("):
            return
        inner: list[Token] = []
        while self.token.text not in (")", ""):
            inner.append(self.take())
        self.need(")", where)
        counts = [int(min(float(token.text), 1e6)) for token in inner if token.kind == "number"]
        if kind == "category":
            spec["categories"] = [text_of(token) for token in inner if token.kind == "text"]
        elif kind == "text" and counts:
            spec["max_length"] = counts[0]
        elif kind == "number" and counts:
            places = counts[1] if len(counts) > 1 else 0
            spec["decimals"] = min(places, 9)
            if counts[0] - places < 4:
                spec["max"] = 10.0 ** (counts[0] - places) - 10.0**-places

    def said(self, table: _Made, name: str, spec: dict[str, Any], where: str) -> None:
        line = self.token.line
        if self.met("constraint"):
            self.name(where)
        elif self.met("not", "null"):
            spec.pop("nullable", None)
        elif self.met("primary", "key"):
            spec["unique"] = True
            spec.pop("nullable", None)
            table.keys = [name]
            if spec.get("kind") == "integer":
                spec["distribution"] = "sequence"
        elif self.met("unique"):
            spec["unique"] = True
            spec.pop("nullable", None)
        elif self.met("references"):
            self.reference(table, [name], line)
        elif self.met("check"):
            self.check(table, line)
        elif self.token.lower in _SEQUENCES:
            self.take()
            spec["distribution"] = "sequence"
        elif self.met("default") or self.met("collate") or self.met("comment"):
            self.met("-")
            self.take()
            self.brackets()
        else:
            self.take()
            self.brackets()

    def reference(self, table: _Made, names: list[str], line: int) -> None:
        parent = self.name(f"table '{table.name}'")
        targets = self.names(f"table '{table.name}'") if self.token.text == "(" else []
        if len(names) > 1:
            raise SchemaError(
                f"Line {line}, table '{table.name}': a reference over several columns is not taken; leave it out."
            )
        spec = self.column(table, names[0], line)
        if targets:
            spec["references"] = f"{parent}.{targets[0]}"
        else:
            table.pending.append((names[0], parent, line))
            spec["references"] = parent
        while self.met("on"):
            self.take()
            self.take()
            self.met("null") or self.met("default") or self.met("action")

    def brackets(self) -> None:
        """Pass over one pair of brackets, if it comes next."""
        if self.token.text == "(":
            self.inner()

    def skip(self) -> None:
        while self.token.text not in (",", ")", ""):
            self.take()
            self.brackets()

    def inner(self) -> list[Token]:
        """Take a pair of brackets and return what stands in it."""
        line, depth = self.token.line, 0
        found: list[Token] = []
        while self.at < len(self.tokens):
            token = self.take()
            depth += (token.text == "(") - (token.text == ")")
            if not depth:
                return found[1:]
            found.append(token)
        raise SchemaError(f"Line {line}: a bracket is not closed.")

    def check(self, table: _Made, line: int) -> None:
        """Take a check: one column's values or bounds become its own, anything else a rule."""
        inner = self.inner()
        words = [token.lower for token in inner]
        spec = table.columns.get(inner[0].name) if inner else None
        if spec is not None and words[1:2] == ["in"] and spec.get("kind") == "text":
            spec["kind"] = "category"
            spec.pop("max_length", None)
            spec["categories"] = [text_of(token) for token in inner if token.kind == "text"]
            return
        if spec is not None and bounds_of(inner, spec):
            return
        table.rules.append(" ".join(f"`{token.name}`" if token.kind == "quoted" else token.text for token in inner))
        table.rule_lines.append(line)
