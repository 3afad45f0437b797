"""The kinds, personal data and roles that an analyst gives the columns of public tables, written down before looking.

The tables are not part of the project. ``SIMILE_TABLES`` names a folder that holds them under the paths in
``expected_kinds.json``; without it these tests are skipped. ``generated_tables.py`` holds a made table per hard case.

A column's line reads "kind [or kind ...]; role", or "personal what" ("what?": or not personal); "empty" is a
column without a filled cell.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pytest

from synth_core.offers import role_offers
from synth_core.reading import read
from synth_core.table import Column, Role, Table

EXPECTED: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parent / "expected_kinds.json").read_text(encoding="utf-8")
)
FOLDER = Path(os.environ.get("SIMILE_TABLES") or "/nonexistent")

needs_tables = pytest.mark.skipif(not FOLDER.is_dir(), reason="SIMILE_TABLES names no folder of tables")


@cache
def table(file: str) -> Table:
    return read(FOLDER / file).table


def fits(column: Column, line: str, *, empty: bool) -> bool:
    """Whether a column is what its line says, roles aside."""
    if line == "empty":
        return empty
    what, _, rest = line.partition(";")
    if what.startswith("personal"):
        return column.semantic == what.split()[1]
    wanted = rest.strip().removeprefix("personal ") if "personal" in rest else None
    if wanted is not None and wanted.endswith("?") and column.semantic is None:
        wanted = None
    return column.semantic == (wanted and wanted.rstrip("?")) and column.kind.value in what.split()


def misread(file: str) -> list[str]:
    """Return a sentence per column of a table that is not read as an analyst would."""
    found = table(file)
    return [
        f"{column.name}: {column.kind.value} {column.semantic or ''}, not {EXPECTED[file][column.name]}"
        for column in found.columns
        if not fits(column, EXPECTED[file][column.name], empty=bool(found.frame[column.name].isna().all()))
    ]


@needs_tables
@pytest.mark.parametrize("file", EXPECTED)
def test_every_column_of_a_public_table_gets_the_kind_that_an_analyst_would_give_it(file: str) -> None:
    if not (FOLDER / file).exists():
        pytest.skip("this table is not there")
    assert misread(file) == []


@needs_tables
@pytest.mark.parametrize("file", EXPECTED)
def test_who_and_when_are_suggested_and_nothing_else(file: str) -> None:
    if not (FOLDER / file).exists():
        pytest.skip("this table is not there")
    offered = {(offer.role, offer.column) for offer in role_offers(table(file)) if offer.role is not Role.TARGET}
    wanted = {
        (Role(word), name)
        for name, line in EXPECTED[file].items()
        for word in line.partition(";")[2].split()
        if word in ("entity", "order")
    }
    assert offered == wanted


@needs_tables
@pytest.mark.parametrize("file", [file for file in EXPECTED if "target" in str(EXPECTED[file])])
def test_the_target_of_a_public_table_is_among_the_candidates(file: str) -> None:
    if not (FOLDER / file).exists():
        pytest.skip("this table is not there")
    candidates = [offer.column for offer in role_offers(table(file)) if offer.role is Role.TARGET]
    wanted = [name for name, line in EXPECTED[file].items() if line.endswith("target")]
    assert set(wanted) <= set(candidates)
    assert len(candidates) <= 3
