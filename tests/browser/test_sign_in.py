"""Signing in by OpenID Connect: through the provider and back, and nobody sees another's projects."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from synth_core.owners import ANYONE, owner_id
from synth_core.project import projects
from tests.browser.conftest import Server
from tests.browser.identity_provider import PEOPLE, Provider
from tests.browser.studio import at, inside, named, picture, settled

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest.importorskip("authlib", reason="the extra sign-in is missing")


@pytest.fixture
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.stop()


@pytest.fixture
def signed_server(tmp_path: Path, provider: Provider) -> Iterator[Server]:
    """A studio with a sign-in."""
    running = Server(tmp_path / "studio", secrets=provider.secrets_toml).start()
    yield running
    running.stop()


def sign_in(page: Page, person: str) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=PEOPLE[person]).click()
    at(page, "start")
    expect(named(page, "shell_account")).to_contain_text(PEOPLE[person])


def test_people_sign_in_by_their_provider_and_see_their_own_projects_only(
    signed_server: Server, provider: Provider, open_page: Callable[..., Page]
) -> None:
    ann = open_page(signed_server.page("report"))
    expect(ann.get_by_text("Sign in to see your projects")).to_be_visible()
    expect(ann.get_by_role("link", name="Generate")).to_have_count(0)
    settled(ann)
    picture(ann, "sign-in")
    sign_in(ann, "ann")
    named(ann, "start.demo_hospital").get_by_role("button").click()
    at(ann, "upload")
    picture(ann, "signed-in")
    with inside(signed_server.home):
        made = projects(ANYONE)
    assert [one.owner for one in made] == [owner_id(provider.issuer, "ann-1")]
    address = signed_server.page("upload", made[0].id)

    bob = open_page(address)
    sign_in(bob, "bob")
    expect(bob.get_by_text("Go on with a project")).to_have_count(0)
    told = []
    for project in (made[0].id, "0" * 32):
        bob.goto(signed_server.page("upload", project))
        settled(bob)
        told.append(bob.get_by_test_id("stAlert").inner_text())
    assert "no such project" in told[0]
    assert told[0] == told[1]

    ann.reload()
    at(ann, "upload")
    named(ann, "shell.menu").get_by_role("button").locator("visible=true").first.click()
    ann.get_by_text("Delete", exact=True).first.click()
    named(ann, "shell.delete").get_by_role("button").click()
    at(ann, "start")
    with inside(signed_server.home):
        assert projects(ANYONE) == []
    named(ann, "shell_account").get_by_role("button", name="Sign out").click()
    expect(ann.get_by_text("Sign in to see your projects")).to_be_visible()
    ann.goto(address)
    expect(ann.get_by_text("Sign in to see your projects")).to_be_visible()

    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{signed_server.url}/media/{'a' * 56}.csv", timeout=10)
