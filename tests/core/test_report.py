"""The report is one file that asks nothing of the network, escapes everything, and says the verdict first."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from synth_core.constraints.kinds import parse
from synth_core.recipe import Recipe, Use
from synth_core.report import html, overall, tightest
from synth_core.report.sections import limits, main_model, worst_first
from synth_core.scorecard import Scorecard, Target, Verdict, Word, default_targets
from synth_core.scores.results import Attack, AuditedPerson, ShadowAudit
from synth_core.shadow_audit import with_audit
from tests.core import scorecard_example as example


class Page(HTMLParser):
    """Tags, attributes, text outside of scripts, and the scripts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._inside = tag
            if tag == "script":
                self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif not self._inside:
            self.text += f" {data}"


def write(card: Scorecard | None = None, **changes: object) -> str:
    settings: dict[str, object] = {
        "title": "Hospital stays",
        "author": "A. Analyst",
        "use": "share",
        "targets": default_targets("share"),
    }
    return html(card or example.scorecard(), **(settings | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(write(notes="A <b>note</b>.", sign_off="B. Officer", recipe=Recipe()))


def test_it_is_one_small_file_that_loads_nothing(page: Page) -> None:
    text = write()
    assert len(text.encode()) < 8_000_000
    assert text.count("plotly.js v") == 1
    for tag, attributes in page.tags:
        assert tag not in ("link", "iframe", "img", "object", "embed", "base", "form")
        for name in ("src", "href", "srcset", "action", "data"):
            assert name not in attributes, (tag, name)
    policy = next(a["content"] for t, a in page.tags if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "connect-src" not in policy
    styles = re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL)
    assert not any("url(" in style or "@import" in style for style in styles[:1])


def test_nothing_can_be_sent_to_a_chart_service(page: Page) -> None:
    assert '"showSendToCloud":false' in page.scripts[1]
    assert '"displaylogo":false' in page.scripts[1]


def test_names_categories_notes_and_rules_cannot_break_out(page: Page) -> None:
    assert len(page.scripts) == 2
    assert "<" not in page.scripts[1].replace("i<", "")
    assert not any(attribute.startswith("on") for _, attributes in page.tags for attribute in attributes)
    assert example.NASTY in page.text
    assert "A <b>note</b>." in page.text
    hostile = '"><img src=x onerror=alert(1)></script><script>alert(2)</script>'
    bad = Page(write(example.scorecard(table=hostile), title=hostile, author=hostile, notes=hostile, sign_off=hostile))
    assert len(bad.scripts) == 2
    assert "img" not in {tag for tag, _ in bad.tags}


def test_the_charts_are_whole_json_and_each_has_its_place(page: Page) -> None:
    specs = json.loads(page.scripts[1].removeprefix("for(const [id,f] of ").split(")Plotly.newPlot")[0])
    places = {attributes.get("id") for _, attributes in page.tags}
    assert len(specs) >= 10
    assert {name for name, _ in specs} <= places
    assert {figure["layout"]["width"] for _, figure in specs} == {700, 342}
    drawn = [attributes for _, attributes in page.tags if attributes.get("class") == "chart"]
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in drawn)


def test_the_first_page_says_the_verdict_and_the_proof(page: Page) -> None:
    first = " ".join(page.text.split("Is it like the real table?")[0].split())
    assert "Can one share outside this synthetic version of 'hospital'?" in first
    assert "Fails" in first
    assert "0.908 AUC, trained on synthetic 0.920 AUC, trained on real" in first
    assert "loss, target 5 %" in first
    assert "Smallest margin: Can synthetic rows be told from real ones?" in first
    assert "B. Officer" in first
    for head in ("Question", "Value", "Real rows", "Independent", "Limit", "Margin", "Verdict"):
        assert head in first


def test_every_verdict_is_a_word_with_an_icon() -> None:
    text = write()
    rows = re.findall(r'<span class="verdict (\w+)"><svg.*?</svg>([^<]+)</span>', text)
    held = [target for target in default_targets("share") if not target.when_run]
    assert len(rows) == len(held) + 4, "every target, and the worst of each dimension"
    assert text.count("<td>Not run</td>") == 2, "attacks on request have no verdict until they were run"
    assert {"Holds", "Fails"} <= {word for _, word in rows}


def test_a_shadow_audit_is_told_in_sentences_and_nobody_is_listed() -> None:
    attacks = [
        Attack(name=f"shadow_{name}", title=name, unit="AUC", value=0.57, low=0.54, high=0.6, control=0.5)
        for name in ("distance", "agreement")
    ]
    person = AuditedPerson(row=4711, why="unusual", attack="distance", right=61, low=33, high=89)
    found = ShadowAudit(
        fits=16, exposed=150, ordinary=100, learned=9_600, made=20_000, released=500_000, strongest="agreement",
        attacks=attacks, people=[person],
    )  # fmt: skip
    text = Page(write(with_audit(example.scorecard(), found))).text
    assert "The engine was fitted 16 times" in text
    assert "picks the right one in 57.0 % of cases (54.0 to 60.0 %)" in text
    assert "your release has 500,000: more rows give more away" in text
    assert "4711" not in text


def verdict(word: Word, *, score: str = "shape", gate: bool = True, limit: float = 1.0, margin: float = 0.5) -> Verdict:
    target = Target(score=score, dimension="fidelity", limit=limit, gate=gate)
    return Verdict(target=target, word=word, judged=limit - margin, limit=limit, margin=margin, sentence="So it is.")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pass", "pass"], "pass"),
        (["pass", "watch"], "watch"),
        (["watch", "fail"], "fail"),
        (["pass", "not enough data"], "not enough data"),
        (["not enough data", "fail"], "fail"),
        ([], "not enough data"),
    ],
)
def test_the_headline_is_the_worst_word_never_an_average(words: list[Word], expected: Word) -> None:
    assert overall([verdict(word) for word in words]) == expected


