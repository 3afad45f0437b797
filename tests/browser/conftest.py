"""A real server and a real Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
QUIET = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip without Chromium, and say how to get it; where it is required, let the tests fail instead."""
    if CHROMIUM is None and not os.environ.get("SIMILE_REQUIRE_BROWSER"):
        skip = pytest.mark.skip(reason="Chromium is missing; on Debian: apt-get install chromium")
        for item in items:
            if Path(str(item.path)).parent == Path(__file__).parent:
                item.add_marker(skip)


class Server:
    """One studio on a free port of 127.0.0.1, with a SIMILE_HOME of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Server:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
        command += ["--server.address=127.0.0.1", f"--server.port={self.port}", "--server.fileWatcherType=none"]
        self.home.mkdir(parents=True, exist_ok=True)
        log = open(self.home.parent / "server.log", "ab")  # noqa: SIM115 - lives as long as the server
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"SIMILE_HOME": str(self.home)}, stdout=log, stderr=log
        )
        log.close()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.read() == b"ok":
                        return self
            except OSError:
                time.sleep(0.2)
        raise AssertionError((self.home.parent / "server.log").read_text()[-2000:])

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
            self.process = None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One studio for the tests of a module."""
    running = Server(tmp_path_factory.mktemp("studio") / "home").start()
    yield running
    running.stop()


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """A studio that nobody has asked anything yet."""
    running = Server(tmp_path / "studio").start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """One Chromium for the session."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: object) -> Iterator[Callable[..., object]]:
    """Return a function that opens an address as a new visitor; outside requests and errors fail the test."""
    contexts = []
    troubles: list[str] = []

    def visit(url: str, *, width: int = 1440, height: int = 900, scheme: str = "light") -> object:
        context = browser.new_context(  # type: ignore[attr-defined]
            viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("request", lambda request: _check_address(request.url, troubles))
        page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not troubles, troubles


def _check_address(url: str, troubles: list[str]) -> None:
    if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "file:", "about:")):
        troubles.append(f"request left the machine: {url}")
