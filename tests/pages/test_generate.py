"""The Generate page: the recipe in words, a run at work, done, stopped, and the history."""

from __future__ import annotations

import json
from typing import Any

import pytest

from synth_core import jobs
from synth_core import project as projects
from synth_core.errors import ProjectError
from synth_core.run import SO_FAR, Status, write_scores
from synth_core.steering.asks import Steering
from tests.pages.judged_run import make_project, make_run, open_page, put_at_work, text_of


def test_without_a_project_it_points_to_start() -> None:
    assert "No table yet" in text_of(open_page("generate", None))


def test_before_the_first_run_the_recipe_stands_there_in_words() -> None:
    at = open_page("generate", make_project())
    text = text_of(at)
    assert "learns from **320** real rows and makes **300** new ones, to share outside" in text
    assert "No synthetic table yet" in text
    assert at.button(key="generate.start").label == "Generate 300 rows"


def test_fewer_than_a_hundred_rows_are_warned_of_before() -> None:
    assert "60 real rows are few" in text_of(open_page("generate", make_project(60)))
    assert "are few" not in text_of(open_page("generate", make_project(150)))


def test_the_button_starts_the_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    started: list[Any] = []

    def start(one: Any, recipe: Any) -> Any:
        started.append(recipe)
        return one.new_run(recipe)

    monkeypatch.setattr(jobs, "start", start)
    at = open_page("generate", project)
    at.button(key="generate.start").click().run()
    assert not at.exception
    assert [recipe.rows for recipe in started] == [300]


def test_a_start_that_is_refused_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise ProjectError("A run of this project is in progress.")

    monkeypatch.setattr(jobs, "start", refuse)
    at = open_page("generate", make_project())
    at.button(key="generate.start").click().run()
    assert "A run of this project is in progress." in at.error[0].value


def test_while_a_run_is_at_work_the_steps_show_and_the_button_is_off() -> None:
    project = make_project()
    run = make_run(project)
    put_at_work(run, stage="Learn", share=0.3, note="320 rows", seconds_left=12.0)
    at = open_page("generate", project)
    text = text_of(at)
    assert at.button(key="generate.start").disabled
    assert "**Learning**" in text
    assert "Held rows out" in text
    assert "radio_button_unchecked: Attack it" in text
    assert at.button(key="generate.cancel").label == "Cancel"
    assert at.main.get("progress")[-1].proto.text.endswith("about 12 s left")


def test_while_a_network_learns_its_losses_are_drawn_and_afterwards_kept() -> None:
    project = make_project()
    run = make_run(project)
    put_at_work(run, stage="Learn", share=0.1)
    (run.folder / "learning").mkdir()
    losses = [{"round": n, "train": 3.0 / n, "held_out": 3.5 / n} for n in range(1, 6)]
    (run.folder / "learning" / "losses.json").write_text(json.dumps(losses))
    at = open_page("generate", project)
    assert "**How it learns**" in text_of(at)
    chart = next(one for one in at.get("plotly_chart") if "Rows set apart" in one.proto.spec)
    assert "0.7 at best (epoch 5)" in chart.proto.alt
    (run.folder / "learning").rename(run.folder / "model")
    run.write_status(Status(state="done", started=1000.0, finished=1012.0, share=1.0))
    assert "**How it learned**" in text_of(open_page("generate", project))


def test_damaged_losses_draw_nothing() -> None:
    project = make_project()
    run = make_run(project)
    (run.folder / "model").mkdir()
    (run.folder / "model" / "losses.json").write_text('{"half')
    assert run.losses() == []
    assert "How it learn" not in text_of(open_page("generate", project))


def test_the_first_rows_and_two_pictures_show_as_soon_as_there_are_rows() -> None:
    project = make_project()
    run = make_run(project)
    put_at_work(run, stage="Attack", share=0.9)
    at = open_page("generate", project)
    assert "The first 300 synthetic rows" in text_of(at)
    assert len(at.get("plotly_chart")) == 2


