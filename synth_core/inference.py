"""From cells as read to a Table: kinds, roles, missing cells, and how to write the values back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict

from synth_core.errors import ReadingError
from synth_core.semantics import SEMANTICS, detect, from_header, header_words
from synth_core.table import Column, Kind, Role, Storage, Table
from synth_core.values import (
    NUMERIC_TOKENS,
    TOKENS,
    Parsed,
    Words,
    has_leading_zero,
    in_set,
    parse_dates,
    parse_numbers,
    stripped,
    take,
)  # fmt: skip

BOOLEAN_PAIRS = frozenset(
    frozenset(pair.split()) for pair in
    ("yes no", "y n", "true false", "t f", "0 1", "j n", "ja nein", "oui non", "si no", "sí no", "on off")
)  # fmt: skip
_ID_WORDS = frozenset(["id", "ids", "uuid", "guid", "key", "nbr", "nr", "mrn", "record", "recordnumber", "serial", "udi", "uid", "barcode", "imei", "vin"])
_NUMBERING_WORDS = frozenset(["number", "no", "num", "index", "idx", "row", "rownum", "rownumber", "ref", "reference", "account", "username"])
_CODE_WORDS = frozenset(["code", "codes", "icd", "sku", "type", "class", "category", "status", "group", "cluster"])
_DATE_WORDS = frozenset(
    ["date", "datum", "day", "dob", "time", "timestamp", "datetime", "birthdate", "birthday", "at", "on", "day", "start", "stop", "end"]
)
_UUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{32}")
_ID_LIKE = re.compile(r"(?=.*\d)[A-Za-z0-9]+([-_./:][A-Za-z0-9]+)*")
_FEW = 50


class ColumnChoice(BaseModel):
    """What the user decided about a column; None leaves what was found. ``semantic=""`` clears it."""

    model_config = ConfigDict(frozen=True)

    kind: Kind | None = None
    role: Role | None = None
    semantic: str | None = None
    protect: bool | None = None


@dataclass(frozen=True)
class Cells:
    """One column on its way in: its words, what they parse to, and how the source held them."""

    name: str
    words: Words
    storage: Storage
    missing_token: str | None = None
    numbers: Parsed | None = None
    dates: Parsed | None = None
    fixed: Kind | None = None
    notes: tuple[str, ...] = ()

    @property
    def distinct(self) -> int:
        """Distinct values that are not missing."""
        return len(self.words.levels)

    def noted(self, *notes: str) -> Cells:
        """Return the cells with notes added."""
        return replace(self, notes=self.notes + tuple(note for note in notes if note))


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
    if text is None:
        text = raw.attrs.get("text", all(_is_text(raw[column]) for column in raw.columns))
    decimal = decimal or raw.attrs.get("decimal")
    choices = choices or {}
    if strangers := [key for key in choices if key not in {str(c) for c in raw.columns}]:
        raise ReadingError(f"There is no column '{strangers[0]}' in '{name}', so nothing can be chosen for it.")
    tokens = None if missing_tokens is None else frozenset(missing_tokens)
    series: dict[str, pd.Series] = {}
    columns = []
    for position, header in enumerate(raw.columns):
        cells = read_cells(str(header), raw.iloc[:, position], tokens, text=bool(text), decimal=decimal)
        column, values = settle(cells, choices.get(str(header), ColumnChoice()))
        columns.append(column)
        series[column.name] = values
    frame = pd.DataFrame(series, index=pd.RangeIndex(len(raw)))
    return Table(frame, tuple(columns), name)


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


# -- cells ------------------------------------------------------------------------------------------------------


def read_cells(
    name: str, values: pd.Series, tokens: frozenset[str] | None, *, text: bool, decimal: str | None
) -> Cells:
    """Return what the cells of one column hold, before its kind is settled."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categorical_cells(name, values, tokens)
    if pd.api.types.is_bool_dtype(dtype):
        return _boolean_cells(name, values)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _datetime_cells(name, values)
    if pd.api.types.is_timedelta64_dtype(dtype):
        seconds = values.dt.total_seconds()
        return _numeric_cells(name, seconds, "number").noted("Durations, read as seconds.")
    if pd.api.types.is_integer_dtype(dtype):
        return _numeric_cells(name, values, "integer")
    if pd.api.types.is_float_dtype(dtype):
        return _numeric_cells(name, values, "number")
    return _object_cells(name, values, tokens, text=text, decimal=decimal)


