"""The Fairness lab's page: the question, the corrections, the job, and what came out."""

from __future__ import annotations

import time

import pandas as pd
import pytest

from synth_core import jobs
from synth_core import project as projects
from synth_core.labs import fair_project
from synth_core.labs.fair_corrections import FairnessPlan
from synth_core.labs.work import RESULT
from synth_core.project import Project
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.recipe import Recipe
from synth_core.run import Run, Status
from synth_core.scores.statistics import Estimate
from synth_core.table import Role
from tests.core.fairness_tables import arm, decisions, fairness
from tests.pages.judged_run import make_run, open_page, put_at_work, text_of


def make(frame: pd.DataFrame | None = None, **roles: Role) -> Project:
    """Return a project of decisions."""
    data = (decisions(600).frame if frame is None else frame).to_csv(index=False).encode()
    made = projects.create("Decisions", read_bytes(data, "decisions.csv"), source=data, filename="decisions.csv")
    wanted = roles or {"group": Role.SENSITIVE, "given": Role.TARGET}
    made.set_choices({name: ColumnChoice(role=role) for name, role in wanted.items()})
    made.set_draft(Recipe(rows=300, method="trees"))
    return made


def question(project: Project) -> FairnessPlan:
    plan = fair_project.kept_plan(project)
    known = {"sensitive": plan.sensitive or ("group",), "target": plan.target or "given", "favourable": "yes"}
    return plan.model_copy(update=known)


def asked(project: Project) -> Run:
    """The work that the page would start, without its process."""
    recipe, plan = fair_project.recipe_for(project, question(project)), question(project)
    return project.new_lab(fair_project.key_of(project.table_name, recipe, plan), recipe, "{}")


def measured(project: Project) -> Run:
    job = asked(project)
    found = fairness(
        arm("reweigh", 0.12, 0.1, parity=Estimate(-0.08, -0.11, -0.05), auc=Estimate(-0.001, -0.003, 0.001)),
        arm("balance", 0.05, 0.1, parity=Estimate(-0.15, -0.18, -0.12), auc=Estimate(-0.02, -0.03, -0.01)),
        plan=question(project),
        few={"C": 12},
    )
    (job.folder / RESULT).write_text(found.model_dump_json(), encoding="utf-8")
    job.write_status(Status(state="done", share=1.0, started=1.0, finished=9.0))
    return job


def test_without_a_project_the_page_leads_to_start() -> None:
    assert "No table yet" in text_of(open_page("fairness", None))


