"""Corrections for fairness as recipes: represent a group, balance its outcomes, cut its path to the target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.errors import InputError
from synth_core.labs.fair_groups import Decision, Groups
from synth_core.labs.fair_models import ModelName
from synth_core.methods.network_edges import parse_edges, write_edges
from synth_core.recipe import Recipe
from synth_core.steering.asks import Steering
from synth_core.steering.given import GivenRows
from synth_core.table import Table

Correction = Literal["represent", "balance", "cut"]
CORRECTIONS: tuple[Correction, ...] = ("represent", "balance", "cut")
TITLES: dict[Correction, str] = {
    "represent": "Represent the group",
    "balance": "Balance the outcome (what-if)",
    "cut": "Cut the path",
}
ENGINES = ("trees", "bayesian_network", "copula")
NETWORK = "bayesian_network"
LEAST_CELL = 7  # rows of a group with an outcome; fewer are not named by what is asked of the output
WHAT_IF = "This is a what-if: the rates of '{}' per group were set by hand. They are not what happened."
_DEFAULT_MODEL: ModelName = "boosted"


class FairnessPlan(BaseModel):
    """What the fairness lab is asked.

    Attributes
    ----------
    sensitive
        One or two columns that tell the groups.
    target, favourable
        The decision, and its favourable class.
    shares
        Wanted share per group (0..1) for "represent"; those not named keep their proportions. Empty: equal shares.
    rates
        Wanted rate of favourable outcomes per group (0..1) for "balance"; not named: the rate over all rows.
    cuts
        Pairs of columns between which "cut" forbids edges, both ways. Empty: each sensitive column and the target.
    corrections
        Which corrections are tried.
    engine
        Engine of all synthetic rows but those of "cut", which needs the Bayesian network.
    folds
        Parts of the rows to learn from; each is judged once by models that never saw it.
    rows
        Real rows that models and engines learn from, at most; synthetic tables have as many.
    sees
        Whether the model may see the sensitive columns.
    """

    model_config = ConfigDict(frozen=True)

    version: int = 1
    sensitive: tuple[str, ...] = ()
    target: str = ""
    favourable: str = ""
    shares: dict[str, float] = {}
    rates: dict[str, float] = {}
    cuts: tuple[tuple[str, str], ...] = ()
    corrections: tuple[Correction, ...] = CORRECTIONS
    engine: str = "trees"
    model: ModelName = _DEFAULT_MODEL
    folds: int = Field(default=3, ge=2, le=10)
    rows: int = Field(default=20_000, ge=100, le=1_000_000)
    sees: bool = False


def check(plan: FairnessPlan, groups: Groups) -> None:
    """Raise InputError where a plan's corrections do not fit the groups."""
    if plan.engine not in ENGINES:
        raise InputError(f"The fairness lab works with {', '.join(ENGINES)}; '{plan.engine}' is not one of them.")
    if plan.target in plan.sensitive:
        raise InputError(f"'{plan.target}' is both the target and sensitive; choose another column for one of them.")
    for name, told in (("share", plan.shares), ("rate", plan.rates)):
        for group, value in told.items():
            if group not in groups.names:
                rows = groups.few.get(group)
                few = f"it has {rows:,} rows, too few" if rows else "there is no such group"
                raise InputError(
                    f"A {name} is asked for group '{group}', but {few}. The groups are: {_listed(groups)}."
                )
            if not 0 <= value <= 1:
                raise InputError(f"The {name} of group '{group}' must lie between 0 and 1, not {value:g}.")
    if sum(plan.shares.values()) > 1 + 1e-6:
        raise InputError(
            f"The shares asked for add up to {100 * sum(plan.shares.values()):.0f} %; they must not pass 100 %."
        )


def possible(correction: Correction, groups: Groups) -> str:
    """Return why a correction cannot be made for these groups; empty where it can."""
    if correction == "cut" or not groups.banded:
        return ""
    return (
        f"'{groups.banded[0]}' is a number, and shares are set on categories. Choose a sensitive column with "
        "categories for this correction."
    )


def cuts_of(plan: FairnessPlan) -> tuple[tuple[str, str], ...]:
    """Return the pairs between which edges are forbidden."""
    return plan.cuts or tuple((name, plan.target) for name in plan.sensitive)


def wanted_shares(plan: FairnessPlan, groups: Groups, real: Mapping[str, int]) -> dict[str, float]:
    """Return the share of every group that has rows; ``real``: rows per group.

    Without wishes the groups that are judged get equal shares of what they have together; others keep theirs.
    """
    total = max(sum(real.values()), 1)
    now = {name: rows / total for name, rows in real.items()}
    if plan.shares:
        asked = {name: share for name, share in plan.shares.items() if name in now}
    else:
        judged = [name for name in groups.names if name in now]
        asked = {name: sum(now[one] for one in judged) / max(len(judged), 1) for name in judged}
    rest, others = 1 - sum(asked.values()), sum(share for name, share in now.items() if name not in asked)
    if not others and asked:
        scale = 1 / max(sum(asked.values()), 1e-9)
        return {name: share * scale for name, share in asked.items()}
    return {name: asked[name] if name in asked else rest * share / others for name, share in now.items()}


