"""The Compare page: tiles with floor and verdict, columns worst first, and the tabs behind them."""

from __future__ import annotations

import pytest

from synth_core.scorecard import Scorecard
from synth_core.scores.results import GroupLikeness, GroupUtility
from tests.core.scorecard_example import scorecard
from tests.pages.judged_run import make_project, make_run, open_page, put_at_work, text_of, with_score


def test_without_a_project_it_points_to_start() -> None:
    assert "No table yet" in text_of(open_page("compare", None))


def test_without_a_run_it_points_to_generate() -> None:
    at = open_page("compare", make_project())
    assert "No synthetic table yet" in text_of(at)
    assert at.button(key="need.run").label == "Go to Generate"


def test_while_the_first_run_is_at_work_it_points_to_it() -> None:
    project = make_project()
    put_at_work(make_run(project))
    at = open_page("compare", project)
    assert "A run is at work" in text_of(at)


def test_a_damaged_scorecard_says_what_to_do() -> None:
    project = make_project()
    run = make_run(project)
    (run.folder / "scorecard.json").write_text("{}", encoding="utf-8")
    at = open_page("compare", project)
    assert "damaged" in at.error[0].value


def test_the_tiles_show_value_floor_and_verdict() -> None:
    project = make_project()
    make_run(project)
    at = open_page("compare", project)
    tiles = {metric.label: (metric.value, metric.delta) for metric in at.metric}
    assert tiles["Column shapes"] == ("1.3 %", "real rows 0.8 %")
    assert tiles["Told apart"] == ("0.670", "real rows 0.500")
    assert tiles["Loss in use"][0] == "1.3 %"
    assert "Fails]" in text_of(at)


def test_a_score_without_a_value_is_not_enough_data_and_says_why() -> None:
    project = make_project()
    card = with_score(scorecard(), "fidelity", "c2st", value=None, note="only 40 rows were held out")
    make_run(project, card)
    text = text_of(open_page("compare", project))
    assert "Told apart: –" in text
    assert "Only 40 rows were held out" in text


def test_columns_stand_worst_first_with_real_beside_synthetic() -> None:
    project = make_project()
    make_run(project)
    at = open_page("compare", project)
    frame = next(one.value for one in at.dataframe if "Synthetic" in one.value.columns and "Error" in one.value.columns)
    errors = frame["Error"].dropna().tolist()
    assert errors == sorted(errors, reverse=True)
    assert frame["Column"].iloc[0] == "income"
    assert len(frame["Real"].iloc[0]) == len(frame["Synthetic"].iloc[0])
    assert len(at.get("plotly_chart")) == 1


def test_the_filter_keeps_columns_that_are_worse() -> None:
    project = make_project()
    make_run(project)
    at = open_page("compare", project)
    at.number_input(key="compare.worse").set_value(2.0).run()
    frame = next(one.value for one in at.dataframe if "Error" in one.value.columns)
    assert frame["Error"].min() > 2
    at.number_input(key="compare.worse").set_value(99.0).run()
    assert "No column is worse than 99 %" in text_of(at)


@pytest.mark.parametrize(
    ("tab", "words", "charts"),
    [("Pairs", "Pairs, worst first", 3), ("Together", "0.670", 2), ("Use", "**income**", 1), ("Rules", "hard rule", 0)],
)
def test_every_tab_draws_its_evidence(tab: str, words: str, charts: int) -> None:
    project = make_project()
    make_run(project)
    at = open_page("compare", project, **{"compare.tab": tab})
    assert words in text_of(at)
    assert len(at.get("plotly_chart")) == charts


def test_without_a_target_use_points_to_upload() -> None:
    project = make_project()
    card = scorecard()
    make_run(
        project, card.model_copy(update={"utility": card.utility.model_copy(update={"target": None, "models": []})})
    )
    at = open_page("compare", project, **{"compare.tab": "Use"})
    assert at.button(key="compare.no_target").label == "Go to Upload"


