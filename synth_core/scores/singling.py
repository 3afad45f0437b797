"""Singling out: guesses made from the release that fit exactly one real person, beside held-out people."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import pandas as pd

from synth_core.scores.results import Attack
from synth_core.scores.sides import Sides
from synth_core.table import Table, numbers

GUESSES = 500
ATTEMPTS = 20_000
TITLES = {
    "univariate": "Singling out by one column",
    "multivariate": "Singling out by three columns together",
}
UNFITTED = "not enough data: the correction for unequal sizes of the two groups could not be fitted"


def singling_out(sides: Sides) -> list[Attack]:
    """Return how often a guess made from the full release fits exactly one person who was learned from.

    Notes
    -----
    anonymeter's attack (Giomi et al., "A unified framework for quantifying privacy risk in synthetic data", PoPETs
    2023), seeded. The control is the same guesses on held-out people; only what goes beyond it is a risk. As many
    people are attacked as were held out: a guess fits exactly one of few more easily than one of many, and anonymeter's
    correction for their numbers makes the control too low (9,600 against 2,400 people: 6 % where equal numbers give
    24 %, and the attack 26 %).
    """
    names = [column.name for column in sides.coding.columns]
    train, made, held = (plain(table, names) for table in (sides.train, sides.synthetic, sides.holdout))
    if len(train) > len(held):
        train = train.sample(len(held), random_state=sides.seed).reset_index(drop=True)
    tables = [train, made, held]
    found = []
    for mode, title in TITLES.items():
        sides.tell(f"attacking: {title[0].lower()}{title[1:]}")
        if mode == "univariate" or len(names) >= 3:
            found.append(_attack(mode, title, tables, sides.seed))
    return found


class _Sorted(np.random.Generator):
    """Shuffles guesses from one order: the columns' values come in another one each time."""

    def shuffle(self, x: Any, axis: int = 0) -> None:
        """Shuffle a list of guesses in place."""
        x.sort(key=str)
        super().shuffle(x, axis)


def _attack(mode: str, title: str, tables: list[pd.DataFrame], seed: int) -> Attack:
    import polars as pl
    from anonymeter.evaluators import SinglingOutEvaluator

    train, made, held = tables
    quiet = logging.getLogger("anonymeter")
    level = quiet.level
    try:
        quiet.setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pl.set_random_seed(seed)  # the correction for the two groups' sizes draws rows by it
            attacker = SinglingOutEvaluator(
                ori=train, syn=made, control=held, n_attacks=GUESSES, max_attempts=ATTEMPTS, seed=seed
            )
            attacker._rng = _Sorted(np.random.PCG64(seed))
            results = attacker.evaluate(mode=mode).results()
    except RuntimeError:  # from scipy's curve_fit, where too few guesses were right
        return Attack(name=f"singling_{mode}", title=title, unit="share", value=None, note=UNFITTED)
    finally:
        quiet.setLevel(level)
    attack, control = results.attack_rate, results.control_rate
    return Attack(
        name=f"singling_{mode}",
        title=title,
        unit="share",
        value=round(float(attack.value), 4),
        low=round(max(float(attack.value - attack.error), 0.0), 4),
        high=round(float(attack.value + attack.error), 4),
        control=round(float(control.value), 4),
        control_low=round(max(float(control.value - control.error), 0.0), 4),
        control_high=round(float(control.value + control.error), 4),
        n=GUESSES,
    )


def plain(table: Table, names: list[str]) -> pd.DataFrame:
    """Return numbers as float64 and words as str, as the attack reads them."""
    columns = {}
    for name in names:
        values = table.frame[name]
        if table.column(name).kind.numeric:
            columns[name] = pd.Series(numbers(values))
        else:
            columns[name] = pd.Series(np.where(values.isna(), "(missing)", values.astype(object)).astype(str))
    return pd.DataFrame(columns)
