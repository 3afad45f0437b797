"""What every registered engine must do, and the example plug-in as well."""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_core.errors import Cancelled, MethodError
from synth_core.methods import method_class, methods
from synth_core.table import Column, Kind, Table

sys.path.insert(0, str(Path(__file__).parent / "neighbours_method"))
from neighbours_method import Neighbours

DOCS = Path(__file__).resolve().parents[2] / "docs"
TINY = {"epochs": 1, "batch_size": 20, "embedding_dim": 4}
SETTINGS = {
    "ctgan": TINY | {"generator_dim": "8", "discriminator_dim": "8"},
    "tvae": TINY | {"compress_dims": "8", "decompress_dims": "8"},
    "diffusion": {"minutes": 0.002, "hidden": 32},
}
BARELY_TRAINED = {"ctgan", "tvae"}
CLASSES = {**methods(), "neighbours": Neighbours}
NAMES = sorted(CLASSES)
every_method = pytest.mark.parametrize("name", NAMES)


def engine(name: str):
    return CLASSES[name](**SETTINGS.get(name, {}))


def mixed(rows: int = 300) -> Table:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows),
            "visits": pd.array(rng.poisson(2, rows), dtype="Int64"),
            "cost": np.where(rng.random(rows) < 0.3, 0.0, np.round(rng.lognormal(4, 1, rows), 2)),
            "day": pd.to_datetime(rng.integers(10_000, 20_000, rows), unit="D").astype("datetime64[ns]"),
            "ward": rng.choice(["north", "south", "west"], rows, p=[0.5, 0.3, 0.2]).astype(object),
            "smoker": rng.choice(["yes", "no"], rows).astype(object),
        }
    )
    for name in ("visits", "cost", "day", "ward"):
        frame.loc[rng.random(rows) < 0.2, name] = None
    kinds = [Kind.INTEGER, Kind.INTEGER, Kind.NUMBER, Kind.DATETIME, Kind.CATEGORY, Kind.BOOLEAN]
    columns = zip(frame, kinds, strict=True)
    return Table(frame, tuple(Column(name=n, kind=k, nullable=bool(frame[n].isna().any())) for n, k in columns))


def single(values: object, kind: Kind, **more: object) -> Table:
    return Table(pd.DataFrame({"only": values}), (Column(name="only", kind=kind, **more),))


@pytest.fixture(scope="module")
def fitted():
    made: dict[str, object] = {}

    def get(name: str):
        if name not in made:
            made[name] = engine(name).fit(mixed(), seed=3)
        return made[name]

    return get


