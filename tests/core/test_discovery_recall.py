"""How many of the known truths of a table discovery finds in its first twelve suggestions, and how they hold elsewhere.

The truths of the demos are those that their simulations put there; they are always tested. Those of public tables were
counted on the whole files; ``SIMILE_TABLES`` names a folder that holds them, without it these are skipped.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth_core.constraints.base import Constraint
from synth_core.constraints.discovery import Suggestion, discover
from synth_core.constraints.kinds import parse
from synth_core.demos import demo_table
from synth_core.reading import read
from synth_core.table import Table

FIRST = 12
RECALL = 0.9
FOLDER = Path(os.environ.get("SIMILE_TABLES") or "/nonexistent")
DRUGS = (
    "metformin, repaglinide, nateglinide, chlorpropamide, glimepiride, glipizide, glyburide, pioglitazone, "
    "rosiglitazone, acarbose, insulin, `glyburide-metformin`"
)
MARRIED = "'Married-civ-spouse', 'Married-AF-spouse'"
DIAGNOSES = "diag_1, diag_2, diag_3"


def implies(given: str, then: str) -> dict[str, Any]:
    return {"type": "implies", "if": given, "then": then}


def unique(name: str) -> dict[str, Any]:
    return {"type": "unique", "columns": [name]}


def determines(name: str, dependent: str) -> dict[str, Any]:
    return {"type": "functional_dependency", "determinants": [name], "dependent": dependent}


def custom(expression: str) -> dict[str, Any]:
    return {"type": "custom", "expression": expression}


def formula(output: str, expression: str) -> dict[str, Any]:
    return {"type": "formula", "output": output, "expression": expression}


DEMO_TRUTHS: dict[str, list[dict[str, Any]]] = {
    "hospital": [
        unique("record_number"),
        determines("icd_code", "icd_chapter"),
        formula("length_of_stay", "discharge - admission"),
        implies("icd_code in ('O80', 'O99', 'C56')", "sex = 'F'"),
        implies("diabetes = 'no'", "medication = 'none'"),
    ],
    "fraud": [
        unique("transaction_id"),
        formula("hour", "hour(time)"),
        implies("channel = 'online'", "card_present = 'no'"),
        implies("card_present = 'no'", "channel = 'online'"),
        implies("channel = 'online'", "distance_km is null"),
    ],
    "loans": [
        unique("customer_id"),
        unique("iban"),
        implies("employment = 'unemployed'", "years_employed = 0"),
    ],
    "orders": [
        unique("order_id"),
        determines("sku", "category"),
        determines("sku", "unit_price"),
        formula("subtotal", "unit_price * quantity"),
        formula("total", "subtotal + shipping + tax"),
        custom("order_date <= shipped_date"),
        custom("shipped_date <= delivered_date"),
        implies("status in ('open', 'cancelled')", "shipped_date is null"),
        implies("status not in ('delivered', 'returned')", "delivered_date is null"),
        implies("coupon = 'FREESHIP'", "shipping = 0"),
    ],
}

PUBLIC_TRUTHS: dict[str, list[dict[str, Any]]] = {
    "adult/adult.csv.gz": [
        determines("education", "education-num"),
        determines("education-num", "education"),
        implies("workclass is null", "occupation is null"),
        custom("not (`capital-gain` > 0 and `capital-loss` > 0)"),
        implies("relationship in ('Husband', 'Wife')", f"`marital-status` in ({MARRIED})"),
    ],
    "diabetes130/diabetic_data.csv.gz": [
        unique("encounter_id"),
        implies("diabetesMed = 'No'", f"count_other('No', {DRUGS}) = 0"),
        implies(f"count_other('No', {DRUGS}) > 0", "diabetesMed = 'Yes'"),
        implies(f"count_equal('Up', {DRUGS}) + count_equal('Down', {DRUGS}) > 0", "change = 'Ch'"),
        implies("change = 'Ch'", "diabetesMed = 'Yes'"),
        custom(f"num_medications >= count_other('No', {DRUGS})"),
        custom(f"number_diagnoses >= count_filled({DIAGNOSES})"),
        implies("discharge_disposition_id in ('11', '19', '20', '21')", "readmitted = 'NO'"),
        implies(f"count_between(630, 679, {DIAGNOSES}) > 0", "gender = 'Female'"),
        implies(f"count_between(614, 629, {DIAGNOSES}) > 0", "gender = 'Female'"),
        implies(f"count_between(600, 608, {DIAGNOSES}) > 0", "gender = 'Male'"),
    ],
    "vehicle_fraud/fraud_oracle.csv": [
        determines("PolicyType", "BasePolicy"),
        determines("PolicyType", "VehicleCategory"),
        determines("Age", "AgeOfPolicyHolder"),
        unique("PolicyNumber"),
    ],
    "california_housing/housing.csv": [custom("total_bedrooms <= total_rooms"), custom("households <= population")],
    "heart_uci/heart_disease_uci.csv": [unique("id")],
    "ts_stock/stock_data.csv": [
        custom("Low <= Open"),
        custom("Low <= Close"),
        custom("Open <= High"),
        custom("Close <= High"),
    ],
    "ts_energy/energydata_complete_rounded.csv": [formula("rv2", "rv1")],
    "synthea_1k/conditions.csv": [custom("START <= STOP")],
}

needs_tables = pytest.mark.skipif(not FOLDER.is_dir(), reason="SIMILE_TABLES names no folder of tables")


@cache
def halves(name: str) -> tuple[Table, Table]:
    """Return train and holdout rows of a demo, or of a public table."""
    whole = demo_table(name) if name in DEMO_TRUTHS else read(FOLDER / name).table
    return whole.split(0.3, seed=0)


@cache
def suggestions(name: str) -> list[Suggestion]:
    return discover(halves(name)[0], limit=FIRST)


def shuffled(table: Table) -> Table:
    rng = np.random.default_rng(1)
    columns = {name: table.frame[name].iloc[rng.permutation(len(table))].array for name in table.names}
    return table.with_frame(pd.DataFrame(columns))


def is_said(truth: Constraint, found: list[Constraint], table: Table) -> bool:
    """Whether suggestions turn away nearly all rows that a truth turns away, among rows of shuffled columns.

    Only those that share two columns with it count. Keys are told by their columns.
    """
    if truth.type == "unique":
        return any(rule.type == "unique" and rule.columns_used == truth.columns_used for rule in found)
    frame = shuffled(table).frame
    broken = truth.violations(frame).to_numpy()
    near = [rule for rule in found if len(set(rule.columns_used) & set(truth.columns_used)) >= 2]
    said = np.logical_or.reduce([np.zeros(len(frame), bool), *(rule.violations(frame).to_numpy() for rule in near)])
    return bool(broken.sum() >= 5 and (said & broken).sum() >= 0.95 * broken.sum())


def recall(truths: dict[str, list[dict[str, Any]]]) -> tuple[float, list[str]]:
    """Return the share of truths that are among the suggestions, and those that are not."""
    missed, count = [], 0
    for name, given in truths.items():
        train = halves(name)[0]
        found = [suggestion.rule for suggestion in suggestions(name)]
        assert len(found) <= FIRST
        for one in given:
            rule = parse(one).fitted(train)
            rule.check(train)
            count += 1
            if not is_said(rule, found, train):
                missed.append(f"{name}: {rule.sentence()}")
    return 1 - len(missed) / count, missed


def strangers(name: str) -> list[str]:
    """Return suggestions that do not hold on the holdout at about the rate that they state."""
    holdout, odd = halves(name)[1], []
    for one in suggestions(name):
        broken, stated = int(one.rule.violations(holdout.frame).sum()), one.exceptions / max(one.support, 1)
        rows = max(one.support * len(holdout) / len(halves(name)[0]), 1)
        # three standard deviations, and what one more row in train would have said
        expected = rows * (stated + 1 / max(one.support, 1))
        if broken > expected + 3 * np.sqrt(expected) + 1:
            odd.append(f"{name}: {one.rule.sentence()}: {broken:,} of {rows:,.0f}, stated {stated:.2%}")
    return odd


def test_the_demos_truths_are_among_the_first_twelve() -> None:
    share, missed = recall(DEMO_TRUTHS)
    assert share >= RECALL, missed


@pytest.mark.parametrize("name", DEMO_TRUTHS)
def test_what_is_suggested_of_a_demo_holds_on_its_holdout(name: str) -> None:
    assert suggestions(name)
    assert strangers(name) == []


@pytest.mark.parametrize("name", DEMO_TRUTHS)
def test_shuffled_demos_give_no_rule_between_columns(name: str) -> None:
    found = [one for one in discover(shuffled(halves(name)[0])) if len(one.rule.columns_used) > 1]
    assert [one.rule.sentence() for one in found] == []


def test_a_truth_of_which_nothing_is_said_is_not_counted_as_found() -> None:
    train = halves("orders")[0]
    truth = parse(implies("coupon = 'FREESHIP'", "customer_type = 'private'"))
    assert not is_said(truth, [one.rule for one in suggestions("orders")], train)
    assert is_said(truth, [truth], train)


@needs_tables
def test_the_truths_of_public_tables_are_among_the_first_twelve() -> None:
    share, missed = recall(PUBLIC_TRUTHS)
    assert share >= RECALL, missed


@needs_tables
@pytest.mark.parametrize("name", PUBLIC_TRUTHS)
def test_what_is_suggested_of_a_public_table_holds_on_its_holdout(name: str) -> None:
    assert suggestions(name)
    assert strangers(name) == []


@needs_tables
@pytest.mark.parametrize("name", PUBLIC_TRUTHS)
def test_shuffled_public_tables_give_no_rule_between_columns(name: str) -> None:
    found = [one for one in discover(shuffled(halves(name)[0])) if len(one.rule.columns_used) > 1]
    assert [one.rule.sentence() for one in found] == []
