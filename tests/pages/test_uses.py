"""Monitor, What-if and Value: what is missing is said, bad input is one sentence, and what is set is kept."""

from __future__ import annotations

import pytest

from synth_core import extracts, jobs
from synth_core import project as projects
from synth_core import what_if_drafts as drafts
from synth_core.business_case import case_of
from synth_core.project import Project
from synth_core.reading import ReadOptions
from synth_core.recipe import Recipe
from synth_core.run import Run
from synth_core.scorecard import verdicts
from synth_core.what_if import Added, Shift, WhatIf, what_if_recipe
from tests.conftest import make_people
from tests.core.scorecard_example import scorecard
from tests.pages.judged_run import make_project, make_run, open_page, text_of


def csv(seed: int, **moved: int) -> bytes:
    frame = make_people(400, seed).frame
    for name, by in moved.items():
        frame[name] += by
    return frame.to_csv(index=False).encode()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """The recipes that were started, without a process that follows them."""
    recipes: list[Recipe] = []

    def start(project: Project, recipe: Recipe) -> Run:
        recipes.append(recipe)
        return make_run(project)

    monkeypatch.setattr(jobs, "start", start)
    return recipes


@pytest.mark.parametrize("page", ["monitor", "what_if", "value"])
def test_without_a_project_it_points_to_start(page: str) -> None:
    assert "No table yet" in text_of(open_page(page, None))


# monitor


def test_monitor_waits_for_an_extract() -> None:
    assert "No extract yet" in text_of(open_page("monitor", make_project()))


def test_an_extract_that_drifted_is_said_drawn_and_kept() -> None:
    project = make_project()
    at = open_page("monitor", project)
    at.file_uploader(key="monitor.file").upload("new.csv", csv(2, age=15)).run()
    assert not at.exception
    assert at.error[0].value.startswith("**Drift.**")
    assert "Columns that moved" in text_of(at)
    listed = next(box for box in at.selectbox if box.label == "Column to look at")
    other = listed.options[1]
    assert f"**{other}**" not in text_of(at)
    listed.select_index(1).run()
    assert f"**{other}**" in text_of(at), "chosen without a mouse"
    again = open_page("monitor", projects.open_project(project.id))
    assert again.error[0].value == at.error[0].value
    assert "no finished run yet" in text_of(again)
    again.button(key="monitor.remove").click().run()
    assert extracts.extracts(project) == []
    assert not list((project.folder / "extracts").iterdir())


def test_a_file_that_is_no_extract_is_one_sentence() -> None:
    at = open_page("monitor", make_project())
    at.file_uploader(key="monitor.file").upload("other.csv", b"x,y\n" + b"1,2\n" * 60).run()
    assert "none of the" in at.error[0].value
    assert extracts.extracts(make_project()) == []


def test_regenerating_repeats_the_recipe_in_a_sibling_and_the_scores_stand_side_by_side(started: list[Recipe]) -> None:
    project = make_project()
    first = make_run(project)
    kept = extracts.look(project, csv(2), "new.csv")
    at = open_page("monitor", project)
    at.button(key="monitor.regenerate").click().run()
    assert not at.exception
    assert at.title[0].value == "Generate"
    assert started == [first.recipe]
    sibling = next(one for one in projects.projects() if one.id != project.id)
    assert sibling.table.target is not None
    assert len(sibling.table) == 400
    assert extracts.extracts(project)[0].sibling == sibling.id
    line = extracts.versions(projects.open_project(sibling.id))
    assert [one.project.id for one in line] == [project.id, sibling.id]
    text = text_of(open_page("monitor", sibling))
    assert "One line per target" in text
    assert kept.rows == 400


def test_a_rule_on_a_column_that_is_gone_stops_the_new_version() -> None:
    from synth_core.constraints.kinds import parse
    from synth_core.errors import ProjectError

    project = make_project()
    rule = parse({"type": "scalar_range", "id": "r", "column": "income", "low_value": 0})
    project.set_rules([rule])
    run = make_run(project)
    data = make_people(400, 2).frame.drop(columns="income").to_csv(index=False).encode()
    kept = extracts.look(project, data, "new.csv")
    with pytest.raises(ProjectError, match="reads 'income', which the new extract lacks"):
        extracts.regenerate(project, kept, run)
    assert len(projects.projects()) == 1


