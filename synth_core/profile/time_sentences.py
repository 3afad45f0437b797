"""What a table in time is like, in sentences."""

from __future__ import annotations

from collections import Counter

from synth_core.profile.findings import counted, number, percent
from synth_core.profile.findings import listed as several
from synth_core.profile.time_facts import ROW_ORDER, TimeProfile
from synth_core.profile.time_words import DAY, moment


def time_sentences(found: TimeProfile, left_out: int) -> list[str]:
    """Return the findings, the plainest first; ``left_out``: columns that were not followed."""
    words = [_axis(found)]
    words += _holes(found)
    words += _courses(found)
    if found.per_entity is not None:
        words += found.per_entity.sentences
    if left_out:
        words.append(f"{counted(left_out, 'more column')} of numbers were not followed over time; choose them by name.")
    return words


def time_text(found: TimeProfile, value: float) -> str:
    """Return a time as a date, or as a number."""
    if not found.dates:
        return number(value)
    return moment(value, fine=found.step is not None and found.step < DAY)


def listed(names: list[str]) -> str:
    """Return names in quotes; one by itself."""
    return several(names) if len(names) > 1 else f"'{names[0]}'"


def _axis(found: TimeProfile) -> str:
    by = "the order of its rows" if found.order == ROW_ORDER else f"'{found.order}'"
    span = f"from {time_text(found, found.start)} to {time_text(found, found.end)}"
    if found.step_words == "row by row":
        each = f", {found.period_words} together" if found.aggregated else ""
        return f"Taken in {by if found.order == ROW_ORDER else 'the order of ' + by}: {found.rows:,} rows{each}."
    if found.step is None:
        pace = f"at any time; counted per {found.period_words}"
    elif found.aggregated:
        several_each = ", with several rows at a time" if found.repeated > 0.05 * found.rows else ""
        pace = f"times are {found.step_words}{several_each}; taken together per {found.period_words}"
    else:
        share = "all steps" if found.regular_share == 1 else f"{percent(found.regular_share)} of the steps"
        pace = f"{found.step_words} ({share})"
    kept = " (a few at each end are left unsaid)" if found.ends_hidden else ""
    return f"Ordered by {by}: {found.rows:,} rows {span}{kept}, {pace}."


def _holes(found: TimeProfile) -> list[str]:
    words = []
    noun = found.period_words if found.period_words and not found.period_words[:1].isdigit() else "step"
    if found.gap_count:
        longest = max(found.gaps, key=lambda gap: gap.steps)
        where = f"{time_text(found, longest.start)} to {time_text(found, longest.end)}"
        words.append(
            f"{counted(found.gap_count, 'gap')}, {counted(found.missing_steps, noun)} missing in all; the longest is "
            f"{counted(longest.steps, noun)}, {where}."
        )
    elif not found.aggregated and found.step_words != "row by row":
        words.append("No step is missing.")
    if found.repeated and not found.aggregated:
        words.append(f"{counted(found.repeated, 'row repeats', 'rows repeat')} a time that an earlier row has.")
    elif found.repeated and found.entity is not None:
        rows = counted(found.repeated, "row repeats", "rows repeat")
        words.append(f"{rows} a time that an earlier row of the same entity has.")
    if found.unknown:
        words.append(f"{counted(found.unknown, 'row has no time and is', 'rows have no time and are')} left out here.")
    return words


def _courses(found: TimeProfile) -> list[str]:
    """Return which columns rise, fall and repeat."""
    words = [line.sentence for line in found.series if not line.column]
    own = [line for line in found.series if line.column]
    trends = [line for line in own if line.trend_words.startswith(("rises", "falls"))]
    for way in ("rises", "falls"):
        moving = [line for line in trends if line.trend_words.startswith(way)]
        if sure := [line.column for line in moving if not line.trend_wanders]:
            words.append(f"{way.capitalize()} over time: {listed(sure)}.")
        if unsure := [line.column for line in moving if line.trend_wanders]:
            words.append(
                f"{way.capitalize()} over time, but wanders so slowly that this may be chance: {listed(unsure)}."
            )
    if own and not trends:
        words.append("No column rises or falls more clearly than chance would have it.")
    cycles = Counter(season.words for line in own for season in line.seasons)
    for cycle, count in cycles.most_common(3):
        names = [line.column for line in own if any(season.words == cycle for season in line.seasons)]
        words.append(f"Repeats {cycle}: {listed(names)}." if count else "")
    if own and not cycles:
        words.append("No column repeats in a cycle that stands out of chance.")
    return words
