"""The shadow audit: an engine that copies is found, one that has seen nobody is not, and nothing half-made stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth_core import shadow_audit
from synth_core.errors import Cancelled, InputError
from synth_core.generation import Synthesis
from synth_core.recipe import Recipe
from synth_core.scorecard import Word, default_targets, verdicts
from synth_core.scores import shadow, shadow_words
from synth_core.scores.features import Coding
from synth_core.scores.results import ShadowAudit
from synth_core.scores.space import Space
from synth_core.shadow_audit import audit, cost, fit_seconds, why_not, with_audit
from synth_core.steering.asks import Steering
from synth_core.table import Column, Kind, Role, Table
from synth_core.what_if import WhatIf
from tests.core.judged_tables import bootstrap, people
from tests.core.scorecard_example import scorecard

RECIPE = Recipe(method="independent", rows=600, seed=3)


def released_by(monkeypatch: pytest.MonkeyPatch, engine: Any) -> list[Table]:
    """Let ``engine(known, seed)`` stand for every fit; return the tables that it gets to learn from."""
    seen: list[Table] = []

    def released(known: Table, recipe: Recipe, folder: Path, workers: int, tell: Any) -> Table:
        seen.append(known)
        made: Table = engine(known, recipe.seed)
        return made

    monkeypatch.setattr(shadow_audit, "released", released)
    return seen


def word_of(found: ShadowAudit, use: str = "share") -> Word:
    card = with_audit(scorecard(), found)
    return next(v.word for v in verdicts(card, default_targets(use)) if v.target.score == "shadow_advantage")


def test_an_engine_that_copies_rows_is_found_and_its_people_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    released_by(monkeypatch, lambda known, seed: bootstrap(known, 2 * len(known), seed))
    found = audit(people(300, 1), RECIPE, release=bootstrap(people(300, 1), 300))
    best = found.attack(found.strongest)
    assert best is not None
    assert best.low is not None
    assert best.low > 0.85
    assert found.found > 5
    assert found.people[0].sure
    assert not found.people[-1].sure or found.found == found.exposed
    assert {one.why for one in found.people} == {"unusual", "near"}
    assert word_of(found) == word_of(found, "explore") == "fail"
    assert f"{found.found} of the {found.exposed}" in " ".join(shadow_words.found(found))


def test_an_engine_that_never_saw_the_rows_passes_in_every_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    released_by(monkeypatch, lambda known, seed: people(300, seed))
    found = [audit(people(300, seed), RECIPE.model_copy(update={"seed": seed})) for seed in range(4)]
    assert [word_of(one) for one in found] == ["pass"] * 4
    assert [one.found for one in found] == [0] * 4
    areas = [one.attack(one.strongest) for one in found]
    assert abs(np.mean([area.value for area in areas if area is not None]) - 0.5) < 0.03


def common(rows: int, seed: int) -> Table:
    """Two columns whose every value many people share."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.integers(0, 5, rows).astype(str).astype(object) for name in "abcd"})
    return Table(frame, tuple(Column(name=name, kind=Kind.CATEGORY, protect=False) for name in "abcd"), "common")


def test_independent_columns_say_nothing_unless_a_value_is_one_person_s_alone() -> None:
    table = common(400, 1)
    clean = audit(table, RECIPE.model_copy(update={"rows": 400}))
    best = clean.attack(clean.strongest)
    assert best is not None
    assert best.value is not None
    assert abs(best.value - 0.5) < 0.06
    assert word_of(clean) == "pass"
    # words that only single people hold come out only where these people were learned from
    rare = table.frame.copy()
    rare.loc[:39, "a"] = [f"only {i}" for i in range(40)]
    leaked = audit(table.with_frame(rare), RECIPE.model_copy(update={"rows": 1500}))
    assert word_of(leaked) == "fail"


