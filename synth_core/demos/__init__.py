"""Demo tables made by small simulations: nobody in them exists, and what is true about them is known."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from synth_core.demos import fraud, hospital, loans, orders
from synth_core.errors import InputError
from synth_core.reading import read, read_bytes
from synth_core.table import Role, Table, did_you_mean

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "demo"


@dataclass(frozen=True)
class Demo:
    """One demo table: what it is for, what is tricky in it, and what is known to be true.

    ``use``: a value of :class:`synth_core.recipe.Use`. ``truths``: sentences that hold for every row, or as said.
    """

    name: str
    title: str
    summary: str
    use: str
    rows: int
    columns: int
    tricky: str
    target: str | None
    sensitive: tuple[str, ...]
    truths: tuple[str, ...]
    seed: int
    simulate: Callable[[int], pd.DataFrame] = field(repr=False)


DEMOS: dict[str, Demo] = {
    demo.name: demo
    for demo in (
        Demo(
            "hospital", "Hospital stays",
            "12,000 patients: diagnoses, labs, drugs and whether they came back within 30 days.",
            "share", hospital.ROWS, len(hospital.COLUMNS),
            "Names and postcodes, labs missing for a reason, diagnoses that only one sex has, dates in order.",
            "readmitted", ("sex", "ethnicity", "age"), hospital.TRUTHS, 11, hospital.simulate,
        ),
        Demo(
            "fraud", "Card fraud",
            "50,200 card payments, of which 200 are fraud: too few to learn from without help.",
            "train", fraud.ROWS, len(fraud.COLUMNS),
            "One class in 250, heavy-tailed amounts, card numbers that repeat, distances missing for online payments.",
            "fraud", (), fraud.TRUTHS, 12, fraud.simulate,
        ),
        Demo(
            "loans", "Loans",
            "12,000 applications and the decisions made on them, one group under-served.",
            "explore", loans.ROWS, len(loans.COLUMNS),
            "Equal applicants decided unequally, scores missing more often in one group, a payment by formula.",
            "approved", ("group", "sex", "age"), loans.TRUTHS, 13, loans.simulate,
        ),
        Demo(
            "orders", "Shop orders",
            "12,000 orders with sums that add up to the cent, dates in order, and some dirt.",
            "develop", orders.ROWS, len(orders.COLUMNS),
            "Totals, order of dates, codes that fix category and price, e-mail addresses, odd casing and gaps.",
            None, (), orders.TRUTHS, 14, orders.simulate,
        ),
    )
}  # fmt: skip


def _demo(name: str) -> Demo:
    if name not in DEMOS:
        raise InputError(f"There is no demo '{name}'.{did_you_mean(name, list(DEMOS)).replace('columns', 'demos')}")
    return DEMOS[name]


def demo_path(name: str) -> Path:
    """Return the shipped file of a demo table (.csv.gz)."""
    return FOLDER / f"{_demo(name).name}.csv.gz"


def demo_csv(name: str, seed: int | None = None) -> bytes:
    """Return a demo table as CSV, simulated anew; with its own seed (None) it equals the shipped file."""
    demo = _demo(name)
    frame = demo.simulate(demo.seed if seed is None else seed)
    return frame.to_csv(index=False, lineterminator="\n").encode()


def demo_table(name: str, seed: int | None = None) -> Table:
    """Return a demo table as it is read from its file, target and sensitive columns set.

    ``seed``: None reads the shipped file; a number simulates another table of the same kind.
    """
    demo = _demo(name)
    if seed is None and demo_path(name).is_file():
        table = read(demo_path(name), name=demo.title).table
    else:
        table = read_bytes(demo_csv(name, seed), f"{name}.csv", name=demo.title).table
    roles = dict.fromkeys(demo.sensitive, Role.SENSITIVE)
    if demo.target is not None:
        roles[demo.target] = Role.TARGET
    return table.with_columns([table.column(n).model_copy(update={"role": role}) for n, role in roles.items()])


def write_demos(folder: Path = FOLDER) -> list[Path]:
    """Simulate every demo table with its own seed and write the shipped files; the same bytes each time."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in DEMOS:
        packed = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as stream:
            stream.write(demo_csv(name))
        paths.append(folder / f"{name}.csv.gz")
        paths[-1].write_bytes(packed.getvalue())
    return paths
