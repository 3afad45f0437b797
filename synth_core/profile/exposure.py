"""Which rows stand alone in columns that others may know: k-anonymity, unique combinations, and what exposes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.errors import TableError
from synth_core.profile.findings import counted, listed, number, percent
from synth_core.profile.known_traits import suggested_quasi_identifiers, suggested_widths
from synth_core.table import Column, Kind, Table, numbers

__all__ = [
    "Contribution",
    "Diversity",
    "Exposure",
    "GroupSize",
    "coarse_codes",
    "exposure",
    "suggested_quasi_identifiers",
    "suggested_widths",
]

Codes = npt.NDArray[np.int64]

FEW = 5
SIZES = (
    (1, 1, "1"), (2, 2, "2"), (3, 4, "3–4"), (5, 9, "5–9"), (10, 19, "10–19"), (20, 99, "20–99"),
    (100, 10**18, "100 and more"),
)  # fmt: skip
DATE_WIDTHS = {"day": 1, "week": 7, "month": 1, "quarter": 3, "year": 12}


class GroupSize(BaseModel):
    """Groups of equal rows by their size: how many there are, the rows in them, and the share of all rows (0..1)."""

    model_config = ConfigDict(frozen=True)

    label: str
    groups: int
    rows: int
    share: float


class Contribution(BaseModel):
    """What one column adds: the share of unique rows without it, and with it alone."""

    model_config = ConfigDict(frozen=True)

    column: str
    unique_share_without: float
    unique_share_alone: float = 0.0
    values: int = 0


class Diversity(BaseModel):
    """What a group gives away about a sensitive column: rows in groups of two or more that all hold one value."""

    model_config = ConfigDict(frozen=True)

    column: str
    smallest: int
    certain_rows: int
    certain_share: float
    sentence: str = ""


class Exposure(BaseModel):
    """How far combinations of columns point at single rows.

    Attributes
    ----------
    groups
        Different combinations; ``smallest`` is the k of k-anonymity.
    histogram
        Groups by size: 1, 2, 3-4, 5-9, 10-19, 20-99, 100 and more.
    """

    model_config = ConfigDict(frozen=True)

    columns: list[str]
    rows: int
    groups: int
    unique_rows: int
    unique_share: float
    smallest: int
    under_five_share: float = 0.0
    histogram: list[GroupSize] = Field(default_factory=list)
    contributions: list[Contribution] = Field(default_factory=list)
    widths: dict[str, str] = Field(default_factory=dict)
    diversity: Diversity | None = None
    sentence: str = ""


def exposure(
    table: Table,
    columns: Sequence[str],
    *,
    widths: Mapping[str, float | str] | None = None,
    sensitive: str | None = None,
) -> Exposure:
    """Return how many rows are alone with their combination of ``columns``, and which column makes them so.

    Parameters
    ----------
    widths
        How numbers and dates are coarsened: a width (``{"age": 5}``), and "day", "week", "month", "quarter" or "year"
        for dates; for words the number of characters kept from the front (``{"postcode": 3}``).
    sensitive
        A column that nobody should learn from the others: adds its diversity within groups.

    Raises
    ------
    TableError
        No column, an unknown one, or a width that does not fit one.

    Notes
    -----
    A missing cell counts as a value of its own. k-anonymity: Sweeney 2002, doi:10.1142/S0218488502001648; l-diversity:
    Machanavajjhala et al. 2007, doi:10.1145/1217299.1217302. Somebody alone in this table need not be alone in the
    population it was drawn from.
    """
    names = list(dict.fromkeys(columns))
    widths = dict(widths or {})
    if not names:
        raise TableError("Choose at least one column that somebody may know, to see which rows it exposes.")
    if stranger := next((name for name in widths if name not in names), None):
        raise TableError(f"A width is given for '{stranger}', which is not among the chosen columns.")
    described = [table.column(name) for name in names]
    codes = [coarse_codes(table.frame[column.name], column, widths.get(column.name)) for column in described]
    together = _combined(codes, len(table))
    sizes = np.bincount(together) if len(together) else np.zeros(0, dtype=np.int64)
    alone, rows = int((sizes == 1).sum()), len(table)
    contributions = _contributions(names, codes, rows)
    found = Exposure(
        columns=names,
        rows=rows,
        groups=len(sizes),
        unique_rows=alone,
        unique_share=alone / rows if rows else 0.0,
        smallest=int(sizes.min()) if len(sizes) else 0,
        under_five_share=float(sizes[sizes < FEW].sum() / rows) if rows else 0.0,
        histogram=_histogram(sizes, rows),
        contributions=contributions,
        widths={name: _width_words(table.column(name), width) for name, width in widths.items()},
        diversity=_diversity(table, sensitive, together, sizes) if sensitive is not None and rows else None,
    )
    return found.model_copy(update={"sentence": _sentence(found)})


def coarse_codes(values: pd.Series, column: Column, width: float | str | None) -> Codes:
    """Return one number per row, equal for equal coarsened values; 0 is missing.

    ``width``: the width of a bin in the column's unit, a period of dates, or None for the values as they are.
    Raises TableError where it does not fit the column.
    """
    if width is None:
        return np.asarray(pd.factorize(values)[0] + 1, dtype=np.int64)
    if column.kind is Kind.DATETIME:
        return _date_codes(values, column, width)
    if not isinstance(width, int | float) or isinstance(width, bool) or not 0 < width < np.inf:
        raise TableError(f"The width of '{column.name}' must be a number above 0, not {width!r}.")
    if column.kind in (Kind.INTEGER, Kind.NUMBER):
        found = numbers(values)
        known = np.isfinite(found)
        bands = np.floor(np.where(known, found, 0.0) / width)
        return np.asarray(np.where(known, pd.factorize(bands)[0] + 1, 0), dtype=np.int64)
    codes, levels = pd.factorize(values)
    short = pd.factorize(np.array([str(level).strip()[: max(1, int(width))] for level in levels], dtype=object))[0]
    return np.asarray(np.append(short + 1, 0)[codes], dtype=np.int64)


def _date_codes(values: pd.Series, column: Column, width: float | str) -> Codes:
    if isinstance(width, str) and width not in DATE_WIDTHS:
        raise TableError(f"The width of '{column.name}' must be {', '.join(DATE_WIDTHS)} or days, not '{width}'.")
    known = values.notna().to_numpy()
    stamps = values.to_numpy(dtype="datetime64[ns]")
    days = stamps.astype("datetime64[D]").astype(np.int64)
    months = stamps.astype("datetime64[M]").astype(np.int64)
    if isinstance(width, str):
        bands = days + 3 if width in ("day", "week") else months  # day -3 was a Monday
        bands = bands // DATE_WIDTHS[width]
    elif 0 < width < np.inf:
        bands = np.floor(days / width).astype(np.int64)
    else:
        raise TableError(f"The width of '{column.name}' must be above 0 days, not {width!r}.")
    return np.asarray(np.where(known, pd.factorize(bands)[0] + 1, 0), dtype=np.int64)


def _combined(codes: Sequence[Codes], rows: int) -> Codes:
    """Return one number per row, 0, 1, 2, ..., equal where all codes are."""
    together = np.zeros(rows, dtype=np.int64)
    for one in codes:
        span = int(one.max(initial=0)) + 1
        together = np.asarray(pd.factorize(together * span + one)[0], dtype=np.int64)
    return together


def _contributions(names: list[str], codes: list[Codes], rows: int) -> list[Contribution]:
    """Return what is left without each column, the most telling first."""
    before, after = [np.zeros(rows, dtype=np.int64)], [np.zeros(rows, dtype=np.int64)]
    for one in codes[:-1]:
        before.append(_combined([before[-1], one], rows))
    for one in codes[:0:-1]:
        after.append(_combined([after[-1], one], rows))
    after.reverse()
    found = [
        Contribution(
            column=name,
            unique_share_without=_alone(_combined([left, right], rows)),
            unique_share_alone=_alone(own),
            values=len(np.unique(own)),
        )
        for name, own, left, right in zip(names, codes, before, after, strict=True)
    ]
    return sorted(found, key=lambda one: one.unique_share_without)


def _alone(codes: Codes) -> float:
    return float((np.bincount(codes) == 1).sum() / len(codes)) if len(codes) else 0.0


def _histogram(sizes: Codes, rows: int) -> list[GroupSize]:
    found = []
    for low, high, label in SIZES:
        fits = (sizes >= low) & (sizes <= high)
        held = int(sizes[fits].sum())
        found.append(GroupSize(label=label, groups=int(fits.sum()), rows=held, share=held / rows if rows else 0.0))
    return found


def _diversity(table: Table, name: str, together: Codes, sizes: Codes) -> Diversity:
    column = table.column(name)
    if column.kind.numeric:  # tenths
        values = numbers(table.frame[name])
        known = np.isfinite(values)
        inner = np.unique(np.quantile(values[known], np.linspace(0, 1, 11)[1:-1])) if known.any() else np.zeros(0)
        own = np.where(known, np.searchsorted(inner, values, side="left") + 1, 0)
    else:
        own = pd.factorize(table.frame[name])[0] + 1
    pairs = np.unique(together * (int(own.max(initial=0)) + 1) + own)
    different = np.bincount(pairs // (int(own.max(initial=0)) + 1), minlength=len(sizes))
    certain = int(sizes[(different == 1) & (sizes >= 2)].sum())
    share = certain / len(table)
    return Diversity(
        column=name,
        smallest=int(different.min()),
        certain_rows=certain,
        certain_share=share,
        sentence=f"{percent(share)} of the rows are in a group of two or more that all have the same '{name}': whoever "
        "knows the group knows that, too.",
    )


def _width_words(column: Column, width: float | str) -> str:
    if isinstance(width, str):
        return f"by {width}"
    if column.kind is Kind.DATETIME:
        return f"in bands of {counted(int(width), 'day')}"
    if column.kind in (Kind.INTEGER, Kind.NUMBER):
        return f"in bands of {number(float(width))}"
    return f"first {counted(int(width), 'character')}"


def _sentence(found: Exposure) -> str:
    if not found.rows:
        return "There are no rows."
    start = f"By '{found.columns[0]}' alone" if len(found.columns) == 1 else f"By {listed(found.columns)} together"
    if not found.unique_rows:
        return f"{start}, no row is alone: the smallest of {found.groups:,} groups has {found.smallest:,} rows."
    words = (
        f"{start}, {percent(found.unique_share)} of the rows ({found.unique_rows:,} of {found.rows:,}) "
        f"{'is' if found.unique_rows == 1 else 'are'} alone, and {percent(found.under_five_share)} are in groups of "
        f"fewer than {FEW}."
    )
    top = found.contributions[0]
    if len(found.columns) > 1 and found.unique_share - top.unique_share_without > 0.1 * found.unique_share:
        words += f" '{top.column}' adds most: without it, {percent(top.unique_share_without)} would be alone."
    return words
