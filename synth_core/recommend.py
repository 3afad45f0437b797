"""Which engine suits a table and a use, with the reason; and which do not, and why."""

from __future__ import annotations

from dataclasses import dataclass

from synth_core.advice import Advice, Case, Engine, read
from synth_core.methods import methods
from synth_core.profile import Profile
from synth_core.recipe import Use
from synth_core.table import Column, Kind, Table

FEW_ROWS = 300
MANY_COLUMNS = 300
MANY_LEVELS = 200
NETWORKS = ("ctgan", "tvae", "diffusion")
LEVEL_EACH = ("ctgan", "tvae")  # networks with a column in memory per category
_LEARN_FEW = "a network needs more to learn from"


@dataclass(frozen=True)
class Assessment:
    """What is thought of one engine for one table.

    Attributes
    ----------
    method
        Its name in the registry.
    recommended
        Whether it is the one to take; exactly one is, unless none can run.
    reason
        Why it is recommended; "" otherwise.
    refused
        Why it is advised against, in a sentence; "" when nothing speaks against it. Advice, not a ban.
    """

    method: str
    recommended: bool = False
    reason: str = ""
    refused: str = ""


@dataclass(frozen=True)
class _Size:
    """What the rules below look at."""

    rows: int
    columns: list[Column]
    widest: str
    levels: int

    @classmethod
    def of(cls, table: Table) -> _Size:
        columns = table.having(learned=True)
        levels = {c.name: int(table.frame[c.name].nunique()) for c in columns if c.kind is Kind.CATEGORY}
        widest = max(levels, key=levels.__getitem__, default="")
        return cls(len(table), columns, widest, levels.get(widest, 0))

    @property
    def kinds(self) -> str:
        """The kinds in words."""
        numeric = sum(column.kind.numeric for column in self.columns)
        if numeric == len(self.columns):
            return "all numbers"
        return "all categories" if not numeric else "mixed kinds"


def assess(table: Table, use: Use) -> list[Assessment]:
    """Return one assessment per registered engine, the recommended one first, the refused ones last.

    Parameters
    ----------
    table
        The real table, with its kinds and roles.
    use
        What the synthetic table is for.
    """
    size = _Size.of(table)
    engines = methods()
    refused = {name: _refused(name, size) for name in engines}
    best, reason = _best(size, use)
    if best not in engines or engines[best].info.missing or refused[best]:
        usable = [name for name in engines if not refused[name] and not engines[name].info.missing]
        best, reason = (usable[0], "Nothing speaks against it for this table.") if usable else ("", "")
    found = [
        Assessment(name, name == best, reason if name == best else "", refused[name] if name != best else "")
        for name in engines
    ]
    return sorted(found, key=lambda one: (not one.recommended, bool(one.refused)))


def recommend(table: Table, use: Use) -> Assessment:
    """Return the assessment of the engine to take for this table and use."""
    return assess(table, use)[0]


def meaning(table: Table, profile: Profile, use: Use) -> list[Advice]:
    """Return what the profile means for this table and use, in sentences: the engine, the hard parts, what to do next.

    ``page`` of each names the page to go to; None where there is nothing to do.
    """
    engines, found = methods(), assess(table, use)
    best = found[0]
    spoken = next((one for one in found if one.refused), None)
    against = f"Not '{engines[spoken.method].info.title}': {spoken.refused}" if spoken is not None else ""
    return read(Case(table, profile, use, Engine(engines[best.method].info.title, best.reason, against)))


def _best(size: _Size, use: Use) -> tuple[str, str]:
    """Return the engine to take and why."""
    rows, columns = _plural("row", size.rows), _plural("column", len(size.columns))
    facts = f"{size.rows:,} {rows}, {len(size.columns)} learned {columns}, {size.kinds}"
    if len(size.columns) <= 1:
        return "independent", f"{facts}: there is nothing that could depend on anything else."
    if size.rows < FEW_ROWS:
        return "copula", f"{facts}: too few to cut into groups, so one smooth pattern is the safer guess."
    if len(size.columns) > MANY_COLUMNS:
        return "copula", f"{facts}: with so many columns, trees would take very long."
    ends = {
        Use.SHARE: "its defaults keep single people from showing through.",
        Use.TRAIN: "it keeps what a model needs to learn.",
        Use.EXPLORE: "it keeps shapes and relations of every kind.",
        Use.DEVELOP: "realistic rows within seconds.",
    }
    return "trees", f"{facts}: {ends[use]}"


def _refused(name: str, size: _Size) -> str:
    """Return why an engine is advised against for a table of this size, or ""."""
    if name in LEVEL_EACH and size.levels > MANY_LEVELS:
        return f"'{size.widest}' has {size.levels:,} categories; this engine needs a column in memory for each."
    if name in NETWORKS and size.rows < 1000:
        return f"{size.rows:,} rows are few: {_LEARN_FEW}."
    if name in ("trees", "bayesian_network") and len(size.columns) > MANY_COLUMNS:
        return f"{len(size.columns)} columns: its time grows with the square of their number."
    if name == "trees" and size.rows < FEW_ROWS:
        few = f"{size.rows:,} rows are" if size.rows != 1 else "1 row is"
        return f"{few} too few to be cut into groups of similar rows."
    return ""


def _plural(word: str, number: int) -> str:
    return word if number == 1 else f"{word}s"