def test_scores_stand_there_as_they_come() -> None:
    project = make_project()
    run = make_run(project)
    card = run.scorecard()
    assert card is not None
    write_scores(run.folder / SO_FAR, [*card.validity.scores, *card.fidelity.scores])
    put_at_work(run, stage="Attack", share=0.9)
    text = text_of(open_page("generate", project))
    assert "**Scores so far**" in text
    assert "Column shapes" in text
    assert "Loss in use" not in text
    put_at_work(run, stage="Sample", share=0.3)
    assert "Scores so far" not in text_of(open_page("generate", project))


def test_damaged_scores_draw_nothing() -> None:
    project = make_project()
    run = make_run(project)
    (run.folder / SO_FAR).write_text('[{"name"')
    put_at_work(run, stage="Attack", share=0.9)
    assert "Scores so far" not in text_of(open_page("generate", project))


def test_before_there_are_rows_the_pictures_are_of_the_real_table_alone() -> None:
    project = make_project()
    run = make_run(project)
    run.parquet.unlink()
    put_at_work(run, stage="Learn", share=0.1)
    at = open_page("generate", project)
    charts = at.get("plotly_chart")
    assert len(charts) == 2
    assert all("Synthetic" not in chart.proto.spec for chart in charts)
    assert at.main.get("progress")[-1].proto.text.endswith("working out the time left")


@pytest.mark.parametrize(("state", "kind"), [("running", "secondary"), ("done", "primary")])
def test_the_way_to_compare_stands_out_only_when_there_is_something_to_compare(state: str, kind: str) -> None:
    project = make_project()
    run = make_run(project)
    if state == "running":
        put_at_work(run)
    assert open_page("generate", project).button(key="step.next").proto.type == kind


def test_a_queued_run_says_that_it_waits() -> None:
    project = make_project()
    run = make_run(project)
    put_at_work(run, state="queued", stage="", started=None)
    assert "Waiting for its turn" in text_of(open_page("generate", project))


def test_cancel_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    run = make_run(project)
    put_at_work(run)
    ended: list[str] = []
    monkeypatch.setattr(jobs, "cancel", lambda one: ended.append(one.id))
    at = open_page("generate", project)
    at.button(key="generate.cancel").click().run()
    assert ended == [run.id]


def test_a_finished_run_shows_rows_time_acceptance_and_verdicts() -> None:
    project = make_project()
    make_run(project)
    at = open_page("generate", project)
    found = {metric.label: metric.value for metric in at.metric}
    assert found == {"Rows made": "300", "Time": "12 s", "Rows accepted": "91 %", "Learned from": "320"}
    assert "10 hold]" in text_of(at)
    assert at.button(key="generate.compare")


