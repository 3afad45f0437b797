"""A scorecard made by hand, with awkward names, to draw figures and reports from."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from synth_core.methods.network_graph import Edge, Network
from synth_core.scorecard import Scorecard
from synth_core.scores.results import (
    Associations,
    Attack,
    ClosePair,
    ColumnLikeness,
    Curve,
    Fidelity,
    Giveaway,
    ModelResult,
    PairView,
    PrecisionRecall,
    Privacy,
    RuleAdherence,
    Utility,
    Validity,
)
from synth_core.scores.score import Score

NASTY = "<script>alert('x')</script>"


def number_column(name: str = "income", shift: float = 0.0, error: float = 1.4) -> ColumnLikeness:
    edges = np.linspace(0, 100_000, 31)
    middles = (edges[1:] + edges[:-1]) / 2
    real = np.exp(-0.5 * ((middles - 42_000) / 18_000) ** 2)
    synthetic = np.exp(-0.5 * ((middles - 42_000 - shift) / 18_500) ** 2)
    holdout = real * (1 + 0.03 * np.sin(middles))
    quantiles = np.array([900, 4_000, 13_000, 30_000, 42_000, 54_000, 72_000, 86_000, 97_000.0])
    moved = quantiles + shift * np.array([0, 0.1, 0.1, 0.3, 0.5, 0.8, 1.0, 1.0, 1.0])
    return ColumnLikeness(
        name=name,
        kind="number",
        error=error,
        low=error * 0.8,
        high=error * 1.2,
        reference=0.9,
        baseline=1.0,
        missing_real=0.031,
        missing_synthetic=0.028,
        edges=edges.tolist(),
        real=(0.969 * real / real.sum()).tolist(),
        synthetic=(0.972 * synthetic / synthetic.sum()).tolist(),
        holdout=(0.97 * holdout / holdout.sum()).tolist(),
        quantiles_real=quantiles.tolist(),
        quantiles_synthetic=moved.tolist(),
    )


def date_column(name: str = "admitted") -> ColumnLikeness:
    edges = np.linspace(1.6e9, 1.7e9, 25)
    shares = np.linspace(1, 2, 24)
    return ColumnLikeness(
        name=name,
        kind="datetime",
        error=2.2,
        edges=edges.tolist(),
        real=(shares / shares.sum()).tolist(),
        synthetic=(shares[::-1] / shares.sum()).tolist(),
        quantiles_real=np.linspace(1.6e9, 1.7e9, 9).tolist(),
        quantiles_synthetic=(np.linspace(1.6e9, 1.7e9, 9) - 86400 * 12).tolist(),
    )


def category_column(name: str = "occupation", levels: int = 9, error: float = 0.8) -> ColumnLikeness:
    labels = [f"A rather long name of a trade, number {i}" for i in range(levels - 2)] + [NASTY, "(rare)"]
    real = np.linspace(levels, 1, levels)
    synthetic = real + np.where(np.arange(levels) % 2, 0.4, -0.3)
    return ColumnLikeness(
        name=name,
        kind="category",
        error=error,
        reference=0.7,
        labels=labels,
        real=(real / real.sum()).tolist(),
        synthetic=(synthetic / synthetic.sum()).tolist(),
        holdout=(real / real.sum() * 1.01).tolist(),
        rare_lost=3,
        invented=0,
    )


def associations(size: int = 9) -> Associations:
    rng = np.random.default_rng(2)
    base = rng.normal(size=(400, size)) @ rng.normal(size=(size, size))
    real = np.corrcoef(base.T)
    change = rng.normal(0, 0.05, (size, size))
    synthetic = np.clip(real + (change + change.T) / 2, -1, 1)
    np.fill_diagonal(synthetic, 1)
    names = ["income", "occupation", "admitted", *(f"measure {i} of the ward" for i in range(size))][:size]
    return Associations(
        names=names,
        real=real.tolist(),
        synthetic=synthetic.tolist(),
        difference=np.abs(real - synthetic).tolist(),
    )


def network(size: int = 9) -> Network:
    """Return a network in which each column depends on the one before it and on the one three before."""
    names = (
        (NASTY, *(f"c{i}" for i in range(1, size - 1)), "alone") if size > 8 else tuple(f"c{i}" for i in range(size))
    )
    edges = [Edge(names[i - 1], names[i], 0.9 / i, required=i == 1) for i in range(1, len(names) - 1)]
    edges += [Edge(names[i - 3], names[i], 0.01) for i in range(3, len(names) - 1)]
    return Network(names, tuple(edges))


def pair() -> PairView:
    rng = np.random.default_rng(5)
    real = rng.random((6, 8)) * (rng.random((6, 8)) > 0.2)
    synthetic = real * (1 + 0.2 * rng.random((6, 8)))
    return PairView(
        x="age",
        y="income",
        x_labels=[f"{10 * i} – {10 * i + 10}" for i in range(8)],
        y_labels=[f"{5 * i}k – {5 * i + 5}k" for i in range(6)],
        real=(real / real.sum()).tolist(),
        synthetic=(synthetic / synthetic.sum()).tolist(),
        error=3.4,
    )


def model(name: str = "Boosted trees", loss: float = 1.3) -> ModelResult:
    grid = np.linspace(0, 1, 60)
    trtr, tstr = 0.920, 0.920 * (1 - loss / 100)
    return ModelResult(
        model=name,
        metric="AUC",
        tstr=tstr,
        trtr=trtr,
        tstr_low=tstr - 0.012,
        tstr_high=tstr + 0.011,
        trtr_low=trtr - 0.011,
        trtr_high=trtr + 0.01,
        loss=loss,
        loss_low=loss - 0.5,
        loss_high=loss + 0.6,
        roc_tstr=[(float(x), float(x**0.12)) for x in grid],
        roc_trtr=[(float(x), float(x**0.1)) for x in grid],
        rare=PrecisionRecall(
            label="large",
            share=0.08,
            tstr=0.51,
            tstr_low=0.46,
            tstr_high=0.56,
            trtr=0.55,
            trtr_low=0.5,
            trtr_high=0.6,
            curve_tstr=[(float(x), float(0.92 - 0.84 * x**2)) for x in grid],
            curve_trtr=[(float(x), float(0.96 - 0.88 * x**2)) for x in grid],
        ),
        importance_tstr={"income": 0.5, "age": 0.3},
        importance_trtr={"income": 0.45, "age": 0.35},
    )


def privacy() -> Privacy:
    xs = np.linspace(0, 3, 120)
    return Privacy(
        scores=[
            Score(
                name="copies",
                dimension="privacy",
                question="Are real rows repeated?",
                value=0.02,
                low=0.01,
                high=0.05,
                reference=0.03,
                unit="%",
                better="reference",
                n=12_000,
            ),
            Score(
                name="nearer_share",
                dimension="privacy",
                question="Are synthetic rows nearer to training rows?",
                value=50.4,
                low=49.3,
                high=51.5,
                reference=50.0,
                unit="%",
                better="reference",
                n=6_000,
            ),
            Score(
                name="membership_auc",
                dimension="privacy",
                question="Can it be told who was in the training rows?",
                value=0.512,
                low=0.49,
                high=0.531,
                reference=0.5,
                unit="AUC",
                n=5_000,
            ),
            Score(
                name="membership_tpr",
                dimension="privacy",
                question="Members found at one false alarm in a hundred",
                value=0.013,
                low=0.008,
                high=0.02,
                reference=0.01,
                n=5_000,
            ),
            Score(
                name="literals",
                dimension="privacy",
                question="Are real extremes, rare values or identifiers in the release?",
                value=0,
                reference=3,
                unit="rows",
                n=12_000,
            ),
            *(
                Score(
                    name=name,
                    dimension="privacy",
                    question=question,
                    value=0.1,
                    low=0.05,
                    high=0.2,
                    reference=0.1,
                    unit="%",
                    n=12_000,
                )
                for name, question in (
                    ("near_copies", "Are rows of single real people nearly repeated?"),
                    ("holdout_copies", "Are held-out rows repeated?"),
                )
            ),
            Score(
                name="inference",
                dimension="privacy",
                question="Can a secret be guessed?",
                value=None,
                note="Not enough data: the column has 12 rows.",
            ),
        ],
        attacks=[
            Attack(
                name="membership",
                title="Membership, nearest distance",
                unit="AUC",
                value=0.512,
                low=0.49,
                high=0.531,
                control=0.5,
                chance=0.5,
                n=5_000,
            ),
            Attack(
                name="density",
                title="Membership, density ratio",
                unit="AUC",
                value=0.53,
                low=0.5,
                high=0.55,
                control=0.5,
                chance=0.5,
                n=5_000,
            ),
            Attack(
                name="singling",
                title="Singling out",
                unit="%",
                value=1.2,
                low=0.4,
                high=2.4,
                control=1.0,
                chance=0.1,
                n=500,
            ),
            Attack(
                name="inference",
                title="Inference of occupation",
                unit="%",
                value=31.0,
                low=28.0,
                high=34.0,
                control=30.1,
                chance=22.0,
                n=1_000,
            ),
            Attack(name="link", title="Linkability", unit="%", value=None, note="Not enough columns."),
        ],
        curves=[
            Curve(name="synthetic to train", x=xs.tolist(), y=(1 - np.exp(-xs)).tolist()),
            Curve(name="synthetic to holdout", x=xs.tolist(), y=(1 - np.exp(-0.98 * xs)).tolist()),
            Curve(name="holdout to train", x=xs.tolist(), y=(1 - np.exp(-1.02 * xs)).tolist()),
        ],
        closest=[ClosePair(synthetic_row=3, train_row=77, distance=0.01, holdout_distance=0.2)],
    )


def scorecard(loss: float = 1.3, table: str = "hospital") -> Scorecard:
    columns = [
        number_column("income", 4_000, 3.1),
        category_column(),
        date_column(),
        number_column(NASTY, 300, 1.1),
        *(number_column(f"measure {i} of the ward", 100.0 * i, 0.8 + 0.05 * i) for i in range(6)),
        ColumnLikeness(name="all empty", kind="number", error=None, note="No value on either side."),
    ]
    shape = Score(
        name="shape",
        dimension="fidelity",
        question="Is each column like the real one?",
        value=1.3,
        low=1.1,
        high=1.6,
        reference=0.8,
        baseline=0.7,
        unit="%",
        n=3_000,
    )
    pairs = Score(
        name="pairs",
        dimension="fidelity",
        question="Do columns go together as in the real table?",
        value=2.4,
        low=2.2,
        high=2.8,
        reference=1.9,
        baseline=7.6,
        unit="%",
        n=3_000,
    )
    c2st = Score(
        name="c2st",
        dimension="fidelity",
        question="Can synthetic rows be told from real ones?",
        value=0.67,
        low=0.64,
        high=0.7,
        reference=0.5,
        baseline=0.99,
        unit="AUC",
        n=3_000,
    )
    lost = Score(
        name="tstr_loss",
        dimension="utility",
        question="What does a model lose by training on it?",
        value=loss,
        low=loss - 0.5,
        high=loss + 0.6,
        reference=0.0,
        baseline=38.0,
        unit="%",
        n=3_000,
    )
    broken = Score(
        name="rules_broken",
        dimension="validity",
        question="Rows that break a hard rule",
        value=0.0,
        reference=0.1,
        unit="%",
        n=12_000,
    )
    rules = [
        RuleAdherence(
            id="a",
            sentence="admitted is before discharged",
            hard=True,
            severity="error",
            how="transform",
            real=1.0,
            raw=1.0,
            final=1.0,
            broken=0,
        ),
        RuleAdherence(
            id="b",
            sentence=f"occupation is not '{NASTY}'",
            hard=True,
            severity="error",
            how="repair",
            real=0.998,
            raw=0.981,
            final=1.0,
            broken=0,
            repaired=228,
        ),
        RuleAdherence(
            id="c",
            sentence="age is at most 90",
            hard=False,
            severity="warning",
            how="check_only",
            real=0.97,
            raw=None,
            final=0.965,
            broken=420,
        ),
    ]
    return Scorecard(
        made=datetime(2025, 3, 4, 12, 30, tzinfo=UTC),
        table=table,
        method="trees",
        rows_train=9_600,
        rows_holdout=2_400,
        rows_synthetic=12_000,
        seed=7,
        seconds=31.4,
        fidelity=Fidelity(
            scores=[shape, pairs, c2st],
            columns=columns,
            associations=associations(),
            pairs=[pair()],
            giveaways=[Giveaway(name="income", importance=0.41), Giveaway(name=NASTY, importance=0.2)],
        ),
        utility=Utility(scores=[lost], target="income", models=[model(loss=loss), model("Linear", 0.4)]),
        privacy=privacy(),
        validity=Validity(scores=[broken], rules=rules),
        notes=["The holdout has 2,400 rows."],
    )
