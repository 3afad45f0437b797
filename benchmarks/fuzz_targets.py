"""What is fuzzed: readers and grammars, the files that they start from, and how these are spoilt."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from synth_core.constraints.exchange import import_rules
from synth_core.constraints.expressions import parse_condition, parse_expression
from synth_core.errors import SimileError
from synth_core.kept_tables import open_table, save_table
from synth_core.profile import profile
from synth_core.raw_cells import open_cells, save_cells
from synth_core.reading import Reading, ReadOptions, read_bytes
from synth_core.steering.asks import parse_counts, parse_shares
from synth_core.table import Column, Kind, Role, Table
from synth_core.testdata.schema_files import schema_from_text

PEOPLE = (
    "id,name,age,income,joined,plan\n"
    + "".join(
        f'R-{n:04d},"{"Ä Ö" if n % 3 else "ONeil"}",{18 + n * 7 % 60},"{n * 13 % 977},{n % 100:02d}",'
        f"{2000 + n % 24}-{n % 12 + 1:02d}-{n % 28 + 1:02d},{('gold', 'basic', '')[n % 3]}\n"
        for n in range(30)
    )
).encode()
SCHEMA = b"""tables:
  customers:
    rows: 20
    columns:
      id: {kind: identifier, unique: true, format: "C-[0-9]{8}"}
      name: {personal: name, locale: de_DE}
      plan: {kind: category, categories: {gold: 0.2, basic: 0.8}}
      joined: {kind: date, nullable: 0.1, min: 2024-01-01, max: 2024-12-31}
  orders:
    rows: 40
    columns:
      id: {kind: integer, unique: true, distribution: sequence}
      customer: {references: customers.id}
      quantity: {kind: integer, min: 1, max: 9}
      price: {kind: number, min: 1, max: 900, distribution: lognormal}
      total: {kind: number}
    rules:
      - quantity >= 1
      - {type: formula, output: total, expression: quantity * price}
"""
SQL = b"""CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL,
  age INT CHECK (age BETWEEN 18 AND 99));
CREATE TABLE visit (id INT PRIMARY KEY, customer INT REFERENCES customer(id), paid DECIMAL(8, 2) DEFAULT 0,
  at TIMESTAMP);
