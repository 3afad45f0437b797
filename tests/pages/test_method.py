"""The Method page: cards with advice, a form drawn from the settings, and a draft that keeps every choice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import synth_core.methods as registry
from pages.ui import cache
from synth_core.methods import methods
from synth_core.recipe import Recipe, Use
from tests.pages.judged_run import make_project, open_page, text_of


def test_without_a_project_it_points_to_start() -> None:
    at = open_page("method", None)
    assert "No table yet" in text_of(at)
    assert at.button(key="need.project").label == "Go to Start"


def test_every_engine_has_a_card_and_exactly_one_is_recommended() -> None:
    text = text_of(open_page("method", make_project()))
    for cls in methods().values():
        assert cls.info.title.split(" (")[0] in text
    assert text.count("Recommended]") == 1
    assert "400 rows, 7 learned columns, mixed kinds" in text


def test_an_engine_under_a_business_licence_says_so() -> None:
    text = text_of(open_page("method", make_project()))
    assert text.count("BUSL-1.1]") == 2


def test_choosing_an_engine_keeps_it_for_the_next_run_and_shows_its_weakness() -> None:
    project = make_project()
    at = open_page("method", project)
    at.button(key="method.choose_trees").click().run()
    assert not at.exception
    assert project.draft.method == "trees"
    assert at.button(key="method.choose_trees").label.startswith("Chosen :gray[")
    assert "known to get wrong" in text_of(at)


def test_settings_of_the_engine_before_come_back_when_it_is_chosen_again() -> None:
    project = make_project()
    param = next(p for p in methods()["trees"].info.params if p.kind is int)
    project.set_draft(Recipe(method="trees", params={param.name: param.default + 1}))
    at = open_page("method", project)
    at.button(key="method.choose_independent").click().run()
    assert project.draft.params == {}
    at.button(key="method.choose_trees").click().run()
    assert project.draft.params == {param.name: param.default + 1}


def test_a_changed_setting_is_kept_and_one_set_back_to_its_default_is_not_written_down() -> None:
    project = make_project()
    param = next(p for p in methods()["trees"].info.params if p.kind is int)
    project.set_draft(Recipe(method="trees"))
    at = open_page("method", project, **{"method.level": "Expert"})
    field = at.number_input(key=f"method.trees.{param.name}")
    field.set_value(param.default + 1).run()
    assert project.draft.params == {param.name: param.default + 1}
    at.number_input(key=f"method.trees.{param.name}").set_value(param.default).run()
    assert project.draft.params == {}


def test_expert_settings_show_only_under_expert() -> None:
    project = make_project()
    project.set_draft(Recipe(method="trees"))
    expert = [p.name for p in methods()["trees"].info.params if p.expert]
    assert expert
    at = open_page("method", project)

    def drawn(name: str) -> bool:
        fields = [*at.number_input, *at.selectbox, *at.toggle, *at.text_input, *at.select_slider]
        return any(field.key == f"method.trees.{name}" for field in fields)

    assert not any(drawn(name) for name in expert)
    at.segmented_control(key="method.level").set_value("Expert").run()
    assert all(drawn(name) for name in expert)


def test_rows_seed_and_holdout_are_kept() -> None:
    project = make_project()
    at = open_page("method", project)
    at.number_input(key="method.rows").set_value(5000).run()
    at.number_input(key="method.seed").set_value(7).run()
    at.slider(key="method.holdout").set_value(30).run()
    draft = project.draft
    assert (draft.rows, draft.seed, draft.holdout) == (5000, 7, 0.3)
    text = text_of(at)
    assert "learns from 280 real rows" in text
    assert "carry the information of about 280" in text


def test_the_intended_use_is_kept_and_changes_the_reason() -> None:
    project = make_project()
    at = open_page("method", project)
    before = text_of(at)
    at.segmented_control(key="method.use").set_value(Use.TRAIN).run()
    assert not at.exception
    assert at.session_state["state.open"].use is Use.TRAIN
    assert text_of(at) != before


def test_a_recipe_for_an_engine_that_is_not_here_gets_a_card_and_the_others_can_be_chosen() -> None:
    project = make_project()
    project.set_draft(Recipe(method="an_engine_of_somebody_else"))
    at = open_page("method", project)
    assert "not installed here" in at.error[0].value
    assert not at.button(key="method.choose_trees").disabled


def test_a_missing_package_greys_the_card_and_shows_the_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[str, Any] = methods()
    cls = known["tvae"]
    monkeypatch.setattr(cls, "info", replace(cls.info, requires=("a_package_that_is_not_there",)))
    at = open_page("method", make_project())
    assert any("pip install a_package_that_is_not_there" in code.value for code in at.code)
    assert not [button for button in at.button if button.key == "method.choose_tvae"]
    assert registry.methods()["tvae"].info.missing == ("a_package_that_is_not_there",)


@pytest.mark.parametrize("name", ["trees", "copula", "bayesian_network", "independent", "diffusion", "ctgan", "tvae"])
def test_every_setting_of_every_engine_is_drawn_under_expert(name: str) -> None:
    project = make_project()
    project.set_draft(Recipe(method=name))
    at = open_page("method", project, **{"method.level": "Expert"})
    fields = [*at.number_input, *at.selectbox, *at.toggle, *at.text_input, *at.select_slider]
    drawn = {str(field.key).removeprefix(f"method.{name}.") for field in fields}
    assert {param.name for param in methods()[name].info.params} <= drawn


def _with_network(**params: str) -> Any:
    project = make_project()
    project.set_draft(Recipe(method="bayesian_network", params=params))
    return project


def test_the_graph_of_a_network_is_drawn_and_an_edge_can_be_required_and_taken_back() -> None:
    project = _with_network()
    at = open_page("method", project)
    assert "What depends on what" in text_of(at)
    at.selectbox(key="method.edge_from").set_value("age").run()
    at.selectbox(key="method.edge_to").set_value("churn").run()
    at.button(key="method.edge_require").click().run()
    assert not at.exception
    assert project.draft.params == {"edges": "age -> churn"}
    assert "age → churn" in text_of(at)
    at.button(key="method.edges_remove_0").click().run()
    assert project.draft.params == {}


def test_an_edge_that_closes_a_circle_is_refused_and_a_forbidden_one_is_kept() -> None:
    project = _with_network(edges="churn -> age")
    at = open_page("method", project)
    at.selectbox(key="method.edge_from").set_value("age").run()
    at.selectbox(key="method.edge_to").set_value("churn").run()
    at.button(key="method.edge_require").click().run()
    assert "runs in a circle" in at.error[0].value
    at.button(key="method.edge_forbid").click().run()
    assert project.draft.params == {"edges": "churn -> age", "forbidden": "age -> churn"}


def test_edges_written_by_hand_that_cannot_be_read_get_a_card() -> None:
    at = open_page("method", _with_network(edges="age to churn"))
    assert "is not an edge" in at.error[0].value


def test_every_card_says_what_its_engine_takes_and_marks_what_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    from synth_core import estimates

    took = {
        "trees": estimates.Estimate(400.0, 400.0, 0.4e9),
        "copula": estimates.Estimate(None, 0.0, 0.0, problem="No."),
    }
    network = estimates.Estimate(20.0, 20.0, 0.8e9, at_most=True)
    monkeypatch.setattr(estimates, "estimate", lambda table, recipe: took.get(recipe.method, network))
    project = make_project(420)
    project.set_draft(Recipe(method="trees", minutes=5.0))
    at = open_page("method", project)
    text = text_of(at)
    assert "**About 6 min 40 s**, 0.4 GB for this table :orange[longer than your 5 min]" in text
    assert text.count("**At most about 20 s**, 0.8 GB for this table") == len(methods()) - 2
    assert ":material/error: No.]" in text
    at.number_input(key="method.minutes").set_value(12.0).run()
    assert project.draft.minutes == 12
    assert "longer than your" not in text_of(at)


def test_a_new_table_starts_with_the_engine_that_is_recommended() -> None:
    project = make_project(120)
    (project.folder / "draft.json").unlink()
    at = open_page("method", project)
    assert at.button(key="method.choose_copula").label.startswith("Chosen :gray[")
    at.number_input(key="method.rows").set_value(50).run()
    assert (project.draft.method, project.draft.rows) == ("auto", 50)
    assert "Gaussian copula" in text_of(open_page("generate", project))


def test_a_draft_of_auto_shows_the_recommended_engine_as_chosen() -> None:
    project = make_project()
    project.set_draft(Recipe(method="auto"))
    at = open_page("method", project)
    assert at.button(key="method.choose_trees").label.startswith("Chosen :gray[")
    assert not at.error


class _JustFound:
    """An answer that comes while the page is drawn: not there when it begins, there a moment later."""

    answer = None

    def done(self, seconds: float = 0.0) -> bool:
        return not seconds


def test_an_answer_that_comes_while_the_page_is_drawn_takes_no_press_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "estimate", lambda table, recipe: _JustFound())
    at = open_page("method", make_project())
    assert "Being tried on a few rows" in text_of(at)
    at.button(key="step.next").click().run()
    assert not at.exception
    assert at.title[0].value == "Generate"
