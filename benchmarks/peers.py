"""SDV's synthesizers with their own defaults beside ours, on the same rows, by the same judge.

    python -m benchmarks.peers --stems FOLDER --judge JUDGE.py [--minutes 20] [--methods trees,tvae,...] adult:income

Every row of the table is one process from start to written file, on one thread. A peer that has not learned after
``--minutes`` of processor time is stopped: its time is then what its epochs so far say of all of them, marked "~", and
it is not judged.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks.measured import Cost, generated, judged, learned_rows, timed, train_of

PEERS = {"sdv_copula": "GaussianCopula", "sdv_tvae": "TVAE", "sdv_ctgan": "CTGAN"}
HEAD = "| table | by | processor s | s by the clock | peak MB | epochs per minute | C2ST | TSTR loss % | trend % |"
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class Enough(Exception):
    """The time is up."""


def learn(peer: str, train: Path, out: Path, seconds: float) -> None:
    """Learn ``train`` with a peer's defaults, write as many rows to ``out``, and its epochs to ``out`` + ".json"."""
    warnings.simplefilter("ignore")
    import numpy as np
    import pandas as pd
    import sdv.single_table
    import torch
    from sdv.metadata import Metadata

    torch.set_num_threads(1)
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 - the peers read the global generator
    frame = pd.read_parquet(train)
    metadata = Metadata.detect_from_dataframes({"t": frame})
    kinds = {c: "numerical" if frame[c].dtype.kind in "if" and frame[c].nunique() > 2 else "categorical" for c in frame}
    metadata.update_columns(table_name="t", column_names=list(frame), sdtype="categorical")
    metadata.update_columns(
        table_name="t", column_names=[c for c in frame if kinds[c] == "numerical"], sdtype="numerical"
    )
    synthesizer = getattr(sdv.single_table, f"{PEERS[peer]}Synthesizer")(metadata)
    facts: dict[str, Any] = {"whole": True}
    began = time.process_time()
    try:
        with _limited(peer, len(frame), seconds, facts):
            synthesizer.fit({"t": frame})
    except Enough:
        facts["whole"] = False
    facts["learning"] = time.process_time() - began
    if facts["whole"]:
        synthesizer.sample(len(frame))["t"].to_parquet(out)
    out.with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")


class _limited:
    """Counts the epochs of a peer's networks, and stops them when the time is up."""

    def __init__(self, peer: str, rows: int, seconds: float, facts: dict[str, Any]) -> None:
        batches = rows // 500 * 2 if peer == "sdv_ctgan" else -(-rows // 500)
        self.per_epoch, self.seconds, self.facts, self.steps = max(batches, 1), seconds, facts, 0

    def __enter__(self) -> None:
        from torch.optim.optimizer import register_optimizer_step_post_hook

        self.began = time.process_time()
        self.handle = register_optimizer_step_post_hook(self._step)

    def _step(self, *given: Any) -> None:
        self.steps += 1
        spent = time.process_time() - self.began
        self.facts |= {"epochs": self.steps / self.per_epoch, "training": spent}
        if spent > self.seconds:
            raise Enough

    def __exit__(self, *given: Any) -> None:
        self.handle.remove()


def measure(stem: Path, target: str, method: str, options: argparse.Namespace) -> tuple[str, float]:
    """Return the Markdown row of one method on one table, and its processor seconds."""
    rows = options.rows or learned_rows(stem)
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "synthetic.parquet"
        facts: dict[str, Any] = {"whole": True}
        if method in PEERS:
            command = [sys.executable, "-m", "benchmarks.peers", "--learn", method]
            command += ["--stems", str(train_of(stem)), "--out", str(out), "--minutes", str(options.minutes)]
            cost = timed(command, environment=_ONE_THREAD)
            facts = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
        else:
            cost = generated(train_of(stem), out, target, method=method, rows=rows, seed=1)
        cost, mark = _whole(cost, facts)
        card = judged(options.judge, stem, out, target) if facts["whole"] else {}
    pace = f"{facts['epochs'] / facts['training'] * 60:.1f}" if facts.get("training") else "-"
    figures = " | ".join(f"{card[name]:.3g}" if name in card else "-" for name in ("c2st", "loss", "trend"))
    row = f"| {stem.name} | {method} | {mark}{cost.work:,.1f} | {mark}{cost.seconds:,.1f} | {cost.peak_mb:,.0f} "
    return f"{row}| {pace} | {figures} |", cost.work


def _whole(cost: Cost, facts: dict[str, Any]) -> tuple[Cost, str]:
    """Return what all epochs would have taken, and a mark that says so."""
    if facts["whole"]:
        return cost, ""
    more = facts["training"] / facts["epochs"] * 300 - facts["training"]
    return Cost(cost.seconds + more * cost.seconds / cost.work, cost.work + more, cost.peak_mb), "~"


def main() -> None:
    """Measure every table named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", help="NAME:TARGET")
    parser.add_argument("--stems", type=Path, required=True)
    parser.add_argument("--judge", default="")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rows", type=int, default=0, help="rows that ours make; as many as learned when not given")
    parser.add_argument("--methods", default="trees,copula,sdv_copula,sdv_tvae,sdv_ctgan")
    parser.add_argument("--learn", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.learn:
        learn(options.learn, options.stems, options.out, options.minutes * 60)
        return
    print(HEAD)
    print("|" + "---|" * HEAD.count("| "))
    for table in options.tables:
        name, _, target = table.partition(":")
        took = {}
        for method in options.methods.split(","):
            row, took[method] = measure(options.stems / name, target, method, options)
            print(row, flush=True)
        if "trees" in took:
            ratios = [f"{m} {took[m] / took['trees']:,.0f}" for m in PEERS if m in took]
            print(f"\nProcessor time, times that of trees: {', '.join(ratios)}.", flush=True)


if __name__ == "__main__":
    main()
