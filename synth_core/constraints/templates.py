"""Usual rules of a field (clinical, finance, orders), offered where the names and kinds of a table's columns fit.

A template says what such data should keep, whether or not the rows at hand do: it is an offer, shown with its count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from synth_core.constraints.base import AMOUNTS, Constraint
from synth_core.constraints.combinations import RARE
from synth_core.constraints.expressions import quote_name, quote_text
from synth_core.constraints.kinds import parse
from synth_core.errors import ConstraintError
from synth_core.table import Column, Kind, Table

DOMAINS = {"clinical": "Clinical", "finance": "Finance", "orders": "Orders"}
DATES = (Kind.DATETIME,)
STATES = (Kind.CATEGORY, Kind.BOOLEAN, Kind.INTEGER)
YES = r"yes|y|true|t|1|1\.0"
AGE = r"(?<!account_)age(?!_days|_group|_band)"
NO = r"no|n|false|f|0|0\.0"


@dataclass(frozen=True)
class Template:
    """A rule that is usual in a field, and why, in a sentence."""

    rule: Constraint
    reason: str


def words_of(name: str) -> str:
    """Return a column's name as lower-case words between underscores.

    >>> words_of("dateOfDischarge"), words_of("Systolic BP (mmHg)")
    ('_date_of_discharge_', '_systolic_bp_mm_hg_')
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return "_" + re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_") + "_"


class _Columns:
    """The columns of a table by what their names say."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.named = [(words_of(column.name), column) for column in table.columns if not column.regenerated]

    def all(self, pattern: str, kinds: Sequence[Kind]) -> list[Column]:
        """Return the columns of these kinds whose words hold the pattern between underscores."""
        wanted = re.compile(f"_(?:{pattern})_")
        return [column for words, column in self.named if column.kind in kinds and wanted.search(words)]

    def one(self, pattern: str, kinds: Sequence[Kind]) -> str | None:
        """Return the first such column's name; None without one."""
        found = self.all(pattern, kinds)
        return found[0].name if found else None

    def level(self, name: str, pattern: str) -> str | None:
        """Return the first level of at least seven rows that the pattern fits whole, in any case."""
        counts = self.table.frame[name].value_counts()
        fits = (str(v) for v in counts[counts >= RARE].index if re.fullmatch(pattern, str(v).strip(), re.IGNORECASE))
        return next(fits, None)

    def is_level(self, name: str, level: str) -> str:
        """Return the expression that a column holds a level."""
        number = self.table.column(name).kind is Kind.INTEGER
        return f"{quote_name(name)} = {level if number else quote_text(level)}"


Offer = tuple[dict[str, Any], str]


def templates(table: Table, domain: str) -> list[Template]:
    """Return the rules of a domain (``"clinical"``) that can be said of this table's columns."""
    found: list[Template] = []
    for fields, reason in _OFFERS[domain](_Columns(table)):
        try:
            rule = parse(fields)
            rule.check(table)
        except ConstraintError:
            continue  # a name that fits with a kind that does not
        if all(rule.sentence() != other.rule.sentence() for other in found):
            found.append(Template(rule, reason))
    return found


def likely_domain(table: Table) -> str | None:
    """Return the domain with the most rules for this table; None where none has two."""
    counts = {name: len(templates(table, name)) for name in DOMAINS}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] >= 2 else None


def _between(columns: list[Column], low: float | None, high: float | None, reason: str) -> list[Offer]:
    return [
        ({"type": "scalar_range", "column": column.name, "low_value": low, "high_value": high}, reason)
        for column in columns
    ]


def _above(columns: list[Column], relation: str, reason: str) -> list[Offer]:
    return [
        ({"type": "scalar_inequality", "column": column.name, "relation": relation, "value": 0}, reason)
        for column in columns
    ]


def _ordered(low: str | None, high: str | None, reason: str, *, strict: bool = False) -> list[Offer]:
    if low is None or high is None or low == high:
        return []
    return [({"type": "inequality", "low_column": low, "high_column": high, "strict_boundaries": strict}, reason)]


