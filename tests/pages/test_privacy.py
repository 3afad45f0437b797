"""The Privacy page: a verdict in words, attacks beside their control, closest pairs covered until asked for."""

from __future__ import annotations

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import full_attacks
from synth_core import jobs
from synth_core import project as projects
from synth_core.inference import ColumnChoice
from synth_core.recipe import Recipe
from synth_core.remedies import Mended
from synth_core.run import Run, Status
from synth_core.scorecard import Scorecard
from synth_core.scores.results import Attack, AuditedPerson, ShadowAudit
from synth_core.scores.score import Score
from synth_core.shadow_audit import with_audit
from tests.core.scorecard_example import scorecard
from tests.pages.judged_run import make_project, make_run, open_page, put_at_work, text_of, with_score

LITERALS = Score(name="literals", dimension="privacy", question="Are real values in it?", value=0, unit="rows", n=300)


def _card(**literals: object) -> Scorecard:
    card = scorecard(table="People")
    scores = [*(s for s in card.privacy.scores if s.name != "literals"), LITERALS.model_copy(update=literals)]
    return card.model_copy(update={"privacy": card.privacy.model_copy(update={"scores": scores})})


def test_without_a_project_it_points_to_start() -> None:
    assert "No table yet" in text_of(open_page("privacy", None))


def test_without_a_run_it_points_to_generate() -> None:
    at = open_page("privacy", make_project())
    assert at.button(key="need.run").label == "Go to Generate"


def test_while_the_first_run_is_at_work_it_points_to_it() -> None:
    project = make_project()
    put_at_work(make_run(project))
    assert "A run is at work" in text_of(open_page("privacy", project))


def test_a_damaged_scorecard_says_what_to_do() -> None:
    project = make_project()
    run = make_run(project)
    (run.folder / "scorecard.json").write_text("no json", encoding="utf-8")
    assert "damaged" in open_page("privacy", project).error[0].value


def test_a_clean_release_shows_no_sign_of_copying_and_the_limits_of_that() -> None:
    project = make_project()
    make_run(project, _card())
    at = open_page("privacy", project)
    assert "No sign of copying" in at.success[0].value
    assert "not a proof" in text_of(at)
    assert len(at.get("plotly_chart")) == 2


def test_a_successful_attack_says_stop_and_what_to_do() -> None:
    project = make_project()
    make_run(project, with_score(_card(), "privacy", "membership_auc", value=0.83, low=0.8, high=0.86))
    at = open_page("privacy", project)
    assert "Stop: do not release" in at.error[0].value
    text = text_of(at)
    assert "What you can do" in text
    assert "Make fewer rows" in text


def test_leaked_literals_name_their_columns() -> None:
    project = make_project()
    make_run(project, _card(value=12, low=8, high=18, reference=0, note="rows per column: income: 12"))
    text = text_of(open_page("privacy", project))
    assert "Stop: do not release" in text
    assert "income\\: 12" in text


def test_too_few_rows_are_not_a_pass() -> None:
    project = make_project()
    make_run(project, with_score(_card(), "privacy", "membership_auc", value=None, note="only 12 rows"))
    at = open_page("privacy", project)
    assert not at.success
    assert "not a pass" in at.info[0].value


def test_closest_pairs_are_covered_until_asked_for() -> None:
    project = make_project()
    make_run(project, _card())
    at = open_page("privacy", project)

    def cells() -> set[str]:
        return set(next(one.value for one in at.dataframe if "Real row" in one.value.columns)["Real row"])

    assert cells() == {"•••"}
    at.toggle(key="privacy.reveal").set_value(True).run()
    assert not at.exception
    assert "•••" not in cells()
    assert len(cells()) > 1


def test_a_pair_shows_the_train_row_of_the_very_split() -> None:
    project = make_project()
    run = make_run(project, _card())
    at = open_page("privacy", project, **{"privacy.reveal": True})
    at.toggle(key="privacy.reveal").set_value(True).run()
    shown = next(one.value for one in at.dataframe if "Real row" in one.value.columns).set_index("Column")
    train, _ = project.table.split(run.recipe.holdout, run.recipe.seed)
    assert shown.loc["age", "Real row"] == str(train.frame["age"].iloc[77])
    assert shown.loc["age", "Synthetic row"] == str(project.table.frame["age"].iloc[3])


def test_a_row_that_is_gone_says_so() -> None:
    project = make_project()
    make_run(project, _card(), rows=2)
    assert "not in the synthetic table" in open_page("privacy", project).error[0].value


def test_a_stale_run_shows_the_bar() -> None:
    project = make_project()
    make_run(project, _card())
    project.set_choices({})
    assert "earlier table or earlier rules" in open_page("privacy", project).warning[0].value


def test_advice_for_two_scores_of_one_attack_stands_once() -> None:
    project = make_project()
    card = with_score(_card(), "privacy", "membership_auc", value=0.83, low=0.8, high=0.86)
    make_run(project, with_score(card, "privacy", "membership_tpr", value=0.3, low=0.25, high=0.35))
    assert text_of(open_page("privacy", project)).count("Make fewer rows") == 1


