"""Finding yes / no columns of which exactly one is on, and columns that are missing together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synth_core.constraints.evidence import SURE, Finding
from synth_core.constraints.kinds import Implies, NullIf, NullTogether, OneHot
from synth_core.constraints.one_hot import OFF, ON, switched_on
from synth_core.table import Kind, Table

MOST = 200


def find_one_hot(table: Table) -> list[Finding]:
    """Return groups of three columns or more, side by side or apart, of which exactly one is on in each row."""
    on = _switches(table)
    names = list(on)
    found, used = [], set()
    for first, name in enumerate(names):
        if name in used:
            continue
        group, covered = [name], on[name].copy()
        for other in names[first + 1 :]:
            if other not in used and not (covered & on[other]).any():
                group.append(other)
                covered |= on[other]
        if covered.all() and len(group) >= 3:
            used |= set(group)
            shares = np.array([on[one].mean() for one in group])
            alone = float(sum(share * np.prod(np.delete(1 - shares, place)) for place, share in enumerate(shares)))
            found.append(Finding(OneHot(columns=tuple(group)), 1 - alone, len(table), 0, len(table)))
    return [finding for finding in found if finding.expected * len(table) >= SURE]


def _switches(table: Table) -> dict[str, npt.NDArray[np.bool_]]:
    """Return the columns that say yes or no in every row, as booleans."""
    found = {}
    for column in table.columns:
        values = table.frame[column.name]
        if not column.learned or column.kind not in (Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.CATEGORY):
            continue
        levels = values.unique()
        words = {str(level).strip().casefold() for level in levels}
        if len(levels) == 2 and not values.isna().any() and words & ON and words & OFF and words <= ON | OFF:
            found[column.name] = switched_on(values)
    return dict(list(found.items())[:MOST])


def as_missing(findings: list[Finding]) -> list[Finding]:
    """Return implications that end in "is missing" as the kinds that say so: missing together, missing if."""
    together: list[set[str]] = []
    evidence: list[Finding] = []
    result = []
    for finding in findings:
        rule = finding.rule
        if not isinstance(rule, Implies):
            result.append(finding)
            continue
        names, ends = rule.columns_used, rule.then.endswith(" is null")
        both = len(names) == 2 and ends and " is null or " in rule.if_ and " is null and " in rule.then
        if both and rule.hard:
            joined = [place for place, group in enumerate(together) if group & set(names)]
            if joined:
                together[joined[0]] |= set(names)
            else:
                together.append(set(names))
                evidence.append(finding)
        elif ends and " and " not in rule.then and " or " not in rule.then and " is null" not in rule.if_:
            column = next(name for name in reversed(names))
            result.append(_missing_if(finding, rule, column))
        else:
            result.append(finding)
    for group, finding in zip(together, evidence, strict=True):
        ordered = tuple(sorted(group))
        merged = NullTogether(columns=ordered)
        result.append(Finding(merged, finding.expected, finding.rows, 0, finding.rows))
    return result


def _missing_if(finding: Finding, rule: Implies, column: str) -> Finding:
    told = NullIf(column=column, when=rule.if_, hard=rule.hard)
    return Finding(told, finding.expected, finding.support, finding.exceptions, finding.rows, finding.weight)
