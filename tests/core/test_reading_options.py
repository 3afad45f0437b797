"""Guesses about a text file are drawn from whole columns, say so, and can be corrected."""

import csv
import gzip
from itertools import cycle, islice

import pytest

from synth_core.delimited import guess_delimiter
from synth_core.errors import RaggedError, ReadingError, TooLargeError
from synth_core.reading import Reading, ReadOptions, read_bytes
from synth_core.table import Kind


def column(name: str, cells: list[str], *more: str) -> bytes:
    """Return a CSV of one quoted column and a counter."""
    return "\n".join([f'{name},"n"', *(f'"{cell}",{i}' for i, cell in enumerate([*cells, *more]))]).encode()


def said(reading: Reading) -> str:
    return " ".join(reading.notes)


# -- dates ------------------------------------------------------------------------------------------------------

EITHER = ["03/04/2021", "05/06/2021", "01/02/2021", "07/08/2020", "02/11/2022"]


@pytest.mark.parametrize(("last", "first"), [("25/12/2020", "day"), ("12/25/2020", "month")])
def test_one_date_at_the_end_of_a_long_column_decides_the_order(last: str, first: str) -> None:
    cells = list(islice(cycle(EITHER), 5000))
    reading = read_bytes(column("seen", cells, last), "t.csv")
    assert reading.options.date_order == first
    dates = reading.table.frame["seen"]
    assert (dates.iloc[0].day, dates.iloc[0].month) == ((3, 4) if first == "day" else (4, 3))
    assert "above 12" in reading.evidence["date_order"]
    assert "'seen'" in said(reading)


def test_dates_that_show_no_order_follow_the_other_columns_of_the_file() -> None:
    rows = "\n".join(f"{a},{b}" for a, b in zip(EITHER, ["25/12/2020"] * 5, strict=True))
    us = "\n".join(f"{a},{b}" for a, b in zip(EITHER, ["12/25/2020"] * 5, strict=True))
    assert read_bytes(f"a,b\n{rows}".encode(), "t.csv").table.frame["a"][0].day == 3
    assert read_bytes(f"a,b\n{us}".encode(), "t.csv").table.frame["a"][0].day == 4


def test_the_order_of_dates_can_be_chosen() -> None:
    data = column("seen", EITHER)
    assert read_bytes(data, "t.csv", ReadOptions(date_order="day")).table.frame["seen"][0].month == 4
    assert read_bytes(data, "t.csv", ReadOptions(date_order="month")).table.frame["seen"][0].month == 3
    short = column("seen_date", ["24/03/05", "24/03/06", "24/03/07"])
    assert read_bytes(short, "t.csv", ReadOptions(date_order="year")).table.frame["seen_date"][0].year == 2024


def test_a_column_with_both_orders_says_so() -> None:
    reading = read_bytes(column("seen", ["25/12/2020", "12/25/2020", *EITHER]), "t.csv")
    assert "both orders" in said(reading)


def test_times_of_several_zones_become_utc_and_say_so() -> None:
    cells = ["2024-03-30T10:00:00+01:00", "2024-03-31T10:00:00+02:00", "2024-04-01T10:00:00+02:00"]
    table = read_bytes(column("at", cells), "t.csv").table
    assert [str(v) for v in table.frame["at"][:2]] == ["2024-03-30 09:00:00", "2024-03-31 08:00:00"]
    assert "UTC" in table.column("at").note


def test_times_of_which_some_have_a_zone_are_read_and_counted() -> None:
    cells = ["2024-03-30 10:00:00+01:00", "2024-03-31 10:00:00", "2024-04-01 10:00:00 UTC"]
    table = read_bytes(column("at", cells), "t.csv").table
    assert [v.hour for v in table.frame["at"]] == [9, 10, 10]
    assert "1 of 3 different times have no time zone" in table.column("at").note


def test_one_zone_keeps_the_local_time() -> None:
    table = read_bytes(column("at", ["2024-03-30T10:00:00+05:00", "2024-03-31T11:30:00+05:00"]), "t.csv").table
    assert [v.hour for v in table.frame["at"]] == [10, 11]


# -- numbers ----------------------------------------------------------------------------------------------------

