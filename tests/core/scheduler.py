"""A dask scheduler and workers of the tests' own: on 127.0.0.1 alone, without a dashboard, ended after use."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALL = "The package 'distributed' is missing; install the extra: pip install 'simile[cluster]'"
PATIENCE = 90  # seconds; other tests share the cores


def require_distributed() -> None:
    """Skip without the package, or fail where a cluster is required."""
    if find_spec("distributed") is None:
        if os.environ.get("SIMILE_REQUIRE_CLUSTER") == "1":
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """One scheduler and its workers, each a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", self.address.rpartition(":")[2], "--no-show"
        )

    def add_worker(self) -> None:
        """Start one more worker, without a nanny that would start it again."""
        place = str(self.folder / f"worker-{len(self.workers)}")
        self.workers.append(
            self._start(
                "worker",
                self.address,
                "--host",
                "127.0.0.1",
                "--nthreads",
                "1",
                "--no-nanny",
                "--memory-limit",
                "0",
                "--local-directory",
                place,
            )
        )

    def wait_for(self, workers: int) -> None:
        """Wait until so many workers have come."""
        from distributed import Client

        with Client(self.address, timeout=PATIENCE, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=PATIENCE)

    def tasks(self) -> int:
        """Return how many tasks the scheduler knows."""
        from distributed import Client

        with Client(self.address, timeout=PATIENCE, set_as_default=False) as client:
            return int(client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)))

    def kill_worker(self, number: int) -> None:
        """End a worker as the system does when memory runs out."""
        self.workers[number].send_signal(signal.SIGKILL)

    def listening(self) -> set[str]:
        """Return the addresses that any of its processes listens on."""
        found: set[str] = set()
        for process in (self.scheduler, *self.workers):
            for connection in psutil.Process(process.pid).net_connections("inet"):
                if connection.status == psutil.CONN_LISTEN:
                    found.add(connection.laddr.ip)
        return found

    def stop(self) -> None:
        """End every process."""
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                process.kill()
            process.wait(30)

    def _start(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        own = {"PYTHONPATH": str(ROOT), "DASK_CONFIG": str(self.folder / "config"), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *words]
        command += ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
        with open(self.folder / "log.txt", "ab") as log:
            return subprocess.Popen(command, cwd=self.folder, env=os.environ | own, stdout=log, stderr=log)


@contextmanager
def running(workers: int = 2) -> Iterator[Cluster]:
    """Start a scheduler and workers and end them afterwards, whatever happens."""
    require_distributed()
    folder = Path(tempfile.mkdtemp(prefix="simile-cluster-"))
    cluster = Cluster(folder)
    try:
        _answer(cluster)
        for _ in range(workers):
            cluster.add_worker()
        if workers:
            cluster.wait_for(workers)
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _answer(cluster: Cluster) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and cluster.scheduler.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", int(cluster.address.rpartition(":")[2])), timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError((cluster.folder / "log.txt").read_text(errors="replace")[-2000:])
