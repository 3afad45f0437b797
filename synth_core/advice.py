"""What a profile means for synthesis, in sentences with the table's own numbers.

Each function reads one side of a table: what it is, what will be hard, what is protected, what to do next. A sentence
that the table gives no reason for is not written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict

from synth_core.profile import Profile
from synth_core.profile.exposure import exposure, suggested_quasi_identifiers, suggested_widths
from synth_core.profile.facts import ColumnProfile
from synth_core.profile.findings import Alert, counted, percent
from synth_core.profile.known_traits import about_people
from synth_core.profile.shown import RARE_ROWS
from synth_core.profile.temporal import looks_ordered
from synth_core.profile.time_axis import order_column, times_of, usual_step
from synth_core.recipe import USE_TITLES, Use
from synth_core.table import Column, Kind, Role, Table

EXPOSED_ROWS = 100_000
HOLDOUT = 0.2


class Advice(BaseModel):
    """One reading: ``page`` is the url path of the page to go to ("upload", "constraints", "method", ...)."""

    model_config = ConfigDict(frozen=True)

    title: str
    sentence: str
    page: str | None = None


@dataclass(frozen=True)
class Engine:
    """The engine that is recommended: its title, the reason, and what speaks against another one."""

    title: str
    reason: str
    against: str = ""


@dataclass(frozen=True)
class Case:
    """What is read: the table, what is known about it, and what it is for."""

    table: Table
    profile: Profile
    use: Use
    engine: Engine

    def coded(self, *codes: str) -> list[Alert]:
        """Return the alerts of these sorts."""
        return [alert for alert in self.profile.alerts if alert.code in codes]

    @property
    def learned(self) -> list[ColumnProfile]:
        """The facts about the columns that are learned."""
        names = {column.name for column in self.table.having(learned=True)}
        return [column for column in self.profile.columns if column.name in names]


def read(case: Case) -> list[Advice]:
    """Return the readings in the order in which they matter: what it is, the engine, the hard parts, what next."""
    if not case.learned:
        return [
            Advice(
                title="Nothing to learn yet",
                sentence=(
                    "The only column is not learned: it is an identifier, "
                    if len(case.table.columns) == 1
                    else f"None of the {len(case.table.columns):,} columns is learned: all are identifiers, "
                )
                + "personal data, free text or left out. Change the kind of what carries meaning.",
                page="upload",
            )
        ]
    stopped = any(alert.severity == "stop" for alert in case.profile.alerts)
    found = [
        _what_it_is(case),
        *([] if stopped else [_engine(case)]),
        *_in_order(case),
        *_hard(case),
        *_rules(case),
        *_gaps(case),
    ]
    return [*found, *_protected(case), *_exposed(case), _next(case)]


# -- what it is -------------------------------------------------------------------------------------------------


def _what_it_is(case: Case) -> Advice:
    table, rows = case.table, case.profile.rows
    numeric = sum(c.kind in (Kind.INTEGER, Kind.NUMBER) for c in case.learned)
    dates = sum(c.kind is Kind.DATETIME for c in case.learned)
    words = len(case.learned) - numeric - dates
    parts = [
        text
        for count, text in (
            (numeric, counted(numeric, "number")),
            (words, counted(words, "category").replace("categorys", "categories")),
            (dates, counted(dates, "date")),
        )
        if count
    ]
    made_anew = sum(c.regenerated and c.role is not Role.DROP for c in table.columns)
    left = len(table.columns) - len(case.learned) - made_anew
    sentence = f"{_kind_of_table(case)} {counted(rows, 'row')}; {_joined(parts)} to learn"
    sentence += f", {counted(made_anew, 'column')} made anew" if made_anew else ""
    sentence += f", {left:,} left out." if left else "."
    if case.profile.sampled is not None:
        sentence += f" Facts here rest on {case.profile.sampled:,} of the rows."
    return Advice(title="What this table is", sentence=sentence, page="upload" if left else None)


def _kind_of_table(case: Case) -> str:
    table = case.table
    entity = table.having(role=Role.ENTITY)
    if entity:
        many = int(table.frame[entity[0].name].nunique())
        each = len(table) / max(many, 1)
        return f"About {many:,} different '{entity[0].name}', {each:.1f} rows each:"
    order = order_column(table, None)
    if order is not None and (pace := _pace(table, order)):
        return f"A series in time by '{order.name}', {pace}:"
    if order is not None:
        return f"Events dated by '{order.name}':"
    if order is None and (offered := _offered_order(case)):
        return f"Rows that seem to come in the order of '{offered}':"
    return "Rows that resemble the rows before them:" if looks_ordered(table) else "One case per row, in no order:"


def _pace(table: Table, order: Column) -> str:
    """Return the usual step of a series with one row per time, "" for events."""
    times = times_of(table.frame[order.name])
    known = np.unique(times[np.isfinite(times)])
    if len(known) < 0.95 * len(times):
        return ""
    dates = order.kind is Kind.DATETIME
    step = usual_step(known, dates)
    return step.words(dates) if step is not None and step.share >= 0.7 else ""


def _engine(case: Case) -> Advice:
    against = f" {case.engine.against}" if case.engine.against else ""
    return Advice(title=f"Take '{case.engine.title}'", sentence=case.engine.reason + against, page="method")


# -- time and entities ------------------------------------------------------------------------------------------


def _in_order(case: Case) -> Iterator[Advice]:
    table = case.table
    order = order_column(table, None)
    entity = table.having(role=Role.ENTITY)
    for alert in case.profile.alerts:
        if alert.action is not None and alert.action.kind == "set_role" and alert.columns:
            yield Advice(title="Say what it is for", sentence=alert.sentence, page="upload")
            break
    if entity:
        yield Advice(
            title="Rows of one belong together",
            sentence=f"Rows of the same '{entity[0].name}' never lie on both sides of the split, so the judgement is "
            "fair. But every synthetic row is drawn by itself: the history of one over several rows is not kept.",
            page="profiling",
        )
    elif start := _as_a_series(case, order):
        yield Advice(
            title="The course over time will be lost",
            sentence=f"{start}, but every synthetic row is drawn by itself: columns keep their spread and go together "
            "as before, while trends and the step from one row to the next are not learned.",
            page="profiling",
        )


def _as_a_series(case: Case, order: Column | None) -> str:
    """Return why the table is (or seems) a series; "" where it is none."""
    if order is not None:
        return f"The table is a series by '{order.name}'" if _pace(case.table, order) else ""
    if offered := _offered_order(case):
        return f"The table seems to be a series by '{offered}'"
    return "Rows resemble the rows before them, as in a series" if looks_ordered(case.table) else ""


def _offered_order(case: Case) -> str:
    """Return the column that seems to order the rows and does not have that role yet, or ""."""
    return next((alert.columns[0] for alert in case.coded("order_unset")), "")


# -- what will be hard ------------------------------------------------------------------------------------------


def _hard(case: Case) -> Iterator[Advice]:
    yield from _few_rows(case)
    yield from _rare_class(case)
    widest = max((c for c in case.learned if c.kind is Kind.CATEGORY), key=lambda c: c.distinct, default=None)
    if widest is not None and widest.distinct > 50:
        each = widest.filled / widest.distinct
        rare = f"; {widest.rare_levels:,} of them have fewer than {RARE_ROWS} rows" if widest.rare_levels else ""
        yield Advice(
            title="Many categories",
            sentence=f"'{widest.name}' has {widest.distinct:,} values, {each:.0f} rows each on average{rare}. How the "
            "frequent ones go with other columns is learned; the rest come out about as often, in looser company.",
            page="profiling",
        )
    tails = [alert.columns[0] for alert in case.coded("skewed", "heavy_tail") if alert.columns]
    if tails:
        tails = list(dict.fromkeys(tails))
        yield Advice(
            title="Long tails",
            sentence=f"{_names(tails)} {'has' if len(tails) == 1 else 'have'} a few values far from the rest. Means "
            "and sums hang on them; the furthest are pulled in where a column is protected, so totals come out lower.",
            page="profiling",
        )
    combinations = sum(float(np.log(max(column.distinct, 1))) for column in case.profile.columns)
    # where few different rows are possible they repeat, and that is no news
    if case.profile.duplicate_rows > 0.01 * max(case.profile.rows, 1) and combinations > np.log(case.profile.rows):
        share = case.profile.duplicate_rows / case.profile.rows
        yield Advice(
            title="Repeated rows",
            sentence=f"{case.profile.duplicate_rows:,} rows ({percent(share)}) repeat an earlier row in every cell. If "
            "they are slips, remove them first; else expect the synthetic table to repeat rows as well.",
            page="upload",
        )


def _few_rows(case: Case) -> Iterator[Advice]:
    rows, held = case.profile.rows, round(case.profile.rows * HOLDOUT)
    if rows < 1000:
        part = f"Of {counted(rows, 'row')}, {held:,} {'is' if held == 1 else 'are'} held out to judge by"
        yield Advice(
            title="Few rows",
            sentence=(part if held else "There are too few rows to hold any out to judge by")
            + ": scores will have wide intervals, and some will say 'not enough data'. Fewer columns and a simple "
            "engine help more than settings do.",
            page="method",
        )
    elif len(case.learned) > 30 and rows < 50 * len(case.learned):
        yield Advice(
            title="Many columns for these rows",
            sentence=f"{len(case.learned)} learned columns and {rows:,} rows, {rows // len(case.learned)} rows each: "
            "pairs are learned, higher relations hardly. Leave out columns that nobody will use.",
            page="upload",
        )


def _rare_class(case: Case) -> Iterator[Advice]:
    target = case.table.target
    if target is None or not target.kind.categorical:
        return
    counts = case.table.frame[target.name].value_counts()
    if len(counts) < 2:
        return
    smallest, share = int(counts.iloc[-1]), float(counts.iloc[-1] / counts.sum())
    if share < 0.05 or smallest < 100:
        held = round(smallest * HOLDOUT)
        yield Advice(
            title="A rare class",
            sentence=f"The rarest class of the target '{target.name}' has {counted(smallest, 'row')} "
            f"({percent(share)}), about {held:,} of them held out. What a model can learn about it is judged on those "
            "few; ask for more of it by a wanted share when you generate.",
            page="generate",
        )


def _rules(case: Case) -> Iterator[Advice]:
    ready = [alert for alert in case.profile.alerts if alert.action is not None and alert.action.kind == "make_rule"]
    exact = [alert for alert in ready if alert.code in ("duplicate_columns", "decided")]
    if exact:
        first, second = (f"'{name}'" for name in exact[0].columns[:2])
        said = f"{first} decides {second}" if exact[0].code == "decided" else f"{first} and {second} say the same"
        more = f", and {len(exact) - 1} more like it" if len(exact) > 1 else ""
        yield Advice(
            title="Rules that must be kept",
            sentence=f"{said}{more}. An engine learns this nearly, not exactly; as a rule it holds in every row.",
            page="constraints",
        )


def _gaps(case: Case) -> Iterator[Advice]:
    hidden = [alert for alert in case.profile.alerts if alert.action is not None and alert.action.kind == "set_missing"]
    if hidden:
        yield Advice(
            title="Hidden gaps",
            sentence=f"{hidden[0].sentence.split(':')[0].rstrip('.')}"
            + (f", and {len(hidden) - 1} more like it" if len(hidden) > 1 else "")
            + ". If that is what it means, say so before anything is learned; else it comes out as a value.",
            page="upload",
        )
    gappy = sorted((c for c in case.learned if c.missing_share > 0.05), key=lambda c: -c.missing_share)
    if not gappy:
        return
    words = [f"{counted(len(gappy), 'column')} {'has' if len(gappy) == 1 else 'have'} more than 5 % empty cells, most "
             f"'{gappy[0].name}' with {percent(gappy[0].missing_share)}."]  # fmt: skip
    together, depends = case.coded("missing_together"), case.coded("missing_depends")
    if together:
        nearly = "nearly always " if "nearly" in together[0].sentence else ""
        words.append(f"{_names(together[0].columns)} are {nearly}empty in the same rows.")
    if depends and len(depends[0].columns) > 1:
        words.append(f"Whether '{depends[0].columns[0]}' is empty depends on '{depends[0].columns[1]}'.")
    if together or depends:
        words.append("Gaps are learned as states of their own, so these patterns are kept; do not fill them in first.")
    yield Advice(title="Empty cells", sentence=" ".join(words), page="profiling")


# -- what is protected ------------------------------------------------------------------------------------------


def _protected(case: Case) -> Iterator[Advice]:
    personal = [c.name for c in case.table.columns if c.semantic is not None and c.role is not Role.DROP]
    rare = sum(c.rare_levels for c in case.learned if c.protect)
    rows = sum(c.rare_rows for c in case.learned if c.protect)
    words = []
    if personal:
        words.append(
            f"{_names(personal)} {'is' if len(personal) == 1 else 'are'} never learned; new values are made up."
        )
    if rare:
        words.append(
            f"{rare:,} rare {'category' if rare == 1 else 'categories'} ({counted(rows, 'cell')}) and the outermost "
            "numbers and dates stay out of the synthetic table."
        )
    if words:
        words[0] = words[0][:1].upper() + words[0][1:]
        yield Advice(title="What is protected", sentence=" ".join(words), page="upload")
    bare = [c.name for c in case.learned if not c.protect]
    if bare:
        yield Advice(
            title="Protection is off",
            sentence=f"{_names(bare)}: rare values and extremes may come out as they are, and with them a person.",
            page="upload",
        )


def _exposed(case: Case) -> Iterator[Advice]:
    table = case.table
    known = suggested_quasi_identifiers(table)
    if len(known) < 2 or len(table) < 2 or not about_people(table):
        return
    drawn = ""
    if len(table) > EXPOSED_ROWS:
        table = table.rows(np.sort(np.random.default_rng(0).choice(len(table), EXPOSED_ROWS, replace=False)))
        drawn = f" (of {EXPOSED_ROWS:,} drawn)"
    found = exposure(table, known, widths=suggested_widths(table, known))
    if found.unique_share < 0.005:
        return
    use = {Use.SHARE: "That is why the real rows cannot be shared, ", Use.DEVELOP: "So test systems should not see "
           "the real rows, "}.get(case.use, "Such rows point at people, ")  # fmt: skip
    yield Advice(
        title="Exposed rows",
        sentence=f"Whoever knows {_names(known)} of somebody, even roughly, finds {percent(found.unique_share)} of the "
        f"rows{drawn} alone in the table. {use}and why the Privacy page attacks the synthetic ones.",
        page="profiling",
    )


# -- what next --------------------------------------------------------------------------------------------------


def _next(case: Case) -> Advice:
    stops = [alert for alert in case.profile.alerts if alert.severity == "stop"]
    if stops:
        return Advice(title="Next", sentence=f"First look at this: {stops[0].sentence}", page="profiling")
    leaks = case.coded("target_leak", "leak")
    if leaks:
        return Advice(title="Next", sentence=f"Decide on the leak first. {leaks[0].sentence}", page="upload")
    if case.use is Use.TRAIN and case.table.target is None:
        return Advice(
            title="Next",
            sentence="Set the column to predict: without a target nobody can say whether a model trained on the "
            "synthetic rows is as good.",
            page="upload",
        )
    ready = sum(alert.action is not None and alert.action.kind == "make_rule" for alert in case.profile.alerts)
    offered = "rule" if ready == 1 else f"{ready:,} rules"
    rules = f"Look through the {offered} offered here and what" if ready else "See what"
    return Advice(
        title="Next",
        sentence=f"{rules} the Constraints page finds, then generate with '{case.engine.title}' and hold the result to "
        f"the targets of '{USE_TITLES[case.use]}'.",
        page="constraints",
    )


def _names(names: Sequence[str], shown: int = 4) -> str:
    quoted = [f"'{name}'" for name in names]
    return _joined(quoted if len(quoted) <= shown + 1 else [*quoted[:shown], f"{len(quoted) - shown} more"])


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
