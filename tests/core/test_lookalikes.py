"""Columns in the form of well-known public tables get the kinds, roles and missing words that an analyst expects."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from synth_core.offers import missing_offers, role_offers
from synth_core.reading import read_bytes
from synth_core.table import Role, Table
from tests.core.lookalike_tables import LOOKALIKES


@cache
def table(name: str) -> Table:
    frame = pd.DataFrame({header: cells for header, (cells, _) in LOOKALIKES[name].items()})
    return read_bytes(frame.to_csv(index=False).encode(), f"{name}.csv").table


def expected(name: str, what: str) -> set[tuple[str, str]]:
    """Return what is expected behind the semicolons: ("target", column), ("missing=-1", column)."""
    lines = ((header, line.partition(";")[2].split()) for header, (_, line) in LOOKALIKES[name].items())
    return {(word, header) for header, words in lines for word in words if word.startswith(what)}


@pytest.mark.parametrize("name", LOOKALIKES)
def test_every_column_gets_its_kind_and_nothing_else_is_personal(name: str) -> None:
    wrong = []
    for header, (_, line) in LOOKALIKES[name].items():
        column, kinds = table(name).column(header), line.partition(";")[0].split()
        wanted = kinds[1] if kinds[0] == "personal" else None
        if column.semantic != wanted or (wanted is None and column.kind.value not in kinds):
            wrong.append(f"{header}: {column.kind.value} {column.semantic or ''}, not {line}")
    assert wrong == []


@pytest.mark.parametrize("name", LOOKALIKES)
def test_the_roles_that_are_meant_are_offered_and_no_other(name: str) -> None:
    offered = {(offer.role.value, offer.column) for offer in role_offers(table(name))}
    wanted = {(word, header) for word, header in expected(name, "") if word.rstrip("?") in list(Role)}
    maybe = {(word.rstrip("?"), header) for word, header in wanted}
    assert {pair for pair in wanted if not pair[0].endswith("?")} <= offered <= maybe


@pytest.mark.parametrize("name", LOOKALIKES)
def test_the_words_that_mean_nothing_are_offered_as_missing_and_no_other(name: str) -> None:
    offered = {(f"missing={offer.word}", offer.column) for offer in missing_offers(table(name))}
    assert offered == expected(name, "missing=")