def test_groups_are_shown_with_the_gap_and_the_release_beside_them() -> None:
    project = make()
    text = text_of(open_page("fairness", project))
    assert "In the real rows A gets 'yes' most often" in text
    assert "Generate a table, and it stands beside" in text
    make_run(project)
    assert "Generate a table, and it stands beside" not in text_of(open_page("fairness", project))


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ({"given": Role.TARGET}, "No sensitive column is chosen"),
        ({"group": Role.SENSITIVE}, "No target is chosen"),
        ({"group": Role.SENSITIVE, "age": Role.TARGET}, "is a number, and fairness needs a decision with classes"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(roles: dict[str, Role], words: str) -> None:
    at = open_page("fairness", make(**roles))
    said = [*at.error, *at.info]
    assert len(said) == 1
    assert words in said[0].value


def test_a_small_group_is_named_as_not_enough_data() -> None:
    frame = decisions(600).frame.copy()
    frame.loc[:19, "group"] = "C"
    text = text_of(open_page("fairness", make(frame)))
    assert "Not enough data, so no rate is shown: C (20 rows)." in text


def test_columns_can_be_chosen_here_and_a_number_is_put_in_bands() -> None:
    project = make(given=Role.TARGET)
    at = open_page("fairness", project)
    at.selectbox(key="fairness.sensitive").select("age").run()
    assert not at.error
    assert fair_project.kept_plan(project).sensitive == ("age",)
    assert "shares are set on categories" in text_of(at)
    at.selectbox(key="fairness.sensitive").select("group").run()
    at.selectbox(key="fairness.second").select("region").run()
    assert fair_project.kept_plan(project).sensitive == ("group", "region")
    assert len([slider for slider in at.slider if slider.key.startswith("fairness.share_")]) == 4


def test_moving_a_share_moves_the_others_and_is_kept() -> None:
    project = make()
    at = open_page("fairness", project)
    shares = [slider for slider in at.slider if slider.key.startswith("fairness.share_")]
    assert [slider.value for slider in shares] == [50.0, 50.0]
    assert "more rows, not more people" not in text_of(at)
    shares[1].set_value(98.0).run()
    assert "B becomes about 3 times as frequent" in text_of(at)
    shares = [slider for slider in at.slider if slider.key.startswith("fairness.share_")]
    shares[1].set_value(30.0).run()
    assert fair_project.kept_plan(project).shares == pytest.approx({"A": 0.7, "B": 0.3})
    shares = [slider for slider in at.slider if slider.key.startswith("fairness.share_")]
    assert [slider.value for slider in shares] == [70.0, 30.0]
    at.button(key="fairness.reset_shares").click().run()
    assert fair_project.kept_plan(project).shares == {}


def test_rates_and_cuts_are_kept_and_the_what_if_is_labelled() -> None:
    project = make()
    at = open_page("fairness", project)
    assert any("What-if" in one.value for one in at.markdown)
    next(slider for slider in at.slider if slider.key == "fairness.rate_1").set_value(90.0).run()
    assert fair_project.kept_plan(project).rates == {"B": 0.9}
    direct = next(box for box in at.checkbox if box.key == "fairness.cut_group_given")
    assert direct.value is True
    at.toggle(key="fairness.try_represent").set_value(False).run()
    assert fair_project.kept_plan(project).corrections == ("balance", "cut")


@pytest.mark.parametrize("name", ["represent", "balance", "cut"])
def test_a_correction_goes_into_the_draft_and_leads_to_generate(name: str) -> None:
    project = make()
    at = open_page("fairness", project)
    at.button(key=f"fairness.use_{name}").click().run()
    assert not at.exception
    assert at.title[0].value == "Generate"
    draft = project.draft
    assert draft.rows == 300
    if name == "represent":
        assert draft.steering.shares == {"group": {"A": 0.5, "B": 0.5}}
    elif name == "balance":
        given = project.given_rows(draft)
        assert given is not None
        assert list(given.frame.columns) == ["group", "given"]
        assert "This is a what-if: the rates of 'given'" in text_of(at).replace("\\", "")
    else:
        assert draft.method == "bayesian_network"
        assert draft.params == {"forbidden": "group -> given, given -> group"}


def test_the_button_starts_the_lab_on_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Run] = []
    monkeypatch.setattr(jobs, "_spawn", started.append)
    project = make()
    at = open_page("fairness", project)
    at.button(key="fairness.start").click().run()
    assert [job.id for job in started] == [asked(project).id]


def test_while_the_lab_works_the_page_shows_where_it_is_and_can_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make()
    job = asked(project)
    put_at_work(job, stage="Measure", share=0.3, note="Fold 1: reweighing", started=time.time(), seconds_left=40.0)
    ended: list[Run] = []
    monkeypatch.setattr(jobs, "cancel", ended.append)  # this process stands for the one at work
    at = open_page("fairness", project)
    assert not [button for button in at.button if button.key == "fairness.start"]
    at.button(key="fairness.cancel").click().run()
    assert [run.id for run in ended] == [job.id]


def test_a_result_is_reopened_with_its_sentence_its_groups_and_its_limits() -> None:
    project = make()
    measured(project)
    at = open_page("fairness", project)
    text = text_of(at).replace("\\", "")
    assert "Balance the outcome (what-if) narrows the gap most" in text
    assert "It costs 2.0 points of AUC" in text
    assert "Cheaper: Reweighing" in text
    assert at.button(key="fairness.use_winner").label == "Use this correction"
    assert "Measures of fairness can contradict each other" in text
    assert "Not enough data, so not judged: C (12 rows)." in text
    assert at.dataframe[0].value["Group"].tolist() == ["A", "A", "B", "B"]
    at.segmented_control(key="fairness.gap").set_value("Gap in errors").run()
    assert "Nothing narrows the gap measurably" in text_of(at)


def test_with_other_settings_the_result_is_marked_stale() -> None:
    project = make()
    measured(project)
    at = open_page("fairness", project)
    at.toggle(key="fairness.sees").set_value(True).run()
    assert any("Measured with another question" in bar.value for bar in at.warning)
    assert at.button(key="fairness.start").label == "Run the lab"


def test_a_lab_that_stopped_says_why() -> None:
    project = make()
    asked(project).write_status(Status(state="failed", error="Not enough data: 12 rows."))
    at = open_page("fairness", project)
    assert "Not enough data\\: 12 rows." in at.error[0].value