NUMBERS = {
    "decimal comma": (["1,5", "2,25", "3,125"], [1.5, 2.25, 3.125]),
    "comma groups": (["1,500", "12,250", "3,125"], [1500, 12250, 3125]),
    "both": (["1,500.5", "12,250.25", "3.5"], [1500.5, 12250.25, 3.5]),
    "german": (["1.500,5", "12.250,25", "3,5"], [1500.5, 12250.25, 3.5]),
    "spaces": (["1 500", "12 250", "3 125"], [1500, 12250, 3125]),
    "swiss": (["1'500.5", "12'250.0", "3'125.25"], [1500.5, 12250.0, 3125.25]),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_marks_in_numbers_are_found(name: str) -> None:
    cells, values = NUMBERS[name]
    reading = read_bytes(column("v", cells), "t.csv")
    assert reading.table.frame["v"].tolist() == values
    assert "'v'" in reading.evidence["decimal"] + reading.evidence["thousands"]


def test_points_before_three_digits_among_semicolons_are_thousands_and_said() -> None:
    thousands = read_bytes(b"a;b\n1.000;x\n12.500;y\n250;z\n", "t.csv")
    assert thousands.table.frame["a"].tolist() == [1000, 12500, 250]
    assert "Three digits after every point in 'a': taken for thousands" in said(thousands)
    chosen = read_bytes(b"a;b\n1.000;x\n12.500;y\n250;z\n", "t.csv", ReadOptions(decimal="."))
    assert chosen.table.frame["a"].tolist() == [1.0, 12.5, 250.0]
    for data in (b"a;b\n1.000;2.5\n12.500;3.5\n", b"a;b\n0.125;x\n12.500;y\n", b"a,b\n1.000,x\n12.500,y\n"):
        assert read_bytes(data, "t.csv").table.frame["a"][1] == 12.5


def test_a_mark_chosen_by_hand_wins_over_the_guess() -> None:
    data = column("v", ["1,500", "12,250", "3,125"])
    assert read_bytes(data, "t.csv", ReadOptions(decimal=",")).table.frame["v"].tolist() == [1.5, 12.25, 3.125]
    points = column("v", ["1.500", "12.250", "3.125"])
    assert read_bytes(points, "t.csv").table.frame["v"].tolist() == [1.5, 12.25, 3.125]
    assert read_bytes(points, "t.csv", ReadOptions(thousands=".")).table.frame["v"].tolist() == [1500, 12250, 3125]


def test_columns_that_differ_are_read_each_its_own_way() -> None:
    rows = "\n".join(f'"{i},5",{i}.25' for i in range(20))
    reading = read_bytes(f"a,b\n{rows}".encode(), "t.csv")
    assert reading.table.frame.iloc[3].tolist() == [3.5, 3.25]
    assert reading.options.decimal is None
    assert "its own way" in said(reading)


@pytest.mark.parametrize("options", [{"decimal": ";"}, {"thousands": "x"}, {"quote": "''"}, {"sample_rows": 0}])
def test_an_option_that_cannot_be_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ReadingError):
        read_bytes(b"a,b\n1,2\n3,4\n", "t.csv", ReadOptions(**options))


def test_one_mark_for_two_things_is_refused() -> None:
    with pytest.raises(ReadingError, match="both before decimals"):
        read_bytes(b"a,b\n1,2\n", "t.csv", ReadOptions(decimal=",", thousands=","))


# -- shape ------------------------------------------------------------------------------------------------------


def test_decimal_commas_do_not_pass_for_the_delimiter() -> None:
    assert guess_delimiter("a;b;c\n1,5;2,5;3,5\n1,6;2,6;3,6\n") == ";"


def test_apostrophes_around_cells_are_found_and_can_be_switched_off() -> None:
    data = b"a,b\n'x, y','1'\n'z','2'\n'it','3'\n"
    reading = read_bytes(data, "t.csv")
    assert (reading.options.quote, reading.table.frame["a"].tolist()) == ("'", ["x, y", "z", "it"])
    plain = read_bytes(b'a,b\n"x,1\ny",2\nz,3\n', "t.csv", ReadOptions(quote=""))
    assert plain.table.frame["a"].tolist() == ['"x', 'y"', "z"]


def test_quotes_escaped_by_a_backslash_are_read_and_said() -> None:
    found = read_bytes(
        rb"""a,b
"He said \"hi, you\", ok",1
"C:\\dir",2
"\"",3
""",
        "t.csv",
    )
    assert found.raw["a"].tolist() == ['He said "hi, you", ok', "C:\\dir", '"']
    assert 'Quotes inside cells are written \\"' in said(found)


@pytest.mark.parametrize("cell", [r'"C:\dir\"', r'"5\"" pipe"', r"5\" pipe", r'"a ""b"" \\c"', r'"x","y\"'])
def test_a_backslash_before_a_closing_quote_is_a_backslash(cell: str) -> None:
    found = read_bytes(f"a,b\n{cell}{'' if ',' in cell else ',1'}\nz,2\n".encode(), "t.csv")
    assert found.raw.iloc[0].tolist() == next(csv.reader([cell if "," in cell else cell + ",1"]))
    assert "Quotes inside" not in said(found)