def _object_cells(
    name: str, values: pd.Series, tokens: frozenset[str] | None, *, text: bool, decimal: str | None
) -> Cells:
    found = pd.api.types.infer_dtype(values, skipna=True)
    if found in ("string", "empty"):
        array = np.asarray(values.astype(object).where(values.notna(), None), dtype=object)
        return _text_cells(name, Words.of(array), tokens, text=text, decimal=decimal)
    if found == "boolean":
        return _boolean_cells(name, values)
    if found in ("integer", "floating", "mixed-integer-float", "decimal"):
        whole = found == "integer" and all(abs(v) < 2**63 for v in values.dropna())
        if found == "integer" and not whole:
            return _text_cells(name, Words.of(_as_words(values)), tokens, text=False, decimal=".")
        plain = pd.to_numeric(values.map(lambda v: np.nan if v is None else v), errors="coerce")
        return _numeric_cells(name, values.astype("Int64") if whole else plain.astype(float), _number_storage(found))
    if found in ("datetime64", "datetime", "date"):
        dates = pd.to_datetime(values, errors="coerce", utc=_is_zoned(values))
        return _datetime_cells(name, dates, days=found == "date")
    nested = any(isinstance(v, (list, dict, tuple, set, np.ndarray)) for v in values.dropna().iloc[:1000])
    cells = _text_cells(name, Words.of(_as_words(values)), tokens, text=False, decimal=decimal)
    if nested:
        return replace(cells, fixed=Kind.TEXT).noted("Lists or records inside the cells; left out.")
    return cells.noted("Cells of several types, read as text.")


def _number_storage(found: str) -> Storage:
    return "integer" if found == "integer" else "number"


def _is_zoned(values: pd.Series) -> bool:
    return any(getattr(v, "tzinfo", None) is not None for v in values.dropna().iloc[:1000])


def _as_words(values: pd.Series) -> npt.NDArray[np.object_]:
    """Return cells of any type as words."""

    def word(value: Any) -> str | None:
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if isinstance(value, (list, tuple, dict, set)):
            return json.dumps(value if not isinstance(value, set) else sorted(value, key=str), default=str)
        if isinstance(value, bytes):
            return value.decode("utf-8", errors="replace")
        return None if pd.isna(value) else str(value)

    return np.array([word(value) for value in values] or [], dtype=object)


def _categorical_cells(name: str, values: pd.Series, tokens: frozenset[str] | None) -> Cells:
    levels = pd.Series(values.cat.categories)
    storage: Storage = "integer" if pd.api.types.is_integer_dtype(levels.dtype) else "string"
    names = np.array([str(level) for level in levels], dtype=object)
    words = Words.coded(np.asarray(values.cat.codes, dtype=np.int64), names).without(np.zeros(len(names), dtype=bool))
    words = words.without(words.counts == 0)
    gone = _missing_levels(stripped(words), tokens)
    return Cells(name, words.without(gone), storage, _token(words, gone, values), fixed=Kind.CATEGORY)


def _boolean_cells(name: str, values: pd.Series) -> Cells:
    array = np.array([None if pd.isna(v) else str(bool(v)) for v in values], dtype=object)
    return Cells(name, Words.of(array), "boolean", fixed=Kind.BOOLEAN)