"""
EXPRESSIONS = (
    b"age >= 65 and `home town` in ('Ulm', 'Bonn')", b"not (end - start > 30) or paid / 2 <= max(age, 3)",
    b"start between 2020-01-01 and 2024-12-31T10:00", b"name is not null and count_filled(age, paid) = 2",
    b"paid = round(age * 1.19, 2) - abs(-3e5)", b"year(start) <> 2020 and hour(end) < 4 or flag = 'yes'",
    b"days(end - start) > max(age, -(paid + 2), 7) and not (name in ('Ann', 'Bob') or age between paid * 2 and 99)",
    b"count_equal('a', name, flag) >= 1",
)  # fmt: skip
RULES = json.dumps(
    [
        {"type": "inequality", "low_column": "start", "high_column": "end"},
        {"type": "inequality", "low_column": "age", "high_column": "paid"},
        {"type": "not_null", "column": "name"},
        {"type": "unique", "columns": ["name", "age"]},
        {"type": "formula", "output": "paid", "expression": "age * 2"},
        {"type": "custom", "expression": "age >= 18"},
        {"type": "format", "column": "name", "regex": "[A-Z][a-z]+"},
        {"type": "allowed_values", "column": "flag", "values": ["yes", "no"]},
        {"type": "functional_dependency", "determinants": ["name"], "dependent": "flag"},
    ]
).encode()
TOKENS = re.compile(rb"`[^`]+`|'[^']*'|[0-9][0-9.eT:-]*|\w+|[<>=!]+|[^\s\w]")
WORDS = [
    b"", b"\x00", b"\n", b"\r\n", b"\r", b'"', b"'", b",", b";", b"\t", b"|", b"\xff\xfe", b"\xef\xbb\xbf", b"\xff",
    b"\xc3", b"\xed\xa0\x80", b"NaN", b"inf", b"-1e400", b"1e308", b"9" * 40, b"-0", b"0x10", b"1_000",
    b"2024-13-45", b"0001-01-01", b"9999-12-31", b"99999-01-01", b"=cmd()", b"\\", b"\\N", b"null", b"true", b"{",
    b"}", b"[", b"]", b":", b"{}", b"[[]]", b'"\\ud800"', b"\\u0000", b"(", b")", b"((((((", b" and ", b" or ",
    b" not ", b" in (", b" is null", b"`", b"``", b"''", b"/ 0", b"* 1e308", b"- -", b"between 1 and 2", b"max(",
    b"round(", b"<>", b"&x;", b"<a/>", b"]]>", b"A1048577", b"XFE1", b"1" * 5000, b"a" * 3000, b"\xe2\x80\x8b",
    b"\xf0\x9f\x98\x80", b"&a", b"*a", b"!!python/object:x", b"- ", b"--", b"/*", b"references", b"values", b"type",
    b"-1", b"0", b"1e-320", b"4294967296", b"9223372036854775808",
]  # fmt: skip


@cache
def frame() -> pd.DataFrame:
    """Return the rows that expressions are evaluated on."""
    return pd.DataFrame(
        {
            "age": pd.array([1, 65, None, 99], dtype="Int64"),
            "paid": [0.0, float("nan"), 1e300, -2.5],
            "name": ["Ann", None, "", "O'Neil"],
            "home town": ["Ulm", "Bonn", "Ulm", None],
            "flag": ["yes", "no", None, "yes"],
            "start": pd.to_datetime(["2020-01-01", None, "1678-01-01", "2262-01-01"]),
            "end": pd.to_datetime(["2021-01-01", "2020-01-01", None, "2262-04-01"]),
        }
    )


@cache
def table() -> Table:
    """Return the table that rules are held against."""
    kinds = [Kind.INTEGER, Kind.NUMBER, Kind.CATEGORY, Kind.CATEGORY, Kind.BOOLEAN, Kind.DATETIME, Kind.DATETIME]
    columns = tuple(
        Column(name=name, kind=kind, nullable=True, role=Role.FEATURE)
        for name, kind in zip(frame(), kinds, strict=True)
    )
    return Table(frame(), columns, "people")


@cache
def workbook() -> bytes:
    """Return a small workbook with two sheets, dates, merged cells and a formula."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [
        ("id", "name", "age", "when"),
        *((n, f"name {n % 4}", n * 1.5, pd.Timestamp("2024-01-01")) for n in range(12)),
    ]:
        sheet.append(row)
    sheet.merge_cells("B2:B3")
    sheet["C14"] = "=SUM(C2:C13)"
    book.create_sheet("second").append(("x", "y"))
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


