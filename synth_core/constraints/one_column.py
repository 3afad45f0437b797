"""Finding what one column keeps by itself: keys, natural bounds, steps, forms of text."""

from __future__ import annotations

import math
import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.constraints.evidence import SURE, Finding
from synth_core.constraints.kinds import Format, Increment, ScalarRange, Unique
from synth_core.constraints.orders_found import FEWEST, varying
from synth_core.constraints.values import decimals
from synth_core.table import Kind, Table

# Bounds that a quantity has by its nature, told by the words of its name.
NATURAL = {
    ("age", "years", "yrs"): (0, 120),
    ("percent", "percentage", "pct", "%"): (0, 100),
    ("hour",): (0, 23),
    ("month",): (1, 12),
    ("latitude", "lat"): (-90, 90),
    ("longitude", "lon", "lng", "long"): (-180, 180),
    ("probability", "fraction", "ratio"): (0, 1),
}


def find_unique(table: Table) -> list[Finding]:
    """Return columns whose values never repeat though chance would repeat some."""
    found = []
    for column in table.columns:
        values = table.frame[column.name].dropna()
        if column.role.value == "drop" or len(values) < max(FEWEST, 0.9 * len(table)) or values.duplicated().any():
            continue
        if column.kind is Kind.INTEGER:
            reach = float(values.max() - values.min()) + 1
            repeats = len(values) ** 2 / 2 / reach
            if repeats < 10:
                continue
        elif column.kind is not Kind.IDENTIFIER:
            continue
        found.append(Finding(Unique(columns=(column.name,)), 0.5, len(values), 0, len(table)))
    return found


def find_ranges(table: Table) -> list[Finding]:
    """Return bounds that amounts have by nature: never negative, or told by the name. Never the data's extremes."""
    found = []
    for column, values in varying(table, (Kind.INTEGER, Kind.NUMBER)):
        known = values[np.isfinite(values)]
        low, high = _natural(column.name, known)
        if low is None and high is None:
            continue
        mean, spread = float(known.mean()), float(known.std())
        outside = 0.0 if low is None else _normal((low - mean) / spread)
        outside += 0.0 if high is None else _normal((mean - high) / spread)
        if outside >= 0.002:
            rule = ScalarRange(column=column.name, low_value=low, high_value=high)
            # A bound says less than a rule that ties columns together.
            found.append(Finding(rule, outside, len(known), 0, len(table), weight=0.2))
    return found


def _natural(name: str, known: npt.NDArray[np.float64]) -> tuple[int | None, int | None]:
    words = re.findall(r"[a-z%]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
    for keys, (low, high) in NATURAL.items():
        if len(words) <= 2 and words and words[-1] in keys and known.min() >= low and known.max() <= high:
            return low, high
    near = known.min() == 0 or (0 < known.min() <= known.std() and len(np.unique(known)) > 50)
    return (0, None) if near else (None, None)


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def find_steps(table: Table) -> list[Finding]:
    """Return amounts that are always whole multiples of a step larger than their last decimal."""
    found = []
    for column, values in varying(table, (Kind.INTEGER, Kind.NUMBER)):
        known = np.unique(values[np.isfinite(values)])
        places = decimals(known)
        if places is None or len(known) < 10 or np.abs(known).max() * 10**places > 1e15:
            continue
        units = np.abs(np.round(known * 10**places)).astype(np.int64)
        step = int(np.gcd.reduce(units))
        if step > 1 and len(known) * math.log(step) >= SURE:
            rule = Increment(column=column.name, increment_value=step / 10**places)
            found.append(Finding(rule, 1 - 1 / step, int(np.isfinite(values).sum()), 0, len(table), weight=0.1))
    return found


def find_formats(table: Table) -> list[Finding]:
    """Return the form that all texts of a column share: digits, letters and signs at the same places.

    A letter or digit is written out only where it is the same in all texts of at least 50.
    """
    found = []
    for column in table.columns:
        if column.kind not in (Kind.TEXT, Kind.IDENTIFIER, Kind.CATEGORY) or column.role.value == "drop":
            continue
        values = table.frame[column.name].dropna()
        texts = [str(value) for value in pd.unique(values)[:5_000]]
        if len(texts) < 50 or not any(c.isdigit() for c in texts[0]) or max(map(len, texts)) > 64:
            continue
        regex = _form(texts)
        if regex is not None:
            rule = Format(column=column.name, regex=regex)
            if not rule.violations(table.frame).any():
                found.append(Finding(rule, 0.5, len(values), 0, len(table), weight=0.1))
    return found


def _form(texts: list[str]) -> str | None:
    """Return the pattern of texts that all have the same signs between runs of letters and digits."""
    parts = [re.findall(r"[^\W_]+|[\W_]", text) for text in texts]
    if len({len(part) for part in parts}) > 1 or not any(any(c.isdigit() for c in run) for run in parts[0]):
        return None
    if len(parts[0]) == 1 and len({len(text) for text in texts}) > 1:
        return None  # digits of any length are a number, not a form
    pattern = ""
    for runs in zip(*parts, strict=True):
        piece = _run(list(runs))
        if piece is None:
            return None
        pattern += piece
    return pattern


def _run(runs: list[str]) -> str | None:
    if len(set(runs)) == 1:
        return re.sub(r"([\\.^$*+?()\[\]{}|])", r"\\\1", runs[0])
    if any(not run.isascii() or not run.isalnum() for run in runs):
        return None
    sizes = sorted({len(run) for run in runs})
    count = f"{{{sizes[0]}}}" if len(sizes) == 1 else f"{{{sizes[0]},{sizes[-1]}}}"
    for letters in (r"\d", "[A-Z]", "[a-z]", "[0-9a-f]", "[0-9A-F]"):
        if all(re.fullmatch(f"{letters}+", run) for run in runs):
            return letters + count
    if len(sizes) == 1:  # letters, then digits: place by place
        places = [
            {"d" if c.isdigit() else "A" if c.isupper() else "a" for c in column} for column in zip(*runs, strict=True)
        ]
        if all(len(kinds) == 1 for kinds in places):
            names = {"d": r"\d", "A": "[A-Z]", "a": "[a-z]"}
            same = [set(column) for column in zip(*runs, strict=True)]
            one = [c.copy().pop() if len(c) == 1 else names[next(iter(k))] for c, k in zip(same, places, strict=True)]
            return re.sub(r"(\\d|\[A-Z\]|\[a-z\])\1+", lambda m: f"{m[1]}{{{len(m[0]) // len(m[1])}}}", "".join(one))
    return None
