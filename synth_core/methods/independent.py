"""The honest baseline: each column from its own distribution, no relation between columns."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from synth_core.codec import Codec, Encoded
from synth_core.errors import MethodError
from synth_core.methods import register
from synth_core.methods.base import Engine, MethodInfo, require_columns
from synth_core.progress import Progress, silent
from synth_core.table import Table, did_you_mean


@register
class Independent(Engine):
    """Columns drawn independently of each other."""

    info: ClassVar[MethodInfo] = MethodInfo(
        name="independent",
        title="Independent columns",
        summary="Draws each column from its own distribution; relations between columns are lost.",
        good_for="A baseline beside every score, and test data that need right values but no relations.",
        weak_at="Everything about two columns at once: a model trained on these rows learns nothing.",
        cost="about a second for 500,000 rows",
        private=True,
        prescribes="any",
    )

    def fit(self, table: Table, *, seed: int, progress: Progress = silent) -> FittedIndependent:
        """Return the distributions of the learned columns of ``table``."""
        require_columns(table)
        fitted = FittedIndependent(Codec.fit(table, seed=seed))
        progress(1, 1)
        return fitted

    @classmethod
    def load(cls, folder: Path) -> FittedIndependent:
        """Return the model that ``save`` wrote to ``folder``."""
        return FittedIndependent(Codec.load(folder))


class FittedIndependent:
    """Distributions of single columns: the codec knows them all."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    def sample(
        self, rows: int, *, seed: int, conditions: pd.DataFrame | None = None, progress: Progress = silent
    ) -> pd.DataFrame:
        """Return new rows; ``conditions`` may prescribe any columns."""
        given = [] if conditions is None else [str(name) for name in conditions.columns]
        for name in given:
            if name not in self.codec.names:
                hint = did_you_mean(name, self.codec.names)
                raise MethodError(f"Engine 'independent' did not learn a column '{name}'.{hint}")
        if conditions is not None and len(conditions) != rows:
            raise MethodError(f"Conditions for {rows} rows are needed, but {len(conditions)} were given.")
        rng = np.random.default_rng(seed)
        columns: dict[str, pd.Series] = {}
        for done, name in enumerate(self.codec.names):
            progress(done, len(self.codec.names), f"Making {name}")
            ends = np.cumsum(self.codec.shares(name))
            last = len(ends) - 1
            states = np.searchsorted(ends[:-1], rng.random(rows), side="right").clip(0, last).astype(np.int32)
            ranks = rng.random(rows)
            if not self.codec.continuous(name):
                ranks[:] = np.nan
            else:
                ranks[states != last] = np.nan
            columns[name] = self.codec.decode(Encoded({name: states}, {name: ranks}))[name]
            if conditions is not None and name in given:
                columns[name] = conditions[name].reset_index(drop=True)
        progress(len(columns), len(columns))
        return pd.DataFrame(columns)

    def save(self, folder: Path) -> None:
        """Write the codec to ``folder`` (made if needed)."""
        self.codec.save(folder)
