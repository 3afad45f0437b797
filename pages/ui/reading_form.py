"""How a file is read: delimiter, encoding, decimal sign, sheet and header row."""

from __future__ import annotations

import streamlit as st

from synth_core.reading import ReadOptions

GUESS = "Guess"
DELIMITERS = {GUESS: None, "Comma ,": ",", "Semicolon ;": ";", "Tab": "\t", "Bar |": "|", "Space": " "}
ENCODINGS = {GUESS: None, "UTF-8": "utf-8", "Western (Windows)": "cp1252", "Latin-1": "latin-1", "UTF-16": "utf-16"}
DECIMALS = {GUESS: None, "Point 1.5": ".", "Comma 1,5": ","}


def _at(choices: dict[str, str | None], value: str | None) -> int:
    values = list(choices.values())
    return values.index(value) if value in values else 0


def reading_form(used: ReadOptions, sheets: list[str], filename: str, *, key: str) -> ReadOptions | None:
    """Draw the form, filled with the options as used; return new options when it is sent, else None."""
    name = filename.lower()
    excel = bool(sheets) or name.endswith(".xlsx")
    text = any(part in name for part in (".csv", ".tsv", ".txt"))
    if not excel and not text:
        st.caption("This kind of file says itself how it is read; there is nothing to choose.")
        return None
    with st.form(key, border=False):
        with st.grid(min_column_width=170, gap="small"):
            sheet = delimiter = encoding = decimal = None
            if excel:
                at = sheets.index(used.sheet) if used.sheet in sheets else 0
                sheet = st.selectbox("Sheet", sheets or [GUESS], index=at, key=f"{key}.sheet")
            else:
                delimiter = DELIMITERS[
                    st.selectbox(
                        "Between cells", list(DELIMITERS), _at(DELIMITERS, used.delimiter), key=f"{key}.delimiter"
                    )
                ]
                encoding = ENCODINGS[
                    st.selectbox("Encoding", list(ENCODINGS), _at(ENCODINGS, used.encoding), key=f"{key}.encoding")
                ]
                decimal = DECIMALS[
                    st.selectbox("Decimal sign", list(DECIMALS), _at(DECIMALS, used.decimal), key=f"{key}.decimal")
                ]
            header = st.number_input(
                "Header in row",
                1,
                100,
                (used.header_row or 0) + 1,
                key=f"{key}.header",
                help="Rows above it are skipped.",
            )
        sent = st.form_submit_button("Read again", icon=":material/refresh:", key=f"{key}.send")
    if not sent:
        return None
    return ReadOptions(
        delimiter=delimiter,
        encoding=encoding,
        decimal=decimal,
        sheet=sheet if sheet != GUESS else None,
        header_row=int(header) - 1,
        missing_tokens=used.missing_tokens,
    )
