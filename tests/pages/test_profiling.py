"""Profile: what it means, alerts first, then columns, pairs, triples, time, exposed rows and gaps."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Literal

import pytest

from pages.ui import (
    alerts,
    pairs_panel,
    profile_column,
    profile_downloads,
    profile_exposed,
    profile_head,
    profile_source,
)
from synth_core import project as projects
from synth_core.advice import Advice
from synth_core.errors import TableError
from synth_core.profile import Action, Alert, Profile
from synth_core.profile import profile as profiled
from synth_core.profile.exposure import exposure, suggested_widths
from synth_core.project import Project
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.table import Kind, Role
from tests.pages.conftest import open_page, words

SOURCE = "pages.ui.profile_source"


def with_profile(project: Project, monkeypatch: pytest.MonkeyPatch, **update: Any) -> None:
    """Let the page have this profile."""
    made = profiled(project.table).model_copy(update=update)
    monkeypatch.setattr(f"{SOURCE}._profile", lambda name, rows, table: made)


def alert(code: str, *columns: str, severity: Literal["info", "watch"] = "info", **more: Any) -> Alert:
    return Alert(code=code, columns=list(columns), severity=severity, sentence=f"{columns}", consequence="So.", **more)


def press(at: Any, label: str) -> None:
    """Press the first button that says this."""
    next(button for button in at.button if button.label.split(" :gray[")[0] == label).click().run()
    assert not at.exception


def target_box(at: Any) -> Any:
    """Return the choice of the target."""
    return next(box for box in at.selectbox if box.label == "Target")


def saved(project: Project) -> Project:
    return projects.open_project(project.id)


def test_without_a_project_it_points_to_start() -> None:
    assert "No table yet" in words(open_page("profiling"))


def test_the_table_is_told_in_one_line_and_alerts_come_first(project: Project) -> None:
    at = open_page("profiling", project)
    assert "**240 rows × 10 columns**" in words(at)
    assert at.header[0].value == "Look at this first"


def test_a_column_has_its_picture_with_words_for_it(project: Project) -> None:
    at = open_page("profiling", project)
    assert len(at.get("plotly_chart")) == 1
    assert at.get("plotly_chart")[0].proto.alt


def test_what_it_means_is_said_with_the_page_to_go_to(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    advice = [Advice(title="Small table", sentence="Each of 240 rows weighs much.", page="method")]
    monkeypatch.setattr(f"{SOURCE}.meaning", lambda *asked: advice)
    at = open_page("profiling", project)
    assert "**Small table.** Each of 240 rows weighs much." in words(at)
    assert any(link.proto.label == "Method" for link in at.get("page_link"))


def test_an_alert_becomes_a_rule_with_one_click_and_is_taken_back(project: Project) -> None:
    at = open_page("profiling", project)
    press(at, "Make this a rule")
    (rule,) = saved(project).rules
    assert rule.violations(project.table.frame).sum() < len(project.table) / 10
    assert "Rule added" in words(at)
    assert ":green[:material/check_circle:] A rule" in words(at), "the line says that it is done"
    press(at, "Undo")
    assert saved(project).rules == []
    assert "Rule added" not in words(at)


def test_every_column_of_a_line_can_be_left_out_at_once_and_taken_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("town", "region", "net")
    with_profile(
        project, monkeypatch, alerts=[alert("constant", n, action=Action(kind="drop", column=n)) for n in names]
    )
    at = open_page("profiling", project)
    assert "3 columns hold one value only" in words(at)
    press(at, "Leave out all")
    assert {name for name, choice in saved(project).choices.items() if choice.role is Role.DROP} == set(names)
    press(at, "Undo")
    assert saved(project).choices == {}


def test_a_word_is_treated_as_missing_with_one_click(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    found = alert("missing_word", "net", action=Action(kind="set_missing", column="net", word="100"))
    with_profile(project, monkeypatch, alerts=[found])
    at = open_page("profiling", project)
    press(at, "Treat 100 as missing")
    assert saved(project).choices["net"].missing == ("100",)
    assert saved(project).table.frame["net"].isna().sum() == (project.table.frame["net"] == 100).sum()


def test_each_word_is_named_with_its_columns(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    words_of = {"net": "100", "gross": "121", "tax": "100"}
    found = [
        alert("missing_code", column, action=Action(kind="set_missing", column=column, word=word))
        for column, word in words_of.items()
    ]
    with_profile(project, monkeypatch, alerts=found)
    at = open_page("profiling", project)
    press(at, "Treat as missing")
    assert "“100” in 'net', 'tax'; “121” in 'gross' count as an empty cell" in words(at)


def test_two_steps_are_taken_back_one_by_one(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        alert("constant", "town", action=Action(kind="drop", column="town")),
        alert("rare", "region", action=Action(kind="protect", column="region")),
    ]
    with_profile(project, monkeypatch, alerts=found)
    at = open_page("profiling", project)
    press(at, "Leave out")
    press(at, "Protect")
    assert set(saved(project).choices) == {"town", "region"}
    press(at, "Undo")
    assert set(saved(project).choices) == {"town"}
    press(at, "Undo")
    assert saved(project).choices == {}
    assert not [button for button in at.button if button.label == "Undo"]


def test_a_role_that_one_column_can_have_leaves_the_other(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    found = alert("role", "town", action=Action(kind="set_role", column="town", role=Role.TARGET))
    with_profile(project, monkeypatch, alerts=[found])
    at = open_page("profiling", project)
    target_box(at).set_value("region").run()
    assert saved(project).table.target is not None
    press(at, "Set role: target")
    assert [column.name for column in saved(project).table.having(role=Role.TARGET)] == ["town"]


def test_what_cannot_be_done_says_why(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = {"type": "inequality", "low_column": "town", "high_column": "net"}
    with_profile(project, monkeypatch, alerts=[alert("order", "town", action=Action(kind="make_rule", rule=rule))])
    at = open_page("profiling", project)
    press(at, "Make this a rule")
    assert "This was not done" in at.error[0].value
    assert saved(project).rules == []


def test_the_target_chosen_here_is_the_role_of_the_column(project: Project) -> None:
    at = open_page("profiling", project)
    target_box(at).set_value("region").run()
    assert not at.exception
    target = saved(project).table.target
    assert target is not None
    assert target.name == "region"
    target_box(at).set_value("None").run()
    assert saved(project).table.target is None


def test_the_search_narrows_the_table_and_says_when_nothing_is_left(project: Project) -> None:
    at = open_page("profiling", project)
    at.text_input(key="profiling.search").set_value("tow").run()
    assert [frame.value["Column"].tolist() for frame in at.dataframe if "Column" in frame.value] == [["town"]]
    assert at.header[-1].value == "town"
    at.text_input(key="profiling.search").set_value("t").run()
    assert at.header[-1].value == "town", "the chosen column stays chosen"
    at.text_input(key="profiling.search").set_value("no such thing").run()
    assert not at.exception
    assert "No column has" in words(at)


def test_a_category_is_shown_by_its_most_frequent_values(project: Project) -> None:
    at = open_page("profiling", project)
    frame = next(frame.value for frame in at.dataframe if "Column" in frame.value).set_index("Column")
    assert sorted(frame.loc["region", "Values"].split(", ")) == ["East", "West"]
    assert sorted(frame.loc["town", "Values"].split(", ")) == ["Aalst", "Bruges", "Ghent"]


def test_a_column_can_be_split_by_the_target(project: Project) -> None:
    at = open_page("profiling", project, **{"profiling.wanted": "net"})
    target_box(at).set_value("region").run()
    at.segmented_control(key="profiling.split").set_value("By region").run()
    assert not at.exception
    assert "split by region" in at.get("plotly_chart")[0].proto.alt


@pytest.mark.parametrize("tab", ["Pairs", "Triples", "Time", "Exposed rows", "Missing"])
def test_only_the_open_tab_computes(project: Project, monkeypatch: pytest.MonkeyPatch, tab: str) -> None:
    asked: list[str] = []
    for name in ("pair_facts", "triples", "time", "quasi_identifiers", "emptiness"):
        kept = getattr(profile_source, name)
        monkeypatch.setattr(
            profile_source, name, lambda *a, kept=kept, name=name, **k: asked.append(name) or kept(*a, **k)
        )
    at = open_page("profiling", project, **{"profiling.tab": tab})
    assert not at.exception
    expected = dict(
        zip(
            ["Pairs", "Triples", "Time", "Exposed rows", "Missing"],
            ["pair_facts", "triples", "time", "quasi_identifiers", "emptiness"],
            strict=True,
        )
    )
    assert set(asked) == {expected[tab]}


def test_the_pairs_tab_draws_the_heat_map_and_one_pair(project: Project) -> None:
    at = open_page("profiling", project, **{"profiling.tab": "Pairs"})
    assert len(at.get("plotly_chart")) == 2
    assert at.selectbox(key="profiling.x").value != at.selectbox(key="profiling.y").value
    at.selectbox(key="profiling.measure").set_value("mutual_information").run()
    assert not at.exception
    assert len(at.get("plotly_chart")) == 2


def test_a_pair_stands_as_a_table_too(project: Project) -> None:
    chosen = {"profiling.tab": "Pairs", "profiling.x": "net", "profiling.y": "gross", "profiling.pair_box": True}
    at = open_page("profiling", project, **chosen)
    assert any("to " in str(name) or "from " in str(name) for frame in at.dataframe for name in frame.value.index)


def test_a_pair_alert_opens_its_pair(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with_profile(project, monkeypatch, alerts=[alert("strong_association", "tax", "gross")])
    at = open_page("profiling", project)
    press(at, "Look")
    assert (at.selectbox(key="profiling.x").value, at.selectbox(key="profiling.y").value) == ("tax", "gross")


def test_exposed_rows_are_counted_for_the_columns_chosen(project: Project) -> None:
    at = open_page("profiling", project, **{"profiling.tab": "Exposed rows"})
    at.multiselect(key="profiling.known").set_value(["town", "net"]).run()
    assert not at.exception
    widths = suggested_widths(project.table, ["town", "net"])
    expected = exposure(project.table, ["town", "net"], widths=widths)
    assert next(metric.value for metric in at.metric if metric.label == "Unique rows") == f"{expected.unique_rows:,}"


def test_a_column_that_is_suggested_as_known_can_be_chosen_though_it_is_text(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.set_choices({"town": ColumnChoice(kind=Kind.TEXT), "region": ColumnChoice(kind=Kind.TEXT)})
    monkeypatch.setattr(profile_source, "quasi_identifiers", lambda name, table: ["town"])
    at = open_page("profiling", project, **{"profiling.tab": "Exposed rows"})
    known = at.multiselect(key="profiling.known")
    assert ("town" in known.options, "region" in known.options) == (True, False)
    assert any(metric.label == "Unique rows" for metric in at.metric), "it is chosen"


def test_a_sample_is_said_with_every_pair(project: Project) -> None:
    few, all_rows = project.table.rows(range(100)), project.table
    assert profile_source.Source(profiled(few), few, all_rows, "few").drawn == ", in an even sample of 100 of 240 rows"
    assert profile_source.Source(profiled(few), few, few, "few").drawn == ""


def test_gaps_are_told_by_column(project: Project) -> None:
    at = open_page("profiling", project, **{"profiling.tab": "Missing"})
    assert "216 of 240 rows have no empty cell" in words(at)
    frame = next(frame.value for frame in at.dataframe if "Empty cells" in frame.value)
    assert frame["Column"].tolist() == ["age"]


def test_a_table_that_cannot_be_profiled_says_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*asked: object) -> None:
        raise TableError("The table has a flaw. Mend it.")

    at = open_page("upload", project)
    monkeypatch.setattr(f"{SOURCE}._profile", fail)
    at.switch_page("profiling.py").run()
    assert not at.exception
    assert "The table has a flaw" in at.error[0].value


def test_a_large_table_is_drawn_from_a_sample_while_exact_figures_are_made(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = profile_source.Work(Future(), begun=True)
    monkeypatch.setattr(f"{SOURCE}.LARGE", 100)
    monkeypatch.setattr(f"{SOURCE}.SAMPLE", 60)
    monkeypatch.setattr(f"{SOURCE}._exact", lambda name, table: work)
    at = open_page("profiling", project)
    assert "From 60 of 240 rows; exact figures follow" in words(at)
    work.future.set_result(profiled(project.table))
    at.run()
    assert not at.exception
    assert "exact figures follow" not in words(at)
    assert "**240 rows × 10 columns**" in words(at)


def test_exact_figures_are_computed_once_and_off_the_page(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{SOURCE}.LARGE", 100)
    monkeypatch.setattr(f"{SOURCE}.SAMPLE", 60)
    table = project.table
    first = profile_source.source(project, table, None)
    assert first.work is not None
    assert first.profile.sampled == 60
    assert len(first.table) == 60
    profile_source.begin(first)
    exact = first.work.future.result(timeout=60)
    again = profile_source.source(project, table, None)
    assert again.work is None
    assert again.profile is exact
    assert isinstance(exact, Profile)
    assert exact.sampled is None


def test_exact_figures_that_fail_leave_those_of_the_sample_with_a_word_and_a_second_try(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = profile_source.Work(Future(), begun=True)
    forgotten: list[str] = []
    monkeypatch.setattr(f"{SOURCE}.LARGE", 100)
    monkeypatch.setattr(f"{SOURCE}.SAMPLE", 60)
    monkeypatch.setattr(f"{SOURCE}._exact", lambda name, table: work)
    monkeypatch.setattr(f"{SOURCE}.forget_exact", lambda name, table: forgotten.append(name))
    work.future.set_exception(MemoryError("held a secret"))
    at = open_page("profiling", project)
    assert not at.exception
    assert "The exact figures could not be computed" in at.error[0].value
    assert "secret" not in words(at)
    assert "All that follows is from 60 of 240 rows" in words(at)
    assert at.header[0].value == "Look at this first"
    press(at, "Try again")
    assert forgotten == [project.table_name]


def test_an_exact_profile_that_fails_off_the_page_tells_its_work(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*asked: object, **more: object) -> None:
        raise TableError("The table has a flaw. Mend it.")

    table, work = project.table, profile_source.Work(Future())
    sampled = profiled(table, sample=60)
    monkeypatch.setattr("synth_core.profile.profile", fail)
    profile_source.begin(profile_source.Source(sampled, table, table, "key", work))
    assert isinstance(work.future.exception(timeout=60), TableError)
    assert work.begun


def test_fewer_rows_can_be_asked_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{SOURCE}.SIZES", (100, 50))
    at = open_page("profiling", project)
    at.selectbox(key="profiling.rows").set_value("50 rows").run()
    assert not at.exception
    assert "From 50 of 240 rows, evenly drawn." in words(at)


def test_three_alerts_of_one_sort_share_a_line_that_names_the_columns() -> None:
    rare = [alert("rare", name) for name in "abc"]
    zeros = [alert("zeros", name) for name in "de"]
    other = alert("rare", "f", severity="watch")
    lines = alerts.grouped([other, rare[0], zeros[0], *rare[1:], zeros[1]])
    assert lines == [[other], rare, [zeros[0]], [zeros[1]]]
    assert alerts.group_sentence(rare) == "3 columns have categories with fewer than 5 rows: 'a', 'b', 'c'."
    many = alerts.group_sentence([alert("rare", f"n{i}") for i in range(20)])
    assert many.endswith("'n11' and 8 more.")
    groups = [alert("strong_association", *names) for names in ("abc", "de", "fg")]
    assert alerts.group_sentence(groups).endswith("'a', 'b', 'c'; 'd', 'e'; 'f', 'g'.")


def test_two_alerts_that_say_the_same_share_a_line() -> None:
    personal = [alert("personal", name) for name in "ab"]
    rules = [alert("decided", "a", name) for name in "bc"]
    assert alerts.grouped([*personal, *rules]) == [personal, rules]
    assert alerts.group_sentence(rules) == "2 columns are decided by another one: 'a' decides 'b', 'a' decides 'c'."


def test_a_look_brings_what_it_opens_into_view_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[str] = []
    monkeypatch.setattr("pages.ui.scroll.into_view", lambda part, turn: moved.append(part))
    with_profile(project, monkeypatch, alerts=[alert("strong_association", "tax", "gross")])
    at = open_page("profiling", project)
    assert moved == []
    press(at, "Look")
    assert moved == ["profiling_controls"]
    at.run()
    assert moved == ["profiling_controls"], "a page that is drawn again stays where it is"


def test_an_order_without_a_course_in_time_says_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{SOURCE}.time", lambda *asked: None)
    at = open_page("profiling", project, **{"profiling.tab": "Time"})
    assert "No column orders the rows in time" in words(at)
    at.selectbox(key="profiling.order").set_value("net").run()
    assert not at.exception
    assert "Too few rows differ in 'net'" in words(at)


def test_how_coarse_columns_are_taken_is_said(project: Project) -> None:
    found = exposure(project.table, ["town", "net"], widths={"net": 5})
    assert profile_exposed.taken(found) == "Taken: 'net' in bands of 5; 'town' exactly."
    assert profile_exposed.taken(exposure(project.table, ["town"])).startswith("Every column is taken exactly")


def test_measures_of_a_pair_stand_in_lines_with_their_intervals(project: Project) -> None:
    chosen = {"profiling.tab": "Pairs", "profiling.x": "net", "profiling.y": "gross"}
    told = words(open_page("profiling", project, **chosen))
    assert "**Pearson " in told
    assert "lie very near a straight line" in told
    assert "In brackets: 95 % intervals." in told
    assert [pairs_panel._digits(one) for one in (0.5, 0.9998, -0.9998, 1.0)] == ["0.50", "0.9998", "-0.9998", "1.00"]


def test_a_file_waits_for_the_exact_figures_and_takes_the_sample_when_they_fail(project: Project) -> None:
    table, work = project.table, profile_source.Work(Future())
    sampled = profiled(table, sample=60)
    found = profile_source.Source(sampled, table, table, "key", work)
    work.future.set_result(profiled(table))
    assert profile_downloads._exact(found).sampled is None
    failed = profile_source.Work(Future())
    failed.future.set_exception(TableError("A flaw."))
    assert profile_downloads._exact(profile_source.Source(sampled, table, table, "key", failed)) is sampled


def test_a_number_is_told_as_finely_as_its_column_spreads(project: Project) -> None:
    net = profiled(project.table).column("net").model_copy(update={"kind": Kind.NUMBER})
    assert profile_column._told(-121.943, net.model_copy(update={"std": 2.0})) == "-121.94"
    assert profile_column._told(54_321.987, net.model_copy(update={"std": 500.0})) == "54,322"
    assert profile_column._told(0.5, net.model_copy(update={"std": 0.0})) == "0.5"
    assert profile_column._told(None, net) == "–"


def test_personal_columns_are_counted_as_such_not_as_text(project: Project) -> None:
    made = profiled(project.table)
    first, *rest = (column.model_copy(update={"semantic": None}) for column in made.columns)
    named = first.model_copy(update={"kind": Kind.TEXT, "semantic": "person_name"})
    line = profile_head.table_line(made.model_copy(update={"columns": [named, *rest]}))
    assert ", 1 personal. " in line
    assert "free text" not in line


def test_the_line_about_the_table_counts_kinds(project: Project) -> None:
    line = profile_head.table_line(profiled(project.table))
    numbers = sum(column.kind in (Kind.INTEGER, Kind.NUMBER) for column in project.table.columns)
    assert f"{numbers} numbers" in line
    assert "no repeated rows" in line


def test_a_columns_gaps_are_told_with_the_column_that_decides_them(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_profile(project, monkeypatch, alerts=[alert("missing_depends", "age", "net", "town")])
    at = open_page("profiling", project, **{"profiling.tab": "Missing"})
    assert "Whether it is empty depends on 'town'." in words(at)


def test_the_badges_count_the_lines_and_what_is_safe_already_has_no_button(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    personal = [alert("personal", n, severity="watch", action=Action(kind="drop", column=n)) for n in ("town", "net")]
    with_profile(project, monkeypatch, alerts=[*personal, alert("constant", "tax")])
    at = open_page("profiling", project)
    told = words(at)
    assert "1 watch" in told
    assert "1 good to know" in told
    assert not [button for button in at.button if button.label.startswith("Leave out")]


def test_choices_in_the_profile_say_what_they_choose(project: Project) -> None:
    at = open_page("profiling", project, **{"profiling.tab": "Time"})
    assert target_box(at).options[0] == "None"
    assert "start (as found)" in at.selectbox(key="profiling.order").options
    assert "Nobody in particular" in at.selectbox(key="profiling.entity").options


def test_one_row_is_told_in_the_singular_and_no_engine_is_advised() -> None:
    data = b"name,age,city\nAnna,33,Berlin\n"
    one = projects.create("One", read_bytes(data, "one.csv"), source=data, filename="one.csv")
    at = open_page("profiling", one, **{"profiling.tab": "Pairs"})
    told = words(at)
    assert "**1 row × 3 columns**" in told
    assert "Take '" not in told
    assert "Below 10 rows nothing can be said about how columns go together." in told
    upload = open_page("upload", one)
    assert [note.value for note in [*upload.warning, *upload.info] if "row" in note.value][1:] == []
