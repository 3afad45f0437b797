"""Hospital stays: one row per patient, driven by age, a latent frailty and a latent sugar metabolism."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.demos.people import decimals, names, pick, postcodes, sigmoid, yes_no

ROWS = 12_000
COLUMNS = (
    "record_number", "name", "postcode", "sex", "age", "ethnicity", "smoker", "bmi", "systolic_bp", "admission_type",
    "icd_chapter", "icd_code", "ward", "diabetes", "hba1c", "glucose", "creatinine", "medication", "prior_stays",
    "admission", "discharge", "length_of_stay", "readmitted",
)  # fmt: skip
TRUTHS = (
    "record_number is unique.",
    "icd_code determines icd_chapter.",
    "length_of_stay is the number of days from admission to discharge, at least 1.",
    "Codes O80 and O99 and C56 are women's, C61 and N40 men's; O80 and O99 at ages 15 to 50.",
    "Medication other than 'none' only with diabetes = yes; insulin more often the higher HbA1c is.",
    "HbA1c and glucose rise together (correlation above .8 where both are filled).",
    "HbA1c is missing for most people without diabetes and glucose for many healthy ones: not tested because healthy.",
    "Readmission depends on earlier stays, frailty (seen in creatinine, age, length of stay), HbA1c and diagnosis; "
    "trained models reach an AUC of about .82.",
)

# code, chapter, ward, weight, effect of age (per decade over 50), effect of frailty, mean stay, effect on readmission
_CODES = (
    ("I21", "IX Circulatory", "Cardiology", 5.0, 0.35, 0.3, 6.0, 0.35),
    ("I50", "IX Circulatory", "Cardiology", 5.0, 0.55, 0.7, 8.0, 1.00),
    ("I63", "IX Circulatory", "Neurology", 3.5, 0.45, 0.3, 9.0, 0.40),
    ("I10", "IX Circulatory", "General medicine", 4.0, 0.20, 0.1, 3.0, -0.30),
    ("J18", "X Respiratory", "General medicine", 6.0, 0.30, 0.4, 6.0, 0.30),
    ("J44", "X Respiratory", "General medicine", 4.0, 0.25, 0.6, 7.0, 0.90),
    ("J45", "X Respiratory", "General medicine", 3.0, -0.35, 0.0, 3.0, -0.20),
    ("K35", "XI Digestive", "Surgery", 5.0, -0.40, -0.2, 3.0, -0.80),
    ("K80", "XI Digestive", "Surgery", 5.0, 0.05, 0.0, 3.5, -0.50),
    ("K57", "XI Digestive", "Surgery", 3.0, 0.25, 0.1, 5.0, 0.00),
    ("E11", "IV Endocrine", "General medicine", 4.0, 0.15, 0.3, 6.0, 0.50),
    ("E10", "IV Endocrine", "General medicine", 1.5, -0.35, 0.1, 5.0, 0.30),
    ("C34", "II Neoplasms", "Oncology", 3.0, 0.25, 0.4, 9.0, 1.10),
    ("C18", "II Neoplasms", "Oncology", 2.5, 0.30, 0.3, 9.0, 0.70),
    ("C56", "II Neoplasms", "Oncology", 1.2, 0.15, 0.2, 8.0, 0.60),
    ("C61", "II Neoplasms", "Oncology", 2.0, 0.45, 0.1, 5.0, 0.10),
    ("N40", "XIV Genitourinary", "Surgery", 2.5, 0.45, 0.0, 3.0, -0.50),
    ("N39", "XIV Genitourinary", "General medicine", 3.5, 0.25, 0.4, 4.5, 0.20),
    ("N17", "XIV Genitourinary", "General medicine", 2.0, 0.30, 0.8, 8.0, 0.70),
    ("O80", "XV Pregnancy", "Maternity", 9.0, 0.0, -0.4, 2.5, -1.80),
    ("O99", "XV Pregnancy", "Maternity", 2.5, 0.0, -0.1, 3.5, -1.20),
    ("S72", "XIX Injury", "Surgery", 4.0, 0.60, 0.4, 10.0, 0.30),
    ("S52", "XIX Injury", "Surgery", 4.0, -0.25, -0.2, 2.5, -0.90),
    ("F10", "V Mental", "Psychiatry", 2.5, -0.15, 0.3, 6.0, 0.90),
    ("F32", "V Mental", "Psychiatry", 3.0, -0.20, 0.2, 14.0, 0.20),
    ("G40", "VI Nervous", "Neurology", 2.0, -0.15, 0.2, 4.0, 0.10),
)  # fmt: skip
_WOMEN, _MEN = ("O80", "O99", "C56"), ("C61", "N40")

Floats = npt.NDArray[np.float64]


def simulate(seed: int, rows: int = ROWS) -> pd.DataFrame:
    """Return ``rows`` hospital stays as text cells."""
    rng = np.random.default_rng(seed)
    female = rng.random(rows) < 0.54
    age = np.clip(np.where(rng.random(rows) < 0.3, rng.normal(33, 9, rows), rng.normal(66, 15, rows)), 16, 99).round()
    frailty = rng.normal(0, 1, rows) + 0.025 * (age - 55)
    bmi = np.clip(np.exp(rng.normal(3.28, 0.18, rows)) + 0.6 * rng.normal(0, 1, rows), 15, 60)
    smoker = rng.random(rows) < sigmoid(-1.1 + 0.25 * ~female - 0.012 * (age - 50) + 0.15 * frailty)
    ethnicity = _ethnicity(rng, rows)
    code = _codes(rng, female, age, frailty, smoker)
    sugar = 0.07 * (bmi - 27) + 0.022 * (age - 55) + 0.35 * (ethnicity == "Asian") + rng.normal(0, 1, rows)
    diabetes = (rng.random(rows) < sigmoid(-2.6 + 1.1 * sugar)) | np.isin(_table(code, 0), ("E10", "E11"))
    hba1c, glucose = _sugars(rng, diabetes, sugar)
    creatinine = np.exp(4.25 + 0.16 * ~female + 0.13 * frailty + 0.003 * (age - 55) + rng.normal(0, 0.13, rows))
    prior = rng.poisson(np.exp(np.clip(-0.95 + 0.5 * frailty + 0.25 * diabetes, -4, 2.2)))
    stay = np.maximum(
        1, np.round(_table(code, 6).astype(float) * np.exp(0.16 * frailty + rng.normal(-0.1, 0.45, rows)))
    )
    planned = rng.random(rows) < sigmoid(
        -0.9 - 0.25 * frailty + 0.9 * np.isin(_table(code, 2), ("Surgery", "Oncology"))
    )
    kind = np.where(_table(code, 2) == "Maternity", "Maternity", np.where(planned, "Planned", "Emergency"))
    risk = (
        -3.0 + 0.65 * np.minimum(prior, 6) + 0.5 * frailty + 0.30 * np.maximum(hba1c - 6.5, 0) + 0.03 * stay
        + _table(code, 7).astype(float) + 0.5 * (kind == "Emergency") + 0.35 * smoker
    )  # fmt: skip
    readmitted = rng.random(rows) < sigmoid(1.15 * risk)
    admission = np.datetime64("2023-01-01") + rng.integers(0, 700, rows).astype("timedelta64[D]")
    tested = diabetes | (rng.random(rows) < sigmoid(-2.2 + 0.9 * sugar))
    blood = tested | (rng.random(rows) < sigmoid(0.6 + 0.7 * frailty))
    frame = {
        "record_number": [f"H{number:07d}" for number in 1_000_000 + rng.permutation(90_000)[:rows] * 7],
        "name": names(female, rng),
        "postcode": postcodes(rows, rng),
        "sex": np.where(female, "F", "M"),
        "age": age.astype(int),
        "ethnicity": ethnicity,
        "smoker": yes_no(smoker),
        "bmi": decimals(np.where(rng.random(rows) < 0.03, np.nan, bmi), 1),
        "systolic_bp": np.round(112 + 0.45 * (age - 40) + 0.5 * (bmi - 27) + rng.normal(0, 13, rows)).astype(int),
        "admission_type": kind,
        "icd_chapter": _table(code, 1),
        "icd_code": _table(code, 0),
        "ward": _table(code, 2),
        "diabetes": yes_no(diabetes),
        "hba1c": decimals(np.where(tested, hba1c, np.nan), 1),
        "glucose": decimals(np.where(blood, glucose, np.nan), 1),
        "creatinine": decimals(np.where(blood | (frailty > 1), np.round(creatinine), np.nan), 0),
        "medication": _medication(rng, diabetes, hba1c, _table(code, 0) == "E10"),
        "prior_stays": prior,
        "admission": admission.astype(str),
        "discharge": (admission + stay.astype("timedelta64[D]")).astype(str),
        "length_of_stay": stay.astype(int),
        "readmitted": yes_no(readmitted),
    }
    return pd.DataFrame(frame)[list(COLUMNS)]


def _ethnicity(rng: np.random.Generator, rows: int) -> npt.NDArray[np.object_]:
    weights = np.tile(np.array([0.74, 0.11, 0.09, 0.04, 0.02]), (rows, 1))
    return pick(["White", "Asian", "Black", "Mixed", "Other"], weights, rng)


def _table(code: npt.NDArray[np.int64], field: int) -> npt.NDArray[np.object_]:
    return np.array([row[field] for row in _CODES], dtype=object)[code]


def _codes(
    rng: np.random.Generator, female: npt.NDArray[np.bool_], age: Floats, frailty: Floats, smoker: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Draw a diagnosis per patient; impossible ones have no weight."""
    weights = np.column_stack(
        [row[3] * np.exp(row[4] * (age - 50) / 10 + row[5] * frailty * 0.8) for row in _CODES]
    )  # fmt: skip
    labels = [row[0] for row in _CODES]
    for place, label in enumerate(labels):
        if label in _WOMEN:
            weights[~female, place] = 0
        if label in _MEN:
            weights[female | (age < 40), place] = 0
        if label in ("O80", "O99"):
            weights[(age < 16) | (age > 50), place] = 0
            weights[:, place] *= np.exp(-(((age - 31) / 7) ** 2)) * 3
        if label in ("J44", "C34"):
            weights[smoker, place] *= 4
            weights[age < 35, place] = 0
    edges = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    return np.asarray((rng.random(len(age))[:, None] > edges[:, :-1]).sum(axis=1), dtype=np.int64)


