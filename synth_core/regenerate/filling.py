"""One part of a release: plans and row numbers to columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from synth_core import personal
from synth_core.date_patterns import dates_written
from synth_core.identifiers import Numbers, Texts, key_of, mix, uniform, uuids
from synth_core.regenerate.forms import NameForm
from synth_core.regenerate.plan import ColumnPlan
from synth_core.table import Column, Kind


class Filling:
    """One part of a release being made; keeps what several columns share."""

    def __init__(self, plans: Sequence[ColumnPlan], locale: str, rows: Numbers, seed: int) -> None:
        self.plans = {plan.column.name: plan for plan in plans}
        self.locale = locale
        self.rows, self.seed = rows, seed
        self.numbered: dict[str, Numbers] = {}
        self.lead = self._lead()
        self.persons: dict[str, personal.People] = {}
        self.doubled = any(isinstance(p.writer, NameForm) and p.writer.surnames == 2 for p in plans)

    def columns(self, index: pd.Index) -> dict[str, pd.Series]:
        return {name: self._column(plan, index) for name, plan in self.plans.items()}

    def key(self, plan: ColumnPlan, purpose: str = "") -> int:
        return key_of(self.seed, plan.column.name, purpose)

    def units(self, plan: ColumnPlan) -> Numbers:
        """Row numbers, or the numbers of the column that this one goes with."""
        return self.rows if plan.owner is None else self.numbers(self.plans[plan.owner])

    def numbers(self, plan: ColumnPlan) -> Numbers:
        name = plan.column.name
        if name not in self.numbered:
            units = self.units(plan)
            self.numbered[name] = units if plan.layout is None else plan.layout(units, self.key(plan, "layout"))
        return self.numbered[name]

    def _lead(self) -> ColumnPlan | None:
        """The column whose person the other name columns are about."""
        for what in ("person_name", "last_name", "first_name"):
            for plan in self.plans.values():
                if plan.what == what:
                    return plan
        return None

    def _goes_with_lead(self, plan: ColumnPlan) -> bool:
        lead = self.lead
        if lead is None or lead is plan:
            return lead is plan
        first = next(other for other in self.plans.values() if other.what == plan.what)
        if first is not plan:
            return False  # a second name column is about somebody else
        if lead.owner == plan.column.name:
            return True
        return lead.owner == plan.owner and (plan.layout is None or plan.what not in ("email", "username"))

    def person(self, plan: ColumnPlan) -> personal.People:
        about = self.lead if self._goes_with_lead(plan) and self.lead is not None else plan
        name = about.column.name
        if name not in self.persons:
            distinct = about.what == "person_name" and about.distinct and about.layout is None
            numbers, back = np.unique(self.numbers(about), return_inverse=True)
            made = personal.people(
                numbers, self.key(about, "person"), locale=self.locale, distinct=distinct, second=self.doubled
            )
            middle = None if made.middle is None else made.middle[back]
            second = None if made.second is None else made.second[back]
            self.persons[name] = replace(
                made, first=made.first[back], last=made.last[back], middle=middle, second=second
            )
        return self.persons[name]

    def _column(self, plan: ColumnPlan, index: pd.Index) -> pd.Series:
        if plan.what in ("person_name", "first_name", "last_name"):
            values = plan.writer.write(self.person(plan), plan.what, self.units(plan), self.key(plan))
        elif plan.what == "username":
            values = personal.username(self.numbers(plan), self.key(plan), self.person(plan))
        elif plan.what == "email":
            values = personal.email(
                self.numbers(plan), self.key(plan), self.person(plan), domains=plan.options["domains"]
            )
        else:
            numbers = self.numbers(plan)
            if plan.owner is None and plan.layout is None:
                values = self._written(plan, numbers)
            else:
                distinct, back = np.unique(numbers, return_inverse=True)
                values = self._written(plan, distinct)[back]
        missing = uniform(self.units(plan), self.key(plan, "missing")) < plan.missing
        return _canonical(values, missing, plan.column, index)

    def _written(self, plan: ColumnPlan, numbers: Numbers) -> npt.NDArray[Any]:
        key = self.key(plan)
        if plan.what == "street_address":
            return np.asarray(plan.writer.write(numbers, key, self.locale))
        if plan.what == "city":
            return np.asarray(plan.writer.cased(personal.city(numbers, key, self.locale)))
        if plan.what == "location":
            return np.asarray(plan.writer.write(numbers, key_of(self.seed, plan.options.get("pair", plan.column.name))))
        if plan.what == "url":
            return personal.url(numbers, key, locale=self.locale, **plan.options)
        if plan.what == "ip_address":
            return personal.ip_address(numbers, key, **plan.options)
        if plan.what == "uuid":
            return uuids(numbers, key, **plan.options)
        if plan.what in ("postcode", "house_number"):
            room = min(pattern.capacity for pattern in plan.writer.patterns)
            numbers = mix(numbers, key) % np.uint64(max(room, 1))
        written: npt.NDArray[Any] = plan.writer.write(numbers, key)
        return written


def _canonical(values: npt.NDArray[Any], missing: npt.NDArray[np.bool_], column: Column, index: pd.Index) -> pd.Series:
    """Return the values with the dtype that the column's kind has in a table."""
    if column.kind is Kind.INTEGER:
        whole = pd.Series(values, index=index).astype(np.int64)
        return whole.astype("Int64").mask(missing) if missing.any() else whole
    if column.kind is Kind.NUMBER:
        return pd.Series(values, index=index).astype(np.float64).mask(missing)
    is_days = values.dtype == np.float64
    if is_days:
        values = values.astype(np.int64).astype("datetime64[D]").astype("datetime64[ns]")
    if column.kind is Kind.DATETIME:
        return pd.Series(values, index=index).mask(missing)
    texts: Texts = values
    if is_days:
        stamps = pa.array(values.astype("datetime64[us]"))
        texts = dates_written(stamps, column.format or "%Y-%m-%d").to_pandas().to_numpy(dtype=object)
    elif values.dtype != object:
        texts = values.astype("U20").astype(object)
    texts = texts.copy()
    texts[missing] = None
    return pd.Series(texts, index=index, dtype=object)
