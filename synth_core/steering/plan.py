"""What a recipe asks made ready for one table and engine, and the rows of a part that honour it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec import Codec
from synth_core.constraints.expressions import parse_condition
from synth_core.errors import ConstraintError, InfeasibleError, InputError
from synth_core.methods.base import MethodInfo
from synth_core.steering.anchors import Anchors, least_rows
from synth_core.steering.asks import Condition, Steering
from synth_core.steering.given import GivenRows
from synth_core.steering.quotas import Integers, Quotas
from synth_core.steering.support import Support, few_levels, few_words, require_support
from synth_core.table import Table

ROUNDS = 20
WORTH = 0.04  # share of drawn rows that fit, below which values are prescribed although the order of columns changes
BESIDE = 5  # other rows to learn from per row of what is asked, where that is rare: among all it would hardly show
LEAST_BESIDE = 600  # but at least so many, or nothing is learned of what holds for all
Mask = npt.NDArray[np.bool_]
Prescribe = Callable[[int, int], pd.DataFrame]
Draw = Callable[[int, int, Prescribe | None], pd.DataFrame]


@dataclass(frozen=True)
class Filled:
    """Rows of a part, and how many rows without repeats would be worth as much (Kish's effective sample size)."""

    frame: pd.DataFrame
    effective: float


@dataclass(frozen=True)
class Steered:
    """What is asked, made ready.

    Attributes
    ----------
    conditions
        Every row keeps them.
    quotas
        How many rows each combination of categories gets.
    anchors
        Values to prescribe; None: rows are drawn until enough of them fit.
    given
        Rows of which some columns are given.
    matching
        Codec of the given columns where the engine takes no given values: like rows of a pool complete them.
    first
        Columns that the engine has to make first.
    support, of
        Real rows that keep the conditions, of how many.
    expected
        Share of drawn rows that would fit if nothing were prescribed, from the real rows (0..1).
    notes
        Sentences for whoever reads the result.
    learned, behind
        Rows of the encoded table to learn from (None: all of them), and how many of these are like those asked for.
    """

    conditions: tuple[Condition, ...] = ()
    quotas: Quotas = field(default_factory=Quotas.without_columns)
    anchors: Anchors | None = None
    given: GivenRows | None = None
    matching: Codec | None = None
    first: tuple[str, ...] = ()
    support: int = 0
    of: int = 0
    expected: float = 1.0
    notes: tuple[str, ...] = ()
    learned: Mask | None = None
    behind: int = 0

    @property
    def way(self) -> str:
        """How it is honoured, in a word: prescribed, drawn, given or matched."""
        if self.given is not None:
            return "given" if self.matching is None else "matched"
        return "drawn" if self.anchors is None else "prescribed"

    def fill(self, draw: Draw, first_row: int, rows: int, seed: int) -> Filled:
        """Return ``rows`` rows that keep the conditions and have the wanted shares.

        ``draw(rows, seed, prescribe)`` gives rows that keep the rules. What is missing after 20 rounds is made up by
        repeating rows that fit, as evenly as can be: importance resampling with one weight per combination.
        """
        need = self.quotas.counts(first_row, rows)
        kept: list[pd.DataFrame] = []
        places: list[Integers] = []
        for attempt in range(ROUNDS):
            left = int(need.sum())
            if not left:
                break
            state = int(np.random.SeedSequence(seed, spawn_key=(attempt,)).generate_state(1)[0])
            pool = draw(self._batch(left, rows, attempt), state, self._prescribe(need))
            cell = np.where(self._keeps(pool), self.quotas.cell_of(pool), -1)
            rank = pd.Series(cell).groupby(cell).cumcount().to_numpy()
            take = (cell >= 0) & (rank < need[np.maximum(cell, 0)])
            kept.append(pool[take])
            places.append(cell[take])
            need = need - np.bincount(cell[take], minlength=len(need))
        frame, cells = pd.concat(kept, ignore_index=True), np.concatenate(places)
        rng = np.random.default_rng(seed)
        uses = np.ones(len(frame), dtype=np.int64)
        if need.sum():
            again = self._repeated(cells, need, rows, rng)
            uses += np.bincount(again, minlength=len(frame))
            frame = pd.concat([frame, frame.iloc[again]], ignore_index=True)
        return Filled(
            frame.iloc[rng.permutation(len(frame))].reset_index(drop=True),
            float(rows**2 / max(float((uses.astype(np.float64) ** 2).sum()), 1.0)),
        )

    def _batch(self, left: int, rows: int, attempt: int) -> int:
        if self.anchors is not None:
            return left if not attempt else max(left, 100)
        likely = int(1.1 * left / max(self.expected, 1e-6)) + 16
        return int(min(likely * (1 + attempt // 2), 4 * rows + 1000))

    def _prescribe(self, need: Integers) -> Prescribe | None:
        anchors = self.anchors
        return None if anchors is None else lambda rows, seed: anchors.draw(need, rows, seed)

    def _keeps(self, frame: pd.DataFrame) -> Mask:
        keeps = np.ones(len(frame), dtype=bool)
        for condition in self.conditions:
            keeps &= ~condition.violations(frame).to_numpy(dtype=bool)
        return keeps

    def _repeated(self, cells: Integers, need: Integers, rows: int, rng: np.random.Generator) -> Integers:
        """Return which kept rows stand in for those that are missing, as evenly as can be."""
        found = []
        for cell in np.flatnonzero(need):
            here = np.flatnonzero(cells == cell)
            if not len(here):
                words = self.quotas.words(int(cell)) or "the conditions"
                raise InfeasibleError(
                    f"After {ROUNDS} rounds {int(need.sum()):,} of {rows:,} rows are still missing, and the engine "
                    f"never made one with {words}. Loosen what is asked, or choose an engine that takes given values "
                    "('trees', 'copula', 'bayesian_network', 'diffusion')."
                )
            turns = -(-int(need[cell]) // len(here))
            found.append(np.concatenate([rng.permutation(here) for _ in range(turns)])[: need[cell]])
        return np.concatenate(found)


def prepare(
    steering: Steering,
    train: Table,
    encoded: Table,
    info: MethodInfo,
    *,
    rows: int,
    seed: int,
    given: GivenRows | None = None,
) -> Steered | None:
    """Return what is asked made ready, or None when nothing is.

    Parameters
    ----------
    train, encoded
        The learned columns of the train rows, as they are and as the engine sees them.
    rows, seed
        Rows of the release; the seed of learning, so that values are protected here exactly as by the engine.

    Raises
    ------
    ConstraintError, InfeasibleError, InputError
        No real row supports what is asked, or it does not fit the table.
    """
    if not steering.asked:
        return None
    steering.check(rows)
    if steering.given is not None:
        return _completing(steering, encoded, info, seed=seed, given=given, of=len(train))
    support = require_support(train, steering)
    expressions = steering.expressions(train)
    shown = _require_unprotected(encoded, steering, expressions, support, seed)
    kept = _without_hidden(train.rows(support.kept), shown)
    quotas = _quotas(kept, steering, encoded, rows) or Quotas.without_columns()
    expected = _expected(kept, quotas, support)
    found = Steered(
        conditions=tuple(Condition(expression=e, id=f"where{i or ''}") for i, e in enumerate(expressions)),
        quotas=quotas,
        support=support.rows,
        of=support.of,
        expected=expected,
        notes=tuple(filter(None, [few_words(support), *few_levels(train, steering, support)])),
    )
    wanted = info.prescribes != "none" and steering.way != "draw"
    if wanted and (steering.way == "prescribe" or info.prescribes == "any" or expected < WORTH):
        return _prescribing(found, steering, kept, encoded, info, expressions, rows=rows, seed=seed)
    return found


def _prescribing(
    found: Steered,
    steering: Steering,
    kept: Table,
    encoded: Table,
    info: MethodInfo,
    expressions: Sequence[str],
    *,
    rows: int,
    seed: int,
) -> Steered:
    """Return the plan with anchors, or as it was where no values can be prescribed."""
    names = _prescribable(steering, encoded, kept, expressions, info)
    if not names:
        return found
    quotas = found.quotas
    if quotas.columns:
        try:
            quotas = Quotas.fit(kept, steering.wanted_shares, rows=rows, least=least_rows(encoded, names)) or quotas
        except InfeasibleError:
            return found
    real = encoded.rows(_kept_by(encoded, expressions))
    anchors = Anchors.fit(real, names, quotas, expressions, seed=seed, whole=encoded) if len(real) else None
    if anchors is None or not set(np.flatnonzero(quotas.shares > 0)) <= set(anchors.covered):
        return found
    first = anchors.names if info.prescribes == "first" else ()
    target = encoded.target
    note: tuple[str, ...] = ()
    if target is not None and target.name in first:
        note = (
            f"'{target.name}' is prescribed and so made first, not last as it would be by itself; how the other "
            "columns depend on it is learned all the same.",
        )
    learned, behind = _beside(encoded, quotas, expressions, seed) if first and found.expected < WORTH else (None, 0)
    if learned is not None:
        note = (
            *note,
            f"What is asked is rare, and among all rows would hardly be seen: {int(learned.sum()):,} of "
            f"{len(encoded):,} rows are learned from, about {BESIDE} others per row like those asked for.",
        )
    return Steered(
        found.conditions, quotas, anchors, None, None, first, found.support, found.of, found.expected,
        (*found.notes, *note), learned, behind,
    )  # fmt: skip


def _beside(encoded: Table, quotas: Quotas, expressions: Sequence[str], seed: int) -> tuple[Mask | None, int]:
    """Return the rows to learn from: those asked for, and at most five times as many others; None: all. And how many
    of them are like those asked for.

    A case-control sample: within what is asked nothing is changed by how many others there are, and trees then split
    on what is asked where it matters.
    """
    kept = _kept_by(encoded, expressions)
    cell = np.where(kept, quotas.cell_of(encoded.frame), -1) if quotas.columns else np.where(kept, 0, -1)
    rows = np.bincount(cell[cell >= 0], minlength=len(quotas.shares)).astype(np.float64)
    asked = quotas.shares > 0
    scarce = float((rows[asked] / quotas.shares[asked]).min())
    if scarce <= 0:
        return None, 0
    most = np.ceil((1 + BESIDE) * scarce * quotas.shares)
    most[~asked] = 0
    rng = np.random.default_rng([seed, 72])
    learned = np.zeros(len(encoded), dtype=bool)
    outside = np.flatnonzero((cell < 0) | ~asked[np.maximum(cell, 0)])
    for place, limit in [(np.flatnonzero(cell == one), most[one]) for one in np.flatnonzero(asked)] + [
        (outside, max(np.ceil(BESIDE * scarce), LEAST_BESIDE))
    ]:
        learned[rng.choice(place, min(len(place), int(limit)), replace=False)] = True
    return (None, 0) if learned.all() else (learned, int(np.delete(learned, outside).sum()))


def _completing(
    steering: Steering, encoded: Table, info: MethodInfo, *, seed: int, given: GivenRows | None, of: int
) -> Steered:
    if given is None or steering.given is None:
        raise InputError("The recipe completes given rows, but none were brought. Give their file again (--given).")
    if given.described.fingerprint != steering.given.fingerprint:
        raise InputError("The given rows are not those of the recipe; bring the same file, or make the recipe anew.")
    names = [str(name) for name in given.frame.columns]
    known = {column.name for column in encoded.columns}
    if not set(names) & known:
        raise InputError(
            "None of the given columns is learned any more (left out, made anew, or computed by a rule). Give other "
            "columns, or make rows freely."
        )
    exact = info.prescribes != "none" and set(names) <= known and (info.prescribes == "any" or not _awkward(names))
    first = tuple(names) if exact and info.prescribes == "first" else ()
    codec = None if exact else Codec.fit(encoded.select([name for name in names if name in known]), seed=seed)
    note = () if exact else (
        f"The engine '{info.name}' takes no given values: the other cells of each given row come from a drawn row that "
        "is like it in the given columns.",
    )  # fmt: skip
    told = (steering.given.note, *note) if steering.given.note else note
    return Steered(given=given, matching=codec, first=first, support=of, of=of, notes=told)


def _kept_by(encoded: Table, expressions: Sequence[str]) -> Mask:
    keeps = np.ones(len(encoded), dtype=bool)
    for text in expressions:
        condition = parse_condition(text)
        if set(condition.columns) <= set(encoded.names):
            keeps &= condition.holds(encoded.frame).to_numpy(dtype=bool)
    return keeps


def _prescribable(
    steering: Steering, encoded: Table, train: Table, expressions: Sequence[str], info: MethodInfo
) -> list[str]:
    """Return the columns whose values are prescribed: all categories, and the number that is asked most of."""
    asked = [name for text in expressions for name in parse_condition(text).columns]
    names = list(dict.fromkeys([*steering.wanted_shares, *asked]))
    same = {column.name for column in encoded.columns if column in train.columns}
    names = [name for name in names if name in same]
    if info.prescribes == "first" and _awkward(names):
        return []
    categories = [name for name in names if encoded.column(name).kind.categorical]
    numeric = [name for name in names if encoded.column(name).kind.numeric]
    if len(numeric) > 1:
        alone = {n: [e for e in expressions if set(parse_condition(e).columns) == {n}] for n in numeric}
        numeric = sorted(numeric, key=lambda name: _kept_by(encoded, alone[name]).mean())[:1]
    return [*categories, *numeric]


def _awkward(names: Sequence[str]) -> bool:
    """Return whether a setting that lists columns, parted by commas, cannot hold one of these names."""
    return any("," in name or name != name.strip() or not name for name in names)


def _expected(kept: Table, quotas: Quotas, support: Support) -> float:
    """Return the share of rows drawn like the real ones that would be used."""
    share = support.rows / max(support.of, 1)
    if not quotas.columns:
        return share
    cell = quotas.cell_of(kept.frame)
    real = np.bincount(cell[cell >= 0], minlength=len(quotas.shares)) / max(len(cell), 1)
    ratio = np.divide(quotas.shares, real, out=np.zeros_like(quotas.shares), where=real > 0).max()
    return float(share / max(ratio, 1.0))


def _without_hidden(kept: Table, shown: Mapping[str, set[str]]) -> Table:
    """Return the rows without those of categories that protection keeps out of every release: they get no quota."""
    there = np.ones(len(kept), dtype=bool)
    for name, levels in shown.items():
        there &= (kept.frame[name].isin(levels) | kept.frame[name].isna()).to_numpy(dtype=bool)
    return kept.rows(there) if there.any() else kept


def _quotas(kept: Table, steering: Steering, encoded: Table, rows: int) -> Quotas | None:
    """Return the quotas, where that can be without combinations of so few real rows that protection may hide them."""
    names = [name for name in steering.wanted_shares if name in encoded.names]
    with suppress(InfeasibleError):
        return Quotas.fit(kept, steering.wanted_shares, rows=rows, least=least_rows(encoded, names))
    return Quotas.fit(kept, steering.wanted_shares, rows=rows)


def _require_unprotected(
    encoded: Table, steering: Steering, expressions: Sequence[str], support: Support, seed: int
) -> dict[str, set[str]]:
    """Return the categories that protection shows, of every column with shares.

    ConstraintError where it changes every row that keeps what is asked: no engine could make one.
    """
    asked = {name for text in expressions for name in parse_condition(text).columns}
    names = [name for name in encoded.names if name in asked or name in steering.wanted_shares]
    if not names:
        return {}
    codec = Codec.fit(encoded.select(names), seed=seed)
    inside = [text for text in expressions if set(parse_condition(text).columns) <= set(names)]
    real = encoded.rows(_kept_by(encoded, inside))
    if not len(real):
        return {}
    shown = codec.decode(codec.encode(real.frame))
    levels_shown = {name: set(shown[name].dropna()) for name in steering.wanted_shares if name in names}
    if inside and not _kept_by(encoded.select(names).with_frame(shown), inside).any():
        raise ConstraintError(
            f"{support.rows:,} of {support.of:,} real rows keep the conditions, so few or so extreme that the "
            "protection of rare values changes all of them. Loosen the conditions, or switch the protection of these "
            "columns off on the Upload page."
        )
    for name, levels in steering.wanted_shares.items():
        for level, share in levels.items():
            if name in names and share > 0 and level not in levels_shown[name]:
                had = int((encoded.frame[name] == level).sum())
                raise ConstraintError(
                    f"Only {had:,} real rows have {name} = {level}: the protection of rare values keeps it out of "
                    "every release. Ask for another category, or switch the protection of the column off on the "
                    "Upload page."
                )
    return levels_shown
