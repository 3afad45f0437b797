"""Is the verdict right? Planted cases on simulated tables, judged for 'share outside', with detection rates.

    python benchmarks/verdicts.py --seeds 20 --tables hospital loans

Every seed simulates a table anew: its first rows are learned from, the next are held out, the last are fresh real rows
that nobody saw. Each case says which targets must fail, which must not, and which must pass.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from synth_core.constraints.kinds import ScalarRange
from synth_core.demos import DEMOS, demo_table
from synth_core.judging import judge
from synth_core.methods import create
from synth_core.reading import frame_like
from synth_core.scorecard import Scorecard, default_targets, verdicts
from synth_core.scores import fidelity, privacy, twins, utility, validity
from synth_core.scores.results import Fidelity, Privacy, Utility, Validity
from synth_core.scores.sides import Sides
from synth_core.table import Table

SIZES = {"hospital": (4_800, 1_200), "loans": (4_800, 1_200), "fraud": (12_000, 6_000)}
GROUPS = {"hospital": ("ethnicity", "Asian"), "loans": ("group", "B"), "fraud": ("merchant_category", "electronics")}
HIGHEST = {"hospital": "creatinine", "loans": "income", "fraud": "amount"}
RULES = {"hospital": ("age", 16, 120), "loans": ("age", 18, 120), "fraud": ("amount", 0, 10_000)}


@dataclass(frozen=True)
class World:
    """One simulated population, cut in three."""

    name: str
    train: Table
    holdout: Table
    fresh: Table
    rng: np.random.Generator

    def share_of(self, table: Table, share: float) -> pd.DataFrame:
        """Return this share of the rows of ``table``."""
        rows = round(share * len(table))
        return table.frame.iloc[self.rng.choice(len(table), rows, replace=False)]

    def with_slipped(self, rows: pd.DataFrame) -> Table:
        """Return fresh rows, some of which were replaced by ``rows``."""
        kept = self.fresh.frame.iloc[: len(self.fresh) - len(rows)]
        return self.fresh.with_frame(pd.concat([kept, rows], ignore_index=True))

    def in_group(self, table: Table) -> np.ndarray:
        """Return whether each row is of the table's small group."""
        name, value = GROUPS[self.name]
        return np.asarray(table.frame[name].astype(str) == value)


@dataclass(frozen=True)
class Case:
    """``fails``: targets of which at least one must fail; ``keeps``: targets that must not fail.

    ``parts``: what of the scorecard is measured; the rest would say nothing about the case.
    """

    title: str
    make: Callable[[World], Table]
    fails: tuple[str, ...]
    keeps: tuple[str, ...] = ()
    parts: str = "privacy"


def bootstrap(world: World) -> Table:
    return world.train.rows(world.rng.integers(0, len(world.train), len(world.train)))


def slipped(share: float) -> Callable[[World], Table]:
    return lambda world: world.with_slipped(world.share_of(world.train, share))


def nearly_slipped(share: float) -> Callable[[World], Table]:
    """Train rows whose numbers were moved by a thousandth of their spread: no exact copy is left."""

    def make(world: World) -> Table:
        rows = world.share_of(world.train, share).copy()
        for column in world.train.columns:
            if column.learned and column.kind.value == "number":
                spread = float(world.train.frame[column.name].std())
                rows[column.name] += 1e-3 * spread * world.rng.normal(size=len(rows))
        return world.with_slipped(rows)

    return make


def small_in_large(world: World) -> Table:
    """One in a hundred train rows, in a release of ten times as many: a tenth of a percent of the release."""
    rows = pd.concat([world.fresh.frame] * 10, ignore_index=True)
    rows = rows.iloc[: 10 * len(world.train)].copy()
    for column in world.train.columns:  # fresh rows ten times over, told apart by noise that real rows have too
        if column.learned and column.kind.value == "number":
            spread = float(world.train.frame[column.name].std())
            rows[column.name] += 0.05 * spread * world.rng.normal(size=len(rows))
    return world.fresh.with_frame(pd.concat([rows, world.share_of(world.train, 0.01)], ignore_index=True))


def overfitted(world: World) -> Table:
    params = {"leaf": 1, "trees": 1, "candidates": 1, "smoothing": 0.0}
    fitted = create("trees", params).fit(world.train, seed=int(world.rng.integers(1 << 30)))
    frame = fitted.sample(len(world.train), seed=int(world.rng.integers(1 << 30)))
    return Table(frame, world.train.columns, "overfitted")


