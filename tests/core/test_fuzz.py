"""Spoilt files and expressions: only a sentence comes out, soon. ``make fuzz`` does this for an hour."""

import json
import random
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.fuzz import Bench
from benchmarks.fuzz_targets import spoilt, table, targets
from synth_core.constraints.exchange import import_rules
from synth_core.constraints.expressions import parse_condition
from synth_core.errors import ConstraintError, ReadingError, SchemaError
from synth_core.project import create
from synth_core.reading import read_bytes
from synth_core.testdata.schema_files import schema_from_text

TARGETS = targets()


@pytest.mark.parametrize("name", list(TARGETS))
def test_what_is_sound_is_taken(name: str) -> None:
    for data in TARGETS[name].seeds[:1]:
        if name != "shares":  # takes shares or counts, never both
            TARGETS[name].work(data)


@pytest.mark.parametrize("name", list(TARGETS))
def test_only_a_sentence_comes_out_of_what_is_spoilt(name: str, tmp_path: Path) -> None:
    bench, rng = Bench(name, tmp_path), random.Random(name)
    for _ in range(60):
        bench.try_case(spoilt(bench.target, rng))
    assert not bench.found, (bench.found, list(tmp_path.glob("*.txt")))


def test_the_bench_itself_sees_what_goes_wrong(tmp_path: Path) -> None:
    bench = Bench("csv", tmp_path)

    def work(data: bytes) -> None:
        raise KeyError(data)

    bench.target = type(bench.target)(work, (b"",))
    bench.try_case(b"x")
    assert sum(bench.found.values()) == 1
    assert (next(iter(tmp_path.glob("csv-*.txt")))).read_text().startswith("KeyError")


# what the fuzzing found


@pytest.mark.parametrize("item", ["-'Ulm'", "-2020-01-01", '-"a"'])
def test_a_list_holds_no_negative_text(item: str) -> None:
    with pytest.raises(ConstraintError, match="a list holds values"):
        parse_condition(f"age in (1, {item})")


def test_filled_cells_of_one_column_are_told_in_words() -> None:
    said = parse_condition("count_filled(age) = 1").sentence()
    assert said == "the number of cells filled among age is 1"


def test_a_rule_whose_type_is_a_list_is_left_out_with_a_reason() -> None:
    found = import_rules('[{"type": ["name"]}, {"type": "not_null", "column": "name"}]', table())
    assert len(found.rules) == 1
    assert "Rule 1 of 2 was left out: A rule needs a 'type'" in found.notes[0]


@pytest.mark.parametrize("digits", ["9223372036854775808", "-9223372036854775809", "1" * 40, "9" * 5000])
def test_whole_numbers_beyond_64_bits_in_json_are_read_and_kept(digits: str) -> None:
    data = ("[" + ", ".join(f'{{"a": {n if n else digits}, "b": "x{n % 3}"}}' for n in range(30)) + "]").encode()
    reading = read_bytes(data, "long.json")
    assert str(reading.raw["a"][0]) == digits
    made = create("Long", reading, source=data, filename="long.json")
    assert made.set_choices({}).fingerprint == made.table.fingerprint


@pytest.mark.parametrize("column", ["a DECIMAL({}, 2)", "a INT CHECK (a BETWEEN 1 AND {})", "a VARCHAR({})"])
def test_endless_numbers_in_create_table_are_read_or_refused(column: str) -> None:
    with suppress(SchemaError):
        found = schema_from_text(f"CREATE TABLE t ({column.format('9' * 400)}, b INT)")
        assert [one.name for one in found.tables[0].columns] == ["a", "b"]


def test_half_a_pair_of_marks_is_no_text() -> None:
    data = json.dumps([{"a": "\ud800" if n == 3 else "x", "b": n} for n in range(12)]).encode()
    with pytest.raises(ReadingError, match="no text in Unicode"):
        read_bytes(data, "half.json")
