"""Every engine keeps every kind of rule; those that keep rules while they draw turn no row away for it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth_core.constraints.base import Constraint
from synth_core.constraints.enforcement import Enforcement
from synth_core.constraints.kinds import parse
from synth_core.constraints.pool import Enforced
from synth_core.errors import InfeasibleError
from synth_core.methods import create, method_class
from synth_core.table import Column, Kind, Role, Table

INSIDE = ("trees", "bayesian_network")
LIGHT = (*INSIDE, "copula", "independent")
ROWS = 400
every_inside = pytest.mark.parametrize("method", INSIDE)
every_light = pytest.mark.parametrize("method", LIGHT)


def real(rows: int = 700, seed: int = 0, *, target: bool = True) -> Table:
    rng = np.random.default_rng(seed)
    low = rng.gamma(2, 10, rows).round(1)
    middle = (low + rng.gamma(1.5, 6, rows)).round(1)
    high = (middle + rng.gamma(1.5, 6, rows)).round(1)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), unit="D")
    city = rng.choice(["Ulm", "Bonn", "Bern", "Graz"], rows, p=[0.4, 0.3, 0.2, 0.1]).astype(object)
    country = np.select([city == "Bern", city == "Graz"], ["CH", "AT"], "DE").astype(object)
    visits = rng.poisson(2, rows)
    visits[city == "Graz"] = 0
    frame = pd.DataFrame(
        {
            "low": low,
            "middle": middle,
            "high": high,
            "start": start,
            "end": start + pd.to_timedelta(rng.integers(0, 30, rows), unit="D"),
            "city": city,
            "country": country,
            "visits": visits,
            "paid": np.where(visits > 0, rng.choice(["yes", "no"], rows), "none").astype(object),
        }
    )
    frame.loc[rng.random(rows) < 0.1, "middle"] = np.nan
    frame.loc[rng.random(rows) < 0.1, "end"] = pd.NaT
    kinds = {"city": Kind.CATEGORY, "country": Kind.CATEGORY, "paid": Kind.CATEGORY, "visits": Kind.INTEGER}
    kinds |= {"start": Kind.DATETIME, "end": Kind.DATETIME}
    roles = {"paid": Role.TARGET} if target else {}
    return Table(
        frame,
        tuple(
            Column(
                name=n,
                kind=kinds.get(n, Kind.NUMBER),
                role=roles.get(n, Role.FEATURE),
                nullable=bool(frame[n].isna().any()),
            )
            for n in frame
        ),
    )


RULES: dict[str, dict] = {
    "inequality": {"type": "inequality", "low_column": "low", "high_column": "high", "enforcement": "condition"},
    "dates": {"type": "inequality", "low_column": "start", "high_column": "end", "enforcement": "condition"},
    "chain": {"type": "chained_inequality", "columns": ["low", "middle", "high"], "enforcement": "condition"},
    "between": {
        "type": "range",
        "low_column": "low",
        "middle_column": "middle",
        "high_column": "high",
        "enforcement": "condition",
    },
    "bound": {"type": "scalar_range", "column": "high", "low_value": 15, "high_value": 60},
    "allowed": {"type": "allowed_values", "column": "city", "values": ["Ulm", "Bonn", "Graz"]},
    "forbidden": {"type": "forbidden_values", "column": "city", "values": ["Bonn"]},
    "combinations": {"type": "fixed_combinations", "columns": ["city", "country"], "enforcement": "condition"},
    "never together": {
        "type": "forbidden_combinations",
        "columns": ["country", "paid"],
        "combinations": [["DE", "no"], ["CH", "yes"]],
    },
    "implies": {"type": "implies", "if": "city = 'Graz'", "then": "visits = 0 and paid = 'none'"},
    "implies a number": {"type": "implies", "if": "country = 'CH'", "then": "high < 50"},
    "implied by a number": {"type": "implies", "if": "low > 25", "then": "paid != 'yes'"},
    "determined": {
        "type": "functional_dependency",
        "determinants": ["city"],
        "dependent": "country",
        "enforcement": "condition",
    },
    "where": {
        "type": "inequality",
        "low_column": "low",
        "high_column": "middle",
        "when": "country = 'DE'",
    },
    "an expression": {"type": "custom", "expression": "low + 2 * visits <= high + 10"},
}


def made(table: Table, rules: list[Constraint], method: str, rows: int = ROWS) -> tuple[Enforcement, Enforced]:
    inside = method_class(method).info.rules_inside
    enforcement = Enforcement.prepare(table, rules, inside=inside)
    params = {"release_rows": rows, "trees": 4} if method == "trees" else {}
    fitted = create(method, params).fit(enforcement.encoded, seed=0)
    held = enforcement.restrictions()
    within = {"restrictions": held} if held else {}
    return enforcement, enforcement.apply(lambda n, s: fitted.sample(n, seed=s, **within), rows, 3)


def broken(enforcement: Enforcement, result: Enforced) -> dict[str, int]:
    found = {rule.sentence(): int(rule.violations(result.frame).sum()) for rule in enforcement.rules if rule.hard}
    return {sentence: count for sentence, count in found.items() if count}


@pytest.mark.parametrize("name", RULES)
@every_inside
def test_a_rule_is_kept_inside_the_draw_and_no_row_is_turned_away(method, name) -> None:
    enforcement, result = made(real(), [parse(RULES[name])], method)
    assert [plan.how for plan in enforcement.plan] == ["condition"]
    assert not broken(enforcement, result)
    assert result.rejected == 0
    assert not any(result.repaired.values())
    assert len(result.frame) == ROWS


@every_inside
def test_all_rules_together_are_kept_in_the_draw(method) -> None:
    skipped = {"between", "determined", "where", "forbidden"}
    rules = [parse(fields) for name, fields in RULES.items() if name not in skipped]
    enforcement, result = made(real(), rules, method)
    assert not broken(enforcement, result)
    assert result.acceptance > 0.98


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("method", ["copula", "independent"])
def test_other_engines_keep_it_by_drawing_again_or_by_repair(method, name) -> None:
    enforcement, result = made(real(), [parse(RULES[name])], method)
    assert enforcement.plan[0].how in ("transform", "repair", "reject")
    assert not broken(enforcement, result)


def test_trees_draw_the_same_rows_where_the_rules_hold_already() -> None:
    rule = parse({"type": "scalar_range", "column": "low", "low_value": 0})
    plain, held = (made(real(), some, "trees")[1].frame for some in ([], [rule]))
    pd.testing.assert_frame_equal(plain, held)


@every_inside
def test_what_a_rule_leaves_open_keeps_its_shares(method) -> None:
    """A rule that bars one city in one country leaves the other cities there in their proportions."""
    table = real(3_000, target=False)
    rng = np.random.default_rng(0)
    frame = table.frame.assign(city=rng.choice(["Ulm", "Bonn", "Bern", "Graz"], 3_000, p=[0.4, 0.3, 0.2, 0.1]))
    rule = parse({"type": "implies", "if": "visits >= 3", "then": "city != 'Ulm'", "enforcement": "condition"})
    plan, result = made(table.with_frame(frame.astype({"city": object})), [rule], method, rows=4_000)
    some = result.frame[result.frame["visits"] >= 3]["city"].value_counts(normalize=True)
    assert not broken(plan, result)
    assert some["Bonn"] == pytest.approx(0.5, abs=0.07)
    assert some["Graz"] == pytest.approx(1 / 6, abs=0.06)


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.3])
@every_light
def test_a_soft_rule_is_broken_at_its_target_rate(method, rate) -> None:
    soft = {**RULES["implied by a number"], "hard": False, "target_rate": rate}
    enforcement, result = made(real(target=False), [parse(soft)], method, rows=1_500)
    share = enforcement.rules[0].violations(result.frame).mean()
    assert share == pytest.approx(rate, abs=0.02)


@every_inside
def test_a_soft_rule_that_no_real_row_breaks_is_broken_as_asked(method) -> None:
    """Drawing again would hardly ever find such rows."""
    soft = parse({**RULES["implies"], "then": "paid = 'none'", "hard": False, "target_rate": 0.08})
    enforcement, result = made(real(2_000, target=False), [soft], method, rows=1_500)
    assert enforcement.rules[0].violations(result.frame).mean() == pytest.approx(0.08, abs=0.02)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    method=st.sampled_from(INSIDE),
    names=st.lists(st.sampled_from(["a", "b", "c"]), min_size=2, max_size=3, unique=True),
    strict=st.booleans(),
    barred=st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=2, unique=True),
    bound=st.integers(0, 8),
    seed=st.integers(0, 5),
)
def test_sampled_rows_break_no_hard_rule(method, names, strict, barred, bound, seed) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({n: rng.integers(0, 10, 200).astype(float) for n in ("a", "b", "c")})
    frame["kind"] = rng.choice(["x", "y", "z", "w"], 200).astype(object)
    frame.loc[rng.random(200) < 0.1, "b"] = np.nan
    table = Table(frame, tuple(Column(name=n, kind=Kind.CATEGORY if n == "kind" else Kind.NUMBER) for n in frame))
    rules = [
        parse({"type": "chained_inequality", "columns": names, "strict_boundaries": strict}),
        parse({"type": "forbidden_values", "column": "kind", "values": barred, "when": f"a > {bound}"}),
    ]
    rules = [rule.model_copy(update={"enforcement": "condition"}) for rule in rules]
    try:
        enforcement, result = made(table, rules, method, rows=60)
    except InfeasibleError:  # so few real rows keep it that there is nothing to learn from
        return
    assert not broken(enforcement, result)
