"""What every test gets: a home of its own, and a small table of mixed kinds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from synth_core.table import Column, Kind, Role, Table

# other work on the machine makes an example slow, not wrong
settings.register_profile("simile", deadline=None)
settings.load_profile("simile")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees another's projects, nor the user's."""
    folder = tmp_path / "home"
    monkeypatch.setenv("SIMILE_HOME", str(folder))
    return folder


def make_people(rows: int = 600, seed: int = 1) -> Table:
    """Return a table with a latent state: age drives income, income and plan drive churn; some cells are missing."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, rows)
    income = np.round(15_000 + 600 * age + rng.normal(0, 6_000, rows), 2)
    income[rng.random(rows) < 0.05] = np.nan
    plan = np.where(rng.random(rows) < 1 / (1 + np.exp(-(age - 50) / 8)), "gold", "basic").astype(object)
    city = rng.choice(["Ghent", "Lyon", "Porto", "Turin"], rows, p=[0.4, 0.3, 0.2, 0.1]).astype(object)
    city[rng.random(rows) < 0.1] = None
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365, rows), unit="D")
    end = start + pd.to_timedelta(rng.integers(0, 30, rows), unit="D")
    churn = np.where(rng.random(rows) < 1 / (1 + np.exp((age - 45) / 6)), "yes", "no").astype(object)
    frame = pd.DataFrame(
        {
            "record": [f"R-{number:06d}" for number in rng.permutation(rows)],
            "age": age.astype(np.int64),
            "income": income,
            "plan": plan,
            "city": city,
            "start": start,
            "end": end,
            "churn": churn,
        }
    )
    columns = (
        Column(name="record", kind=Kind.IDENTIFIER),
        Column(name="age", kind=Kind.INTEGER, storage="integer"),
        Column(name="income", kind=Kind.NUMBER, storage="number", nullable=True),
        Column(name="plan", kind=Kind.CATEGORY),
        Column(name="city", kind=Kind.CATEGORY, nullable=True),
        Column(name="start", kind=Kind.DATETIME, storage="datetime"),
        Column(name="end", kind=Kind.DATETIME, storage="datetime"),
        Column(name="churn", kind=Kind.BOOLEAN, role=Role.TARGET),
    )
    return Table(frame, columns, "people")


@pytest.fixture
def people() -> Table:
    """Return 600 people; see :func:`make_people`."""
    return make_people()
