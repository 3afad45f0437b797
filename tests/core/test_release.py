"""The release pack holds what its manifest says, keeps the rows back while a gate fails, and knows earlier releases."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth_core.errors import InputError
from synth_core.generation import Synthesis
from synth_core.ledger import Entry, entry_of, read_ledger, released_rows, write_down
from synth_core.recipe import Recipe
from synth_core.release import Release, release, zipped
from synth_core.report import Front
from synth_core.scorecard import Scorecard, default_targets
from synth_core.table import Table
from tests.core.scorecard_example import scorecard

HOSTILE = '"><script>alert(1)</script>'


def good() -> Scorecard:
    """The example without the one score that fails."""
    card = scorecard(table="People")
    scores = [
        score.model_copy(update={"value": 0.55, "low": 0.53, "high": 0.57}) if score.name == "c2st" else score
        for score in card.fidelity.scores
    ]
    return card.model_copy(update={"fidelity": card.fidelity.model_copy(update={"scores": scores})})


def rows_of(table: Table, folder: Path, rows: int = 40) -> Synthesis:
    """Lay the first rows of a table out as if a run had made them."""
    folder.mkdir(exist_ok=True)
    columns = [column for column in table.columns if column.learned]
    frame = table.frame[[column.name for column in columns]].head(rows)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / "synthetic.parquet")
    return Synthesis(
        rows=rows, columns=columns, rows_train=300, rows_holdout=60, learned_from=300, fingerprint=table.fingerprint
    )


def packed(table: Table, tmp_path: Path, card: Scorecard | None = None, rows: int = 40, **more: object) -> Release:
    made = rows_of(table, tmp_path / "run", rows)
    given = {"synthesis": made, "recipe": Recipe(method="independent", rows=rows, seed=7), "card": card or good()}
    return release(tmp_path / "run", tmp_path / "pack", targets=default_targets("share"), **(given | more))  # type: ignore[arg-type]


def test_the_pack_is_whole_and_its_hashes_are_those_of_its_files(people: Table, tmp_path: Path) -> None:
    pack = packed(people, tmp_path, title="Release 4")
    names = {path.name for path in pack.folder.iterdir()}
    assert names >= {
        "synthetic.parquet", "synthetic.csv", "synthetic.xlsx", "codebook.csv", "data-card.md", "report.html",
        "scorecard.json", "recipe.json", "constraints.json", "ledger.json", "manifest.json",
    }  # fmt: skip
    manifest = json.loads((pack.folder / "manifest.json").read_text())
    assert set(manifest["sha256"]) == names - {"manifest.json"}
    for name, print_ in manifest["sha256"].items():
        assert hashlib.sha256((pack.folder / name).read_bytes()).hexdigest() == print_, name
    assert (manifest["seed"], manifest["rows"], manifest["override"]) == (7, 40, "")
    assert {"numpy", "pandas", "pyarrow"} <= set(manifest["packages"])
    assert manifest["python"]
    card = (pack.folder / "data-card.md").read_text()
    for words in (
        "Licence of the engine",
        "## Limits",
        "## What not to do",
        "## Final validation on real data",
        "Made for:",
        "# Data card: Release 4",
    ):
        assert words in card
    assert len(pd.read_excel(pack.folder / "synthetic.xlsx")) == 40


def test_a_failing_gate_keeps_the_rows_out_and_takes_those_of_an_earlier_pack_away(
    people: Table, tmp_path: Path
) -> None:
    packed(people, tmp_path)
    pack = packed(people, tmp_path, scorecard(table="People"))
    assert [verdict.target.score for verdict in pack.blocked_by] == ["c2st"]
    assert pack.entry is None
    left = {path.name for path in pack.folder.iterdir()}
    assert not {name for name in left if name.startswith("synthetic")} | (left & {"codebook.csv", "data-card.md"})
    assert "report.html" in left


def test_a_reason_releases_the_rows_and_stands_in_every_part_that_people_read(people: Table, tmp_path: Path) -> None:
    reason = f"The data officer agreed {HOSTILE}"
    pack = packed(people, tmp_path, scorecard(table="People"), override=reason)
    assert pack.blocked_by == ()
    assert (pack.folder / "synthetic.parquet").exists()
    assert json.loads((pack.folder / "manifest.json").read_text())["override"] == reason
    assert reason in (pack.folder / "data-card.md").read_text().replace("\\", "")  # taken literally in Markdown
    page = (pack.folder / "report.html").read_text()
    assert "Reason: The data officer agreed" in page
    assert HOSTILE not in page
    assert pack.entry is not None
    assert pack.entry.override == reason


def test_blanks_are_no_reason(people: Table, tmp_path: Path) -> None:
    assert packed(people, tmp_path, scorecard(table="People"), override="  \n ").blocked_by


def test_earlier_releases_stand_in_the_pack_and_add_up(people: Table, tmp_path: Path) -> None:
    first = packed(people, tmp_path).entry
    assert first is not None
    pack = packed(people, tmp_path, rows=30, earlier=[first])
    assert "70 rows with this one" in (pack.folder / "data-card.md").read_text()
    page = (pack.folder / "report.html").read_text()
    assert "Earlier releases from the same real rows" in page
    assert first.sha256[:16] in page
    assert [one["rows"] for one in json.loads((pack.folder / "ledger.json").read_text())] == [40, 30]
    manifest = json.loads((pack.folder / "manifest.json").read_text())
    assert (manifest["earlier_releases"], manifest["rows_released_before"]) == (1, 40)


def test_the_same_rows_again_are_no_earlier_release(people: Table, tmp_path: Path) -> None:
    first = packed(people, tmp_path).entry
    assert first is not None
    again = packed(people, tmp_path, earlier=[first])
    assert "Earlier releases" not in (again.folder / "report.html").read_text()


def test_a_pack_becomes_one_zip_file(people: Table, tmp_path: Path) -> None:
    pack = packed(people, tmp_path, front=Front(client="ACME"))
    with zipfile.ZipFile(zipped(pack.folder, tmp_path / "pack.zip")) as archive:
        assert set(archive.namelist()) == {path.name for path in pack.folder.iterdir()}
        assert b"Prepared for ACME" in archive.read("report.html")


def entry(people: Table, folder: Path, rows: int, form: str) -> Entry:
    rows_of(people, folder, rows)
    made = folder / "synthetic.parquet"
    return entry_of(made, table=people.fingerprint, rows=rows, method="trees", seed=0, forms=[form])


def test_the_same_rows_taken_twice_are_one_look(people: Table, tmp_path: Path) -> None:
    ledger = tmp_path / "releases.json"
    assert read_ledger(ledger) == []
    write_down(ledger, entry(people, tmp_path / "a", 20, "CSV"))
    write_down(ledger, entry(people, tmp_path / "a", 20, "Excel"))
    write_down(ledger, entry(people, tmp_path / "b", 30, "CSV"))
    known = read_ledger(ledger)
    assert [(one.rows, one.forms) for one in known] == [(20, ("CSV", "Excel")), (30, ("CSV",))]
    assert released_rows(known) == 50


def test_a_damaged_ledger_is_an_error_and_is_not_replaced(people: Table, tmp_path: Path) -> None:
    ledger = tmp_path / "releases.json"
    ledger.write_text("{}")
    with pytest.raises(InputError, match=r"releases\.json is damaged"):
        write_down(ledger, entry(people, tmp_path / "a", 20, "CSV"))
    assert ledger.read_text() == "{}"
