"""From cells as read to a Table: kinds, roles, missing cells, and how to write the values back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict

from synth_core.cells import Cells, read_cells
from synth_core.errors import ReadingError
from synth_core.kinds import guess_kind
from synth_core.missing import told_missing, without_words
from synth_core.semantics import (
    KEEPS_KIND,
    SEMANTICS,
    detect,
    flagged_by_neighbours,
    from_header,
    holds,
    with_neighbours,
)
from synth_core.semantics.notes import LOOKED_AT
from synth_core.spellings import one_spelling
from synth_core.table import Column, Kind, Role, Table
from synth_core.values import Marks, Parsed, parse_dates, parse_numbers, stripped, take  # fmt: skip


class ColumnChoice(BaseModel):
    """What the user decided about a column; None leaves what was found. ``semantic=""`` clears it.

    ``missing``: further words or numbers of this column that mean a missing cell (``("-200", "None")``).
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind | None = None
    role: Role | None = None
    semantic: str | None = None
    protect: bool | None = None
    missing: tuple[str, ...] | None = None


_AS_FOUND = ColumnChoice()


def table_from_frame(
    raw: pd.DataFrame,
    name: str = "table",
    choices: Mapping[str, ColumnChoice] | None = None,
    missing_tokens: Iterable[str] | None = None,
    *,
    text: bool | None = None,
    decimal: str | None = None,
) -> Table:
    """Return the table that these cells make: canonical values, and kinds, roles and storage per column.

    Parameters
    ----------
    raw
        Cells as read. Text files give str cells; other sources give typed columns.
    choices
        What the user decided, by column name; the rest is inferred.
    missing_tokens
        Exactly these words are missing (with the empty cell); None: the usual ones, where they are clearly meant.
    text
        Whether the source is a text file, so that "12" was a number there; None: as ``raw.attrs["text"]`` says, or
        when every column holds text.
    decimal
        Decimal mark of numbers held as text; None: as ``raw.attrs["decimal"]`` says, or guessed per column.

    Raises
    ------
    ReadingError
        No column, two columns of one name, or a choice for a column that is not there.
    """
    _check_names(raw, name)
    choices = choices or {}
    known = {str(header) for header in raw.columns}
    if strangers := [key for key in choices if key not in known]:
        raise ReadingError(f"There is no column '{strangers[0]}' in '{name}', so nothing can be chosen for it.")
    columns, series = _inferred(raw, choices, missing_tokens, text=text, decimal=decimal)
    columns = with_neighbours(columns, series, _told(choices))
    frame = pd.DataFrame(series, index=pd.RangeIndex(len(raw)))
    return Table(frame, tuple(columns), name)


def _told(choices: Mapping[str, ColumnChoice]) -> list[str]:
    """Return the columns whose personal data, or that there is none, the user has settled."""
    return [name for name, choice in choices.items() if choice.semantic is not None]


def _inferred(
    raw: pd.DataFrame,
    choices: Mapping[str, ColumnChoice],
    missing_tokens: Iterable[str] | None,
    *,
    text: bool | None,
    decimal: str | None,
) -> tuple[list[Column], dict[str, pd.Series]]:
    """Return what each column is by itself, and its canonical values."""
    if text is None:
        text = raw.attrs["text"] if "text" in raw.attrs else all(_is_text(raw[column]) for column in raw.columns)
    marks = Marks(decimal or raw.attrs.get("decimal"), raw.attrs.get("thousands"), raw.attrs.get("date_order"))
    tokens = None if missing_tokens is None else frozenset(missing_tokens)
    series: dict[str, pd.Series] = {}
    columns = []
    for header, values in raw.items():
        choice = choices.get(str(header), _AS_FOUND)
        source, blanked = without_words(values, choice.missing or ())
        cells = read_cells(str(header), source, tokens, text=bool(text), marks=marks)
        column, canonical_values = settle(told_missing(cells, source, blanked), choice)
        columns.append(column)
        series[column.name] = canonical_values
    return columns, series