def corrected(
    correction: Correction | None, table: Table, recipe: Recipe, plan: FairnessPlan, groups: Groups, decision: Decision
) -> tuple[Recipe, GivenRows | None]:
    """Return the recipe that makes ``recipe.rows`` rows with a correction (None: without one), and its given rows.

    Raises
    ------
    InputError
        The correction does not fit the groups, or its rows are not there.
    """
    engine = NETWORK if correction == "cut" else plan.engine
    params = recipe.params if recipe.method == engine else {}
    if engine == NETWORK:
        kept = [edge for edge in parse_edges(str(params.get("forbidden", "")), "forbidden") if correction == "cut"]
        params = {name: value for name, value in params.items() if name != "forbidden"}
        if correction == "cut":
            pairs = [edge for one, other in cuts_of(plan) for edge in ((one, other), (other, one))]
            required = parse_edges(str(params.get("edges", "")), "edges")
            left = [edge for edge in required if edge not in pairs]
            params = {name: value for name, value in params.items() if name != "edges"}
            params |= {"edges": write_edges(left)} if left else {}
            params["forbidden"] = write_edges(dict.fromkeys([*kept, *pairs]))
    base: dict[str, Any] = {"method": engine, "params": params, "steering": Steering()}
    if correction in (None, "cut"):
        return recipe.model_copy(update=base), None
    if problem := possible(correction, groups):
        raise InputError(problem)
    labels = groups.labels(table.frame)
    rows_of = {str(name): int(rows) for name, rows in pd.Series(labels, dtype=object).value_counts().items()}
    shares = wanted_shares(plan, groups, rows_of)
    if correction == "represent" and len(groups.columns) == 1:
        named = {name: round(share, 6) for name, share in shares.items() if name in groups.names}
        steering = Steering(shares={groups.columns[0]: named})
        return recipe.model_copy(update=base | {"steering": steering}), None
    given = _given(correction, table, recipe, plan, groups, decision, shares)
    steering = Steering(given=given.described)
    return recipe.model_copy(update=base | {"steering": steering, "rows": len(given.frame)}), given


def _given(
    correction: Correction,
    table: Table,
    recipe: Recipe,
    plan: FairnessPlan,
    groups: Groups,
    decision: Decision,
    shares: Mapping[str, float],
) -> GivenRows:
    """Return rows that have the sensitive columns, and for "balance" the target, in the wanted proportions."""
    names = [*groups.columns, *([decision.target] if correction == "balance" else [])]
    frame = table.frame[names].dropna()
    cells = frame.groupby(names, sort=True).size().rename("rows").reset_index()
    cells = cells[cells["rows"] >= LEAST_CELL].reset_index(drop=True)
    labels = groups.labels(cells)
    weight = cells["rows"].to_numpy(dtype=np.float64)
    weight /= weight.sum()
    if correction == "represent":
        weight = np.array([shares[label] for label in labels], dtype=np.float64)
        if not weight.any():
            raise InputError(f"The shares of groups of {groups.title} add up to 0; give at least one group a share.")
    else:
        good = decision.good(cells)
        overall = float(decision.good(frame).mean())
        for group in groups.names:
            here = labels == group
            rate = plan.rates.get(group, overall)
            size = weight[here].sum()
            for side, wanted in ((good, rate), (~good, 1 - rate)):
                some = here & side
                if not some.any():
                    if wanted > 0:
                        raise InputError(
                            f"Not enough data: fewer than {LEAST_CELL} rows of group '{group}' have "
                            f"{'the favourable' if side is good else 'another'} outcome, so its outcomes cannot be "
                            "balanced. Choose other groups, or leave this correction out."
                        )
                    continue
                weight[some] *= size * wanted / weight[some].sum()
    exact = weight / weight.sum() * recipe.rows
    rows = np.floor(exact).astype(np.int64)
    rows[np.argsort(rows - exact, kind="stable")[: recipe.rows - int(rows.sum())]] += 1
    dealt = np.repeat(np.arange(len(cells)), rows)
    order = np.random.default_rng([recipe.seed, 61]).permutation(len(dealt))
    note = WHAT_IF.format(decision.target) if correction == "balance" else ""
    return GivenRows(cells[names].iloc[dealt[order]].reset_index(drop=True), note)


def _listed(groups: Groups) -> str:
    return ", ".join(f"'{name}'" for name in groups.names)
