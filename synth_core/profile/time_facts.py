"""What is known about a table in time: the types that ``temporal`` fills and pages draw."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

ROW_ORDER = "(row order)"


class TimeGap(BaseModel):
    """A hole: the first and the last time (seconds since 1970, or position) that is missing, and how many are.

    In a protected time column the rows between two holes are five or more; else the two are one, around the rows.
    """

    model_config = ConfigDict(frozen=True)

    start: float
    end: float
    steps: int


class Season(BaseModel):
    """A cycle that stands out of red noise.

    Attributes
    ----------
    steps
        Its length in steps of the series (or in periods, where rows were counted per period).
    strength
        0..1: how much of what the trend leaves is this cycle (Hyndman's measure, see ``series``).
    p_value
        Of the periodogram's peak against noise with the same lag-1 autocorrelation, corrected for all frequencies.
    shape, starts
        The mean departure from the trend at each of up to 60 places of the cycle, empty where a place has fewer than
        five rows; and where the cycle starts: "midnight", "Monday", "January", or "" for the first point.
    """

    model_config = ConfigDict(frozen=True)

    steps: float
    words: str
    strength: float
    p_value: float
    shape: list[float] = Field(default_factory=list)
    starts: str = ""


class SeriesProfile(BaseModel):
    """One column over time, or the number of rows.

    Attributes
    ----------
    column
        Its name; "" for the series of row counts.
    title, unit
        For a heading ("Appliances", "Rows per day") and an axis ("value", "mean per day", "rows per day").
    trend_per_step, trend_p_value
        Theil-Sen slope per step, and the chance of such a rank correlation with time in noise with the same
        autocorrelation; None where there are too few points. ``trend_wanders``: there is one, and the rest wanders as
        a random walk does, of which about one in ten drifts so far by chance.
    seasons
        The strongest first.
    lags, autocorrelation, band
        Lags in steps; 95 % of the autocorrelations of white noise lie within +/- ``band``.
    at
        Seconds since 1970, or positions, of at most 500 points; of a protected column each is the mean of at least
        five rows.
    observed, trend, seasonal, remainder
        At those points; observed = trend + seasonal + remainder. ``seasonal`` is empty where no season was found;
        a season shorter than the distance of two points is flat here: draw ``Season.shape``.
    """

    model_config = ConfigDict(frozen=True)

    column: str
    title: str = ""
    unit: str = "value"
    points: int = 0
    missing: int = 0
    trend_per_step: float | None = None
    trend_p_value: float | None = None
    trend_words: str = ""
    trend_wanders: bool = False
    seasons: list[Season] = Field(default_factory=list)
    lags: list[int] = Field(default_factory=list)
    autocorrelation: list[float] = Field(default_factory=list)
    band: float = 0.0
    at: list[float] = Field(default_factory=list)
    observed: list[float | None] = Field(default_factory=list)
    trend: list[float | None] = Field(default_factory=list)
    seasonal: list[float | None] = Field(default_factory=list)
    remainder: list[float | None] = Field(default_factory=list)
    trend_strength: float | None = None
    season_strength: float | None = None
    sentence: str = ""


class EntityColumn(BaseModel):
    """How a column varies between entities and within them over time.

    Attributes
    ----------
    between
        Share of the variance (0..1) that lies between entities, corrected for chance; the rest is within.
    autocorrelation
        Of a row with the same entity's row before it, both taken as departures from the entity's mean, pooled over
        entities and corrected for short series; None under 30 such pairs.
    """

    model_config = ConfigDict(frozen=True)

    column: str
    between: float
    autocorrelation: float | None = None
    pairs: int = 0
    sentence: str = ""


class EntityFacts(BaseModel):
    """The series of the single entities, taken together; no entity is named.

    Attributes
    ----------
    row_edges, row_counts
        Entities by their number of rows: 1, 2, 3-4, 5-8, ...
    usual_gap, gap_words
        Middle time between two rows of an entity in seconds (or positions), None with too few.
    with_gaps, missing_steps
        Entities that lack steps of a regular axis between their first and last row, and how many steps; None where
        the axis is not regular.
    """

    model_config = ConfigDict(frozen=True)

    entities: int
    single: int
    rows_middle: float
    rows_most: float
    row_labels: list[str] = Field(default_factory=list)
    row_counts: list[int] = Field(default_factory=list)
    usual_gap: float | None = None
    gap_words: str = ""
    with_gaps: int | None = None
    missing_steps: int | None = None
    columns: list[EntityColumn] = Field(default_factory=list)
    sentences: list[str] = Field(default_factory=list)


class TimeProfile(BaseModel):
    """A table in time.

    Attributes
    ----------
    order
        The column that orders the rows, or ``ROW_ORDER``.
    dates
        Whether times are seconds since 1970; else they are numbers or positions.
    start, end
        Of a protected column means of five times near the ends (``ends_hidden``).
    step
        Usual step in seconds (or positions) between two different times; None where there is none.
    regular_share
        Share of steps that are as long as the usual one.
    aggregated, period_words
        Whether several rows make one point of the series, and how long its period is ("day").
    gaps
        The longest 50, in order of time; ``gap_count`` and ``missing_steps`` count all.
    repeated
        Rows whose time an earlier row has, too (of the same entity, where there is one).
    period_edges, period_counts
        Rows per period: len(edges) = len(counts) + 1, at most 400.
    """

    model_config = ConfigDict(frozen=True)

    order: str
    entity: str | None = None
    entities: int = 0
    rows: int
    unknown: int = 0
    dates: bool = True
    start: float
    end: float
    ends_hidden: bool = False
    step: float | None = None
    step_words: str = ""
    regular_share: float = 0.0
    aggregated: bool = False
    period_words: str = ""
    gaps: list[TimeGap] = Field(default_factory=list)
    gap_count: int = 0
    missing_steps: int = 0
    repeated: int = 0
    period_edges: list[float] = Field(default_factory=list)
    period_counts: list[int] = Field(default_factory=list)
    series: list[SeriesProfile] = Field(default_factory=list)
    per_entity: EntityFacts | None = None
    sentences: list[str] = Field(default_factory=list)
