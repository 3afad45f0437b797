"""A large table, made and timed: 1,000,000 rows x 20 columns from the file to the Profile page.

    python -m benchmarks.large make FILE [--rows 1000000] [--columns 20]
    python -m benchmarks.large time FILE

``make`` writes a CSV of mixed kinds with missing cells (about 210 MB). ``time`` reads it as the app does - file, table,
project, facts of the Upload page, profile - and prints the seconds of every step and the peak memory of the process.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

WORDS = [
    "patient", "reports", "mild", "pain", "after", "long", "walk", "no", "fever", "seen", "today", "follow", "up", "in",
    "two", "weeks", "advised", "rest", "and", "water", "blood", "pressure", "stable", "dose", "unchanged", "family",
]  # fmt: skip
CITIES = [
    f"{name}{end}" for name in ("North", "South", "East", "West", "Old", "New") for end in ("ham", "ton", "field")
]


def _absent(values: pa.Array, share: float, rng: np.random.Generator) -> pa.Array:
    return pc.if_else(pa.array(rng.random(len(values)) < share), None, values)


def _moments(first: str, seconds: np.ndarray) -> pa.Array:
    return pa.array(np.datetime64(first, "s") + seconds.astype("timedelta64[s]"))


def _picked(words: list[str], shares: np.ndarray | None, rows: int, rng: np.random.Generator) -> pa.Array:
    codes = rng.choice(len(words), size=rows, p=shares).astype(np.int32)
    return pa.DictionaryArray.from_arrays(codes, words).cast(pa.string())


def part(first: int, rows: int, rng: np.random.Generator) -> pa.Table:
    """Return rows ``first`` .. of the table: 20 columns, every cell as the text that the file holds."""
    day = rng.integers(0, 3 * 365, rows)
    came = _moments("2021-01-01", day * 86400 + rng.integers(0, 86400, rows))
    age = np.clip(rng.normal(52, 19, rows), 0, 99).astype(int)
    income = np.round(rng.lognormal(10.2, 0.6, rows), 2)
    codes = [f"{letter}{number:02d}.{digit}" for letter in "ABCEIJKM" for number in range(40) for digit in range(4)]
    shares = rng.dirichlet(np.full(len(codes), 0.3))
    notes = [" ".join(rng.choice(WORDS, 7)) for _ in range(20_000)]
    other = pa.array(np.char.add(" case ", (first + rng.integers(0, 10 * rows, rows)).astype(str)))
    number = pa.array(np.arange(first, first + rows) + 10_000_000)
    ends = ["home", "transfer", "died", "left"]
    left = _moments("2021-01-01", (day + rng.geometric(0.2, rows)) * 86400)
    columns = {
        "record_id": pc.binary_join_element_wise("R", number.cast("string"), ""),
        "patient_nbr": pa.array(rng.integers(100_000, 300_000, rows)),
        "admitted": pc.strftime(came, format="%Y-%m-%d %H:%M:%S"),
        "birth_date": pc.strftime(_moments("1930-01-01", rng.integers(0, 33_000, rows) * 86400), format="%d.%m.%Y"),
        "sex": _picked(["female", "male", "other"], np.array([0.51, 0.47, 0.02]), rows, rng),
        "age": _absent(pa.array(age), 0.02, rng),
        "region": _picked([f"{i:02d}" for i in range(1, 17)], None, rows, rng),
        "city": _absent(_picked(CITIES, None, rows, rng), 0.04, rng),
        "icd_code": _picked(codes, shares, rows, rng),
        "insured": _picked(["yes", "no"], np.array([0.9, 0.1]), rows, rng),
        "income": _absent(pa.array(income), 0.12, rng),
        "weight_kg": _absent(pa.array(np.round(rng.normal(76, 15, rows), 1)), 0.3, rng),
        "glucose": pa.array(np.round(rng.gamma(9, 11, rows), 3)),
        "visits": pa.array(rng.poisson(2.3, rows)),
        "stay_days": _absent(pa.array(rng.geometric(0.2, rows)), 0.01, rng),
        "score": pa.array(rng.random(rows)),
        "status": _absent(_picked(ends, np.array([0.8, 0.14, 0.04, 0.02]), rows, rng), 0.05, rng),
        "discharged": _absent(pc.strftime(left, format="%Y-%m-%d"), 0.03, rng),
        "cost": pa.array(np.round(rng.lognormal(8, 1.1, rows), 2)),
        "note": pc.binary_join_element_wise(_picked(notes, None, rows, rng), other, ""),
    }  # fmt: skip
    return pa.table({name: pc.fill_null(column.cast(pa.string()), "") for name, column in columns.items()})


def make(path: Path, rows: int, columns: int = 20, seed: int = 7) -> None:
    """Write the table to ``path``; columns beyond 20 repeat the first 20 with other cells."""
    rng = np.random.default_rng(seed)
    with pa.OSFile(str(path), "wb") as sink:
        for first in range(0, rows, 100_000):
            count = min(100_000, rows - first)
            found = part(first, count, rng)
            for copy in range(1, -(-columns // 20)):
                more = part(first, count, rng)
                for name in more.column_names[: columns - 20 * copy]:
                    found = found.append_column(f"{name}_{copy + 1}", more.column(name))
            found = found.select(found.column_names[:columns])
            csv.write_csv(found, sink, csv.WriteOptions(include_header=first == 0, quoting_style="none"))


class Clock:
    """Seconds and peak memory after every step, printed as they come."""

    def __init__(self) -> None:
        self.at = self.start = time.perf_counter()
        self.worked = time.process_time()

    def lap(self, step: str) -> None:
        """Print the seconds since the last lap and the peak so far."""
        now = time.perf_counter()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        worked = time.process_time()
        print(f"{step:<40}{now - self.at:8.2f} s  {worked - self.worked:8.2f} s of work  peak {peak:7,.0f} MB")
        self.at, self.worked = time.perf_counter(), time.process_time()


def time_it(path: Path, *, profiled: bool = True) -> None:
    """Time every step from the file to the Profile page."""
    from pages.ui import cache
    from synth_core import project as projects
    from synth_core.profile import profile
    from synth_core.reading import ColumnChoice, read
    from synth_core.table import Kind, Role

    clock = Clock()
    reading = read(path)
    clock.lap("read (kinds included)")
    with tempfile.TemporaryDirectory() as home:
        os.environ["SIMILE_HOME"] = home
        made = projects.create("Large", reading, source=path, filename=path.name)
        clock.lap("project: create")
        del reading
        table = projects.open_project(made.id).table
        clock.lap("project: open the table")
        _ = table.fingerprint
        clock.lap("fingerprint")
        cache.facts.__wrapped__(table)
        clock.lap("Upload page: facts")
        made.set_choices({"status": ColumnChoice(role=Role.TARGET)})
        clock.lap("a changed role")
        made.set_choices({"visits": ColumnChoice(kind=Kind.CATEGORY)})
        clock.lap("a changed kind")
        if profiled:
            profile(table)
            clock.lap("profile, every row")
    print(f"{'together':<40}{time.perf_counter() - clock.start:8.2f} s")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("make", "time"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--no-profile", action="store_true")
    arguments = parser.parse_args()
    if arguments.what == "make":
        make(arguments.file, arguments.rows, arguments.columns)
    else:
        time_it(arguments.file, profiled=not arguments.no_profile)


if __name__ == "__main__":
    main()
