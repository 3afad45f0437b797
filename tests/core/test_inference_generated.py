"""Kinds and roles on made tables: a case per trap, and columns like those of tables that many people use."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from synth_core.offers import role_offers
from synth_core.reading import read_bytes
from synth_core.table import Column, Kind, Role, Table
from tests.core.generated_tables import HARD, LIKE_PUBLIC

TABLES = {"hard cases": HARD, **LIKE_PUBLIC}
CASES = [(name, column) for name, columns in TABLES.items() for column in columns]


@cache
def table(name: str) -> Table:
    """The made table as it comes out of a file."""
    made = pd.DataFrame({header: cells for header, (cells, _) in TABLES[name].items()})
    return read_bytes(made.to_csv(index=False).encode(), f"{name}.csv").table


def is_what(column: Column, line: str) -> bool:
    what = line.partition(";")[0]
    if what.startswith("personal"):
        return column.semantic == what.split()[1]
    return column.semantic is None and column.kind.value in what.split()


@pytest.mark.parametrize(("name", "header"), CASES)
def test_every_made_column_gets_the_kind_that_an_analyst_would_give_it(name: str, header: str) -> None:
    column = table(name).column(header)
    line = TABLES[name][header][1]
    assert is_what(column, line), f"{column.kind.value} {column.semantic or ''}, not {line}"
    assert (column.role is Role.DROP) is (column.kind is Kind.TEXT and column.semantic is None)


@pytest.mark.parametrize("name", TABLES)
def test_who_when_and_what_are_suggested_for_every_made_table(name: str) -> None:
    offers = role_offers(table(name))
    wanted = {
        (word, header)
        for header, (_, line) in TABLES[name].items()
        for word in line.partition(";")[2].split()
        if word != "drop"
    }
    offered = {(offer.role.value, offer.column) for offer in offers}
    assert wanted <= offered
    assert {pair for pair in offered - wanted if pair[0] != "target"} == set()
    assert all(offer.reason.endswith(".") for offer in offers)
