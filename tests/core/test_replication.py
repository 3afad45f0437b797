"""Replicate an analysis: figures that agree with hand-worked ones, and errors that say what to write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_core.errors import InputError
from synth_core.replication import Replication, replicate
from synth_core.table import Column, Kind, Table
from tests.core.judged_tables import changed, people

REAL, FRESH = people(2000, 1), people(2000, 2)


def test_least_squares_is_that_of_numpy() -> None:
    found = replicate(REAL, FRESH, "score ~ age + region")
    words = REAL.frame["region"].astype(str)
    levels = list(words.value_counts().index)
    design = np.column_stack(
        [np.ones(2000), REAL.frame["age"], *((words == level).astype(float) for level in levels[1:])]
    )
    expected = np.linalg.lstsq(design, REAL.frame["score"].to_numpy(), rcond=None)[0]
    assert [term.name for term in found.terms] == ["(intercept)", "age", *(f"region = {v}" for v in levels[1:])]
    assert [term.real for term in found.terms] == pytest.approx(list(expected), rel=1e-4, abs=1e-6)
    left = REAL.frame["score"].to_numpy() - design @ expected
    spread = np.sqrt(left @ left / (2000 - design.shape[1]) * np.diag(np.linalg.inv(design.T @ design)))
    age = found.terms[1]
    assert age.real_high == pytest.approx(expected[1] + 1.96 * spread[1], rel=1e-3)


def test_a_logistic_model_is_that_of_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    found = replicate(REAL, FRESH, "bought ~ score + age")
    assert (found.method, found.outcome) == ("logistic", "bought = yes")
    model = LogisticRegression(C=1e9, max_iter=2000, tol=1e-10)
    model.fit(REAL.frame[["score", "age"]], REAL.frame["bought"] == "yes")
    assert [term.real for term in found.terms[1:]] == pytest.approx(list(model.coef_[0]), rel=1e-3, abs=1e-4)


def test_fresh_rows_lead_to_the_same_conclusion_and_a_shuffled_outcome_does_not() -> None:
    shuffled = changed(FRESH, bought=np.random.default_rng(0).permutation(FRESH.frame["bought"]))
    score = [replicate(REAL, table, "bought ~ score").terms[1] for table in (FRESH, shuffled)]
    assert (score[0].agrees, score[1].agrees) == (True, False)
    assert score[0].overlap is not None
    assert score[1].overlap is not None
    assert score[0].overlap > 0.3 > -0.5 > score[1].overlap


def test_means_and_shares_by_group() -> None:
    found = replicate(REAL, FRESH, "mean(score) by region")
    assert {term.name: term.real for term in found.terms} == pytest.approx(
        REAL.frame.groupby("region")["score"].mean().to_dict(), abs=1e-4
    )
    shares = replicate(REAL, FRESH, "count by region, bought")
    assert sum(term.real or 0 for term in shares.terms) == pytest.approx(1)
    assert len(shares.terms) == 8


def test_more_synthetic_rows_do_not_look_surer() -> None:
    one, many = (replicate(REAL, people(rows, 3), "score ~ age").terms[1] for rows in (2000, 20_000))
    widths = [(term.synthetic_high or 0) - (term.synthetic_low or 0) for term in (one, many)]
    assert widths[1] == pytest.approx(widths[0], rel=0.1)
    assert "too sure" in replicate(REAL, people(20_000, 3), "score ~ age").notes[0]


def test_a_group_that_the_release_lost_is_said() -> None:
    lost = FRESH.rows(np.flatnonzero(FRESH.frame["region"] != "west"))
    found = replicate(REAL, lost, "score ~ region")
    west = next(term for term in found.terms if term.name == "region = west")
    assert (west.synthetic, west.overlap) == (None, None)
    assert "1 cannot be had" in found.sentence


def test_names_with_spaces_go_in_backticks() -> None:
    columns = (Column(name="a + b", kind=Kind.NUMBER), Column(name="y", kind=Kind.NUMBER))
    rng = np.random.default_rng(0)
    table = Table(pd.DataFrame({"a + b": rng.normal(size=100), "y": rng.normal(size=100)}), columns)
    assert replicate(table, table, "y ~ `a + b`").terms[1].name == "a + b"
    assert replicate(table, table, "y ~ `a + b`").overlap == 1


BAD = {
    "nonsense": "cannot be read. Write 'outcome ~ column",
    "score ~": "cannot be read",
    "score ~ agee": r"no column 'agee'.*Did you mean 'age'",
    "score ~ age +": "A column name is missing",
    "score ~ age + age": "named twice",
    "score ~ score": "both sides",
    "region ~ age": "has 4 values; the outcome must be a number or have two values",
    "mean(region) by bought": "a mean needs numbers",
    "mean(age) by score": "group by a column with few",
}


@pytest.mark.parametrize(("analysis", "sentence"), BAD.items())
def test_an_analysis_that_cannot_be_run_says_why(analysis: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        replicate(REAL, FRESH, analysis)


def test_tables_that_do_not_allow_the_analysis_say_so() -> None:
    with pytest.raises(InputError, match="Only 20 synthetic rows"):
        replicate(REAL, people(20, 1), "score ~ age")
    with pytest.raises(InputError, match="one value only in the synthetic table"):
        replicate(REAL, changed(FRESH, bought=np.full(2000, "yes", dtype=object)), "bought ~ age")
    twice = changed(REAL, income=2.0 * REAL.frame["age"])
    with pytest.raises(InputError, match="determine each other in the real table"):
        replicate(twice, FRESH, "score ~ age + income")
    with pytest.raises(InputError, match="synthetic table has no column 'score'"):
        replicate(REAL, FRESH.select(["age", "region"]), "score ~ age")


def test_the_command_prints_both_sides(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from synth_core.cli import app

    for name, table in (("real", REAL), ("made", FRESH)):
        table.frame.to_csv(tmp_path / f"{name}.csv", index=False)
    asked = [str(tmp_path / "real.csv"), str(tmp_path / "made.csv"), "score ~ age", "--json", str(tmp_path / "o.json")]
    done = CliRunner().invoke(app, ["replicate", *asked])
    assert done.exit_code == 0, done.output
    assert "age: real 0.0" in done.output
    assert "lead to the same conclusion" in done.output
    assert Replication.model_validate_json((tmp_path / "o.json").read_text()).terms[1].name == "age"
