"""DuckDB: a file opened for reading only, with no way to other files, extensions or settings."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from synth_core.databases.addresses import Address
from synth_core.databases.answers import CHUNK_CELLS, Answer, DatabaseTable, check_columns
from synth_core.databases.deadline import Deadline
from synth_core.databases.statements import quoted
from synth_core.errors import ReadingError

if TYPE_CHECKING:
    import pyarrow as pa

_SETTINGS = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "memory_limit": "3GB",
    "lock_configuration": "true",
}


class DuckDBSession:
    """A connection that can read its own file and do nothing else."""

    def __init__(self, address: Address, deadline: Deadline) -> None:
        import duckdb

        self._deadline = deadline
        self._chunks: Generator[list[pa.Array]] | None = None
        self._connection = duckdb.connect(str(address.path), read_only=True, config=dict(_SETTINGS))
        deadline.watch(self._connection.interrupt)

    def ask(self, query: str) -> Answer:
        """Return the answer to a query that reads; DuckDB's own parser says what it is before it runs."""
        import duckdb

        statements = self._connection.extract_statements(query)
        if len(statements) != 1:
            raise ReadingError(f"There are {len(statements)} statements here, and one query is run at a time.")
        if statements[0].type == duckdb.StatementType.MULTI:
            raise ReadingError("DuckDB runs this query as several statements; give PIVOT its values: ON kind IN (...).")
        if statements[0].type != duckdb.StatementType.SELECT:
            word = str(statements[0].type).rpartition(".")[2].replace("_", " ")
            raise ReadingError(f"This query would change the database ({word}); only queries that read are run.")
        relation = self._connection.sql(query)
        names = [str(name) for name in relation.columns]
        check_columns(names)
        reader = relation.to_arrow_reader(max(1, CHUNK_CELLS // len(names)))
        flat = list(reader.schema.empty_table().flatten().column_names)
        if flat == names or len(set(flat)) < len(flat):
            self._chunks = _chunks(reader, flat=False)
            return Answer(names, self._chunks)
        self._chunks = _chunks(reader, flat=True)
        return Answer(
            flat, self._chunks, ["Records in the cells became columns of their own, named like 'record.field'."]
        )

    def tables(self) -> list[DatabaseTable]:
        """Return the tables and views, by name; rows as DuckDB estimates them."""
        found = self._connection.execute(
            "select schema_name, table_name, column_count, estimated_size from duckdb_tables() where not internal "
            "union all select schema_name, view_name, column_count, null from duckdb_views() where not internal "
            "order by 1, 2"
        ).fetchall()
        return [
            DatabaseTable(
                name if schema == "main" else f"{schema}.{name}", int(columns), None if rows is None else int(rows),
                "select * from " + (quoted(name) if schema == "main" else f"{quoted(schema)}.{quoted(name)}"),
            ) for schema, name, columns, rows in found
        ]  # fmt: skip

    def close(self) -> None:
        """Let the file go; a clock that ran on would hold the connection until the program's end, and beyond."""
        self._deadline.rest()
        if self._chunks is not None:
            self._chunks.close()
        self._connection.close()


def _chunks(reader: pa.RecordBatchReader, *, flat: bool) -> Generator[list[pa.Array]]:
    import pyarrow as pa

    try:
        for batch in reader:
            if batch.num_rows:
                table = pa.Table.from_batches([batch])
                yield [column.chunk(0) for column in (table.flatten() if flat else table).columns]
    finally:  # rows over the limit are still waiting in it
        reader.close()
