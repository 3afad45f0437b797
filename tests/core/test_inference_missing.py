"""Words that mean a missing cell: offered by evidence, taken per column, written back as the source had them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_core import project as projects
from synth_core.cli_options import missing_of, told_missing
from synth_core.errors import InputError, TableError
from synth_core.inference import ColumnChoice, table_from_frame
from synth_core.offers import MissingOffer, missing_offers
from synth_core.reading import frame_like, read_bytes
from synth_core.recipe import Recipe
from synth_core.table import Kind, Table
from synth_core.writing import from_arrow, to_arrow

N = 200
_rng = np.random.default_rng(3)
SPREAD = [f"{v:.1f}" for v in _rng.normal(20, 8, N)]
WHOLE = [str(v) for v in _rng.integers(85, 400, N)]
BELL = [str(int(v)) for v in _rng.normal(240, 40, N)]
MAY = [f"2023-05-{1 + i % 28:02d}" for i in range(N)]
TAIL = [str(int(v)) if v < 41_310 else "0" for v in _rng.lognormal(6, 1.5, N)]


def with_word(cells: list[str], word: str, every: int = 10) -> list[str]:
    return [word if i % every == 0 else cell for i, cell in enumerate(cells)]


def made(cells: list[str], name: str = "v", **choice: object) -> Table:
    choices = {name: ColumnChoice.model_validate(choice)} if choice else None
    return table_from_frame(pd.DataFrame({name: cells}), choices=choices, text=True)


OFFERED = {
    "-200 below what is never negative": (with_word(WHOLE, "-200"), "-200"),
    "-200 far below degrees": (with_word(SPREAD, "-200"), "-200"),
    "-1 where nothing is negative": (with_word(WHOLE, "-1"), "-1"),
    "9999 far above": (with_word(SPREAD, "9999"), "9999"),
    "999 above counts": (with_word([str(i % 30) for i in range(N)], "999"), "999"),
    "zero where nothing is small": (with_word(BELL, "0"), "0"),
    "99 after codes": (with_word([str(1 + i % 5) for i in range(N)], "99"), "99"),
    "unknown": (with_word(["admin", "student"] * (N // 2), "unknown"), "unknown"),
    "k.A.": (with_word(["rot", "blau"] * (N // 2), "k.A."), "k.A."),
    "None as a word": (with_word(["Norm", ">7"] * (N // 2), "None"), "None"),
    "a date that systems fill in": (with_word(MAY, "1900-01-01"), "1900-01-01"),
    "without zeros": (with_word([f"5/{1 + i % 28}/2023" for i in range(N)], "1/1/1900"), "1/1/1900"),
    "in the column's own way": (with_word([f"{1 + i % 28:02d}.05.2023" for i in range(N)], "01.01.1900"), "01.01.1900"),
}  # fmt: skip


@pytest.mark.parametrize("case", OFFERED)
def test_a_word_out_of_line_with_the_rest_is_offered_with_its_rows(case: str) -> None:
    cells, word = OFFERED[case]
    found = missing_offers(made(cells))
    assert [(offer.word, offer.rows) for offer in found] == [(word, cells.count(word))]
    assert found[0].share == cells.count(word) / N
    assert found[0].reason.endswith(".")


NOT_OFFERED = {
    "a cap on amounts": with_word(TAIL, "99999"),
    "ninety-nine among ages": with_word([str(20 + i % 80) for i in range(N)], "99"),
    "minus one among degrees": with_word(SPREAD, "-1.0"),
    "minus one among -2 and 8": [str(v) for v in _rng.integers(-2, 9, N)],
    "zero among counts": [str(v) for v in _rng.poisson(2, N)],
    "zero in most rows": with_word(["0"] * N, "1500", 7),
    "nine at the end of the scale": [str(i % 10) for i in range(N)],
    "a year": [str(1990 + i % 30) for i in range(N)],
    "the youngest of the ages": [str(8 + 2 * (i % 12)) for i in range(N)],
    "eighty-eight below the prices": [str(88 + i % 40) for i in range(N)],
    "x among letters": ["abcdvwxyz"[i % 9] for i in range(N)],
    "ten among Roman numbers": [["I", "II", "III", "IV", "V", "IX", "X", "XI"][i % 8] for i in range(N)],
    "fewer than five rows": with_word(WHOLE, "-200", 60),
    "None in plain words": with_word(["small", "large"] * (N // 2), "none"),
    "an early date among early ones": [f"19{i % 10}0-01-01" for i in range(N)],
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_OFFERED)
def test_what_may_be_a_value_is_not_offered(case: str) -> None:
    assert missing_offers(made(NOT_OFFERED[case])) == []


def test_zero_is_offered_among_measurements_and_not_among_differences() -> None:
    assert [offer.word for offer in missing_offers(made(with_word(BELL, "0"), "pressure"))] == ["0"]
    assert missing_offers(made(with_word(BELL, "0"), "ListPriceDiff")) == []


def test_a_word_in_doubt_says_so() -> None:
    (offer,) = missing_offers(made(OFFERED["None as a word"][0]))
    assert offer.reason.startswith("May be a real answer")


def test_an_offer_of_a_personal_column_is_never_made() -> None:
    cells = with_word([f"person{i}@example.com" for i in range(N)], "unknown")
    assert missing_offers(made(cells, "email")) == []


def test_a_table_without_rows_or_filled_cells_has_no_offers() -> None:
    assert missing_offers(made(["", "", ""])) == []


TAKEN = {
    "whole": (with_word(WHOLE, "-200"), "-200", "int64", "-200"),
    "number": (with_word(SPREAD, "-200"), "-200", "double", "-200"),
    "written otherwise": (with_word(SPREAD, "-200.0"), "-200", "double", "-200"),
    "decimal comma": (with_word([v.replace(".", ",") for v in SPREAD], "-200,0"), "-200", "double", "-200"),
    "word": (with_word(["a", "b"] * (N // 2), "None"), "None", "string", "None"),
    "date": (with_word(MAY, "1900-01-01"), "1900-01-01", "string", "1900-01-01"),
}  # fmt: skip


@pytest.mark.parametrize("case", TAKEN)
def test_a_word_taken_is_missing_and_released_as_the_source_had_it(case: str) -> None:
    cells, word, stored, token = TAKEN[case]
    table = made(cells, missing=(word,))
    assert int(table.frame["v"].isna().sum()) == N // 10
    assert table.columns[0].missing_token == token
    assert missing_offers(table) == []
    arrow = to_arrow(table.frame, table.columns)
    assert str(arrow.schema.field("v").type) == stored
    assert str(arrow.column("v")[0].as_py()).startswith(token)
    pd.testing.assert_frame_equal(from_arrow(arrow, table.columns), table.frame)


def test_of_several_words_the_most_frequent_one_is_released() -> None:
    cells = ["-9" if i % 10 == 0 else "-1" if i % 10 < 3 else "" if i % 10 == 3 else str(i) for i in range(N)]
    assert made(cells, missing=("-9", "-1")).columns[0].missing_token == "-1"
    rather_empty = ["" if cell == "-1" else cell for cell in cells]
    assert made(rather_empty, missing=("-9",)).columns[0].missing_token is None


def test_typed_cells_lose_their_word_too() -> None:
    raw = pd.DataFrame(
        {
            "whole": np.where(np.arange(N) % 10 == 0, -9, np.arange(N) * 3),
            "number": np.where(np.arange(N) % 10 == 0, 999.0, np.arange(N) / 3),
            "moment": pd.to_datetime(np.where(np.arange(N) % 10 == 0, "1900-01-01", "2024-03-04")),
            "yes": [None if i % 10 == 0 else i % 2 == 0 for i in range(N)],
        }
    )
    words = {"whole": "-9", "number": "999", "moment": "1900-01-01", "yes": "nothing like it"}
    table = table_from_frame(raw, choices={name: ColumnChoice(missing=(word,)) for name, word in words.items()})
    assert table.frame.isna().sum().tolist() == [N // 10] * 4
    arrow = to_arrow(table.frame, table.columns)
    assert [str(field.type) for field in arrow.schema][:3] == ["int64", "double", "timestamp[us]"]
    assert arrow.slice(0, 1).to_pylist()[0]["whole"] == -9


def test_a_second_file_is_read_with_the_same_word_missing() -> None:
    table = made(with_word(WHOLE, "-200"), missing=("-200",))
    raw = pd.DataFrame({"v": ["-200", "100", "120"]})
    raw.attrs["text"] = True
    assert int(frame_like(raw, table, "other").frame["v"].isna().sum()) == 1


def csv() -> bytes:
    return (
        "co,job\n"
        + "".join(f"{co},{job}\n" for co, job in zip(with_word(WHOLE, "-200"), ["a", "b"] * 100, strict=True))
    ).encode()


def test_missing_words_go_from_the_project_into_its_recipe() -> None:
    project = projects.create("Air", read_bytes(csv(), "air.csv"), source=csv(), filename="air.csv")
    offer = missing_offers(project.table)[0]
    assert offer == MissingOffer("co", "-200", 20, 0.1, offer.reason)
    table = project.set_choices({"co": ColumnChoice(missing=(offer.word,))})
    assert int(table.frame["co"].isna().sum()) == 20
    again = projects.open_project(project.id)
    assert again.draft.missing == {"co": ("-200",)}
    assert Recipe.model_validate_json(again.draft.model_dump_json()).missing == {"co": ("-200",)}
    again.set_choices({})
    assert again.draft.missing == {}


def test_missing_words_can_be_said_on_the_command_line() -> None:
    assert missing_of(["co=-200, 9999", "a=b=?"]) == {"co": ("-200", "9999"), "a=b": ("?",)}
    table = told_missing(read_bytes(csv(), "air.csv"), missing_of(["co=-200"]))
    assert table.columns[0].kind is Kind.INTEGER
    assert int(table.frame["co"].isna().sum()) == 20
    with pytest.raises(InputError, match="COL=WORD"):
        missing_of(["co"])
    with pytest.raises(TableError, match="no column 'c0'"):
        told_missing(read_bytes(csv(), "air.csv"), missing_of(["c0=1"]))


def test_generate_writes_the_missing_word_of_the_source(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from synth_core.cli import app

    (tmp_path / "air.csv").write_bytes(csv())
    words = ["generate", str(tmp_path / "air.csv"), "--out", str(tmp_path / "out.csv"), "--method", "independent",
             "--missing", "co=-200"]  # fmt: skip
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    co = pd.read_csv(tmp_path / "out.csv")["co"]
    assert co.dtype.kind == "i"
    assert 0 < (co == -200).mean() < 0.3
    assert co[co != -200].min() >= 85


def test_the_codebook_reads_amounts_and_missing_numbers_as_such(tmp_path: Path) -> None:
    from synth_core.release import codebook
    from synth_core.writing import write_parts

    raw = pd.DataFrame({"co": with_word(WHOLE, "-200"), "paid": [f"${i + 5}.50" for i in range(N)]})
    table = table_from_frame(raw, choices={"co": ColumnChoice(missing=("-200",))}, text=True)
    book = codebook(write_parts([table.frame], table.columns, tmp_path / "s.parquet"), table.columns).set_index(
        "column"
    )
    assert book.loc["co", "empty_share"] == 0.1
    assert book.loc["co", "values"].startswith(f"{min(int(v) for i, v in enumerate(WHOLE) if i % 10)} to")
    assert book.loc["paid", "values"] == "5.5 to 204.5"


def test_a_date_at_the_end_of_time_is_missing_and_is_released_as_it_was() -> None:
    cells = with_word(MAY, "9999-12-31")
    table = made(cells)
    assert (table.columns[0].kind, int(table.frame["v"].isna().sum())) == (Kind.DATETIME, N // 10)
    assert to_arrow(table.frame, table.columns).column("v").to_pylist() == cells


def test_a_zero_that_goes_with_one_answer_elsewhere_is_an_answer() -> None:
    rng = np.random.default_rng(0)
    age = np.where(np.arange(2000) < 60, 0, rng.integers(40, 60, 2000))
    group = np.where(age == 0, "16 to 17", np.where(age < 50, "40 to 49", "50 to 59"))
    alone = read_bytes(pd.DataFrame({"Age": age}).to_csv(index=False).encode(), "t.csv").table
    beside = read_bytes(pd.DataFrame({"Age": age, "Group": group}).to_csv(index=False).encode(), "t.csv").table
    assert [offer.word for offer in missing_offers(alone)] == ["0"]
    assert missing_offers(beside) == []


def test_zeros_beside_empty_cells_are_offered() -> None:
    age = ["" if i % 11 == 0 else cell for i, cell in enumerate(with_word(BELL, "0"))]
    site = ["" if i % 7 == 0 else "abc"[i % 3] for i in range(N)]
    csv = pd.DataFrame({"pressure": age, "site": site}).to_csv(index=False).encode()
    assert [offer.word for offer in missing_offers(read_bytes(csv, "t.csv").table)] == ["0"]


def test_an_x_as_frequent_as_the_y_is_a_letter() -> None:
    def offered(values: list[str]) -> list[str]:
        frame = pd.DataFrame({"side": values, "n": range(len(values))})
        return [offer.word for offer in missing_offers(read_bytes(frame.to_csv(index=False).encode(), "t.csv").table)]

    assert offered(["x", "y"] * 100) == []
    assert offered([*["y", "n"] * 90, *["x"] * 20]) == ["x"]
