"""The dial on the Method page: before a measurement, while it goes on, when it is there, and when it is stale."""

from __future__ import annotations

import time

import pytest
from pydantic import TypeAdapter

from pages.ui import dial_panel
from synth_core import jobs
from synth_core.frontier import Candidate, Frontier, Point, key_of, stops
from synth_core.methods import method_class
from synth_core.project import Project
from synth_core.reading import ColumnChoice
from synth_core.recipe import Recipe
from synth_core.run import Run, Status
from synth_core.scores.statistics import Estimate
from tests.pages.judged_run import make_project, make_run, open_page, put_at_work, text_of

LEAKS = {"strict": 0.51, "private": 0.53, "balanced": 0.55, "faithful": 0.6}


def around(value: float, half: float = 0.01) -> Estimate:
    return Estimate(value, value - half, value + half)


def with_trees(rows: int = 300) -> Project:
    project = make_project()
    project.set_draft(Recipe(rows=rows, method="trees"))
    return project


def asked(project: Project) -> Run:
    """A measurement of what the draft says now, without its process."""
    recipe = project.draft
    candidates = stops(recipe)
    text = TypeAdapter(list[Candidate]).dump_json(candidates).decode()
    return project.new_measurement(key_of(project.table_name, recipe, candidates), recipe, text)


def measured(project: Project) -> Run:
    job = asked(project)
    points = tuple(
        Point(
            candidate=candidate,
            leak=around(LEAKS[candidate.label]),
            found=around(0.02),
            likeness=around(0.6),
            loss=around(1.5, 0.5),
        )
        for candidate in stops(project.draft)
    )
    rows = project.draft.rows
    found = Frontier(rows=rows, made=rows, learned=240, members=200, others=80, floor=around(0.5), points=points)
    (job.folder / "frontier.json").write_text(found.model_dump_json(), encoding="utf-8")
    job.write_status(Status(state="done", share=1.0, started=1.0, finished=9.0))
    return job


def test_an_engine_without_a_dial_has_none() -> None:
    assert "Privacy or likeness" not in text_of(open_page("method", make_project()))


def test_before_a_measurement_the_page_says_what_will_be_measured_and_what_it_takes() -> None:
    at = open_page("method", with_trees(rows=2_000_000))
    text = text_of(at)
    assert "Where do the stops stand on your table?" in text
    assert "three quarters of the 320 rows" in text
    assert "What 2,000,000 rows give away is carried on from 1,000,000." in text
    assert "on two free cores" in text
    assert at.button(key="method.measure").label == "Measure on this table"


def test_the_slider_has_the_stops_in_their_order_and_keeps_the_choice() -> None:
    project = with_trees()
    at = open_page("method", project)
    slider = at.select_slider(key="method.trees.privacy")
    assert slider.options == ["Strict", "Private", "Balanced", "Faithful"]
    slider.set_value("strict").run()
    assert project.draft.params == {"privacy": "strict"}
    at.select_slider(key="method.trees.privacy").set_value("private").run()
    assert project.draft.params == {}


def test_the_button_starts_a_measurement_of_the_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Run] = []
    monkeypatch.setattr(jobs, "_spawn", started.append)
    project = with_trees()
    at = open_page("method", project)
    at.button(key="method.measure").click().run()
    assert [job.id for job in started] == [asked(project).id]
    assert started[0].recipe.rows == 300


def test_while_it_goes_on_the_page_shows_where_it_is_and_can_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    project = with_trees()
    job = asked(project)
    put_at_work(job, stage="Measure", share=0.4, note="balanced: making 300 rows", started=time.time())
    ended: list[Run] = []
    monkeypatch.setattr(jobs, "cancel", ended.append)  # this process stands for the one at work
    at = open_page("method", project)
    assert "Measuring" in text_of(at)
    assert not [button for button in at.button if button.key == "method.measure"]
    at.button(key="method.measure_cancel").click().run()
    assert [run.id for run in ended] == [job.id]


def test_a_measurement_is_drawn_and_said_in_plain_words_for_the_chosen_stop() -> None:
    project = with_trees()
    measured(project)
    at = open_page("method", project)
    text = text_of(at).replace("\\", "")
    assert "At private: of one person in the table and one who is not" in text
    assert "53 % of the time (52 to 54 %)" in text
    assert "Within the limits" in text
    assert "200 people who were among these against 80 who were not" in text
    assert not [button for button in at.button if button.key == "method.measure"]
    at.select_slider(key="method.trees.privacy").set_value("faithful").run()
    text = text_of(at).replace("\\", "")
    assert "At faithful" in text
    assert "Beyond the limits" in text


def test_with_other_rows_the_measurement_is_marked_stale_and_can_be_made_again() -> None:
    project = with_trees()
    measured(project)
    project.set_draft(project.draft.model_copy(update={"rows": 90_000}))
    at = open_page("method", project)
    assert any("Measured for 300 rows" in bar.value for bar in at.warning)
    assert "At private" in text_of(at)
    assert at.button(key="method.measure").label == "Measure on this table"


def test_a_measurement_that_stopped_says_why() -> None:
    project = with_trees()
    asked(project).write_status(Status(state="failed", error="Too few rows to measure on."))
    at = open_page("method", project)
    assert "Too few rows to measure on." in at.error[0].value
    assert at.button(key="method.measure")


def test_a_click_on_a_point_takes_its_stop() -> None:
    project = with_trees()
    measured(project)
    chosen = {"selection": {"points": [{"customdata": ["balanced", "55 %"]}]}}
    param = dial_panel.dial("trees")
    assert param is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dial_panel.state, "get", lambda key, default: chosen if key == "method.frontier" else default)
        patch.setattr(dial_panel.state, "drop", lambda *keys: None)
        dial_panel._clicked(project, method_class("trees").info, param)
    assert project.draft.params == {"privacy": "balanced"}


def test_rows_of_earlier_runs_from_the_same_table_can_be_counted() -> None:
    project = with_trees()
    make_run(project)
    at = open_page("method", project)
    assert "Earlier runs made 300 rows" in text_of(at)
    at.button(key="method.count_earlier").click().run()
    assert project.draft.params == {"release_rows": 600}
    assert not [button for button in at.button if button.key == "method.count_earlier"]
    project.set_choices({"churn": ColumnChoice()})
    assert project.rows_made() == 0, "another table, other rows"
