"""How a file is read: every guess filled in, with what it was drawn from, and correctable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.ui import theme
from synth_core.decoding import ENCODINGS
from synth_core.header_rows import LINE_OF_NAMES
from synth_core.reading import ReadOptions

GUESS = "Guess"
COLUMNWISE = "As each column shows"
DELIMITERS = {GUESS: None, "Comma ,": ",", "Semicolon ;": ";", "Tab": "\t", "Bar |": "|", "Space": " ", "Colon :": ":"}
QUOTES = {GUESS: None, 'Double "': '"', "Single '": "'", "None": ""}
DECIMALS = {COLUMNWISE: None, "Point 1.5": ".", "Comma 1,5": ","}
THOUSANDS = {
    COLUMNWISE: None,
    "None 1000": "",
    "Comma 1,000": ",",
    "Point 1.000": ".",
    "Space 1 000": " ",
    "Apostrophe 1'000": "'",
}
ORDERS = {COLUMNWISE: None, "Day first": "day", "Month first": "month", "Year first": "year"}
NAMES = {"A row of the file": True, "Nowhere: name columns by place": False}
CODES = {GUESS: None, **{title: name for name, title in ENCODINGS.items()}}
_ALIKE = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}
_BETWEEN = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces", ":": "colons"}
# said by the form, or of no weight
_PLAIN = re.compile(
    r"Cells are separated|Numbers have decimal|Numbers with a|A sample:|Two header rows|Records inside"
    r"|Sheet .* was read|[\d,]+ (line|row)s? above|[\d,]+ empty rows at the end"
)
_FIELDS = (
    # option, label, choices, help
    ("delimiter", "Between cells", DELIMITERS, None),
    ("quote", "Around cells", QUOTES, "Cells that hold the delimiter stand between two of these."),
    ("encoding", "Encoding", CODES, "How letters are stored. Choose another one if letters look wrong."),
    ("decimal", "Decimal sign", DECIMALS, None),
    ("thousands", "Between thousands", THOUSANDS, None),
    ("date_order", "Dates such as 03/04/2024", ORDERS, "Only for dates that can be read in two ways."),
)


def is_text(filename: str) -> bool:
    """Whether the name is that of a delimited text file, packed or not."""
    return any(part in filename.lower() for part in (".csv", ".tsv", ".txt"))


def sorted_notes(notes: list[str], evidence: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the notes that a person must see, and the plain ones; those under one of the guesses are left out."""
    said = " ".join(evidence.values()).lower()
    unsaid = [note for note in notes if note.removeprefix("Dates: ").rstrip(".").lower() not in said]
    plain = [note for note in unsaid if _PLAIN.match(note)]
    return [note for note in unsaid if note not in plain], plain


def in_short(used: ReadOptions, evidence: Mapping[str, str] | None = None) -> str:
    """Return how a file was read in a few words, as the end of a title: `` · semicolons · UTF-8 · names in line 1``."""
    parts = [] if used.delimiter is None else [_BETWEEN.get(used.delimiter, f"“{used.delimiter}” between cells")]
    if used.encoding:
        parts.append(ENCODINGS.get(_ALIKE.get(used.encoding, used.encoding), used.encoding))
    if used.sheet:
        parts.append(f"sheet “{used.sheet}”")
    if used.header is False:
        parts.append("no row of names")
    elif used.header_row is not None:
        line = (evidence or {}).get(LINE_OF_NAMES, f"{used.header_row + 1}")
        word = "line" if used.delimiter is not None else "row"
        parts.append(f"names in {word}{'s' if ' and ' in line else ''} {line}")
    if used.sample_rows:
        parts.append(f"a sample of {theme.count(used.sample_rows)} rows")
    return "".join(f" :gray[· {theme.plain(part)}]" for part in parts)


def reading_form(
    used: ReadOptions, sheets: list[str], filename: str, *, key: str, evidence: Mapping[str, str] | None = None
) -> ReadOptions | None:
    """Draw the form, filled with the options as used; return new options when it is sent, else None."""
    packed = filename.lower().endswith(".zip")
    excel = (bool(sheets) and not packed) or filename.lower().endswith((".xlsx", ".xlsm"))
    text = (is_text(filename) or used.delimiter is not None) and not excel
    changed: dict[str, Any] = {}
    said = evidence or {}
    with st.form(key, border=False):
        if not excel and not text:
            st.caption("This kind of file says itself how it is read.")
        with st.grid(min_column_width=200, gap="small"):
            if excel or sheets:
                changed["sheet"] = _sheet(used, sheets, key, said, "File in the archive" if packed else "Sheet")
            for option, label, choices, help in _FIELDS if text else ():
                changed[option] = _choice(option, label, choices, help, used, key, said)
            if excel or text:
                changed["header"] = _names(used, key, said)
                changed["header_row"] = _header(used, key, said)
            changed["sample_rows"] = _sample(used, key)
        if text:
            changed["skip_ragged"] = st.checkbox(
                "Leave out lines with more or fewer cells than the header", used.skip_ragged, key=f"{key}.ragged"
            )
        sent = st.form_submit_button("Read again", icon=":material/refresh:", key=f"{key}.send")
    return used.model_copy(update=changed) if sent else None


def _choice(
    option: str,
    label: str,
    choices: dict[str, str | None],
    help: str | None,
    used: ReadOptions,
    key: str,
    said: Mapping[str, str],
) -> str | None:
    value = getattr(used, option)
    value = _ALIKE.get(value, value) if option == "encoding" else value
    if value is not None and value not in choices.values():  # a mark given on the command line
        choices = {**choices, str(value): value}
    at = list(choices.values()).index(value)
    with st.container(gap="xxsmall"):
        chosen = choices[st.selectbox(label, list(choices), at, key=f"{key}.{option}", help=help)]
        _evidence(said, option)
    exact = getattr(used, option)
    return exact if option == "encoding" and chosen == value else chosen


def _evidence(said: Mapping[str, str], option: str) -> None:
    if sentence := said.get(option):
        st.caption(theme.plain(sentence))


def _sheet(used: ReadOptions, sheets: list[str], key: str, said: Mapping[str, str], label: str) -> str | None:
    at = sheets.index(used.sheet) if used.sheet in sheets else 0
    with st.container(gap="xxsmall"):
        sheet = st.selectbox(label, sheets or [GUESS], index=at, key=f"{key}.sheet")
        _evidence(said, "sheet")
    return None if sheet == GUESS else sheet


def _names(used: ReadOptions, key: str, said: Mapping[str, str]) -> bool:
    with st.container(gap="xxsmall"):
        places = list(NAMES)
        chosen = st.selectbox("Names of the columns", places, int(used.header is False), key=f"{key}.names")
        _evidence(said, "header")
    return NAMES[chosen]


def _header(used: ReadOptions, key: str, said: Mapping[str, str]) -> int:
    with st.container(gap="xxsmall"):
        row = st.number_input(
            "Table starts in row",
            1,
            100,
            (used.header_row or 0) + 1,
            key=f"{key}.header",
            help="The row with the names or, where there are none, the first row of data. "
            "Rows above it are skipped; lines without a cell do not count.",
        )
        _evidence(said, "header_row")
    return int(row) - 1


def _sample(used: ReadOptions, key: str) -> int | None:
    with st.container(gap="xxsmall"):
        rows = st.number_input(
            "Rows to read",
            1,
            None,
            used.sample_rows,
            step=10_000,
            placeholder="all",
            key=f"{key}.sample",
            help="A sample is drawn evenly over the file and is the same each time.",
        )
        st.caption("Empty: every row.")
    return int(rows) if rows else None
