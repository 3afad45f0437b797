"""A dry run finds what would fail, and how much would be kept."""

import pytest

from synth_core.errors import ConstraintError
from synth_core.pilot import pilot
from synth_core.recipe import Recipe
from synth_core.table import Table


def test_a_dry_run_says_how_long_and_how_much_is_kept(people: Table) -> None:
    plain = pilot(people, Recipe(method="independent", rows=20_000))
    strict = pilot(people, Recipe(method="independent", rows=20_000, where="age >= 60"))
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
