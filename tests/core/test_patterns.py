"""The paths of the four jobs: each begins with a recipe that runs, and knows its pages in order."""

from __future__ import annotations

import pytest

from pages.ui.parts import PAGES
from synth_core.demos import DEMOS
from synth_core.errors import InputError
from synth_core.methods import methods
from synth_core.patterns import PATTERNS, pattern
from synth_core.recipe import Recipe


@pytest.mark.parametrize("name", list(PATTERNS))
def test_a_path_starts_with_a_recipe_that_its_engine_takes(name: str) -> None:
    path = PATTERNS[name]
    recipe = path.start(Recipe(rows=321, seed=7))
    assert (recipe.rows, recipe.seed, recipe.use) == (321, 7, path.use)
    known = {param.name for param in methods()[recipe.method].info.params}
    assert set(recipe.params) <= known
    assert path.demo in DEMOS


@pytest.mark.parametrize("name", list(PATTERNS))
def test_every_step_is_a_page_of_the_app_and_comes_once(name: str) -> None:
    pages = [step.page for step in PATTERNS[name].steps]
    assert set(pages) <= PAGES.keys()
    assert len(set(pages)) == len(pages)


def test_pages_before_and_after() -> None:
    path = pattern("share")
    assert path.after("generate") == "privacy"
    assert path.before("privacy") == "generate"
    assert path.before("upload") is None
    assert path.after("report") is None
    assert path.place("fairness") is None


def test_an_unknown_path_is_named() -> None:
    with pytest.raises(InputError, match="no path 'shar'"):
        pattern("shar")
