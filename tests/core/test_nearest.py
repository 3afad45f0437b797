"""Nearest rows are exact, whichever way they are searched."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from synth_core.scores import space
from synth_core.scores.compiled import compiled
from synth_core.scores.leaves import LARGEST, SLACK, Leaves, _look
from synth_core.scores.space import nearest, nearest_of

Points = npt.NDArray[np.float32]


def mixed(rows: int, seed: int) -> Points:
    """Ranks of two numbers that go together, and three categories on axes of their own; some rows are equal."""
    rng = np.random.default_rng(seed)
    first = rng.random(rows)
    numbers = np.column_stack([first, np.clip(first + 0.1 * rng.normal(size=rows), 0, 1)])
    categories = [np.eye(size)[np.minimum(rng.geometric(0.4, rows) - 1, size - 1)] for size in (3, 5, 4)]
    points = np.hstack([numbers.round(2), *(one / np.sqrt(2) for one in categories)]).astype(np.float32)
    points[: rows // 10] = points[rows // 2 : rows // 2 + rows // 10]
    return points


def by_force(targets: Points, points: Points, skip: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.float64]:
    gap = targets.astype(np.float64)[:, None, :] - points[None]
    distance = np.sqrt((gap**2).sum(axis=2))
    if skip is not None:
        own = np.flatnonzero(skip >= 0)
        distance[own, skip[own]] = np.inf
    return np.asarray(distance.min(axis=1))


@pytest.mark.parametrize("by_leaves", [True, False])
def test_the_nearest_row_is_the_one_that_comparing_all_pairs_finds(
    by_leaves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "BLOCK", 700)  # blocks that do not divide the rows
    monkeypatch.setattr(space, "STRIP", 100)
    monkeypatch.setattr(space, "WORTH_LEAVES", 0 if by_leaves else np.inf)
    monkeypatch.setattr(space, "MOST_LOOKED", 1.1)
    points, targets = mixed(3_000, 1), mixed(200, 2)
    found = nearest_of(targets, points)
    assert found.distance == pytest.approx(by_force(targets, points), abs=1e-7)
    again = np.sqrt(((targets.astype(np.float64) - points[found.row]) ** 2).sum(axis=1))
    assert found.distance == pytest.approx(again, abs=1e-9)  # the row that is named is that near

    skip = np.where(np.arange(200) % 2 == 0, np.arange(200), -1)
    found = nearest_of(points[:200], points, skip)
    assert found.distance == pytest.approx(by_force(points[:200], points, skip), abs=1e-7)
    assert (found.row[::2] != skip[::2]).all()
    assert (found.distance[1::2] == 0).all()  # an exact copy is at 0


def test_rows_without_neighbours_have_none() -> None:
    found = nearest(mixed(3, 1), 0, lambda start, stop: np.zeros((0, 14), dtype=np.float32))
    assert np.isinf(found.distance).all()
    assert (found.row == -1).all()


def test_leaves_hold_every_row_once_in_its_box_and_equal_rows_make_one_leaf() -> None:
    points = np.vstack([mixed(2_000, 3), np.repeat(mixed(1, 4), 3 * LARGEST, axis=0)])
    leaves = Leaves.grow(points)
    assert sorted(leaves.order) == list(range(len(points)))
    assert np.diff(leaves.starts).max() >= 3 * LARGEST
    for leaf, (start, stop) in enumerate(zip(leaves.starts[:-1], leaves.starts[1:], strict=True)):
        inside = points[leaves.order[start:stop]]
        assert (inside.min(axis=0) == leaves.lows[:, leaf]).all()
        assert (inside.max(axis=0) == leaves.highs[:, leaf]).all()


def test_most_rows_are_left_out_and_the_search_says_how_many_were_not(monkeypatch: pytest.MonkeyPatch) -> None:
    points, targets = mixed(4_000, 5), mixed(100, 6)
    best, row, skip = np.full(100, np.inf, np.float32), np.full(100, -1), np.full(100, -1)
    share = Leaves.grow(points).search(targets, best, row, 0, skip)
    assert 0 < share < 0.2

    # where nothing can be left out, products are taken instead, and find the same
    monkeypatch.setattr(space, "WORTH_LEAVES", 0)
    monkeypatch.setattr(space, "MOST_LOOKED", 0.0)
    called = []
    monkeypatch.setattr(space, "_by_products", lambda *args, use=space._by_products: called.append(1) or use(*args))
    assert nearest_of(targets, points).distance == pytest.approx(np.sqrt(best), abs=1e-6)
    assert called


def test_the_loop_finds_the_same_without_being_compiled() -> None:
    points, targets = mixed(300, 7), mixed(8, 8)
    targets[0] = points[5]
    skip = np.array([5, -1, -1, -1, -1, -1, -1, -1])
    found = [(np.full(8, np.inf, np.float32), np.full(8, -1)) for _ in range(2)]
    leaves = Leaves.grow(points)
    leaves.search(targets, *found[0], 0, skip)
    boxes = (leaves.starts, leaves.lows, leaves.highs)
    seen = _look(targets, leaves.columns, leaves.order, *boxes, *found[1], skip, SLACK)
    assert found[1][1].tolist() == found[0][1].tolist()
    assert np.sqrt(found[1][0]) == pytest.approx(by_force(targets, points, skip), abs=1e-6)
    assert 0 < seen <= 8 * 300


def doubled(values: Points) -> float:
    total = 0.0
    for value in values:
        total += 2 * value
    return total


def test_loops_are_compiled_where_there_is_no_folder_to_keep_them_in(monkeypatch: pytest.MonkeyPatch) -> None:
    caching = pytest.importorskip("numba.core.caching")
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    found = compiled(doubled)
    assert found is not doubled
    assert compiled(doubled) is found
    assert found(np.ones(3, dtype=np.float32)) == 6
