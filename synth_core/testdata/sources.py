"""Where test data come from: a schema alone, or a project's table by an engine; both look alike from here on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from synth_core.constraints.base import Constraint
from synth_core.errors import InputError
from synth_core.generation import Synthesis, generate, read_synthetic
from synth_core.partitions import groups, release_in
from synth_core.progress import StageProgress, silent_stages
from synth_core.recipe import Recipe
from synth_core.source_types import from_arrow, to_arrow
from synth_core.table import Column, Table
from synth_core.testdata.cases import Edges
from synth_core.testdata.edges import CASE_COLUMN, EdgeRows, Ground, counts_of, edge_rows, edge_total
from synth_core.testdata.rows import SchemaRows, root_of, rows_of
from synth_core.testdata.schema import Schema, check_room
from synth_core.testdata.unlike import Unlike

Clean = Callable[[pa.Table], pa.Table]
PART = 50_000  # rows in memory at a time
GOOD = 1_500  # ordinary rows that edge cases are made from
SPARE = 64  # more bases than edge rows, so that a case can be tried on several


@dataclass(frozen=True)
class TestTable:
    """One table of test data, ready to be written.

    Attributes
    ----------
    rows, edges
        Ordinary rows, and edge rows that come after them.
    ordinary
        What yields the ordinary rows, a part at a time, in the types of the source.
    """

    __test__ = False  # no class of tests

    name: str
    columns: tuple[Column, ...]
    rules: tuple[Constraint, ...]
    rows: int
    edges: EdgeRows | None
    case_column: str
    ordinary: Callable[[], Iterator[pa.Table]]

    @property
    def total(self) -> int:
        """All rows."""
        return self.rows + (len(self.edges.tags) if self.edges else 0)

    @property
    def notes(self) -> list[str]:
        """What could not be made."""
        return self.edges.notes if self.edges else []

    @property
    def schema(self) -> pa.Schema:
        """Names and types of what is written."""
        return next(self._tagged(iter([to_arrow(_nothing(self.columns), self.columns)]))).schema

    def parts(self) -> Iterator[pa.Table]:
        """Yield all rows part by part, the edge rows last."""
        yield from self._tagged(self.ordinary())
        if self.edges is not None:
            yield from self.edges.arrow(self.columns, self.case_column)

    def _tagged(self, parts: Iterator[pa.Table]) -> Iterator[pa.Table]:
        for part in parts:
            tagged = part.replace_schema_metadata(None)
            if self.edges is not None:
                tagged = tagged.append_column(self.case_column, pa.nulls(len(part), pa.string()))
            yield tagged


def _nothing(columns: Sequence[Column]) -> pd.DataFrame:
    dtypes = {"integer": "Int64", "number": "float64", "datetime": "datetime64[ns]"}
    return pd.DataFrame({c.name: pd.Series([], dtype=dtypes.get(c.kind.value, "object")) for c in columns})


def check_case_column(name: str, columns: Sequence[Column]) -> str:
    """Return the name of the extra column; InputError when it cannot be that."""
    name = name.strip()
    if not name or len(name) > 60 or not name.isprintable():
        raise InputError("The extra column needs a name of at most 60 characters.")
    if name in {column.name for column in columns}:
        raise InputError(f"There is a column '{name}' already; give the extra column that names the case another name.")
    return name


def schema_ground(rows: SchemaRows) -> Ground:
    """Return what edge rows of a schema's table are made of."""
    spec = rows.spec
    references = [column for column in spec.columns if column.references is not None]
    return Ground(
        columns=tuple(column.column for column in spec.columns),
        rules=spec.all_rules,
        keys=rows.keys,
        unique=tuple(column.name for column in spec.columns if column.unique),
        good=rows.frame(0, min(GOOD, spec.rows)),
        orphans={column.name: _orphans(rows, *(column.references or ("", ""))) for column in references},
    )


def _orphans(rows: SchemaRows, table: str, column: str) -> Callable[[int], list[Any]]:
    def keys(count: int) -> list[Any]:
        first = rows.sizes[table] + 1_000_000  # edge rows of the other table have keys too, after its last row
        numbers = np.arange(first, first + count, dtype=np.uint64)
        parent = rows.parents[table]
        spec = parent.spec.column(column)
        if spec.kind == "integer" and spec.distribution != "sequence":
            return [int(spec.bounds[1]) + 1 + place for place in range(count)]
        if spec.form:
            return [f"none-{place + 1}" for place in range(count)]
        return parent.key_cells(column, numbers).tolist()

    return keys


def from_schema(
    schema: Schema, *, seed: int = 0, phrase: str = "", edges: Edges | None = None, case_column: str = CASE_COLUMN
) -> list[TestTable]:
    """Return the tables of a schema, parents first, each with its edge rows.

    Parameters
    ----------
    phrase
        A key phrase: the same seed and phrase give the same keys; whoever lacks it cannot tell them beforehand.

    Raises
    ------
    SchemaError
        A unique column has fewer values than rows are asked for.
    """
    root = root_of(phrase, seed)
    wanted = edges or Edges()
    sizes = {table.name: table.rows for table in schema.tables}
    made = []
    for rows in rows_of(schema.tables, root):
        spec = rows.spec
        check_room(spec, spec.rows, sizes)
        columns = tuple(column.column for column in spec.columns)
        found: EdgeRows | None = None
        if wanted.any:
            check_case_column(case_column, columns)
            ground = schema_ground(rows)
            count = edge_total(counts_of(wanted, ground))
            check_room(spec, spec.rows + count, {name: size + count for name, size in sizes.items()})
            bases = _schema_bases(rows, count + SPARE if _roomy(rows, count, sizes) else count)
            found = edge_rows(wanted, ground, bases, seed=root)
        made.append(
            TestTable(spec.name, columns, spec.all_rules, spec.rows, found, case_column, _schema_parts(rows, columns))
        )
    return made


