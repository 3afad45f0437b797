"""What keeping the rules costs in likeness: the same few rows learned and made once with them and once without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.constraints.enforcement import Enforcement
from synth_core.errors import Cancelled, SimileError
from synth_core.methods import create, method_class
from synth_core.pilot import LIGHT
from synth_core.recipe import Recipe
from synth_core.scores.columns import distances
from synth_core.scores.detection import detect
from synth_core.scores.features import Coded, Coding
from synth_core.scores.results import RulePrice, RulesPrice
from synth_core.table import Table

LEARNED, MADE = 4_000, 2_000
MOST_RULES = 12


def price_of(train: Table, holdout: Table, recipe: Recipe) -> RulesPrice | None:
    """Return the price of the recipe's rules; None where it cannot be told.

    At most 4,000 rows of ``train`` are learned twice, with the rules and without, by the same seed, and 2,000 rows
    made of each; both are held against real rows that were not learned from. An engine that trains for minutes is not
    tried, nor is a recipe without rules.
    """
    names = [column.name for column in train.columns if column.learned]
    rules = [rule for rule in recipe.rules if set(rule.columns_used) <= set(names)]
    if recipe.method not in LIGHT or not rules or len(train) < 2:
        return None
    order = np.random.default_rng([recipe.seed, 41]).permutation(len(train))
    few = train.select(names).rows(np.sort(order[:LEARNED]))
    rest = holdout if len(holdout) else train.rows(order[LEARNED:] if len(order) > LEARNED else order)
    rows = min(MADE, len(rest))
    if rows < 2:
        return None
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="openmp"):  # a second thread gains little on rows this few
        return _price(few, rest, recipe, rules, rows, len(train))


def _price(
    few: Table, rest: Table, recipe: Recipe, rules: Sequence[Constraint], rows: int, of: int
) -> RulesPrice | None:
    names = list(few.names)
    try:
        made = [_made(few, recipe, some, rows, of) for some in (rules, [])]
    except Cancelled:
        raise
    except SimileError:
        return None  # what can be kept over all rows may be too much for these few
    coding = Coding.learn(few)
    real, with_rules, without = (coding.apply(frame) for frame in (rest.frame, *made))
    shapes = [dict(zip(names, distances(side, real, names), strict=True)) for side in (with_rules, without)]

    def price(columns: Sequence[str]) -> RulePrice:
        some = replace(coding, columns=tuple(c for c in coding.columns if c.name in columns))
        shape = [round(float(np.mean([of[name] for name in columns])), 3) for of in shapes]
        told = [_told(some, real, side, recipe.seed) for side in (with_rules, without)]
        return RulePrice(shape=shape[0], shape_without=shape[1], c2st=told[0], c2st_without=told[1])

    return RulesPrice(
        n=rows,
        learned=len(few),
        all=price(names),
        rules={rule.id: price(list(rule.columns_used)) for rule in rules[:MOST_RULES]},
    )


def _made(few: Table, recipe: Recipe, rules: Sequence[Constraint], rows: int, of: int) -> pd.DataFrame:
    """Return rows made by the recipe's engine; as many are said to be released per real row as by the recipe."""
    info = method_class(recipe.method).info
    params = dict(recipe.params)
    if any(param.name == "release_rows" for param in info.params) and not int(params.get("release_rows", 0)):
        params["release_rows"] = max(1, round(recipe.rows * len(few) / of))
    enforcement = Enforcement.prepare(few, rules, inside=info.rules_inside)
    fitted = create(recipe.method, params).fit(enforcement.encoded, seed=recipe.seed)
    held = enforcement.restrictions()
    within: dict[str, Any] = {"restrictions": held} if held else {}
    return enforcement.apply(lambda n, seed: fitted.sample(n, seed=seed, **within), rows, recipe.seed).frame


def _told(coding: Coding, real: Coded, made: Coded, seed: int) -> float:
    return round(detect(coding, real, made, seed, quick=True).auc, 4)