def test_without_rules_the_tab_points_to_constraints() -> None:
    project = make_project()
    card = scorecard()
    make_run(project, card.model_copy(update={"validity": card.validity.model_copy(update={"rules": []})}))
    at = open_page("compare", project, **{"compare.tab": "Rules"})
    assert at.button(key="compare.no_rules").label == "Go to Constraints"


def test_a_stale_run_shows_the_bar_and_its_results() -> None:
    project = make_project()
    make_run(project)
    project.set_choices({})
    at = open_page("compare", project)
    assert "earlier table or earlier rules" in at.warning[0].value
    assert at.metric


def test_another_run_can_be_chosen() -> None:
    project = make_project()
    first = make_run(project, scorecard(loss=4.4))
    make_run(project, scorecard(loss=1.1))
    at = open_page("compare", project)
    assert "Loss in use: 1.1 %" in text_of(at)
    at.selectbox(key="compare.run").set_value(first.id).run()
    assert not at.exception
    assert "Loss in use: 4.4 %" in text_of(at)


def two_runs() -> tuple[object, object, object]:
    """Return a project with a good run and, newer, one whose columns are worse."""
    project = make_project()
    older = make_run(project)
    worse = with_score(scorecard(), "fidelity", "shape", value=4.0, low=3.8, high=4.2)
    columns = [
        one.model_copy(update={"error": None if one.error is None else 10 + one.error})
        for one in worse.fidelity.columns
    ]
    worse = worse.model_copy(update={"fidelity": worse.fidelity.model_copy(update={"columns": columns})})
    return project, older, make_run(project, worse)


def test_two_runs_stand_side_by_side_with_the_better_one_named() -> None:
    project, older, newer = two_runs()
    at = open_page("compare", project, **{"state.run": newer.id})  # type: ignore[attr-defined, arg-type]
    assert at.selectbox(key="compare.other").value == ""
    at = open_page("compare", project, **{"compare.other": older.id})  # type: ignore[attr-defined, arg-type]
    assert not at.exception
    beside = next(one.value for one in at.dataframe if "Interval B" in one.value.columns).set_index("Score")
    assert beside.loc["Column shapes", ["A", "B", "Better"]].tolist() == ["✕ 4 %", "✓ 1.3 %", "B"]
    assert beside.loc["Told apart", "Better"] == "–", "equal scores are no win"
    assert "Better in A: 0. Better in B: 1." in text_of(at)
    columns = next(one.value for one in at.dataframe if "Error B" in one.value.columns)
    known = columns.dropna(subset=["Error"])
    assert (known["Error"] - known["Error B"]).round(6).eq(10).all()
    assert not at.metric, "the table stands in place of the tiles"


@pytest.mark.parametrize(
    ("tab", "column", "number"), [("Pairs", "Error B", 1), ("Use", "From synthetic", 2), ("Rules", "Kept by", 2)]
)
def test_every_tab_draws_both_runs(tab: str, column: str, number: int) -> None:
    project, older, newer = two_runs()
    opened = {"compare.tab": tab, "compare.other": older.id, "state.run": newer.id}  # type: ignore[attr-defined]
    at = open_page("compare", project, **opened)  # type: ignore[arg-type]
    assert sum(column in one.value.columns for one in at.dataframe) == number


def test_a_single_run_has_nothing_beside_it_and_a_damaged_one_says_why() -> None:
    project = make_project()
    make_run(project)
    assert not [box for box in open_page("compare", project).selectbox if box.key == "compare.other"]
    project, older, newer = two_runs()
    (older.folder / "scorecard.json").write_text("{}", encoding="utf-8")  # type: ignore[attr-defined]
    at = open_page("compare", project, **{"compare.other": older.id, "state.run": newer.id})  # type: ignore
    assert "Run B cannot be shown" in at.error[0].value
    assert at.metric, "A is shown as before"


