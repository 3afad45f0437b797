"""From an old table and a new extract to what moved, and a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.errors import SimileError, TableError
from synth_core.monitoring import columns, pairs
from synth_core.monitoring.results import RANK, Drift, RuleDrift, Word
from synth_core.monitoring.schema import matched
from synth_core.progress import StageProgress, silent_stages, within
from synth_core.reading import Reading
from synth_core.scores.features import Coding
from synth_core.scores.statistics import wilson
from synth_core.table import Role, Table

MOST = 30_000  # rows of either side that are compared; rules are checked on all
LEAST = 50
ABOUT_SURE = 500


def drift(
    before: Table,
    extract: Reading,
    *,
    rules: Sequence[Constraint] = (),
    missing: Mapping[str, tuple[str, ...]] | None = None,
    seed: int = 0,
    progress: StageProgress = silent_stages,
) -> Drift:
    """Return how a new extract differs from the rows that were learned from.

    Parameters
    ----------
    before
        The old real rows, with kinds and roles.
    extract
        The new ones as read: its cells are read again in the old kinds.
    missing
        Words that mean a missing cell, per column, beside the usual ones.

    Raises
    ------
    TableError
        There are too few rows, or no column in common.
    """
    for table, what in ((before, "old table"), (extract.table, "new extract")):
        if len(table) < LEAST:
            raise TableError(
                f"The {what} has {len(table):,} rows; at least {LEAST} are needed to tell drift from chance."
            )
    both = matched(before, extract.raw, extract.table, missing)
    rng = np.random.default_rng([seed, 71])
    old, new = _some(both.before, rng), _some(both.now, rng)
    entity = old.having(role=Role.ENTITY)
    parts = columns.halves(len(old), old.frame[entity[0].name] if entity else None, rng)
    progress("Columns", 0, 1, "Columns one by one")
    coding = Coding.learn(old)
    moved = columns.drifted(coding, coding.apply(old.frame), coding.apply(new.frame), new.frame, parts)
    compared, together = pairs.drifted(old, new, parts, seed, within(progress, "Pairs"))
    progress("Rules", 0, 1, "Rules")
    notes = []
    if max(len(both.before), len(both.now)) > MOST:
        notes.append(f"Columns and pairs are compared on {MOST:,} rows of each table, drawn evenly; rules on all.")
    if min(len(before), len(extract.table)) < ABOUT_SURE:
        notes.append("There are few rows, so only large moves can be told from chance.")
    return Drift(
        made=datetime.now(UTC).replace(microsecond=0),
        name_before=before.name,
        name_now=extract.table.name,
        rows_before=len(before),
        rows_now=len(extract.table),
        schema_differences=tuple(sorted(both.differences, key=lambda one: -RANK[one.word])),
        columns=moved,
        pairs=together,
        pairs_compared=compared,
        rules=_rules(before, both.before, both.now, rules),
        notes=tuple(notes),
        same=not both.differences and _same(both.before, both.now),
    )


def _some(table: Table, rng: np.random.Generator) -> Table:
    if len(table) <= MOST:
        return table
    return table.rows(np.sort(rng.choice(len(table), MOST, replace=False)))


def _same(before: Table, now: Table) -> bool:
    if len(before) != len(now):
        return False
    prints = [pd.util.hash_pandas_object(t.frame.astype(str), index=False).sort_values() for t in (before, now)]
    return bool(np.array_equal(prints[0].to_numpy(), prints[1].to_numpy()))


def _rules(whole: Table, before: Table, now: Table, rules: Sequence[Constraint]) -> tuple[RuleDrift, ...]:
    found = []
    for rule in rules:
        if not rule.enabled:
            continue
        one = RuleDrift(id=rule.id, sentence=rule.sentence(), hard=rule.hard)
        lacking = [name for name in rule.columns_used if name not in now.names]
        if lacking:
            problem = f"It reads '{lacking[0]}', which the new extract does not have in the old kind."
            found.append(one.model_copy(update={"problem": problem, "word": "slight"}))
            continue
        try:
            fitted = rule.fitted(whole)
            old, new = (fitted.violations(table.frame).to_numpy(dtype=bool) for table in (before, now))
        except SimileError as error:
            found.append(one.model_copy(update={"problem": str(error), "word": "slight"}))
            continue
        update = {
            "before": round(float(old.mean()), 6),
            "now": round(float(new.mean()), 6),
            "rows": int(new.sum()),
            "word": _rule_word(rule, old, new),
        }
        found.append(one.model_copy(update=update))
    return tuple(sorted(found, key=lambda one: (-RANK[one.word], -(one.now - one.before))))


def _rule_word(rule: Constraint, old: npt.NDArray[np.bool_], new: npt.NDArray[np.bool_]) -> Word:
    sure = wilson(new.sum(), len(new)).low > wilson(old.sum(), len(old)).high
    if sure:
        return "drift" if rule.hard else "slight"
    return "slight" if rule.hard and new.any() and not old.any() else "steady"