def test_a_fail_that_gates_nothing_is_only_watched() -> None:
    assert overall([verdict("pass"), verdict("fail", gate=False)]) == "watch"


def test_the_smallest_margin_is_measured_against_its_room() -> None:
    card = example.scorecard()
    near = verdict("pass", score="membership_auc", limit=0.55, margin=0.01)
    far = verdict("pass", score="tstr_loss", limit=5, margin=0.9)
    zero = verdict("pass", score="rules_broken", limit=0, margin=0)
    assert tightest(card, [far, near, zero]) == far
    assert tightest(card, [near, verdict("pass", score="tstr_loss", limit=5, margin=4.0)]) == near
    assert tightest(card, [zero]) is None
    watched = verdict("watch", score="tstr_loss", limit=5, margin=4.9)
    assert tightest(card, [near, watched]) == watched, "what is watched is named before what holds"


def test_columns_come_worst_first_and_the_unjudged_last() -> None:
    names = [column.name for column in worst_first(example.scorecard().fidelity.columns)]
    assert names[:2] == ["income", "admitted"]
    assert names[-1] == "all empty"


def test_the_proof_is_the_model_that_the_score_is_about() -> None:
    found = main_model(example.scorecard())
    assert found is not None
    assert found.model == "Boosted trees"


def test_privacy_says_what_its_numbers_cannot_say(page: Page) -> None:
    assert "that no attack exists" in page.text
    assert "not a proof" in page.text
    assert "Linkability: not enough data." in page.text


def test_a_rule_that_one_row_breaks_is_not_kept_by_100_percent() -> None:
    card = example.scorecard()
    rule = card.validity.rules[0].model_copy(update={"final": 1 - 1e-6})
    card = card.model_copy(update={"validity": card.validity.model_copy(update={"rules": [rule]})})
    assert "99.99&nbsp;%" in write(card)


