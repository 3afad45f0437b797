"""Which column depends on which: a greedy search by BIC, edge by edge, over families of small tables.

A family is one stage of a column (see ``network_cells``): a choice among a few groups, given the coarser choice and the
parents. Each parent is seen at one of several grains (two groups of its cells, four, eight, ...), the one that BIC
likes best, so that a table pays for no more detail than it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from synth_core.errors import MethodError
from synth_core.methods.network_cells import Cells, Floats, Integers, equal_groups
from synth_core.methods.relations import level_scores, mutual_information

GRAINS = (2, 4, 8, 16, 32)
MOST_TABLE = 20_000  # numbers in one table
_CANDIDATES = 20  # columns tried as parents of a family in earnest
_COARSE, _FINE = 12, 24


@dataclass(frozen=True)
class Parent:
    """A column that a family depends on, and the group of each of its cells."""

    column: int
    groups: Integers

    @property
    def size(self) -> int:
        """Number of groups."""
        return int(self.groups.max()) + 1


@dataclass
class Family:
    """One stage of a column, with the parents found so far.

    Attributes
    ----------
    column, stage
        Which.
    prefix
        Coarser choice of each row.
    digit
        Choice of each row.
    widths
        Choices there are, per coarser choice.
    """

    column: int
    stage: int
    prefix: Integers
    digit: Integers
    widths: Integers
    parents: list[Parent] = field(default_factory=list)
    score: float = 0.0
    gains: dict[int, tuple[float, Parent]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """The most choices of a row."""
        return int(self.widths.max())

    def cells(self, parents: Sequence[Parent]) -> int:
        """Return the numbers in a table with these parents."""
        size = len(self.widths) * self.width
        for parent in parents:
            size *= parent.size
        return size


class Rows:
    """The rows that structure is learned from: cells per column, parents at every grain, scores of families."""

    def __init__(self, columns: Sequence[Cells], cells: Sequence[Integers], penalty: float = 1.0) -> None:
        self.columns = columns
        self.cells = cells
        self.rows = len(cells[0])
        counts = np.arange(self.rows + 1, dtype=np.float64)
        self._entropy = counts * np.log(np.maximum(counts, 1.0))
        self._penalty = penalty
        self._price = penalty * 0.5 * np.log(max(self.rows, 2))
        self._coarse = [column.grouping(_COARSE)[cell] for column, cell in zip(columns, cells, strict=True)]
        self._grains: dict[tuple[int, int], list[Parent]] = {}
        self._seen: dict[int, Integers] = {}

    def families(self, column: int) -> list[Family]:
        """Return the stages of a column, without parents."""
        found = []
        cells, mine = self.columns[column], self.cells[column]
        for stage in range(cells.stages):
            family = Family(column, stage, cells.levels[stage][mine], cells.digits(stage)[mine], cells.widths(stage))
            family.score = self.score(family, [])
            found.append(family)
        return found

    def information(self) -> Floats:
        """Return the mutual information of all pairs of columns: it says which edges to try."""
        seen = [column.grouping(_FINE)[cell] for column, cell in zip(self.columns, self.cells, strict=True)]
        return mutual_information(seen)

    def grains(self, parent: int, child: int) -> list[Parent]:
        """Return a parent at every grain, coarse to fine; levels of a category are put together by what they say of the
        child."""
        cells = self.columns[parent]
        key = (parent, -1 if cells.ordered or len(cells) <= 3 else child)
        if key not in self._grains:
            self._grains[key] = self._grained(parent, child)
        return self._grains[key]

    def _grained(self, parent: int, child: int) -> list[Parent]:
        cells = self.columns[parent]
        if cells.ordered or len(cells) <= 3:
            found = [cells.grouping(groups) for groups in GRAINS]
        else:
            mine = self.cells[parent].astype(np.int32)
            scores = level_scores(mine, len(cells), self._coarse[child], 1)[:, 0]
            order = np.argsort(scores, kind="stable")
            found = [np.arange(len(cells))] if len(cells) <= GRAINS[-1] else []
            for groups in GRAINS[:-1]:
                if groups < len(cells):
                    sorted_groups = equal_groups(cells.shares[order], groups)
                    merged = np.empty(len(cells), dtype=np.int64)
                    merged[order] = sorted_groups
                    found.append(merged)
        distinct = {groups.tobytes(): groups for groups in found}
        parents = [Parent(parent, groups) for groups in distinct.values() if groups.max()]
        return sorted(parents, key=lambda parent: parent.size)

    def seen(self, parent: Parent) -> Integers:
        """Return the group of each row."""
        key = id(parent.groups)
        if key not in self._seen:
            self._seen[key] = parent.groups[self.cells[parent.column]]
        return self._seen[key]

    def likelihood(self, family: Family, parents: Sequence[Parent]) -> tuple[float, int]:
        """Return log likelihood (nats) of the choices given these parents, and the parameters that it takes."""
        code = self.configurations(family, parents)
        return self._likelihood(family, code, family.cells(parents) // family.width)

    def _likelihood(self, family: Family, code: Integers, configurations: int) -> tuple[float, int]:
        width = family.width
        table = np.bincount(code * width + family.digit, minlength=configurations * width)
        totals = table.reshape(configurations, width).sum(axis=1)
        each = configurations // len(family.widths)
        seen = (totals > 0).reshape(len(family.widths), each).sum(axis=1)
        parameters = int(seen @ (family.widths - 1))
        return float(self._entropy[table].sum() - self._entropy[totals].sum()), parameters

    def configurations(self, family: Family, parents: Sequence[Parent]) -> Integers:
        """Return per row the number of its combination of coarser choice and parents."""
        code = family.prefix
        for parent in parents:
            code = code * parent.size + self.seen(parent)
        return code

    def score(self, family: Family, parents: Sequence[Parent]) -> float:
        """Return the BIC score (nats, higher is better)."""
        likelihood, parameters = self.likelihood(family, parents)
        return float(likelihood - self._price * parameters - sum(self._merging(parent) for parent in parents))

    def _merging(self, parent: Parent) -> float:
        """Return the price of saying which levels of a category go together."""
        cells = self.columns[parent.column]
        if cells.ordered or parent.size == len(cells):
            return 0.0
        return self._penalty * len(cells) * float(np.log(parent.size))

    def best(self, family: Family, column: int, others: Sequence[Parent]) -> tuple[float, Parent] | None:
        """Return the score with one more parent at its best grain; None where no table is small enough."""
        base = self.configurations(family, others)
        configurations = family.cells(others) // family.width
        price = sum(self._merging(other) for other in others)
        found: tuple[float, Parent] | None = None
        for parent in self.grains(column, family.column):
            if family.cells(others) * parent.size > MOST_TABLE:
                continue
            likelihood, parameters = self._likelihood(
                family, base * parent.size + self.seen(parent), configurations * parent.size
            )
            score = likelihood - self._price * parameters - price - self._merging(parent)
            if found is None or score > found[0]:
                found = score, parent
        return found


class Search:
    """Edges added one by one, the best first, while BIC rises and no circle closes.

    Parameters
    ----------
    required, forbidden
        Edges (parent, child) that must, and must not, be there.
    most
        Parents of a column, at most (more where more are required).
    """

    def __init__(
        self,
        rows: Rows,
        most: int,
        required: Sequence[tuple[int, int]] = (),
        forbidden: Sequence[tuple[int, int]] = (),
        names: Sequence[str] = (),
    ) -> None:
        self.rows = rows
        self.most = most
        self.names = names or [str(i) for i in range(len(rows.columns))]
        size = len(rows.columns)
        self.families = [rows.families(column) for column in range(size)]
        self.parents: list[list[int]] = [[] for _ in range(size)]
        self.required = set(required)
        self.banned = np.eye(size, dtype=bool)
        for parent, child in forbidden:
            self.banned[parent, child] = True
        self.reach = np.eye(size, dtype=bool)  # reach[a, b]: a path leads from a to b
        self.values = np.zeros((size, size))  # gain of an edge [parent, child]
        self.candidates = [np.arange(size)] * size

    def run(self, told: Callable[[float], None] = lambda share: None) -> None:
        """Find the edges; ``told`` hears how far it is (0..1)."""
        size = len(self.parents)
        for parent, child in sorted(self.required):
            self._require(parent, child)
        information = self.rows.information()
        for child in range(len(self.parents)):
            told(0.3 * child / size)
            near = np.argsort(-information[:, child] * ~self.banned[:, child], kind="stable")[:_CANDIDATES]
            self.candidates[child] = near
            self._weigh(child)
        while True:
            open_ = np.where(self.banned | self.reach.T, 0.0, self.values)
            full = [len(found) >= self.most for found in self.parents]
            open_[:, full] = 0.0
            parent, child = divmod(int(open_.argmax()), size)
            if open_[parent, child] <= 0:
                return
            told(0.3 + 0.7 * sum(map(len, self.parents)) / (size * max(self.most, size)))
            self._add(parent, child)

    def _join(self, parent: int, child: int) -> None:
        self.parents[child].append(parent)
        self.reach |= np.outer(self.reach[:, parent], self.reach[child])

    def _require(self, parent: int, child: int) -> None:
        self._join(parent, child)
        for family in self.families[child]:
            found = self.rows.best(family, parent, family.parents)
            if found is None and family.stage == 0 and self.rows.grains(parent, child):
                raise MethodError(
                    f"Setting 'edges' asks for {len([e for e in self.required if e[1] == child])} edges into "
                    f"'{self.names[child]}': its table would be too large. Ask for fewer."
                )
            if found is not None and (family.stage == 0 or found[0] > family.score):
                family.score = found[0]
                family.parents.append(found[1])

    def _add(self, parent: int, child: int) -> None:
        self._join(parent, child)
        for family in self.families[child]:
            gain = family.gains.get(parent)
            if gain is not None and gain[0] > 0:
                family.parents.append(gain[1])
                family.score += gain[0]
                self._settle(family)
        self._weigh(child)

    def _settle(self, family: Family) -> None:
        """Choose the grain of each parent again, and drop those that no longer pay, while the score rises."""
        for _ in range(3):
            before = family.score
            for place in range(len(family.parents) - 1, -1, -1):
                others = family.parents[:place] + family.parents[place + 1 :]
                column = family.parents[place].column
                without = self.rows.score(family, others)
                if without > family.score and not (family.stage == 0 and (column, family.column) in self.required):
                    family.parents, family.score = others, without
                    continue
                found = self.rows.best(family, column, others)
                if found is not None and found[0] > family.score + 1e-9:
                    family.score = found[0]
                    family.parents[place] = found[1]
            if family.score <= before + 1e-9:
                return

    def _weigh(self, child: int) -> None:
        """Work out what each further parent would gain."""
        self.values[:, child] = 0.0
        for family in self.families[child]:
            family.gains = {}
            held = {parent.column for parent in family.parents}
            for column in self.candidates[child].tolist():
                if column in held or self.banned[column, child] or self.reach[child, column]:
                    continue
                found = self.rows.best(family, column, family.parents)
                if found is not None and found[0] > family.score:
                    family.gains[column] = found[0] - family.score, found[1]
                    self.values[column, child] += found[0] - family.score
        for parent in self.parents[child]:  # an edge that is there can serve the other stages as well
            for family in self.families[child]:
                if parent in family.gains:
                    family.parents.append(family.gains[parent][1])
                    family.score += family.gains[parent][0]
                    self._settle(family)
                    self._weigh(child)
                    return

    def strength(self, parent: int, child: int) -> float:
        """Return what an edge adds to the child's other parents, in bits per row, corrected for chance."""
        total = 0.0
        for family in self.families[child]:
            others = [other for other in family.parents if other.column != parent]
            if len(others) < len(family.parents):
                full, parameters = self.rows.likelihood(family, family.parents)
                less, fewer = self.rows.likelihood(family, others)
                total += full - less - (parameters - fewer) / 2
        return max(total, 0.0) / self.rows.rows / float(np.log(2))
