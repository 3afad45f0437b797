"""The row of column names: which one it is, and whether there is one at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

LINE_OF_NAMES = "line of names"  # what was read: the evidence that says where the names stand in the file, as "3"
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?$")
_LOOKED_AT = 100  # rows below the first
_FEWEST = 4  # rows below the first, without which nothing is concluded


def names_by_place(columns: int) -> list[str]:
    """Return names for columns that have none: ``column_1``, ``column_2`` and so on."""
    return [f"column_{place}" for place in range(1, columns + 1)]


def guess_header_row(rows: list[list[str]]) -> int:
    """Return the first row that is not a title above the table (one cell where the rest have several).

    A row as wide as the rest with one filled cell is a row of names, some of which are blank, where data follow it.
    """
    widths = Counter(len(row) for row in rows)
    usual = max(widths.items(), key=lambda item: (item[1], item[0]))[0] if widths else 1
    if usual < 2:
        return 0
    for index, row in enumerate(rows[:20]):
        filled = sum(1 for cell in row if cell.strip())
        numbered = filled == 1 and len(row) == usual == 2 and not row[0].strip()  # row numbers have no name
        lone = filled == 1 and len(row) == usual and _are_data(rows[index + 1 : index + 1 + _LOOKED_AT])
        if filled > 1 or numbered or lone or (filled == 0 and len(row) == usual):
            return index if index <= 10 else 0
    return 0


def _are_data(rows: list[list[str]]) -> bool:
    """Whether the first of these rows has numbers where the others have, and so holds no names itself."""
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return False
    first, *below = [[bool(_NUMBER.match(cell.strip())) for cell in row] for row in rows]
    numbers = [cell.strip() for cell in rows[0] if _NUMBER.match(cell.strip())]
    years = all(cell.isdecimal() and 1800 <= int(cell) <= 2200 for cell in numbers)
    return bool(numbers) and not years and all(row == first for row in below[:10])


def lacks_names(rows: Sequence[Sequence[str]]) -> str:
    """Return what shows that the first of these rows is data like the others, in a sentence; ``""``: it holds names.

    A row of names has words above numbers, so a first row with a number in every column of numbers is data, unless
    these numbers are years or count the columns. In a table of words alone, it is data when nearly all of its cells
    are words of their column.
    """
    first, below = [cell.strip() for cell in rows[0]] if rows else [], rows[1 : 1 + _LOOKED_AT]
    below = [row for row in below if len(row) == len(first)]
    if len(below) < _FEWEST or not all(first):
        return ""
    columns = [[cell.strip() for cell in column] for column in zip(*below, strict=True)]
    numeric = [place for place, cells in enumerate(columns) if _are_numbers(cells)]
    words = [place for place in range(len(first)) if place not in numeric]
    again = [place for place in words if first[place] in columns[place]]
    if numeric:
        if not all(_NUMBER.match(first[place]) for place in numeric):
            return ""
        if _could_be_names([first[place] for place in numeric]) and not again:
            return ""
        return (
            f"The first row is like the others: it holds {_numbers(len(numeric))}, so columns are named by their place."
        )
    often = sorted(columns[place].count(first[place]) for place in words)
    if len(words) < 2 or len(again) < 0.9 * len(words) or often[len(often) // 2] < 0.05 * len(below):
        return ""
    return (
        f"The first row is like the others: {len(again)} of its {len(words)} words stand further down in their column "
        "too, so columns are named by their place."
    )


def _numbers(columns: int) -> str:
    return "a number above numbers" if columns == 1 else f"numbers in all {columns} columns of numbers"


def _are_numbers(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell and cell != "?"]
    return len(filled) >= _FEWEST and sum(bool(_NUMBER.match(cell)) for cell in filled) >= 0.9 * len(filled)


def _could_be_names(cells: list[str]) -> bool:
    """Whether these could be names: years, or columns that are numbered."""
    if not all(cell.isdecimal() for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    if len(numbers) == 1:
        return True
    numbered = {later - earlier for earlier, later in pairwise(numbers)} == {1}
    return numbered or (len(set(numbers)) == len(numbers) and all(1800 <= number <= 2200 for number in numbers))
