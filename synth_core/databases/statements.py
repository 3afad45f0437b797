"""A first look at a query's words, for a friendly sentence; what really keeps a database whole is how it is opened."""

from __future__ import annotations

import re

from synth_core.errors import ReadingError

_READING = frozenset([
    "select", "with", "values", "table", "from", "pivot", "unpivot", "summarize", "describe", "show",
])  # fmt: skip
_CHANGING = frozenset([
    "insert", "update", "delete", "merge", "replace", "upsert", "create", "drop", "alter", "truncate", "rename",
    "comment", "grant", "revoke", "copy", "import", "export", "attach", "detach", "install", "load", "vacuum",
    "analyze", "reindex", "cluster", "refresh", "lock", "do", "call", "execute", "prepare", "set", "reset",
    "pragma", "begin", "start", "commit", "rollback", "savepoint", "release", "checkpoint", "declare", "fetch",
    "listen", "notify", "use",
])  # fmt: skip
_SKIPPED = re.compile(
    r"""--[^\n]* | '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*`
      | (?P<open>/\*) | (?P<tag>\$(?:[A-Za-z_]\w*)?\$) | (?P<word>[A-Za-z_]\w*) | (?P<mark>[();])""",
    re.VERBOSE,
)
_LITERAL = re.compile(
    r'--[^\n]*|/\*.*?\*/|"[^"]*"|' + r"(?P<words>'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)", re.DOTALL
)
_SECRET = re.compile(r"\bpassword\s*=\s*[^\s%$']|\bpassword\s*=\s*''|://[^\s:/@']+:[^\s@']+@", re.IGNORECASE)
_ESCAPED = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)


def tokens(query: str) -> list[str]:
    """Return the words in lower case, brackets and semicolons of a query, without literals, names in quotes, comments.

    >>> tokens("select 'delete' from t -- all; of it")
    ['select', 'from', 't']
    """
    found: list[str] = []
    at = 0
    while (match := _SKIPPED.search(query, at)) is not None:
        at = match.end()
        if match["open"]:
            at = _comment_end(query, at)
        elif match["tag"]:
            end = query.find(match["tag"], at)
            at = len(query) if end < 0 else end + len(match["tag"])
        elif match["word"]:
            if match["word"].lower() == "e" and query[at : at + 1] == "'":  # E'...' takes backslashes
                escaped = _ESCAPED.match(query, at)
                at = escaped.end() if escaped else len(query)
                continue
            found.append(match["word"].lower())
        elif match["mark"]:
            found.append(match["mark"])
    return found


def _comment_end(query: str, at: int) -> int:
    depth = 1
    while depth:
        opens, closes = query.find("/*", at), query.find("*/", at)
        if closes < 0:
            return len(query)
        inner = 0 <= opens < closes
        depth += 1 if inner else -1
        at = (opens if inner else closes) + 2
    return at


def check_statement(query: str) -> str:
    """Return the query without the semicolon at its end.

    Raises
    ------
    ReadingError
        There is nothing to run, there are several statements, or the query would change the database.
    """
    query = query.strip().replace("\x00", "")
    words = tokens(query)
    while words and words[-1] == ";":
        words.pop()
    first = next((word for word in words if word not in "();"), None)
    if first is None:
        raise ReadingError("The query is empty; write one like: select * from visits")
    changing = _change(words)
    if changing is not None:
        raise ReadingError(
            f"This query would change the database ({changing.upper()}); only queries that read are run."
        )
    if ";" in words:
        count = len([1 for before, word in zip([";", *words], words, strict=False) if before == ";" != word])
        raise ReadingError(f"There are {count} statements here, and one query is run at a time; leave one.")
    if any(found["words"] and _SECRET.search(found["words"], 1) for found in _LITERAL.finditer(query)):
        raise ReadingError(
            "A password stands in the query, which a project would keep; have the database keep it (a foreign server "
            "with a user mapping, or a view), and leave it out."
        )
    if first not in _READING:
        raise ReadingError("The query must begin with SELECT, WITH or VALUES; other statements are not run.")
    return re.sub(r"[\s;]+$", "", query) if query.endswith(";") else query


def _change(words: list[str]) -> str | None:
    """Return the word by which a statement changes the database, if one begins with it."""
    for position, word in enumerate(words):
        before = words[position - 1] if position else ";"
        after = words[position + 1] if position + 1 < len(words) else ""
        if before == ";" and word in _CHANGING:
            return word
        if before in ("(", ")") and (
            (word, after) in (("insert", "into"), ("delete", "from"), ("merge", "into"), ("replace", "into"))
            or (word == "update" and "set" in words[position + 1 : position + 6])
        ):
            return word
    return None


def asked_table(query: str) -> str:
    """Return the first table that a query names plainly, or "".

    >>> asked_table("select * from public.visits where town = 'Ghent'")
    'visits'
    """
    blank = re.sub(r"--[^\n]*|'(?:[^']|'')*'", " ", query)
    found = re.search(r"\bfrom\s+((?:\w+|\"[^\"]+\")(?:\.(?:\w+|\"[^\"]+\"))*)", blank, re.IGNORECASE)
    return found[1].split(".")[-1].strip('"') if found else ""


def quoted(name: str) -> str:
    """Return a table's or column's name as SQL has it: plain where it may be, else in double quotes.

    >>> quoted("visits"), quoted("Order lines")
    ('visits', '"Order lines"')
    """
    plain = re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in _RESERVED
    return name if plain else '"' + name.replace('"', '""') + '"'


_RESERVED = frozenset([
    "all", "and", "any", "array", "as", "asc", "between", "both", "by", "case", "cast", "check", "collate",
    "column", "constraint", "create", "cross", "current_date", "current_time", "current_timestamp", "current_user",
    "default", "desc", "distinct", "do", "else", "end", "except", "exists", "false", "fetch", "for", "foreign",
    "from", "full", "grant", "group", "having", "in", "index", "initially", "inner", "intersect", "into", "is",
    "join", "leading", "left", "like", "limit", "natural", "not", "null", "offset", "on", "only", "or", "order",
    "outer", "primary", "references", "right", "select", "session_user", "set", "some", "table", "then", "to",
    "trailing", "true", "union", "unique", "user", "using", "values", "when", "where", "window", "with",
])  # fmt: skip