@cache
def parquet() -> bytes:
    """Return a small Parquet file of several types."""
    sink = io.BytesIO()
    frame().to_parquet(sink)
    return sink.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    """Return a zip archive with one file."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return sink.getvalue()


def _kept(reading: Reading) -> None:
    """Keep what was read as a project does, open it again, and look at it as the Profile page does."""
    with tempfile.TemporaryDirectory(prefix="simile-fuzz-", dir=_memory()) as name:
        save_cells(reading.raw, Path(name) / "raw.parquet")
        open_cells(Path(name) / "raw.parquet")
        save_table(reading.table, name)
        again = open_table(name)
    assert again.fingerprint == reading.table.fingerprint, "a kept table is not the one that was read"
    if len(reading.table.names) <= 12:
        profile(reading.table)


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _reads(filename: str, *, keep: bool = True) -> Callable[[bytes], None]:
    def target(data: bytes) -> None:
        reading = read_bytes(data, filename, limit_mb=20)
        if keep:
            _kept(reading)

    return target


def _csv(data: bytes) -> None:
    """Read as delimited text; the first byte chooses the options."""
    ways = (
        None, None, None, ReadOptions(delimiter=";"), ReadOptions(quote=""), ReadOptions(header=False),
        ReadOptions(header_row=1), ReadOptions(decimal=",", thousands="."), ReadOptions(sample_rows=3),
        ReadOptions(skip_ragged=True), ReadOptions(encoding="latin-1"), ReadOptions(encoding="utf-16"),
        ReadOptions(missing_tokens=("", "0")), ReadOptions(date_order="day"),
    )  # fmt: skip
    way = ways[data[-1] % len(ways)] if data else None
    _kept(read_bytes(data, "fuzz.csv", way, limit_mb=20))


def _expression(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    found = parse_expression(text)
    assert parse_expression(found.text).columns == found.columns
    found.sentence()
    parse_condition(text, table().columns)
    held = found.holds(frame())
    assert len(held) == len(frame())
    found.evaluate(frame())


def _shares(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with suppress(SimileError):
        parse_shares(text)
    parse_counts(text)


@dataclass(frozen=True)
class Target:
    """Something that takes bytes, and sound examples of these.

    ``inside``: what is spoilt lies in a zip archive; ``tokens``: how an example falls into words, which are shuffled.
    """

    work: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    inside: bool = False
    tokens: re.Pattern[bytes] | None = None


def targets() -> dict[str, Target]:
    """Return what is fuzzed, by name."""
    records = [dict(zip(("a", "b", "c"), (n, f"x{n % 3}", {"d": n / 2}), strict=True)) for n in range(12)]
    lines = b"\n".join(json.dumps(one).encode() for one in records)
    return {
        "csv": Target(_csv, (PEOPLE, PEOPLE.replace(b",", b";"), PEOPLE.decode().encode("utf-16"), b"a\n1\n2\n")),
        "xlsx": Target(_reads("fuzz.xlsx"), (workbook(),), inside=True),
        "parquet": Target(_reads("fuzz.parquet"), (parquet(),)),
        "json": Target(_reads("fuzz.json"), (json.dumps(records).encode(), b'{"data": [{"a": 1}, {"a": null}]}')),
        "jsonl": Target(_reads("fuzz.jsonl"), (lines,)),
        "packed": Target(
            _reads("fuzz.csv.zip"),
            (zipped("a.csv", PEOPLE), gzip.compress(PEOPLE, mtime=0), zipped("a.xlsx", workbook())),
            inside=True,
        ),
        "expression": Target(_expression, EXPRESSIONS, tokens=TOKENS),
        "rules": Target(lambda data: _rules(data), (RULES,)),
        "schema": Target(lambda data: _schema(data), (SCHEMA, SQL)),
        "shares": Target(_shares, (b"sex=F:0.5,M:0.5", b"fraud=1:10000")),
    }


def _rules(data: bytes) -> None:
    import_rules(data.decode("utf-8", "replace"), table())


def _schema(data: bytes) -> None:
    schema_from_text(data.decode("utf-8", "replace"))


def spoilt(target: Target, rng: random.Random) -> bytes:
    """Return a sound example with a few things done to it."""
    data = rng.choice(target.seeds)
    if target.tokens is TOKENS:
        if rng.random() < 0.4:
            return condition(rng, rng.choice((1, 2, 4, 9))).encode()
        data = condition(rng, 3).encode() if rng.random() < 0.5 else data
    if target.inside and rng.random() < 0.8:
        return _spoilt_inside(data, rng)
    if target.tokens is not None and rng.random() < 0.8:
        return _reworded(data, target, rng)
    for _ in range(rng.choice((1, 1, 2, 3, 6, 12))):
        data = _once(data, target.seeds, rng)
    return data[:200_000]


def condition(rng: random.Random, depth: int) -> str:
    """Return a condition that the grammar allows, on the columns of :func:`frame`."""
    if depth > 0 and rng.random() < 0.6:
        one, other = condition(rng, depth - 1), condition(rng, depth - 2)
        return rng.choice((f"not ({one})", f"({one}) or {other}", f"{one} and {other}", f"({one} and not {other})"))
    sign = rng.choice(("=", "==", "!=", "<>", "<", "<=", ">", ">="))
    name = rng.choice(("age", "paid", "name", "`home town`", "flag", "start", "end"))
    number = rng.choice(("0", "1", "-2.5", "1e308", "-1e308", "1e-320", "99", "7.25", "9223372036854775807"))
    return rng.choice(
        (
            f"{_sum(rng, depth)} {sign} {_sum(rng, depth)}",
            f"{_sum(rng, depth)} between {number} and {_sum(rng, depth - 1)}",
            f"{name} is {rng.choice(('', 'not '))}null",
            f"{rng.choice(('name', 'flag', '`home town`'))} {rng.choice(('', 'not '))}in ('yes', 'O''Neil', '')",
            f"{_sum(rng, 1)} in ({number}, 65)",
            f"{rng.choice(('start', 'end'))} {sign} {rng.choice(('2024-02-29', '0001-01-01', '9999-12-31', 'end'))}",
            f"start {rng.choice('+-')} {_sum(rng, 1)} {sign} end",
            f"name {sign} {rng.choice((number, 'flag', 'age', chr(39) + '65' + chr(39)))}",
        )
    )


def _sum(rng: random.Random, depth: int) -> str:
    if depth <= 0 or rng.random() < 0.3:
        return rng.choice(
            ("age", "paid", "0", "1", "65", "1e308", "year(start)", "month(end)", "hour(end)", "(end - start)")
        )
    one, other = _sum(rng, depth - 1), _sum(rng, depth - 2)
    return rng.choice(
        (
            f"{one} {rng.choice('+-*/')} {other}", f"-{one}", f"abs({one})",
            f"round({one}, {rng.choice((0, 2, -3, 400))})",
            f"max({one}, {other})", f"min({one}, {other}, 3)", "count_filled(age, name, start)", f"({one})",
            f"count_equal({rng.choice((chr(39) + 'yes' + chr(39), '65', '2020-01-01'))}, flag, age)", f"days({one})",
            f"count_between(1, {rng.choice(('2', '1e300', '-1'))}, age, paid)", "count_other('no', flag, name)",
        )
    )  # fmt: skip


def _reworded(data: bytes, target: Target, rng: random.Random) -> bytes:
    """Return an example with words exchanged for those of others: most of it stays a sentence of the grammar."""
    assert target.tokens is not None
    words = target.tokens.findall(data)
    others = [word for seed in target.seeds for word in target.tokens.findall(seed)]
    for _ in range(rng.choice((1, 1, 2, 3, 8, 30))):
        at = rng.randrange(len(words) + 1)
        way = rng.randrange(3)
        if way == 0:
            words[at : at + 1] = [rng.choice(others)]
        elif way == 1:
            words.insert(at, rng.choice([*others, *WORDS]))
        else:
            to = rng.randrange(len(words) + 1)
            words[at:at] = words[to : to + rng.choice((1, 2, 5, 9))]
    return b" ".join(words)[:20_000]


def _spoilt_inside(data: bytes, rng: random.Random) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        return gzip.compress(_once(gzip.decompress(data), (PEOPLE,), rng), mtime=0)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    chosen = rng.choice(sorted(members))
    for _ in range(rng.choice((1, 1, 2, 4))):
        members[chosen] = _once(members[chosen], tuple(members.values()), rng)
    if rng.random() < 0.1:
        del members[rng.choice(sorted(members))]
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


def _once(data: bytes, others: tuple[bytes, ...], rng: random.Random) -> bytes:
    at, to = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    near = min(to, at + rng.choice((1, 2, 8, 40)))
    way = rng.randrange(8)
    if way == 0 and data:  # a bit
        place = rng.randrange(len(data))
        return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]
    if way == 1:  # a word put in
        return data[:at] + rng.choice(WORDS) + data[at:]
    if way == 2:  # in place of something
        return data[:at] + rng.choice(WORDS) + data[near:]
    if way == 3:  # cut out
        return data[:at] + data[near:]
    if way == 4:  # said again
        return data[:to] + data[at:near] * rng.choice((1, 2, 50)) + data[to:]
    if way == 5:  # random bytes
        return data[:at] + rng.randbytes(rng.choice((1, 2, 4, 16))) + data[near:]
    if way == 6:  # cut short
        return data[: max(at, 1)] if rng.random() < 0.5 else data[at:]
    other = rng.choice(others)  # spliced
    return data[:at] + other[rng.randrange(len(other) + 1) :]
