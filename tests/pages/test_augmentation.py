"""The augmentation lab: without a target, before, while and after a comparison, and on to the rows."""

from __future__ import annotations

import json
import time

import pytest

from pages.ui import augmentation_form
from synth_core import jobs
from synth_core import project as projects
from synth_core.labs.augmentation import NAME, Settings, key_of
from synth_core.labs.remedies import Remedy
from synth_core.labs.work import RESULT
from synth_core.project import Project
from synth_core.reading import ColumnChoice
from synth_core.run import Run, Status
from synth_core.table import Kind, Role
from tests.core.comparison_example import comparison
from tests.pages.judged_run import make_project, open_page, put_at_work, text_of

ASKED = Settings(rare="no", method="independent", ratios=(1.0,))


def asked(project: Project, settings: Settings = ASKED) -> Run:
    """An experiment of the lab without its process."""
    text = json.dumps({"lab": NAME, "settings": settings.model_dump(mode="json")})
    return project.new_lab(key_of(project.table_name, project.draft, settings), project.draft, text)


def compared(project: Project, gains: dict[Remedy, float], settings: Settings = ASKED) -> Run:
    job = asked(project, settings)
    found = comparison(gains, settings, rare=settings.rare)
    (job.folder / RESULT).write_text(found.model_dump_json(), encoding="utf-8")
    job.write_status(Status(state="done", share=1.0, started=1.0, finished=9.0))
    return job


def test_without_a_project_the_page_points_to_start() -> None:
    assert "No table yet" in text_of(open_page("augmentation", None))


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (ColumnChoice(role=Role.FEATURE), "needs a target, and none is set"),
        (ColumnChoice(role=Role.TARGET, kind=Kind.IDENTIFIER), "is an identifier, which is never learned"),
    ],
)
def test_without_a_target_with_classes_the_page_says_so_and_leads_to_upload(choice: ColumnChoice, words: str) -> None:
    project = make_project()
    project.set_choices({"churn": choice})
    at = open_page("augmentation", project)
    assert words in at.warning[0].value
    assert at.button(key="augmentation.target").label == "Choose a target"


def test_a_number_as_the_target_is_refused_in_a_sentence() -> None:
    project = make_project()
    project.set_choices({"age": ColumnChoice(role=Role.TARGET)})
    at = open_page("augmentation", project)
    assert "needs a target with classes, and 'age' is a whole number" in at.warning[0].value


def test_the_button_starts_what_the_fields_say(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Run] = []
    monkeypatch.setattr(jobs, "_spawn", started.append)
    at = open_page("augmentation", make_project())
    assert "the engine learns 15 times" in text_of(at)
    at.number_input(key="augmentation.folds").set_value(3).run()
    assert "the engine learns 9 times" in text_of(at)
    at.selectbox(key="augmentation.model").set_value("linear").run()
    at.button(key="augmentation.start").click().run()
    job = json.loads((started[0].folder / "lab.json").read_text())
    assert job["lab"] == NAME
    said = Settings.model_validate(job["settings"])
    assert (said.folds, said.inner, said.model, said.method) == (3, 2, "linear", "independent")


def test_too_few_rare_rows_are_said_before_anything_is_started() -> None:
    project = make_project(rows=40)
    asked(project, Settings(rare="no", folds=10, inner=2)).write_status(Status(state="cancelled"))
    at = open_page("augmentation", project)
    assert "Bring more such rows, or take fewer folds." in at.error[0].value.replace("\\", "")
    assert at.button(key="augmentation.start").disabled


def test_while_it_goes_on_the_page_shows_where_it_is_and_can_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    put_at_work(asked(project), stage="Measure", share=0.4, note="Fold 2 of 5: SMOTE 1:1", started=time.time())
    ended: list[Run] = []
    monkeypatch.setattr(augmentation_form.jobs, "cancel", ended.append)  # this process stands for the one at work
    at = open_page("augmentation", project)
    assert at.number_input(key="augmentation.folds").disabled
    assert not [button for button in at.button if button.key == "augmentation.start"]
    at.button(key="augmentation.cancel").click().run()
    assert len(ended) == 1


def test_where_nothing_wins_the_page_says_so_and_judges_by_recall_too() -> None:
    project = make_project()
    compared(project, {"made": 0.04})
    at = open_page("augmentation", project)
    assert "Nothing beats doing nothing measurably in PR-AUC" in text_of(at).replace("\\", "")
    assert "did not find that they win here" in text_of(at)
    assert not [button for button in at.button if button.key == "augmentation.start"], "it is answered already"
    at.segmented_control(key="augmentation.judge").set_value("Recall at 50 % precision").run()
    assert "measurably in recall at 50 % precision" in text_of(at).replace("\\", "")
    at.number_input(key="augmentation.folds").set_value(4).run()
    assert any("other settings" in bar.value for bar in at.warning)
    assert at.button(key="augmentation.start")


def test_made_rows_that_win_are_one_click_from_generate() -> None:
    project = make_project()
    compared(project, {"made": 0.2})
    at = open_page("augmentation", project)
    assert "wins in PR-AUC: 0.600 against 0.400" in text_of(at).replace("\\", "")
    at.number_input(key="augmentation.rows").set_value(250).run()
    at.button(key="augmentation.make").click().run()
    assert not at.exception
    assert at.title[0].value == "Generate"
    draft = projects.open_project(project.id).draft
    assert draft.steering.make == {"churn": {"no": 250}}
    assert (draft.rows, draft.method) == (250, "independent")
    at = open_page("augmentation", project)
    assert not [bar for bar in at.warning if "other settings" in bar.value], "rows to make change no comparison"


def test_the_rows_to_make_are_those_of_the_comparison_that_is_shown() -> None:
    project = make_project()
    compared(project, {"made": 0.2})
    at = open_page("augmentation", project)
    first = at.number_input(key="augmentation.rows").value
    at.number_input(key="augmentation.rows").set_value(250).run()
    assert at.number_input(key="augmentation.rows").value == 250
    compared(project, {"made": 0.2}, ASKED.model_copy(update={"model": "linear"}))
    at.selectbox(key="augmentation.model").set_value("linear").run()
    shown = [box.value for box in at.number_input if str(box.key).startswith("augmentation.rows")]
    assert shown == [first]


def test_a_comparison_that_stopped_says_why() -> None:
    project = make_project()
    asked(project).write_status(Status(state="failed", error="The engine could not learn this table."))
    at = open_page("augmentation", project)
    assert "could not learn this table" in at.error[0].value
    assert at.button(key="augmentation.start")


def test_a_copy_has_no_comparison() -> None:
    project = make_project()
    asked(project)
    assert projects.duplicate(project.id).labs() == []
