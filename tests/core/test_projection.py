"""The plane of principal components: alike rows lie on each other, others apart, and the picture stays light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth_core.figures.projected import alt_projection, levels, projection_figure
from synth_core.scores.projection import project_rows, shared_mass
from synth_core.scores.sides import Sides
from synth_core.table import Column, Kind, Table

COLUMNS = (Column(name="x", kind=Kind.NUMBER), Column(name="y", kind=Kind.NUMBER), Column(name="c", kind=Kind.CATEGORY))


def rows(count: int, seed: int, together: float = 0.95) -> Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count)
    y = together * x + np.sqrt(1 - together**2) * rng.normal(size=count)
    return Table(pd.DataFrame({"x": x, "y": y, "c": np.where(x > 0, "a", "b")}), COLUMNS)


def test_fresh_real_rows_lie_on_the_real_ones_and_independent_ones_do_not() -> None:
    real, held = rows(3000, 1), rows(3000, 2)
    alike = project_rows(Sides(real, held, rows(3000, 3)))
    rng = np.random.default_rng(4)
    shuffled = replace(real, frame=real.frame.apply(lambda column: rng.permutation(column.to_numpy())))
    apart = project_rows(Sides(real, held, shuffled))
    assert alike is not None
    assert apart is not None
    assert shared_mass(alike.real, alike.synthetic) > 0.85
    assert shared_mass(alike.real, alike.holdout) > 0.85
    assert shared_mass(apart.real, apart.synthetic) < 0.6
    assert alike.explained[0] > alike.explained[1] > 0
    assert sum(alike.explained) <= 1


def test_few_rows_make_no_density() -> None:
    assert project_rows(Sides(rows(60, 1), rows(60, 2), rows(60, 3))) is None
    found = project_rows(Sides(rows(500, 1), rows(50, 2), rows(500, 3)))
    assert found is not None
    assert not found.holdout.size
    assert "held-out" not in alt_projection(found)
    assert alt_projection(None) == "Too few rows to draw a density."


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_picture_of_half_a_million_rows_is_light(mode: str) -> None:
    real = rows(2000, 1)
    found = project_rows(Sides(real, rows(1000, 2), rows(500_000, 3)))
    figure = projection_figure(found, mode)  # type: ignore[arg-type]
    assert len(figure.to_json()) < 200_000
    assert {trace.name for trace in figure.data} == {"Real", "Held-out", "Synthetic"}


def test_a_contour_encloses_the_share_that_it_says() -> None:
    density = np.random.default_rng(0).gamma(1.0, size=(40, 40))
    density /= density.sum()
    inside = [density[density / density.max() >= level - 1e-5].sum() for level in levels(density)]
    assert inside == pytest.approx([0.9, 0.6, 0.3], abs=0.01)