def test_whole_entities_are_in_or_out(monkeypatch: pytest.MonkeyPatch) -> None:
    visits = people(600, 2)
    who = np.repeat(np.arange(200), 3)
    columns = (Column(name="patient", kind=Kind.IDENTIFIER, role=Role.ENTITY), *visits.columns)
    table = Table(visits.frame.assign(patient=[f"p{i}" for i in who])[[c.name for c in columns]], columns, "visits")
    seen = released_by(monkeypatch, lambda known, seed: known)
    found = audit(table, RECIPE)
    assert len(seen) == found.fits
    for known in seen:
        assert set(known.frame["patient"].value_counts()) == {3}
        assert 0 < 200 - known.frame["patient"].nunique() < 40
    out = [set(table.frame["patient"]) - set(known.frame["patient"]) for known in seen]
    times = pd.Series([name for names in out for name in names]).value_counts()
    assert set(times) == {found.fits // 2}, "each person looked for is out in half of the fits"
    assert len(times) == found.exposed + found.ordinary
    assert {one.rows for one in found.people} == {3}
    assert found.attack(found.strongest).low > 0.85  # type: ignore[union-attr, operator]


def test_those_far_from_everybody_come_first_and_the_far_one_is_among_them() -> None:
    frame = people(400, 4).frame
    frame.loc[7, ["age", "income", "score"]] = [65, 9e6, 40.0]
    frame.loc[7, "region"] = "the moon"
    table = people(400, 4).with_frame(frame)
    coding = Coding.learn(table)
    space = Space.learn(coding, coding.apply(table.frame))
    sought = shadow.seek(table, coding, space, None, np.random.default_rng(0))
    assert [7] in [list(rows) for rows, why in zip(sought.rows, sought.why, strict=True) if why == "unusual"]
    assert len({int(row) for rows in sought.rows for row in rows}) == len(sought)
    assert len(sought) <= 0.2 * len(table)


def test_the_same_seed_gives_the_same_audit_through_the_engine() -> None:
    table = people(250, 5)
    recipe = Recipe(method="independent", rows=300, seed=9)
    first, second = audit(table, recipe, fits=8), audit(table, recipe, fits=8)
    assert first.model_copy(update={"seconds": 0.0}) == second.model_copy(update={"seconds": 0.0})
    assert ShadowAudit.model_validate_json(first.model_dump_json()) == first


def test_half_of_the_fits_hold_each_person() -> None:
    inside = shadow.halves(50, 10, np.random.default_rng(0))
    assert (inside.sum(axis=0) == 5).all()
    assert len({tuple(column) for column in inside.T}) > 40


def test_nobody_is_named_by_chance_and_ties_count_against_the_attacker() -> None:
    rng = np.random.default_rng(1)
    named = 0
    for _ in range(40):
        inside = shadow.halves(150, 16, rng)
        seen = {"distance": rng.normal(size=inside.shape), "agreement": rng.integers(0, 4, inside.shape) * 1.0}
        named += int(shadow._sure(seen, inside).any())
    assert named <= 4  # 2.5 % at most are expected
    inside = shadow.halves(30, 16, rng)
    assert not shadow._sure({"agreement": np.ones(inside.shape)}, inside).any()
    assert shadow._sure({"agreement": inside * 1.0}, inside).all()


def test_cancel_stops_between_fits_and_leaves_no_release(tmp_path: Path) -> None:
    def stop(done: float, total: float, note: str = "") -> None:
        if done >= 2:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        audit(people(300, 1), RECIPE, scratch=tmp_path, progress=stop)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_audited_says_why() -> None:
    with pytest.raises(InputError, match="at least 200"):
        audit(people(150, 1), RECIPE)
    with pytest.raises(InputError, match="even number"):
        audit(people(300, 1), RECIPE, fits=9)
    assert "what-if" in why_not(RECIPE.model_copy(update={"what_if": WhatIf()}), 1000, 1.0)
    assert why_not(RECIPE, 1000, 8.0) == ""
    assert "32 min" in why_not(RECIPE, 1000, 120.0)
    few = with_audit(
        scorecard(), ShadowAudit(fits=16, exposed=3, ordinary=0, learned=30, made=30, note="not enough data")
    )
    assert few.scores["shadow_advantage"].value is None


def test_the_cost_is_told_from_what_the_run_took() -> None:
    took = Synthesis(
        rows=200_000, columns=[], rows_train=1000, rows_holdout=0, learned_from=1000,
        seconds={"Split": 0.2, "Learn": 6.0, "Sample": 15.0, "Keep the rules": 5.0},
    )  # fmt: skip
    assert fit_seconds(took) == pytest.approx(8.2)
    assert cost(8.2) == "about 3 min: 16 fits of 8 s"
    assert cost(0.2) == "about 27 s: 16 fits of 1 s"


def test_fewer_rows_come_from_the_engine_of_the_whole_release() -> None:
    asked = Recipe(method="trees", rows=500_000, seed=1, holdout=0.3, steering=Steering(make={"a": {"x": 400_000}}))
    inner = [shadow_audit._fit_recipe(asked, 20_000, number) for number in (0, 1)]
    assert inner[0].params["release_rows"] == 500_000
    assert (inner[0].rows, inner[0].holdout) == (20_000, 0.0)
    assert inner[0].steering.make == {}
    assert inner[0].seed != inner[1].seed


def test_an_audit_takes_the_place_of_an_earlier_one() -> None:
    first = ShadowAudit(fits=16, exposed=3, ordinary=0, learned=30, made=30, note="not enough data")
    card = with_audit(with_audit(scorecard(), first), replace_note(first))
    assert [score.name for score in card.privacy.scores].count("shadow_advantage") == 1
    assert card.privacy.audit is not None
    assert card.privacy.audit.note == "other"


def replace_note(found: ShadowAudit) -> ShadowAudit:
    return found.model_copy(update={"note": "other"})


def test_protected_rare_words_stay_out_of_the_audit_of_independent_columns() -> None:
    table = common(400, 1)
    rare = table.frame.copy()
    rare.loc[:39, "a"] = [f"only {i}" for i in range(40)]
    kept = Table(rare, tuple(column.model_copy(update={"protect": True}) for column in table.columns), "protected")
    assert word_of(audit(kept, RECIPE.model_copy(update={"rows": 1500}))) == "pass"
