"""The proof that a run carries: what a lab measured about the very class or correction, and nothing of others."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Gate

import pytest

from synth_core import jobs
from synth_core.errors import InputError, ProjectError
from synth_core.labs import augmentation, fairness
from synth_core.labs.augmentation import Settings
from synth_core.labs.fair_corrections import FairnessPlan
from synth_core.labs.work import RESULT
from synth_core.project import Project, create
from synth_core.proofs import augmentation_proof, fairness_proof, proof_of
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.recipe import Recipe
from synth_core.remedies import Remedy
from synth_core.run import Run, Status, write_whole
from synth_core.steering.asks import Steering
from synth_core.table import Role
from synth_core.tried import looks, looks_words, same_work
from synth_core.tuning.record import Asked, Budget
from tests.core import scorecard_example as example
from tests.core.comparison_example import comparison
from tests.core.fairness_tables import arm, around
from tests.core.fairness_tables import fairness as fair_result

CSV = b"group,merit,given\n" + b"".join(
    f"{'AB'[n % 2]},{n * 7 % 50},{'yes' if n % 3 else 'no'}\n".encode() for n in range(300)
)
MAKE = Recipe(method="trees", rows=50, steering=Steering(make={"given": {"yes": 50}}))
CUT = Recipe(
    method="bayesian_network", rows=50, params={"forbidden": "group -> given, given -> group"}, steering=Steering()
)
PLAN = FairnessPlan(sensitive=("group",), target="given", favourable="yes", corrections=("cut",))


@pytest.fixture
def project() -> Project:
    made = create("Loans", read_bytes(CSV, "loans.csv"), source=CSV, filename="loans.csv")
    made.set_choices({"given": ColumnChoice(role=Role.TARGET), "group": ColumnChoice(role=Role.SENSITIVE)})
    return made


def lab(project: Project, name: str, recipe: Recipe, settings: object, result: object) -> Run:
    told = json.dumps({"lab": name, "settings": settings.model_dump(mode="json")})  # type: ignore[attr-defined]
    job = project.new_lab(f"{name}-0123456789abcdef", recipe, told)
    write_whole(job.folder / RESULT, result.model_dump_json())  # type: ignore[attr-defined]
    job.write_status(Status(state="done"))
    return job


def test_a_run_of_the_class_that_was_compared_carries_the_gain_and_another_does_not(project: Project) -> None:
    run = project.new_run(MAKE)
    before = proof_of(project, run)
    assert before is not None
    assert before.holds is None
    assert "not compared" in before.sentence
    settings = Settings(rare="yes", method="trees")
    lab(project, augmentation.NAME, MAKE, settings, comparison({"made": 0.2}, settings, target="given"))
    found = proof_of(project, run)
    assert found is not None
    assert found.holds
    assert "PR-AUC is 0.400 with the real rows alone and 0.600 with made rows added: +0.200" in found.sentence
    other = proof_of(project, project.new_run(MAKE.model_copy(update={"method": "copula"})))
    assert other is not None
    assert other.holds is None
    assert proof_of(project, project.new_run(MAKE.model_copy(update={"steering": Steering()}))) is None


def test_a_gain_within_chance_is_said_to_be_that_and_a_better_remedy_is_named() -> None:
    found = augmentation_proof(comparison({"made": 0.01, "weights": 0.2}))
    assert not found.holds
    assert "not more than chance" in found.sentence
    assert "best remedy was class weights, with 0.600" in found.sentence
    harmed = augmentation_proof(comparison({"made": -0.2}))
    assert not harmed.holds
    assert "a loss that is more than chance" in harmed.sentence


def test_a_cut_carries_the_gap_before_and_after_and_its_price(project: Project) -> None:
    cut = arm("cut", 0.06, 0.1, parity=around(-0.14, 0.02), accuracy=around(-0.011, 0.005), auc=around(-0.01, 0.005))
    result = fair_result(cut, plan=PLAN)
    lab(project, fairness.NAME, CUT, PLAN, result)
    found = proof_of(project, project.new_run(CUT))
    assert found is not None
    assert found.page == "fairness"
    assert found.holds
    assert "demographic parity difference 0.20 before, 0.06 after, on 600 untouched real rows" in found.sentence
    assert "14.0 points less (12.0 to 16.0), more than chance. Accuracy price: 1.1 points" in found.sentence
    wider = CUT.model_copy(update={"params": {"forbidden": "group -> merit"}})
    other = proof_of(project, project.new_run(wider))
    assert other is not None
    assert other.holds is None
    assert fairness_proof(result, "balance") is None
    worse = fairness_proof(fair_result(arm("cut", 0.3, 0.1, parity=around(0.1, 0.02)), plan=PLAN), "cut")
    assert worse is not None
    assert not worse.holds
    assert "10.0 points more (8.0 to 12.0), more than chance." in worse.sentence


def test_two_tabs_start_a_lab_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    gate = Gate()
    monkeypatch.setattr(jobs, "_spawn", lambda run: (gate.wait(0.2), started.append(run.id)))
    with ThreadPoolExecutor(4) as tabs:
        asked = [
            tabs.submit(jobs.start_lab, project, augmentation.NAME, "augmentation-0123456789abcdef", MAKE, Settings())
            for _ in range(4)
        ]
        found = {one.result().id for one in asked}
    assert (len(started), len(found)) == (1, 1)


def test_a_remedy_that_could_not_start_leaves_the_protection_as_it_was(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.set_choices(project.choices | {"merit": ColumnChoice(protect=False)})
    run = project.new_run(MAKE)
    run.write_status(Status(state="done"))

    def refused(*_: object) -> None:
        raise InputError("Memory does not suffice.")

    monkeypatch.setattr(jobs, "start", refused)
    remedy = Remedy(kind="protect", title="Protect", does="", costs="", recipe=MAKE, protect="merit")
    with pytest.raises(InputError, match="Memory"):
        jobs.mend(project, run, remedy)
    assert not project.table.column("merit").protect


def test_a_recipe_that_holds_is_not_iterated_again_and_looks_are_counted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(method="trees", rows=300)
    assert looks(project, recipe, project.table_name) == 0
    for seed in (0, 0, 5):
        run = project.new_run(recipe.model_copy(update={"seed": seed}))
        write_whole(run.folder / "scorecard.json", example.scorecard().model_dump_json())
        run.write_status(Status(state="done"))
    assert looks(project, recipe, project.table_name) == 2
    assert "looked at 3 times" in looks_words(3)
    assert same_work(project, recipe, project.table_name) is not None
    assert same_work(project, recipe.model_copy(update={"rows": 301}), project.table_name) is None
    monkeypatch.setattr(jobs, "check_askable", lambda *_: None)
    monkeypatch.setattr(jobs, "held_against", lambda *_: ())
    with pytest.raises(ProjectError, match="reaches every target already"):
        jobs.tune(project, recipe, Asked(targets=[], budget=Budget()))
