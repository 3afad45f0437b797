"""Usual rules of a field are offered where names and kinds of columns fit."""

from __future__ import annotations

import pandas as pd
import pytest

from synth_core.constraints.templates import DOMAINS, likely_domain, templates, words_of
from synth_core.reading import table_from_frame
from synth_core.table import Table


def stays() -> Table:
    rows = 60
    return table_from_frame(
        pd.DataFrame(
            {
                "admissionDate": pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d"),
                "discharge_date": pd.date_range("2024-01-03", periods=rows).strftime("%Y-%m-%d"),
                "age": [20 + i for i in range(rows - 1)] + [140],
                "systolic": [120 + i for i in range(rows)],
                "diastolic": [80 + i for i in range(rows)],
                "died": ["yes" if i % 6 == 0 else "no" for i in range(rows)],
                "readmitted": ["yes" if i % 5 == 0 else "no" for i in range(rows)],
                "account_age_days": [i + 500 for i in range(rows)],
            }
        )
    )


def test_clinical_rules_are_found_by_names_and_counted_on_the_rows() -> None:
    table = stays()
    told = {one.rule.sentence(): int(one.rule.violations(table.frame).sum()) for one in templates(table, "clinical")}
    assert told == {
        "admissionDate is at most discharge_date": 0,
        "age is between 0 and 120": 1,
        "diastolic is below systolic": 0,
        "systolic is between 40 and 300": 0,
        "diastolic is between 20 and 200": 0,
        "if died is 'yes', then readmitted is 'no'": 2,
    }
    assert likely_domain(table) == "clinical"


def test_orders_add_up_and_come_in_order() -> None:
    rows = 40
    frame = pd.DataFrame(
        {
            "Order date": pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d"),
            "ShippedDate": pd.date_range("2024-01-02", periods=rows).strftime("%Y-%m-%d"),
            "delivered": pd.date_range("2024-01-05", periods=rows).strftime("%Y-%m-%d"),
            "unit_price": [1.5 + i for i in range(rows)],
            "qty": [1 + i % 3 for i in range(rows)],
        }
    )
    frame["subtotal"] = frame["unit_price"] * frame["qty"]
    frame["tax"] = frame["subtotal"] * 0.25
    frame["total"] = frame["subtotal"] + frame["tax"]
    table = table_from_frame(frame)
    told = [one.rule.sentence() for one in templates(table, "orders")]
    assert told[:2] == ["Order date ≤ ShippedDate ≤ delivered", "qty is at least 1"]
    assert "subtotal equals unit_price × qty (within 0.01)" in told
    assert "subtotal + tax equals total (within 0.01)" in told
    assert all(not one.rule.violations(table.frame).any() for one in templates(table, "orders"))


@pytest.mark.parametrize("domain", list(DOMAINS))
def test_columns_without_such_names_get_no_offer(domain: str) -> None:
    table = table_from_frame(pd.DataFrame({"V1": range(50), "V2": [f"k{i % 4}" for i in range(50)]}))
    assert templates(table, domain) == []
    assert likely_domain(table) is None


def test_names_are_read_word_by_word() -> None:
    assert words_of("orderDate") == "_order_date_"
    assert words_of("Amount (EUR)") == "_amount_eur_"
