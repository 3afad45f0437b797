"""A table that is written and read again has the same kinds and the same cells, however its source wrote them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_core.reading import read, read_bytes
from synth_core.table import Table
from synth_core.writing import write_table

N = 120
_rng = np.random.default_rng(5)
_days = pd.date_range("2021-03-01 00:07", periods=N, freq="101h")
PATTERNS = (
    "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%m/%d/%Y", "%d.%m.%Y", "%d-%b-%Y", "%d/%m/%y", "%m/%d/%Y %I:%M %p", "%b %Y",
    "%Y-%m", "%Y%m%d",
)  # fmt: skip
_AMOUNTS = [f"{value:,.2f}" for value in _rng.normal(300, 900, N)]


def some(cells: list[str], word: str) -> list[str]:
    return [word if place % 9 == 0 else cell for place, cell in enumerate(cells)]


def clock(form: str) -> list[str]:
    return [form.format(h=h, m=m, s=s) for h, m, s in _rng.integers(0, [24, 60, 60], (N, 3))]


COLUMNS = {
    "dollars": [f"-${amount[1:]}" if amount[0] == "-" else f"${amount}" for amount in _AMOUNTS],
    "brackets": [f"(${-value})" if value < 0 else f"${value}" for value in _rng.integers(-500, 900, N)],
    "euros": [f"{amount} EUR" for amount in _AMOUNTS],
    "percent": [f"{value:.1f}%" for value in _rng.uniform(-9, 100, N)],
    "weight": [f"{value:.1f} kg" for value in _rng.uniform(40, 120, N)],
    "hours": clock("{h:02d}:{m:02d}"), "short_hours": clock("{h}:{m:02d}"), "seconds": clock("{h:02d}:{m:02d}:{s:02d}"),
    **{f"date {number}": list(_days.strftime(pattern)) for number, pattern in enumerate(PATTERNS)},
    "date with holes": some(list(_days.strftime("%d.%m.%Y")), "NA"),
    "number": [f"{value:.3f}" for value in _rng.normal(size=N)],
    "number with -200": some([f"{value:.1f}" for value in _rng.normal(5, 1, N)], "-200"),
    "number with None": some([f"{value:.1f}" for value in _rng.normal(5, 1, N)], "None"),
    "count with ?": some([str(value) for value in _rng.integers(0, 99, N)], "?"),
    "answer": list(_rng.choice(["J", "N"], N)), "answer with holes": some(list(_rng.choice(["J", "N"], N)), ""),
    "flag": list(_rng.choice(["0", "1"], N)), "code": list(_rng.choice(["007", "012", "100"], N)),
}  # fmt: skip
_SWAPPED = str.maketrans(".,", ",.")


@cache
def source(decimal: str) -> Table:
    cells = COLUMNS
    if decimal == ",":
        amounts = ("dollars", "euros", "percent", "weight", "number")
        cells = {
            name: [cell.translate(_SWAPPED) for cell in column] if name.startswith(amounts) else column
            for name, column in COLUMNS.items()
        }
    text = pd.DataFrame(cells).to_csv(index=False, sep=";" if decimal == "," else ",")
    return read_bytes(text.encode(), "source.csv").table


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_what_is_written_is_read_alike(tmp_path: Path, decimal: str, suffix: str) -> None:
    table = source(decimal)
    back = read(write_table(table, tmp_path / f"back.{suffix}")).table
    assert {c.name: (c.kind, c.role, c.semantic) for c in back.columns} == {
        c.name: (c.kind, c.role, c.semantic) for c in table.columns
    }
    differing = [
        name for name in table.names
        if back.frame[name].astype(object).where(back.frame[name].notna(), None).tolist()
        != table.frame[name].astype(object).where(table.frame[name].notna(), None).tolist()
    ]  # fmt: skip
    assert differing == []


@pytest.mark.parametrize("decimal", [".", ","])
def test_units_clocks_and_dates_are_written_letter_by_letter_as_they_were(tmp_path: Path, decimal: str) -> None:
    table = source(decimal)
    back = pd.read_csv(write_table(table, tmp_path / "back.csv"), dtype=str, keep_default_na=False)
    names = [column.name for column in table.columns if column.format is not None]
    assert len(names) >= 8 + len(PATTERNS)
    cells = {name: COLUMNS[name] for name in names}
    if decimal == ",":
        cells |= {n: [c.translate(_SWAPPED) for c in cells[n]] for n in ("dollars", "euros", "percent", "weight")}
    assert [name for name in names if back[name].tolist() != cells[name]] == []
