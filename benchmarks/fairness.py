"""How often the fairness lab is right about tables whose truth is known: ``python -m benchmarks.fairness --tables 20``.

Half of the tables treat one group worse (log odds lower by 2), in the other half the group plays no part. The lab
should find that reweighing narrows the gap in the first, and that nothing does in the second.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from synth_core.labs.fair_corrections import FairnessPlan
from synth_core.labs.fair_words import helped
from synth_core.labs.fairness import measure
from synth_core.recipe import Recipe
from synth_core.table import Column, Kind, Role, Table


def decisions(rows: int, seed: int, bias: float) -> Table:
    """Return decisions by merit, and by group where ``bias`` is not 0."""
    rng = np.random.default_rng(seed)
    b, merit = rng.random(rows) < 0.3, rng.normal(0, 1, rows)
    good = rng.random(rows) < 1 / (1 + np.exp(-(0.6 + 1.2 * merit - bias * b)))
    frame = pd.DataFrame(
        {
            "group": np.where(b, "B", "A").astype(object),
            "merit": np.round(merit, 3),
            "age": rng.integers(18, 80, rows),
            "given": np.where(good, "yes", "no").astype(object),
        }
    )
    columns = (
        Column(name="group", kind=Kind.CATEGORY, role=Role.SENSITIVE),
        Column(name="merit", kind=Kind.NUMBER),
        Column(name="age", kind=Kind.INTEGER),
        Column(name="given", kind=Kind.BOOLEAN, role=Role.TARGET),
    )
    return Table(frame, columns, "decisions")


def main() -> None:
    """Print, per arm, in how many tables it was said to narrow each gap."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=20, help="of each kind")
    parser.add_argument("--rows", type=int, default=2_000)
    asked = parser.parse_args()
    plan = FairnessPlan(sensitive=("group",), target="given", favourable="yes", model="linear", sees=True)
    for bias in (0.0, 2.0):
        said: dict[str, list[int]] = {}
        for seed in range(asked.tables):
            table = decisions(asked.rows, seed, bias)
            found = measure(table, Recipe(rows=asked.rows, seed=seed, params={"trees": 1}), plan)
            for arm in found.arms[1:]:
                counts = said.setdefault(arm.name, [0, 0])
                for place, gap in enumerate(("parity", "odds")):
                    counts[place] += any(one.name == arm.name for one in helped(found, gap))  # type: ignore[arg-type]
        for name, (parity, odds) in said.items():
            print(
                f"bias {bias:g}  {name:10} outcomes {parity}/{asked.tables}  errors {odds}/{asked.tables}", flush=True
            )


if __name__ == "__main__":
    main()
