"""A table whose every name is an attack, in a real browser: nothing is fetched, nothing runs, names are words."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.conftest import Server
from tests.browser.studio import at, inside
from tests.pages.test_hostile_names import hostile_project

# pictures and links of the names, and the parts of them that would be bold, red or typeset
_DRAWN = """() => [
    ...[...document.querySelectorAll('img, a, image')].map(one => one.src || one.getAttribute('href') || '')
        .filter(address => address.includes('zq')),
    ...[...document.querySelectorAll('strong, .katex, .stMarkdownColoredText')].map(one => one.textContent)
        .filter(text => text.replace(/[^a-z]/g, '').replace(/zq/g, '') === '' && text.includes('zq')),
]"""


def test_hostile_names_are_words_on_every_page(server: Server, open_page: Callable[..., Page]) -> None:
    with inside(server.home):
        project = hostile_project()
    page = open_page(server.page("upload", project.id))  # requests to elsewhere and page errors fail the test
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    for name in ("upload", "constraints", "compare", "report"):
        if name != "upload":
            page.goto(server.page(name, project.id))
        at(page, name)
        assert page.evaluate(_DRAWN) == []
        assert ":red[zq] $zq$ **zq** <img src=x" in page.locator("body").inner_text()
    assert not said
