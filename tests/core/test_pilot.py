"""A dry run finds what would fail, and how much would be kept."""

from pathlib import Path

import pytest

from synth_core.errors import ConstraintError
from synth_core.generation import generate
from synth_core.pilot import pilot
from synth_core.recipe import Recipe
from synth_core.table import Table
from tests.conftest import make_people


def test_a_dry_run_says_how_long_and_how_much_is_kept(people: Table) -> None:
    plain = pilot(people, Recipe(method="independent", rows=20_000))
    strict = pilot(people, Recipe(method="independent", rows=20_000, steering={"where": "age >= 60", "way": "draw"}))
    assert plain is not None
    assert strict is not None
    assert plain.seconds > 0
    assert plain.acceptance == 1
    assert strict.acceptance < 0.7


def test_more_rows_are_expected_to_take_longer(people: Table) -> None:
    few = pilot(people, Recipe(method="independent", rows=10_000))
    many = pilot(people, Recipe(method="independent", rows=10_000_000))
    assert few is not None
    assert many is not None
    assert many.seconds > 20 * few.seconds


def test_a_recipe_that_cannot_be_kept_is_found_before_the_long_run(people: Table) -> None:
    with pytest.raises(ConstraintError, match="No real row keeps"):
        pilot(people, Recipe(method="independent", rows=10_000_000, where="age > 200"))


def test_engines_that_train_for_minutes_have_no_dry_run(people: Table) -> None:
    assert pilot(people, Recipe(method="tvae", rows=100)) is None


@pytest.mark.parametrize("method", ["trees", "copula", "independent"])
def test_the_work_is_told_to_within_a_factor_of_two(method: str, tmp_path: Path) -> None:
    """In processor seconds, in one of three tries: other work on the machine makes these longer as well."""
    table, recipe = make_people(9_000), Recipe(method=method, rows=150_000)
    ratios = []
    for attempt in range(3):
        told = pilot(table, recipe)
        assert told is not None
        took = sum(generate(table, recipe, tmp_path / str(attempt)).work.values())
        ratios.append(told.work / took)
        if 0.5 < ratios[-1] < 2:
            return
    raise AssertionError(ratios)


def test_nothing_of_a_dry_run_goes_to_a_cluster(people: Table) -> None:
    assert pilot(people, Recipe(method="independent", rows=100, cluster="tcp://127.0.0.1:1")) is not None
