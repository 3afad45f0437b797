"""Replicate an analysis: one regression or one group-by, run on the real and on the synthetic table, side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.errors import InputError
from synth_core.table import Kind, Table, did_you_mean, numbers

Floats = npt.NDArray[np.float64]
Method = Literal["linear", "logistic", "mean", "count"]

Z95 = 1.959963984540054
LEAST = 50  # complete rows that an analysis needs
FEW = 10  # a level or a group with fewer real rows is pooled, or not shown
MOST_LEVELS, MOST_GROUPS = 40, 200
STEPS = 50
EXTREME = 15.0  # a log odds ratio beyond this means that classes are separated
ASK = "Write 'outcome ~ column + column', 'mean(column) by column' or 'count by column'."


class Term(BaseModel):
    """One figure on both tables with 95 % intervals.

    Attributes
    ----------
    real, synthetic
        A coefficient (log odds ratio for logistic), a mean, or a share of rows (0..1); None where it cannot be had.
    overlap
        Mean share of each interval that the other covers (0..1; below 0: how far apart they are, at least -1).
    agrees
        Whether both lead to the same conclusion: the same sign where both intervals leave out 0, or neither does. For
        means and shares: whether the intervals meet.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    real: float | None = None
    real_low: float | None = None
    real_high: float | None = None
    synthetic: float | None = None
    synthetic_low: float | None = None
    synthetic_high: float | None = None
    overlap: float | None = None
    agrees: bool | None = None


class Replication(BaseModel):
    """An analysis on both tables; ``rows_*``: rows with every cell filled. ``overlap``: mean over terms."""

    model_config = ConfigDict(frozen=True)

    analysis: str
    method: Method
    outcome: str = ""
    rows_real: int
    rows_synthetic: int
    terms: list[Term]
    overlap: float | None
    agreeing: int
    sentence: str
    notes: list[str] = Field(default_factory=list)


@dataclass(frozen=True)
class _Asked:
    outcome: str
    columns: tuple[str, ...]
    method: Literal["formula", "mean", "count"]


@dataclass(frozen=True)
class _Fit:
    """Estimates and standard errors by term; NaN where a term cannot be had from these rows."""

    value: Floats
    error: Floats
    rows: int


def replicate(real: Table, synthetic: Table, analysis: str) -> Replication:
    """Return ``analysis`` on both tables: figures with intervals side by side, and how far they overlap.

    Parameters
    ----------
    analysis
        ``"y ~ a + b"``: linear regression of a number, logistic of a column with two values (the rarer real one is
        what is predicted); categories become indicators against the most frequent real one. ``"mean(y) by a, b"`` and
        ``"count by a"``: means and shares of rows per group. Names with spaces or signs go in backticks.

    Raises
    ------
    InputError
        The analysis cannot be read, names an unknown column, or has too few complete rows on either side.

    Notes
    -----
    Least squares, and iteratively reweighted least squares for the logistic model. The overlap is that of Karr et al.
    2006. Where more rows are synthetic than real, synthetic intervals are widened to those of as many rows as the real
    table has: more rows made from the same people carry no more information.
    """
    asked = _read(analysis, real)
    for name in (*asked.columns, *([asked.outcome] if asked.outcome else [])):
        if name not in synthetic.names:
            raise InputError(f"The synthetic table has no column '{name}', which the analysis needs.")
    if asked.method != "formula":
        return _grouped(asked, real, synthetic, analysis)
    return _regressed(asked, real, synthetic, analysis)


def _read(analysis: str, table: Table) -> _Asked:
    text = analysis.strip()
    by = re.fullmatch(r"(?is)(count|mean\s*\((?P<mean>.+)\))\s+by\s+(?P<by>.+)", text)
    if by:
        columns = _names(by["by"], ",", table)
        outcome = _names(by["mean"], "\0", table)[0] if by["mean"] else ""
        if outcome and not _number(table, outcome):
            raise InputError(
                f"Column '{outcome}' is read as {table.column(outcome).kind.in_words}; a mean needs numbers. Try "
                "'count by'."
            )
        return _Asked(outcome, columns, "mean" if outcome else "count")
    left, tilde, right = text.partition("~")
    if not tilde or not left.strip() or not right.strip():
        raise InputError(f"The analysis '{text[:80]}' cannot be read. {ASK}")
    outcome = _names(left, "\0", table)[0]
    columns = _names(right, "+", table)
    if outcome in columns:
        raise InputError(f"Column '{outcome}' is on both sides of '~'. Leave it out on the right.")
    return _Asked(outcome, columns, "formula")


