"""What a driver's error means, in one sentence of our own: its own words carry SQL, values and passwords."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from synth_core.databases.addresses import Address
from synth_core.databases.deadline import Deadline
from synth_core.errors import ReadingError
from synth_core.table import did_you_mean

_NAME = r"[\"']?([^\s\"'()]+(?: [^\s\"'()]+)*)[\"']?"
DECLARED = 'DECLARE "simile" NO SCROLL CURSOR FOR '  # what stands before the query when it reaches the server
CHANGES = (
    "This query would change the database, take locks in it or leave its file; only queries that read its own tables "
    "are run."
)
Tables = Callable[[], Sequence[str]]


def said(error: BaseException, address: Address, query: str, deadline: Deadline, tables: Tables) -> ReadingError:
    """Return the sentence for an error of a driver; ``tables`` is asked for near names when a table is unknown."""
    if deadline.passed:
        return ReadingError(
            f"The database did not finish within {deadline.seconds:g} s, so the query was cancelled there; ask for "
            "fewer rows or columns, or give it more time."
        )
    if isinstance(error, UnicodeError):
        return ReadingError(f"Words in {address.place} are not in the encoding that the database names (UTF-8).")
    if isinstance(error, MemoryError):
        return ReadingError("The answer needs more memory than there is; ask for fewer rows or columns.")
    if address.kind == "postgresql":
        found = _postgresql(error, address, query, tables)
    elif address.kind == "sqlite":
        found = _sqlite(error, address, query, tables)
    else:
        found = _duckdb(error, address, query, tables)
    return ReadingError(found)


def _place(query: str, position: int) -> str:
    """Return where the character at ``position`` (from 1) stands, and its word where that is no literal."""
    before = query[: max(position - 1, 0)]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    word = re.match(r"[A-Za-z_]\w{0,30}", query[len(before) :])
    near = f" near '{word[0]}'" if word and before.count("'") % 2 == 0 else ""
    return f"{near} (line {line}, character {column})"


def _unknown_table(name: str, tables: Tables) -> str:
    try:
        known = list(tables())
    except Exception:
        known = []
    if not known:
        return f"There is no table '{name}' that may be read here; the database shows none at all."
    return f"There is no table '{name}' that may be read here.{did_you_mean(name, known).replace('columns', 'tables')}"


def _named(pattern: str, text: str) -> str:
    """Return the name that a message puts at ``{}`` of the pattern, or "" (never more than an identifier)."""
    found = re.search(pattern.replace("{}", _NAME), text)
    return found[1][:80] if found else ""


# -- PostgreSQL -------------------------------------------------------------------------------------------------


def _postgresql(error: BaseException, address: Address, query: str, tables: Tables) -> str:
    import psycopg

    state = getattr(error, "sqlstate", None) or ""
    if not isinstance(error, psycopg.Error):
        return _other("PostgreSQL", type(error).__name__)
    if not state:
        return _unreached(str(error), address)
    diagnosis = error.diag
    primary = diagnosis.message_primary or ""
    if state == "42P01":
        return _unknown_table(_named("relation {} ", primary) or _named("entry for table {}", primary) or "?", tables)
    if state == "42703":
        hint = _named("column {}", diagnosis.message_hint or "")
        near = f" Did you mean '{hint.rpartition('.')[2]}'?" if hint else ""
        return f"There is no column '{_named('column {}', primary) or '?'}' in what the query reads.{near}"
    # the server counts from the words by which the cursor was declared
    position = int(diagnosis.statement_position or 0) - len(DECLARED)
    where = _place(query, position) if 0 < position <= len(query) else ""
    if state.startswith("42601"):
        return f"The query is no SQL that the database understands{where or ' (it ends too early)'}."
    plain = {
        "25006": CHANGES,
        "25001": CHANGES,
        "0A000": CHANGES if "DECLARE CURSOR" in primary else "The query asks for something that the server lacks.",
        "42501": _forbidden(primary),
        "3F000": f"There is no schema '{_named('schema {}', primary) or '?'}' in this database.",
        "42702": f"Column '{_named('column reference {}', primary) or '?'}' is in several tables; "
        "put the table before it, as in visits.id.",
        "42803": f"A column is neither counted nor in GROUP BY{where}.",
        "42883": f"There is no such function or comparison for these kinds of values{where}.",
        "42804": f"Kinds of values do not fit together{where}.",
        "22012": "The query divides by zero; leave those rows out, or use nullif(..., 0).",
        "55P03": "A table is locked by somebody else's work; try again in a while.",
        "57014": "The server cancelled the query, as it took too long there; ask for fewer rows.",
        "53200": "The server ran out of memory for this query; ask for fewer rows or columns.",
        "57P01": "The server was shut down while it answered; ask again when it is up.",
    }
    if state in plain:
        return plain[state]
    if state.startswith("22"):
        return f"A value does not fit what the query does with it, such as a word read as a number{where}."
    if state.startswith(("08", "57")):
        return f"The connection to {address.place} was lost while it answered; ask again."
    return _other("PostgreSQL", f"code {state}")


def _forbidden(primary: str) -> str:
    """Return what the user may not do, by the kind of thing that the message names."""
    if "sequence" in primary:
        return CHANGES
    if re.search(r"\b(table|view|relation|schema|column|database)\b", primary):
        return "This user may not read one of the tables of the query; ask for the right, or choose another table."
    return (
        "The query calls a function that reaches the server itself (its files, settings or other people's sessions), "
        "which is not run; leave it out."
    )


def _unreached(text: str, address: Address) -> str:
    """Return why there is no connection; libpq gives no codes for it, only words."""
    lowered = text.lower()
    user, base = address.user or "", address.database or address.user or ""
    if "resolve host" in lowered or "translate host" in lowered or "name or service not known" in lowered:
        return f"The host name '{address.host}' cannot be resolved; check how it is written, and the network."
    if "refused" in lowered or "no such file or directory" in lowered:
        return f"No database answers at {address.place}; check host and port, and that PostgreSQL is running there."
    if "timeout expired" in lowered or "timed out" in lowered or "unreachable" in lowered:
        return f"{address.place} does not answer; check host and port, and whether a firewall is between."
    if "password authentication failed" in lowered or "pgpass" in lowered or "authentication failed" in lowered:
        return (
            f"The database at {address.place} refused user '{user}': the password is wrong, or there is no such user."
        )
    if "no password supplied" in lowered:
        return f"The database at {address.place} asks for a password; give one."
    if re.search(r"role .* does not exist", lowered):
        return f"There is no user '{user or '(none given)'}' at {address.place}; check the user."
    if re.search(r"database .* does not exist", lowered):
        return f"There is no database '{base}' at {address.place}; check its name."
    if "pg_hba.conf" in lowered or "is not permitted" in lowered:
        return f"The server at {address.place} does not let this user in from here, or only with other SSL settings."
    if "ssl" in lowered or "certificate" in lowered:
        return f"No secure (SSL) connection to {address.place} came about; check sslmode and the certificates."
    if "too many" in lowered or "starting up" in lowered or "shutting down" in lowered:
        return f"The server at {address.place} takes no connection now (busy, starting or stopping); try again."
    if "server closed the connection" in lowered or ("connection" in lowered and "lost" in lowered):
        return f"The connection to {address.place} was lost; is it a PostgreSQL server? Ask again."
    return f"The server at {address.place} let nobody in; check host, port, database, user and password."


# -- SQLite -----------------------------------------------------------------------------------------------------


def _sqlite(error: BaseException, address: Address, query: str, tables: Tables) -> str:
    text, code = str(error), getattr(error, "sqlite_errorname", "") or ""
    if text.startswith("You can only execute one statement"):
        return "There are several statements here, and one query is run at a time; leave one."
    if code.startswith("SQLITE_READONLY_"):
        return f"{address.place} was left in the middle of a write; open it once in its own program, then ask again."
    if code in ("SQLITE_AUTH", "SQLITE_READONLY") or "not authorized" in text or "prohibited" in text:
        return CHANGES
    if code == "SQLITE_NOTADB":
        return f"{address.place} is no SQLite database (or an encrypted one); choose another file."
    if code.startswith("SQLITE_CORRUPT"):
        return f"{address.place} is damaged: SQLite cannot read its pages. Restore it from a copy."
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"{address.place} is being written to by another program; try again in a while."
    if code.startswith(("SQLITE_CANTOPEN", "SQLITE_IOERR")):
        return f"{address.place} cannot be opened for reading; check the rights of the file and its folder."
    if code in ("SQLITE_TOOBIG", "SQLITE_NOMEM"):
        return "A cell of the answer is larger than fits; name fewer columns."
    if "no such table" in text:
        return _unknown_table(_named("no such table: {}", text).removeprefix("main.") or "?", tables)
    for pattern, sentence in (
        ("no such column: {}", "There is no column '{}' in what the query reads."),
        ("ambiguous column name: {}", "Column '{}' is in several tables; put the table before it, as in visits.id."),
        ("no such function: {}", "SQLite has no function '{}'."),
        (
            "no such module: {}",
            "A virtual table of kind '{}' cannot be read here; copy what it holds to a plain table.",
        ),
    ):
        if name := _named(pattern, text):
            return sentence.format(name)
    if "syntax error" in text or "incomplete input" in text or "unrecognized token" in text:
        word = re.search(r'near "([A-Za-z_]\w{0,30})": syntax', text)
        where = f" near '{word[1]}'" if word else " (it ends too early)" if "incomplete" in text else ""
        return f"The query is no SQL that the database understands{where}."
    return _other("SQLite", code or type(error).__name__)


# -- DuckDB -----------------------------------------------------------------------------------------------------


def _duckdb(error: BaseException, address: Address, query: str, tables: Tables) -> str:
    text, kind = str(error), type(error).__name__
    if kind == "IOException":
        if "lock" in text:
            return f"{address.place} is being written to by another program; close it there, then ask again."
        if "not a valid DuckDB" in text:
            return f"{address.place} is no DuckDB database; choose another file."
        return f"{address.place} cannot be read as a DuckDB database; check its rights, or that it is not damaged."
    if kind == "SerializationException" or "storage version" in text or "version number" in text:
        return f"{address.place} was written by a version of DuckDB that the one installed here cannot read."
    if kind == "PermissionException" or "read-only" in text or "configuration has been locked" in text:
        return CHANGES
    if kind == "CatalogException" and (name := _named("Table with name {} does not exist", text)):
        return _unknown_table(name, tables)
    if kind == "CatalogException" and (name := _named("Function with name {} does not exist", text)):
        return f"DuckDB has no function '{name}' here."
    if kind == "BinderException":
        if "ambiguous" in text.lower():
            name = _named("column name {}", text) or _named("Ambiguous reference to {}", text)
            return f"Column '{name}' is in several tables; put the table before it, as in visits.id."
        if name := _named("Referenced column {} not found", text) or _named("does not have a column named {}", text):
            near = re.search(r'Candidate bindings: "?([\w.]+)"?', text)
            return f"There is no column '{name}' in what the query reads." + (
                f" Did you mean '{near[1].rpartition('.')[2]}'?" if near else ""
            )
        return "The parts of the query do not fit together: check names, kinds of values and GROUP BY."
    if kind == "ParserException":
        word = re.search(r'syntax error at or near "([A-Za-z_]\w{0,30})"', text)
        return f"The query is no SQL that the database understands{f' near {word[1]!r}' if word else ''}."
    if kind in ("ConversionException", "OutOfRangeException", "InvalidInputException", "InvalidTypeException"):
        return "A value does not fit what the query does with it, such as a word read as a number."
    if kind == "OutOfMemoryException":
        return "The answer needs more memory than there is; ask for fewer rows or columns."
    if kind == "ConnectionException":
        return f"{address.place} is open elsewhere in this program with other settings; close it there, then ask again."
    return _other("DuckDB", kind)


def _other(title: str, code: str) -> str:
    return f"{title} could not answer this query ({code}); try it in the database's own client, then here."