def _datetime_cells(name: str, values: pd.Series, *, days: bool = False) -> Cells:
    notes = []
    if getattr(values.dt, "tz", None) is not None:
        notes.append(f"Times in {values.dt.tz}; the zone is dropped." if str(values.dt.tz) != "UTC" else "UTC times.")
        values = values.dt.tz_localize(None)
    codes, levels = pd.factorize(values.to_numpy(dtype="datetime64[ns]"))
    stamps = pd.DatetimeIndex(levels)
    words = Words.coded(np.asarray(codes, dtype=np.int64), np.asarray(stamps.astype(str), dtype=object))
    pattern = "%Y-%m-%d" if days else None
    dates = Parsed(stamps.to_numpy(), np.zeros(len(levels), dtype=bool), format=pattern)
    return Cells(name, words, "datetime", dates=dates, fixed=Kind.DATETIME, notes=tuple(notes))


def _numeric_cells(name: str, values: pd.Series, storage: Storage) -> Cells:
    whole = pd.api.types.is_integer_dtype(values.dtype)
    missing = values.isna().to_numpy()
    kept = values.to_numpy(dtype=np.float64, na_value=np.nan) if not whole else None
    notes = []
    if kept is not None and np.isinf(kept).any():
        notes.append(f"{int(np.isinf(kept).sum())} infinite cells, read as missing.")
        missing = missing | np.isinf(kept)
    array = values.to_numpy(dtype=np.int64, na_value=0) if whole else np.asarray(kept)
    codes, levels = pd.factorize(array)
    codes = np.where(missing, -1, codes).astype(np.int64)
    if not whole:
        whole = bool(len(levels)) and bool(np.all(levels == np.rint(levels))) and bool(np.all(np.abs(levels) < 2**53))
        whole = whole or not (~missing).any()
    names = np.array([str(int(v)) if whole and np.isfinite(v) else repr(float(v)) for v in levels], dtype=object)
    words = Words.coded(codes, names)
    empty = words.counts == 0
    numbers = Parsed(np.asarray(levels)[~empty], np.zeros(int((~empty).sum()), dtype=bool), whole=whole)
    return Cells(name, words.without(empty), storage, numbers=numbers, notes=tuple(notes))


def _text_cells(name: str, words: Words, tokens: frozenset[str] | None, *, text: bool, decimal: str | None) -> Cells:
    levels = stripped(words)
    empty = in_set(levels, {""})
    doubtful = in_set(levels, TOKENS | NUMERIC_TOKENS) if tokens is None else in_set(levels, tokens)
    rest = [level for level, gone in zip(levels, empty | doubtful, strict=True) if not gone]
    source = pd.Series(words.codes)
    if rest and not has_leading_zero(rest):
        numbers = parse_numbers(rest, decimal)
        if not numbers.odd.any():
            named_none = in_set(levels, NUMERIC_TOKENS) if tokens is None else np.zeros(len(levels), dtype=bool)
            if not named_none.any() or len(rest) >= 10:
                kept = words.without(empty | doubtful)
                storage: Storage = "string" if not text else "integer" if _plain(numbers) else "number"
                token = _token(words, empty | doubtful, source)
                return Cells(name, kept, storage, token, numbers=numbers).noted(numbers.note)
    dates = parse_dates(rest, dated=bool(_DATE_WORDS.intersection(header_words(name)))) if rest else None
    if dates is not None:
        kept = words.without(empty | doubtful)
        token = _token(words, empty | doubtful, source)
        return Cells(name, kept, "string", token, dates=dates).noted(dates.note)
    gone = _missing_levels(levels, tokens)
    kept = words.without(gone)
    cells = Cells(name, kept, "string", _token(words, gone, source))
    return cells.noted(_mixed(kept, decimal))


def _plain(numbers: Parsed) -> bool:
    return numbers.whole and not numbers.pointed


def _missing_levels(levels: list[str], tokens: frozenset[str] | None) -> npt.NDArray[np.bool_]:
    """Return which levels of a column of words stand for a missing cell."""
    if tokens is not None:
        return in_set(levels, tokens | {""})
    gone = in_set(levels, TOKENS | {""})
    rest = [level for level, is_gone in zip(levels, gone, strict=True) if not is_gone]
    if rest and all(not any(c.isalnum() for c in level) for level in rest):  # "+" and "-" are answers
        gone = in_set(levels, (TOKENS | {""}) - {"-", "--", "?"})
    if len(rest) > 10 and all(len(level) == 2 and level.isupper() for level in rest):  # NA is Namibia
        gone &= ~in_set(levels, {"NA"})
    return gone


