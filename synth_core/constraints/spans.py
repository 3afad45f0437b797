"""Finding rules from spans of codes or whole numbers: diagnoses 630 to 679 mean female, under 16 means not married."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.constraints.combinations import RARE
from synth_core.constraints.evidence import SURE, Counts, Finding, Levels
from synth_core.constraints.expression_nodes import plain
from synth_core.constraints.expressions import quote_name, quote_text
from synth_core.constraints.kinds import Implies
from synth_core.constraints.values import quantity, text_to_number
from synth_core.table import Kind, Table

FEWEST_CODES = 31  # with fewer, each code is a level of its own
MOST_CODES = 5_000
EDGE = 4.6  # nats: a code at the end of a span is alone there by chance in one of a hundred
LARGEST = 1e5  # a longer number is a name, not a place in an order
MOST_SPANS = 8
SMALLEST = 0.001  # share of rows that a rule must rule out


@dataclass(frozen=True)
class Codes:
    """Like columns whose cells are codes that have an order.

    ``place`` has one row per column: the place of its cell among ``written``, -1 where it has none. ``amounts``: they
    are whole numbers, not codes.
    """

    names: tuple[str, ...]
    place: npt.NDArray[np.int64]
    written: tuple[str, ...]
    amounts: bool = False

    def between(self, low: int, high: int) -> str:
        """Return the condition that one of the columns is from one place to another."""
        first, last = self.written[low], self.written[high]
        listed = ", ".join(quote_name(name) for name in self.names)
        if len(self.names) > 1:
            return (
                f"count_equal({first}, {listed}) > 0"
                if low == high
                else f"count_between({first}, {last}, {listed}) > 0"
            )
        if self.amounts:  # a span of amounts is open at one end
            return f"{listed} <= {last}" if low == 0 else f"{listed} >= {first}"
        return f"{listed} = {first}" if low == high else f"{listed} between {first} and {last}"


def codes_of(table: Table) -> list[Codes]:
    """Return the columns of many codes, those with the same name but for a number together."""
    by_stem: dict[str, list[str]] = {}
    for column in table.columns:
        if column.learned and (column.kind is Kind.INTEGER or column.kind.categorical):
            stem = column.name.rstrip("0123456789") if column.kind.categorical else column.name
            by_stem.setdefault(stem or column.name, []).append(column.name)
    found = []
    for names in by_stem.values():
        kinds = {table.column(name).kind for name in names}
        codes = _codes(table.frame[names], kinds == {Kind.INTEGER})
        if codes is not None:
            found.append(codes)
    return found


def _codes(frame: pd.DataFrame, amounts: bool) -> Codes | None:
    cells = frame.to_numpy(dtype=object).T.ravel()
    code, levels = pd.factorize(pd.Series(cells, dtype=object))
    if not FEWEST_CODES <= len(levels) <= MOST_CODES:
        return None
    texts = np.array([str(level) for level in levels], dtype=object)
    numbers = quantity(pd.Series(levels, dtype="float64")) if amounts else text_to_number(texts)
    rows = np.bincount(code[code >= 0], minlength=len(levels))
    readable = np.isfinite(numbers) & (amounts | (np.abs(numbers) < LARGEST))
    if rows[readable].sum() >= 0.8 * rows.sum():
        order = np.flatnonzero(readable)[np.argsort(numbers[readable], kind="stable")]
        written = [plain(float(numbers[at])).replace(",", "") for at in order]
        same = np.append(False, numbers[order][1:] == numbers[order][:-1])  # "7" and "07"
        rank = np.cumsum(~same) - 1
        written = [text for text, again in zip(written, same, strict=True) if not again]
    else:
        mixed = [
            len(text) <= 10 and any(c.isdigit() for c in text) and any(c.isalpha() for c in text) for text in texts
        ]
        short = np.array(mixed, dtype=bool)
        if rows[short].sum() < 0.8 * rows.sum():
            return None  # words have no order that means something
        order = np.argsort(texts.astype(str), kind="stable")
        written, rank = [quote_text(str(text)) for text in texts[order]], np.arange(len(order))
    place = np.full(len(levels) + 1, -1, dtype=np.int64)
    place[order] = rank
    return Codes(
        tuple(map(str, frame.columns)), place[code].reshape(frame.shape[1], len(frame)), tuple(written), amounts
    )


def find_spans(table: Table, levels: list[Levels]) -> list[Finding]:
    """Return "a code from here to there leaves one level of another column"; both ends are codes of several rows."""
    found = []
    effects = [one for one in levels if len(one.counts) <= 12]
    for codes in codes_of(table):
        size = len(codes.written)
        for effect in effects:
            if effect.name in codes.names:
                continue
            joint = np.zeros((size, len(effect.counts)), dtype=np.int64)
            for place in codes.place:
                here = place >= 0
                flat = place[here] * len(effect.counts) + effect.code[here]
                joint += np.bincount(flat, minlength=joint.size).reshape(joint.shape)
            found += [f for level in range(len(effect.counts)) if (f := _leaves(codes, joint, effect, level))]
    return found


def _leaves(codes: Codes, joint: Counts, effect: Levels, level: int) -> Finding | None:
    share = effect.counts[level] / effect.counts.sum()
    if not 0.01 <= share <= 0.99 or not effect.texts[level]:
        return None
    runs = _pure(joint, level, -math.log(share))
    if codes.amounts:
        runs = [run for run in _opened(joint, level, runs) if run[0] == 0 or run[1] == len(joint) - 1][:1]
    spans = sorted(sorted(runs, key=lambda run: -run[2])[:MOST_SPANS])
    if not any(joint[low : high + 1].any(axis=1).sum() >= 3 for low, high, _ in spans):
        return None  # single codes are a matter of implications between categories
    inside = np.zeros(codes.place.shape[1], dtype=bool)
    for low, high, _ in spans:
        inside |= ((codes.place >= low) & (codes.place <= high)).any(axis=0)
    support, rows = int(inside.sum()), len(inside)
    exceptions = int((inside & (effect.code != level)).sum())
    expected = support / rows * (1 - share)
    if exceptions or expected < SMALLEST or support > 0.98 * rows:
        return None
    parts = [codes.between(low, high) for low, high, _ in spans]
    return Finding(Implies(if_=" or ".join(parts), then=effect.texts[level]), expected, support, 0, rows)


def _opened(joint: Counts, level: int, runs: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return runs from the lowest, or to the highest, code where no code beyond holds another level."""
    opened = []
    for low, high, rows in runs:
        below = joint[:low].sum() == joint[:low, level].sum()
        above = joint[high + 1 :].sum() == joint[high + 1 :, level].sum()
        opened.append((0 if below else low, len(joint) - 1 if above else high, rows))
    return opened


def _pure(joint: Counts, level: int, nats: float) -> list[tuple[int, int, int]]:
    """Return (first place, last place, rows) of the runs of codes with one level only that chance does not bring."""
    rows = joint.sum(axis=1)
    found = []
    mixed = np.flatnonzero(rows > joint[:, level])
    for start, stop in zip([0, *(mixed + 1)], [*mixed, len(rows)], strict=True):
        firm = start + np.flatnonzero((rows[start:stop] >= RARE) & (rows[start:stop] * nats >= EDGE))
        if len(firm) and (total := int(rows[firm[0] : firm[-1] + 1].sum())) * nats >= SURE:
            found.append((int(firm[0]), int(firm[-1]), total))
    return found
