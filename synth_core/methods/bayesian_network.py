"""A Bayesian network: which column depends on which is learned, can be seen and can be told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec import Codec, Encoded
from synth_core.constraints.inside import Restrictions
from synth_core.errors import MethodError
from synth_core.methods import register
from synth_core.methods.base import Engine, MethodInfo, Param, require_columns
from synth_core.methods.keeping import Choices, Keeper, Rules
from synth_core.methods.network_cells import Cells, Floats, Integers, States, cells_of
from synth_core.methods.network_edges import check_edges, parse_edges
from synth_core.methods.network_graph import Network, network_of
from synth_core.methods.network_search import Family, Rows, Search
from synth_core.methods.network_tables import Lens, learned_shares
from synth_core.methods.network_tables import Table as Shares
from synth_core.methods.threads import one_thread
from synth_core.progress import Progress, silent
from synth_core.table import Table, did_you_mean

BLOCK = 50_000
STRUCTURE_ROWS = 30_000
_SINGLE, _MASKED = 2, 4  # single draws before all cells are weighed; times that these are tried
CANDIDATES = 30  # rows drawn for each one where values are given that others depend on

PARAMS = (
    Param(
        "parents",
        int,
        5,
        low=0,
        high=8,
        help="How many columns a column may depend on directly, at most; more keep more relations and blur each one.",
    ),
    Param(
        "support",
        int,
        20,
        low=1,
        high=100_000,
        unit="rows",
        help="Real rows that must share the parents' values before these say anything of their own; larger is safer.",
    ),
    Param(
        "penalty",
        float,
        0.15,
        low=0.05,
        high=5.0,
        help="Price of detail as a part of what BIC asks: 1 is BIC, less finds more edges and finer tables (they are "
        "smoothed, so that detail costs less than BIC thinks).",
        expert=True,
    ),
    Param(
        "edges",
        str,
        "",
        help="Edges that must be there, as in: age -> income, sex -> income.",
        expert=True,
    ),
    Param(
        "forbidden",
        str,
        "",
        help="Edges that must not be there, written the same way.",
        expert=True,
    ),
)


@register
class BayesianNetwork(Engine):
    """A Bayesian network over cells of columns."""

    info: ClassVar[MethodInfo] = MethodInfo(
        name="bayesian_network",
        title="Bayesian network",
        summary="Learns which column depends on which, shows it as a graph that you can edit, and draws along it.",
        good_for="Tables whose relations you know or want to see: edges can be required and forbidden. Leaks little.",
        weak_at="Smooth relations between numbers come in steps, and a column follows its few direct parents only.",
        cost="seconds; 500,000 rows in 5-20 s on one core",
        params=PARAMS,
        private=True,
        prescribes="any",
        rules_inside=True,
    )

    @one_thread()
    def fit(self, table: Table, *, seed: int, progress: Progress = silent) -> FittedNetwork:
        """Return the network of the learned columns of ``table``."""
        require_columns(table)
        progress(0, 3, "Coding the columns")
        codec = Codec.fit(table, seed=seed)
        encoded = codec.encode(table.frame)
        cells = {name: cells_of(codec, encoded, name) for name in codec.names}
        made = {name: cells[name].of(encoded.states[name], encoded.ranks[name]) for name in codec.names}
        search = self._search(cells, made, np.random.default_rng(seed), progress)
        progress(2, 3, "Counting")
        network = network_of(search)
        tables = {
            name: tuple(self._counted(family, cells, made, codec.names) for family in search.families[place])
            for place, name in enumerate(codec.names)
        }
        progress(3, 3)
        return FittedNetwork(codec, cells, network, tables)

    def structure(self, table: Table, *, seed: int, progress: Progress = silent) -> Network:
        """Return the network alone."""
        return self.fit(table, seed=seed, progress=progress).network

    @classmethod
    def load(cls, folder: Path) -> FittedNetwork:
        """Return the model that ``save`` wrote to ``folder``."""
        return FittedNetwork.load(folder)

    def _search(
        self, cells: dict[str, Cells], made: dict[str, Integers], rng: np.random.Generator, progress: Progress
    ) -> Search:
        names = list(cells)
        required = parse_edges(self.params["edges"], "edges")
        forbidden = parse_edges(self.params["forbidden"], "forbidden")
        check_edges(required, forbidden, names)
        size = len(made[names[0]])
        some = np.sort(rng.choice(size, STRUCTURE_ROWS, replace=False)) if size > STRUCTURE_ROWS else slice(None)
        rows = Rows([cells[name] for name in names], [made[name][some] for name in names], self.params["penalty"])
        index = {name: place for place, name in enumerate(names)}
        search = Search(
            rows,
            self.params["parents"],
            [(index[one], index[other]) for one, other in required],
            [(index[one], index[other]) for one, other in forbidden],
            names,
        )
        search.run(lambda share: progress(2 * share, 3, "Finding which column depends on which"))
        return search

    def _counted(self, family: Family, cells: dict[str, Cells], made: dict[str, Integers], names: list[str]) -> Shares:
        mine = cells[names[family.column]]
        here = made[names[family.column]]
        lenses = tuple(Lens(names[parent.column], parent.groups) for parent in family.parents)
        shares = learned_shares(
            mine.levels[family.stage][here],
            mine.digits(family.stage)[here],
            mine.widths(family.stage),
            [lens.groups[made[lens.column]] for lens in lenses],
            [lens.size for lens in lenses],
            self.params["support"],
        )
        return Shares(lenses, shares, mine.firsts(family.stage))


class FittedNetwork:
    """What a Bayesian network learned.

    Attributes
    ----------
    network
        Which column depends on which.
    tables
        Per column the tables of its stages.
    """

    def __init__(
        self, codec: Codec, cells: dict[str, Cells], network: Network, tables: dict[str, tuple[Shares, ...]]
    ) -> None:
        self.codec = codec
        self.cells = cells
        self.network = network
        self.tables = tables

    @one_thread()
    def sample(
        self,
        rows: int,
        *,
        seed: int,
        conditions: pd.DataFrame | None = None,
        restrictions: Restrictions | None = None,
        progress: Progress = silent,
    ) -> pd.DataFrame:
        """Return new rows; ``conditions`` may prescribe any columns.

        ``restrictions``: rules that every row keeps; what one does not allow has no probability in the tables.

        Exact where no prescribed column depends on one that is not. Else 30 rows are drawn for each and one of
        them taken, by how well the prescribed values go with it (likelihood weighting): near the exact answer.
        """
        given = None if conditions is None else self._given(conditions, rows)
        rules = Rules(restrictions, self.codec, self._made_order(given)) if restrictions else None
        most = BLOCK if given is None or not self._weighed(given) else max(BLOCK // CANDIDATES, 1)
        starts = range(0, rows, most) if rows else [0]
        total = float(len(starts) * len(self.network.nodes))
        parts = []
        for block, start in enumerate(starts):
            size = min(most, rows - start)
            rng = np.random.default_rng([seed, block])
            known = None if given is None else given.take(np.arange(start, start + size))
            told = (progress, block * len(self.network.nodes), total)
            keeper = None
            if rules:
                copies = 1 if given is None or not self._weighed(given) else CANDIDATES
                keeper = Keeper(rules, size * copies, np.random.default_rng([seed, block, 1]))
            made = self._block(size, rng, known, told, keeper)
            parts.append(self.codec.decode(made))
        progress(total, total)
        frame = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
        if conditions is not None:
            for name in conditions.columns:  # as given: the codec may have moved a value into the protected range
                frame[name] = conditions[name].to_numpy() if frame[name].dtype == object else conditions[name].array
        return frame

    def _given(self, conditions: pd.DataFrame, rows: int) -> Encoded | None:
        if len(conditions) != rows:
            raise MethodError(f"Conditions for {rows} rows are needed, but {len(conditions)} were given.")
        for name in conditions.columns:
            if name not in self.codec.names:
                raise MethodError(
                    f"Engine 'bayesian_network' did not learn a column '{name}'.{did_you_mean(name, self.codec.names)}"
                )
        return self.codec.encode(conditions) if len(conditions.columns) else None

    def _weighed(self, known: Encoded) -> list[str]:
        """Return the given columns that depend on one that is not given."""
        return [name for name in known.states if not set(self.network.parents(name)) <= set(known.states)]

    def _made_order(self, known: Encoded | None) -> list[str]:
        """Return the columns in the order in which they are made, those that are given first."""
        first = [] if known is None else list(known.states)
        return [*first, *(name for name in self.network.nodes if name not in first)]

    def _block(
        self,
        rows: int,
        rng: np.random.Generator,
        known: Encoded | None,
        told: tuple[Progress, int, float],
        keeper: Keeper | None,
    ) -> Encoded:
        progress, done, total = told
        fixed = {} if known is None else {n: self.cells[n].of(known.states[n], known.ranks[n]) for n in known.states}
        weighed = [] if known is None else self._weighed(known)
        copies = CANDIDATES if weighed else 1
        cells = {name: np.repeat(given, copies) for name, given in fixed.items()}
        weight = np.zeros(rows * copies)
        drawn: dict[str, tuple[States, Floats]] = {}
        if known is not None and keeper is not None:
            for name in known.states:
                keeper.given(name, np.repeat(known.states[name], copies), np.repeat(known.ranks[name], copies))
        for place, name in enumerate(self.network.nodes):
            progress(done + place, total, f"Making {name}")
            if name not in fixed:
                cells[name] = self._drawn(name, rows * copies, cells, rng)
                if keeper is not None:
                    drawn[name] = self._kept(name, cells, rng, keeper)
            elif name in weighed:
                weight += self.likelihood(name, cells)
        if weighed and rows:
            taken = _taken(weight.reshape(rows, copies), rng)
            cells = {name: values[taken] for name, values in cells.items()}
            drawn = {name: (states[taken], ranks[taken]) for name, (states, ranks) in drawn.items()}
        made = {n: drawn[n] if n in drawn else self.cells[n].draw(cells[n], rng) for n in self.codec.names}
        if known is not None:
            made |= {name: (known.states[name], known.ranks[name]) for name in known.states}
        return Encoded({n: states for n, (states, _) in made.items()}, {n: ranks for n, (_, ranks) in made.items()})

    def _drawn(self, name: str, rows: int, cells: dict[str, Integers], rng: np.random.Generator) -> Integers:
        prefix = np.zeros(rows, dtype=np.int64)
        for table in self.tables[name]:
            prefix = table.firsts[prefix] + table.draw(table.rows_of(prefix, cells), rng)
        return prefix

    def _kept(
        self, name: str, cells: dict[str, Integers], rng: np.random.Generator, keeper: Keeper
    ) -> tuple[States, Floats]:
        """Return states and ranks of a column just drawn as the rules allow; ``cells`` follow."""
        mine, own = self.cells[name], rng.spawn(1)[0]

        def again(attempt: int, rows: Integers) -> Choices | None:
            """First the same draw once more, then every cell with its probability."""
            parents = {lens.column: cells[lens.column] for table in self.tables[name] for lens in table.lenses}
            if attempt < _SINGLE:
                some = {parent: made[rows] for parent, made in parents.items()}
                return Choices(np.arange(len(rows)), *mine.draw(self._drawn(name, len(rows), some, own), own))
            if attempt >= _SINGLE + _MASKED:
                return None
            owner, each = np.repeat(np.arange(len(rows)), len(mine)), np.tile(np.arange(len(mine)), len(rows))
            some = {parent: made[rows[owner]] for parent, made in parents.items()} | {name: each}
            weight = np.exp(self.likelihood(name, some))
            return Choices(owner, *mine.draw(each, own), weight)

        states, ranks = mine.draw(cells[name], rng)
        kept = keeper.keep(name, states, ranks, again)
        if kept[0] is not states:
            cells[name] = mine.of(*kept)
        return kept

    def likelihood(self, name: str, cells: dict[str, Integers]) -> Floats:
        """Return the log probability of a column's cells given those of its parents."""
        mine = self.cells[name]
        total = np.zeros(len(cells[name]))
        for stage, table in enumerate(self.tables[name]):
            prefix, digit = mine.levels[stage][cells[name]], mine.digits(stage)[cells[name]]
            total += np.log(np.maximum(table.shares[table.rows_of(prefix, cells), digit], 1e-300))
        return total

    def save(self, folder: Path) -> None:
        """Write ``codec.*``, ``network.json`` and ``network.npz`` to ``folder`` (made if needed); no pickle."""
        self.codec.save(folder)
        arrays: dict[str, npt.NDArray[Any]] = {}
        lenses: list[list[list[str]]] = []
        for i, name in enumerate(self.codec.names):
            arrays |= {f"{i}.cells.{key}": values for key, values in self.cells[name].arrays().items()}
            lenses.append([[lens.column for lens in table.lenses] for table in self.tables[name]])
            for stage, table in enumerate(self.tables[name]):
                arrays |= {f"{i}.{stage}.shares": table.shares, f"{i}.{stage}.firsts": table.firsts}
                arrays |= {f"{i}.{stage}.{j}": lens.groups for j, lens in enumerate(table.lenses)}
        np.savez(folder / "network.npz", **arrays)
        plain = {"version": 1, "network": self.network.dump(), "lenses": lenses}
        (folder / "network.json").write_text(json.dumps(plain, ensure_ascii=False, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> FittedNetwork:
        """Return the model that :meth:`save` wrote to ``folder``."""
        codec = Codec.load(folder)
        plain = json.loads((folder / "network.json").read_text(encoding="utf-8"))
        with np.load(folder / "network.npz", allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        cells: dict[str, Cells] = {}
        tables: dict[str, tuple[Shares, ...]] = {}
        for i, name in enumerate(codec.names):
            prefix = f"{i}.cells."
            cells[name] = Cells.restore({k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)})
            tables[name] = tuple(
                Shares(
                    tuple(Lens(column, arrays[f"{i}.{stage}.{j}"]) for j, column in enumerate(columns)),
                    arrays[f"{i}.{stage}.shares"],
                    arrays[f"{i}.{stage}.firsts"],
                )
                for stage, columns in enumerate(plain["lenses"][i])
            )
        return cls(codec, cells, Network.restore(plain["network"]), tables)


def _taken(weight: Floats, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return one candidate per row, drawn by its weight; positions among all candidates."""
    shares = np.exp(weight - weight.max(axis=1, keepdims=True))
    ends = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    chosen = (rng.random(len(weight))[:, None] >= ends).sum(axis=1).clip(0, weight.shape[1] - 1)
    return np.asarray(np.arange(len(weight)) * weight.shape[1] + chosen, dtype=np.int64)