def _names(text: str, separator: str, table: Table) -> tuple[str, ...]:
    quoted = re.findall(r"`([^`]*)`", text)
    parts = [part.strip() for part in re.sub(r"`[^`]*`", "\1", text).split(separator)]
    pool = iter(quoted)
    names = [re.sub("\1", lambda _: next(pool), part) for part in parts]
    for name in names:
        if not name:
            raise InputError(f"A column name is missing in '{text.strip()[:80]}'. {ASK}")
        if name not in table.names:
            raise InputError(f"There is no column '{name}' in '{table.name}'.{did_you_mean(name, table.names)} {ASK}")
    if len(set(names)) < len(names):
        raise InputError(f"A column is named twice in '{text.strip()[:80]}'. Name each once.")
    return tuple(names)


def _number(table: Table, name: str) -> bool:
    return table.column(name).kind in (Kind.INTEGER, Kind.NUMBER)


def _complete(table: Table, names: Sequence[str], what: str) -> pd.DataFrame:
    rows = table.frame[list(names)].dropna().reset_index(drop=True)
    if len(rows) < LEAST:
        raise InputError(
            f"Only {len(rows)} {what} rows have a value in every column of the analysis; at least {LEAST} are needed. "
            "Leave out columns with many missing cells."
        )
    return rows


def _regressed(asked: _Asked, real: Table, synthetic: Table, analysis: str) -> Replication:
    names = [asked.outcome, *asked.columns]
    rows = [_complete(table, names, what) for table, what in ((real, "real"), (synthetic, "synthetic"))]
    method, truths, shown = _outcome(asked.outcome, real, rows)
    terms, designs = _designs(asked.columns, real, rows)
    if len(terms) + 1 >= len(rows[0]):
        raise InputError(f"{len(terms)} terms are too many for {len(rows[0])} real rows. Take fewer columns.")
    fit = _logistic if method == "logistic" else _linear
    fits = [
        fit(design, truth, what) for design, truth, what in zip(designs, truths, ("real", "synthetic"), strict=True)
    ]
    return _beside(analysis, method, shown, ["(intercept)", *terms], fits, through_zero=True)


def _outcome(
    name: str, real: Table, rows: list[pd.DataFrame]
) -> tuple[Literal["linear", "logistic"], list[Floats], str]:
    found = rows[0][name].astype(str).value_counts()
    if len(found) < 2:
        raise InputError(f"Column '{name}' has one value only; there is nothing to explain. Leave it out.")
    if _number(real, name) and len(found) > 2:
        return "linear", [numbers(side[name]) for side in rows], name
    if len(found) > 2:
        raise InputError(
            f"Column '{name}' has {len(found)} values; the outcome must be a number or have two values. "
            "Try 'count by' for its shares."
        )
    hit = str(found.index[1])
    # as numbers where they are numbers: 1 and 1.0 are the same class
    alike = [
        numbers(side[name]) == float(hit) if _number(real, name) else side[name].astype(str) == hit for side in rows
    ]
    return "logistic", [np.asarray(side, dtype=np.float64) for side in alike], f"{name} = {hit}"


def _designs(columns: Sequence[str], real: Table, rows: list[pd.DataFrame]) -> tuple[list[str], list[Floats]]:
    """Terms and, per side, rows x (1 + terms): numbers as they are, categories as indicators."""
    terms: list[str] = []
    parts: list[list[Floats]] = [[np.ones(len(side))] for side in rows]
    for name in columns:
        if real.column(name).kind.numeric:
            terms.append(name)
            for part, side in zip(parts, rows, strict=True):
                part.append(_as_numbers(side[name]))
            continue
        words = [side[name].astype(str) for side in rows]
        counts = words[0].value_counts()
        levels = [str(level) for level in counts.index[counts >= FEW]][:MOST_LEVELS]
        if len(counts) > MOST_LEVELS:
            raise InputError(
                f"Column '{name}' has {len(counts)} values; at most {MOST_LEVELS} can be indicators. Leave it out."
            )
        pooled = [word.where(word.isin(levels), "(other)") for word in words]
        shown = [*levels[1:], *(["(other)"] if (pooled[0] == "(other)").any() else [])]
        for level in shown:
            terms.append(f"{name} = {level}")
            for part, word in zip(parts, pooled, strict=True):
                part.append(np.asarray(word == level, dtype=np.float64))
    return terms, [np.column_stack(part) for part in parts]


