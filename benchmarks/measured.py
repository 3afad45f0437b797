"""What the benchmarks on public tables share: a command timed, and a judge asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds by the clock, processor seconds of it and its children, and peak MB."""

    seconds: float
    work: float
    peak_mb: float


def timed(command: list[str], *, environment: dict[str, str] | None = None) -> Cost:
    """Run a command to its end and return what it took; SystemExit when it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | (environment or {}))
    _, code, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    if code:
        raise SystemExit(f"failed: {' '.join(command)}")
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def generated(
    train: Path,
    out: Path,
    target: str,
    *,
    method: str,
    rows: int,
    seed: int,
    workers: int = 1,
    params: Sequence[str] = (),
) -> Cost:
    """Learn every row of ``train`` by ``simile generate``, write ``out``, and return what it took."""
    command = [sys.executable, "-m", "synth_core.cli", "generate", str(train), "--out", str(out)]
    command += ["--method", method, "--rows", str(rows), "--seed", str(seed)]
    command += ["--holdout", "0", "--target", target, "--workers", str(workers)]
    for setting in params:
        command += ["--param", setting]
    return timed(command)


def judged(judge: str, stem: Path, out: Path | None, target: str) -> dict[str, Any]:
    """Return what the judge says of ``out``; of real rows that nobody learned from where it is None."""
    command = [sys.executable, judge, str(stem), *([str(out)] if out else ["--floor"]), "--target", target]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def learned_rows(stem: Path) -> int:
    """Return how many rows ``STEM.train.parquet`` has."""
    import pyarrow.parquet as pq

    return int(pq.ParquetFile(train_of(stem)).metadata.num_rows)


def train_of(stem: Path) -> Path:
    """Return the file of the rows that are learned from."""
    return stem.with_name(f"{stem.name}.train.parquet")
