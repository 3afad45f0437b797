"""Steering: conditions and shares."""

import numpy as np
import pandas as pd
import pytest

from synth_core.errors import InfeasibleError, InputError
from synth_core.steering.asks import parse_shares
from synth_core.steering.plan import Steered
from synth_core.steering.quotas import Quotas
from synth_core.table import Table


def test_shares_are_read_from_the_command_line() -> None:
    assert parse_shares("a b=x:y:0.25,z:0.75") == {"a b": {"x:y": 0.25, "z": 0.75}}


@pytest.mark.parametrize("text", ["sex", "sex=F", "sex=F:half", "F:0.5"])
def test_shares_that_make_no_sense_say_how_to_write_them(text: str) -> None:
    with pytest.raises(InputError, match=r"Write it like sex=F:0\.5"):
        parse_shares(text)


def test_a_category_named_twice_is_refused() -> None:
    with pytest.raises(InputError, match="names 'F' twice"):
        parse_shares("sex=F:0.5,F:0.2")


def test_unnamed_categories_keep_their_proportions(people: Table) -> None:
    quotas = Quotas.fit(people, {"city": {"Turin": 0.5}})
    assert quotas is not None
    share = dict(zip(quotas.cells["city"], quotas.shares, strict=True))
    real = people.frame["city"].value_counts(normalize=True)
    assert share["Turin"] == pytest.approx(0.5)
    assert share["Ghent"] / share["Lyon"] == pytest.approx(real["Ghent"] / real["Lyon"])


def test_two_columns_meet_both_margins_and_keep_their_dependence(people: Table) -> None:
    quotas = Quotas.fit(people, {"plan": {"gold": 0.7}, "churn": {"yes": 0.5}})
    assert quotas is not None
    cells = quotas.cells.assign(share=quotas.shares)
    assert cells.groupby("plan")["share"].sum()["gold"] == pytest.approx(0.7, abs=1e-6)
    assert cells.groupby("churn")["share"].sum()["yes"] == pytest.approx(0.5, abs=1e-6)
    at = cells.set_index(["plan", "churn"])["share"]
    odds = at["gold", "no"] * at["basic", "yes"] / (at["gold", "yes"] * at["basic", "no"])
    assert odds > 3  # older people have gold plans and stay


def test_counts_per_part_add_up_to_the_whole() -> None:
    quotas = Quotas(("x",), pd.DataFrame({"x": ["a", "b", "c"]}), np.array([0.5, 0.3, 0.2]))
    parts = quotas.counts(0, 333) + quotas.counts(333, 667)
    assert parts.tolist() == quotas.counts(0, 1000).tolist()
    assert np.abs(parts - [500, 300, 200]).max() <= 2


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"city": {"Gent": 0.5}}, "Did you mean 'Ghent'"),
        ({"age": {"50": 0.5}}, "Shares can be set on categories"),
        ({"plan": {"gold": 0.9, "basic": 0.9}}, "add up to 1.8"),
        ({"plan": {"gold": 1.5}}, "between 0 and 1"),
        ({"plan": {}, "city": {}, "churn": {}}, "at most two"),
    ],
)
def test_shares_that_cannot_be_say_why(people: Table, shares: dict[str, dict[str, float]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Quotas.fit(people, shares)


def test_a_category_that_the_engine_never_makes_is_named(people: Table) -> None:
    quotas = Quotas.fit(people, {"plan": {"gold": 0.5}})
    assert quotas is not None
    basic = people.frame[people.frame["plan"] == "basic"]

    def draw(rows: int, seed: int, prescribe: object) -> pd.DataFrame:
        return basic.sample(rows, replace=True, random_state=seed).reset_index(drop=True)

    with pytest.raises(InfeasibleError, match="plan = gold"):
        Steered(quotas=quotas).fill(draw, 0, 100, 0)
