"""Missing cells filled: drawn given the other cells, listed, and different with another seed."""

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_core.errors import InputError
from synth_core.filling import _endless, fill
from synth_core.table import Column, Kind, Table
from tests.conftest import make_people


@pytest.mark.parametrize("method", ["trees", "copula", "bayesian_network"])
def test_filled_cells_go_with_the_other_cells_of_their_row(method: str) -> None:
    people = make_people(1_200)
    gone = people.frame["income"].isna().to_numpy()
    made = fill(people, method=method, columns=["income"], seed=1)
    assert list(made.cells) == ["income"]
    assert made.table.frame["city"].isna().equals(people.frame["city"].isna())
    drawn = made.table.frame[gone]
    assert np.corrcoef(drawn["age"], drawn["income"])[0, 1] > 0.5


def test_several_seeds_give_several_fillings_and_one_seed_the_same() -> None:
    people = make_people(400)
    one, again, other = (fill(people, method="copula", seed=seed).table.frame for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, again)
    assert not one.equals(other)


def test_a_column_that_is_mostly_missing_is_filled_by_an_engine_that_learned_its_gaps() -> None:
    rng = np.random.default_rng(0)
    a = rng.choice(["x", "y"], 600).astype(object)
    b = np.where(a == "x", "p", "q").astype(object)
    b[rng.random(600) < 0.9] = None
    table = Table(
        pd.DataFrame({"a": a, "b": b}),
        (Column(name="a", kind=Kind.CATEGORY), Column(name="b", kind=Kind.CATEGORY, nullable=True)),
    )
    made = fill(table, method="bayesian_network", seed=0)
    assert not made.left
    assert (made.table.frame["b"] == np.where(a == "x", "p", "q")).mean() > 0.9


def test_the_list_names_every_filled_cell_and_no_value(tmp_path: Path) -> None:
    people = make_people(300)
    made = fill(people, method="copula", seed=4)
    listed = json.loads(made.write_list(tmp_path / "x.filled.json").read_text())
    assert (listed["method"], listed["seed"]) == ("copula", 4)
    assert listed["filled"]["city"] == (np.flatnonzero(people.frame["city"].isna()) + 1).tolist()
    assert set(listed["filled"]) == {"income", "city"}


def test_what_cannot_be_filled_says_why() -> None:
    people = make_people(100)
    with pytest.raises(InputError, match="'record' is not learned"):
        fill(people, columns=["record"])
    with pytest.raises(InputError, match="nothing to do"):
        fill(people, columns=["age"])
    empty = Table(
        pd.DataFrame({"x": np.full(30, np.nan), "y": np.arange(30.0)}),
        (Column(name="x", kind=Kind.NUMBER, nullable=True), Column(name="y", kind=Kind.NUMBER)),
    )
    with pytest.raises(InputError, match="no observed cell"):
        fill(empty)


def test_seeds_do_not_run_out_and_do_not_repeat() -> None:
    found = list(islice(_endless(3), 100_500))
    assert len(set(found)) > 100_000
    assert found[:5] == list(islice(_endless(3), 5))
