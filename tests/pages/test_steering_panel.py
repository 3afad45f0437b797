"""The panel that steers the output: what is asked is kept in the draft, counted, undone, and said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import cache
from pages.ui.steering_shares import OTHERS, moved, showable, shown_shares
from synth_core import project as projects
from synth_core.project import Project
from synth_core.reading import read_bytes
from synth_core.recipe import Recipe
from synth_core.steering.asks import Ask, Steering
from synth_core.steering.facts import SteeringFacts
from synth_core.steering.given import given_rows
from tests.pages.judged_run import make_project, make_run, open_page, text_of


def panel(**steering: object) -> tuple[AppTest, Project]:
    project = make_project()
    project.set_draft(Recipe(method="independent", rows=300, steering=Steering(**steering)))
    return open_page("method", project), project


def test_nothing_asked_says_so_and_reset_is_off() -> None:
    at, _ = panel()
    assert "Nothing is asked: the rows come in the real proportions" in text_of(at)
    assert at.button(key="method.steer_reset").disabled
    assert at.button(key="method.steer_undo").disabled


def test_a_slider_moves_the_others_and_is_kept_undone_and_reset() -> None:
    at, project = panel()
    at.slider(key="method.steer_share_0_1").set_value(75.0).run()
    assert not at.exception
    assert project.draft.steering.shares == {"churn": {"no": 0.25, "yes": 0.75}}
    assert at.slider(key="method.steer_share_0_0__1").value == 25.0  # the program moved it: a new widget
    at.slider(key="method.steer_share_0_1").set_value(10.0).run()
    at.button(key="method.steer_undo").click().run()
    assert project.draft.steering.shares == {"churn": {"no": 0.25, "yes": 0.75}}
    at.button(key="method.steer_reset").click().run()
    assert not project.draft.steering.asked


def test_a_second_column_is_steered_beside_the_first_and_forgotten_when_another_is_chosen() -> None:
    at, project = panel(shares={"churn": {"no": 0.5, "yes": 0.5}})
    at.selectbox(key="method.steer_column_1").set_value("plan").run()
    at.slider(key="method.steer_share_1_0").set_value(90.0).run()
    assert set(project.draft.steering.shares) == {"churn", "plan"}
    at.selectbox(key="method.steer_column_1").set_value("city").run()
    assert not at.exception
    assert set(project.draft.steering.shares) == {"churn"}


def test_a_condition_is_counted_before_it_is_added_and_can_be_removed() -> None:
    at, project = panel()
    age = project.table.frame["age"]
    at.selectbox(key="method.steer_condition_column").set_value("age").run()
    at.number_input(key="method.steer_value_age_at least_Value").set_value(60).run()
    assert f"{int((age >= 60).sum())} of 400 real rows keep it" in text_of(at)
    at.button(key="method.steer_condition_add").click().run()
    assert project.draft.steering.conditions == (Ask(column="age", test="at least", values=("60",)),)
    at.button(key="method.steer_remove_0").click().run()
    assert not project.draft.steering.asked


def test_conditions_without_support_get_a_card_and_with_little_a_warning() -> None:
    at, _ = panel(where="age > 200")
    assert "No support in the data" in at.error[0].value
    at, project = panel(where="age >= 78")
    rows = int((project.table.frame["age"] >= 78).sum())
    assert 0 < rows < 20
    assert f"{rows} of 400 real rows keep every condition" in at.warning[0].value


def test_shares_that_the_conditions_leave_nothing_for_get_a_card() -> None:
    at, _ = panel(
        conditions=(Ask(column="plan", test="is", values=("gold",)),), shares={"plan": {"gold": 0.5, "basic": 0.5}}
    )
    assert "No real row that keeps the conditions has plan = basic" in at.error[0].value


def test_an_expression_that_cannot_be_read_is_not_kept() -> None:
    at, project = panel()
    at.text_input(key="method.steer_where").set_value("agee > 3").run()
    assert "Did you mean 'age'" in at.error[0].value
    at.text_input(key="method.steer_where").set_value("age > 30").run()
    assert project.draft.steering.where == "age > 30"


def test_rows_of_one_class_set_the_rows_of_the_run_until_they_are_removed() -> None:
    at, project = panel()
    at.number_input(key="method.steer_class_rows").set_value(2_000).run()
    at.selectbox(key="method.steer_class_level").set_value("yes").run()
    at.button(key="method.steer_class_make").click().run()
    assert project.draft.steering.make == {"churn": {"yes": 2_000}}
    assert project.draft.rows == 2_000
    assert at.number_input(key="method.rows").disabled
    assert at.number_input(key="method.rows").value == 2_000
    at.button(key="method.steer_class_remove").click().run()
    assert project.draft.rows == 400
    assert not at.number_input(key="method.rows").disabled


def test_given_rows_are_brought_shown_and_removed() -> None:
    at, project = panel(where="age > 30")
    at.file_uploader(key="method.steer_given").upload("seeds.csv", b"age,plan\n30,gold\n40,basic\n").run()
    assert not at.exception
    steering = project.draft.steering
    assert steering.given is not None
    assert steering.given.columns == ("age", "plan")
    assert project.draft.rows == 2
    rows = project.given_rows(project.draft)
    assert rows is not None
    assert rows.frame["age"].tolist() == [30, 40]
    assert "2 given rows" in text_of(at)
    at.button(key="method.steer_given_remove").click().run()
    assert not project.draft.steering.asked


def test_given_rows_that_do_not_fit_say_why() -> None:
    at, project = panel()
    at.file_uploader(key="method.steer_given").upload("seeds.csv", b"agee\n30\n40\n").run()
    assert "There is no column 'agee'" in text_of(at)
    assert not project.draft.steering.asked


def test_a_table_without_categories_says_so() -> None:
    frame = pd.DataFrame(
        {"x": np.random.default_rng(0).normal(size=200), "y": np.random.default_rng(1).normal(size=200)}
    )
    data = frame.to_csv(index=False).encode()
    project = projects.create("Numbers", read_bytes(data, "n.csv"), source=data, filename="n.csv")
    assert "No column has categories to choose from" in text_of(open_page("method", project))


def test_what_is_asked_stands_in_the_recipe_and_what_was_reached_in_the_result() -> None:
    project = make_project()
    steering = Steering(
        conditions=(Ask(column="age", test="between", values=("30", "40")),), shares={"churn": {"yes": 0.5, "no": 0.5}}
    )
    project.set_draft(Recipe(method="independent", rows=300, steering=steering))
    run = make_run(project)
    facts = SteeringFacts(
        way="drawn",
        support=90,
        of=320,
        effective_rows=120.0,
        asked={"churn": {"yes": 0.5, "no": 0.5}},
        reached={"churn": {"yes": 0.5, "no": 0.5}},
        notes=["Too few drawn rows fitted."],
    )
    made = run.synthesis()
    assert made is not None
    (run.folder / "synthesis.json").write_text(made.model_copy(update={"steering": facts}).model_dump_json())
    text = text_of(open_page("generate", project))
    assert "age is between 30 and 40" in text
    assert "churn is set to yes 50 %, no 50 %" in text
    assert "Effective sample size 120 of 300" in text
    assert "90 of 320 real rows keep the conditions" in text
    assert "Too few drawn rows fitted" in text


def test_given_rows_of_a_project_are_kept_beside_it_and_gone_ones_are_told() -> None:
    project = make_project()
    rows = given_rows(project.table.select(["age"]).rows(np.arange(7)), project.table)
    project.set_given(rows)
    again = projects.open_project(project.id)
    kept = again.given_rows(again.draft)
    assert kept is not None
    assert kept.described == rows.described
    assert again.draft.rows == 7


def test_eight_categories_are_shown_and_the_others_together() -> None:
    real = {f"c{i}": 0.1 for i in range(10)}
    shown = shown_shares(real, {})
    assert list(shown) == [f"c{i}" for i in range(8)] + [OTHERS]
    assert shown[OTHERS] == 0.2
    after = moved(shown, OTHERS, 0.6)
    assert sum(after.values()) == 1
    assert after["c0"] == after["c7"] == 0.05


def test_a_share_of_all_leaves_nothing_and_comes_back_evenly() -> None:
    all_of_one = moved({"a": 0.5, "b": 0.3, "c": 0.2}, "a", 1.0)
    assert all_of_one == {"a": 1.0, "b": 0.0, "c": 0.0}
    assert moved(all_of_one, "a", 0.5) == {"a": 0.5, "b": 0.25, "c": 0.25}


def test_a_category_that_protection_hides_has_no_slider_and_is_never_asked_for() -> None:
    project = make_project()
    table = project.table
    frame = table.frame.copy()
    cells = frame["plan"].astype(object).to_numpy()
    cells[:3] = "bespoke"
    frame["plan"] = cells
    rare = table.with_frame(frame)
    assert "bespoke" in cache.level_shares(rare, "plan")
    assert set(showable(project, rare, "plan")) == set(cache.level_shares(table, "plan"))
    assert sum(showable(project, rare, "plan").values()) == pytest.approx(1)
    open_columns = rare.with_columns([rare.column("plan").model_copy(update={"protect": False})])
    assert "bespoke" in showable(project, open_columns, "plan")
