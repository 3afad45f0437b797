"""The business case: sums by hand, assumptions marked as such, the proof from the card, and one printed page."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from synth_core import project as projects
from synth_core.business_case import FIGURES, BusinessCase, case_of, keep, proof, totals
from synth_core.errors import InputError
from synth_core.reading import read_bytes
from synth_core.recipe import Use
from synth_core.scorecard import default_targets
from synth_core.value_document import value_html
from tests.core.scorecard_example import scorecard
from tests.core.test_report import PIXEL

CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)


def typed(**figures: float) -> BusinessCase:
    case = BusinessCase()
    for name, value in figures.items():
        case = case.with_figure(name, value)
    return case


def test_the_sums_are_those_by_hand() -> None:
    case = typed(
        partnership=100, licences=20, annotation=0.5, legal=3, hosting=1, obtain_months=4,
        days=2, day_rate=10, review=5, machine=1, generate_months=1,
    )  # fmt: skip
    found = totals(case, 1_000)
    assert found.obtain_money == 100 + 20 + 500 + 3 + 1
    assert found.generate_money == 20 + 5 + 1
    assert found.sentence("EUR") == "With these figures, generating costs EUR 598 less and gets there 3 months sooner."
    assert all(line.typed for line in (*found.obtain, *found.generate))
    assert totals(case.model_copy(update={"rows": 2_000}), 1_000).obtain_money == 624 + 500


def test_it_says_so_when_generating_costs_more() -> None:
    found = totals(typed(partnership=0, licences=0, annotation=0, legal=0, hosting=0, obtain_months=0), 10)
    assert "costs EUR 6,050 more and gets there 0.5 months later" in found.sentence("EUR")


def test_every_default_is_labelled_as_an_assumption_until_it_is_typed() -> None:
    page = value_html(typed(legal=12_345), None, title="T", rows=100, use=Use.SHARE)
    money = [figure for figure in FIGURES if figure.unit.startswith("money") and figure.name != "day_rate"]
    assert page.count("assumption</small>") == len(money) + 1 - 1  # the work is one line, legal is theirs
    assert page.count("your figure") == 1
    assert "not measurements and not claims" in page
    assert "nothing is proved" in page


def test_the_proof_is_that_of_the_card() -> None:
    card = scorecard()
    found = proof(card, default_targets("share"))
    model = next(one for one in card.utility.models if one.loss == found.loss)
    assert (found.synthetic, found.real, found.target) == (model.tstr, model.trtr, 5.0)
    assert re.fullmatch(
        r"Trained on synthetic: 0\.\d{3}; on real: 0\.\d{3}; loss -?\d+\.\d %, target 5 %\.", found.sentence()
    )
    page = value_html(BusinessCase(), found, title="T", rows=100, use=Use.SHARE)
    assert f"{found.synthetic:.3f}" in page
    void = [score.model_copy(update={"value": None}) for score in card.utility.scores]
    without = card.model_copy(update={"utility": card.utility.model_copy(update={"scores": void, "models": []})})
    assert "no proof point of use" in proof(without, default_targets("share")).sentence()


def test_figures_are_kept_with_the_project_and_go_back_to_assumptions() -> None:
    project = projects.create("T", read_bytes(b"a,b\n1,2\n3,4\n", "t.csv"))
    keep(project, typed(legal=5))
    again = case_of(projects.open_project(project.id))
    assert again.value("legal") == 5
    assert not again.with_figure("legal", None).is_typed("legal")
    (project.folder / "business_case.json").write_text("[]", encoding="utf-8")
    assert case_of(project) == BusinessCase()


@pytest.mark.parametrize("value", [-1, 1e13, float("nan")])
def test_a_figure_beyond_reason_is_refused(value: float) -> None:
    with pytest.raises(InputError, match="Legal and privacy review"):
        BusinessCase().with_figure("legal", value)


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing")
def test_it_prints_on_exactly_one_page(tmp_path: Path) -> None:
    case = typed(**{figure.name: 123_456_789 for figure in FIGURES if figure.unit.startswith("money")})
    found = proof(scorecard(), default_targets("share"))
    page = tmp_path / "value.html"
    long = "A data set of hospital stays with a rather long name, shared with a partner"
    page.write_text(
        value_html(case, found, title=long, rows=12_000, use=Use.SHARE, client="Client & Sons", logo=PIXEL),
        encoding="utf-8",
    )
    printed = tmp_path / "value.pdf"
    subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-pdf-header-footer", f"--user-data-dir={tmp_path / 'chromium'}", f"--print-to-pdf={printed}",
            page.as_uri(),
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == 1