def _token(words: Words, gone: npt.NDArray[np.bool_], source: pd.Series) -> str | None:
    """Return the word that most often stands for a missing cell; None for the empty cell and the true null."""
    nulls = int((words.codes < 0).sum())
    best, most = None, nulls
    for index in np.flatnonzero(gone):
        if words.counts[index] > most:
            best, most = str(words.levels[index]), int(words.counts[index])
    return best if best is not None and best.strip() != "" else None


def _mixed(words: Words, decimal: str | None) -> str:
    """Return a note when most cells are numbers and some are not."""
    levels = stripped(words)
    if len(levels) < 3 or has_leading_zero(levels):
        return ""
    numbers = parse_numbers(levels, decimal)
    odd = int(words.counts[numbers.odd].sum())
    if not 0 < odd <= 0.2 * words.present:
        return ""
    rows = ", ".join(str(row) for row in words.rows_of(numbers.odd))
    return (
        f"{odd:,} of {words.present:,} cells are not numbers (first in rows {rows}), so the column is read as words; "
        "choose the kind 'number' to read those cells as missing."
    )


# -- kinds ------------------------------------------------------------------------------------------------------


def settle(cells: Cells, choice: ColumnChoice) -> tuple[Column, pd.Series]:
    """Return the description and the canonical values of a column, the user's choice above what was found."""
    kind, note = guess_kind(cells)
    semantic = None if choice.semantic == "" else (choice.semantic or _semantic(cells, kind))
    if choice.kind is not None:
        kind, note = choice.kind, ("" if choice.kind is not kind else note)
    elif semantic is not None and semantic != "date_of_birth":
        kind = Kind.IDENTIFIER if _unique(cells) else Kind.TEXT
        note = ""
    if semantic is not None:
        note = f"Looks like {SEMANTICS.get(semantic, semantic)}: made anew, never learned. {note}".strip()
    values, lost = canonical(cells, kind)
    if lost:
        cells = cells.noted(f"{lost:,} cells do not fit the kind '{kind.value}' and are read as missing.")
    role = Role.DROP if kind is Kind.TEXT and semantic is None else Role.FEATURE
    storage = cells.storage
    if semantic is not None and kind in (Kind.IDENTIFIER, Kind.TEXT):
        storage = "string"  # a new phone number need not be digits
    pattern = cells.dates.format if cells.dates is not None and kind is Kind.DATETIME else None
    column = Column(
        name=cells.name, kind=kind, role=choice.role or role, nullable=bool(values.isna().any()), semantic=semantic,
        storage=storage, format=pattern, missing_token=cells.missing_token,
        protect=True if choice.protect is None else choice.protect, note=" ".join([*cells.notes, note]).strip(),
    )  # fmt: skip
    return column, values


def _semantic(cells: Cells, kind: Kind) -> str | None:
    if kind is Kind.DATETIME:
        return "date_of_birth" if from_header(cells.name) == "date_of_birth" else None
    if kind is Kind.BOOLEAN or cells.fixed is Kind.CATEGORY:
        return None
    if kind is Kind.NUMBER and cells.numbers is not None:
        return None
    sample = [word.strip() for word in cells.words.spread(400)]
    return detect(cells.name, sample, cells.distinct, cells.words.present)


def _unique(cells: Cells) -> bool:
    return cells.distinct == cells.words.present > 1


def guess_kind(cells: Cells) -> tuple[Kind, str]:
    """Return the kind of a column and, where it is not plain, why."""
    if cells.words.present == 0:
        return Kind.CATEGORY, "Every cell is missing."
    if cells.fixed is not None:
        return cells.fixed, ""
    if cells.dates is not None:
        return Kind.DATETIME, ""
    if frozenset(level.casefold() for level in stripped(cells.words)) in BOOLEAN_PAIRS and cells.distinct == 2:
        return Kind.BOOLEAN, ""
    found = _identity(cells)
    if found is not None:
        return found
    if cells.numbers is not None:
        return (Kind.INTEGER if cells.numbers.whole else Kind.NUMBER), ""
    return _word_kind(cells)