def test_a_run_without_a_judgement_offers_one(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    run = make_run(project)
    (run.folder / "scorecard.json").unlink()
    asked: list[str] = []
    monkeypatch.setattr(jobs, "judge_again", lambda one: asked.append(one.id))
    at = open_page("generate", project)
    at.button(key="generate.judge").click().run()
    assert asked == [run.id]


def test_a_failed_run_says_why_and_what_to_change_and_offers_the_log() -> None:
    project = make_project()
    run = make_run(project)
    run.write_status(Status(state="failed", stage="Learn", note="Stopped at: Learn", error="It cannot be learned."))
    at = open_page("generate", project)
    assert at.error[0].value == "**This run failed.** It stopped while learning. It cannot be learned."
    assert "What you can try" in text_of(at)
    assert len(at.get("download_button")) == 1
    keys = [button.key for button in at.button]
    assert {"generate.to_method", "generate.to_rules"} < set(keys)
    assert "generate.resume" not in keys, "a failed run would fail again"


def test_a_run_that_failed_for_its_columns_leads_to_them() -> None:
    project = make_project()
    run = make_run(project)
    error = "Table 'People' has 0 columns to learn from. Check kinds and roles on the Upload page."
    run.write_status(Status(state="failed", stage="Split", error=error))
    keys = [button.key for button in open_page("generate", project).button]
    assert "generate.to_upload" in keys
    assert "generate.to_method" not in keys


@pytest.mark.parametrize(("state", "title"), [("lost", "This run was lost"), ("cancelled", "This run was cancelled")])
def test_a_run_that_was_lost_or_cancelled_can_be_resumed(
    state: str, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project()
    run = make_run(project)
    run.write_status(Status.model_validate({"state": state, "stage": "Sample", "error": "The process is gone."}))
    resumed: list[str] = []
    monkeypatch.setattr(jobs, "resume", lambda one: resumed.append(one.id))
    at = open_page("generate", project)
    assert f"**{title}.** It stopped while sampling." in text_of(at)
    assert not [button for button in at.button if button.key == "generate.to_method"]
    at.button(key="generate.resume").click().run()
    assert resumed == [run.id]


def test_a_run_made_with_an_earlier_table_says_so_and_stays_visible() -> None:
    project = make_project()
    make_run(project)
    project.set_choices({})
    at = open_page("generate", project)
    assert "earlier table or earlier rules" in text_of(at)
    assert at.metric


def test_two_runs_make_a_history_with_their_scores() -> None:
    project = make_project()
    older = make_run(project)
    newer = make_run(project)
    at = open_page("generate", project)
    frame = next(one.value for one in at.dataframe if "Engine" in one.value.columns)
    assert len(frame) == 2
    assert frame["Told apart"].tolist() == ["0.670", "0.670"]
    assert at.selectbox(key="generate.looked_at").value == newer.id
    at.selectbox(key="generate.looked_at").select(older.id).run()
    assert at.session_state["state.run"] == older.id


def test_a_damaged_recipe_in_the_history_does_not_break_the_page() -> None:
    project = make_project()
    make_run(project)
    broken = make_run(project)
    (broken.folder / "recipe.json").write_text("{", encoding="utf-8")
    at = open_page("generate", project)
    assert not at.exception


def test_the_newest_run_is_shown_although_an_older_one_has_a_result() -> None:
    project = make_project()
    make_run(project)
    stopped = make_run(project)
    stopped.write_status(Status(state="cancelled"))
    assert "This run was cancelled" in text_of(open_page("generate", project))


def test_compare_keeps_showing_the_older_result_while_a_new_run_is_at_work() -> None:
    project = make_project()
    make_run(project)
    put_at_work(make_run(project))
    assert "Told apart: 0.670" in text_of(open_page("compare", project))


def test_a_dry_run_says_how_long_it_will_take() -> None:
    assert "A dry run says about" in text_of(open_page("generate", make_project()))


def test_a_recipe_that_would_fail_says_so_before_it_is_started() -> None:
    project = make_project()
    project.set_draft(project.draft.model_copy(update={"steering": Steering(where="age > 900")}))
    at = open_page("generate", project)
    assert "No real row keeps" in at.error[0].value


def test_the_memory_that_it_needs_stands_beside_the_time() -> None:
    assert "GB of memory" in text_of(open_page("generate", make_project()))


def test_a_recipe_that_does_not_fit_into_memory_says_so_and_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMILE_MEMORY_GB", "0.01")
    project = make_project()
    at = open_page("generate", project)
    assert "of memory, and 0.0 GB are free" in at.error[0].value
    at.button(key="generate.start").click().run()
    assert "The run was not started" in at.error[0].value
    assert not project.runs()


def test_a_cluster_that_answers_is_kept_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth_core.cluster.require_workers", lambda address: 2)
    monkeypatch.setattr("pages.ui.cluster_field.require_workers", lambda address: 2)
    project = make_project()
    at = open_page("generate", project)
    at.text_input(key="generate.cluster").set_value(" tcp://10.0.0.5:8786 ").run()
    assert not at.exception
    assert "2 workers answer" in text_of(at)
    assert projects.open_project(project.id).draft.cluster == "tcp://10.0.0.5:8786"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [("10.0.0.5", "looks like tcp://"), ("tcp://127.0.0.1:1", "tcp://127.0.0.1:1")],
)
def test_a_cluster_that_cannot_be_used_says_why_and_nothing_starts(address: str, sentence: str) -> None:
    project = make_project()
    at = open_page("generate", project)
    at.text_input(key="generate.cluster").set_value(address).run()
    assert any(sentence in error.value.replace("\\", "") for error in at.error)
    at.button(key="generate.start").click().run()
    assert not project.runs()
