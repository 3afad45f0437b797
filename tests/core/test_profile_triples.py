"""Three-way effects are found; what pairs explain is not taken for one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from synth_core.errors import TableError
from synth_core.profile.triples import Triples, triple_view, triples, without_interaction
from synth_core.table import Column, Kind, Table

Values = npt.NDArray[np.generic]

ROWS = 3000


def table_of(columns: dict[str, object]) -> Table:
    frame = pd.DataFrame(columns)
    kinds = {"f": Kind.NUMBER, "i": Kind.INTEGER, "O": Kind.CATEGORY, "M": Kind.DATETIME}
    return Table(frame, tuple(Column(name=name, kind=kinds[frame[name].dtype.kind]) for name in frame.columns))


def words(values: Values) -> Values:
    return values.astype(str).astype(object)


def names_of(found: Triples) -> list[set[str]]:
    return [set(triple.names) for triple in found.found]


@pytest.mark.parametrize("seed", range(3))
def test_an_exclusive_or_is_found_and_nothing_else(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 2, ROWS), rng.integers(0, 2, ROWS)
    table = table_of(
        {"a": words(a), "b": words(b), "c": words(a ^ b), **{f"n{i}": rng.normal(size=ROWS) for i in range(5)}}
    )
    found = triples(table, seed=seed)
    assert names_of(found) == [{"a", "b", "c"}]
    assert found.tested == 8 * 7 * 6 / 6
    assert found.found[0].bits == pytest.approx(1, abs=0.01)
    assert found.found[0].interaction == pytest.approx(1, abs=0.01)
    assert found.found[0].null_bits < 0.01
    assert found.found[0].p_value <= 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_a_moderated_effect_is_found_with_the_moderator_last(seed: int) -> None:
    rng = np.random.default_rng(seed)
    group, dose = rng.choice(["drug", "placebo"], ROWS).astype(object), rng.normal(size=ROWS)
    effect = np.where(group == "drug", 0.8, -0.4) * dose + rng.normal(size=ROWS)
    table = table_of({"group": group, "dose": dose, "effect": effect, "noise": rng.normal(size=ROWS)})
    found = triples(table, seed=seed)
    assert found.found[0].names == ["dose", "effect", "group"]
    assert "depends on 'group'" in found.found[0].sentence
    assert len(found.found) == 1


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("strength", [0.6, 0.8, 0.95])
def test_chains_and_common_causes_are_no_triples(seed: int, strength: float) -> None:
    rng, rest = np.random.default_rng(seed), np.sqrt(1 - strength**2)
    a = rng.normal(size=ROWS)
    b = strength * a + rest * rng.normal(size=ROWS)
    c = strength * b + rest * rng.normal(size=ROWS)
    state = words(np.digitize(c + rng.normal(0, 0.5, ROWS), [-1, 0, 1]))
    other = words((rng.random(ROWS) < 1 / (1 + np.exp(-2 * a))).astype(int))
    assert triples(table_of({"a": a, "b": b, "c": c, "state": state, "other": other}), seed=seed).found == []


def test_noise_gives_nothing() -> None:
    rng = np.random.default_rng(0)
    table = table_of({f"n{i}": rng.choice(list("abcd"), 500).astype(object) for i in range(10)})
    found = triples(table)
    assert found.found == []
    assert found.tested == 120


def test_columns_that_say_the_same_are_not_tested_together() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 4, 600)
    table = table_of({"a": words(a), "twin": words(a + 10), "b": rng.normal(size=600), "c": rng.normal(size=600)})
    assert triples(table).tested == 1  # a, b and c, or twin instead of a


def test_wide_tables_are_narrowed_and_the_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    monkeypatch.setattr("synth_core.profile.triples.MAX_COLUMNS", 12)
    table = table_of({f"n{i}": rng.integers(0, 2, 250) for i in range(14)})
    found = triples(table)
    assert found.tested == 12 * 11 * 10 / 6
    assert "2 left out" in found.note


def test_too_little_is_said_not_measured() -> None:
    found = triples(table_of({"a": np.arange(50.0), "b": np.arange(50.0), "c": np.arange(50.0)}))
    assert found.tested == 0
    assert "At least 200 rows" in found.note


def test_the_same_table_gives_the_same_triples_and_progress_ends_below_one() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, 900), rng.integers(0, 2, 900)
    table = table_of({"a": words(a), "b": words(b), "c": words(a ^ b ^ (rng.random(900) < 0.2))})
    seen: list[float] = []
    first = triples(table, seed=4, progress=lambda done, total, note="": seen.append(done / total))
    assert first == triples(table, seed=4)
    assert seen == sorted(seen)
    assert seen[-1] <= 1


def test_the_fitted_table_keeps_every_pair() -> None:
    counts = np.random.default_rng(0).integers(0, 40, (2, 3, 4, 2)).astype(float)
    fitted = without_interaction(counts, 200)
    for axis in (1, 2, 3):
        assert np.allclose(fitted.sum(axis=axis), counts.sum(axis=axis), atol=1e-6)


def test_a_view_masks_what_few_rows_hold() -> None:
    rows = 600
    rng = np.random.default_rng(0)
    town = np.where(np.arange(rows) < 3, "Zanzibar", rng.choice(["Ghent", "Bruges"], rows)).astype(object)
    table = table_of(
        {"town": town, "age": rng.integers(20, 80, rows), "sex": rng.choice(["f", "m"], rows).astype(object)}
    )
    view = triple_view(table, ["town", "age", "sex"])
    assert "Zanzibar" not in view.x_labels
    assert view.counts.shape == (len(view.z_labels), len(view.y_labels), len(view.x_labels))
    shown = view.counts[~np.isnan(view.counts)]
    assert not ((shown > 0) & (shown < 5)).any()
    assert np.isnan(view.counts[:, :, view.x_labels.index("(others)")]).any()
    whole = triple_view(table, ["sex", "age", "town"])
    assert np.nansum(whole.shares, axis=(1, 2))[:2] == pytest.approx(1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rows", [0, 1, 3, 60])
def test_odd_columns_and_few_rows_are_looked_at_without_a_warning(rows: int) -> None:
    rng = np.random.default_rng(0)
    table = table_of(
        {
            "key": rng.integers(2**60, 2**62, rows),
            "tiny": rng.random(rows) * 1e-200,
            "none": np.full(rows, np.nan),
            "word": rng.choice(["a`b", "o'c", ""], rows).astype(object),
        }
    )
    assert triples(table).found == []
    view = triple_view(table, ["key", "tiny", "word"])
    shown = " ".join(view.x_labels).replace(",", "")
    assert not [value for value in table.frame["key"] if str(value) in shown]
    triple_view(table, ["none", "word", "tiny"])


def test_a_view_of_something_else_says_what_is_wrong() -> None:
    table = table_of({"a": [1.0], "b": [1.0], "c": [1.0]})
    with pytest.raises(TableError, match="three different ones"):
        triple_view(table, ["a", "a", "b"])
    personal = table.with_columns([Column(name="a", kind=Kind.TEXT, semantic="email")])
    with pytest.raises(TableError, match="personal data"):
        triple_view(personal, ["a", "b", "c"])
