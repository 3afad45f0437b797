"""Memory that a recipe needs: what is expected before it starts, beside what it then takes.

    python -m benchmarks.memory trees 100000 --numbers 6 --categories 9 --levels 10 [--made 50000] [--judged]
    python -m benchmarks.memory all

One call makes one table and follows one recipe in this process, and prints both figures; ``all`` runs the cases of
``benchmarks/scale.md``, each in a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from synth_core.table import Column, Kind, Role, Table

CASES = (
    "independent 12000", "independent 200000", "independent 12000 --made 400000 --chunk 400000",
    "copula 12000", "copula 200000", "copula 12000 --made 400000 --chunk 400000",
    "trees 12000", "trees 60000", "trees 60000 --numbers 15 --categories 0", "trees 20000 --categories 4 --levels 1000",
    "trees 12000 --made 200000 --chunk 200000", "trees 12000 --made 300000 --judged",
    "bayesian_network 12000", "bayesian_network 100000", "diffusion 12000", "diffusion 60000 --levels 200",
    "tvae 20000 --levels 50", "tvae 40000 --categories 1 --levels 450", "ctgan 20000 --levels 50",
)  # fmt: skip


def made_table(rows: int, numbers: int, categories: int, levels: int) -> Table:
    """Return a table of numbers with long decimals and of categories with so many levels."""
    rng = np.random.default_rng(0)
    latent = rng.standard_normal(rows)
    cells: dict[str, object] = {}
    columns = []
    for i in range(numbers):
        cells[f"n{i}"] = np.round(latent + rng.standard_normal(rows), 6)
        columns.append(Column(name=f"n{i}", kind=Kind.NUMBER, storage="number"))
    words = np.array([f"level {i}" for i in range(levels)], dtype=object)
    for i in range(categories):
        cells[f"c{i}"] = words[(rng.integers(0, levels, rows) + (latent > 0)) % levels]
        columns.append(Column(name=f"c{i}", kind=Kind.CATEGORY))
    columns[-1] = columns[-1].model_copy(update={"role": Role.TARGET})
    return Table(pd.DataFrame(cells), tuple(columns), "made")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method")
    parser.add_argument("rows", type=int, nargs="?", default=0)
    parser.add_argument("--numbers", type=int, default=6)
    parser.add_argument("--categories", type=int, default=9)
    parser.add_argument("--levels", type=int, default=10)
    parser.add_argument("--made", type=int, default=50_000)
    parser.add_argument("--chunk", type=int, default=50_000)
    parser.add_argument("--judged", action="store_true")
    given = parser.parse_args()
    if given.method == "all":
        print("| case | expected, MB | taken, MB | ratio |\n|---|---|---|---|", flush=True)
        for case in CASES:
            subprocess.run([sys.executable, "-m", "benchmarks.memory", *case.split()], check=True)
        return
    from synth_core.generation import generate, peak_mb
    from synth_core.needs import needed
    from synth_core.pipeline import follow
    from synth_core.recipe import Recipe

    table = made_table(given.rows, given.numbers, given.categories, given.levels)
    params = {"ctgan": {"epochs": 1}, "tvae": {"epochs": 1}, "diffusion": {"minutes": 0.1}}.get(given.method, {})
    recipe = Recipe(
        method=given.method, params=params, rows=given.made, chunk_rows=given.chunk, holdout=0.2 if given.judged else 0
    )
    expected = needed(table, recipe, judged=given.judged).total / 1e6
    with tempfile.TemporaryDirectory(prefix="simile-memory-") as folder:
        (follow if given.judged else generate)(table, recipe, Path(folder))
    case = " ".join(sys.argv[1:])
    print(f"| {case} | {expected:,.0f} | {peak_mb():,.0f} | {expected / peak_mb():.2f} |", flush=True)


if __name__ == "__main__":
    main()