def _identity(cells: Cells) -> tuple[Kind, str] | None:
    """Return identifier or category for columns that name things, by header and by how often values repeat."""
    if cells.numbers is not None and not cells.numbers.whole:
        return None
    words = header_words(cells.name)
    ends = set(words[-1:] + words[:1])
    distinct, present = cells.distinct, cells.words.present
    sample = cells.words.spread(50)
    uuid = all(_UUID.fullmatch(word.strip()) for word in sample)
    named = bool(_ID_WORDS & ends) or uuid
    coded = bool(_CODE_WORDS & set(words[-1:])) or cells.name.lower().endswith(("code", "type", "class"))
    if distinct > 0.95 * present and present >= 3:
        if named or coded or _NUMBERING_WORDS & ends or _consecutive(cells):
            return Kind.IDENTIFIER, "Each row has its own value." if distinct == present else ""
        return None
    if named and cells.name.strip():
        if distinct <= _FEW or (present >= 10 * distinct and distinct <= 1000 and not uuid):
            return (Kind.CATEGORY, "A code, not a quantity.") if not uuid or distinct <= _FEW else None
        return Kind.IDENTIFIER, (
            f"Repeats: {distinct:,} different values. If it says who the row is about, choose the role 'entity'."
        )
    if coded and cells.numbers is not None and (distinct <= _FEW or words[-1:] == ["code"] or "icd" in words):
        return Kind.CATEGORY, "A code, not a quantity."
    return None


def _consecutive(cells: Cells) -> bool:
    """Whether the values are 1, 2, 3, ... in some order: row numbers."""
    if cells.numbers is None or cells.words.present < 50 or not _unique(cells):
        return False
    values = np.asarray(cells.numbers.values, dtype=np.float64)
    return bool(values.max() - values.min() == len(values) - 1 and values.min() in (0, 1))


def _word_kind(cells: Cells) -> tuple[Kind, str]:
    distinct, present = cells.distinct, cells.words.present
    sample = [word.strip() for word in cells.words.spread(300)]
    share = distinct / present
    if share > 0.95 and present >= 20 and all(_ID_LIKE.fullmatch(word) for word in sample):
        return Kind.IDENTIFIER, "Each row has its own value." if distinct == present else ""
    long = sum(len(word) > 40 and word.count(" ") >= 5 for word in sample) / len(sample)
    if distinct > 20 and share > 0.3 and long > 0.5:
        return Kind.TEXT, "Free text; left out."
    if (share > 0.5 and distinct > 100) or (share > 0.9 and present >= 20):
        return Kind.TEXT, "Almost every cell is different, so nothing can be learned from it; left out."
    return Kind.CATEGORY, ""


# -- canonical values -------------------------------------------------------------------------------------------


def canonical(cells: Cells, kind: Kind) -> tuple[pd.Series, int]:
    """Return the values in the canonical dtype of ``kind``, and how many cells became missing on the way."""
    if kind is Kind.DATETIME:
        parsed = cells.dates or parse_dates(stripped(cells.words), dated=True) or _loose_dates(cells)
        stamps = np.append(parsed.values.astype("datetime64[ns]"), np.datetime64("NaT"))[cells.words.codes]
        return pd.Series(stamps), int(np.isnat(stamps).sum()) - _missing(cells)
    if kind in (Kind.INTEGER, Kind.NUMBER):
        return _numeric(cells, kind)
    if cells.numbers is not None and cells.storage in ("number", "string") and cells.numbers.whole:
        names = np.array([str(int(v)) for v in cells.numbers.values] + [None], dtype=object)
        return pd.Series(take(names, cells.words.codes), dtype=object), 0
    return pd.Series(cells.words.values(), dtype=object), 0


def _missing(cells: Cells) -> int:
    return int((cells.words.codes < 0).sum())


def _numeric(cells: Cells, kind: Kind) -> tuple[pd.Series, int]:
    if cells.dates is not None:
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
