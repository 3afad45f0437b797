"""Each alert says what is wrong with numbers, what follows for the synthetic table, and offers what can be done."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.offers import MissingOffer, RoleOffer
from synth_core.profile import Alert, profile
from synth_core.table import Column, Kind, Role, Table

KINDS = {"i": Kind.INTEGER, "f": Kind.NUMBER, "M": Kind.DATETIME, "O": Kind.CATEGORY}
ROWS = 1500


def table_of(columns: dict[str, object], **changes: dict[str, object]) -> Table:
    frame = pd.DataFrame(columns)
    described = []
    for name in frame.columns:
        settings: dict[str, object] = {"name": name, "kind": KINDS[frame[name].dtype.kind], **changes.get(name, {})}
        described.append(Column.model_validate(settings))
    return Table(frame, tuple(described))


def alerts_of(table: Table, code: str) -> list[Alert]:
    return [alert for alert in profile(table).alerts if alert.code == code]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_two_columns_always_empty_together_become_a_rule(rng: np.random.Generator) -> None:
    gap = rng.random(ROWS) < 0.3
    table = table_of({n: np.where(gap, np.nan, rng.normal(size=ROWS)) for n in ("lab a", "lab b")})
    (alert,) = alerts_of(table, "missing_together")
    assert f"({int(gap.sum()):,} of 1,500)" in alert.sentence
    assert alert.action is not None
    assert alert.action.rule == {"type": "implies", "if": "`lab a` is null", "then": "`lab b` is null"}


def test_columns_nearly_always_empty_together_say_in_how_many_rows_not(rng: np.random.Generator) -> None:
    gap = rng.random(ROWS) < 0.3
    other = gap.copy()
    other[np.flatnonzero(gap)[:7]] = False
    table = table_of({n: np.where(g, np.nan, rng.normal(size=ROWS)) for n, g in (("a", gap), ("b", other))})
    (alert,) = alerts_of(table, "missing_together")
    assert "in 7 only some of them" in alert.sentence
    assert alert.action is None


def test_mostly_empty_columns_are_not_together_by_chance(rng: np.random.Generator) -> None:
    table = table_of({n: np.where(rng.random(ROWS) < 0.97, np.nan, 1.0 + rng.random(ROWS)) for n in "abc"})
    assert alerts_of(table, "missing_together") == []


def test_a_value_that_always_leaves_a_cell_empty_becomes_a_rule(rng: np.random.Generator) -> None:
    sex = rng.choice(["f", "m"], ROWS).astype(object)
    table = table_of({"sex": sex, "births": np.where(sex == "m", np.nan, rng.integers(0, 4, ROWS))})
    (alert,) = alerts_of(table, "missing_depends")
    assert alert.columns == ["births", "sex"]
    assert "from 0 % to 100 % of rows" in alert.sentence
    assert alert.action is not None
    assert alert.action.rule == {"type": "implies", "if": "`sex` = 'm'", "then": "`births` is null"}


def test_columns_empty_by_the_same_column_share_one_alert(rng: np.random.Generator) -> None:
    site = rng.choice(["north", "south", "west"], ROWS).astype(object)
    columns: dict[str, object] = {"site": site}
    for name, share in (("a", 0.9), ("b", 0.7), ("c", 0.6)):
        columns[name] = np.where((site == "south") & (rng.random(ROWS) < share), np.nan, rng.normal(size=ROWS))
    (alert,) = alerts_of(table_of(columns), "missing_depends")
    assert alert.columns == ["a", "b", "c", "site"]
    assert "'a' most" in alert.sentence


def test_linked_columns_share_one_alert(rng: np.random.Generator) -> None:
    base = rng.normal(size=ROWS)
    table = table_of({f"t{i}": base + 0.3 * rng.normal(size=ROWS) for i in range(5)} | {"n": rng.normal(size=ROWS)})
    (alert,) = alerts_of(table, "strong_association")
    assert alert.columns == [f"t{i}" for i in range(5)]
    assert "10 pairs" in alert.sentence


def test_a_column_that_nearly_repeats_another_is_told(rng: np.random.Generator) -> None:
    first = rng.integers(0, 500, ROWS)
    second = np.where(rng.random(ROWS) < 0.02, first + 40, first)
    (alert,) = alerts_of(table_of({"first": first, "second": second}), "near_duplicate")
    assert "98 % of the rows" in alert.sentence


def test_what_follows_from_two_steps_is_not_said_again(rng: np.random.Generator) -> None:
    street = rng.integers(0, 40, ROWS)
    table = table_of({n: (street // size).astype(str).astype(object) for n, size in (("s", 1), ("t", 4), ("c", 20))})
    assert [alert.columns for alert in alerts_of(table, "decided")] == [["t", "c"], ["s", "t"]]


def test_few_rows_of_a_class_and_for_the_columns_are_told(rng: np.random.Generator) -> None:
    label = np.where(np.arange(ROWS) < 12, "yes", "no").astype(object)
    table = table_of({"x": rng.normal(size=ROWS), "label": label}, label={"role": Role.TARGET})
    (alert,) = alerts_of(table, "few_of_a_class")
    assert alert.sentence == "1 class of the target 'label' has fewer than 30 rows."
    wide = table_of({f"c{i}": rng.normal(size=110) for i in range(80)})
    assert "110 rows for 80 columns" in alerts_of(wide, "few_rows")[0].sentence


def test_the_heap_at_zero_makes_no_tail_of_its_own(rng: np.random.Generator) -> None:
    part = np.where(rng.random(ROWS) < 0.93, 0, rng.normal(500, 20, ROWS))
    assert alerts_of(table_of({"a": part}), "skewed") == []
    assert alerts_of(table_of({"a": part}), "zeros")
    (alert,) = alerts_of(table_of({"b": -rng.lognormal(0, 2, ROWS)}), "skewed")
    assert "to the left" in alert.sentence


def test_heavy_tails_on_both_sides_are_no_skew(rng: np.random.Generator) -> None:
    values = rng.standard_t(2, 3000)
    values = np.concatenate([values, -values])
    assert alerts_of(table_of({"a": values}), "heavy_tail")


def test_personal_data_inside_text_is_told_but_not_shown() -> None:
    notes = [f"call {i} back" for i in range(60)] + ["write to jane.roe@example.org please"] * 40
    table = table_of({"note": np.array(notes, dtype=object)}, note={"kind": Kind.TEXT})
    (alert,) = alerts_of(table, "personal_text")
    assert "e-mail addresses (about 40 % of the cells)" in alert.sentence
    assert "example.org" not in profile(table).model_dump_json()
    assert alert.severity == "watch"
    dropped = table.with_columns([table.column("note").model_copy(update={"role": Role.DROP})])
    (alert,) = alerts_of(dropped, "personal_text")
    assert alert.severity == "info"
    assert "left out" in alert.consequence


def test_a_strong_link_of_a_handful_of_rows_is_not_told(rng: np.random.Generator) -> None:
    few = np.arange(ROWS) < 12
    table = table_of({"a": np.where(few, np.arange(ROWS), np.nan), "b": np.arange(ROWS) + rng.random(ROWS)})
    assert alerts_of(table, "strong_association") == []


def test_an_offered_missing_word_becomes_an_alert_with_its_button(monkeypatch: pytest.MonkeyPatch) -> None:
    offer = MissingOffer("a", "-200", 30, 0.02, "Nothing lies near it.")
    monkeypatch.setattr("synth_core.profile.alerts.missing_offers", lambda table: [offer])
    (alert,) = alerts_of(table_of({"a": np.arange(100)}), "missing_code")
    assert alert.severity == "watch"
    assert "'-200' in 30 rows (2 %)" in alert.sentence
    assert alert.action is not None
    assert (alert.action.kind, alert.action.word) == ("set_missing", "-200")


def test_a_column_that_says_who_a_row_is_about_gets_a_button(monkeypatch: pytest.MonkeyPatch) -> None:
    offers = [RoleOffer("who", Role.ENTITY, "A key that repeats."), RoleOffer("x", Role.TARGET, "The last one.")]
    monkeypatch.setattr("synth_core.profile.alerts.role_offers", lambda table: offers)
    found = profile(table_of({"who": np.arange(300) % 60, "x": np.arange(300) % 7})).alerts
    (alert,) = [one for one in found if one.action is not None and one.action.kind == "set_role"]
    assert (alert.code, alert.severity) == ("entity_unset", "watch")
    assert alert.sentence == "'who' seems to say who a row is about. A key that repeats."
    assert alert.action is not None
    assert alert.action.role is Role.ENTITY


def test_a_day_without_a_time_is_not_before_a_time_on_that_day(rng: np.random.Generator) -> None:
    day = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, ROWS), "D"))
    later = day + pd.to_timedelta(rng.integers(1, 5, ROWS), "D")
    same = day + pd.to_timedelta(10, "h")
    end = later.where(np.arange(ROWS) >= 8, day)
    assert alerts_of(table_of({"start": same, "end": end}), "dates_out_of_order") == []


def test_a_sample_is_said_and_close_to_the_whole(rng: np.random.Generator) -> None:
    table = table_of({"a": rng.normal(10, 2, 20_000), "c": rng.choice(list("xyz"), 20_000).astype(object)})
    part, whole = profile(table, sample=4000, seed=1), profile(table)
    assert (part.rows, part.sampled, part.column("a").rows) == (20_000, 4000, 4000)
    assert whole.sampled is None
    assert part.column("a").mean == pytest.approx(whole.column("a").mean or 0, abs=0.15)
    assert profile(table, sample=50_000).sampled is None
    assert part == profile(table, sample=4000, seed=1)


def test_what_is_rare_in_a_sample_only_is_not_told() -> None:
    words = np.array(["a"] * 9950 + ["b"] * 50, dtype=object)
    table = table_of({"w": words, "n": np.arange(10_000) % 7})
    assert "rare" not in {alert.code for alert in profile(table, sample=600).alerts}


def test_progress_goes_up_to_the_end(rng: np.random.Generator) -> None:
    seen: list[float] = []
    profile(
        table_of({"a": rng.normal(size=200), "b": rng.normal(size=200)}),
        progress=lambda done, total, note="": seen.append(done / total),
    )
    assert seen == sorted(seen)
    assert seen[-1] <= 1


def test_every_alert_of_a_messy_table_has_a_consequence_in_a_sentence(rng: np.random.Generator) -> None:
    gap = rng.random(ROWS) < 0.4
    table = table_of(
        {
            "x": rng.lognormal(0, 2, ROWS),
            "y": np.where(gap, np.nan, rng.normal(size=ROWS)),
            "z": np.where(gap, np.nan, rng.normal(size=ROWS)),
            "w": ["same"] * ROWS,
            "key": np.arange(ROWS),
        }
    )
    found = profile(table).alerts
    assert len(found) >= 4
    for alert in found:
        assert alert.sentence.endswith(".")
        assert alert.consequence.endswith(".")
        assert "  " not in alert.sentence


def towns(rng: np.random.Generator, rare: list[str]) -> Table:
    """Return a number that is empty in rare towns alone; the 60th and later towns share one code."""
    names = [f"town {i:02d}" for i in range(59) for _ in range(30)]
    cells = [*rng.normal(size=len(names)), *[np.nan] * len(rare)]
    frame = pd.DataFrame({"town": [*names, *rare], "x": cells}).sample(frac=1, random_state=5)
    return table_of({name: frame[name].to_list() for name in frame})


def test_no_rule_names_one_of_many_rare_categories(rng: np.random.Generator) -> None:
    found = profile(towns(rng, [f"Secret {i:02d}" for i in range(40)]))
    (alert,) = [alert for alert in found.alerts if alert.code == "missing_depends"]
    assert alert.action is None
    assert "Secret" not in found.model_dump_json()


def test_a_category_with_rows_enough_may_be_named_in_a_rule(rng: np.random.Generator) -> None:
    (alert,) = alerts_of(towns(rng, ["away"] * 40), "missing_depends")
    assert alert.action is not None
    assert alert.action.rule == {"type": "implies", "if": "`town` = 'away'", "then": "`x` is null"}


def test_gaps_by_chance_depend_on_nothing(rng: np.random.Generator) -> None:
    noise = rng.normal(size=(300, 150))
    noise[rng.random(noise.shape) < 0.2] = np.nan
    table = table_of({f"c{i}": column for i, column in enumerate(noise.T)})
    assert not alerts_of(table, "missing_depends")


def test_a_cap_is_where_the_heap_is_and_not_at_a_stray_number(rng: np.random.Generator) -> None:
    values = np.minimum(rng.normal(50, 10, ROWS).round(1), 60)
    values[5] = 1e200
    (alert,) = alerts_of(table_of({"v": values}), "capped")
    assert alert.action is not None
    assert alert.action.rule is not None
    assert alert.action.rule["high_value"] == 60