def _clinical(of: _Columns) -> list[Offer]:
    found: list[Offer] = []
    admission, discharge = of.one("admission|admitted|admit|intake", DATES), of.one("discharged?|dismissal", DATES)
    birth, death = of.one("birth|born|dob", DATES), of.one("death|died|deceased|dod", DATES)
    found += _ordered(admission, discharge, "Nobody leaves before arriving.")
    found += _ordered(birth, admission or death, "Nobody is treated before birth.")
    found += _ordered(birth, death, "Nobody dies before birth.")
    found += _between(of.all(AGE, AMOUNTS), 0, 120, "Ages of people.")
    systolic, diastolic = of.one("systolic|sys|sbp|sysbp", AMOUNTS), of.one("diastolic|dia|dbp|diabp", AMOUNTS)
    found += _ordered(diastolic, systolic, "Diastolic pressure is the lower one.", strict=True)
    stay = of.one("length_of_stay|los|stay_days|days_in_hospital|time_in_hospital", AMOUNTS)
    if stay and admission and discharge:
        days = f"{quote_name(discharge)} - {quote_name(admission)}"
        found.append(
            ({"type": "formula", "output": stay, "expression": days}, "A stay lasts from one date to the other.")
        )
    found += _above(
        of.all("length_of_stay|los|time_in_hospital|days_in_hospital", AMOUNTS),
        ">=",
        "No stay is shorter than nothing.",
    )
    for pattern, low, high, reason in (
        ("systolic|sbp|sysbp", 40, 300, "Systolic pressure that is survived, in mmHg."),
        ("diastolic|dbp|diabp", 20, 200, "Diastolic pressure that is survived, in mmHg."),
        ("bmi|body_mass_index", 8, 100, "Body mass index of people, in kg/m²."),
        ("heart_rate|pulse|heartrate|bpm", 20, 300, "Heart rate of people, per minute."),
        ("temperature|temp|body_temp", 25, 45, "Body temperature, in °C."),
        ("spo2|oxygen_saturation|saturation", 0, 100, "A saturation is a percentage."),
        ("hba1c|a1c", 2, 25, "HbA1c of people, in %."),
        ("respiratory_rate|resp_rate", 2, 80, "Breaths of people, per minute."),
    ):
        found += _between(of.all(pattern, AMOUNTS), low, high, reason)
    found += _above(
        of.all("weight|height|creatinine|glucose|cholesterol|haemoglobin|hemoglobin", AMOUNTS),
        ">",
        "A measurement of a body is above zero.",
    )
    found += _above(of.all("num|number|prior|previous|count|n", (Kind.INTEGER,)), ">=", "A count is not negative.")
    found += _dead_and_pregnant(of)
    return found


def _dead_and_pregnant(of: _Columns) -> list[Offer]:
    found: list[Offer] = []
    again = of.one("readmitted|readmission|readmit", STATES)
    dead = of.one("dead|died|deceased|death|mortality|expired|discharge_disposition|outcome|status", STATES)
    if again and dead and again != dead:
        says_so = re.search("dead|died|deceased|death|mortality|expired", words_of(dead))
        over = of.level(dead, f"dead|died|deceased|death|expired.*{f'|{YES}' if says_so else ''}")
        never = of.level(again, NO)
        if over and never:
            fields = {"type": "implies", "if": of.is_level(dead, over), "then": of.is_level(again, never)}
            found.append((fields, "The dead are not readmitted."))
    sex, pregnant = of.one("sex|gender", STATES), of.one("pregnant|pregnancy|gravid", STATES)
    if sex and pregnant:
        male, never = of.level(sex, "m|male|man"), of.level(pregnant, NO)
        if male and never:
            fields = {"type": "implies", "if": of.is_level(sex, male), "then": of.is_level(pregnant, never)}
            found.append((fields, "Men are not pregnant."))
    return found


