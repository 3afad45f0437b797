"""Measure what the README says: time, memory and judgement of `simile generate` on public tables.

    python benchmarks/first_house.py --stems FOLDER --judge JUDGE.py [--method trees] [--rows 500000] [adult:income ...]

FOLDER holds NAME.train.parquet and NAME.holdout.parquet (disjoint halves of a public table); JUDGE.py is any judge that
prints one JSON line for ``JUDGE.py STEM SYNTH.parquet --target COLUMN``. Prints one Markdown row per table. Without
--judge only time and memory are printed; without --stems the demo tables are made and used.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEAD = (
    "| table | method | rows learned | rows made | generate s | peak MB | shape % | trend % | C2ST | TSTR loss % "
    "| membership AUC | calibrated | TPR at 1 % | seed |"
)
DEMOS = {"hospital": "readmitted", "fraud": "fraud", "loans": "approved", "orders": "status"}


def timed(command: list[str]) -> tuple[float, float]:
    """Return wall seconds and peak resident memory (MB) of a command."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, code, usage = os.wait4(process.pid, 0)
    if code:
        raise SystemExit(f"failed: {' '.join(command)}")
    return time.perf_counter() - began, usage.ru_maxrss * 1024 / 1e6


def measure(stem: Path, target: str, options: argparse.Namespace) -> str:
    """Return the Markdown row of one table."""
    import pyarrow.parquet as pq

    train = stem.with_name(f"{stem.name}.train.parquet")
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "synthetic.parquet"
        command = [sys.executable, "-m", "synth_core.cli", "generate", str(train), "--out", str(out)]
        command += ["--method", options.method, "--rows", str(options.rows), "--seed", str(options.seed)]
        command += ["--holdout", "0", "--target", target, "--workers", str(options.workers)]
        for setting in options.param:
            command += ["--param", setting]
        seconds, peak = timed(command)
        card: dict[str, float] = {}
        if options.judge:
            judge = [sys.executable, options.judge, str(stem), str(out), "--target", target]
            card = json.loads(subprocess.run(judge, capture_output=True, text=True, check=True).stdout)
    names = ("shape", "trend", "c2st", "loss", "mia", "mia_cal", "tpr1")
    figures = " | ".join(f"{card[name]:.3g}" if name in card else "-" for name in names)
    learned = pq.ParquetFile(train).metadata.num_rows
    return (
        f"| {stem.name} | {options.method} | {learned:,} | {options.rows:,} | {seconds:.1f} | {peak:.0f} "
        f"| {figures} | {options.seed} |"
    )


def main() -> None:
    """Measure every table named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", help="NAME:TARGET")
    parser.add_argument("--stems", type=Path)
    parser.add_argument("--judge")
    parser.add_argument("--method", default="trees")
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--param", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    print(HEAD)
    print("|" + "---|" * HEAD.count("| "))
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.stems or demo_stems(Path(scratch))
        for table in options.tables or [f"{name}:{target}" for name, target in DEMOS.items()]:
            name, _, target = table.partition(":")
            print(measure(folder / name, target, options), flush=True)


def demo_stems(folder: Path) -> Path:
    """Write halves of the demo tables and return their folder."""
    from synth_core.demos import demo_table
    from synth_core.writing import write_table

    for name in DEMOS:
        train, holdout = demo_table(name).split(0.5, 0)
        write_table(train, folder / f"{name}.train.parquet")
        write_table(holdout, folder / f"{name}.holdout.parquet")
    return folder


if __name__ == "__main__":
    main()