def _roomy(rows: SchemaRows, count: int, sizes: dict[str, int]) -> bool:
    from synth_core.errors import SchemaError

    try:
        check_room(rows.spec, rows.spec.rows + count + SPARE, sizes)
    except SchemaError:
        return False
    return True


def _schema_bases(rows: SchemaRows, count: int) -> pd.DataFrame:
    one_to_one = [c for c in rows.spec.columns if c.unique and c.references is not None]
    if one_to_one:  # no parents are left for more rows: the first ones are taken once more
        return rows.frame(0, min(count, rows.spec.rows))
    return rows.frame(rows.spec.rows, count)


def _schema_parts(rows: SchemaRows, columns: Sequence[Column]) -> Callable[[], Iterator[pa.Table]]:
    def parts() -> Iterator[pa.Table]:
        for first in range(0, rows.spec.rows, PART):
            yield to_arrow(rows.frame(first, min(PART, rows.spec.rows - first)), columns)

    return parts


def table_ground(made: Table, rules: Sequence[Constraint], real: Table) -> Ground:
    """Return what edge rows of a synthetic table are made of; the real one says only which columns are keys."""
    remade = [column.name for column in made.columns if column.regenerated]
    seen = {name: real.frame[name].dropna() for name in remade if name in real.frame}
    unique = [name for name, cells in seen.items() if len(cells) and not cells.duplicated().any()]
    return Ground(
        columns=made.columns,
        rules=tuple(rules),
        keys=tuple(remade),
        unique=tuple(unique),
        good=made.frame.head(GOOD),
    )


def from_table(
    table: Table,
    recipe: Recipe,
    scratch: Path,
    *,
    edges: Edges | None = None,
    case_column: str = CASE_COLUMN,
    workers: int = 1,
    progress: StageProgress = silent_stages,
) -> tuple[TestTable, Synthesis]:
    """Return a table of test data that an engine learned from a real one, and how it was made.

    Parameters
    ----------
    recipe
        Engine, settings, rules, ordinary rows, seed and holdout; steering is left aside.
    scratch
        Folder for the rows while they are made; they are read from there when the table is written.
    """
    wanted = edges or Edges()
    extra = 0
    if wanted.any:
        check_case_column(case_column, table.columns)
        kept = [c.name for c in table.columns if c.role.value != "drop" and (c.learned or c.regenerated)]
        # counted on the real table: no value of it goes into an edge case
        counted = table_ground(table.select(kept), recipe.rules, table)
        extra = edge_total(counts_of(wanted, counted)) + SPARE
    inner = recipe.model_copy(update={"rows": recipe.rows + extra, "steering": Recipe().steering, "cluster": ""})
    synthesis = generate(table, inner, scratch, workers=workers, progress=progress)
    columns = tuple(synthesis.columns)
    train, _ = table.split(inner.holdout, inner.seed)
    clean = Unlike.of(table, train.select(synthesis.column_names), inner.seed, inner.rows)
    found: EdgeRows | None = None
    if wanted.any:
        head = pa.concat_tables([*_first(scratch, min(GOOD, recipe.rows), clean)()])
        good = Table(from_arrow(head, columns), columns, table.name)
        ground = table_ground(good, fitted_rules(table, inner), table)
        bases = _last(scratch, columns, extra, clean)
        found = edge_rows(wanted, ground, bases, seed=recipe.seed)
    rules = ground.rules if wanted.any else tuple(recipe.rules)
    name = table.name
    return (
        TestTable(name, columns, rules, recipe.rows, found, case_column, _first(scratch, recipe.rows, clean)),
        synthesis,
    )


def fitted_rules(table: Table, recipe: Recipe) -> list[Constraint]:
    """Return the rules that are switched on, completed from the rows that the recipe learns from."""
    train, _ = table.split(recipe.holdout, recipe.seed)
    return [rule.fitted(train) for rule in recipe.rules]


def from_release(
    real: Table, folder: Path, synthesis: Synthesis, recipe: Recipe, *, edges: Edges, case_column: str
) -> TestTable:
    """Return a glance at what would be made, from rows that a run has made already (its keys stand in it twice)."""
    made, rules = read_synthetic(folder, synthesis, GOOD), fitted_rules(real, recipe)
    ground = table_ground(made, rules, real)
    count = edge_total(counts_of(edges, ground)) if edges.any else 0
    found = edge_rows(edges, ground, _last(folder, synthesis.columns, count + SPARE), seed=0) if count else None
    return TestTable(real.name, made.columns, tuple(rules), len(made), found, case_column, _first(folder, len(made)))


def _release(scratch: Path) -> Path:
    found = release_in(scratch)
    assert found is not None
    return found


def _as_it_is(part: pa.Table) -> pa.Table:
    return part


def _first(scratch: Path, rows: int, clean: Clean = _as_it_is) -> Callable[[], Iterator[pa.Table]]:
    def parts() -> Iterator[pa.Table]:
        left = rows
        for group in groups(_release(scratch)):
            if left <= 0:
                return
            yield clean(group.slice(0, left))
            left -= len(group)

    return parts


def _last(scratch: Path, columns: Sequence[Column], rows: int, clean: Clean = _as_it_is) -> pd.DataFrame:
    kept: list[pa.Table] = []
    for group in groups(_release(scratch)):
        kept = [*kept, group]
        while len(kept) > 1 and sum(map(len, kept[1:])) >= rows:
            kept = kept[1:]
    return from_arrow(clean(pa.concat_tables(kept)), columns).tail(rows).reset_index(drop=True)
