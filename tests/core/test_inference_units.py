"""Numbers with a unit, clocks, months and dates in numbers: read as such, and written back as they were."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_core.date_patterns import dates_written, has_clock
from synth_core.inference import ColumnChoice, table_from_frame
from synth_core.table import Kind
from synth_core.units import NumberFormat, parse_units, read_written, written, written_like
from synth_core.writing import from_arrow, to_arrow

N = 60

WRITTEN = {
    "dollars": ("$1,234.50", "$#,##0.00", Kind.NUMBER, [f"${1000 + i * 37.5:,.2f}" for i in range(N)]),
    "euros behind": ("1.234,50 EUR", "#.##0,00 EUR", Kind.NUMBER, [f"{i}.234,50 EUR" for i in range(1, N)]),
    "thousands of euros": ("1.500 €", "#.##0 €", Kind.INTEGER, [f"{i}.500 €" for i in range(1, N)]),
    "crowns": ("1 200 kr", "# ##0 kr", Kind.INTEGER, [f"{i} 200 kr" for i in range(1, N)]),
    "per cent": ("12.5%", "0.0%", Kind.NUMBER, [f"{i / 2:.1f}%" for i in range(N)]),
    "per cent as needed": ("12%", "0.#%", Kind.NUMBER, [f"{i / 2:g}%" for i in range(N)]),
    "in brackets": ("($5.00)", "$0.00;(", Kind.INTEGER, [f"(${i}.00)" if i % 3 else f"${i}.00" for i in range(8)]),
    "sign inside": ("€ -5", "€ 0;-", Kind.INTEGER, [f"€ {i - 9}" for i in range(N)]),
    "sign before": ("-$5", "$0", Kind.INTEGER, [f"-${i}" if i % 2 else f"${i}" for i in range(1, N)]),
    "kilograms": ("75 kg", "0 kg", Kind.INTEGER, [f"{50 + i} kg" for i in range(N)]),
    "cubic": ("1248 CC", "0 CC", Kind.INTEGER, [f"{1000 + i} CC" for i in range(N)]),
    "hours and minutes": ("07:30", "[hh]:mm", Kind.INTEGER, [f"{i // 4 + 1:02d}:{i % 4 * 15:02d}" for i in range(N)]),
    "half a day": (
        "2:05 PM", "[h]:mm AM/PM", Kind.INTEGER, [f"{i % 12 + 1}:{i % 60:02d} {'AP'[i // 30]}M" for i in range(N)],
    ),
    "half a day, seconds": (
        "02:05:00pm", "[hh]:mm:ssam/pm", Kind.INTEGER, [f"{i % 12 + 1:02d}:{i:02d}:07{'ap'[i % 2]}m" for i in range(N)],
    ),
    "half a day, points": (
        "2:05 p.m.", "[h]:mm a.m./p.m.", Kind.INTEGER, [f"{i % 12 + 1}:{i:02d} {'ap'[i % 2]}.m." for i in range(N)],
    ),
    "long runs": ("101:05:00", "[h]:mm:ss", Kind.INTEGER, [f"{i + 5}:05:{i:02d}" for i in range(N)]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRITTEN)
def test_numbers_with_a_unit_are_numbers_and_come_back_as_they_were(case: str) -> None:
    _, pattern, kind, cells = WRITTEN[case]
    table = table_from_frame(pd.DataFrame({"v": cells}), text=True)
    column = table.columns[0]
    assert (column.kind, column.storage, column.format) == (kind, "string", pattern)
    arrow = to_arrow(table.frame, table.columns)
    assert arrow.column("v").to_pylist() == cells
    pd.testing.assert_frame_equal(from_arrow(arrow, table.columns), table.frame)


def test_values_are_in_the_unit_written() -> None:
    def first(*cells: str) -> float:
        parsed = parse_units([*cells, cells[0], cells[0]])
        assert parsed is not None
        return float(parsed.values[0])

    assert first("$1,234.50") == 1234.5
    assert first("1.234,50 EUR") == 1234.5
    assert first("12,5 %") == 12.5
    assert first("(5.00)") == -5.0
    clocks = parse_units([f"{i // 60:02d}:{i % 60:02d}" for i in range(90)])
    assert clocks is not None
    assert clocks.values[75] == 75


def test_twelve_is_the_first_hour_of_both_halves_of_the_day() -> None:
    cells = [f"{i % 12 + 1}:{i % 60:02d} {half}" for i in range(60) for half in ("AM", "PM")]
    parsed = parse_units([*cells, "12:00 AM", "12:30 PM", "11:59 PM"])
    assert parsed is not None
    assert parsed.values[-3:].tolist() == [0, 750, 1439]
    assert written(pa.array([0.0, 750.0, 1439.0, 1500.0, -3.0]), "[h]:mm AM/PM").to_pylist() == [
        "12:00 AM", "12:30 PM", "11:59 PM", "11:59 PM", "12:00 AM",
    ]  # fmt: skip


NO_NUMBERS = {
    "codes": [f"A{i}" for i in range(11, 40)],
    "two answers": ["36 months", "60 months", "36 months"],
    "ages in words": ["7 years", "6 years", "new"],
    "ranges": ["1-2", "3-4", "5-6"],
    "addresses": ["10.0.3.1", "10.0.3.2", "10.0.3.4"],
    "two units": ["5 kg", "6 lb", "7 kg"],
    "a timetable": [f"{i % 24:02d}:00" for i in range(24)],
    "a timetable of half days": [f"{i % 12 + 1}:00 {'AP'[i // 12]}M" for i in range(24)],
    "two ways to write noon": [f"{i % 12 + 1}:{i:02d} {('PM', 'pm')[i % 2]}" for i in range(60)],
    "broken thousands": ["$1,23.00", "$12.00", "$7.00"],
}


@pytest.mark.parametrize("case", NO_NUMBERS)
def test_what_only_looks_like_it_stays_words(case: str) -> None:
    assert parse_units(NO_NUMBERS[case]) is None


def test_missing_words_among_amounts_are_missing() -> None:
    cells = ["?" if i % 9 == 0 else f"${i}.50" for i in range(N)]
    table = table_from_frame(pd.DataFrame({"v": cells}), text=True)
    assert table.columns[0].missing_token == "?"
    assert to_arrow(table.frame, table.columns).column("v").to_pylist() == cells


def test_amounts_can_be_kept_as_words() -> None:
    cells = [f"${i}.50" for i in range(N)]
    table = table_from_frame(pd.DataFrame({"v": cells}), choices={"v": ColumnChoice(kind=Kind.CATEGORY)}, text=True)
    assert table.frame["v"].tolist() == cells
    assert table.columns[0].format is None


@given(
    value=st.decimals(-(10**9), 10**9, places=2).map(float),
    pattern=st.sampled_from(["$#,##0.00", "#.##0,00 €", "0.##%", "# ##0.00 kr;(", "CHF #'##0.00;-"]),
)
def test_every_amount_written_is_read_again(value: float, pattern: str) -> None:
    texts = written(pa.array([value], type=pa.float64()), pattern)
    assert read_written(texts, pattern)[0].as_py() == pytest.approx(value, abs=1e-6)


def test_a_pattern_says_what_it_reads() -> None:
    for _, pattern, _, _ in WRITTEN.values():
        assert pattern.startswith("[") or str(NumberFormat.of(pattern)) == pattern
    patterns = ("$#,##0.00", "[hh]:mm", "[h]:mm AM/PM", "%d/%m/%Y", "%Y-Q%q", "@excel", None)
    assert [written_like(p) for p in patterns] == [
        "$1,234.50", "02:05", "2:05 AM", "31/12/2026", "2026-Q4", "46022 (a day's number)", "",
    ]  # fmt: skip


DATED = {
    "packed, the header says so": ("order_date", [20240101 + i % 28 for i in range(N)], "%Y%m%d", "2024-01-01"),
    "packed, by the calendar": ("v", [20240101 + i % 28 for i in range(N)], "%Y%m%d", "2024-01-01"),
    "months": ("month", [202001 + i % 12 for i in range(N)], "%Y%m", "2020-01-01"),
    "spreadsheet days": ("Invoice Date", [45000 + i for i in range(N)], "@excel", "2023-03-15"),
    "seconds": ("timestamp", [1700000000 + i * 60 for i in range(N)], "@s", "2023-11-14 22:13:20"),
    "milliseconds": ("created", [1700000000000 + i * 60 for i in range(N)], "@ms", "2023-11-14 22:13:20"),
}


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("case", DATED)
def test_dates_in_numbers_are_dates_and_come_back_as_numbers(case: str, text: bool) -> None:
    name, numbers, pattern, first = DATED[case]
    cells: list[object] = [str(number) for number in numbers] if text else list(numbers)
    table = table_from_frame(pd.DataFrame({name: cells}), text=text)
    column = table.columns[0]
    assert (column.kind, column.storage, column.format) == (Kind.DATETIME, "integer", pattern)
    assert table.frame[name].iloc[0] == pd.Timestamp(first)
    arrow = to_arrow(table.frame, table.columns)
    assert arrow.column(name).to_pylist() == numbers
    pd.testing.assert_frame_equal(from_arrow(arrow, table.columns), table.frame)


NO_DATES = {
    "amounts of that size": ("amount", [20240101 + i * 100 for i in range(N)]),
    "serials under no date": ("population", [45000 + i for i in range(N)]),
    "numbers of a day": ("day", [1 + i % 28 for i in range(N)]),
    "long keys": ("value", [1700000000 + i * 7919 for i in range(N)]),
}


@pytest.mark.parametrize("case", NO_DATES)
def test_other_numbers_stay_numbers(case: str) -> None:
    name, numbers = NO_DATES[case]
    assert table_from_frame(pd.DataFrame({name: numbers})).columns[0].kind is Kind.INTEGER


def test_a_date_in_numbers_can_be_a_number_again() -> None:
    raw = pd.DataFrame({"order_date": [20240101 + i % 28 for i in range(N)]})
    table = table_from_frame(raw, choices={"order_date": ColumnChoice(kind=Kind.INTEGER)})
    assert table.frame["order_date"].iloc[0] == 20240101
    assert to_arrow(table.frame, table.columns).column(0)[0].as_py() == 20240101


@pytest.mark.parametrize("cell", ["2024-03", "03/2024", "Mar 2024", "Mar-24", "March 2024"])
def test_months_are_dates_and_come_back_as_months(cell: str) -> None:
    cells = [cell] * 5
    table = table_from_frame(pd.DataFrame({"v": cells, "w": np.arange(5)}).astype(str), text=True)
    assert table.frame["v"].iloc[0] == pd.Timestamp("2024-03-01")
    assert to_arrow(table.frame, table.columns).column("v").to_pylist() == cells


@pytest.mark.parametrize("cell", ["2023Q3", "2023q3", "2023-Q3", "2023 Q3", "Q3 2023", "Q3-2023", "Q3/2023", "Q32023"])
def test_quarters_are_dates_and_come_back_as_quarters(cell: str) -> None:
    cells = [cell.replace("Q3", f"Q{quarter}").replace("q3", f"q{quarter}") for quarter in range(1, 5)]
    table = table_from_frame(pd.DataFrame({"v": cells, "w": np.arange(4)}).astype(str), text=True)
    assert table.frame["v"].dt.month.tolist() == [1, 4, 7, 10]
    assert set(table.frame["v"].dt.year) == {2023}
    arrow = to_arrow(table.frame, table.columns)
    assert arrow.column("v").to_pylist() == cells
    pd.testing.assert_frame_equal(from_arrow(arrow, table.columns), table.frame)


@pytest.mark.parametrize("cells", [["2023Q1", "2023Q5", "2023Q2"], ["Q1", "Q2", "Q3"], ["2023Q1", "Q2 2023", "2023Q3"]])
def test_what_is_no_quarter_of_a_year_stays_words(cells: list[str]) -> None:
    assert table_from_frame(pd.DataFrame({"v": cells * 9}), text=True).columns[0].kind is Kind.CATEGORY


@pytest.mark.parametrize(
    "pattern",
    [
        "%-m/%-d/%Y",
        "%-m/%-d/%Y %-I:%M %p",
        "%m/%d/%Y %I:%M %P",
        "%-d.%-m.%Y %H:%M",
        "%m/%d/%Y %I:%M%p",
        "%d-%b-%Y %-I:%M %p",
    ],
)
def test_dates_are_written_as_the_source_does_zeros_and_halves_of_the_day_too(pattern: str) -> None:
    moments = pd.date_range("2024-03-04 10:30", periods=N, freq="2927min")
    cells = [
        str(text) for text in dates_written(pa.array(moments.to_numpy(dtype="datetime64[us]")), pattern).to_pylist()
    ]
    table = table_from_frame(pd.DataFrame({"v": cells}), text=True)
    assert (table.columns[0].kind, table.columns[0].format) == (Kind.DATETIME, pattern)
    arrow = to_arrow(table.frame, table.columns)
    assert arrow.column("v").to_pylist() == cells
    pd.testing.assert_frame_equal(from_arrow(arrow, table.columns), table.frame)
    if has_clock(pattern):
        assert table.frame["v"].tolist() == moments.tolist()