def independent(world: World) -> Table:
    frame = world.train.frame
    drawn = {
        name: frame[name].iloc[world.rng.integers(0, len(frame), len(frame))].reset_index(drop=True)
        for name in frame.columns
    }
    return world.train.with_frame(pd.DataFrame(drawn))


def shuffled_target(world: World) -> Table:
    name = world.train.target.name  # type: ignore[union-attr]
    values = world.fresh.frame[name].to_numpy()
    return world.fresh.with_frame(world.fresh.frame.assign(**{name: world.rng.permutation(values)}))


def broken_rule(world: World) -> Table:
    name, low, _ = RULES[world.name]
    values = world.fresh.frame[name].to_numpy().copy()
    values[world.rng.integers(len(values))] = low - 1
    return world.fresh.with_frame(world.fresh.frame.assign(**{name: values}))


def duplicated_group(world: World) -> Table:
    """The rows of the small group are a third of themselves, three times over."""
    inside = np.flatnonzero(world.in_group(world.fresh))
    third = inside[: -(-len(inside) // 3)]
    place = np.arange(len(world.fresh))
    place[inside] = np.resize(third, len(inside))
    return world.fresh.rows(place)


def swapped_labels(world: World) -> Table:
    """The two classes of the target change places in the small group."""
    name = world.train.target.name  # type: ignore[union-attr]
    values = world.fresh.frame[name].to_numpy().copy()
    first, second = pd.unique(values)[:2]
    inside = world.in_group(world.fresh)
    values[inside] = np.where(values[inside] == first, second, first)
    return world.fresh.with_frame(world.fresh.frame.assign(**{name: values}))


def leaked_extremes(world: World) -> Table:
    """The four highest real values of one column, in forty rows."""
    name = HIGHEST[world.name]
    values = world.fresh.frame[name].to_numpy().copy()
    top = np.sort(world.train.frame[name].dropna().to_numpy())[-4:]
    values[world.rng.choice(len(values), 40, replace=False)] = np.resize(top, 40)
    return world.fresh.with_frame(world.fresh.frame.assign(**{name: values}))


def copied_holdout(world: World) -> Table:
    return world.with_slipped(world.share_of(world.holdout, 0.5))


COPYING = ("copies", "near_copies", "membership_auc", "membership_tpr")
LIKENESS = ("shape", "pairs", "c2st", "subgroup_shape", "repeats")
QUALITY = (*LIKENESS, "tstr_loss", "subgroup_loss")
ALL = "fidelity utility privacy validity"
CASES: dict[str, Case] = {
    "fresh": Case("Fresh real rows", lambda world: world.fresh, (), (*COPYING, *QUALITY, "literals"), ALL),
    "bootstrap": Case("Bootstrap of train", bootstrap, COPYING),
    "slip1": Case("1 % train rows slipped in", slipped(0.01), COPYING),
    "slip5": Case("5 % train rows slipped in", slipped(0.05), COPYING),
    "near1": Case("1 % train rows, numbers jittered", nearly_slipped(0.01), COPYING),
    "near5": Case("5 % train rows, numbers jittered", nearly_slipped(0.05), COPYING),
    "slip1large": Case("1 % of train in a release ten times as large", small_in_large, COPYING),
    "overfit": Case("Overfitted engine (one tree, leaves of one row)", overfitted, COPYING),
    "independent": Case("Independent columns", independent, ("pairs", "c2st"), COPYING, "fidelity privacy"),
    "shuffled": Case("Shuffled target", shuffled_target, ("tstr_loss",), (), "utility"),
    "rule": Case("One broken rule", broken_rule, ("rules_broken",), (), "validity"),
    "duplicated": Case("A duplicated subgroup", duplicated_group, ("repeats",), COPYING, "repeats privacy"),
    "swapped": Case("Labels swapped in one group", swapped_labels, ("subgroup_loss",), (), "utility"),
    "extremes": Case("Real extremes leaked", leaked_extremes, ("literals",)),
    "holdout": Case("Half the holdout copied", copied_holdout, ("holdout_copies",), ("copies",)),
}


def judged(world: World, made: Table, parts: str, seed: int) -> Scorecard:
    """Return a scorecard that holds these parts only."""
    name, low, high = RULES[world.name]
    rule = ScalarRange(column=name, low_value=low, high_value=high)
    if parts == ALL:
        return judge(world.train, world.holdout, made, rules=[rule], seed=seed)
    sides = Sides(world.train, world.holdout, made, seed)
    found = Fidelity(scores=[], columns=[])
    if "fidelity" in parts:
        found = fidelity.measure(sides)
    elif "repeats" in parts:
        found = Fidelity(scores=[twins.measure(sides)], columns=[])
    return Scorecard(
        made=datetime.now(UTC),
        table=world.name,
        rows_train=len(world.train),
        rows_holdout=len(world.holdout),
        rows_synthetic=len(made),
        fidelity=found,
        utility=utility.measure(sides) if "utility" in parts else Utility(scores=[]),
        privacy=privacy.measure(sides) if "privacy" in parts else Privacy(scores=[]),
        validity=validity.measure(sides, [rule]) if "validity" in parts else Validity(scores=[]),
    )


def world_of(name: str, seed: int, like: Table) -> World:
    """Return the population of this seed."""
    learned, held = SIZES[name]
    table = frame_like(DEMOS[name].simulate(10_000 + seed).reset_index(drop=True), like, f"{name}.csv")
    table = table.select([column.name for column in table.columns if column.learned])
    order = np.random.default_rng([seed, 1]).permutation(len(table))
    first, second, third = np.split(order[: 2 * learned + held], [learned, learned + held])
    return World(name, table.rows(first), table.rows(second), table.rows(third), np.random.default_rng([seed, 2]))


def words_of(card: Scorecard) -> dict[str, str]:
    """Return the verdict per target of 'share outside'."""
    return {verdict.target.score: verdict.word for verdict in verdicts(card, default_targets("share"))}


def lines(found: pd.DataFrame) -> list[str]:
    """Return the rates as a Markdown table."""
    out = ["| table | case | must fail | found | wrongly failed | words of the case |", "|---|---|---|---|---|---|"]
    for (table, name), rows in found.groupby(["table", "case"], sort=False):
        case = CASES[str(name)]
        words = [json.loads(text) for text in rows["words"]]
        caught = sum(any(w.get(t) == "fail" for t in case.fails) for w in words)
        wrong = Counter(t for w in words for t in case.keeps if w.get(t) == "fail")
        shown = []
        for target in case.fails:
            counted = Counter(w.get(target, "-") for w in words)
            shown.append(f"{target} " + ", ".join(f"{n} {word}" for word, n in counted.most_common()))
        if not case.fails:
            whole = sum(set(w.values()) == {"pass"} for w in words)
            watched = Counter(t for w in words for t, word in w.items() if word != "pass")
            shown = [f"all pass in {whole}", *(f"{t} not pass in {n}" for t, n in watched.most_common())]
        rate = f"{caught} of {len(words)}" if case.fails else "-"
        bad = "; ".join(f"{t} {n}" for t, n in wrong.most_common()) or "0"
        out.append(f"| {table} | {case.title} | {', '.join(case.fails) or '-'} | {rate} | {bad} | {'; '.join(shown)} |")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--tables", nargs="+", default=["hospital", "loans"])
    parser.add_argument("--cases", nargs="+", default=list(CASES))
    parser.add_argument("--log", type=Path, default=None, help="JSON lines, one per judgement.")
    chosen = parser.parse_args()
    found = []
    for table in chosen.tables:
        like = demo_table(table)
        for seed in range(chosen.seeds):
            for case in chosen.cases:
                world = world_of(table, seed, like)
                made = CASES[case].make(world)
                began = perf_counter()
                with threadpool_limits(1):
                    card = judged(world, made, CASES[case].parts, seed)
                row = {"table": table, "case": case, "seed": seed, "words": json.dumps(words_of(card))}
                found.append(row | {"seconds": round(perf_counter() - began, 1)})
                if chosen.log:
                    values = {n: (s.value, s.low, s.high, s.reference) for n, s in card.scores.items()}
                    with chosen.log.open("a", encoding="utf-8") as log:
                        log.write(json.dumps(found[-1] | {"scores": values}) + "\n")
    print("\n".join(lines(pd.DataFrame(found))))


if __name__ == "__main__":
    main()