def _finance(of: _Columns) -> list[Offer]:
    found: list[Offer] = []
    found += _above(
        of.all("amount|payment|principal|premium|price|instal?lment", AMOUNTS),
        ">",
        "An amount that moves is above zero.",
    )
    found += _above(
        of.all("income|salary|debt|fee|limit|assets", AMOUNTS),
        ">=",
        "An amount that is owed, earned or allowed is not negative.",
    )
    found += _between(of.all("interest_rate|rate|apr|interest", AMOUNTS), 0, 100, "A rate in %.")
    found += _between(of.all("credit_score|fico|score", AMOUNTS), 300, 850, "The range of the usual credit scores.")
    found += _between(of.all(AGE, AMOUNTS), 18, 120, "Adults hold contracts.")
    found += _above(of.all("term|term_months|months|duration|tenure", AMOUNTS), ">", "A term lasts.")
    found += _above(
        of.all("years_employed|account_age|account_age_days|age_days|dependants|dependents|declines", AMOUNTS),
        ">=",
        "A count or a time is not negative.",
    )
    found += _between(of.all("hour", (Kind.INTEGER,)), 0, 23, "Hours of a day.")
    found += _ordered(
        of.one("years_employed|employment_years|tenure_years", AMOUNTS),
        of.one(AGE, AMOUNTS),
        "Nobody works longer than they live.",
    )
    start = of.one("issue|issued|opened|open|start|booking|trade", DATES)
    found += _ordered(start, of.one("due|maturity|closed|close|end|settlement|value", DATES), "What begins ends later.")
    before, after = (
        of.one("old_?balance|balance_before|oldbalance\\w*", AMOUNTS),
        of.one("new_?balance|balance_after|newbalance\\w*", AMOUNTS),
    )
    amount = of.one("amount", AMOUNTS)
    if before and after and amount:
        fields = {
            "type": "formula",
            "output": after,
            "expression": f"{quote_name(before)} - {quote_name(amount)}",
            "tolerance": 0.01,
        }
        found.append((fields, "What is left is what was there, less what was taken."))
    return found


def _orders(of: _Columns) -> list[Offer]:
    found: list[Offer] = []
    dates = [
        of.one("order_date|ordered|order|purchase|purchased|created", DATES),
        of.one("shipped|shipping|ship|dispatched|dispatch|sent", DATES),
        of.one("delivered|delivery|received|arrival", DATES),
    ]
    known = list(dict.fromkeys(name for name in dates if name))
    if len(known) > 2:
        found.append(({"type": "chained_inequality", "columns": known}, "Ordered, then sent, then delivered."))
    elif len(known) == 2:
        found += _ordered(known[0], known[1], "What is ordered first is sent or delivered later.")
    quantity, price = (
        of.one("quantity|qty|units|items", AMOUNTS),
        of.one("unit_price|price|item_price|unit_cost", AMOUNTS),
    )
    subtotal = of.one("subtotal|sub_total|net|line_total|net_amount", AMOUNTS)
    total = of.one("(?<!sub_)total|gross|grand_total|total_amount|order_total", AMOUNTS)
    if quantity:
        found.append(
            (
                {"type": "scalar_inequality", "column": quantity, "relation": ">=", "value": 1},
                "An order has at least one piece.",
            )
        )
    found += _above(
        of.all("unit_price|price|item_price|subtotal|total|shipping|tax|discount|freight", AMOUNTS),
        ">=",
        "A price is not negative.",
    )
    if quantity and price and (product := subtotal or total):
        fields = {
            "type": "formula",
            "output": product,
            "expression": f"{quote_name(price)} * {quote_name(quantity)}",
            "tolerance": 0.01,
        }
        found.append((fields, "Price times pieces."))
    parts = [of.one(p, AMOUNTS) for p in ("shipping|freight|delivery_fee", "tax|vat")]
    added = list(dict.fromkeys(name for name in (subtotal, *parts) if name and name != total))
    if subtotal and total and len(added) > 1:
        found.append(
            (
                {"type": "sum_equals", "columns": added, "total": total, "tolerance": 0.01},
                "The parts make up the total.",
            )
        )
    found += _between(of.all("rating|stars|review_score", AMOUNTS), 1, 5, "Stars run from one to five.")
    found += _between(of.all("discount_percent|discount_pct|discount_rate", AMOUNTS), 0, 100, "A discount in %.")
    status = of.one("status|state|order_status", STATES)
    cancelled = of.level(status, "cancell?ed|canceled|void") if status else None
    if status and cancelled and dates[2]:
        fields = {"type": "null_if", "column": dates[2], "when": of.is_level(status, cancelled)}
        found.append((fields, "What is cancelled is not delivered."))
    return found


_OFFERS: dict[str, Callable[[_Columns], list[Offer]]] = {
    "clinical": _clinical,
    "finance": _finance,
    "orders": _orders,
}