def _sugars(rng: np.random.Generator, diabetes: npt.NDArray[np.bool_], sugar: Floats) -> tuple[Floats, Floats]:
    rows = len(sugar)
    high = 7.4 + 0.7 * sugar + np.exp(rng.normal(-0.4, 0.7, rows))
    hba1c = np.where(
        diabetes, np.clip(high, 5.8, 14), np.clip(5.3 + 0.16 * sugar + rng.normal(0, 0.22, rows), 4.2, 6.4)
    )
    glucose = np.clip(1.59 * hba1c - 2.59 + rng.normal(0, 0.85, rows), 2.8, 28)
    return hba1c, glucose


def _medication(
    rng: np.random.Generator, diabetes: npt.NDArray[np.bool_], hba1c: Floats, type_one: npt.NDArray[np.bool_]
) -> npt.NDArray[np.object_]:
    level = hba1c - 7.5
    weights = np.column_stack(
        [np.exp(0.2 - 0.5 * level), np.full(len(level), 4.0), np.exp(0.2 + 0.6 * level), np.exp(-0.3 + 0.8 * level)]
    )
    weights[type_one, :2] = 0
    drawn = pick(["none", "metformin", "metformin and insulin", "insulin"], weights, rng)
    return np.asarray(np.where(diabetes, drawn, "none"), dtype=object)
