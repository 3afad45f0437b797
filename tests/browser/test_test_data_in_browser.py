"""Test data in Chromium: from a schema alone to a file, and into a database; from a demo table with edge cases."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from playwright.sync_api import expect

from tests.browser.conftest import Server
from tests.browser.studio import at, demo_project, download, named, picture, settled

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_schema_alone_becomes_files_and_a_database(
    server: Server, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = at(open_page(server.page("test_data")), "test_data")
    named(page, "test_data.all").get_by_role("button").click()
    settled(page)
    named(page, "test_data.make").get_by_role("button").click()
    expect(page.get_by_text("Made in")).to_be_visible()
    settled(page)
    picture(page, "test-data-made")
    packed = download(page, "test_data.download")
    with zipfile.ZipFile(packed) as pack:
        assert sorted(pack.namelist()) == ["customers.csv", "orders.csv"]
        orders = pd.read_csv(pack.open("orders.csv"), dtype=str)
        customers = pd.read_csv(pack.open("customers.csv"), dtype=str)
    ordinary = orders[orders["simile_case"].isna()]
    assert len(ordinary) == 1_000
    assert set(ordinary["customer"]) <= set(customers["id"].dropna())
    kinds = set(orders["simile_case"].dropna().str.partition(":")[0])
    assert {"boundary", "unicode", "broken", "wrong_type", "duplicate"} <= kinds

    page.get_by_role("radio", name="Database").or_(
        page.get_by_role("button", name="Database", exact=True)
    ).first.click()
    settled(page)
    page.get_by_role("textbox", name="File on this machine").fill(str(tmp_path / "shop.db"))
    page.get_by_role("textbox", name="File on this machine").press("Enter")
    settled(page)
    named(page, "test_data.make").get_by_role("button").click()
    expect(page.get_by_text("orders in shop")).to_be_visible()
    settled(page)
    with sqlite3.connect(tmp_path / "shop.db") as lite:
        found = lite.execute("select count(*) from orders where simile_case is null").fetchone()
        assert found == (1_000,)
        assert lite.execute(
            "select count(*) from orders where customer not in (select id from customers where id is not null)"
        ).fetchone() == (1,)


def test_a_demo_table_becomes_test_data(server: Server, open_page: Callable[..., Page]) -> None:
    project = demo_project(server.home, "orders")
    page = at(open_page(server.page("test_data", project.id)), "test_data")
    named(page, "test_data.all").get_by_role("button").click()
    settled(page)
    picture(page, "test-data-project")
    named(page, "test_data.make").get_by_role("button").click()
    expect(page.get_by_text("Made in")).to_be_visible()
    settled(page)
    made = pd.read_csv(download(page, "test_data.download"), dtype=str)
    real = project.table.frame
    assert not set(made["order_id"].dropna()) & set(real["order_id"])
    assert not set(made["email"].dropna()) & set(real["email"])
    assert made["simile_case"].isna().sum() == 1_000
