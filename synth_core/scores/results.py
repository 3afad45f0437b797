"""What the four dimensions return: scores, and the statistics that figures are drawn from.

All of it is plain JSON through pydantic, so a scorecard can be redrawn without the raw data. Rare categories
(fewer than five real rows) are masked as "(rare)" before they get here.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from synth_core.scores.score import Score


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ColumnLikeness(_Frozen):
    """How alike one column is: error in % (KS or total variation distance x 100), and what the overlay needs.

    Attributes
    ----------
    labels, edges
        Categories shown, most frequent first, the last may be "(rare)" or "(other)"; or the bin edges (len = bins + 1;
        dates as seconds since 1970). One of the two is empty.
    real, synthetic, holdout
        Share of rows (0..1, missing rows included in the denominator) per label or bin.
    quantiles_real, quantiles_synthetic
        Values at 0, 1, 5, 25, 50, 75, 95, 99, 100 % for numeric columns; the 0 and 100 % are the k-th smallest and
        largest (k = 5), never a literal extreme.
    """

    name: str
    kind: str
    error: float | None
    low: float | None = None
    high: float | None = None
    reference: float | None = None
    baseline: float | None = None
    missing_real: float = 0.0
    missing_synthetic: float = 0.0
    labels: list[str] = Field(default_factory=list)
    edges: list[float] = Field(default_factory=list)
    real: list[float] = Field(default_factory=list)
    synthetic: list[float] = Field(default_factory=list)
    holdout: list[float] = Field(default_factory=list)
    quantiles_real: list[float] = Field(default_factory=list)
    quantiles_synthetic: list[float] = Field(default_factory=list)
    rare_lost: int = 0
    invented: int = 0
    note: str = ""


class PairView(_Frozen):
    """Two columns together: shares (0..1) on a grid, rows = y, columns = x."""

    x: str
    y: str
    x_labels: list[str]
    y_labels: list[str]
    real: list[list[float]]
    synthetic: list[list[float]]
    error: float


class Associations(_Frozen):
    """Mixed-kind association (0..1; signed -1..1 between two numbers), in one clustered order."""

    names: list[str]
    real: list[list[float]]
    synthetic: list[list[float]]
    difference: list[list[float]]


class Giveaway(_Frozen):
    """A column by which synthetic rows can be told from real ones, and how much of the telling it does (0..1)."""

    name: str
    importance: float


def group_title(column: str, label: str) -> str:
    """Return a group as one says it.

    >>> group_title("sex", "F"), group_title("age", "< 39")
    ('sex = F', 'age < 39')
    """
    return f"{column} {label}" if label[:1] in "<≥" else f"{column} = {label}"


class GroupLikeness(_Frozen):
    """How alike one group of people is: mean error over the other columns in %, with the floor of its real rows.

    ``share_real``, ``share_synthetic``: how much of the table the group is (0..1). ``shape`` None: no claim, see note.
    """

    column: str
    label: str
    rows_train: int
    rows_holdout: int
    rows_synthetic: int
    share_real: float
    share_synthetic: float
    shape: float | None = None
    shape_low: float | None = None
    shape_high: float | None = None
    shape_floor: float | None = None
    shape_baseline: float | None = None
    note: str = ""


class GroupUtility(_Frozen):
    """How a model serves one group of held-out people; ``loss`` is (trtr - tstr) / trtr in %. None: no claim."""

    column: str
    label: str
    rows: int
    metric: str
    tstr: float | None = None
    trtr: float | None = None
    loss: float | None = None
    loss_low: float | None = None
    loss_high: float | None = None
    note: str = ""


class Fidelity(_Frozen):
    """Is the synthetic table like the real one? ``groups``: worst first."""

    scores: list[Score]
    columns: list[ColumnLikeness]
    associations: Associations | None = None
    pairs: list[PairView] = Field(default_factory=list)
    giveaways: list[Giveaway] = Field(default_factory=list)
    groups: list[GroupLikeness] = Field(default_factory=list)


class PrecisionRecall(_Frozen):
    """How well the rare class ``label`` (``share`` of the held-out rows, 0..1) is found.

    ``tstr``, ``trtr``: average precision with a 95 % interval; guessing reaches ``share``. ``curve_*``: [recall,
    precision] points, by recall.
    """

    label: str
    share: float
    tstr: float
    tstr_low: float
    tstr_high: float
    trtr: float
    trtr_low: float
    trtr_high: float
    curve_tstr: list[tuple[float, float]] = Field(default_factory=list)
    curve_trtr: list[tuple[float, float]] = Field(default_factory=list)


class ModelResult(_Frozen):
    """One model trained on synthetic (tstr) and on real (trtr), both tested on the same real holdout.

    ``metric`` is "AUC" (one-vs-rest mean with several classes) or "R2"; ``loss`` is (trtr - tstr) / trtr in %,
    with a 95 % interval from a paired bootstrap over the test rows. ``roc_*``: [false positive, true positive] points.
    ``rare``: how the rarest class is found; None for a number.
    """

    model: str
    metric: str
    tstr: float
    trtr: float
    tstr_low: float
    tstr_high: float
    trtr_low: float
    trtr_high: float
    loss: float
    loss_low: float
    loss_high: float
    roc_tstr: list[tuple[float, float]] = Field(default_factory=list)
    roc_trtr: list[tuple[float, float]] = Field(default_factory=list)
    rare: PrecisionRecall | None = None
    importance_tstr: dict[str, float] = Field(default_factory=dict)
    importance_trtr: dict[str, float] = Field(default_factory=dict)


class ExpansionPoint(_Frozen):
    """What a part of the release holds: a model's score on held-out rows, and the share of rare cells covered (0..1).

    ``score_real``, ``coverage_real``: the same for equally many train rows, where there are as many.
    """

    rows: int
    metric: str = ""
    score: float | None = None
    score_low: float | None = None
    score_high: float | None = None
    score_real: float | None = None
    coverage: float | None = None
    coverage_low: float | None = None
    coverage_high: float | None = None
    coverage_real: float | None = None


class AddedRows(_Frozen):
    """What made rows of one class add to the real ones: boosted trees trained on both, beside real rows alone.

    Attributes
    ----------
    label, tested, found
        The class; held-out real rows that both are tested on, and how many of them are of the class.
    real_rows, added_rows
        Rows learned from.
    auc_real, auc_both, pr_real, pr_both
        AUC and average precision for the class. ``*_gain``: value, low and high of the difference, from a paired 95 %
        bootstrap over the test rows (clusters where they are about entities).
    """

    label: str
    real_rows: int
    added_rows: int
    tested: int
    found: int
    auc_real: float
    auc_both: float
    auc_gain: tuple[float, float, float]
    pr_real: float
    pr_both: float
    pr_gain: tuple[float, float, float]


class Utility(_Frozen):
    """Does a model trained on it work on real rows? Scores: tstr_loss, subgroup_loss; ``groups``: worst first.

    ``added``: for rows of one class alone, which no model can be trained on without the real ones.
    """

    scores: list[Score]
    added: AddedRows | None = None
    target: str | None = None
    models: list[ModelResult] = Field(default_factory=list)
    groups: list[GroupUtility] = Field(default_factory=list)
    expansion: list[ExpansionPoint] = Field(default_factory=list)


class Curve(_Frozen):
    """A cumulative curve: share of rows (y, 0..1) with a value of at most x."""

    name: str
    x: list[float]
    y: list[float]


class Attack(_Frozen):
    """One attack beside its control: success in the attack's unit, interval, and what chance would give.

    ``control_low``, ``control_high``: the interval of a control that was measured on other people.
    """

    name: str
    title: str
    unit: str
    value: float | None
    low: float | None = None
    high: float | None = None
    control: float | None = None
    control_low: float | None = None
    control_high: float | None = None
    chance: float | None = None
    n: int = 0
    note: str = ""


class ClosePair(_Frozen):
    """A synthetic row and the train row nearest to it, by row number; values are looked up only when asked for."""

    synthetic_row: int
    train_row: int
    distance: float
    holdout_distance: float


class AuditedPerson(_Frozen):
    """One exposed person of a shadow audit, by the number of the first of ``rows`` train rows (an entity has several).

    ``right``: how often it is told right which of two releases was made with this person, in % (50 is guessing), by
    the better ``attack``, with its interval. ``sure``: cannot be chance, all people looked at considered.
    """

    row: int
    rows: int = 1
    why: Literal["unusual", "near", "ordinary"]
    attack: str
    right: float
    low: float
    high: float
    sure: bool = False


class ShadowAudit(_Frozen):
    """What fits with and without the most exposed people showed.

    Attributes
    ----------
    fits, exposed, ordinary
        Fits, each with a random half of the people looked for; people looked for, most exposed and others.
    learned, made
        Train rows, of which each fit had all but the people who were out; rows that each fit released.
    released
        Rows that the run releases.
    seconds
        Wall seconds of the audit.
    attacks
        Per attack the AUC over people and fits; the strongest on ordinary people; share found at 1 %.
    people
        The exposed people, surest first.
    note
        Why nothing could be measured; "" where it could.
    """

    fits: int
    exposed: int
    ordinary: int
    learned: int
    made: int
    released: int = 0
    seconds: float = 0.0
    strongest: str = ""
    attacks: list[Attack] = Field(default_factory=list)
    people: list[AuditedPerson] = Field(default_factory=list)
    note: str = ""

    @property
    def found(self) -> int:
        """How many of the exposed people can surely be told."""
        return sum(person.sure for person in self.people)

    def attack(self, name: str) -> Attack | None:
        """Return the attack ``shadow_<name>``, or None."""
        return next((one for one in self.attacks if one.name == f"shadow_{name}"), None)


class Privacy(_Frozen):
    """Can a real person be found? Scores: copies, nearer_share, membership_auc, membership_tpr, literals.

    ``audit``: the shadow audit, where one was run.
    """

    scores: list[Score]
    attacks: list[Attack] = Field(default_factory=list)
    curves: list[Curve] = Field(default_factory=list)
    closest: list[ClosePair] = Field(default_factory=list)
    audit: ShadowAudit | None = None


class RulePrice(_Frozen):
    """Likeness of some columns with the rules and without: shape error in %, and how well a model tells them (AUC)."""

    shape: float
    shape_without: float
    c2st: float
    c2st_without: float


class RulesPrice(_Frozen):
    """What the rules cost: ``n`` rows made from ``learned`` ones with all rules and without any, against real rows.

    ``all``: over all columns; ``rules``: per rule id, over the columns that it reads.
    """

    n: int
    learned: int
    all: RulePrice
    rules: dict[str, RulePrice] = Field(default_factory=dict)


def price_words(price: RulesPrice) -> str:
    """Return what the rules cost, in a sentence."""
    cost = price.all
    return (
        f"The price of the rules, from {price.n:,} rows made with them and without from the same {price.learned:,} "
        f"real rows: C2ST {cost.c2st:.3f} with, {cost.c2st_without:.3f} without; shape error {cost.shape:.2f} % with, "
        f"{cost.shape_without:.2f} % without. Differences of about {1 / price.n**0.5:.2f} in C2ST are chance."
    )


class RuleAdherence(_Frozen):
    """How one rule fares: shares of rows that keep it (0..1) among real rows, raw synthetic rows and the release.

    ``repaired``, ``rejected``: rows that were changed, and drawn rows that were turned away, to keep it.
    """

    id: str
    sentence: str
    hard: bool
    severity: Literal["error", "warning", "info"]
    how: str
    real: float
    raw: float | None
    final: float
    broken: int
    repaired: int = 0
    rejected: int = 0


class Validity(_Frozen):
    """Does every row make sense? Scores: rules_broken, keys_repeated, unknown_categories."""

    scores: list[Score]
    rules: list[RuleAdherence] = Field(default_factory=list)
    price: RulesPrice | None = None
