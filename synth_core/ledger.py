"""The ledger: which releases were made from the same real rows. Repeated looks leak, so each one is written down.

One JSON file, kept with the project (``releases.json``) or where ``simile run --ledger FILE`` says. It holds when, how
many rows, which engine and the hash of the rows; never a cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from synth_core.errors import InputError
from synth_core.partitions import files_of
from synth_core.whole_files import replace_whole


class Entry(BaseModel):
    """One release: rows that left the house.

    Attributes
    ----------
    table
        Fingerprint (sha256) of the real table that was learned from.
    sha256
        Of the released rows (Parquet): the same rows taken twice are one look.
    forms
        What was taken: "CSV", "Parquet", "Excel", "release pack".
    override
        Reason given where a gate failed; "" where none did.
    """

    model_config = ConfigDict(frozen=True)

    when: datetime
    table: str
    rows: int
    method: str
    seed: int
    sha256: str
    forms: tuple[str, ...] = ()
    override: str = ""


_ENTRIES = TypeAdapter(list[Entry])


def read_ledger(path: Path) -> list[Entry]:
    """Return the releases in a ledger, the first first; an empty list where there is no file yet.

    Raises
    ------
    InputError
        The file is not a ledger. It is never replaced by an empty one: what it held would be forgotten.
    """
    try:
        return _ENTRIES.validate_json(path.read_bytes())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(f"The ledger of releases {path.name} cannot be read: {error.strerror}.") from None
    except ValidationError:
        raise InputError(
            f"The ledger of releases {path.name} is damaged: a list of releases was expected. Restore it, or move it "
            "away; then earlier releases are not counted."
        ) from None


def write_down(path: Path, entry: Entry) -> list[Entry]:
    """Add a release to a ledger and return the ledger; rows that are in it already are not counted again."""
    known = read_ledger(path)
    same = next((at for at, one in enumerate(known) if (one.sha256, one.table) == (entry.sha256, entry.table)), None)
    if same is None:
        known.append(entry)
    else:
        old = known[same]
        forms = tuple(dict.fromkeys((*old.forms, *entry.forms)))
        known[same] = old.model_copy(update={"forms": forms, "override": old.override or entry.override})
    replace_whole(path, lambda building: building.write_bytes(_ENTRIES.dump_json(known, indent=1)))
    return known


def released_rows(entries: Sequence[Entry]) -> int:
    """Return how many synthetic rows are out, all releases together."""
    return sum(entry.rows for entry in entries)


def entry_of(
    release: Path, *, table: str, rows: int, method: str, seed: int, forms: Sequence[str], override: str = ""
) -> Entry:
    """Return the entry of a release: a Parquet file, or a folder of parts."""
    return Entry(
        when=datetime.now(UTC).replace(microsecond=0),
        table=table,
        rows=rows,
        method=method,
        seed=seed,
        sha256=rows_hash(release),
        forms=tuple(forms),
        override=override.strip(),
    )


def rows_hash(release: Path) -> str:
    """Return the sha256 of the rows of a release; of a folder, the sha256 of its parts' hashes in their order."""
    hashes = [file_hash(file) for file in files_of(release)]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def file_hash(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
