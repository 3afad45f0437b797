"""Start and Upload by hand: the same table in seven kinds of file, options set wrong and right, words for missing."""

from __future__ import annotations

import gzip
import io
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, TimeoutError, expect

from tests.browser.conftest import Server
from tests.browser.studio import at, expect_tile, named, settled
from tests.browser.test_visitors import upload

ROWS = 240


def visits() -> pd.DataFrame:
    """Return visits: a town with an umlaut, amounts, days, -200 in two columns for a reading that failed."""
    return pd.DataFrame(
        {
            "town": [("Köln", "Gent", "Málaga")[i % 3] for i in range(ROWS)],
            "amount": [1000 + (i * 37) % 900 + 0.25 * (i % 4) for i in range(ROWS)],
            "co": [-200 if i % 10 == 0 else 80 + (i * 7) % 90 for i in range(ROWS)],
            "nox": [-200 if i % 10 == 0 else 120 + (i * 11) % 70 for i in range(ROWS)],
            "ok": [("yes", "no")[i % 2] for i in range(ROWS)],
        }
    )


def files() -> dict[str, bytes]:
    """Return the same visits as files of seven kinds."""
    frame, text = visits(), visits().to_csv(index=False)
    archive, workbook, parquet = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("visits.csv", text)
    frame.to_excel(workbook, index=False)
    frame.to_parquet(parquet, index=False)
    return {
        "visits.csv": text.encode(),
        "visits.tsv": frame.to_csv(index=False, sep="\t").encode(),
        "visits.csv.gz": gzip.compress(text.encode()),
        "visits.zip": archive.getvalue(),
        "visits.xlsx": workbook.getvalue(),
        "visits.parquet": parquet.getvalue(),
        "visits.jsonl": frame.to_json(orient="records", lines=True).encode(),
    }


def grid(page: Page) -> list[list[str]]:
    """Return the cells of the grid of columns, from the table that it has for screen readers."""
    shown = page.get_by_test_id("stDataFrame").first
    expect(shown.locator("td", has_text="town").first).to_be_attached()
    read = "t => [...t.querySelectorAll('tbody tr')].map(r => [...r.querySelectorAll('td')].map(c => c.innerText))"
    rows: list[list[str]] = shown.locator("table").first.evaluate(read)
    return rows


def test_the_same_table_in_seven_kinds_of_file(server: Server, open_page: Callable[..., Page]) -> None:
    page = at(open_page(server.url), "start")
    seen: dict[str, list[list[str]]] = {}
    for name, data in files().items():
        page.goto(server.url)
        at(page, "start")
        upload(page, name, data)
        at(page, "upload")
        expect_tile(page, "Rows", str(ROWS))
        seen[name] = grid(page)
    assert len(seen["visits.csv"]) == 5
    assert {name for name, cells in seen.items() if cells != seen["visits.csv"]} == set()


def choose(page: Page, label: str, option: str) -> None:
    """Set one option of the reading form and read again."""
    settled(page)
    box, wanted = page.get_by_role("combobox", name=label).first, page.get_by_role("option", name=option, exact=True)
    expect(box).to_be_visible()
    for _ in range(3):  # a page that is drawn again closes the list
        box.click()
        with suppress(TimeoutError):
            wanted.click(timeout=5_000)
            break
    page.get_by_role("button", name="Read again").click()
    settled(page)


def test_options_set_wrong_are_said_and_set_right_again(server: Server, open_page: Callable[..., Page]) -> None:
    page = at(open_page(server.url), "start")
    upload(page, "half.csv", visits().to_csv(index=False, sep=";", decimal=",").encode("cp1252"))
    at(page, "upload")
    how = named(page, "upload.how")
    expect(how).to_contain_text("half.csv was read · semicolons")
    how.locator("summary").click()
    choose(page, "Between cells", "Bar |")
    expect(page.get_by_test_id("stAlert")).to_contain_text("'half.csv': with a bar as delimiter the names are one cell")
    expect_tile(page, "Columns", "5")
    choose(page, "Between cells", "Semicolon ;")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    choose(page, "Encoding", "DOS (cp437)")
    expect(how).to_contain_text("DOS (cp437)")
    expect(how.get_by_role("button", name="Read again")).to_be_visible()  # still open
    choose(page, "Encoding", "Windows-1252 (Western)")
    expect(how).to_contain_text("Windows-1252")
    amount = page.get_by_test_id("stDataFrame").first.locator("tbody tr").nth(1)
    choose(page, "Decimal sign", "Point 1.5")
    expect(amount).not_to_contain_text("number")
    choose(page, "Decimal sign", "Comma 1,5")
    expect(amount).to_contain_text("number")


