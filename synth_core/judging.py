"""Judging: from three tables to a scorecard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from time import perf_counter
from typing import TypedDict

import numpy as np
import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.errors import TableError
from synth_core.progress import StageProgress, silent_stages
from synth_core.scorecard import Scorecard
from synth_core.scores import expansion, fidelity, privacy, utility, validity
from synth_core.scores.features import check_comparable
from synth_core.scores.results import Fidelity, Utility
from synth_core.scores.score import Score
from synth_core.scores.sides import ENOUGH, Sides
from synth_core.scores.space import BLOCK
from synth_core.table import Table


class Told(TypedDict, total=False):
    """What is told of how rows were made and of how to judge them; see :func:`judge`."""

    rules: Sequence[Constraint]
    seed: int
    progress: StageProgress
    raw_broken: Mapping[str, float] | None
    repaired: Mapping[str, int] | None
    rejected: Mapping[str, int] | None
    how: Mapping[str, str] | None
    method: str
    full: bool


def judge(
    train: Table,
    holdout: Table | None,
    synthetic: Table,
    *,
    rules: Sequence[Constraint] = (),
    seed: int = 0,
    progress: StageProgress = silent_stages,
    raw_broken: Mapping[str, float] | None = None,
    repaired: Mapping[str, int] | None = None,
    rejected: Mapping[str, int] | None = None,
    how: Mapping[str, str] | None = None,
    method: str = "",
    full: bool = False,
    likeness: bool = True,
    so_far: Callable[[list[Score]], None] | None = None,
) -> Scorecard:
    """Return the scorecard of ``synthetic``: what an engine made from ``train``, held against ``holdout``.

    Parameters
    ----------
    train, holdout
        Real rows that the engine saw, and real rows that it did not; without the latter (None, or no rows) every
        score that needs them says "not enough data". Learned columns of ``train`` are compared.
    synthetic
        The full release: learned and regenerated columns.
    raw_broken, repaired, rejected, how
        Per rule id: share of rows (0..1) that broke it before enforcement, rows mended and turned away, and the way.
    full
        Also attack sensitive columns and the target by attribute inference, single people out, and measure what further
        released rows add.
    likeness
        Whether likeness and use are measured; a what-if has none to measure.
    so_far
        Called with every score that there is, after each dimension: validity, fidelity, utility.

    Raises
    ------
    TableError
        A column is missing, unknown, or of another kind than in ``train``.
    """
    import sklearn.ensemble  # noqa: F401 - limits hold for libraries that are loaded already
    from threadpoolctl import threadpool_limits

    began = perf_counter()
    holdout = train.rows(np.zeros(0, dtype=np.intp)) if holdout is None else holdout
    if not len(train):
        raise TableError(f"Table '{train.name}' has no rows to compare with; at least one real row is needed.")
    check_comparable(train, synthetic, "synthetic")
    check_comparable(train, holdout, "held-out")
    overlapping = _check_apart(train, holdout)
    told = _Told(progress)
    scores: list[Score] = []

    def found(more: Sequence[Score]) -> None:
        scores.extend(more)
        if so_far is not None:
            so_far(list(scores))

    sides = Sides(train, holdout, synthetic, seed, told.tell)
    # one thread for the trees: on rows this few a second one gains little, and spins where cores are shared
    with threadpool_limits(1, user_api="openmp"), told.stage("Compare", notes=24 if full else 17):
        found_validity = validity.measure(
            sides, rules, raw_broken=raw_broken, repaired=repaired, rejected=rejected, how=how
        )
        found(found_validity.scores)
        found_fidelity = fidelity.measure(sides) if likeness else Fidelity(scores=[], columns=[])
        found(found_fidelity.scores)
        found_utility = utility.measure(sides) if likeness else Utility(scores=[])
        found(found_utility.scores)
        if full and likeness:
            found_utility = found_utility.model_copy(update={"expansion": expansion.curve(sides)})
    with told.stage("Attack", notes=4 + 3 * full + -(-len(synthetic) // BLOCK)):
        found_privacy = privacy.measure(sides, full=full)
    return Scorecard(
        made=datetime.now(UTC).replace(microsecond=0),
        table=train.name,
        method=method,
        rows_train=len(train),
        rows_holdout=len(holdout),
        rows_synthetic=len(synthetic),
        seed=seed,
        seconds=round(perf_counter() - began, 2),
        fidelity=found_fidelity,
        utility=found_utility,
        privacy=found_privacy,
        validity=found_validity,
        notes=overlapping + _notes(train, holdout, synthetic),
    )


def _check_apart(train: Table, holdout: Table) -> list[str]:
    """Return a note where more held-out rows are among the training rows than chance has twins there.

    Raises TableError where there are far more.
    """
    names = [column.name for column in train.columns if column.learned]
    if not names or len(holdout) < 20:
        return []
    # as words: the two files may hold the same numbers in different dtypes
    prints = [pd.util.hash_pandas_object(t.frame[names].astype(str), index=False) for t in (train, holdout)]
    twins = float(prints[0].duplicated(keep=False).mean())
    shared = int(prints[1].isin(prints[0]).sum())
    if shared > (0.25 + 2 * twins) * len(holdout):
        raise TableError(
            f"{shared:,} of {len(holdout):,} held-out rows are also among the {len(train):,} training rows; they "
            "must be rows that nobody learned from. Give other rows, or none."
        )
    if shared >= 5 and shared > 3 * twins * len(holdout):
        return [
            f"{shared:,} of {len(holdout):,} held-out rows are also among the training rows, more than chance has "
            "twins there: what is said about rows that the engine never saw is too kind."
        ]
    return []


class _Told:
    """Turns the notes of the measures into progress: each is a step of its stage."""

    def __init__(self, progress: StageProgress) -> None:
        self.progress, self.name, self.done, self.total = progress, "", 0, 1

    @contextmanager
    def stage(self, name: str, notes: int) -> Iterator[None]:
        """Begin a stage that is expected to tell about this many notes, and end it."""
        self.name, self.done, self.total = name, 0, notes
        yield
        self.progress(name, 1, 1, "")

    def tell(self, note: str) -> None:
        """Report a note as the beginning of one more step."""
        self.progress(self.name, min(self.done, self.total - 1), self.total, note)
        self.done += 1


def _notes(train: Table, holdout: Table, synthetic: Table) -> list[str]:
    notes = []
    if not len(holdout):
        notes.append("No rows were held out, so nothing can be said about rows that the engine never saw.")
    elif len(holdout) < ENOUGH:
        notes.append(f"Only {len(holdout)} rows were held out; at least {ENOUGH} are needed for a claim.")
    if len(synthetic) > 2 * len(train):
        notes.append(
            f"{len(synthetic):,} synthetic rows made from {len(train):,} carry the information of about "
            f"{len(train):,}: p-values and intervals computed on the release are too narrow."
        )
    return notes
