"""Without a sign-in only this machine comes in; the settings that say otherwise are found wherever they are made."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config

from pages.ui import front_door

ROOT = Path(__file__).resolve().parents[2]
AUTH = '[auth]\ncookie_secret = "{}"\nclient_id = "a"\n'


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Settings of the test's own: the address of the config file, and no secrets."""
    monkeypatch.delenv(front_door.ALLOW, raising=False)
    before = {
        name: config.get_option(name)
        for name in ("server.address", "server.allowedHosts", "browser.serverAddress", "secrets.files")
    }
    config.set_option("server.address", "127.0.0.1")
    config.set_option("secrets.files", [str(tmp_path / "secrets.toml")])
    st.secrets._reset()
    yield
    for name, value in before.items():
        config.set_option(name, value)
    st.secrets._reset()


def write_secrets(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets.toml").write_text(text, encoding="utf-8")
    st.secrets._reset()


def test_this_machine_alone_comes_in_without_a_word() -> None:
    for address in ("127.0.0.1", "localhost", "::1", "unix:///run/simile.sock"):
        config.set_option("server.address", address)
        assert front_door.problem() == ""


@pytest.mark.parametrize("address", ["0.0.0.0", "", None, "::", "10.1.2.3", "simile.example.org"])
def test_other_machines_are_refused_without_a_sign_in(address: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    config.set_option("server.address", address)
    sentence = front_door.problem()
    assert f"listen on {address or 'every address'}." in sentence
    assert front_door.ALLOW in sentence
    front_door.tell()
    assert sentence in capsys.readouterr().err


def test_a_name_by_which_others_reach_it_counts_too() -> None:
    config.set_option("server.allowedHosts", ["localhost", "simile.example.org"])
    assert "people reach it as simile.example.org" in front_door.problem(), "a proxy is to be told this name"
    config.set_option("server.allowedHosts", [])
    config.set_option("browser.serverAddress", "other.example.org", "test")
    assert "people reach it as other.example.org" in front_door.problem()


def test_somebody_may_decide_that_everyone_comes_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config.set_option("server.address", "0.0.0.0")
    for word, opens in (("0", False), ("no", False), ("", False), ("1", True), ("true", True)):
        monkeypatch.setenv(front_door.ALLOW, word)
        assert (front_door.problem() == "") is opens, word
    monkeypatch.delenv(front_door.ALLOW)
    for word, opens in (("false", False), ('"yes"', False), ("true", True)):
        write_secrets(tmp_path, f"[simile]\nallow_open = {word}\n")
        assert (front_door.problem() == "") is opens, word


def test_with_a_sign_in_other_machines_come_in_unless_its_settings_are_broken(tmp_path: Path) -> None:
    config.set_option("server.address", "0.0.0.0")
    write_secrets(tmp_path, AUTH.format("s" * 32))
    assert front_door.problem() == ""
    write_secrets(tmp_path, AUTH.format("short"))
    assert "cookie_secret" in front_door.problem()
    config.set_option("server.address", "127.0.0.1")
    write_secrets(tmp_path, "[auth\nnonsense")
    assert "cannot be read, so nobody can sign in" in front_door.problem(), "else a proxy would let everyone in"


def ask(server: tuple[str, int | None], path: str = "/", kind: str = "http") -> list[dict[str, Any]]:
    """Return what the door sends to a request; the studio behind it would send ``{"type": "studio"}``."""
    sent: list[dict[str, Any]] = []

    async def studio(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "studio"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    asyncio.run(
        front_door.FrontDoor(studio)({"type": kind, "path": path, "server": server, "headers": []}, receive, send)
    )
    return sent


def test_a_request_by_another_address_is_refused_whatever_the_settings_say() -> None:
    """``uvicorn app:app --host 0.0.0.0`` listens where Streamlit's settings do not know of."""
    assert ask(("127.0.0.1", 8501)) == ask(("::1", 8501)) == ask(("/run/simile.sock", None)) == [{"type": "studio"}]
    assert ask(("::ffff:127.0.0.1", 8501)) == [{"type": "studio"}]
    refused = ask(("10.1.2.3", 8501))
    assert refused[0]["status"] == 403
    assert b"reached by 10.1.2.3" in refused[1]["body"]
    assert ask(("10.1.2.3", 8501), "/_stcore/stream", "websocket") == [{"type": "websocket.close", "code": 1008}]


def test_files_and_uploads_need_the_cookie_where_people_sign_in(tmp_path: Path) -> None:
    assert ask(("127.0.0.1", 8501), "/media/abc.csv") == [{"type": "studio"}]
    write_secrets(tmp_path, AUTH.format("s" * 32))
    for path in ("/media/abc.csv", "/base/media/abc.csv", "/_stcore/upload_file/session/file"):
        assert ask(("127.0.0.1", 8501), path)[0]["status"] == 403
    for path in ("/static/app.js", "/static/media/font.woff2", "/base/static/media/font.woff2"):
        assert ask(("127.0.0.1", 8501), path) == [{"type": "studio"}], "the sign-in's own page needs them"
    for path in ("/media/x/static/media/y", "/static/media/../../media/abc.csv"):
        assert ask(("127.0.0.1", 8501), path)[0]["status"] == 403


def test_a_real_server_on_every_address_shows_one_sentence_here_and_on_the_console(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    environment = os.environ | {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none"}
    with open(tmp_path / "log.txt", "wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        answers = {path: _answer(f"http://127.0.0.1:{port}{path}") for path in ("/", "/generate", "/_stcore/health")}
    finally:
        process.terminate()
        process.wait(20)
    for status, text in answers.values():
        assert status == 403
        assert "not opened to other machines without a sign-in" in text
    assert "was told to listen on 0.0.0.0" in (tmp_path / "log.txt").read_text()


def _answer(url: str) -> tuple[int, str]:
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
