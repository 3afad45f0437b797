"""A whole engine in one file: copy it to start your own (see docs/adding-an-engine.md).

It draws every column from its own values, protected by the codec. An installed package makes it known with::

    [project.entry-points."simile.methods"]
    echo = "echo_method:Echo"
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from synth_core.codec import Codec, Encoded
from synth_core.errors import MethodError
from synth_core.methods import Engine, Fitted, MethodInfo, Param
from synth_core.methods.base import require_columns
from synth_core.progress import Progress, silent
from synth_core.table import Table


@dataclass(frozen=True)
class FittedEcho:
    """What was learned: nothing but the codec, which knows how often each state occurs."""

    codec: Codec
    spread: float

    def sample(
        self, rows: int, *, seed: int, conditions: pd.DataFrame | None = None, progress: Progress = silent
    ) -> pd.DataFrame:
        """Return ``rows`` new rows."""
        if conditions is not None:
            raise MethodError("Method 'echo' cannot keep given values. Choose 'trees', or leave out the conditions.")
        rng = np.random.default_rng(seed)
        states, ranks = {}, {}
        for done, name in enumerate(self.codec.names):
            progress(done, len(self.codec.names), "sampling")
            shares = self.codec.shares(name)
            states[name] = rng.choice(len(shares), size=rows, p=shares).astype(np.int32)
            ranks[name] = 0.5 + self.spread * (rng.random(rows) - 0.5)
        return self.codec.decode(Encoded(states, ranks))

    def save(self, folder: Path) -> None:
        """Write the model to ``folder``."""
        self.codec.save(folder)
        (folder / "echo.txt").write_text(repr(self.spread), encoding="utf-8")


class Echo(Engine):
    """Each column from its own values."""

    info: ClassVar[MethodInfo] = MethodInfo(
        name="echo",
        title="Echo",
        summary="Draws every column from its own values.",
        good_for="Showing how an engine plugs in.",
        weak_at="Everything that ties columns together.",
        cost="seconds",
        params=(Param("spread", float, 1.0, low=0, high=1, help="How much of the range of numbers is used."),),
    )

    def fit(self, table: Table, *, seed: int, progress: Progress = silent) -> Fitted:
        """Return the model of the learned columns of ``table``."""
        require_columns(table)
        progress(0, 1, "coding the columns")
        return FittedEcho(Codec.fit(table, seed=seed), self.params["spread"])

    @classmethod
    def load(cls, folder: Path) -> Fitted:
        """Return the model saved in ``folder``."""
        return FittedEcho(Codec.load(folder), float((folder / "echo.txt").read_text(encoding="utf-8")))
