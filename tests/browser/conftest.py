"""A real server and a real Chromium: nothing may leave 127.0.0.1, and no page may end in an error."""

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
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
INSTALL = "Chromium is missing; on Debian: apt-get install chromium"
QUIET = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 60_000  # milliseconds; other tests share the cores


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip without Chromium, and say how to get it; where it is required, the tests fail instead."""
    for item in items:
        if Path(str(item.path)).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None and not os.environ.get("SIMILE_REQUIRE_BROWSER"):
                item.add_marker(pytest.mark.skip(reason=INSTALL))


class Server:
    """One studio on a free port of 127.0.0.1, with a SIMILE_HOME of its own."""

    def __init__(
        self, home: Path, *, secrets: Callable[[str], str] | None = None, address: str = "127.0.0.1", **environment: str
    ) -> None:
        self.home = home
        self.secrets = secrets  # address of the studio -> text of its secrets.toml
        self.address = address
        self.environment = environment
        self.log = home.with_name(f"{home.name}.log")
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of the start page."""
        return f"http://127.0.0.1:{self.port}"

    def page(self, name: str, project: str = "") -> str:
        """Return the address of a page, in a project."""
        path = "" if name == "start" else name
        return f"{self.url}/{path}" + (f"?project={project}" if project else "")

    def start(self, port: int = 0) -> Server:
        """Start it and wait until it answers; a port that somebody else took meanwhile is tried anew.

        ``port``: where it is to answer; any free one by default.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        for _ in range(3):
            self._launch(port)
            if self._answers():
                return self
            self.stop()
        raise AssertionError(self.log.read_text(errors="replace")[-2000:])

    def _launch(self, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            self.port = int(probe.getsockname()[1])
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
        command += [f"--server.address={self.address}", f"--server.port={self.port}", "--server.fileWatcherType=none"]
        if self.secrets is not None:
            file = self.home.with_name(f"{self.home.name}-secrets.toml")
            file.write_text(self.secrets(self.url), encoding="utf-8")
            command.append(f"--secrets.files={file}")
        own = {"SIMILE_HOME": str(self.home), "OMP_NUM_THREADS": "1"}
        environment = os.environ | own | self.environment
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def _answers(self) -> bool:
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process is not None and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                    if answer.read() == b"ok":
                        return True
            except OSError:
                time.sleep(0.1)
        return False

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(15)
            self.process = None

    def kill(self) -> None:
        """End it as `kill -9` does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(15)
        self.process = None

    def clear(self) -> None:
        """End it and its runs (workers outlive their server), and remove what they made."""
        from synth_core import jobs, project

        self.stop()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SIMILE_HOME", str(self.home))
            for known in project.projects():
                if (run := known.active_run()) is not None:
                    jobs.cancel(run)
        shutil.rmtree(self.home, ignore_errors=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One studio for the tests of a module."""
    running = Server(tmp_path_factory.mktemp("studio") / "home").start()
    yield running
    running.clear()


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """A studio that nobody has asked anything yet."""
    running = Server(tmp_path / "studio").start()
    yield running
    running.clear()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    from playwright.sync_api import expect, sync_playwright

    if CHROMIUM is None:
        pytest.fail(INSTALL)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens an address as a new visitor; outside requests and page errors fail the test."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def visit(url: str, *, width: int = 1440, height: int = 900, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            accept_downloads=True,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda request: _check_address(request.url, troubles))
        context.on("weberror", lambda error: troubles.append(f"page error: {error.error}"))
        page = context.new_page()
        page.on("websocket", lambda socket: _check_address(socket.url, troubles))
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not troubles, troubles


def _check_address(url: str, troubles: list[str]) -> None:
    if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "file:", "about:")):
        troubles.append(f"request left the machine: {url}")
