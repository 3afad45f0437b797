"""Test data straight into a real PostgreSQL server: types, choices, one transaction, and no password anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from synth_core.errors import Cancelled
from synth_core.testdata import orders
from synth_core.testdata.cases import Edges
from synth_core.testdata.loading import DatabaseError, Loader, writing_address
from synth_core.testdata.making import Order, Secrets, make
from tests.core.postgresql import PASSWORD, Server, running
from tests.core.test_testdata import SHOP, shop, wait_for


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL server whose reader may make tables."""
    with running() as found:
        yield found


def order(server: Server, **more: object) -> Order:
    return Order.model_validate({"schema_text": SHOP, "form": "database", "url": server.url(), **more})


def test_tables_are_made_with_types_and_filled_and_added_to_and_replaced(server: Server, tmp_path: Path) -> None:
    secrets = Secrets(password=PASSWORD)
    edges = Edges.every("boundary", "unicode", "longest", "nulls", "out_of_range", "duplicate")
    made = make(order(server, edges=edges), tmp_path, secrets=secrets)
    rows = {table.name: table.rows for table in made.tables}
    assert server.one("select count(*) from orders") == rows["orders"]
    asked = "select json_object_agg(column_name, data_type) from information_schema.columns where table_name = 'orders'"
    types = server.one(asked)
    assert isinstance(types, dict)
    assert types["quantity"] == "bigint"
    assert types["total"] == "double precision"
    assert types["ordered"] == "date"
    assert types["paid"] == "boolean"
    assert types["simile_case"] == "text"
    assert server.one("select count(*) from orders where customer in (select id from customers)") == rows["orders"]
    assert server.one("select length(note) from orders where simile_case = 'unicode: right to left: note'") == 18
    with pytest.raises(DatabaseError, match="There is a table 'customers'"):
        make(order(server), tmp_path, secrets=secrets)
    make(order(server, edges=edges, if_exists="append"), tmp_path, secrets=secrets)
    assert server.one("select count(*) from orders") == 2 * rows["orders"]
    make(order(server, if_exists="replace"), tmp_path, secrets=secrets)
    assert server.one("select count(*) from orders") == 300


def test_a_cancelled_load_leaves_the_table_as_it_was(server: Server) -> None:
    server.run("drop table if exists half", "create table half (a int)", "insert into half values (7)", user="reader")
    table = shop()[1]

    def stops() -> object:
        yield next(table.parts())
        raise Cancelled

    with Loader(writing_address(server.url(), password=PASSWORD), "replace") as loader, pytest.raises(Cancelled):
        loader.load("half", table.schema, stops())  # type: ignore[arg-type]
    assert server.one("select a from half") == 7


@pytest.mark.parametrize(
    ("user", "password", "said"),
    [("reader", "not-the-one", "refused user 'reader'"), ("nobody-there", PASSWORD, "refused user 'nobody-there'")],
)
def test_a_refusal_is_one_sentence_without_the_password(
    server: Server, tmp_path: Path, user: str, password: str, said: str
) -> None:
    with pytest.raises(DatabaseError, match=said) as caught:
        make(order(server, url=server.url(user)), tmp_path, secrets=Secrets(user=user, password=password))
    assert password not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_user_without_the_right_is_told_so(server: Server, tmp_path: Path) -> None:
    server.run(f"create role guest login password '{PASSWORD}'", "drop table if exists customers, orders")
    with pytest.raises(DatabaseError, match="User 'guest' may not write here"):
        make(order(server, url=server.url("guest")), tmp_path, secrets=Secrets(password=PASSWORD))


def test_a_table_with_rules_of_its_own_takes_all_rows_or_none(server: Server, tmp_path: Path) -> None:
    make(order(server, if_exists="replace"), tmp_path, secrets=Secrets(password=PASSWORD))
    server.run("alter table orders add constraint few check (quantity < 9) not valid", user="reader")
    with pytest.raises(DatabaseError, match="has rules of its own that a row breaks"):
        make(order(server, if_exists="append"), tmp_path, secrets=Secrets(password=PASSWORD))
    assert server.one("select count(*) from orders") == 300


def test_the_password_of_a_job_is_in_no_file(server: Server, own_home: Path) -> None:
    run = orders.start(
        order(server, if_exists="replace", url=f"postgresql://127.0.0.1:{server.port}/postgres"),
        Secrets(user="reader", password=PASSWORD, phrase="open sesame"),
    )
    assert wait_for(run) == "done", run.status().error
    assert run.outcome() is not None
    assert run.files == []
    for file in own_home.rglob("*"):
        if file.is_file():
            text = file.read_bytes()
            assert PASSWORD.encode() not in text, file
            assert b"open sesame" not in text, file
            assert json.dumps(PASSWORD).encode() not in text, file


def test_a_failure_of_a_job_says_why_and_keeps_no_password(server: Server, own_home: Path) -> None:
    run = orders.start(order(server), Secrets(user="reader", password="not the one"))
    assert wait_for(run) == "failed"
    assert "refused user 'reader'" in run.status().error
    assert "not the one" not in run.log() + run.status().error


def test_psycopg_reads_what_was_written(server: Server, tmp_path: Path) -> None:
    make(order(server, if_exists="replace"), tmp_path, secrets=Secrets(password=PASSWORD))
    with psycopg.connect(server.url(), password=PASSWORD) as connection:
        row = connection.execute("select id, paid, ordered from orders order by id limit 1").fetchone()
    assert row is not None
    assert row[0] == 1
    assert isinstance(row[1], bool)
    assert row[2].year == 2024