def _as_numbers(values: pd.Series) -> Floats:
    """Numbers; dates as days."""
    found = numbers(values)
    return found / 86_400 if pd.api.types.is_datetime64_any_dtype(values.dtype) else found


def _usable(design: Floats, what: str) -> npt.NDArray[np.intp]:
    """Columns with more than one value (and the intercept); InputError where they determine each other."""
    kept = np.flatnonzero(np.r_[True, np.ptp(design[:, 1:], axis=0) > 0])
    scaled = design[:, kept] / np.maximum(np.abs(design[:, kept]).max(axis=0), 1e-300)
    if np.linalg.matrix_rank(scaled) < len(kept):
        raise InputError(
            f"The columns of the analysis determine each other in the {what} table, so no single effects exist. "
            "Leave one of them out."
        )
    return kept


def _linear(design: Floats, truth: Floats, what: str) -> _Fit:
    kept = _usable(design, what)
    scale = np.maximum(np.abs(design[:, kept]).max(axis=0), 1e-300)
    x = design[:, kept] / scale
    inverse = np.linalg.inv(x.T @ x)
    found = inverse @ (x.T @ truth)
    left = truth - x @ found
    variance = float(left @ left) / max(len(truth) - len(kept), 1)
    return _spread(found / scale, np.sqrt(variance * np.diag(inverse)) / scale, kept, design)


def _logistic(design: Floats, truth: Floats, what: str) -> _Fit:
    if truth.min() == truth.max():
        raise InputError(f"The outcome has one value only in the {what} table; the model cannot be fitted there.")
    kept = _usable(design, what)
    middle = np.r_[0.0, design[:, kept[1:]].mean(axis=0)]
    scale = np.r_[1.0, design[:, kept[1:]].std(axis=0)]
    x = (design[:, kept] - middle) / scale
    found = np.zeros(len(kept))
    inverse = np.eye(len(kept))
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(x @ found, -30, 30)))
        weight = np.maximum(chance * (1 - chance), 1e-10)
        inverse = np.linalg.pinv(x.T @ (weight[:, None] * x))
        step = inverse @ (x.T @ (truth - chance))
        found = found + step
        if np.abs(step).max() < 1e-8:
            break
    slopes = found / scale
    # back to the columns' own units: the intercept takes what the means took away
    shift = np.eye(len(kept))
    shift[0, 1:] = -middle[1:] / scale[1:]
    shift[1:, 1:] = np.diag(1 / scale[1:])
    slopes[0] = found[0] - float((middle[1:] * slopes[1:]).sum())
    errors = np.sqrt(np.maximum(np.diag(shift @ inverse @ shift.T), 0))
    separated = np.abs(found) > EXTREME
    return _spread(np.where(separated, np.nan, slopes), np.where(separated, np.nan, errors), kept, design)


def _spread(value: Floats, error: Floats, kept: npt.NDArray[np.intp], design: Floats) -> _Fit:
    """Estimates at their place among all terms."""
    all_values, all_errors = np.full(design.shape[1], np.nan), np.full(design.shape[1], np.nan)
    all_values[kept], all_errors[kept] = value, error
    return _Fit(all_values, all_errors, len(design))


