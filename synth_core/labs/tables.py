"""What the augmentation lab found, as words and as a table of figures."""

from __future__ import annotations

import pandas as pd

from synth_core.labs.augmentation import Comparison, Contender, Judge, ratio_words
from synth_core.scores.statistics import Estimate
from synth_core.spreadsheets import harmless_frame


def score_words(judge: Judge, precision: float) -> str:
    """Return what a score is called.

    >>> score_words("pr_auc", 0.5), score_words("recall", 0.5)
    ('PR-AUC', 'recall at 50 % precision')
    """
    return "PR-AUC" if judge == "pr_auc" else f"recall at {precision * 100:g} % precision"


def verdict(found: Comparison, judge: Judge) -> str:
    """Return which remedy helps, in a sentence or two; also when none does."""
    name = score_words(judge, found.settings.precision)
    nothing = found.contender("none")
    best = found.winner(judge)
    if best is None:
        text = (
            f"Nothing beats doing nothing measurably in {name}: no remedy's gain over {nothing.score(judge).value:.3f} "
            "has an interval above zero."
        )
    else:
        gain = best.gain(judge)
        assert gain is not None
        text = (
            f"{best.title} at {_chosen(best)} wins in {name}: {best.score(judge).value:.3f} against "
            f"{nothing.score(judge).value:.3f} with nothing done, a gain of {gain.value:.3f} "
            f"({gain.low:.3f} to {gain.high:.3f})."
        )
        also = [one.title for one in found.contenders if one != best and (g := one.gain(judge)) and g.low > 0]
        if also:
            text += (
                f" Also measurably better than doing nothing: {', '.join(also)}; the best need not differ from these."
            )
    worse = [one.title for one in found.worse(judge)]
    if worse:
        text += f" Measurably worse than doing nothing: {', '.join(worse)}."
    return text


def threshold_words(found: Comparison) -> str:
    """Return what moving the threshold alone changes, in a sentence."""
    plain, tuned = found.contender("none"), found.contender("threshold")
    return (
        f"Moving the threshold needs no new rows: a model left as it is {_alarms(plain, 'of the rare class ')}; with "
        f"the threshold that inner folds chose for {_share(found.settings.precision)}, it {_alarms(tuned)}."
    )


def _alarms(one: Contender, of: str = "") -> str:
    if one.silent:
        return "raises no alarm"
    its = "of its alarms " if of else ""
    return f"finds {_share(one.found.value)} {of}with {_share(one.right.value)} {its}right"


def _share(part: float) -> str:
    return f"{100 * part:.0f} %"


def _chosen(one: Contender, between: str = " or ") -> str:
    return between.join(ratio_words(ratio) for ratio in sorted(set(one.ratios), reverse=True))


def shown_table(found: Comparison, judge: Judge) -> pd.DataFrame:
    """Return the remedies with their figures as text, a row each."""
    name = score_words(judge, found.settings.precision)
    return pd.DataFrame(
        [
            {
                "Remedy": one.title,
                "Ratio chosen": _chosen(one, ", ") or "–",
                name[0].upper() + name[1:]: _text(one.score(judge)),
                "Gain": "–" if (gain := one.gain(judge)) is None else _text(gain, "+"),
                "Found": _shares(one.found),
                "Right": "no alarms" if one.silent else _shares(one.right),
            }
            for one in found.contenders
        ]
    )


def _shares(found: Estimate) -> str:
    return f"{100 * found.value:.0f} ({100 * found.low:.0f} to {100 * found.high:.0f}) %"


def _text(found: Estimate, sign: str = "") -> str:
    value, low, high = (f"{end:{sign}.3f}" for end in found)
    return f"{value} ({low} to {high})"


def figures_table(found: Comparison) -> pd.DataFrame:
    """Return every figure, a row per remedy with what inner folds chose, then a row per remedy and ratio."""
    chosen = [
        {
            "remedy": one.title,
            "ratio": _chosen(one, ", "),
            "chosen by inner folds": "yes",
            **_ends("PR-AUC", one.pr_auc),
            **_ends("PR-AUC gain", one.pr_auc_gain),
            **_ends("recall", one.recall),
            **_ends("recall gain", one.recall_gain),
            **_ends("found at threshold", one.found),
            **_ends("right at threshold", one.right),
        }
        for one in found.contenders
    ]
    titles = {one.remedy: one.title for one in found.contenders}
    each = [
        {
            "remedy": titles[at.remedy],
            "ratio": ratio_words(at.ratio),
            "chosen by inner folds": "no",
            **_ends("PR-AUC", at.pr_auc),
            **_ends("recall", at.recall),
        }
        for at in found.ratios
        if at.ratio is not None
    ]
    table = pd.DataFrame([*chosen, *each])
    settings = found.settings
    table["precision wanted"], table["target"], table["class"] = settings.precision, found.target, found.rare
    table["rows"], table["rare rows"] = found.rows, found.rare_rows
    table["folds"], table["inner folds"], table["seed"] = settings.folds, settings.inner, settings.seed
    return table


def figures_csv(found: Comparison) -> str:
    """Return :func:`figures_table` as CSV; texts that a spreadsheet would run as a formula are led by an apostrophe."""
    return str(harmless_frame(figures_table(found)).to_csv(index=False))


def _ends(name: str, found: Estimate | None) -> dict[str, float]:
    if found is None:
        return {}
    return {name: found.value, f"{name} low": found.low, f"{name} high": found.high}