def write_missing(page: Page, row: int, words: str) -> None:
    """Type into the cell 'Missing' of a row of the grid, as a person does."""
    cell = page.locator("#portal").locator("textarea, input").first
    for _ in range(3):  # a page that is drawn again closes the cell
        settled(page)
        page.get_by_test_id("stDataFrame").first.click(position={"x": 700, "y": 35 * (row + 1) + 17})
        page.keyboard.press("Enter")
        with suppress(AssertionError):
            expect(cell).to_be_focused(timeout=5_000)
            break
    cell.fill(words)
    expect(cell).to_have_value(words)
    page.keyboard.press("Enter")


def test_missing_words_are_taken_undone_and_written_by_hand(server: Server, open_page: Callable[..., Page]) -> None:
    page = at(open_page(server.url), "start")
    upload(page, "air.csv", files()["visits.csv"])
    at(page, "upload")
    expect_tile(page, "Empty cells", "0 %")
    page.get_by_role("button", name="Missing in all 2").click()
    expect(page.get_by_text("“-200” in 2 columns counts as missing.")).to_be_visible()
    expect_tile(page, "Empty cells", "4.0 %")
    page.get_by_role("button", name="Undo").click()
    expect_tile(page, "Empty cells", "0 %")
    settled(page)
    write_missing(page, 2, "-200, 87")
    expect_tile(page, "Empty cells", "2.")
    assert grid(page)[2][5] == "-200, 87"


BAD = {
    "scan.csv": (b"%PDF-1.7\n" + bytes(range(256)) * 4, "is a PDF document, not a table"),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "Workbook".encode("utf-16-le"), "save it as .xlsx"),
    "open.csv": (b'a,b\n1,2\n"3,4\n' + b"5,6\n" * 9, "quote"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_file_says_what_to_do_and_the_next_one_is_read(
    server: Server, open_page: Callable[..., Page], name: str
) -> None:
    page = at(open_page(server.url), "start")
    upload(page, name, BAD[name][0])
    expect(page.get_by_test_id("stAlert")).to_contain_text(BAD[name][1])
    upload(page, "good.csv", files()["visits.csv"])
    at(page, "upload")
    expect_tile(page, "Rows", str(ROWS))


def test_ragged_lines_are_left_out_with_one_click(server: Server, open_page: Callable[..., Page]) -> None:
    page = at(open_page(server.url), "start")
    upload(page, "ragged.csv", files()["visits.csv"].replace(b"Gent,", b"Gent,more,", 3))
    expect(page.get_by_test_id("stAlert")).to_contain_text("3 lines differ")
    page.get_by_role("button", name="Leave these lines out").click()
    at(page, "upload")
    expect_tile(page, "Rows", str(ROWS - 3))


def test_a_table_of_a_database_is_listed_and_read(
    server: Server, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as base:
        visits().to_sql("visits", base, index=False)
    base.close()
    page = at(open_page(server.url), "start")
    page.get_by_text("Or ask a database").click()
    page.get_by_text("SQLite file").click()
    field = page.get_by_role("textbox", name="File on this machine")
    field.fill(str(tmp_path / "none.db"))
    page.get_by_role("button", name="List tables").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("There is no database file")
    field.fill(str(tmp_path / "shop.db"))
    page.get_by_role("button", name="List tables").click()
    query = page.get_by_role("textbox", name="Query")
    expect(query).to_have_value("select * from visits")
    query.fill("delete from visits")
    page.get_by_role("button", name="Read the answer").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("would change the database")
    query.fill("select town, co from visits")
    page.get_by_role("button", name="Read the answer").click()
    at(page, "upload")
    expect_tile(page, "Columns", "2")
    expect_tile(page, "Rows", str(ROWS))