def test_an_analysis_is_run_on_both_tables_side_by_side() -> None:
    project = make_project(600)
    make_run(project, rows=480)
    at = open_page("compare", project, **{"compare.tab": "Replicate"})
    assert "outcome ~ column" in text_of(at)
    assert at.text_input(key="compare.analysis").placeholder.startswith("churn ~ ")
    opened = {"compare.tab": "Replicate", "compare.analysis": at.text_input(key="compare.analysis").placeholder}
    at = open_page("compare", project, **opened)
    assert "lead to the same conclusion on both tables" in text_of(at)
    frame = next(one.value for one in at.dataframe if "Overlap" in one.value.columns)
    assert frame["Term"].tolist()[0] == "(intercept)"
    assert (frame["Overlap"] > 50).all(), "the synthetic rows of this example are real ones"


@pytest.mark.parametrize(("analysis", "words"), [("churn ~ aeg", "no column 'aeg'"), ("what?", "cannot be read")])
def test_an_analysis_that_cannot_be_run_says_why(analysis: str, words: str) -> None:
    project = make_project()
    make_run(project)
    at = open_page("compare", project, **{"compare.tab": "Replicate", "compare.analysis": analysis})
    assert words in at.error[0].value
    assert at.metric, "the rest of the page stays"


def test_the_plane_of_all_columns_has_contours_of_the_three_sides() -> None:
    project = make_project(600)
    make_run(project, rows=480)
    at = open_page("compare", project, **{"compare.tab": "Together"})
    assert "Synthetic and real rows share 9" in text_of(at), "the synthetic rows of this example are real ones"


def test_without_its_rows_the_plane_says_so_and_the_rest_stays() -> None:
    project = make_project()
    make_run(project).parquet.unlink()
    at = open_page("compare", project, **{"compare.tab": "Together"})
    assert "The plane cannot be drawn" in at.error[0].value
    assert "What gives them away" in text_of(at)


def opened_pairs(**chosen: object) -> tuple[object, object]:
    project = make_project(600)
    run = make_run(project, rows=480)
    return project, open_page("compare", project, **{"compare.tab": "Pairs", "state.run": run.id, **chosen})


def test_any_two_columns_stand_side_by_side_and_the_choice_of_the_hand_counts() -> None:
    _, at = opened_pairs(**{"compare.pair_shown": ("income", "age")})
    assert "income and age together, real beside synthetic" in text_of(at)  # type: ignore[arg-type]
    at.selectbox(key="compare.across").set_value("city").run()  # type: ignore[attr-defined]
    assert not at.exception  # type: ignore[attr-defined]
    assert "age per city, real beside synthetic" in text_of(at)  # type: ignore[arg-type]
    assert at.selectbox(key="compare.up").value == "age"  # type: ignore[attr-defined]


def test_a_third_column_splits_the_pair_or_shows_its_rate() -> None:
    _, at = opened_pairs(**{"compare.pair_shown": ("income", "age"), "compare.third": "churn"})
    assert "2 states of churn, real above synthetic" in text_of(at)  # type: ignore[arg-type]
    opened = {"compare.pair_shown": ("income", "age"), "compare.third": "churn", "compare.third_how": "Its rate"}
    _, at = opened_pairs(**opened)
    assert "The share of churn = " in text_of(at)  # type: ignore[arg-type]


def test_both_runs_have_a_picture_of_the_pair() -> None:
    project, older, newer = two_runs()
    opened = {"compare.tab": "Pairs", "compare.other": older.id, "state.run": newer.id}  # type: ignore[attr-defined]
    at = open_page("compare", project, **opened)  # type: ignore[arg-type]
    drawn = [chart.proto.id for chart in at.get("plotly_chart")]
    assert any("compare.joint_b" in one for one in drawn)
    assert any(one.endswith("compare.joint") for one in drawn)


def test_without_its_rows_a_pair_cannot_be_drawn_and_says_so() -> None:
    project = make_project()
    make_run(project).parquet.unlink()
    at = open_page("compare", project, **{"compare.tab": "Pairs"})
    assert "This picture cannot be drawn" in at.error[0].value
    assert "Pairs, worst first" in text_of(at)


