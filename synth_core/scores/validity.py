"""Does every row make sense? Rules, keys, categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from synth_core.constraints.base import Constraint
from synth_core.scores.results import RuleAdherence, Validity
from synth_core.scores.score import Score
from synth_core.scores.sides import Sides
from synth_core.scores.statistics import rounded
from synth_core.table import Kind

QUESTIONS = {
    "rules_broken": "Does every row keep the rules?",
    "keys_repeated": "Is every identifier that should be unique unique?",
    "unknown_categories": "Is every category one that the real table has?",
}
STAND_INS = frozenset({"(rare)", "(other)", "Other", "other"})  # written by protection in the place of rare values


def measure(
    sides: Sides,
    rules: Sequence[Constraint] = (),
    *,
    raw_broken: Mapping[str, float] | None = None,
    repaired: Mapping[str, int] | None = None,
    rejected: Mapping[str, int] | None = None,
    how: Mapping[str, str] | None = None,
) -> Validity:
    """Return whether the full release keeps the rules, its keys and its categories.

    ``raw_broken``: share of rows (0..1) that broke each rule before it was enforced, by rule id; ``repaired``:
    rows that were mended; ``rejected``: drawn rows that were turned away; ``how``: the way it was enforced.
    """
    sides.tell("checking rules")
    broken = np.zeros(len(sides.synthetic), dtype=bool)
    kept: list[RuleAdherence] = []
    skipped = 0
    for rule in rules:
        if not rule.enabled:
            continue
        if any(name in sides.train.names and name not in sides.synthetic.names for name in rule.columns_used):
            skipped += 1  # a dropped column: the release has nothing that could break the rule
            continue
        rule.check(sides.synthetic)
        breaks = np.asarray(rule.violations(sides.synthetic.frame), dtype=bool)
        if rule.hard:
            broken |= breaks
        raw = (raw_broken or {}).get(rule.id)
        kept.append(
            RuleAdherence(
                id=rule.id,
                sentence=rule.sentence(),
                hard=rule.hard,
                severity=rule.severity,
                how=(how or {}).get(rule.id, rule.enforcement),
                real=_share_kept(np.asarray(rule.violations(sides.train.frame), dtype=bool)),
                raw=None if raw is None else round(1 - raw, 6),
                final=_share_kept(breaks),
                broken=int(breaks.sum()),
                repaired=(repaired or {}).get(rule.id, 0),
                rejected=(rejected or {}).get(rule.id, 0),
            )
        )
    return Validity(scores=[_rules(sides, broken, kept, skipped), _keys(sides), _unknown(sides)], rules=kept)


def _share_kept(breaks: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    """Share of rows that keep a rule, rounded down so that one broken row in a million never reads as all kept."""
    if not len(breaks):
        return 1.0
    return float(np.floor(1e6 * (1 - breaks.mean())) / 1e6) if breaks.any() else 1.0


def _score(name: str, value: float, n: int, note: str, reference: float = 0.0) -> Score:
    known = {"name": name, "dimension": "validity", "question": QUESTIONS[name], "unit": "rows"}
    return Score.model_validate(known | {"value": value, "reference": rounded(reference), "n": n, "note": note})


def _rules(
    sides: Sides, broken: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], kept: list[RuleAdherence], skipped: int
) -> Score:
    hard = sum(rule.hard for rule in kept)
    note = f"rows that break one of {hard} hard rules" if hard else "no hard rules are set"
    if skipped:
        note += f"; {skipped} rules about columns that are not released were left out"
    return _score("rules_broken", float(broken.sum()), len(broken), note)


def _keys(sides: Sides) -> Score:
    """Rows whose identifier repeats, over identifier columns without repeats among the real rows."""
    repeated, keys = 0, 0
    for column in sides.train.columns:
        if column.kind is not Kind.IDENTIFIER or column.name not in sides.synthetic.names:
            continue
        real = sides.train.frame[column.name].dropna()
        if real.duplicated().any() or not len(real):
            continue
        keys += 1
        repeated += int(sides.synthetic.frame[column.name].dropna().duplicated().sum())
    note = f"over {keys} identifier columns that are unique among the real rows" if keys else "no unique identifier"
    return _score("keys_repeated", float(repeated), len(sides.synthetic), note)


def _unknown(sides: Sides) -> Score:
    """Rows with a category that no training row has; the reference is what equally many held-out rows have."""
    made, held = np.zeros(len(sides.made), dtype=bool), np.zeros(len(sides.held), dtype=bool)
    found = []
    for name in sides.coding.categories:
        levels = sides.coding.levels(name)
        unseen = sides.made.codes[name] == levels
        if unseen.any():
            words = sides.synthetic.frame[name].to_numpy()[unseen]
            unseen[np.flatnonzero(unseen)] = [str(word) not in STAND_INS for word in words]
        if unseen.any():
            found.append(name)
        made |= unseen
        held |= sides.held.codes[name] == levels
    reference = float(held.mean() * len(made)) if len(held) else 0.0
    note = f"in {', '.join(found[:8])}" if found else "every category is known"
    return _score("unknown_categories", float(made.sum()), len(made), note, reference)
