"""Loan applications: a latent ability to repay, decisions that treat one group worse."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.demos.people import decimals, names, pick, sigmoid, yes_no

ROWS = 12_000
COLUMNS = (
    "customer_id", "name", "iban", "group", "sex", "age", "education", "employment", "years_employed", "income",
    "housing", "dependants", "credit_score", "existing_debt", "purpose", "amount", "term_months", "interest_rate",
    "monthly_payment", "debt_to_income", "approved",
)  # fmt: skip
TRUTHS = (
    "customer_id and iban are unique.",
    "monthly_payment follows from amount, term_months and interest_rate (annuity, to the cent).",
    "debt_to_income is 12 x monthly_payment plus existing_debt over income, to three decimals.",
    "years_employed is 0 for the unemployed and never more than age - 16.",
    "Group B is 12 % of applicants; equal applicants of group B are approved less often (log odds lower by 1.0).",
    "credit_score is missing for 6 % of group A and 28 % of group B: thin files.",
)
_PURPOSES = ("car", "renovation", "consolidation", "education", "medical", "business", "other")


def simulate(seed: int, rows: int = ROWS) -> pd.DataFrame:
    """Return ``rows`` loan applications as text cells."""
    rng = np.random.default_rng(seed)
    b = rng.random(rows) < 0.12
    female = rng.random(rows) < 0.47
    age = np.clip(np.round(18 + rng.gamma(4.2, 5.6, rows)), 18, 85)
    ability = rng.normal(0, 1, rows)
    education = pick(
        ("school", "vocational", "bachelor", "master"),
        np.exp(
            np.column_stack([-0.6 * ability - 0.3 + 0.3 * b, 0.6 - 0.1 * ability, 0.5 * ability, 0.9 * ability - 0.8])
        ),
        rng,
    )
    level = np.array([{"school": 0, "vocational": 1, "bachelor": 2, "master": 3}[str(word)] for word in education])
    employment = pick(
        ("employed", "self-employed", "civil servant", "unemployed", "retired"),
        np.column_stack(
            [np.full(rows, 6.0), np.full(rows, 1.2), np.exp(-1 + 0.3 * level), np.exp(-0.9 - 0.6 * ability),
             np.where(age > 60, np.exp(0.35 * (age - 63)), 0)]
        ),
        rng,
    )  # fmt: skip
    worked = np.round(np.minimum(age - 16, rng.gamma(1.3, 5.0, rows)))
    worked = np.where(employment == "unemployed", 0, np.where(employment == "retired", 0, worked))
    factor = np.where(employment == "unemployed", 0.35, np.where(employment == "retired", 0.65, 1.0))
    income = np.exp(
        10.15 + 0.17 * level + 0.012 * worked + 0.16 * ability - 0.08 * b - 0.06 * female + rng.normal(0, 0.24, rows)
    )
    income = np.round(income * factor / 100) * 100
    score = np.clip(np.round(655 + 62 * ability + 0.8 * (age - 40) - 12 * b + rng.normal(0, 28, rows)), 300, 850)
    amount = np.clip(np.round(income * rng.beta(1.6, 4, rows) / 250) * 250, 1_000, 75_000)
    term = rng.choice([12, 24, 36, 48, 60, 72, 84], rows, p=[0.08, 0.14, 0.24, 0.2, 0.2, 0.08, 0.06])
    rate = np.clip(
        np.round((4.2 + (720 - score) / 55 + 0.012 * term + rng.normal(0, 0.5, rows)) * 20) / 20, 1.95, 19.95
    )
    monthly = rate / 1200
    payment = np.round(amount * monthly / (1 - (1 + monthly) ** -term.astype(float)), 2)
    debt = np.where(rng.random(rows) < 0.35, 0, np.round(np.exp(rng.normal(7.2, 0.9, rows) - 0.15 * ability) / 10) * 10)
    ratio = np.round((12 * payment + debt) / income, 3)
    logit = 1.2 + 1.5 * (score - 650) / 65 - 6.5 * (ratio - 0.28) + 0.05 * np.minimum(worked, 12) - 1.0 * b
    logit = logit - 1.4 * (employment == "unemployed") + 0.5 * (employment == "civil servant")
    approved = rng.random(rows) < sigmoid(logit)
    thin = rng.random(rows) < np.where(b, 0.28, 0.06)
    frame = {
        "customer_id": 200_000 + rng.permutation(700_000)[:rows],
        "name": names(female, rng),
        "iban": _ibans(rng, rows),
        "group": np.where(b, "B", "A"),
        "sex": np.where(female, "female", "male"),
        "age": age.astype(int),
        "education": education,
        "employment": employment,
        "years_employed": worked.astype(int),
        "income": income.astype(int),
        "housing": _housing(rng, age, income),
        "dependants": rng.poisson(np.where((age > 26) & (age < 55), 1.1, 0.2)),
        "credit_score": decimals(np.where(thin, np.nan, score), 0),
        "existing_debt": debt.astype(int),
        "purpose": pick(_PURPOSES, np.tile(np.array([30, 18, 20, 8, 6, 8, 10.0]), (rows, 1)), rng),
        "amount": amount.astype(int),
        "term_months": term,
        "interest_rate": decimals(rate, 2),
        "monthly_payment": decimals(payment, 2),
        "debt_to_income": decimals(ratio, 3),
        "approved": yes_no(approved),
    }
    return pd.DataFrame(frame)[list(COLUMNS)]


def _housing(
    rng: np.random.Generator, age: npt.NDArray[np.float64], income: npt.NDArray[np.float64]
) -> npt.NDArray[np.object_]:
    richer = np.log(income / 30_000)
    weights = np.column_stack(
        [np.exp(0.9 - 0.01 * (age - 40)), np.exp(0.03 * (age - 40) + 0.8 * richer), np.exp(-0.5 + 0.5 * richer),
         np.exp(-1.2 - 0.08 * (age - 40))]
    )  # fmt: skip
    return pick(("rent", "own", "mortgage", "with parents"), weights, rng)


def _ibans(rng: np.random.Generator, count: int) -> npt.NDArray[np.object_]:
    """Return distinct German-looking IBANs with right check digits, under a bank code that no bank has."""
    accounts = rng.choice(10**10, count, replace=False)
    found = []
    for account in accounts:
        body = f"99999999{account:010d}"
        found.append(f"DE{98 - int(body + '131400') % 97:02d}{body}")
    return np.array(found, dtype=object)