def with_groups() -> Scorecard:
    """Return the example with two groups of sex: women are drawn badly."""
    card = scorecard(table="People")
    known = {"column": "sex", "rows_holdout": 60, "shape_baseline": 20.0}
    groups = [
        GroupLikeness(label="F", rows_train=150, rows_synthetic=90, share_real=0.5, share_synthetic=0.3, shape=9.0,
                      shape_low=7.0, shape_high=11.0, shape_floor=2.0, **known),
        GroupLikeness(label="M", rows_train=150, rows_synthetic=210, share_real=0.5, share_synthetic=0.7, shape=2.5,
                      shape_low=1.5, shape_high=3.5, shape_floor=2.0, **known),
        GroupLikeness(label="X", rows_train=60, rows_synthetic=3, share_real=0.05, share_synthetic=0.01,
                      note="not enough data: 3 synthetic rows", **known),
    ]  # fmt: skip
    losses = [
        GroupUtility(column="sex", label="M", rows=60, metric="AUC", tstr=0.7, trtr=0.8, loss=12.5, loss_low=6.0,
                     loss_high=19.0),
        GroupUtility(column="sex", label="F", rows=60, metric="AUC", tstr=0.8, trtr=0.81, loss=1.2, loss_low=-2.0,
                     loss_high=4.0),
    ]  # fmt: skip
    fidelity = card.fidelity.model_copy(update={"groups": groups})
    return card.model_copy(update={"fidelity": fidelity, "utility": card.utility.model_copy(update={"groups": losses})})


def test_groups_stand_worst_first_by_likeness_or_by_use_with_their_rows_and_intervals() -> None:
    project = make_project()
    make_run(project, with_groups())
    at = open_page("compare", project, **{"compare.tab": "Groups"})
    assert "surely least alike is sex \\= F" in text_of(at) or "surely least alike is sex = F" in text_of(at)
    frame = next(one.value for one in at.dataframe if "Group" in one.value.columns)
    assert frame["Group"].tolist() == ["sex = F", "sex = M", "sex = X"]
    assert frame["Real rows"].tolist() == [150, 150, 60]
    assert frame["Synthetic rows"].tolist() == [90, 210, 3]
    assert frame["Interval"].tolist() == ["7.00 to 11.00", "1.50 to 3.50", "–"]
    assert frame["Loss"].iloc[1] == 12.5
    assert "not enough data" in text_of(at)
    at = open_page("compare", project, **{"compare.tab": "Groups", "compare.groups_by": "Use"})
    frame = next(one.value for one in at.dataframe if "Group" in one.value.columns)
    assert frame["Group"].iloc[0] == "sex = M"
    assert len(at.get("plotly_chart")) == 1


def test_groups_of_both_runs_are_drawn_and_without_any_it_says_why() -> None:
    project = make_project()
    first = make_run(project, with_groups())
    second = make_run(project)
    opened = {"compare.tab": "Groups", "compare.other": first.id, "state.run": second.id}
    at = open_page("compare", project, **opened)
    assert "Not enough data" in at.info[0].value, "the newer run has no groups"
    assert sum("Group" in one.value.columns for one in at.dataframe) == 1


def test_precision_and_recall_stand_beside_the_roc_curves() -> None:
    project = make_project()
    make_run(project)
    at = open_page("compare", project, **{"compare.tab": "Use", "compare.roc_box": True})
    assert "Precision and recall are those of finding “large”" in text_of(at)
    assert len(at.get("plotly_chart")) == 5


def test_an_analysis_is_run_for_both_runs() -> None:
    project = make_project(600)
    older, newer = make_run(project, rows=480), make_run(project, rows=300)
    opened = {"compare.tab": "Replicate", "compare.analysis": "mean(income) by city"}
    at = open_page("compare", project, **opened, **{"compare.other": older.id, "state.run": newer.id})
    assert sum("Overlap" in one.value.columns for one in at.dataframe) == 2
    said = [one.value for one in at.caption if "synthetic rows." in one.value]
    assert len(set(said)) == 2, "each run has its own rows"
