"""Iterate to the targets on the pages: before, while it goes on, when it is there, cancelled, and refused."""

from __future__ import annotations

import time

import pytest

from synth_core import jobs
from synth_core.project import Project, open_project
from synth_core.recipe import Recipe
from synth_core.run import Run, Status
from synth_core.tuning.record import Asked, Budget, Fight, Final, Tuning
from tests.core.tuning_examples import attempt, held, tuning
from tests.pages.judged_run import make_project, make_run, open_page, put_at_work, text_of


def asked_for(project: Project) -> Run:
    asked = Asked(targets=project.targets, budget=Budget())
    return project.new_tuning(project.draft, asked.model_dump_json())


def iterated(project: Project, state: str = "done", **fields: object) -> Run:
    """An iteration of two tries, as the worker leaves it."""
    job = asked_for(project)
    tries = (
        attempt(1, Recipe(method="independent", rows=300), held("c2st", judged=0.99, limit=0.65), kept=True),
        attempt(
            2, Recipe(method="trees", rows=300, params={"leaf": 9}), held("c2st", "pass"), kept=True, parent=1,
            failed="Told apart (C2ST): 0.99, beyond 0.65.", changed="Another engine.",
            gained="1 target failed, now none.",
        ),
    )  # fmt: skip
    found: Tuning = tuning(*tries, **({"targets": project.targets} | fields))
    (job.folder / "tuning.json").write_text(found.model_dump_json(), encoding="utf-8")
    job.write_status(Status.model_validate({"state": state, "share": 1.0, "started": 1.0, "finished": 9.0}))
    return job


def test_before_an_iteration_the_page_says_what_it_does_and_starts_one_with_the_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[Run] = []
    monkeypatch.setattr(jobs, "_spawn", started.append)
    project = make_project()
    at = open_page("generate", project)
    assert "Iterate to the targets" in text_of(at)
    assert "the rows held out are looked at once" in text_of(at)
    at.number_input(key="tuning.minutes").set_value(2.0)
    at.number_input(key="tuning.tries").set_value(4)
    at.button(key="tuning.start").click().run()
    asked = Asked.model_validate_json((started[0].folder / "asked.json").read_text(encoding="utf-8"))
    assert (asked.budget.minutes, asked.budget.tries, asked.budget.fewer_rows) == (2.0, 4, False)
    assert asked.targets == project.targets
    assert started[0].recipe.method == "independent"


def test_a_budget_of_nothing_and_no_holdout_are_one_sentence_each() -> None:
    project = make_project()
    at = open_page("generate", project)
    at.number_input(key="tuning.minutes").set_value(0.0)
    at.button(key="tuning.start").click().run()
    assert "The budget is 0 minutes; give more than 0" in text_of(at)
    project.set_draft(project.draft.model_copy(update={"holdout": 0.0}))
    at = open_page("generate", project)
    at.button(key="tuning.start").click().run()
    assert "Nothing is held out" in text_of(at)
    assert not project.tunings()


def test_while_it_goes_on_the_page_shows_the_tries_so_far_and_can_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    job = iterated(project)
    put_at_work(
        job, stage="Iterate", share=0.4, note="Try 3 of at most 12, smaller leaves: learning", started=time.time()
    )
    ended: list[Run] = []
    monkeypatch.setattr(jobs, "cancel", ended.append)
    at = open_page("generate", project)
    assert any("Another engine." in str(table.value) for table in at.table)
    assert not [button for button in at.button if button.key == "tuning.start"]
    at.button(key="tuning.cancel").click().run()
    assert [run.id for run in ended] == [job.id]


def test_what_it_found_is_said_drawn_and_any_try_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    run = make_run(project)
    final = Final(run=run.id, reached=True, sentence="On rows that no try saw, no target is missed.", seconds=3.0)
    iterated(project, chosen=2, final=final, ended="reached", ending="Try 2 reaches the targets.")
    at = open_page("report", project)
    text = text_of(at).replace("\\", "")
    assert "Try 2 reaches the targets. On rows that no try saw, no target is missed." in text
    assert "misses no target" in text
    log = str(at.table[0].value.to_dict())
    assert "Told apart (C2ST): 0.99, beyond 0.65." in log
    assert "1 target failed, now none." in log
    at.selectbox(key="tuning.pick").set_value(1).run()
    assert "misses 1 of 1 targets" in text_of(at)
    at.selectbox(key="tuning.pick").set_value(2).run()
    at.button(key="tuning.take").click().run()
    assert (project.draft.method, project.draft.params) == ("trees", {"leaf": 9})
    assert at.button(key="tuning.take").label == "This is the current recipe"
    at.button(key="tuning.final").click().run()
    assert not at.exception


def test_a_try_that_only_protects_columns_can_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    make_run(project)
    job = iterated(project, chosen=2)
    found = job.tuning()
    assert found is not None
    name = project.table.having(learned=True)[0].name
    start = found.tries[0].model_copy(update={"recipe": project.draft})
    mended = start.model_copy(update={"number": 2, "parent": 1, "protected": (name,)})
    found.tries = [start, mended]
    (job.folder / "tuning.json").write_text(found.model_dump_json(), encoding="utf-8")
    at = open_page("report", project)
    assert at.button(key="tuning.take").label == "Take its recipe"
    at.button(key="tuning.take").click().run()
    assert open_project(project.id).choices[name].protect
    assert at.button(key="tuning.take").label == "This is the current recipe"
    assert not at.exception


def test_a_try_whose_rows_are_gone_says_so() -> None:
    project = make_project()
    make_run(project)
    iterated(project, chosen=2)
    at = open_page("report", project)
    at.button(key="tuning.open").click().run()
    assert "Try 2 has no rows to look at" in text_of(at)


def test_a_fight_and_a_miss_are_said_and_a_cancelled_iteration_can_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    resumed: list[Run] = []
    monkeypatch.setattr(jobs, "resume", resumed.append)
    project = make_project()
    fight = Fight(one="c2st", other="membership_auc", sentence="Told apart and the membership attack fight: so and so.")
    job = iterated(project, "cancelled", fight=fight)
    at = open_page("generate", project)
    assert "Two targets fight." in text_of(at)
    assert "What was tried is kept." in text_of(at)
    at.button(key="tuning.resume").click().run()
    assert [run.id for run in resumed] == [job.id]