@every_method
def test_the_same_seed_gives_the_same_rows_and_another_seed_others(name, fitted):
    one, again, other = (fitted(name).sample(120, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, again)
    assert not one.equals(other)


@every_method
@pytest.mark.parametrize("rows", [1, 7, 500])
def test_as_many_rows_come_as_were_asked_for_in_the_columns_learned(name, rows, fitted):
    out = fitted(name).sample(rows, seed=1)
    assert list(out) == mixed().names
    assert out.index.equals(pd.RangeIndex(rows))


@every_method
def test_dtypes_are_canonical_and_categories_known(name, fitted):
    out, real = fitted(name).sample(200, seed=1), mixed().frame
    assert out.dtypes.astype(str).to_dict() == real.dtypes.astype(str).to_dict()
    for column in ("ward", "smoker"):
        assert set(out[column].dropna()) <= set(real[column].dropna())
        assert all(value is None or isinstance(value, str) for value in out[column])


@every_method
def test_numbers_stay_in_the_real_range_and_on_the_real_grid(name, fitted):
    out, real = fitted(name).sample(500, seed=1), mixed().frame
    for column in ("age", "visits", "cost", "day"):
        assert out[column].min() >= real[column].min()
        assert out[column].max() <= real[column].max()
    assert (out["day"].dropna() == out["day"].dropna().dt.normalize()).all()
    np.testing.assert_allclose(out["cost"], out["cost"].round(2))


@pytest.mark.parametrize("name", sorted(set(NAMES) - BARELY_TRAINED))
def test_missing_rates_are_kept(name, fitted):
    out, real = fitted(name).sample(4000, seed=1), mixed().frame
    difference = (out.isna().mean() - real.isna().mean()).abs()
    assert difference.max() < 0.05
    assert not out[["age", "smoker"]].isna().any().any()


@every_method
def test_a_saved_model_gives_the_same_rows(name, fitted, tmp_path):
    fitted(name).save(tmp_path / "model")
    loaded = CLASSES[name].load(tmp_path / "model")
    pd.testing.assert_frame_equal(loaded.sample(80, seed=5), fitted(name).sample(80, seed=5))


@every_method
def test_thirty_rows_are_enough(name):
    out = engine(name).fit(mixed(30), seed=0).sample(50, seed=0)
    assert len(out) == 50


ONE_COLUMN = {
    "number": single(np.linspace(0, 1, 60), Kind.NUMBER),
    "category": single(np.array(["a", "b", "b"] * 20, dtype=object), Kind.CATEGORY),
    "date": single(pd.date_range("2020-01-01", periods=60).astype("datetime64[ns]"), Kind.DATETIME),
    "constant": single(np.array(["x"] * 60, dtype=object), Kind.CATEGORY),
    "constant number": single(np.full(60, 7, dtype=np.int64), Kind.INTEGER),
    "missing text": single(np.array([None] * 60, dtype=object), Kind.CATEGORY, nullable=True),
    "missing number": single(np.full(60, np.nan), Kind.NUMBER, nullable=True),
}


@every_method
@pytest.mark.parametrize("case", sorted(ONE_COLUMN))
def test_a_table_of_one_column_works(name, case):
    table = ONE_COLUMN[case]
    out = engine(name).fit(table, seed=0).sample(40, seed=0)
    real = table.frame["only"]
    assert out["only"].dtype == real.dtype
    if case.startswith("constant"):
        assert (out["only"] == real[0]).all()
    if case.startswith("missing"):
        assert out["only"].isna().all()


@every_method
@pytest.mark.parametrize("protect", [True, False])
def test_two_thousand_levels_work_or_are_refused_in_a_sentence(name, protect):
    levels = np.array([f"L{i % 2000:04d}" for i in range(4000)], dtype=object)
    frame = pd.DataFrame({"code": levels, "x": np.arange(4000) % 50})
    columns = (Column(name="code", kind=Kind.CATEGORY, protect=protect), Column(name="x", kind=Kind.INTEGER))
    larger = {"batch_size": 1000} if name in BARELY_TRAINED else {}
    chosen = CLASSES[name](**SETTINGS.get(name, {}) | larger)
    if name in BARELY_TRAINED and not protect:
        with pytest.raises(MethodError, match=r"'code' has 2,000 levels.*\.$"):
            chosen.fit(Table(frame, columns), seed=0)
        return
    out = chosen.fit(Table(frame, columns), seed=0).sample(100, seed=0)
    assert len(out) == 100
    if protect:
        assert not set(out["code"]) & set(levels), "levels of two rows each are rare"


@every_method
def test_nothing_to_learn_from_is_said(name):
    empty = Table(pd.DataFrame({"x": np.zeros(0)}), (Column(name="x", kind=Kind.NUMBER),))
    with pytest.raises(MethodError, match="0 rows"):
        engine(name).fit(empty, seed=0)


@every_method
def test_progress_is_told_and_can_stop_the_work(name, fitted):
    told: list[tuple[float, float]] = []
    engine(name).fit(mixed(60), seed=0, progress=lambda done, total, note="": told.append((done, total)))
    assert told
    assert all(0 <= done <= total for done, total in told)

    def stop(done: float, total: float, note: str = "") -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        engine(name).fit(mixed(60), seed=0, progress=stop)
    with pytest.raises(Cancelled):
        fitted(name).sample(10, seed=0, progress=stop)


@every_method
def test_its_card_has_all_the_words(name):
    info = CLASSES[name].info
    assert info.name == name
    for words in (info.title, info.summary, info.good_for, info.weak_at, info.cost, info.licence):
        assert words
    assert info.summary.endswith(".")
    assert info.licence == "Apache-2.0" or info.licence_note
    assert all(param.help.endswith(".") for param in info.params)
    assert len({param.name for param in info.params}) == len(info.params)


@every_method
def test_settings_are_checked_in_one_sentence(name):
    with pytest.raises(MethodError, match=f"Engine '{name}' has no setting 'no_such_thing'"):
        CLASSES[name](no_such_thing=1)
    for param in CLASSES[name].info.params:
        assert param.check(param.default) == param.default
        wrong = {bool: "perhaps", str: "no such word"}.get(param.kind, "many")
        if param.kind is str and not param.choices and not param.pattern:
            continue
        with pytest.raises(MethodError, match=f"Setting '{param.name}' of engine '{name}' must be"):
            CLASSES[name](**{param.name: wrong})


@pytest.mark.parametrize("name", sorted(methods()))
def test_it_has_a_paragraph_in_the_documentation(name):
    text = (DOCS / "engines.md").read_text(encoding="utf-8")
    _, found, paragraph = text.partition(f"\n## `{name}`")
    assert found, f"docs/engines.md has no section for '{name}'"
    assert len(paragraph.partition("\n## ")[0].split()) >= 30


@every_method
def test_a_stop_is_heard_within_two_seconds_of_work(name):
    """In processor seconds, from the second report on: reading a package comes before the first."""
    table, asked = mixed(6000), list[float]()
    slow = {"ctgan": {"epochs": 3}, "tvae": {"epochs": 3}, "diffusion": {"minutes": 0.02}}
    chosen = CLASSES[name](**slow.get(name, {}))
    chosen.fit(mixed(60), seed=0)

    def told(done: float, total: float, note: str = "") -> None:
        asked.append(time.process_time())

    told(0, 1)
    model = chosen.fit(table, seed=0, progress=told)
    told(1, 1)
    gaps = [*np.diff(asked)]
    asked.clear()
    told(0, 1)
    model.sample(3_000 if name in slow else 60_000, seed=0, progress=told)
    told(1, 1)
    assert max(*gaps, *np.diff(asked)) < 2


def test_an_unknown_method_is_answered_with_the_nearest_name():
    with pytest.raises(MethodError, match=r"no engine 'tree'\. Did you mean 'trees'"):
        method_class("tree")
