"""What the fairness lab found, in sentences and as a table to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Literal

from synth_core.labs.fair_metrics import PER_GROUP
from synth_core.labs.fair_results import Arm, Fairness
from synth_core.scores.statistics import Estimate
from synth_core.spreadsheets import harmless

Gap = Literal["parity", "odds"]
GAP_TITLES: dict[Gap, str] = {"parity": "Gap in outcomes", "odds": "Gap in errors"}
GAP_MEANINGS: dict[Gap, str] = {
    "parity": "Demographic parity difference: how far the rates at which the model gives the favourable outcome lie "
    "apart between the group with the highest and the one with the lowest. 0: no gap.",
    "odds": "Equalised odds difference: how far true positive rates, or false positive rates, lie apart between "
    "groups, whichever is further. 0: the model errs alike for all.",
}
UNCORRECTED = {"represent": "synthetic", "balance": "synthetic", "cut": "network"}
CAVEATS = (
    "The rows themselves may be biased: who is in them, what was written down, and who decided. A gap that closes here "
    "says nothing about that.",
    "Balancing the outcome is a what-if: it changes the facts of the table. Data made so must not be taken for what "
    "happened.",
    "Measures of fairness can contradict each other: where groups differ in their true outcomes, gaps in outcomes and "
    "in errors cannot in general be closed together. Which one matters is a decision for people, not for a program.",
)


def points(value: float) -> str:
    """Return a share (0..1) as points of a hundred, without its sign.

    >>> points(0.0481), points(-0.2), points(0.0004)
    ('4.8', '20.0', '0.0')
    """
    return f"{100 * abs(value):.1f}"


def interval_words(found: Estimate) -> str:
    """Return an interval as points of a hundred, the smaller end first, signs turned so that the value is positive.

    >>> interval_words(Estimate(-0.04, -0.06, -0.01)), interval_words(Estimate(0.02, -0.01, 0.05))
    ('1.0 to 6.0', '-1.0 to 5.0')
    """
    ends = (found.low, found.high) if found.value >= 0 else (-found.high, -found.low)
    return f"{100 * ends[0]:.1f} to {100 * ends[1]:.1f}"


def helped(found: Fairness, gap: Gap) -> list[Arm]:
    """Return the arms whose gap is measurably smaller than that of doing nothing, the smallest gap first.

    The resamples know nothing of the chance in training, so more than half of the folds must agree as well.
    """
    arms = [arm for arm in found.arms if gap in arm.change and arm.change[gap].high < 0 and _mostly(found, arm, gap)]
    return sorted(arms, key=lambda arm: value.value if (value := arm.gap(gap)) else 1.0)


def _mostly(found: Fairness, arm: Arm, gap: Gap) -> bool:
    agree, folds = folds_that_agree(found, arm, gap)
    return 2 * agree > folds or not folds


def costs(arm: Arm) -> bool:
    """Return whether an arm is measurably worse than doing nothing in AUC or in accuracy."""
    return any(arm.change[name].high < 0 for name in ("auc", "accuracy") if name in arm.change)


def story(found: Fairness, gap: Gap) -> list[str]:
    """Return what won and what it cost, one sentence each; also when nothing helps."""
    first = found.arms[0]
    start = first.gap(gap)
    if start is None:
        return ["Not enough data: fewer than two groups have enough rows of both outcomes to compare errors."]
    groups = "rates" if gap == "parity" else "error rates"
    what = (
        f"gives '{found.plan.favourable}' to groups at {groups} that differ"
        if gap == "parity"
        else f"makes errors at {groups.removeprefix('error ')} that differ between groups"
    )
    told = [
        f"Trained on the real rows as they are, the model {what} by up to {points(start.value)} points "
        f"({interval_words(start)})."
    ]
    better = helped(found, gap)
    if not better:
        told.append("Nothing that was tried narrows this measurably, so there is no reason here to change the data.")
    else:
        told += _winner(found, gap, better)
    wider = [arm for arm in found.arms if gap in arm.change and arm.change[gap].low > 0]
    if wider:
        told.append(f"Measurably wider: {_listed(found, wider)}.")
    return told


def _winner(found: Fairness, gap: Gap, better: list[Arm]) -> list[str]:
    best = better[0]
    value, change = best.gap(gap), best.change[gap]
    assert value is not None
    title, agree = found.titles[best.name], folds_that_agree(found, best, gap)
    told = [
        f"{title} narrows it most: to {points(value.value)} points ({interval_words(value)}), "
        f"{points(change.value)} fewer than doing nothing ({interval_words(change)}), and in {agree[0]} of {agree[1]} "
        "folds.",
        cost_words(best),
    ]
    twin = UNCORRECTED.get(best.name, "")
    if undecided(found, best, gap):
        told.append(
            f"{found.titles[twin]} is not measurably behind, so it is not shown that the correction is what helps: "
            "synthetic rows also blur what the model would have learned."
        )
    cheap, near = _cheaper(best, better[1:]), found.behind.get(gap, ())
    others = [arm for arm in better[1:] if arm.name in near and arm.name != twin and arm is not cheap]
    if others:
        told.append(f"Not measurably behind: {_listed(found, others)}.")
    if cheap is not None and (least := cheap.gap(gap)) is not None:
        price = f"{points(cheap.change['auc'].value)} points of AUC" if costs(cheap) else "no measurable cost"
        word = "Not measurably behind, and cheaper" if cheap.name in near else "Cheaper"
        told.append(f"{word}: {found.titles[cheap.name]}, to {points(least.value)} points at {price}.")
    other: Gap = "odds" if gap == "parity" else "parity"
    moved = best.change.get(other)
    if moved is not None and moved.low > 0:
        told.append(
            f"The {GAP_TITLES[other].lower()} becomes {points(moved.value)} points wider "
            f"({interval_words(moved)}): the two measures contradict each other here."
        )
    return told


def undecided(found: Fairness, arm: Arm, gap: Gap) -> bool:
    """Return whether the same engine without the correction may do as well: its gap is not measurably larger."""
    return UNCORRECTED.get(arm.name, "") in found.behind.get(gap, ())


def folds_that_agree(found: Fairness, arm: Arm, gap: Gap) -> tuple[int, int]:
    """Return in how many folds an arm's gap is smaller than that of doing nothing, and how many folds there are."""
    mine, first = (getattr(one, f"{gap}_folds") for one in (arm, found.arms[0]))
    pairs = list(zip(mine, first, strict=False))
    return sum(one < other for one, other in pairs), len(pairs)


