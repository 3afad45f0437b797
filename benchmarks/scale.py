"""Many rows: seconds, work and the peak memory of every process, from a file to a folder of Parquet parts.

    python -m benchmarks.scale FILE [--sample-rows 15000] [--rows 1000000 10000000] [--workers 2] [--method trees]
    python -m benchmarks.scale FILE --judged    # also judge: `simile run`

Each size is one call of the command line. Its processes are looked at ten times a second; "work" is the processor time
of all of them, which says more than the clock where other work shares the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil


@dataclass
class Peaks:
    """Peak resident memory, in MB: of each process by its number, and of all together at one moment."""

    each: dict[int, float] = field(default_factory=dict)
    together: float = 0.0

    def look(self, root: psutil.Process) -> None:
        """Take note of the memory that is used now."""
        total = 0.0
        for process in [root, *root.children(recursive=True)]:
            try:
                used = process.memory_info().rss / 1e6
            except psutil.Error:
                continue
            self.each[process.pid] = max(self.each.get(process.pid, 0.0), used)
            total += used
        self.together = max(self.together, total)


def measured(command: list[str]) -> tuple[float, float, Peaks, str]:
    """Run a command; return its seconds, the work of its whole family in seconds, its peaks and what it said."""
    peaks, over = Peaks(), threading.Event()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def watch() -> None:
        root = psutil.Process(process.pid)
        while not over.wait(0.1):
            try:
                peaks.look(root)
            except psutil.Error:
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    said = process.communicate()[0]
    seconds = time.perf_counter() - began
    over.set()
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in (0, 1):
        raise SystemExit(said)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peaks, said


def command_of(given: argparse.Namespace, rows: int, folder: Path) -> list[str]:
    """Return the command that makes so many rows in ``folder``."""
    start = [sys.executable, "-m", "synth_core.cli"]
    shared = [str(given.file), "--sample-rows", str(given.sample_rows), "--workers", str(given.workers)]
    if given.cluster:
        shared += ["--cluster", given.cluster]
    if not given.single:
        shared.append("--partitioned")
    out = str(folder / ("rows.parquet" if given.single else "rows"))
    if not given.judged:
        return [*start, "generate", *shared, "--method", given.method, "--rows", str(rows), "--seed", "1", "--out", out]
    recipe = folder / "recipe.json"
    recipe.write_text(json.dumps({"method": given.method, "rows": rows, "seed": 1, "use": "explore"}))
    return [*start, "run", str(recipe), *shared, "--out", str(folder / "pack"), "--override", "a measurement"]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--sample-rows", type=int, default=15_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--method", default="trees")
    parser.add_argument("--cluster", default="")
    parser.add_argument("--judged", action="store_true")
    parser.add_argument("--single", action="store_true", help="one Parquet file")
    given = parser.parse_args()
    print("| rows | clock, s | work, s | peak of each process, MB | of all together, MB | on disk, MB | load |")
    print("|---|---|---|---|---|---|---|")
    for rows in given.rows:
        with tempfile.TemporaryDirectory(prefix="simile-scale-") as scratch:
            folder = Path(scratch)
            load = os.getloadavg()[0]
            seconds, work, peaks, said = measured(command_of(given, rows, folder))
            size = sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 1e6
        each = ", ".join(f"{peak:,.0f}" for peak in sorted(peaks.each.values(), reverse=True) if peak > 50)
        print(
            f"| {rows:,} | {seconds:.0f} | {work:.0f} | {each} | {peaks.together:,.0f} | {size:,.0f} | "
            f"{load:.1f}-{os.getloadavg()[0]:.1f} |"
        )
        print(said, file=sys.stderr)


if __name__ == "__main__":
    main()