def _grouped(asked: _Asked, real: Table, synthetic: Table, analysis: str) -> Replication:
    names = [*asked.columns, *([asked.outcome] if asked.outcome else [])]
    rows = [_complete(table, names, what) for table, what in ((real, "real"), (synthetic, "synthetic"))]
    for name in asked.columns:
        if real.column(name).kind.numeric and rows[0][name].nunique() > MOST_GROUPS:
            raise InputError(f"Column '{name}' has {rows[0][name].nunique()} values; group by a column with few.")
    keys = [side[list(asked.columns)].astype(str).agg(", ".join, axis=1) for side in rows]
    counts = keys[0].value_counts()
    shown = [str(key) for key in counts.index[counts >= FEW]]
    if not shown or len(shown) > MOST_GROUPS:
        found = "no group" if not shown else f"{len(shown)} groups"
        raise InputError(f"There is {found} with {FEW} real rows or more; from 1 to {MOST_GROUPS} can be compared.")
    fits = []
    for side, key in zip(rows, keys, strict=True):
        size = key.value_counts().reindex(shown).fillna(0).to_numpy(dtype=np.float64)
        if asked.method == "count":
            share = size / len(side)
            fits.append(_Fit(share, np.sqrt(share * (1 - share) / len(side)), len(side)))
            continue
        groups = pd.Series(_as_numbers(side[asked.outcome])).groupby(key.to_numpy())
        mean = groups.mean().reindex(shown).to_numpy(dtype=np.float64)
        spread = groups.std(ddof=1).reindex(shown).to_numpy(dtype=np.float64)
        fits.append(_Fit(mean, spread / np.sqrt(np.maximum(size, 1)), len(side)))
    hidden = len(counts) - len(shown)
    note = [f"{hidden} groups with fewer than {FEW} real rows are not shown."] if hidden else []
    method: Method = "mean" if asked.method == "mean" else "count"
    return _beside(analysis, method, asked.outcome, shown, fits, through_zero=False, notes=note)


def _beside(
    analysis: str,
    method: Method,
    outcome: str,
    names: Sequence[str],
    fits: list[_Fit],
    *,
    through_zero: bool,
    notes: Sequence[str] = (),
) -> Replication:
    real, made = fits
    wider = float(np.sqrt(max(made.rows / real.rows, 1.0)))
    told = list(notes)
    if wider > 1:
        told.append(
            f"Synthetic intervals are those of {real.rows:,} rows: {made.rows:,} rows made from them would look too "
            "sure."
        )
    terms = [_term(name, i, real, made, wider, through_zero) for i, name in enumerate(names)]
    overlaps = [term.overlap for term in terms if term.overlap is not None]
    agreeing = sum(bool(term.agrees) for term in terms)
    lost = sum(term.synthetic is None and term.real is not None for term in terms)
    mean = round(float(np.mean(overlaps)), 4) if overlaps else None
    sentence = f"{agreeing} of {len(terms)} figures lead to the same conclusion on both tables"
    sentence += f"; intervals overlap by {100 * mean:.0f} % on average." if mean is not None else "."
    if lost:
        sentence += f" {lost} cannot be had from the synthetic rows."
    return Replication(
        analysis=analysis.strip(),
        method=method,
        outcome=outcome,
        rows_real=real.rows,
        rows_synthetic=made.rows,
        terms=terms,
        overlap=mean,
        agreeing=agreeing,
        sentence=sentence,
        notes=told,
    )


def _term(name: str, place: int, real: _Fit, made: _Fit, wider: float, through_zero: bool) -> Term:
    ends: list[tuple[float, float, float] | None] = []
    for fit, factor in ((real, 1.0), (made, wider)):
        value, half = float(fit.value[place]), Z95 * float(fit.error[place]) * factor
        ends.append((value, value - half, value + half) if np.isfinite(value) and np.isfinite(half) else None)
    fields: dict[str, object] = {"name": name}
    for side, found in zip(("real", "synthetic"), ends, strict=True):
        if found is not None:
            shown = [float(f"{number:.6g}") for number in found]
            fields |= {side: shown[0], f"{side}_low": shown[1], f"{side}_high": shown[2]}
    first, second = ends
    if first is not None and second is not None:
        fields["overlap"] = round(_overlap(first[1:], second[1:]), 4)
        meet = min(first[2], second[2]) >= max(first[1], second[1])
        fields["agrees"] = _conclusion(first) == _conclusion(second) if through_zero else meet
    return Term.model_validate(fields)


def _conclusion(ends: tuple[float, float, float]) -> int:
    """1, -1, or 0 where the interval holds 0."""
    return int(ends[1] > 0) - int(ends[2] < 0)


def _overlap(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Mean share of either interval that the other covers (Karr et al. 2006); negative where they lie apart."""
    both = min(first[1], second[1]) - max(first[0], second[0])
    widths = [high - low for low, high in (first, second)]
    if min(widths) <= 0:
        return 1.0 if both >= 0 else -1.0
    return max(sum(both / width for width in widths) / 2, -1.0)
