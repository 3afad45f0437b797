"""``simile testdata``: what is asked for wrongly is said before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from synth_core.cli import app
from synth_core.errors import SimileError

ONE = "columns: {id: {kind: integer, unique: true}, word: {kind: category, categories: [a, b]}}"
TWO = "tables: {t: {columns: {id: integer}}, u: {columns: {id: integer}}}"


def run(*words: str) -> str:
    found = CliRunner().invoke(app, ["testdata", *words], standalone_mode=False)
    if found.exception is not None:
        raise found.exception
    return found.output


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    path = tmp_path / "schema.yaml"
    path.write_text(ONE)
    return path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--if-exists", "update"], "--if-exists is fail, append or replace, not 'update'."),
        (["--form", "xml"], "--form is one of"),
        (["--constraints", "rules.json"], "Rules stand in the schema itself"),
    ],
)
def test_a_wrong_word_is_one_sentence(schema: Path, tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "rules.json").write_text("[]")
    asked = [str(tmp_path / word) if word == "rules.json" else word for word in words]
    with pytest.raises(SimileError) as error:
        run(str(schema), "--out", str(tmp_path / "made"), *asked)
    assert said in str(error.value)
    assert not (tmp_path / "made").exists()


def test_several_tables_need_a_folder_and_keep_their_names(tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(TWO)
    with pytest.raises(SimileError, match="The schema has 2 tables; let --out name a folder"):
        run(str(path), "--out", str(tmp_path / "made.csv"))
    with pytest.raises(SimileError, match="leave --table out"):
        run(str(path), "--out", str(tmp_path / "made"), "--table", "mine")
    assert not list(tmp_path.glob("made*"))


def test_a_table_of_ones_own_gives_rows_with_edge_cases(tmp_path: Path) -> None:
    source = tmp_path / "people.csv"
    source.write_text("age,town\n" + "".join(f"{20 + n % 40},{'Ulm' if n % 3 else 'Bern'}\n" for n in range(120)))
    out = run(str(source), "--out", str(tmp_path / "made.csv"), "--rows", "50", "--edges", "boundary=2")
    made = (tmp_path / "made.csv").read_text().splitlines()
    assert f"{len(made) - 1} rows" in out
    assert len(made) > 51
    assert "age" in made[0]


def test_columns_with_one_type_take_no_rows_of_the_wrong_type(schema: Path, tmp_path: Path) -> None:
    out = run(str(schema), "--out", str(tmp_path / "made.parquet"), "--rows", "40", "--edges", "all")
    assert "No rows of the wrong type: a column has one type there." in out
    assert (tmp_path / "made.parquet").exists()
