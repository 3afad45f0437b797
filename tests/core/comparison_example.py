"""A comparison of remedies made by hand: a baseline of 0.4, and gains as a test wants them."""

from __future__ import annotations

from synth_core.labs.augmentation import AtRatio, Comparison, Contender, Settings
from synth_core.labs.remedies import TITLES, WITH_RATIO, Remedy
from synth_core.scores.statistics import Estimate

BASE = 0.4


def around(value: float, half: float = 0.05) -> Estimate:
    """Return an estimate with an interval of this half width."""
    return Estimate(round(value, 4), round(value - half, 4), round(value + half, 4))


def comparison(
    gains: dict[Remedy, float], settings: Settings | None = None, *, target: str = "churn", rare: str = "yes"
) -> Comparison:
    """Return a comparison whose gains are these (0 where not named), with intervals of 0.05 on either side."""
    settings = settings or Settings(rare=rare, ratios=(5.0, 1.0))
    contenders = []
    for remedy, title in TITLES.items():
        own, gain = remedy in WITH_RATIO, gains.get(remedy, 0.0)
        contenders.append(
            Contender(
                remedy=remedy,
                title=title,
                ratios=(5.0, 5.0, 1.0) if own else (),
                thresholds=(0.5, 0.5, 0.5),
                pr_auc=around(BASE + gain),
                recall=around(BASE + gain),
                pr_auc_gain=around(gain) if own else None,
                recall_gain=around(gain / 10) if own else None,
                found=around(0.6 if remedy == "threshold" else 0.3),
                right=around(0.5 if remedy == "threshold" else 0.8),
            )
        )
    ratios = [
        AtRatio(remedy=remedy, ratio=ratio, pr_auc=around(BASE), recall=around(BASE))
        for remedy in WITH_RATIO
        for ratio in settings.ratios
    ]
    return Comparison(
        settings=settings,
        target=target,
        rare=rare,
        rows=1_200,
        rare_rows=100,
        contenders=tuple(contenders),
        ratios=tuple(ratios),
        seconds=75.0,
    )