def _cheaper(best: Arm, others: list[Arm]) -> Arm | None:
    """Return the arm that also helps and costs least, where that is less than half of what the best one costs."""
    if not costs(best) or not others:
        return None
    cheapest = min(others, key=lambda arm: -arm.change["auc"].value if "auc" in arm.change else 1.0)
    if "auc" not in cheapest.change or "auc" not in best.change:
        return None
    return cheapest if -cheapest.change["auc"].value < -best.change["auc"].value / 2 else None


def cost_words(arm: Arm) -> str:
    """Return what an arm costs against doing nothing, in a sentence."""
    parts = [
        f"{points(change.value)} points of {title} ({interval_words(change)})"
        for name, title in (("auc", "AUC"), ("accuracy", "accuracy"))
        if (change := arm.change.get(name)) is not None and change.high < 0
    ]
    return f"It costs {' and '.join(parts)}." if parts else "It has no measurable cost in AUC or accuracy."


def _listed(found: Fairness, arms: list[Arm]) -> str:
    return ", ".join(found.titles[arm.name] for arm in arms)


def rows_of(found: Fairness) -> Iterator[dict[str, object]]:
    """Yield every figure as a row: arm, group ("(all)"), measure, value, interval, change against doing nothing."""
    for arm in found.arms:
        shared = {"arm": arm.name, "title": found.titles.get(arm.name, arm.name)}
        for name in ("parity", "odds", "accuracy", "balanced_accuracy", "auc"):
            value = getattr(arm, name)
            change = arm.change.get(name)
            note = "" if value else "not enough data"
            yield shared | _cells("(all)", found.judged, name, value, change, note)
        for group in arm.groups:
            for name in PER_GROUP:
                yield shared | _cells(group.group, group.rows, name, getattr(group, name), None, group.note)
    for name, rows in found.few.items():
        empty = _cells(name, rows, "", None, None, f"not enough data: {rows} rows")
        yield {"arm": "", "title": "(not judged)", **empty}


def _cells(
    group: str, rows: int, measure: str, value: Estimate | None, change: Estimate | None, note: str
) -> dict[str, object]:
    ends = ("", "_low", "_high")
    told = dict(zip((f"value{end}" for end in ends), value or (None,) * 3, strict=True))
    moved = dict(zip((f"change{end}" for end in ends), change or (None,) * 3, strict=True))
    return {"group": group, "rows": rows, "measure": measure, **told, **moved, "note": note}


def as_csv(found: Fairness) -> str:
    """Return every figure as CSV; texts that a spreadsheet would take for a formula are led by an apostrophe."""
    rows = list(rows_of(found))
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {key: harmless(value) if isinstance(value, str) else value for key, value in row.items()} for row in rows
    )
    return out.getvalue()