# what-if


def test_a_number_is_moved_undone_and_reset() -> None:
    project = make_project()
    at = open_page("what_if", project)
    at.slider(key="what_if.add").set_value(10.0).run()
    assert drafts.edits_of(project).shifts[0].add == 10
    assert "age: moved by +10." in text_of(at).replace("\\", "")
    at.slider(key="what_if.stretch").set_value(1.5).run()
    assert drafts.edits_of(project).shifts[0].stretch == 1.5
    at.button(key="what_if.undo").click().run()
    assert drafts.edits_of(project).shifts[0].stretch == 1
    at.button(key="what_if.reset").click().run()
    assert not drafts.edits_of(project).asked
    assert at.button(key="what_if.make").disabled
    assert not at.exception


def test_new_bounds_move_and_stretch_and_impossible_ones_are_refused() -> None:
    project = make_project()
    at = open_page("what_if", project, **{"what_if.way": "New bounds"})
    at.number_input(key="what_if.high_whole").set_value(120).run()
    assert drafts.edits_of(project).shifts[0].stretch > 1.3
    at.number_input(key=next(w.key for w in at.number_input if w.key.startswith("what_if.high"))).set_value(1).run()
    assert "lower end below the upper one" in at.error[0].value
    assert drafts.edits_of(project).shifts[0].stretch > 1.3


def test_the_what_if_starts_a_marked_run(started: list[Recipe]) -> None:
    project = make_project()
    drafts.keep(project, WhatIf(added=(Added(column="plan", name="green", like="gold", share=0.25),)))
    at = open_page("what_if", project)
    at.number_input(key="what_if.rows").set_value(150).run()
    at.button(key="what_if.make").click().run()
    assert not at.exception
    assert at.title[0].value == "Generate"
    assert started[0].rows == 150
    assert started[0].what_if is not None
    assert started[0].steering.shares["plan"]["gold"] > 0.25


def test_a_what_if_is_marked_on_the_pages_that_judge_and_has_no_say_elsewhere() -> None:
    project = make_project()
    edits = WhatIf(added=(Added(column="plan", name="green", like="gold", share=0.25),))
    project.set_draft(what_if_recipe(project.draft, project.table, edits))
    void = scorecard(table="People").model_copy(update={"what_if": edits.sentences()})
    make_run(project, void)
    assert {one.target.dimension for one in verdicts(void, project.targets)} == {"privacy", "validity"}
    for page in ("compare", "privacy", "report"):
        assert any("no likeness" in one.value for one in open_page(page, project).info)
    assert extracts.versions(project) == []
    assert "no proof point" in text_of(open_page("value", project))


def test_the_latest_what_if_is_held_against_the_table_that_it_was_made_of() -> None:
    project = make_project()
    edits = WhatIf(shifts=(Shift(column="age", middle=48.0, add=10.0),))
    before = project.draft
    project.set_draft(what_if_recipe(before, project.table, edits))
    make_run(project)
    project.set_draft(before)
    project.read_again(ReadOptions(header=False))  # no column is called "age" any more
    at = open_page("what_if", project)
    assert any("age, middle" in str(one.value) for one in at.dataframe)


# value


def test_figures_are_typed_kept_and_taken_back() -> None:
    project = make_project()
    at = open_page("value", project)
    assert "Assumption: one year of access" in text_of(at)
    at.number_input(key="value.licences").set_value(99_000.0).run()
    assert case_of(project).value("licences") == 99_000
    assert "1 of 5 yours" in [one.delta for one in at.metric]
    at.button(key="value.back_licences").click().run()
    assert not case_of(project).is_typed("licences")
    assert not at.exception


def test_the_proof_point_is_that_of_the_run() -> None:
    project = make_project()
    make_run(project)
    text = text_of(open_page("value", project)).replace("\\", "")
    assert "Trained on synthetic: 0.908; on real: 0.920; loss 1.3 %, target 5 %." in text