def test_ragged_lines_are_counted_and_can_be_left_out() -> None:
    data = b"a,b\n" + b"1,2\n" * 5 + b"1,2,3\n4\n" + b"5,6\n"
    with pytest.raises(RaggedError, match=r"line 7: 3 cells, but the header has 2 \(2 lines differ\)"):
        read_bytes(data, "t.csv")
    reading = read_bytes(data, "t.csv", ReadOptions(skip_ragged=True))
    assert reading.table.frame["a"].tolist() == [1, 1, 1, 1, 1, 5]
    assert "Left out: 2 lines" in said(reading)


def test_the_rows_of_odd_cells_are_named() -> None:
    cells = [str(i % 50) for i in range(400)]
    cells[6] = cells[17] = cells[300] = "abc"
    table = read_bytes(column("v", cells), "t.csv").table
    assert "rows 7, 18, 301" in table.column("v").note


# -- samples ----------------------------------------------------------------------------------------------------


def counted(rows: int) -> bytes:
    return b"a,b\n" + b"".join(b"%d,%d\n" % (i, i % 7) for i in range(rows))


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_a_sample_is_even_in_order_and_the_same_each_time(name: str) -> None:
    data = gzip.compress(counted(20_000)) if name.endswith(".gz") else counted(20_000)
    first, again = (read_bytes(data, name, ReadOptions(sample_rows=500)) for _ in range(2))
    places = first.raw["a"].astype(int)
    assert first.table.fingerprint == again.table.fingerprint
    assert len(places) == 500
    assert places.is_monotonic_increasing
    assert 8_500 < places.mean() < 11_500
    assert "500 of 20,000 rows" in said(first)


def test_a_sample_larger_than_the_table_is_the_table() -> None:
    reading = read_bytes(counted(50), "t.csv", ReadOptions(sample_rows=500))
    assert len(reading.table) == 50
    assert "sample" not in said(reading)


def test_a_file_over_the_limit_offers_a_sample() -> None:
    with pytest.raises(TooLargeError, match="read a sample"):
        read_bytes(counted(20_000), "t.csv", limit_mb=0.01)


# -- encodings --------------------------------------------------------------------------------------------------

TEXTS = {
    "cp1252": "Müller,l’été,Øre,5 €",
    "latin-1": "José,Peña,São João,Conceição",
    "cp437": "Müller,Straße,Größe,Élan",
    "mac-roman": "Müller,Straße,Größe,Élan",
    "cp1250": "Łódź,Gdańsk,źdźbło,żółć",
    "cp1251": "Иванов,Москва,проверка,данных",
    "koi8-r": "Иванов,Москва,проверка,данных",
    "shift-jis": "山田太郎,東京都,これは,テスト",
    "gb18030": "张三丰,北京市,这是测试,数据表",
    "utf-16": "Müller,Straße,Größe,Élan",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_an_encoding_is_known_by_its_letters(encoding: str) -> None:
    text = "a,b,c,d\n" + (TEXTS[encoding] + "\n") * 5
    reading = read_bytes(text.encode(encoding), "t.csv")
    assert reading.raw.iloc[0].tolist() == TEXTS[encoding].split(",")
    assert reading.evidence["encoding"]


@pytest.mark.parametrize("encoding", TEXTS)
def test_an_encoding_can_be_chosen(encoding: str) -> None:
    text = "a,b,c,d\n" + TEXTS[encoding] + "\n1,2,3,4\n"
    reading = read_bytes(text.encode(encoding), "t.csv", ReadOptions(encoding=encoding))
    assert reading.raw.iloc[0].tolist() == TEXTS[encoding].split(",")


# -- bad files --------------------------------------------------------------------------------------------------


def test_a_zero_byte_far_down_names_its_line() -> None:
    with pytest.raises(ReadingError, match="line 5,002: a zero byte"):
        read_bytes(b"a,b\n" + b"1,x\n" * 5000 + b"2,\0\n3,y\n", "t.csv")


def test_a_quote_that_swallows_a_large_file_names_its_line() -> None:
    with pytest.raises(ReadingError, match="line 50002: a quote is opened and never closed"):
        read_bytes(b"a,b\n" + b"1,x\n" * 50_000 + b'2,"oops\n' + b"3,y\n" * 3_000_000, "t.csv")


def test_a_cell_larger_than_a_block_is_read() -> None:
    table = read_bytes(b'a,b\n1,"' + b"x" * 20_000_000 + b'"\n2,y\n', "t.csv").table
    assert [len(cell) for cell in table.frame["b"]] == [20_000_000, 1]


def test_many_columns_are_read() -> None:
    header = ",".join(f"c{i}" for i in range(300))
    rows = "\n".join(",".join(str((i * j) % 97) for i in range(300)) for j in range(30))
    table = read_bytes(f"{header}\n{rows}".encode(), "t.csv").table
    assert table.frame.shape == (30, 300)
    assert table.column("c299").kind in (Kind.INTEGER, Kind.IDENTIFIER, Kind.CATEGORY)
