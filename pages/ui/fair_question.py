"""The question of the Fairness lab: which groups, which decision, and which of its classes is good to get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import streamlit as st

from pages.ui import parts, state
from synth_core.errors import InputError
from synth_core.labs.fair_corrections import FairnessPlan
from synth_core.labs.fair_groups import Decision, Groups, classes_of, default_columns, likely_favourable
from synth_core.labs.fair_project import keep_plan, kept_plan
from synth_core.labs.fair_shares import GroupShare, Proxy, counts_of, proxies, shares_of
from synth_core.project import Project
from synth_core.table import Table


class Facts(NamedTuple):
    """What the table says about the groups; ``rows``: rows per group among those that a run learns from."""

    groups: Groups
    decision: Decision
    shares: list[GroupShare]
    unknown: int
    rows: dict[str, int]
    overall: float
    proxies: list[Proxy]


@dataclass(frozen=True)
class Asked:
    """The question with its answer's first part: the plan, the table, and what it says about the groups."""

    plan: FairnessPlan
    table: Table
    facts: Facts


@st.cache_resource(hash_funcs={Table: lambda table: table.fingerprint}, max_entries=32, show_spinner=False)
def facts(
    table: Table, sensitive: tuple[str, ...], target: str, favourable: str | None, holdout: float, seed: int
) -> Facts:
    """Return the groups of the rows to learn from, and how they fare in the whole table; treat it as read-only."""
    learnable, _ = table.split(holdout, seed)
    groups = Groups.learn(learnable, sensitive)
    decision = Decision.learn(table, target, favourable)
    counts, unknown = counts_of([table.frame], groups, decision)
    rows, _ = counts_of([learnable.frame], groups, decision)
    known = learnable.frame[decision.known(learnable.frame)]
    overall = float(decision.good(known).mean()) if len(known) else 0.0
    per_group = {name: size for name, (size, _) in rows.items()}
    near = proxies(learnable, sensitive, target)
    return Facts(groups, decision, shares_of(counts, groups), unknown, per_group, overall, near)


def choose(project: Project, table: Table) -> Asked | None:
    """Draw the choices, and return the question; None, with a sentence, where something is still to be chosen."""
    plan = _with_defaults(kept_plan(project), table)
    names = _sensitive_first(table)
    with st.container(border=True, key="fairness_question"), st.grid(min_column_width=190, gap="medium"):
        _select(
            project, "sensitive", "Sensitive column", names, plan.sensitive[0] if plan.sensitive else None,
            "Whose groups are compared, such as sex or ethnicity. Numbers such as age are put in bands.",
        )  # fmt: skip
        second = plan.sensitive[1] if len(plan.sensitive) > 1 else None
        others = [name for name in names if name not in (*plan.sensitive[:1], plan.target)]
        _select(
            project, "second", "Together with (optional)", others, second,
            "A second sensitive column: groups are then told by both, such as women over 60.",
            optional=True,
        )  # fmt: skip
        targets = [column.name for column in table.columns if column.learned and column.kind.categorical]
        if plan.target and plan.target not in targets:
            targets = [plan.target, *targets]
        _select(
            project, "target", "Decision", targets, plan.target or None,
            "What people are given or refused: the target of the model, such as approved.",
        )  # fmt: skip
        classes: tuple[str, ...] = ()
        problem = ""
        try:
            classes = classes_of(table, plan.target or None)
        except InputError as error:
            problem = str(error)
        favourable = plan.favourable if plan.favourable in classes else likely_favourable(classes) if classes else None
        _select(
            project, "favourable", "Good to get", list(classes), favourable,
            "The favourable class of the decision. With more than two classes, it is held against all others.",
        )  # fmt: skip
    if problem:
        parts.error_card(problem, title="There is no decision to look at")
        return None
    plan = plan.model_copy(update={"favourable": favourable or ""})
    if not plan.sensitive:
        st.info(
            "No sensitive column is chosen. Choose one above, such as sex or ethnicity: fairness compares groups of "
            "people.",
            icon=":material/groups:",
        )
        return None
    if plan.target in plan.sensitive:
        raise InputError(f"'{plan.target}' is both the decision and sensitive; choose another column for one of them.")
    draft = project.draft
    found = facts(table, plan.sensitive, plan.target, favourable, draft.holdout, draft.seed)
    known = {name: value for name, value in plan.shares.items() if name in found.groups.names}
    rates = {name: value for name, value in plan.rates.items() if name in found.groups.names}
    return Asked(plan.model_copy(update={"shares": known, "rates": rates}), table, found)


def keep(project: Project, table: Table, **changed: Any) -> None:
    """Keep the plan with these fields changed."""
    plan = _with_defaults(kept_plan(project), table)
    keep_plan(project, plan.model_copy(update=changed))


def _with_defaults(plan: FairnessPlan, table: Table) -> FairnessPlan:
    target = plan.target or (table.target.name if table.target is not None else "")
    sensitive = plan.sensitive or tuple(name for name in default_columns(table) if name != target)
    return plan.model_copy(update={"sensitive": sensitive, "target": target})


def _sensitive_first(table: Table) -> list[str]:
    found = [column for column in table.columns if column.learned]
    return [column.name for column in sorted(found, key=lambda column: column.role.value != "sensitive")]


def _select(
    project: Project, name: str, label: str, options: list[str], value: str | None, help: str, optional: bool = False
) -> None:
    slot = f"fairness.{name}"
    key = state.shown(slot, value if value in options else None)
    st.selectbox(
        label,
        options,
        key=key,
        help=help,
        placeholder="None" if optional else "Choose",
        on_change=_changed,
        args=(project, name, slot, key),
    )


def _changed(project: Project, name: str, slot: str, key: str) -> None:
    if state.stale(slot, key):
        return
    value = state.get(key, None)
    table = project.table
    plan = _with_defaults(kept_plan(project), table)
    changed: dict[str, Any] = {"shares": {}, "rates": {}, "cuts": ()}
    if name == "sensitive":
        changed["sensitive"] = tuple(dict.fromkeys(one for one in (value, *plan.sensitive[1:]) if one))
    elif name == "second":
        changed["sensitive"] = (*plan.sensitive[:1], *([value] if value else []))
    elif name == "target":
        changed |= {"target": value or "", "favourable": ""}
    else:
        changed["favourable"] = value or ""
    keep_plan(project, plan.model_copy(update=changed))
