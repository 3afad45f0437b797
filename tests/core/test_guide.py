"""The guide: boosted symmetric trees find what is wrong with drawn rows, and the better candidates are kept."""

import numpy as np
import pandas as pd
import pytest

from synth_core.codec import Codec
from synth_core.methods.boosting import Boosted
from synth_core.methods.guide import Guide
from synth_core.methods.trees import Trees
from synth_core.methods.views import View
from synth_core.table import Column, Kind, Table

LEVELS = [f"code {i:02d}" for i in range(12)]


def siblings(rows: int, apart: bool, seed: int) -> Table:
    """Two numbers that go together, and two codes that are never the same where ``apart``."""
    rng = np.random.default_rng(seed)
    low = rng.random(rows)
    one = rng.integers(0, 12, rows)
    other = (one + rng.integers(1, 12, rows)) % 12 if apart else rng.integers(0, 12, rows)
    frame = pd.DataFrame(
        {
            "low": low,
            "high": low + 0.1 * rng.random(rows) * (1 if apart else 2),
            "one": np.array(LEVELS, dtype=object)[one],
            "other": np.array(LEVELS, dtype=object)[other],
        }
    )
    kinds = (Kind.NUMBER, Kind.NUMBER, Kind.CATEGORY, Kind.CATEGORY)
    return Table(frame, tuple(Column(name=name, kind=kind) for name, kind in zip(frame, kinds, strict=True)))


def seen(codec: Codec, table: Table) -> View:
    view, encoded = View(codec), codec.encode(table.frame)
    for name in codec.names:
        view.add(name, encoded.states[name], encoded.ranks[name])
    return view


@pytest.fixture(scope="module")
def guided():
    codec = Codec.fit(siblings(3000, True, 0), seed=0)
    real, drawn = seen(codec, siblings(3000, True, 0)), seen(codec, siblings(6000, False, 1))
    return codec, Guide.fit(codec, codec.names, real, drawn, 10.0, 4, np.random.default_rng(99))


def test_it_asks_about_gaps_between_numbers_and_about_equal_siblings(guided):
    assert {question.kind for question in guided[1].questions} == {"number", "gap", "state", "same"}


@pytest.mark.parametrize("each", [False, True])
def test_candidates_like_real_rows_are_kept(guided, each):
    codec, guide = guided
    table = siblings(8000, False, 2)
    kept = table.frame.iloc[guide.chosen(seen(codec, table), 2000, np.random.default_rng(0), each=each)]
    assert (table.frame["one"] == table.frame["other"]).mean() > 0.07
    assert (kept["one"] == kept["other"]).mean() < 0.02
    assert (kept["high"] - kept["low"]).mean() < (table.frame["high"] - table.frame["low"]).mean() - 0.02


def test_with_each_every_beginning_gets_one_candidate(guided):
    codec, guide = guided
    chosen = guide.chosen(seen(codec, siblings(900, False, 3)), 300, np.random.default_rng(0), each=True)
    assert (chosen % 300 == np.arange(300)).all()


def test_where_nothing_is_wrong_the_trees_stop_soon():
    rng = np.random.default_rng(0)
    bins = rng.integers(0, 60, (5, 8000)).astype(np.uint8)
    label = (rng.random(8000) < 0.5).astype(np.float64)
    found = Boosted.fit(
        bins, np.zeros(5, dtype=bool), label, np.ones(8000), rng, trees=100, depth=4, rate=0.2, least=20
    )
    assert len(found.feature) < 15
    assert np.abs(found.scores(bins)).max() < 0.6


def test_two_columns_that_matter_only_together_are_found():
    rng = np.random.default_rng(0)
    bins = rng.integers(0, 4, (3, 6000)).astype(np.uint8)
    label = ((bins[0] == 1) == (bins[2] > 1)).astype(np.float64)
    equal = np.array([True, False, False])
    found = Boosted.fit(bins, equal, label, np.ones(6000), rng, trees=60, depth=3, rate=0.3, least=5)
    assert ((found.scores(bins) > 0) == (label > 0)).mean() > 0.95


def test_a_guide_brings_rows_nearer_to_the_real_ones():
    rng = np.random.default_rng(7)
    start, stay = rng.random(4000), rng.choice([0.1, 0.2, 0.3], 4000)
    frame = pd.DataFrame({"start": start, "end": start + stay})
    table = Table(frame, tuple(Column(name=name, kind=Kind.NUMBER) for name in frame))

    def off(candidates: int) -> float:
        made = Trees(candidates=candidates, trees=2).fit(table, seed=0).sample(4000, seed=1)
        gap = (made["end"] - made["start"]).to_numpy()
        return float(np.abs(gap[:, None] - np.array([0.1, 0.2, 0.3])).min(axis=1).mean())

    assert off(5) < 0.8 * off(1)


def test_the_margins_of_the_candidates_move_little(guided):
    codec, guide = guided
    table = siblings(40_000, False, 5)
    view = seen(codec, table)

    def drift(chooser: Guide) -> float:
        kept = table.frame.iloc[chooser.chosen(view, 10_000, np.random.default_rng(1), each=False)]
        gaps = [abs(table.frame[name].rank(pct=True)[kept.index].mean() - 0.5) for name in ("low", "high")]
        before, after = (frame["one"].value_counts(normalize=True) for frame in (table.frame, kept))
        return max(*gaps, float((before - after.reindex(before.index)).abs().max()))

    free = Guide(guide.questions, guide.trees, np.zeros_like(guide.offsets))
    assert drift(guide) < 0.032
    assert drift(guide) < 0.65 * drift(free)
