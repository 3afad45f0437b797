"""The Report page: targets by use, verdicts with margins, downloads that a failing gate locks."""

from __future__ import annotations

import zipfile
from typing import Any

import pytest

from pages.ui import downloads, release_panel, report_page, targets_form
from pages.ui.snippet import snippet
from synth_core.errors import InputError, ProjectError
from synth_core.project import open_project
from synth_core.recipe import Use
from synth_core.report import tightest
from synth_core.scorecard import verdicts
from tests.core.scorecard_example import scorecard
from tests.core.test_report import PIXEL
from tests.pages.judged_run import make_project, make_run, open_page, put_at_work, text_of, with_score


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the report was asked to say; drawing the real one has tests of its own."""
    import synth_core.report as report

    asked: list[dict[str, Any]] = []

    def html(_card: Any, **words: Any) -> str:
        asked.append(words)
        return "<h1>A report</h1>"

    monkeypatch.setattr(report, "html", html)
    return asked


def test_without_a_project_it_points_to_start() -> None:
    assert "No table yet" in text_of(open_page("report", None))


def test_without_a_run_it_points_to_generate() -> None:
    assert open_page("report", make_project()).button(key="need.run").label == "Go to Generate"


def test_while_the_first_run_is_at_work_it_points_to_it() -> None:
    project = make_project()
    put_at_work(make_run(project))
    assert "A run is at work" in text_of(open_page("report", project))


def test_a_damaged_scorecard_says_what_to_do() -> None:
    project = make_project()
    run = make_run(project)
    (run.folder / "scorecard.json").write_text("[]", encoding="utf-8")
    assert "damaged" in open_page("report", project).error[0].value


def test_the_worst_target_decides_and_no_average_is_shown(drawn: list[dict[str, Any]]) -> None:
    project = make_project()
    make_run(project)
    at = open_page("report", project)
    assert "1 target fails" in at.error[0].value
    assert "Told apart" in at.error[0].value
    frame = next(one.value for one in at.dataframe if "Verdict" in one.value.columns)
    assert frame["Verdict"].iloc[0] == "✕ Fails"
    assert frame["Margin"].iloc[0] == "−0.020"


def test_the_page_and_the_report_name_the_same_target() -> None:
    card = scorecard()
    found = verdicts(card, make_project().targets)
    for words in (["pass"], ["pass", "fail"]):
        some = [verdict for verdict in found if verdict.word in words]
        decides = targets_form.decisive(card, some)
        assert decides is not None
        assert decides.word == words[-1]
        assert decides == tightest(card, some)


def test_another_use_has_other_targets(drawn: list[dict[str, Any]]) -> None:
    project = make_project()
    make_run(project)
    at = open_page("report", project)
    at.segmented_control(key="report.use").set_value(Use.EXPLORE).run()
    assert not at.exception
    assert at.session_state["state.open"].use is Use.EXPLORE
    assert not at.error
    assert drawn[-1]["use"] is Use.EXPLORE


def test_a_failing_gate_locks_the_rows_until_a_reason_is_given_and_the_report_says_it(
    drawn: list[dict[str, Any]],
) -> None:
    project = make_project()
    make_run(project)
    at = open_page("report", project)

    def locked() -> list[bool]:
        return [button.proto.disabled for button in at.get("download_button")][:3]

    assert locked() == [True, True, True]
    at.text_input(key="report.reason").set_value("Agreed with the data officer").run()
    assert locked() == [False, False, False]
    assert "Reason: Agreed with the data officer" in drawn[-1]["notes"]


def test_nothing_is_locked_when_every_gate_holds(drawn: list[dict[str, Any]]) -> None:
    project = make_project()
    make_run(project, with_score(scorecard(), "fidelity", "c2st", value=0.55, low=0.53, high=0.57))
    at = open_page("report", project)
    assert not any(button.proto.disabled for button in at.get("download_button"))
    assert not [field for field in at.text_input if field.key == "report.reason"]


def test_privacy_that_could_not_be_judged_locks_the_rows(drawn: list[dict[str, Any]]) -> None:
    project = make_project()
    good = with_score(scorecard(), "fidelity", "c2st", value=0.55, low=0.53, high=0.57)
    make_run(project, with_score(good, "privacy", "membership_auc", value=None, low=None, high=None))
    at = open_page("report", project)
    assert "privacy could not be judged" in at.warning[0].value
    assert [button.proto.disabled for button in at.get("download_button")][:3] == [True, True, True]


def test_the_words_reach_the_report_and_stay_on_a_page_change(drawn: list[dict[str, Any]]) -> None:
    project = make_project()
    make_run(project)
    at = open_page("report", project)
    assert drawn[-1]["title"] == "People"
    at.text_input(key="report.title").set_value("Release 4").run()
    at.text_input(key="report.sign_off").set_value("N. N.").run()
    assert (drawn[-1]["title"], drawn[-1]["sign_off"]) == ("Release 4", "N. N.")
    at.switch_page("compare.py").run()
    at.switch_page("report.py").run()
    assert at.text_input(key="report.title").value == "Release 4"


def test_edited_cells_become_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    base = project.targets
    place = next(i for i, target in enumerate(base) if target.score == "c2st")
    edits = {"edited_rows": {place: {"At most": 0.8}, 0: {"Blocks": False}}}
    monkeypatch.setattr(targets_form.state, "get", lambda key, default: edits)
    targets_form._apply(project, base, "report.targets")
    kept = project.targets
    assert (kept[place].limit, kept[place].gate) == (0.8, base[place].gate)
    assert (kept[0].limit, kept[0].gate) == (base[0].limit, False)
    assert kept[1:place] + kept[place + 1 :] == base[1:place] + base[place + 1 :]


def test_an_edited_target_changes_the_verdict_and_goes_back(drawn: list[dict[str, Any]]) -> None:
    project = make_project()
    make_run(project)
    project.set_targets([t.model_copy(update={"limit": 0.8}) if t.score == "c2st" else t for t in project.targets])
    at = open_page("report", project, **{"report.edit": True})
    assert not at.error
    at.button(key="report.defaults").click().run()
    assert "1 target fails" in at.error[0].value


def test_excel_is_refused_for_more_rows_than_a_sheet_holds(drawn: list[dict[str, Any]]) -> None:
    project = make_project()
    good = with_score(scorecard(), "fidelity", "c2st", value=0.55, low=0.53, high=0.57)
    make_run(project, good.model_copy(update={"rows_synthetic": 1_048_576}))
    at = open_page("report", project)
    assert [button.proto.disabled for button in at.get("download_button")][:3] == [False, False, True]
    assert "Excel holds 1,048,575 rows" in text_of(at)


@pytest.mark.parametrize(("suffix", "start"), [(".csv", b"age,"), (".parquet", b"PAR1"), (".xlsx", b"PK")])
def test_the_rows_come_in_each_format(suffix: str, start: bytes) -> None:
    project = make_project()
    run = make_run(project, rows=20)
    with downloads.rows_file(project, run, suffix)() as file:
        assert file.read(len(start)) == start
    (taken,) = project.releases()
    assert (taken.rows, taken.forms) == (20, ({".csv": "CSV", ".parquet": "Parquet", ".xlsx": "Excel"}[suffix],))


def test_the_script_that_repeats_a_run_makes_the_same_table(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    text = snippet(project, project.draft)
    head = text.split("recipe = ")[0]
    (tmp_path / "people.csv").write_bytes(next((project.folder / "source").iterdir()).read_bytes())
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    exec(compile(head, "repeat.py", "exec"), scope)
    assert scope["table"].target.name == "churn"
    assert [c.kind for c in scope["table"].columns] == [c.kind for c in project.table.columns]
    compile(text, "repeat.py", "exec")


def test_a_stale_run_shows_the_bar(drawn: list[dict[str, Any]]) -> None:
    project = make_project()
    make_run(project)
    project.set_choices({})
    assert "earlier table or earlier rules" in open_page("report", project).warning[0].value


def good_run(project: Any) -> Any:
    return make_run(project, with_score(scorecard(), "fidelity", "c2st", value=0.55, low=0.53, high=0.57))


def test_what_was_taken_stands_in_the_ledger_and_in_the_next_report(drawn: list[dict[str, Any]]) -> None:
    project = make_project()
    first = good_run(project)
    assert "None yet. Runs have made 300 rows" in text_of(open_page("report", project))
    project.record_release(first, "CSV")
    project.record_release(first, "Excel")
    second = make_run(project, with_score(scorecard(), "fidelity", "c2st", value=0.55, low=0.53, high=0.57), rows=50)
    at = open_page("report", project)
    assert "1 release, 300 rows in all; runs have made 600" in text_of(at)
    frame = next(one.value for one in at.dataframe if "Hash" in one.value.columns)
    assert frame["Format"].tolist() == ["CSV, Excel"]
    assert [one.rows for one in drawn[-1]["earlier"]] == [300], "the report on the second run knows the first"
    assert report_page.earlier_releases(project, first) == [], "its own rows are no earlier release"
    assert second.id != first.id
    project.set_choices({})
    frame = next(one.value for one in open_page("report", project).dataframe if "Hash" in one.value.columns)
    assert frame["Table"].tolist() == ["earlier form"]


def test_a_damaged_ledger_says_so_and_takes_nothing(drawn: list[dict[str, Any]]) -> None:
    project = make_project()
    run = good_run(project)
    (project.folder / "releases.json").write_text("no list", encoding="utf-8")
    assert "ledger of releases releases.json is damaged" in open_page("report", project).error[0].value
    with pytest.raises(InputError, match="damaged"):
        downloads.rows_file(project, run, ".csv")()


def test_the_pack_is_one_zip_with_the_reason_in_it() -> None:
    project = make_project()
    run = make_run(project, rows=30)
    card = run.scorecard()
    assert card is not None
    words = report_page.Words("Release 4", "A", "notes", "", "ACME", b"", "notes")
    with pytest.raises(ProjectError, match="Write down why"):
        release_panel.pack_file(project, run, card, words, "")()
    assert project.releases() == []
    with release_panel.pack_file(project, run, card, words, "Agreed by N. N.")() as file, zipfile.ZipFile(file) as pack:
        assert {"synthetic.csv", "synthetic.xlsx", "manifest.json", "ledger.json"} <= set(pack.namelist())
        assert "Agreed by N. N." in pack.read("data-card.md").decode()
        assert b"Prepared for ACME" in pack.read("report.html")
    (taken,) = project.releases()
    assert (taken.forms, taken.override) == (("release pack",), "Agreed by N. N.")


def test_client_and_logo_are_kept_with_the_project(drawn: list[dict[str, Any]]) -> None:
    project = make_project()
    good_run(project)
    at = open_page("report", project, **{"report.letterhead": True})
    at.text_input(key="report.client").set_value("ACME <b>").run()
    at.file_uploader(key="report.logo").upload("logo.png", PIXEL).run()
    assert not at.exception
    assert (drawn[-1]["client"], drawn[-1]["logo"]) == ("ACME <b>", PIXEL)
    at.file_uploader(key="report.logo").upload("logo.png", b"GIF89a").run()
    assert "neither a PNG nor a JPEG" in at.error[0].value
    at.button(key="report.no_logo").click().run()
    kept = open_project(project.id)
    assert (kept.client, kept.logo) == ("ACME <b>", b"")
