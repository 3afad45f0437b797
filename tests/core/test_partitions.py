"""A release in parts: a folder of marked files with the same rows as the one file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth_core import codebook as codebooks
from synth_core import verification
from synth_core.codebook import codebook
from synth_core.constraints.kinds import Monotonic, Unique
from synth_core.errors import GenerationError, InputError
from synth_core.generation import generate, read_synthetic
from synth_core.partitions import NOTE, check_folder, files_of, groups, move_release, release_in, row_count
from synth_core.recipe import Recipe
from synth_core.table import Column, Kind, Table
from synth_core.verification import repeats, verified
from synth_core.writing import export, write_parts


def recipe(**changed: object) -> Recipe:
    return Recipe(**{"method": "independent", "rows": 900, "seed": 5, "chunk_rows": 200, **changed})


def test_a_folder_of_parts_holds_the_rows_of_the_one_file_each_part_marked(people: Table, tmp_path: Path) -> None:
    generate(people, recipe(), tmp_path / "one")
    synthesis = generate(people, recipe(), tmp_path / "parts", partitioned=True)
    folder = tmp_path / "parts/synthetic"
    assert [pq.read_metadata(file).num_rows for file in files_of(folder)] == [200, 200, 200, 200, 100]
    for file in files_of(folder):
        metadata = pq.read_schema(file).metadata
        assert metadata[b"simile.synthetic"] == b"true"
        assert b"independent" in metadata[b"simile.recipe"]
    assert "SYNTHETIC" in (folder / NOTE).read_text()
    one = pd.read_parquet(tmp_path / "one/synthetic.parquet")
    assert pd.read_parquet(folder).equals(one)
    assert row_count(folder) == synthesis.rows
    assert len(read_synthetic(tmp_path / "parts", synthesis, 300)) == 400
    assert not (tmp_path / "parts/synthetic.parquet").exists()
    assert release_in(tmp_path / "parts") == folder


def test_the_parts_are_the_same_for_any_number_of_processes(people: Table, tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("two", 2)):
        generate(people, recipe(), tmp_path / name, workers=workers, partitioned=True)
    for first, second in zip(*(files_of(tmp_path / name / "synthetic") for name in ("one", "two")), strict=True):
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_folder_of_parts_is_exported_as_the_one_file_is(people: Table, tmp_path: Path, suffix: str) -> None:
    for name, partitioned in (("one", False), ("parts", True)):
        synthesis = generate(people, recipe(), tmp_path / name, partitioned=partitioned)
        found = release_in(tmp_path / name)
        assert found is not None
        export(found, tmp_path / f"{name}{suffix}", synthesis.columns)
    read = pd.read_csv if suffix == ".csv" else pd.read_parquet
    assert read(tmp_path / f"one{suffix}").equals(read(tmp_path / f"parts{suffix}"))


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"holds other things \('thesis.txt'\)"):
        check_folder(tmp_path / "mine")
    release = tmp_path / "release"
    release.mkdir()
    with pytest.raises(InputError):
        move_release(release, tmp_path / "mine")
    assert (tmp_path / "mine/thesis.txt").exists()


def test_an_earlier_release_in_the_folder_is_replaced_whole(people: Table, tmp_path: Path) -> None:
    for rows in (900, 300):
        generate(people, recipe(rows=rows), tmp_path / str(rows), partitioned=True)
        move_release(tmp_path / str(rows) / "synthetic", tmp_path / "out")
    assert row_count(tmp_path / "out") == 300


COLUMNS = (Column(name="id", kind=Kind.IDENTIFIER), Column(name="x", kind=Kind.NUMBER, storage="number"))


def _files(folder: Path, ids: list[list[str]]) -> list[Path]:
    folder.mkdir(exist_ok=True)
    return [
        write_parts(
            [pd.DataFrame({"id": pd.Series(part, dtype=object), "x": [float(n) for n in range(len(part))]})],
            COLUMNS,
            folder / f"part-{number:06d}.parquet",
        )
        for number, part in enumerate(ids)
    ]


@pytest.mark.parametrize("at_once", [2, 1000])
def test_repeats_are_counted_across_parts_in_any_number_of_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(verification, "KEYS_AT_ONCE", at_once)
    rule = Unique(columns=("id",))
    alone = _files(tmp_path / "alone", [["a", "b"], ["c", "d"]])
    assert repeats(rule, alone, COLUMNS, 4) == 0
    twice = _files(tmp_path / "twice", [["a", "b", "c"], ["c", "d", "a"], ["a", "e"]])
    assert repeats(rule, twice, COLUMNS, 8) == 3
    with pytest.raises(
        GenerationError, match="3 of 8 released rows break the hard rule 'id is different in every row'"
    ):
        list(verified(twice, COLUMNS, [rule], 8))


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (Unique(columns=("id",), when="x >= 1"), 1),
        (Unique(columns=("id",), on_null="violates"), 3),
    ],
)
def test_repeats_across_parts_mind_the_condition_and_missing_cells(tmp_path: Path, rule: Unique, broken: int) -> None:
    files = _files(tmp_path / "parts", [["a", "b"], ["c", "a", "b"], ["d", None]])  # type: ignore[list-item]
    assert repeats(rule, files, COLUMNS, 7) == broken


def test_rules_on_rows_in_their_order_hold_where_parts_meet(tmp_path: Path) -> None:
    files = _files(tmp_path / "parts", [["a", "b"], ["c", "d"]])  # x is 0, 1 in each
    with pytest.raises(GenerationError, match="1 of 4 released rows break the hard rule 'x never falls'"):
        list(verified(files, COLUMNS, [Monotonic(column="x")], 4))
    assert len(list(verified(files[:1], COLUMNS, [Monotonic(column="x")], 2))) == 1


def test_a_release_that_breaks_a_rule_is_not_published(
    people: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth_core.constraints.kinds import ScalarRange

    monkeypatch.setattr(ScalarRange, "violations", lambda self, frame: pd.Series([True] * len(frame)))
    rule = ScalarRange(column="age", low_value=0, high_value=200)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("synth_core.generation.Enforcement.prepare", _without_rules)
        for partitioned in (False, True):
            with pytest.raises(GenerationError, match="the release was withdrawn"):
                generate(people, recipe(constraints=[rule]), tmp_path, partitioned=partitioned)
            assert release_in(tmp_path) is None


def _without_rules(train: Table, rules: object, **how: object) -> object:
    from synth_core.constraints.enforcement import Enforcement

    return Enforcement(encoded=train, plan=[], rules=[], columns=train.columns)


def test_the_codebook_reads_a_part_at_a_time_and_stops_counting(
    people: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthesis = generate(people, recipe(), tmp_path, partitioned=True)
    book = codebook(tmp_path / "synthetic", synthesis.columns).set_index("column")
    frame = pa.concat_tables(groups(tmp_path / "synthetic")).to_pandas()
    for name in ("age", "income", "plan", "city", "start"):
        assert book.loc[name, "distinct"] == frame[name].nunique()
        assert book.loc[name, "empty_share"] == pytest.approx(frame[name].isna().mean(), abs=1e-4)
    assert book.loc["age", "values"] == f"{frame['age'].min()} to {frame['age'].max()}"
    assert book.loc["plan", "values"] == "basic, gold"
    assert book.loc["record", "values"] == ""
    monkeypatch.setattr(codebooks, "MOST_DISTINCT", 300)
    book = codebook(tmp_path / "synthetic", synthesis.columns).set_index("column")
    assert book.loc["record", "distinct"] == "more than 300"
    assert book.loc["plan", "distinct"] == 2
