"""Independent columns: right columns, no relations."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_core.errors import MethodError
from synth_core.methods.independent import Independent
from synth_core.table import Column, Kind, Table


def pair(rows: int = 2000) -> Table:
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows).round(2)
    word = np.where(x > 0, "high", "low").astype(object)
    word[::10] = None
    frame = pd.DataFrame({"x": x, "word": word})
    return Table(frame, (Column(name="x", kind=Kind.NUMBER), Column(name="word", kind=Kind.CATEGORY)))


def test_each_column_is_right_and_their_relation_is_gone():
    made, real = Independent().fit(pair(), seed=0).sample(20_000, seed=1), pair().frame
    assert made.dtypes.equals(real.dtypes)
    np.testing.assert_allclose(made["x"].quantile([0.1, 0.5, 0.9]), real["x"].quantile([0.1, 0.5, 0.9]), atol=0.05)
    assert abs(made["word"].isna().mean() - 0.1) < 0.01
    assert abs(made.groupby("word")["x"].mean().diff().iloc[-1]) < 0.05


def test_the_same_seed_gives_the_same_rows_also_from_a_saved_model(tmp_path: Path):
    fitted = Independent().fit(pair(), seed=0)
    fitted.save(tmp_path)
    pd.testing.assert_frame_equal(Independent.load(tmp_path).sample(100, seed=4), fitted.sample(100, seed=4))
    assert not fitted.sample(100, seed=4).equals(fitted.sample(100, seed=5))


def test_prescribed_values_are_kept():
    conditions = pd.DataFrame({"word": ["low"] * 30})
    made = Independent().fit(pair(), seed=0).sample(30, seed=0, conditions=conditions)
    assert (made["word"] == "low").all()


def test_an_unknown_prescribed_column_gets_a_hint():
    with pytest.raises(MethodError, match="Did you mean 'word'"):
        Independent().fit(pair(50), seed=0).sample(1, seed=0, conditions=pd.DataFrame({"words": ["low"]}))


def test_a_column_without_any_value_stays_without():
    table = Table(pd.DataFrame({"x": [np.nan] * 9}), (Column(name="x", kind=Kind.NUMBER),))
    assert Independent().fit(table, seed=0).sample(20, seed=0)["x"].isna().all()
