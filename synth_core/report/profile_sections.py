"""The parts of the profile as a page: what it means, alerts, columns, pairs, time, exposed rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from synth_core.figures import alt_associations, amount, association_figure, share, spark_svg
from synth_core.figures.style import day, short
from synth_core.profile import OTHER, RARE, Alert, ColumnProfile, Profile, ValueShare, spark
from synth_core.profile.levels import are_years
from synth_core.report.pieces import HALF, Charts, icon, paragraph, table, text
from synth_core.report.sections import facts_list
from synth_core.semantics import SEMANTICS
from synth_core.table import Kind, Role

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from synth_core.advice import Advice
    from synth_core.profile.exposure import Exposure
    from synth_core.profile.time_facts import SeriesProfile, TimeProfile
    from synth_core.profile.triples import Triples

OVERVIEW_ROWS = 400
ALERTS_SHOWN = 60
ALERTS_OF_A_SORT = 6
DETAILS = 60
SERIES_SHOWN = 6
SERIES_LISTED = 60
BARS = 8
PAIRS_LISTED = 12
SIGNS = {"stop": ("fail", "Stop"), "watch": ("watch", "Watch"), "info": ("not enough data", "Good to know")}


class Pictures:
    """Charts while there is room; afterwards nothing, and ``full`` says so."""

    def __init__(self, charts: Charts, room: float) -> None:
        self._charts, self._room = charts, room
        self.full = False

    def add(self, figure: go.Figure, alt: str, *, width: int | None = None) -> str:
        """Return the HTML of a figure, or "" when the file would grow too large."""
        size = len(figure.to_json())
        if size > self._room:
            self.full = True
            return ""
        self._room -= size
        return self._charts.add(figure, alt) if width is None else self._charts.add(figure, alt, width=width)


def first_page(name: str, profile: Profile) -> str:
    """Return the title and the size of the table."""
    learned = sum(column.role is not Role.DROP for column in profile.columns)
    facts = [
        ("Rows", f"{profile.rows:,}"),
        ("Columns", f"{len(profile.columns):,}" + (f", {learned:,} in use" if learned < len(profile.columns) else "")),
        ("Empty cells", share(profile.missing_share)),
        ("Repeated rows", f"{profile.duplicate_rows:,}"),
    ]
    if profile.sampled is not None:
        facts.append(("Facts from", f"{profile.sampled:,} evenly drawn rows"))
    return (
        f"<h1>{text(name)}</h1>{paragraph('What is in this table, and what it means for a synthetic one.', 'lead')}"
        + (facts_list(facts))
    )


def meaning(advice: Sequence[Advice]) -> str:
    """Return the reading of the profile."""
    if not advice:
        return ""
    lines = "".join(f"<li><b>{text(one.title)}.</b> {text(one.sentence)}</li>" for one in advice)
    return f'<h2>What this means for you</h2><ul class="advice">{lines}</ul>'


def alerts(profile: Profile) -> str:
    """Return the alerts, the most severe first; of one sort at most six, the others by name."""
    if not profile.alerts:
        return "<h2>Look at this first</h2>" + paragraph("Nothing in this table stands out.")
    shown: list[Alert] = []
    rest: dict[str, int] = {}
    for alert in profile.alerts:
        alike = sum(one.code == alert.code for one in shown)
        if len(shown) < ALERTS_SHOWN and alike < ALERTS_OF_A_SORT:
            shown.append(alert)
        else:
            rest[alert.code] = rest.get(alert.code, 0) + 1
    rows = [(_sign(alert), text(alert.sentence), text(alert.consequence)) for alert in shown]
    body = table([("", False), ("Finding", False), ("What it means", False)], rows)
    if rest:
        more = ", ".join(f"{count:,} {code.replace('_', ' ')}" for code, count in rest.items())
        body += paragraph(f"More of the same sorts, in profile.json: {more}.", "muted")
    return "<h2>Look at this first</h2>" + body


def _sign(alert: Alert) -> str:
    word, said = SIGNS[alert.severity]
    colour = {"stop": "fail", "watch": "watch", "info": "unknown"}[alert.severity]
    return f'<span class="verdict {colour}">{icon(word)}{said}</span>'  # type: ignore[arg-type]


def overview(profile: Profile) -> str:
    """Return one line per column with a tiny picture."""
    heads = [
        ("Column", False), ("Shape", False), ("Empty", True), ("Different", True), ("Middle, or most frequent", False),
    ]  # fmt: skip
    rows = [
        (
            f"{text(column.name)}<small>{text(_kind(column))}</small>",
            f'<div class="spark">{spark_svg(spark(column, 24), height=24) if spark(column) else "–"}</div>',
            share(column.missing_share),
            f"{column.distinct:,}",
            text(_middle(column)),
        )
        for column in profile.columns[:OVERVIEW_ROWS]
    ]
    more = len(profile.columns) - len(rows)
    tail = paragraph(f"{more:,} more columns are in profile.json.", "muted") if more else ""
    return "<h2>Columns at a glance</h2>" + table(heads, rows) + tail


def _kind(column: ColumnProfile) -> str:
    what = SEMANTICS.get(column.semantic, column.semantic) if column.semantic else column.kind.in_words
    extra = (
        "" if column.role is Role.FEATURE else {Role.DROP: ", left out"}.get(column.role, f", {column.role.in_words}")
    )
    return f"{what}{extra}"


def _shows(column: ColumnProfile) -> Callable[[float], str]:
    """Return what writes a value of a column: dates as such, years without a comma."""
    if column.kind is Kind.DATETIME:
        return day
    years = column.quantiles and are_years(column.name, column.kind, column.quantiles[0], column.quantiles[-1])
    return "{:.0f}".format if years else amount


def _middle(column: ColumnProfile) -> str:
    if column.quantiles:
        show = _shows(column)
        return f"{show(column.quantiles[3])} (90 %: {show(column.quantiles[1])} to {show(column.quantiles[5])})"
    telling = [value for value in column.values if value.label not in (RARE, OTHER)]
    if telling:
        return f"{telling[0].label} ({share(telling[0].share)})"
    return "not shown"


def details(profile: Profile, pictures: Pictures) -> str:
    """Return a card per column with its picture, the most telling ones while there is room."""
    known = [column for column in profile.columns if column.counts or column.values]
    counts = {column.name: len(profile.alerts_on(column.name)) for column in known}
    telling = sorted(known, key=lambda c: (c.role is not Role.TARGET, -counts[c.name]))[:DETAILS]
    chosen = {column.name for column in telling}
    cards = [card for column in known if column.name in chosen and (card := _card(column, pictures))]
    if not cards:
        return ""
    left = len(known) - len(cards)
    note = (
        paragraph(
            f"{len(cards)} of {len(known)} columns have a large picture here: the target and those with most alerts.",
            "muted",
        )
        if left
        else ""
    )
    return f'<h2>Column by column</h2>{note}<div class="cards">{"".join(cards)}</div>'


def _card(column: ColumnProfile, pictures: Pictures) -> str:
    if pictures.full:
        return ""
    from synth_core.figures import alt_profile, column_figure

    figure = column_figure(_shortened(column))
    figure.update_layout(height=min(int(figure.layout.height or 260), 250), margin={"t": 26})
    drawn = pictures.add(figure, alt_profile(column), width=HALF)
    if not drawn:
        return ""
    sentences = [column.modality.sentence if column.modality else "", column.gap_note]
    sentences += [case.sentence for case in column.edge_cases[:4]]
    words = "".join(paragraph(sentence) for sentence in sentences if sentence)
    head = f"<h3>{text(column.name)} <small class='muted'>{text(_kind(column))}</small></h3>"
    return f'<div class="card">{head}{drawn}{facts_list(_facts(column))}{words}</div>'


def _shortened(column: ColumnProfile) -> ColumnProfile:
    """Return the column with at most eight bars: what follows goes together as "(other)"."""
    named = [value for value in column.values if value.label not in (OTHER, RARE)]
    if len(named) <= BARS:
        return column
    other = [*named[BARS:], *(value for value in column.values if value.label == OTHER)]
    together = ValueShare(label=OTHER, rows=sum(v.rows for v in other), share=sum(v.share for v in other))
    rare = [value for value in column.values if value.label == RARE]
    return column.model_copy(update={"values": [*named[:BARS], together, *rare]})


def _facts(column: ColumnProfile) -> list[tuple[str, str]]:
    facts = [("Empty", share(column.missing_share)), ("Different values", f"{column.distinct:,}")]
    show = _shows(column)
    if column.low is not None and column.high is not None:
        facts.append(("From, to", f"{show(column.low)} to {show(column.high)}"))
    if column.kind is not Kind.DATETIME and column.mean is not None:
        facts.append(("Mean, spread", f"{amount(column.mean)}, {amount(column.std)}"))
    if column.kind is not Kind.DATETIME and column.skewness is not None:
        facts.append(("Skewness, excess kurtosis", f"{amount(column.skewness)}, {amount(column.kurtosis)}"))
    if column.entropy is not None:
        facts.append(("Entropy", f"{column.entropy:.2f} bits"))
    return facts


def together(profile: Profile, pictures: Pictures) -> str:
    """Return how columns go together: the matrix, and the strongest pairs."""
    matrix = profile.associations
    if len(matrix.names) < 2:
        return ""
    pairs = [
        (matrix.values[i][j], matrix.names[i], matrix.names[j])
        for i, j in combinations(range(len(matrix.names)), 2)
        if abs(matrix.values[i][j]) >= 0.1
    ]
    pairs.sort(key=lambda pair: -abs(pair[0]))
    rows = [(text(first), text(second), f"{value:.2f}") for value, first, second in pairs[:PAIRS_LISTED]]
    strongest = table([("Column", False), ("goes with", False), ("by", True)], rows) if rows else ""
    drawn = pictures.add(association_figure(matrix.names, matrix.values), alt_associations(matrix.names, matrix.values))
    note = paragraph(
        "0: nothing in common, 1 or -1: one tells the other. Ranks (over all filled cells of each) for two numbers, "
        "Cramér's V for two categories, the correlation ratio for one of each; "
        f"from {matrix.rows:,} rows.",
        "muted",
    )
    return f"<h2>How columns go together</h2>{note}{drawn}{'<h3>The strongest pairs</h3>' if rows else ''}{strongest}"


def three_together(triples: Triples | None) -> str:
    """Return the triples that say more than their pairs."""
    if triples is None or not triples.tested:
        return ""
    rows = [
        (
            "<br>".join(f"<nobr>{short(name, 18)}</nobr>" for name in one.names),
            f"{one.bits:.3f}",
            f"{one.null_bits:.3f}",
            text(one.sentence),
        )
        for one in triples.found
    ]
    heads = [("Columns", False), ("Bits", True), ("By chance", True), ("", False)]
    note = paragraph(triples.note, "muted") if triples.note else ""
    body = table(heads, rows) if rows else paragraph("No three columns say more together than their pairs do.")
    return f"<h2>Three columns together</h2>{note}{body}"


def in_time(time: TimeProfile | None, pictures: Pictures) -> str:
    """Return the table in time: rows per period, and the series that change most."""
    if time is None:
        return ""
    from synth_core.figures import alt_gaps, entities_figure, gaps_figure

    parts = ["<h2>In time</h2>", *(paragraph(sentence) for sentence in time.sentences)]
    if len(time.period_counts) > 1:
        parts.append(pictures.add(gaps_figure(time), alt_gaps(time)))
    telling = sorted(time.series, key=lambda one: (bool(one.column), -_told(one)))
    chosen = {one.column for one in telling[:SERIES_SHOWN] if not one.column or _told(one) > 0}
    drawn = [series for series in time.series if series.column in chosen and len(series.at) > 1]
    parts += [_series(series, time.dates, pictures) for series in drawn]
    rest = [one for one in time.series if one.column and one.column not in chosen][:SERIES_LISTED]
    if rest:
        heads = [("Column", False), ("Trend", True), ("Season", True), ("In words", False)]
        rows = [(text(s.column), _two(s.trend_strength), _two(s.season_strength), text(s.sentence)) for s in rest]
        parts += ["<h3>The other columns</h3>", table(heads, rows)]
    if time.per_entity is not None:
        parts.append("<h3>By entity</h3>")
        parts.append(pictures.add(entities_figure(time.per_entity), " ".join(time.per_entity.sentences)))
        parts += [paragraph(one.sentence) for one in time.per_entity.columns[:12]]
    return "\n".join(part for part in parts if part)


def _series(series: SeriesProfile, dates: bool, pictures: Pictures) -> str:
    from synth_core.figures import acf_figure, alt_acf, season_figure, time_figure

    drawn = [pictures.add(time_figure(series, dates=dates), series.sentence)]
    half = [pictures.add(acf_figure(series), alt_acf(series), width=HALF)] if series.lags else []
    shaped = next((season for season in series.seasons if season.shape), None)
    if shaped is not None:
        start = f", from {shaped.starts}" if shaped.starts else ""
        half.append(pictures.add(season_figure(shaped), f"One cycle, {shaped.words}{start}.", width=HALF))
    title = series.title or series.column
    return f'<h3>{text(title)}</h3>{drawn[0]}<div class="cards">{"".join(half)}</div>'


def _told(series: SeriesProfile) -> float:
    """Return how much there is to see: the season's strength, and half for a clear trend."""
    season = float(series.season_strength or 0) if series.seasons else 0.0
    return season + 0.5 * series.trend_words.startswith(("rises", "falls"))


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def exposed(exposure: Exposure | None, pictures: Pictures) -> str:
    """Return how many rows are alone with what others may know."""
    if exposure is None:
        return ""
    from synth_core.figures import alt_exposure, contributions_figure, exposure_figure

    parts = ["<h2>Exposed rows</h2>", paragraph(exposure.sentence)]
    if exposure.widths:
        coarse = ", ".join(f"'{name}' {words}" for name, words in exposure.widths.items())
        parts.append(paragraph(f"Taken coarsely: {coarse}. Somebody alone here need not be alone outside.", "muted"))
    if exposure.diversity is not None:
        parts.append(paragraph(exposure.diversity.sentence))
    parts.append(pictures.add(exposure_figure(exposure), alt_exposure(exposure)))
    if len(exposure.contributions) > 1:
        alt = f"Share of rows alone without each column; '{exposure.contributions[0].column}' adds most."
        parts.append(pictures.add(contributions_figure(exposure), alt))
    return "\n".join(parts)


def method(profile: Profile, time: TimeProfile | None, exposure: Exposure | None) -> str:
    """Return how it was measured, in a few sentences."""
    words = [
        f"Associations rest on {profile.associations.rows:,} rows. Ends and quantiles of protected columns are "
        "shared by five rows or means of the five nearest; categories of fewer than five rows stand together as "
        "'(rare)'."
    ]
    if time is not None:
        words.append(
            "Trend: Theil-Sen slope, its p-value against noise with the same autocorrelation. Seasons: peaks of the "
            "periodogram above red noise. Strength of trend and season by STL (Hyndman). Points of protected columns "
            "are means of at least five rows."
        )
    if exposure is not None:
        words.append("Exposed rows: equal combinations counted, an empty cell as a value of its own (k-anonymity).")
    return "<h2>How this was measured</h2>" + "".join(paragraph(sentence) for sentence in words)