def test_many_rows_from_few_are_called_what_they_are() -> None:
    card = example.scorecard().model_copy(update={"rows_synthetic": 500_000})
    assert any("carry the information of about 9,600" in sentence for sentence in limits(card))
    assert not any("carry the information" in sentence for sentence in limits(example.scorecard()))


def test_rules_and_recipe_are_written_out() -> None:
    rules = [parse({"type": "inequality", "low_column": "admitted", "high_column": "discharged"})]
    text = Page(write(recipe=Recipe(constraints=rules, seed=11), rules=rules)).text
    assert rules[0].sentence() in text
    assert '"seed": 11' in text


@pytest.mark.parametrize("use", list(Use))
def test_an_empty_card_still_makes_a_report(use: Use) -> None:
    full = example.scorecard()
    card = full.model_copy(
        update={
            "fidelity": full.fidelity.model_copy(
                update={"scores": [], "columns": [], "associations": None, "pairs": [], "giveaways": []}
            ),
            "utility": full.utility.model_copy(update={"scores": [], "models": [], "target": None}),
            "privacy": full.privacy.model_copy(update={"scores": [], "attacks": [], "curves": []}),
            "validity": full.validity.model_copy(update={"scores": [], "rules": []}),
        }
    )
    page = Page(write(card, use=use, targets=default_targets(use)))
    assert "Not enough data" in page.text
    assert page.scripts == []


def test_a_hundred_columns_stay_under_the_limit() -> None:
    full = example.scorecard()
    columns = [example.number_column(f"column {i}", 10.0 * i, i / 10) for i in range(100)]
    fidelity = full.fidelity.model_copy(update={"columns": columns, "associations": example.associations(100)})
    text = write(full.model_copy(update={"fidelity": fidelity}))
    assert len(text.encode()) < 8_000_000
    assert "60 more columns have smaller errors." in text


PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"
)


def test_client_and_logo_stand_above_the_title_inside_the_file() -> None:
    hostile = "<b onload=alert(1)>ACME</b>"
    page = Page(write(client=hostile, logo=PIXEL))
    (image,) = [attributes for tag, attributes in page.tags if tag == "img"]
    assert str(image["src"]).startswith("data:image/png;base64,")
    assert f"Prepared for {hostile}" in page.text
    assert "b" not in {tag for tag, attributes in page.tags if "onload" in attributes}
    assert page.text.index("Prepared for") < page.text.index("Hospital stays", page.text.index("Prepared for"))
    assert "img" not in {tag for tag, _ in Page(write()).tags}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "neither a PNG nor a JPEG"),
        (PIXEL + b"0" * 300_000, "up to 300 kB"),
        (PIXEL[:16] + b"\x00\x00\xff\xff\x00\x00\x00\x01" + PIXEL[24:], "65,535 x 1 pixels"),
        (b"", "neither a PNG nor a JPEG"),
    ],
)
def test_a_logo_that_does_not_fit_is_refused(data: bytes, words: str) -> None:
    from synth_core.errors import InputError
    from synth_core.report import check_logo

    with pytest.raises(InputError, match=words):
        check_logo(data)


def test_earlier_releases_are_listed_and_escaped() -> None:
    from datetime import UTC, datetime

    from synth_core.ledger import Entry

    before = Entry(
        when=datetime(2026, 3, 1, tzinfo=UTC), table="t", rows=500, method="<i>trees</i>", seed=1, sha256="ab" * 32
    )
    page = Page(write(earlier=[before]))
    assert "500 rows were released before" in page.text
    assert "<i>trees</i>" in page.text
    assert "Earlier releases" not in Page(write()).text


def test_the_first_page_counts_what_holds_per_dimension_and_the_targets_follow(page: Page) -> None:
    first = " ".join(page.text.split("Targets for this use")[0].split())
    assert re.search(r"Likeness to the real table Fails 2 of \d targets hold; 1 fail", first)
    assert "Rules Not enough data 1 of 2 targets hold; 1 not judged" in first
    assert "B. Officer" in first, "signed on the first page"