def _check_names(raw: pd.DataFrame, name: str) -> None:
    names = [str(column) for column in raw.columns]
    if not names:
        raise ReadingError(f"'{name}' has no columns; a table needs at least one column with a name on top.")
    twice = next((n for n in names if names.count(n) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        places = [str(i + 1) for i, n in enumerate(names) if n == twice]
        raise ReadingError(
            f"'{name}' has {len(places)} columns called '{twice}' (columns {', '.join(places)}); "
            "give each column a name of its own and read the file again."
        )


def _is_text(values: pd.Series) -> bool:
    if values.dtype != object and not isinstance(values.dtype, pd.StringDtype):
        return False
    return pd.api.types.infer_dtype(values.iloc[:1000], skipna=True) in ("string", "empty")


# -- kinds ------------------------------------------------------------------------------------------------------


def settle(cells: Cells, choice: ColumnChoice) -> tuple[Column, pd.Series]:
    """Return the description and the canonical values of a column, the user's choice above what was found."""
    if choice.kind in (None, Kind.BOOLEAN):
        cells = one_spelling(cells)
    kind, note = guess_kind(cells)
    semantic = None if choice.semantic == "" else (choice.semantic or _semantic(cells, kind))
    if choice.kind is not None:
        kind, note = choice.kind, ("" if choice.kind is not kind else note)
    elif semantic is not None and semantic not in KEEPS_KIND:
        kind = Kind.IDENTIFIER if _unique(cells) else Kind.TEXT
        note = ""
    if semantic is None and cells.mixed and choice.kind is None:
        note = f"{cells.mixed} {note}".strip()
    if semantic is None and kind is Kind.TEXT:
        note = f"{note} {holds(cells.words.spread(LOOKED_AT))}".strip()
    if semantic is not None:
        note = f"Looks like {SEMANTICS.get(semantic, semantic)}: made anew, never learned. {note}".strip()
    values, lost = canonical(cells, kind)
    if lost and not (kind is Kind.DATETIME and cells.dates is not None):
        cells = cells.noted(
            f"{lost:,} of {cells.words.present:,} cells do not fit the kind '{kind.in_words}' and are read as missing."
        )
    role = choice.role or usual_role(kind, semantic)
    storage = cells.storage
    if semantic is not None and kind in (Kind.IDENTIFIER, Kind.TEXT):
        storage = "string"  # a new phone number need not be digits
    parsed = cells.dates if kind is Kind.DATETIME else cells.numbers if kind.numeric else None
    pattern = parsed.format if parsed is not None else None
    column = Column(
        name=cells.name, kind=kind, role=role, nullable=bool(values.isna().any()), semantic=semantic,
        storage=storage, format=pattern, missing_token=cells.missing_token,
        protect=True if choice.protect is None else choice.protect, note=" ".join([*cells.notes, note]).strip(),
    )  # fmt: skip
    return column, values


def usual_role(kind: Kind, semantic: str | None) -> Role:
    """Return the role that a column has when nobody chose one: free text is left out."""
    return Role.DROP if kind is Kind.TEXT and semantic is None else Role.FEATURE


def with_choices(table: Table, before: Mapping[str, ColumnChoice], after: Mapping[str, ColumnChoice]) -> Table | None:
    """Return the table with changed choices where only roles and protection differ; None when cells are read anew."""
    changed: list[Column] = []
    for name in {*before, *after}:
        old, new = before.get(name, _AS_FOUND), after.get(name, _AS_FOUND)
        if old == new:
            continue
        if name not in table.names or old != new.model_copy(update={"role": old.role, "protect": old.protect}):
            return None
        column = table.column(name)
        role = new.role or usual_role(column.kind, column.semantic)
        protect = True if new.protect is None else new.protect
        changed.append(column.model_copy(update={"role": role, "protect": protect}))
    return table.with_columns(changed)


def read_anew(table: Table, before: Mapping[str, ColumnChoice], after: Mapping[str, ColumnChoice]) -> list[str]:
    """Return the columns whose cells :func:`with_cells` needs when ``before`` becomes ``after``.

    These are the ones with another choice, and the ones that were flagged because of the columns beside them.
    """
    changed = {name for name in {*before, *after} if before.get(name, _AS_FOUND) != after.get(name, _AS_FOUND)}
    return [column.name for column in table.columns if column.name in changed or flagged_by_neighbours(column)]


def with_cells(
    table: Table,
    raw: pd.DataFrame,
    choices: Mapping[str, ColumnChoice],
    missing_tokens: Iterable[str] | None = None,
) -> Table:
    """Return the table with some of its columns (all of ``raw``: their cells as read) inferred anew.

    The same as :func:`table_from_frame` gives for every cell, in the time that the given columns take.
    ``raw.attrs["text"]`` must say whether the source is a text file.
    """
    anew, series = _inferred(raw, choices, missing_tokens, text=bool(raw.attrs["text"]), decimal=None)
    frame = table.frame.assign(**{column: values.array for column, values in series.items()})
    columns = {column.name: column for column in table.columns} | {column.name: column for column in anew}
    values = {name: frame[name] for name in table.names}
    return replace(table, frame=frame, columns=tuple(with_neighbours(list(columns.values()), values, _told(choices))))


def _semantic(cells: Cells, kind: Kind) -> str | None:
    if kind is Kind.DATETIME:
        return "date_of_birth" if from_header(cells.name) == "date_of_birth" else None
    if kind is Kind.BOOLEAN:
        return None
    if kind is Kind.NUMBER and cells.numbers is not None:
        return None
    return detect(cells.name, cells.words.spread(400), cells.distinct, cells.words.present)


def _unique(cells: Cells) -> bool:
    return cells.distinct == cells.words.present > 1


# -- canonical values -------------------------------------------------------------------------------------------


def canonical(cells: Cells, kind: Kind) -> tuple[pd.Series, int]:
    """Return the values in the canonical dtype of ``kind``, and how many cells became missing on the way."""
    if kind is Kind.DATETIME:
        parsed = cells.dates or parse_dates(stripped(cells.words), dated=True) or _loose_dates(cells)
        stamps = np.append(parsed.values.astype("datetime64[ns]"), np.datetime64("NaT"))[cells.words.codes]
        return pd.Series(stamps), int(np.isnat(stamps).sum()) - _missing(cells)
    if kind in (Kind.INTEGER, Kind.NUMBER):
        return _numeric(cells, kind)
    plain = cells.numbers is not None and cells.numbers.whole and cells.numbers.format is None
    if plain and cells.numbers is not None and cells.storage in ("number", "string"):
        names = np.array([str(int(v)) for v in cells.numbers.values] + [None], dtype=object)
        return pd.Series(take(names, cells.words.codes), dtype=object), 0
    return pd.Series(cells.words.values(), dtype=object), 0


def _missing(cells: Cells) -> int:
    return int((cells.words.codes < 0).sum())


def _numeric(cells: Cells, kind: Kind) -> tuple[pd.Series, int]:
    if cells.dates is not None and cells.numbers is None:
        seconds = cells.dates.values.astype("datetime64[s]").astype(np.float64)
        numbers = Parsed(np.where(np.isnat(cells.dates.values), np.nan, seconds), cells.dates.odd)
    else:
        numbers = cells.numbers or parse_numbers(stripped(cells.words))
    if kind is Kind.INTEGER and numbers.values.dtype.kind == "i":
        whole = np.append(numbers.values, 0)[cells.words.codes]
        missing = cells.words.codes < 0
        return (_int64(whole, missing), 0)
    values = np.where(numbers.odd, np.nan, numbers.values.astype(np.float64))
    values = np.append(values, np.nan)[cells.words.codes]
    lost = int(np.isnan(values).sum()) - _missing(cells)
    if kind is Kind.INTEGER:
        missing = np.isnan(values)
        return _int64(np.rint(np.where(missing, 0, values)).astype(np.int64), missing), lost
    return pd.Series(values), lost


def _int64(values: npt.NDArray[np.generic], missing: npt.NDArray[np.bool_]) -> pd.Series:
    if not missing.any():
        return pd.Series(values.astype(np.int64))
    return pd.Series(pd.arrays.IntegerArray(values.astype(np.int64), missing))


def _loose_dates(cells: Cells) -> Parsed:
    """Read what can be read as a date, for a column that the user says holds dates."""
    values = pd.to_datetime(pd.Series(stripped(cells.words), dtype=object), errors="coerce", format="mixed", utc=True)
    return Parsed(values.dt.tz_localize(None).to_numpy(dtype="datetime64[ns]"), values.isna().to_numpy())
