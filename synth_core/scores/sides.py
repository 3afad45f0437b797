"""What every dimension is measured on: the tables, coded once, and the words for what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec_columns import people_with
from synth_core.scores.features import Coded, Coding
from synth_core.scores.keys import Keys, row_keys
from synth_core.table import Role, Table

ENOUGH = 50  # fewer rows than this get no claim
NO_HOLDOUT = "not enough data: no rows were held out"


def ignore(note: str) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class Sides:
    """Train, holdout (may have no rows) and the full synthetic table, with their codes and the seed.

    ``tell`` is called between pieces of work with a note; it may raise :class:`~synth_core.errors.Cancelled`.
    """

    train: Table
    holdout: Table
    synthetic: Table
    seed: int = 0
    tell: Callable[[str], None] = ignore

    @cached_property
    def coding(self) -> Coding:
        """The coding learned from train."""
        return Coding.learn(self.train)

    @cached_property
    def real(self) -> Coded:
        """Train rows as arrays."""
        return self.coding.apply(self.train.frame)

    @cached_property
    def held(self) -> Coded:
        """Holdout rows as arrays."""
        return self.coding.apply(self.holdout.frame)

    @cached_property
    def made(self) -> Coded:
        """All synthetic rows as arrays."""
        return self.coding.apply(self.synthetic.frame)

    @cached_property
    def keys(self) -> tuple[Keys, Keys, Keys]:
        """One hash per row of train, holdout and the release."""
        train, held, made = (row_keys(side, self.coding) for side in (self.real, self.held, self.made))
        return train, held, made

    @cached_property
    def people(self) -> npt.NDArray[np.int64] | None:
        """Whom each row of train is about; None where protection counts rows."""
        return self.train.privacy_units()

    def people_of(self, name: str) -> npt.NDArray[np.int64] | None:
        """Return whom the rows of train are counted as in a column; its own rows where it says who they are about."""
        return None if self.train.column(name).role is Role.ENTITY else self.people

    def holders(self, name: str) -> npt.NDArray[np.int64]:
        """Return how many people learned from hold each category of a column, as ``coding`` orders them."""
        people = self.people_of(name)
        if people is None:
            return self.coding.counts[name]
        held = people_with(pd.Series(self.real.codes[name]), people)
        return held.reindex(range(self.coding.levels(name)), fill_value=0).to_numpy()

    def rng(self, stream: int) -> np.random.Generator:
        """Return a generator of its own for each measure, so that leaving one out changes no other."""
        return np.random.default_rng([self.seed, stream])

    @property
    def why_not(self) -> str:
        """Why no claim against the holdout can be made; empty when it can."""
        if not self.coding.columns:
            return "not enough data: no column was learned"
        if not len(self.holdout):
            return NO_HOLDOUT
        for what, rows in (
            ("held-out", len(self.holdout)),
            ("synthetic", len(self.synthetic)),
            ("training", len(self.train)),
        ):
            if rows < ENOUGH:
                return f"not enough data: {rows} {what} rows, at least {ENOUGH} are needed"
        return ""
