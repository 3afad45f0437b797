"""Test data: rows for testing software, from a schema alone or from this project's table, with edge cases."""

import streamlit as st

from pages.ui import identity, parts, state, test_data_edges, test_data_output, test_data_source
from synth_core.testdata.making import Order
from synth_core.testdata.schema import MOST_ROWS

parts.page_head(
    "Test data",
    "Rows for testing software: any number, with edge cases that are tagged, as files or straight into a database. "
    "No real row is masked or copied.",
)


def typed(key: str) -> None:
    """Take the number of rows from the hand."""
    if not state.stale("test_data.rows", key):
        state.put("test_data.rows_wish", int(state.get(key, 1)))


def how_many(usual: int, keyless: bool) -> tuple[int, int, str]:
    """Draw rows, seed and key phrase, and return them."""
    with st.container(border=True, key="test_data_rows"):
        st.markdown("**How many, and which keys**")
        with st.grid(min_column_width=200, gap="small"):
            if state.get("test_data.rows_of", 0) != usual:  # another schema, or other rows in it
                state.put("test_data.rows_of", usual)
                state.put("test_data.rows_wish", usual)
            key = state.shown("test_data.rows", state.get("test_data.rows_wish", usual))
            rows = st.number_input(
                "Rows", 1, MOST_ROWS, step=1_000, key=key, on_change=typed, args=(key,),
                help="Ordinary rows of the last table; tables before it grow in proportion. Rows are written in parts, "
                "so that memory stays flat.",
            )  # fmt: skip
            seed = st.number_input(
                "Seed", 0, 2**32 - 1, 0, key="test_data.seed", persist_state="session",
                help="The same seed gives the same rows. Row 17 has the same keys, however many rows are made.",
            )  # fmt: skip
            phrase = None if keyless else st.text_input(
                "Key phrase (optional)", key="test_data.phrase", type="password", autocomplete="off",
                help="For a schema alone: keys and personal data come from it by a keyed hash (HMAC). The same phrase "
                "gives the same keys again; it is not kept.",
            )  # fmt: skip
    return int(rows), int(seed), phrase or ""


with parts.guarded("This page cannot be shown"):
    source = test_data_source.choose(state.project())
    if source is not None:
        several = source.schema is not None and len(source.schema.tables) > 1
        rows, seed, phrase = how_many(
            source.schema.tables[-1].rows if source.schema is not None else 1_000, source.schema is None
        )
        edges, column = test_data_edges.choose(source)
        test_data_edges.preview(source, rows, seed, phrase, edges, column)
        target = test_data_output.choose(several)
        order = Order(
            schema_text=source.text,
            owner=identity.owner(),
            project=source.project.id if source.project is not None else "",
            recipe=source.recipe,
            rows=rows,
            seed=seed,
            edges=edges,
            case_column=column,
            form=target.form,
            url=target.url,
            table=target.table,
            if_exists=target.if_exists,
        )
        test_data_output.button(order, target, phrase)
    test_data_output.result()

if state.project() is not None:
    parts.step_footer("constraints", None, ready=False)
