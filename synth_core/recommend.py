"""Which engine suits a table, a use, a time and a machine, with the reason; and which do not, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from synth_core.advice import Advice, Case, Engine, read
from synth_core.machine import Machine, this_machine
from synth_core.methods import methods
from synth_core.needs import LEVEL_EACH, gigabytes, needed
from synth_core.profile import Profile
from synth_core.recipe import AUTO, Recipe, Use
from synth_core.table import Column, Kind, Table

FEW_ROWS = 300
MANY_COLUMNS = 300
MANY_LEVELS = 200
SLOW_ROWS = 100_000
EMPTY = 0.05
NETWORKS = ("ctgan", "tvae", "diffusion")
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

    table: Table
    rows: int
    columns: list[Column]
    all_levels: dict[str, int]
    widest: str
    levels: int
    empty: float

    @classmethod
    def of(cls, table: Table) -> _Size:
        columns = table.having(learned=True)
        levels = {c.name: int(table.frame[c.name].nunique()) for c in columns if c.kind is Kind.CATEGORY}
        widest = max(levels, key=levels.__getitem__, default="")
        names = [column.name for column in columns]
        empty = float(table.frame[names].isna().to_numpy().mean()) if names and len(table) else 0.0
        return cls(table, len(table), columns, levels, widest, levels.get(widest, 0), empty)

    @property
    def kinds(self) -> str:
        """The kinds in words."""
        if not self.columns:
            return "nothing to learn from"
        numeric = sum(column.kind.numeric for column in self.columns)
        if numeric == len(self.columns):
            return "all numbers"
        return "all categories" if not numeric else "mixed kinds"

    @property
    def facts(self) -> str:
        """What the table is, in words."""
        rows, columns = _plural("row", self.rows), _plural("column", len(self.columns))
        words = f"{self.rows:,} {rows}, {len(self.columns)} learned {columns}, {self.kinds}"
        return words + (f", {self.empty * 100:.0f} % of the cells empty" if self.empty >= EMPTY else "")


def assess(
    table: Table,
    use: Use,
    *,
    minutes: float = 0.0,
    expected: Mapping[str, float] | None = None,
    machine: Machine | None = None,
) -> list[Assessment]:
    """Return one assessment per registered engine, the recommended one first, the refused ones last.

    Parameters
    ----------
    table
        The real table, with its kinds and roles.
    use
        What the synthetic table is for.
    minutes
        Time that there is; 0: as long as it takes.
    expected
        Seconds that engines are expected to take, as far as that was found out.
    machine
        Cores, memory and graphics card; this machine's when not given.
    """
    size, machine = _Size.of(table), machine or this_machine()
    engines = methods()
    refused = {name: _refused(name, size, use, machine) for name in engines}
    fit = {name for name in engines if not refused[name] and not engines[name].info.missing}
    for name, seconds in (expected or {}).items():
        if minutes and seconds > 60 * minutes and not refused.get(name):
            refused[name] = f"it would take about {_spoken(seconds)}, and you have {_spoken(60 * minutes)}."
    usable = [name for name in engines if not refused[name] and not engines[name].info.missing]
    ranked = [*_ranked(size, use), *((name, "Nothing speaks against it for this table.") for name in usable)]
    # a network does not stand in where a light engine takes too long
    best, reason = next((o for o in ranked if o[0] in usable and not (minutes and o[0] in NETWORKS)), ("", ""))
    timed = {name: seconds for name, seconds in (expected or {}).items() if name in fit and seconds < float("inf")}
    if not best and timed:
        best = min(timed, key=timed.__getitem__)
        reason = f"{size.facts}: no engine is expected to fit the time that you have; this one is the quickest."
    if best and minutes and best in (expected or {}):
        reason += f" It takes about {_spoken((expected or {})[best])} of the {_spoken(60 * minutes)} that you have."
    found = [
        Assessment(name, name == best, reason if name == best else "", refused[name] if name != best else "")
        for name in engines
    ]
    return sorted(found, key=lambda one: (not one.recommended, bool(one.refused)))


def recommend(table: Table, use: Use) -> Assessment:
    """Return the assessment of the engine to take for this table and use."""
    return assess(table, use)[0]


def with_engine(table: Table, recipe: Recipe, found: list[Assessment] | None = None) -> Recipe:
    """Return the recipe with the recommended engine in the place of ``auto``, and the reason; others as they are."""
    if recipe.method != AUTO:
        return recipe
    best = (found or assess(table, recipe.use))[0]
    return recipe.model_copy(update={"method": best.method, "reason": best.reason})


def meaning(table: Table, profile: Profile, use: Use) -> list[Advice]:
    """Return what the profile means for this table and use, in sentences: the engine, the hard parts, what to do next.

    ``page`` of each names the page to go to; None where there is nothing to do.
    """
    engines, found = methods(), assess(table, use)
    best = found[0]
    spoken = next((one for one in found if one.refused), None)
    against = f"Not '{engines[spoken.method].info.title}': {spoken.refused}" if spoken is not None else ""
    return read(Case(table, profile, use, Engine(engines[best.method].info.title, best.reason, against)))


def _ranked(size: _Size, use: Use) -> list[tuple[str, str]]:
    """Return engines with why, the first choice first."""
    if not size.columns:
        first = ("independent", f"{size.facts}: choose kinds and roles on Upload first.")
    elif len(size.columns) == 1:
        first = ("independent", f"{size.facts}: there is nothing that could depend on anything else.")
    elif size.rows < FEW_ROWS:
        first = ("copula", f"{size.facts}: too few to cut into groups, so one smooth pattern is the safer guess.")
    elif len(size.columns) > MANY_COLUMNS:
        first = ("copula", f"{size.facts}: with so many columns, trees would take very long.")
    else:
        ends = {
            Use.SHARE: "its defaults keep single people from showing through.",
            Use.TRAIN: "it keeps what a model needs to learn.",
            Use.EXPLORE: "it keeps shapes and relations of every kind.",
            Use.DEVELOP: "realistic rows within seconds.",
        }
        first = ("trees", f"{size.facts}: {ends[use]}")
    return [
        first,
        ("copula", f"{size.facts}: the closest that takes less time and memory than trees."),
        ("independent", f"{size.facts}: the lightest there is; it keeps columns one by one and nothing between them."),
    ]


def _refused(name: str, size: _Size, use: Use, machine: Machine) -> str:
    """Return why an engine is advised against for a table of this size on this machine, or ""."""
    if not size.columns:
        return ""
    need = needed(size.table, Recipe(method=name, rows=max(size.rows, 1), use=use), levels=size.all_levels)
    memory = gigabytes(need.total)
    if name in LEVEL_EACH and size.levels > MANY_LEVELS:
        return f"'{size.widest}' has {size.levels:,} levels, about {memory} of memory; each takes a column of its own."
    if need.total > machine.free:
        return f"it needs about {memory} of memory, and {gigabytes(machine.free)} are free."
    if name in NETWORKS and size.rows < 1000:
        return f"{size.rows:,} rows are few: {_LEARN_FEW}."
    if name in LEVEL_EACH and size.rows > SLOW_ROWS and not machine.gpu:
        return f"{size.rows:,} rows and no graphics card: it would learn for hours."
    if name in ("trees", "bayesian_network") and len(size.columns) > MANY_COLUMNS:
        return f"{len(size.columns)} columns: its time grows with the square of their number."
    if name == "trees" and size.rows < FEW_ROWS:
        few = f"{size.rows:,} rows are" if size.rows != 1 else "1 row is"
        return f"{few} too few to be cut into groups of similar rows."
    return ""


def _spoken(seconds: float) -> str:
    return f"{max(seconds, 1):.0f} s" if seconds < 90 else f"{seconds / 60:,.0f} min"


def _plural(word: str, number: int) -> str:
    return word if number == 1 else f"{word}s"
