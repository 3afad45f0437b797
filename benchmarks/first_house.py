"""Measure what the README says: time, memory and judgement of `simile generate` on public tables.

    python -m benchmarks.first_house --stems FOLDER --judge JUDGE.py [--method trees] [--rows 500000] [adult:income ...]

FOLDER holds NAME.train.parquet and NAME.holdout.parquet (disjoint halves of a public table); JUDGE.py is any judge that
prints one JSON line for ``JUDGE.py STEM SYNTH.parquet --target COLUMN``. Prints one Markdown row per table. Without
--judge only time and memory are printed; without --stems the demo tables are made and used.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.measured import generated, judged, learned_rows, train_of

HEAD = (
    "| table | method | rows learned | rows made | generate s | peak MB | shape % | trend % | C2ST | TSTR loss % "
    "| membership AUC | calibrated | TPR at 1 % | seed |"
)
DEMOS = {"hospital": "readmitted", "fraud": "fraud", "loans": "approved", "orders": "status"}


def measure(stem: Path, target: str, options: argparse.Namespace) -> str:
    """Return the Markdown row of one table."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "synthetic.parquet"
        cost = generated(
            train_of(stem),
            out,
            target,
            method=options.method,
            rows=options.rows,
            seed=options.seed,
            workers=options.workers,
            params=options.param,
        )
        card = judged(options.judge, stem, out, target) if options.judge else {}
    names = ("shape", "trend", "c2st", "loss", "mia", "mia_cal", "tpr1")
    figures = " | ".join(f"{card[name]:.3g}" if name in card else "-" for name in names)
    return (
        f"| {stem.name} | {options.method} | {learned_rows(stem):,} | {options.rows:,} | {cost.seconds:.1f} "
        f"| {cost.peak_mb:.0f} | {figures} | {options.seed} |"
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
