"""Text that looks like a number with an exponent of many digits, which ends the process where pandas parses it."""

import numpy as np
import pyarrow as pa
import pytest

from synth_core.constraints.values import quantity
from synth_core.offers import missing_offers
from synth_core.reading import read_bytes
from synth_core.table import Kind
from synth_core.values import Marks, Texts, parse_numbers

HASHES = ["4343e62739138102", "1e99999", "4343E-62739138102", "1,5e999999", "1.000e999999", "9" * 400]


@pytest.mark.parametrize("marks", [Marks(), Marks(",", ".")])
@pytest.mark.parametrize("arrow", [False, True])
@pytest.mark.parametrize("words", [HASHES, [*HASHES, "1", "2.5"], HASHES[:1], HASHES[:1] + ["1 000"] * 9])
def test_text_like_a_number_with_an_endless_exponent_is_no_number(words: list[str], arrow: bool, marks: Marks) -> None:
    found = parse_numbers(Texts(pa.array(words)) if arrow else words, marks)
    assert found.odd[[i for i, word in enumerate(words) if "e" in word.lower()]].all()


def test_hashes_like_numbers_stay_words_from_file_to_offers() -> None:
    rows = b"".join(b"%d,4343e627391381%02d\n" % (i, i % 7) for i in range(60))
    table = read_bytes(b"n,hash\n" + rows, "a.csv").table
    assert table.column("hash").kind is Kind.CATEGORY
    assert missing_offers(table) == []
    assert np.isnan(quantity(table.frame["hash"])).all()
