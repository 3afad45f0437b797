# ruff: noqa: E501 - tables of words
"""Measure how well personal data is found: precision and recall per locale, with and without telling headers.

    python -m benchmarks.personal [--rows 1000] [--seeds 3] [--json COLUMNS.json]

SIMILE_TABLES is a folder with public tables (synthea_1k/patients.csv, ...); without it only made tables are measured.

What counts is written down here, before measuring. Per made table: the columns of ``truth`` are personal, with that
kind; every column of ``harmless`` is not. A column counts as found when it is flagged as any kind of personal data
(precision and recall are of that), and "kind" is the share of found columns whose kind is also right. Towns, states,
countries, jobs and employers are not personal data by this definition, dates other than of birth are not either.

Names are held out: a random half of all first and family names of every locale (by the name, so that a name held out is
held out in each locale) is taken away from the detector before measuring. The same table is also measured with the whole
lists, which is a closed circle, and with names that are all held out, which is harder than life.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.personal_tables import HEADERS, harmless, people
from synth_core.inference import table_from_frame
from synth_core.semantics import names
from synth_core.table import Column

LOCALES = ("en_US", "de_DE", "fr_FR", "es_ES", "nl_NL", "it_IT", "ja_JP", "en_GB", "pl_PL", "pt_BR", "sv_SE")
BAR_LOCALES = LOCALES[:5]

TELLING = {
    "card_number": "credit_card_number", "full_address": "address", "surname_first": "customer_name",
    "national_id": "national_id", "document_number": "passport_number", "street_address": "street",
}  # fmt: skip
# Told by nobody without a header: they look like any other code. Recall without headers is given with and without them.
NOT_TELLABLE = ("house_number", "licence_plate", "document_number")


@dataclass
class Count:
    """Found, wrongly flagged and missed columns, and how many found ones have the right kind."""

    found: int = 0
    wrong: int = 0
    missed: int = 0
    kind: int = 0
    safe: int = 0
    untold: int = 0

    def add(self, column: Column, truth: str | None) -> None:
        said = column.semantic
        self.safe += truth is not None and not column.learned
        self.untold += said is None and truth in NOT_TELLABLE
        self.found += said is not None and truth is not None
        self.wrong += said is not None and truth is None
        self.missed += said is None and truth is not None
        self.kind += said is not None and said == truth

    def row(self) -> str:
        precision = self.found / max(self.found + self.wrong, 1)
        recall = self.found / max(self.found + self.missed, 1)
        kind = self.kind / max(self.found, 1)
        personal = max(self.found + self.missed, 1)
        told = self.found / max(personal - self.untold, 1)
        return f"{personal} | {precision:.3f} | {recall:.3f} | {told:.3f} | {kind:.3f} | {self.safe / personal:.3f}"


def renamed(frame: pd.DataFrame, how: str, locale: str) -> pd.DataFrame:
    """Return the frame with telling, foreign or meaningless headers."""
    if how == "meaningless":
        return frame.set_axis([f"column_{i}" for i in range(len(frame.columns))], axis=1)
    words = HEADERS.get(locale, {}) if how == "foreign" else {}
    return frame.rename(columns=TELLING | words)


def said_of(frame: pd.DataFrame) -> list[Column]:
    """Return what the product says of each column, as it reads a text file."""
    return list(table_from_frame(frame, text=True).columns)


def held_out(name: str) -> bool:
    """Whether a name is in the half that the detector does not know."""
    return zlib.crc32(("held out" + name).encode()) % 2 == 0


def only_half() -> names.Lists:
    """Return the word lists without the held-out names."""
    whole = names.lists()
    return names.Lists(
        frozenset(n for n in whole.first if not held_out(n)),
        frozenset(n for n in whole.last if not held_out(n)),
        whole.other,
    )


def lists_as(lists: names.Lists) -> None:
    """Let the detector know these names only."""
    names.lists = lambda: lists  # type: ignore[assignment]


def measured(locale: str, how: str, options: argparse.Namespace, unknown: bool = False) -> tuple[Count, list[str]]:
    """Return the count over the made tables of a locale, and the columns that came out false."""
    count, false = Count(), []
    for seed in range(options.seeds):
        made = people(locale, options.rows, seed, held_out if unknown else None)
        frame = pd.concat([made.frame, harmless(locale, options.rows, seed)], axis=1)
        for name, column in zip(frame.columns, said_of(renamed(frame, how, locale)), strict=True):
            truth, said = made.truth.get(name), column.semantic
            count.add(column, truth)
            if said != truth and f"{name}: {said}" not in false:
                false.append(f"{name}: {said}")
    return count, false


# -- public tables ----------------------------------------------------------------------------------------------

PUBLIC = {
    "synthea_1k/patients.csv": {
        "SSN": "national_id", "DRIVERS": "document_number", "PASSPORT": "document_number", "FIRST": "first_name", "LAST": "last_name",
        "MAIDEN": "last_name", "ADDRESS": "street_address", "ZIP": "postcode", "BIRTHDATE": "date_of_birth"},
    "synthea_111/patients.csv": {
        "SSN": "national_id", "DRIVERS": "document_number", "PASSPORT": "document_number", "FIRST": "first_name", "LAST": "last_name",
        "MAIDEN": "last_name", "ADDRESS": "street_address", "ZIP": "postcode", "BIRTHDATE": "date_of_birth", "LAT": "location",
        "LON": "location"},
    "synthea_111/providers.csv": {"NAME": "person_name", "ADDRESS": "street_address", "ZIP": "postcode", "LAT": "location", "LON": "location"},
    "synthea_111/organizations.csv": {"ADDRESS": "street_address", "ZIP": "postcode", "PHONE": "phone", "LAT": "location", "LON": "location"},
    "synthea_111/payer_transitions.csv": {"OWNER_NAME": "person_name"},
}  # fmt: skip


def public(folder: Path) -> Iterator[tuple[str, pd.DataFrame, dict[str, str]]]:
    """Yield the public tables: those of ``PUBLIC`` with their truth, all others as tables without personal data."""
    for path in sorted(folder.glob("*/*.csv*")):
        name = str(path.relative_to(folder))
        if path.name.endswith((".csv", ".csv.gz")):
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
            yield name, frame, PUBLIC.get(name, {})


def public_rows(folder: Path) -> None:
    """Print the counts of the public tables, with their headers and without."""
    for how in ("telling", "meaningless"):
        total, personal = Count(), Count()
        for name, frame, truth in public(folder):
            false, seen = [], Count()
            read = said_of(renamed(frame, how, "") if how == "meaningless" else frame)
            for column, found in zip(frame.columns, read, strict=True):
                if not frame[column].notna().any():
                    continue
                for count in (seen, total, *([personal] if name == "synthea_1k/patients.csv" else [])):
                    count.add(found, truth.get(column))
                if found.semantic != truth.get(column):
                    false.append(f"{column}: {found.semantic}")
            if truth or false:
                print(f"| {name} | {how} | {seen.row()} | {'; '.join(false) or '-'} |")
        print(f"| all {sum(1 for _ in public(folder))} public tables | {how} | {total.row()} | |")


def main() -> None:
    """Print the tables of benchmarks/personal.md."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--lists", choices=("half", "whole", "unknown"), default="half")
    parser.add_argument("--locales", nargs="*", default=list(LOCALES))
    parser.add_argument("--dump", type=Path, help="write the made columns and their truth here, for another detector")
    options = parser.parse_args()
    if options.dump:
        dump(options)
        return
    if options.lists != "whole":
        lists_as(only_half())
    print(
        "| locale | headers | personal columns | precision | recall | recall of the tellable | kind right | not learned | false |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    began, tables = time.perf_counter(), 0
    for how in ("telling", "foreign", "meaningless"):
        all_of = Count()
        for locale in options.locales:
            if how == "foreign" and locale not in HEADERS:
                continue
            count, false = measured(locale, how, options, options.lists == "unknown")
            tables += options.seeds
            if locale in BAR_LOCALES:
                for field in ("found", "wrong", "missed", "kind", "safe", "untold"):
                    setattr(all_of, field, getattr(all_of, field) + getattr(count, field))
            print(f"| {locale} | {how} | {count.row()} | {'; '.join(false) or '-'} |", flush=True)
        print(f"| **five locales** | {how} | {all_of.row()} | |")
    print(f"{(time.perf_counter() - began) / max(tables, 1):.2f} s a table, making it included")
    if os.environ.get("SIMILE_TABLES"):
        public_rows(Path(os.environ["SIMILE_TABLES"]))


def dump(options: argparse.Namespace) -> None:
    """Write columns with their truth: {"table", "column", "truth", "values"} a line."""
    with options.dump.open("w", encoding="utf-8") as file:
        for locale in options.locales:
            made = people(locale, options.rows, 0)
            frame = pd.concat([made.frame, harmless(locale, options.rows, 0)], axis=1)
            for name in frame:
                record = {
                    "table": locale,
                    "column": name,
                    "truth": made.truth.get(str(name)),
                    "values": frame[name].tolist(),
                }
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        for name, frame, truth in public(Path(os.environ["SIMILE_TABLES"])) if os.environ.get("SIMILE_TABLES") else ():
            if name in PUBLIC:
                for column in frame:
                    values = frame[column].dropna().unique()[: options.rows].tolist()
                    record = {"table": name, "column": column, "truth": truth.get(column), "values": values}
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
