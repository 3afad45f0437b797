"""Jobs whose memory grows while they learn, in a control group of their own: who is ended, and who goes on.

::

    python -m benchmarks.out_of_memory        # Linux with control groups (version 1), as root

The studio's server, the process that starts the jobs and the jobs have 2.5 GB together. One job grows beyond that; two
grow at once, each to more than half of it, with two places and with one.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

LIMIT = 2_500_000_000  # bytes
GROUP = Path("/sys/fs/cgroup/memory/simile-out-of-memory")
ROOT = Path(__file__).resolve().parent.parent
WORKER = """
import sys, time
from synth_core import quiet, worker
from synth_core.methods import method_class
quiet.install()
worker.give_way()
engine = method_class("independent")
fit = engine.fit
def grows(self, *given, **named):
    held = []
    for _ in range(int(sys.argv[2]) // 10**8):
        held.append(bytearray(b"x") * 10**8)
        time.sleep(0.1)
    time.sleep(float(sys.argv[3]))
    return fit(self, *given, **named)
engine.fit = grows
sys.exit(worker.main(sys.argv[1]))
"""


def say(words: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def server(home: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start the studio's server and return it with the address that says whether it is well."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}", "--server.fileWatcherType=none"]
    with (home.parent / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    return process, f"http://127.0.0.1:{port}/_stcore/health"


def well(address: str) -> bool:
    """Return whether the server answers within a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return bool(answer.read() == b"ok")
        except OSError:
            time.sleep(0.2)
    return False


def try_out(home: Path) -> None:
    """Let jobs grow, and say what became of them and of the server."""
    from synth_core import jobs
    from synth_core.recipe import Recipe
    from tests.core.test_jobs import project_of

    plain = jobs._spawn

    def spawn(run: Any, growth: int) -> None:
        with (run.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", WORKER, str(run.folder), str(growth), "10"], cwd=ROOT, stdout=log, stderr=log
            )
        jobs.remember_process(run, process.pid)

    def ended(*runs: Any) -> str:
        while any(run.status().active for run in runs):
            time.sleep(0.2)
        return "; ".join(f"{run.status().state} {run.status().error}".strip() for run in runs)

    process, address = server(home)
    recipe = Recipe(method="independent", rows=400, seed=3)
    try:
        say(f"The server is well: {well(address)}")
        for words, places, growth, count in (
            ("One job that grows to 4 GB", "1", 4 * 10**9, 1),
            ("Two at once that grow to 1.3 GB each, two places", "2", 1_300_000_000, 2),
            ("Two that grow to 1.3 GB each, one place", "1", 1_300_000_000, 2),
        ):
            os.environ["SIMILE_RUNS"] = places
            jobs._spawn = partial(spawn, growth=growth)
            runs = [jobs.start(project_of(), recipe) for _ in range(count)]
            say(f"{words}: {ended(*runs)}")
            say(f"  the server is well: {well(address)}, the same process: {process.poll() is None}")
            jobs._spawn = plain
            for run in runs:
                if run.status().state != "done":
                    jobs.resume(run)
                    say(f"  resumed without the growth: {ended(run)}")
    finally:
        process.terminate()
        process.wait(20)


def main() -> None:
    """Make the control group, go into it, and try."""
    GROUP.mkdir(exist_ok=True)
    (GROUP / "memory.limit_in_bytes").write_text(str(LIMIT), encoding="ascii")
    before = next(
        line for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines() if ":memory:" in line
    )
    home = Path(tempfile.mkdtemp(prefix="out-of-memory-")) / "home"
    os.environ["SIMILE_HOME"] = str(home)
    (GROUP / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    try:
        try_out(home)
        say(f"Most memory at once: {int((GROUP / 'memory.max_usage_in_bytes').read_text()) / 1e9:.2f} GB")
    finally:
        own = Path("/sys/fs/cgroup/memory") / before.split(":", 2)[2].lstrip("/")
        (own / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
        shutil.rmtree(home.parent, ignore_errors=True)
        for _ in range(100):
            with suppress(OSError):
                GROUP.rmdir()
                break
            time.sleep(0.1)


if __name__ == "__main__":
    main()
