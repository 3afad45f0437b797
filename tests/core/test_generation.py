"""Generation: the same recipe and seed give the same bytes, whatever happens on the way."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from synth_core import parts
from synth_core.constraints.kinds import Inequality, ScalarRange
from synth_core.errors import Cancelled, ConstraintError, InputError, MethodError
from synth_core.generation import generate, read_synthetic
from synth_core.recipe import Recipe
from synth_core.table import Column, Kind, Role, Table


def recipe(**changed: object) -> Recipe:
    return Recipe(**{"method": "independent", "rows": 900, "seed": 5, "chunk_rows": 200, **changed})


def test_a_release_has_the_rows_columns_and_types_of_the_table(people: Table, tmp_path: Path) -> None:
    synthesis = generate(people, recipe(), tmp_path)
    frame = pq.read_table(tmp_path / "synthetic.parquet").to_pandas()
    assert list(frame.columns) == people.names
    assert len(frame) == synthesis.rows == 900
    assert frame["age"].dtype == np.int64
    assert str(frame["start"].dtype).startswith("datetime64")
    assert set(frame["plan"]) == {"gold", "basic"}
    assert frame["record"].is_unique
    assert synthesis.rows_train + synthesis.rows_holdout == 600
    assert synthesis.rows_holdout > 100


def test_the_same_recipe_gives_the_same_bytes_for_any_number_of_workers(people: Table, tmp_path: Path) -> None:
    generate(people, recipe(method="trees"), tmp_path / "one")
    seen: list[float] = []
    generate(
        people,
        recipe(method="trees"),
        tmp_path / "two",
        workers=2,
        progress=lambda stage, done, total, note="": seen.append(done) if stage == "Sample" else None,
    )
    assert seen == sorted(seen)
    assert (seen[0], seen[-1], len(set(seen))) == (0, 900, 6), "rows are counted part by part, up to all of them"
    assert (tmp_path / "one/synthetic.parquet").read_bytes() == (tmp_path / "two/synthetic.parquet").read_bytes()
    generate(people, recipe(method="trees", seed=6), tmp_path / "other")
    assert (tmp_path / "one/synthetic.parquet").read_bytes() != (tmp_path / "other/synthetic.parquet").read_bytes()


def test_an_interrupted_run_goes_on_after_its_last_part_to_the_same_bytes(
    people: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(people, recipe(), tmp_path / "whole")

    def stop_after_two(stage: str, done: float, total: float, note: str = "") -> None:
        if stage == "Sample" and done >= 400:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        generate(people, recipe(), tmp_path / "cut", progress=stop_after_two)
    assert len(list((tmp_path / "cut/parts").glob("part-*.parquet"))) == 2
    made: list[int] = []
    original = parts.make_part

    def counting(*arguments: object) -> int:
        made.append(1)
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(parts, "make_part", counting)
    generate(people, recipe(), tmp_path / "cut")
    assert len(made) == 3
    assert (tmp_path / "whole/synthetic.parquet").read_bytes() == (tmp_path / "cut/synthetic.parquet").read_bytes()


def test_parts_of_another_recipe_are_not_reused(people: Table, tmp_path: Path) -> None:
    generate(people, recipe(), tmp_path)
    first = (tmp_path / "synthetic.parquet").read_bytes()
    generate(people, recipe(seed=9), tmp_path)
    assert (tmp_path / "synthetic.parquet").read_bytes() != first


def test_hard_rules_hold_in_every_released_row(people: Table, tmp_path: Path) -> None:
    rules = [
        Inequality(low_column="start", high_column="end"),
        ScalarRange(column="age", low_value=18, high_value=70),
    ]
    synthesis = generate(people, recipe(method="trees", constraints=rules), tmp_path)
    frame = read_synthetic(tmp_path, synthesis).frame
    assert (frame["start"] <= frame["end"]).all()
    assert frame["age"].between(18, 70).all()
    assert set(synthesis.how) == {rule.id for rule in rules}


def test_a_condition_holds_in_every_row_and_lowers_the_acceptance(people: Table, tmp_path: Path) -> None:
    synthesis = generate(people, recipe(steering={"where": "age >= 60", "way": "draw"}), tmp_path)
    assert read_synthetic(tmp_path, synthesis).frame["age"].min() >= 60
    assert synthesis.rows == 900
    assert synthesis.acceptance < 0.8


def test_a_condition_that_no_real_row_keeps_is_refused(people: Table, tmp_path: Path) -> None:
    with pytest.raises(ConstraintError, match=r"No real row keeps .age is above 200"):
        generate(people, recipe(where="age > 200"), tmp_path)


def test_shares_are_met_to_the_row(people: Table, tmp_path: Path) -> None:
    synthesis = generate(people, recipe(shares={"plan": {"gold": 0.5, "basic": 0.5}}), tmp_path)
    counts = read_synthetic(tmp_path, synthesis).frame["plan"].value_counts()
    assert abs(counts["gold"] - 450) <= 2


def test_the_holdout_is_never_learned_from(people: Table, tmp_path: Path) -> None:
    _, holdout = people.split(0.5, 5)
    frame = people.frame.copy()
    held = frame["record"].isin(set(holdout.frame["record"]))
    frame.loc[held, "city"] = "Holdout-only"
    table = Table(frame, people.columns, "people")
    train, held_again = table.split(0.5, 5)
    if (train.frame["city"] == "Holdout-only").any():
        pytest.skip("the change of a cell moved the split")
    synthesis = generate(table, recipe(holdout=0.5), tmp_path)
    assert len(held_again) == synthesis.rows_holdout
    assert not (read_synthetic(tmp_path, synthesis).frame["city"] == "Holdout-only").any()


def test_dropped_columns_are_not_released(people: Table, tmp_path: Path) -> None:
    table = people.with_columns([people.column("city").model_copy(update={"role": Role.DROP})])
    generate(table, recipe(), tmp_path)
    assert "city" not in pq.read_schema(tmp_path / "synthetic.parquet").names


def test_a_table_of_one_row_says_what_is_needed(tmp_path: Path) -> None:
    table = Table(pd.DataFrame({"x": [1.0]}), (Column(name="x", kind=Kind.NUMBER),))
    with pytest.raises(InputError, match="at least 2"):
        generate(table, recipe(), tmp_path)


def test_a_table_with_nothing_to_learn_says_so(people: Table, tmp_path: Path) -> None:
    with pytest.raises(MethodError, match="columns to learn from"):
        generate(people.select(["record"]), recipe(), tmp_path)


def test_the_release_is_marked_as_synthetic(people: Table, tmp_path: Path) -> None:
    generate(people, recipe(), tmp_path)
    assert pq.read_schema(tmp_path / "synthetic.parquet").metadata[b"simile.synthetic"] == b"true"


def test_the_peak_is_that_of_the_process_and_not_of_the_one_that_started_it() -> None:
    held = np.ones(40_000_000)  # 320 MB here
    code = "from synth_core.generation import peak_mb; print(peak_mb())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert held.sum() > 0
    assert float(done.stdout) < 300
