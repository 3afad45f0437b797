"""Small tables of decisions about two groups, with a known gap or none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synth_core.labs.fair_corrections import FairnessPlan
from synth_core.labs.fair_results import Arm, ArmName, Fairness, GroupRates
from synth_core.labs.fairness import ARM_TITLES
from synth_core.scores.statistics import Estimate
from synth_core.table import Column, Kind, Role, Table


def decisions(rows: int = 900, seed: int = 1, bias: float = 2.0) -> Table:
    """Return decisions by merit, and by group where ``bias`` (log odds against group B) is not 0."""
    rng = np.random.default_rng(seed)
    b = rng.random(rows) < 0.35
    merit = rng.normal(0, 1, rows)
    good = rng.random(rows) < 1 / (1 + np.exp(-(0.6 + 1.2 * merit - bias * b)))
    frame = pd.DataFrame(
        {
            "group": np.where(b, "B", "A").astype(object),
            "region": np.where(rng.random(rows) < 0.5, "north", "south").astype(object),
            "age": rng.integers(18, 80, rows),
            "merit": np.round(merit, 3),
            "given": np.where(good, "yes", "no").astype(object),
        }
    )
    columns = (
        Column(name="group", kind=Kind.CATEGORY, role=Role.SENSITIVE),
        Column(name="region", kind=Kind.CATEGORY),
        Column(name="age", kind=Kind.INTEGER),
        Column(name="merit", kind=Kind.NUMBER),
        Column(name="given", kind=Kind.BOOLEAN, role=Role.TARGET),
    )
    return Table(frame, columns, "decisions")


def around(value: float, half: float = 0.01) -> Estimate:
    return Estimate(value, value - half, value + half)


def arm(name: ArmName, gap: float, errors: float | None, /, **change: Estimate) -> Arm:
    """Return an arm with this gap in outcomes, this one in errors, and these changes."""
    groups = tuple(
        GroupRates(
            group=group, rows=rows, base=0.6, selection=around(0.6), true_positive=around(0.7),
            false_positive=around(0.3), accuracy=around(0.8), balanced_accuracy=around(0.75),
        )
        for group, rows in (("A", 400), ("B", 200))
    )  # fmt: skip
    return Arm(
        name=name, parity=around(gap), odds=None if errors is None else around(errors), parity_folds=(gap, gap),
        accuracy=around(0.8), balanced_accuracy=around(0.75), auc=around(0.8), groups=groups, change=change,
    )  # fmt: skip


def fairness(*others: Arm, **fields: object) -> Fairness:
    """Return a result in which doing nothing leaves gaps of 20 and 15 points."""
    arms = (arm("real", 0.2, 0.15), *others)
    known = {
        "plan": FairnessPlan(sensitive=("group",), target="given", favourable="yes"),
        "arms": arms,
        "titles": {one.name: ARM_TITLES[one.name] for one in arms},
        "judged": 600,
        "learned": 640,
    }
    return Fairness.model_validate(known | fields)