def without_slow_attacks() -> Scorecard:
    card = _card()
    quick = [attack for attack in card.privacy.attacks if not attack.name.startswith(full_attacks.SLOW)]
    return card.model_copy(update={"privacy": card.privacy.model_copy(update={"attacks": quick})})


def test_the_full_attacks_are_offered_until_they_are_on_the_scorecard(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    run = make_run(project, without_slow_attacks())
    asked: list[tuple[str, bool]] = []
    monkeypatch.setattr(jobs, "judge_again", lambda one, *, full: asked.append((one.id, full)))
    open_page("privacy", project).button(key="privacy.full").click().run()
    assert asked == [(run.id, True)]
    slow = Attack(name="singling_univariate", title="Singling out", unit="share", value=0.1)
    card = without_slow_attacks()
    attacks = [*card.privacy.attacks, slow]
    card = card.model_copy(update={"privacy": card.privacy.model_copy(update={"attacks": attacks})})
    (run.folder / "scorecard.json").write_text(card.model_dump_json(), encoding="utf-8")
    assert not [button for button in open_page("privacy", project).button if button.key == "privacy.full"]


def test_while_the_full_attacks_are_at_work_the_scores_stay_and_progress_is_shown() -> None:
    project = make_project()
    make_run(project, _card(value=9))
    run = make_run(project, without_slow_attacks())
    kept = (run.folder / "scorecard.json").read_bytes()
    put_at_work(run, stage="Attack", share=0.4, note="singling people out", seconds_left=80.0)
    (run.folder / "scorecard.json").write_bytes(kept)
    at = open_page("privacy", project)
    tiles = {metric.label: metric.value for metric in at.metric}
    assert tiles["Real values leaked"] == "0 rows", "the scores so far of this run stay; no other one takes its place"
    assert "singling people out" in str(at.get("progress")[0].proto)
    assert at.button(key="privacy.cancel").label == "Cancel"


def test_full_attacks_that_cannot_start_or_failed_say_why() -> None:
    project = make_project()
    run = make_run(project, without_slow_attacks())
    run.parquet.unlink()
    at = open_page("privacy", project)
    at.button(key="privacy.full").click().run()
    assert "The synthetic table of this run is gone" in at.error[0].value
    (run.folder / "full").touch()
    run.write_status(Status(state="failed", error="Memory ran out."))
    assert "The full attacks stopped" in open_page("privacy", project).error[0].value


AUDIT = ShadowAudit(
    fits=16,
    exposed=2,
    ordinary=100,
    learned=320,
    made=300,
    released=500,
    strongest="distance",
    attacks=[
        Attack(name=f"shadow_{name}", title=name, unit="AUC", value=0.6, low=0.55, high=0.65, control=0.5)
        for name in ("distance", "agreement", "ordinary")
    ],
    people=[
        AuditedPerson(row=77, why="unusual", attack="distance", right=100.0, low=95.0, high=100.0, sure=True),
        AuditedPerson(row=5, why="near", attack="agreement", right=61.0, low=33.0, high=89.0),
    ],
)


def with_seconds(run: Run, **seconds: float) -> None:
    made = run.synthesis()
    assert made is not None
    text = made.model_copy(update={"seconds": seconds}).model_dump_json()
    (run.folder / "synthesis.json").write_text(text, encoding="utf-8")


def test_the_shadow_audit_says_what_it_takes_and_is_started_by_a_click(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    run = make_run(project, _card())
    with_seconds(run, Learn=8.2)
    at = open_page("privacy", project)
    assert "about 3 min: 16 fits of 8 s" in text_of(at).replace("\\", "")
    spawned: list[Run] = []
    monkeypatch.setattr(jobs, "_spawn", spawned.append)
    at.button(key="privacy.audit").click().run()
    assert [one.id for one in spawned] == [run.id]
    assert run.is_audited
    put_at_work(run, stage="Audit", share=0.3, note="Fit 5 of 16", seconds_left=90.0)
    (run.folder / "scorecard.json").write_text(_card().model_dump_json(), encoding="utf-8")
    at = open_page("privacy", project)
    assert "Fit 5 of 16" in str(at.get("progress")[0].proto)
    assert at.button(key="privacy.audit_cancel").label == "Cancel"
    assert not [button for button in at.button if button.key in ("privacy.cancel", "privacy.full", "privacy.audit")]
    run.write_status(Status(state="done"))
    (run.folder / "audit").write_text("Memory ran out.", encoding="utf-8")
    assert "Memory ran out" in open_page("privacy", project).error[0].value


def test_a_slow_engine_is_not_audited_and_the_page_says_why() -> None:
    project = make_project()
    with_seconds(make_run(project, _card()), Learn=400.0)
    at = open_page("privacy", project)
    assert "one fit takes about 400 s here" in text_of(at).replace("\\", "")
    assert not [button for button in at.button if button.key == "privacy.audit"]


def test_what_the_audit_found_is_said_the_person_covered_and_the_headline_changes() -> None:
    project = make_project()
    run = make_run(project, with_audit(_card(), AUDIT))
    at = open_page("privacy", project)
    assert "Stop: do not release" in at.error[0].value
    text = text_of(at).replace("\\", "")
    assert "For 1 of the 2 exposed people it can surely be told" in text
    assert "more rows give more away than was seen here" in text
    assert not [button for button in at.button if button.key == "privacy.audit"]

    def cells() -> pd.Series:
        return next(one.value for one in at.dataframe if "Real person" in one.value.columns).set_index("Column")[
            "Real person"
        ]

    assert set(cells()) == {"•••"}
    at.toggle(key="privacy.audit_reveal").set_value(True).run()
    train, _ = project.table.split(run.recipe.holdout, run.recipe.seed)
    assert cells()["age"] == str(train.frame["age"].iloc[77])


def leaking() -> Scorecard:
    return with_score(_card(), "privacy", "membership_auc", value=0.83, low=0.8, high=0.86)


def remedy_keys(at: AppTest) -> list[str]:
    return [str(button.key) for button in at.button if str(button.key).startswith("privacy.apply_")]


def test_remedies_say_what_they_cost_and_one_click_starts_the_changed_run(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    project.set_draft(Recipe(rows=600, method="trees"))
    run = make_run(project, leaking())
    at = open_page("privacy", project)
    assert remedy_keys(at) == ["privacy.apply_redraw", "privacy.apply_dial", "privacy.apply_fewer"]
    assert text_of(at).count("**Costs:**") == 3
    spawned: list[Run] = []
    monkeypatch.setattr(jobs, "_spawn", spawned.append)
    at.button(key="privacy.apply_dial").click().run()
    assert not at.exception
    (made,) = spawned
    assert made.recipe.params == {"privacy": "strict"}
    assert made.mended() == Mended(run=run.id, remedy="dial", title="One stop more private: strict")
    assert not remedy_keys(at), "while it is at work there is nothing to apply"


def test_the_mended_run_stands_beside_the_one_that_it_mends() -> None:
    project = make_project()
    old = make_run(project, leaking())
    new = make_run(project, _card())
    mended = Mended(run=old.id, remedy="redraw", title="Draw exposed rows again")
    (new.folder / "remedy.json").write_text(mended.model_dump_json(), encoding="utf-8")
    at = open_page("privacy", project, **{"state.run": new.id})
    assert at.selectbox(key="compare.other").value == old.id
    assert "Made to mend another run: **Draw exposed rows again**" in text_of(at)
    assert at.success[0].value.startswith("**A: No sign of copying")
    assert at.error[0].value.startswith("**B: Stop")
    beside = next(one.value for one in at.dataframe if "Interval B" in one.value.columns).set_index("Score")
    assert beside.loc["Membership attack", ["A", "B"]].tolist() == ["✓ 0.512", "✕ 0.830"]
    assert "Column shapes" not in beside.index, "likeness stands on Compare"


def test_two_runs_have_their_attacks_curves_and_covered_pairs_side_by_side() -> None:
    project = make_project()
    older, newer = make_run(project, leaking()), make_run(project, _card())
    at = open_page("privacy", project, **{"state.run": newer.id, "compare.other": older.id})
    assert len(at.get("plotly_chart")) == 4
    pairs = [one.value for one in at.dataframe if "Real row" in one.value.columns]
    assert len(pairs) == 2
    for frame in pairs:
        assert set(frame["Real row"]) == set(frame["Synthetic row"]) == {"•••"}


def test_while_a_remedy_is_at_work_its_progress_is_shown_and_a_failed_one_says_why() -> None:
    project = make_project()
    old = make_run(project, leaking())
    new = make_run(project)
    mended = Mended(run=old.id, remedy="fewer", title="Half the rows: 150")
    (new.folder / "remedy.json").write_text(mended.model_dump_json(), encoding="utf-8")
    put_at_work(new, stage="Sample", share=0.4, note="100 of 150 rows")
    at = open_page("privacy", project, **{"state.run": old.id})
    assert any("Half the rows" in str(bar.proto) for bar in at.get("progress"))
    new.write_status(Status(state="failed", error="Memory ran out."))
    at = open_page("privacy", project, **{"state.run": old.id})
    assert "The mended run stopped" in at.error[-1].value
    assert remedy_keys(at)


def test_nothing_can_be_applied_when_the_table_has_changed() -> None:
    project = make_project()
    make_run(project, leaking())
    project.set_choices({})
    at = open_page("privacy", project)
    assert remedy_keys(at)
    assert all(at.button(key=key).disabled for key in remedy_keys(at))


def test_protecting_a_column_changes_the_table_and_keeps_other_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    project.set_choices({**project.choices, "income": ColumnChoice(protect=False)})
    project.set_draft(Recipe(rows=600, method="independent"))
    run = make_run(project, leaking())
    monkeypatch.setattr(jobs, "_spawn", lambda one: None)
    at = open_page("privacy", project)
    at.button(key="privacy.apply_protect:income").click().run()
    again = projects.open_project(project.id)
    assert again.table.column("income").protect
    assert again.table.target is not None
    assert again.runs()[0].table_name != run.table_name
