"""Pages where people sign in: whose projects they show, and who is let in."""

from __future__ import annotations

import ast
from pathlib import Path

from streamlit.testing.v1 import AppTest

from synth_core.owners import LOCAL, owner_id
from synth_core.project import Project, create
from synth_core.reading import read_bytes

ROOT = Path(__file__).resolve().parents[2]
CSV = b"id,age,city\n" + b"".join(
    f"A{n:04d},{20 + n % 50},{'Ghent' if n % 3 else 'Lyon'}\n".encode() for n in range(120)
)
ISSUER = "https://id.example.org"
ANN = owner_id(ISSUER, "ann")


def made(owner: str, label: str) -> Project:
    return create(label, read_bytes(CSV, "clients.csv"), source=CSV, filename="clients.csv", owner=owner)


def visit(page: str = "", *, project: str = "", subject: str | None = "ann", run: str = "") -> AppTest:
    """Open a page where people sign in, as somebody (None: nobody yet)."""
    at = AppTest.from_file(str(ROOT / "pages" / "shell.py"), default_timeout=60)
    at.secrets["auth"] = {"cookie_secret": "s" * 32, "client_id": "simile"}
    at.user = {"is_logged_in": False}
    if subject is not None:
        at.user = {"is_logged_in": True, "iss": ISSUER, "sub": subject, "name": "Ann Example"}
    at.run()
    if page:
        at.switch_page(f"{page}.py").run()
    for name, value in (("project", project), ("run", run)):
        if value:
            at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def words(at: AppTest) -> str:
    return "\n".join(str(one.value) for one in (*at.markdown, *at.error, *at.title, *at.caption))


def test_nobody_sees_anything_before_signing_in() -> None:
    project = made(LOCAL, "Secret label")
    at = visit(subject=None, project=project.id)
    assert [button.label for button in at.button] == ["Sign in"]
    assert "Secret label" not in words(at)


def test_the_start_page_lists_ones_own_projects() -> None:
    made(ANN, "Mine")
    made(LOCAL, "Of this machine")
    made(owner_id(ISSUER, "bob"), "Of Bob")
    text = words(visit())
    assert "Mine" in text
    assert "Of this machine" not in text
    assert "Of Bob" not in text
    assert "Ann Example" in text


def test_a_project_of_another_is_told_as_one_that_is_not_there() -> None:
    theirs = made(owner_id(ISSUER, "bob"), "Of Bob")
    run = theirs.new_run(theirs.draft)
    told = [
        [error.value for error in visit("upload", project=asked, run=run.id).error] for asked in (theirs.id, "0" * 32)
    ]
    assert "no such project" in told[0][0]
    assert told[0] == told[1]


def test_without_a_subject_nobody_is_let_in() -> None:
    at = visit(subject="")
    assert "You cannot be told from others" in words(at)
    assert [button.label for button in at.button] == ["Sign out"]


def test_whatever_a_page_opens_it_opens_as_the_person_in_front_of_it() -> None:
    """Each call in ``pages/`` that reaches for projects or orders says whose."""
    asking = {
        "create",
        "projects",
        "open_project",
        "duplicate",
        "delete_project",
        "order_of",
        "orders",
        "Order",
        "create_demo",
        "open_recorded",
    }
    seen = 0
    for path in (ROOT / "pages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            call = ast.unparse(node.func)
            if call.rpartition(".")[2] in asking and call.rpartition(".")[0] in ("", "projects", "orders"):
                seen += 1
                given = [ast.unparse(value) for value in (*node.args, *(keyword.value for keyword in node.keywords))]
                assert "identity.owner()" in given, f"{path.name}: {ast.unparse(node)}"
    assert seen >= 9
