"""Monitoring: chance is not called drift, and what was planted is found and said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.constraints.kinds import parse
from synth_core.errors import InputError, TableError
from synth_core.monitoring.columns import stability
from synth_core.monitoring.drift import drift
from synth_core.monitoring.results import Drift
from synth_core.reading import Reading, read_bytes
from synth_core.table import Role, Table
from tests.conftest import make_people


def reading(frame: pd.DataFrame) -> Reading:
    return read_bytes(frame.to_csv(index=False).encode(), "extract.csv")


def column(found: Drift, name: str):
    return next(one for one in found.columns if one.name == name)


def people(rows: int = 1_200, seed: int = 1) -> Table:
    return make_people(rows, seed)


def test_fresh_rows_of_the_same_world_are_not_called_drift() -> None:
    words = [drift(people(), reading(people(seed=seed).frame), seed=seed).word for seed in range(2, 6)]
    assert words.count("steady") >= 3
    assert "drift" not in words


def test_the_same_rows_in_another_order_are_the_same() -> None:
    found = drift(people(), reading(people().frame.sample(frac=1, random_state=0)))
    assert found.same
    assert "same rows" in found.sentence()


def test_a_constant_column_and_one_with_no_cell_filled_are_steady() -> None:
    old, new = people(400), people(300, seed=2)
    same = {"plan": "gold", "age": 40, "income": np.nan, "city": None}
    found = drift(reading(old.frame.assign(**same)).table, reading(new.frame.assign(**same)))
    assert {column(found, name).word for name in same} == {"steady"}


@pytest.mark.parametrize("persons", [1, 2])
def test_rows_of_hardly_any_people_are_halved_as_rows(persons: int) -> None:
    frames = [people(400, seed).frame.assign(who=[f"p{i % persons}" for i in range(400)]) for seed in (1, 2)]
    old = reading(frames[0]).table
    old = old.with_columns([old.column("who").model_copy(update={"role": Role.ENTITY})])
    found = drift(old, reading(frames[1]))
    assert [one.name for one in found.columns if one.word != "steady"] == []


def test_a_moved_number_and_its_index() -> None:
    new = people(seed=2).frame
    new["age"] += 12
    found = drift(people(), reading(new))
    moved = column(found, "age")
    assert moved.word == "drift"
    assert moved.distance > moved.floor
    assert moved.psi > 0.25
    assert found.columns[0].name == "age"
    assert "'age'" in found.sentence()


def test_the_stability_index_is_that_of_the_shares() -> None:
    before, now = np.repeat([0, 1], [50_000, 50_000]), np.repeat([0, 1], [80_000, 20_000])
    by_hand = 0.3 * np.log(0.8 / 0.5) - 0.3 * np.log(0.2 / 0.5)
    assert stability(before, now, 2) == pytest.approx(by_hand, rel=1e-3)


def test_new_categories_are_counted_and_the_rare_ones_not_named() -> None:
    new = people(seed=2).frame
    new.loc[:59, "city"] = "Oslo"
    new.loc[60:62, "city"] = "Tiny hamlet"
    found = column(drift(people(), reading(new)), "city")
    assert found.unseen == 2
    assert found.unseen_rows == 63
    assert found.unseen_named == ("Oslo",)
    assert found.word != "steady"
    assert "Tiny hamlet" not in found.model_dump_json()


def test_more_empty_cells_are_drift_and_said() -> None:
    new = people(seed=2).frame
    new.loc[new.sample(frac=0.3, random_state=0).index, "income"] = np.nan
    found = column(drift(people(), reading(new)), "income")
    assert found.word == "drift"
    assert found.missing_now > found.missing_before + 0.2
    assert found.sentence.startswith("Empty cells were")


def test_a_broken_link_between_columns_is_found_though_each_alone_stays() -> None:
    new = people(seed=2).frame
    new["income"] = np.random.default_rng(0).permutation(new["income"])
    found = drift(people(), reading(new))
    assert column(found, "income").word == "steady"
    pair = next(one for one in found.pairs if {one.first, one.second} == {"age", "income"})
    assert pair.word == "drift"
    assert abs(pair.now) < 0.1 < pair.before


def test_rules_are_checked_on_the_new_rows() -> None:
    rules = [
        parse({"type": "inequality", "id": "order", "low_column": "start", "high_column": "end"}),
        parse({"type": "scalar_range", "id": "age", "column": "age", "low_value": 18, "high_value": 90}),
        parse({"type": "scalar_range", "id": "off", "column": "age", "low_value": 99, "enabled": False}),
    ]
    new = people(seed=2).frame
    new.loc[:99, ["start", "end"]] = new.loc[:99, ["end", "start"]].to_numpy()
    found = drift(people(), reading(new), rules=rules).rules
    assert [one.id for one in found] == ["order", "age"]
    assert found[0].word == "drift"
    assert found[0].before == 0
    assert found[0].rows > 80
    assert found[1].word == "steady"


def test_the_make_up_is_told_in_sentences() -> None:
    new = people(seed=2).frame.rename(columns={"income": "incomes"})
    new["age"] = new["age"].astype(str)
    new.loc[:359, "age"] = "grown up"
    rules = [parse({"type": "scalar_range", "id": "r", "column": "income", "low_value": 0})]
    found = drift(people(), reading(new), rules=rules)
    said = " ".join(one.sentence for one in found.schema_differences)
    assert "'income' (number) is missing in the new extract. It may now be called 'incomes'." in said
    assert "'age' was read as whole number" in said
    assert "30 %" in said
    assert "'incomes' (number) is new" in said
    assert "income" not in {one.name for one in found.columns}
    assert "does not have" in found.rules[0].problem
    assert found.word == "drift"


def test_words_that_mean_missing_are_missing_in_the_extract_too() -> None:
    old = people()
    new = people(seed=2).frame
    new["income"] = new["income"].fillna(-200)
    assert column(drift(old, reading(new)), "income").word != "steady"
    assert column(drift(old, reading(new), missing={"income": ("-200",)}), "income").word == "steady"


def test_another_table_and_too_few_rows_are_refused_in_one_sentence() -> None:
    with pytest.raises(TableError, match="none of the 8 columns"):
        drift(people(), reading(pd.DataFrame({"x": range(60), "y": range(60)})))
    with pytest.raises(InputError, match="at least 50"):
        drift(people(), reading(people().frame.head(20)))


def test_rows_about_one_person_widen_what_chance_reaches() -> None:
    from synth_core.table import Column, Kind, Role

    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(60), 10)
    frame = pd.DataFrame({"who": [f"p{i}" for i in person], "size": rng.normal(size=60)[person]})
    plain = (Column(name="who", kind=Kind.CATEGORY, role=Role.DROP), Column(name="size", kind=Kind.NUMBER))
    about = (plain[0].model_copy(update={"role": Role.ENTITY}), plain[1])
    new = reading(frame)
    floors = [column(drift(Table(frame, which, "t"), new), "size").floor for which in (plain, about)]
    assert floors[1] > 2 * floors[0]
