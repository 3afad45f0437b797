"""Made columns in the form of well-known public tables, with the kinds that an analyst would give them.

Only the headers and the forms of the cells are those of the public tables; the cells are drawn here. Further
ones stand in ``generated_tables``. Behind an expectation of ``expected_kinds.json``'s notation, ``missing=-1`` is a
word that is offered as missing, and "entity?" a role that may be offered.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tests.core.generated_tables import Case, N, each, pick, some

_rng = np.random.default_rng(20)
Lines = dict[str, Case]


def whole(low: int, high: int, shape: float = 1.0) -> list[str]:
    """Whole numbers from ``low`` to ``high``; a shape above 1 thins them out towards the end."""
    return [str(low + int((high - low + 1) * part)) for part in _rng.random(N) ** shape]


def decimals(low: float, high: float, places: int = 2) -> list[str]:
    return [f"{value:.{places}f}" for value in _rng.uniform(low, high, N)]


def stamps(pattern: str, start: str, step: str) -> list[str]:
    return list(pd.date_range(start, periods=N, freq=step).strftime(pattern))


def few(form: Callable[[int], str], different: int) -> list[str]:
    """Cells made from one of so many numbers."""
    return [form(int(number)) for number in _rng.integers(0, different, N)]


_AIRPORTS = (
    "Thigpen", "Half Moon Bay", "Orange Municipal", "Dillant Hopkins", "Sullivan County", "Bolinder Field",
    "Robert Lee Memorial",
)  # fmt: skip

COVID: Lines = {
    "ID": (each(lambda row: f"000-1-{row + 1}"), "identifier"),
    "age": (some(pick("30-39", "40-49", "50-59", "61", "72", "0-9"), "", 0.4), "category"),
    "sex": (some(pick("male", "female"), "", 0.4), "category"),
    "province": (pick("Anhui", "Hubei", "Lombardia", "Veneto"), "category"),
    "country_code": (pick("CN", "IT", "US", "NA", "FR", "DE", "ES", "GB", "IN", "JP", "KR", "VN"), "category"),
    "latitude": (decimals(20, 45, 5), "number"),
    "longitude": (decimals(100, 120, 5), "number"),
    "date_onset_symptoms": (some(stamps("%d.%m.%Y", "2020-01-18", "5h"), "", 0.5), "datetime"),
    "travel_history_binary": (some(pick("0.0", "1.0"), "", 0.3), "boolean"),
    "outcome": (some(pick("died", "discharged", "recovered"), "", 0.5), "category; target"),
}
MIMIC: Lines = {
    "subject_id": (few(lambda n: str(10000032 + 1311 * n), 120), "identifier; entity"),
    "hadm_id": (each(lambda row: str(20000019 + 977 * ((row * 31) % N))), "identifier"),
    "anchor_age": (whole(18, 91), "integer"),
    "admittime": (stamps("%Y-%m-%d %H:%M:%S", "2180-05-06 22:23:00", "19h"), "datetime; order"),
    "dischtime": (stamps("%Y-%m-%d %H:%M:%S", "2180-05-08 17:15:00", "19h"), "datetime"),
    "admission_type": (pick("URGENT", "EW EMER.", "OBSERVATION ADMIT"), "category"),
    "marital_status": (some(pick("WIDOWED", "MARRIED", "SINGLE"), "", 0.05), "category"),
    "icd_code": (few(lambda n: f"{'ZEKV'[n % 4]}{n}{7 * n}", 90), "category"),
    "icd_version": (pick("9", "10"), "category"),
    "seq_num": (whole(1, 30, 2), "integer"),
    "valuenum": (decimals(3.1, 5.2, 1), "number"),
    "valueuom": (pick("mEq/L", "mg/dL", "%"), "category"),
    "hospital_expire_flag": (pick("0", "1", p=(0.95, 0.05)), "boolean"),
}
FLIGHTS: Lines = {
    "YEAR": (["2015"] * N, "integer category"),
    "MONTH": (whole(1, 12), "integer"),
    "DAY_OF_WEEK": (whole(1, 7), "integer category"),
    "AIRLINE": (pick("AA", "AS", "B6", "DL", "EV", "HA", "NK", "UA", "WN"), "category"),
    "FLIGHT_NUMBER": (few(lambda n: str(17 * n + 1), 200), "identifier category"),
    "TAIL_NUMBER": (few(lambda n: f"N{100 + n}{'ADSN'[n % 4]}S", 90), "identifier category; entity?"),
    "ORIGIN_AIRPORT": (pick("ANC", "LAX", "SFO", "SEA", "LAS", "DEN", "NCA"), "category"),
    "DEPARTURE_DELAY": (whole(-20, 400, 6), "integer"),
    "CANCELLED": (pick("0", "1", p=(0.95, 0.05)), "boolean"),
    "CANCELLATION_REASON": (some(pick("A", "B", "C", "D"), "", 0.9), "category"),
    "AIR_SYSTEM_DELAY": (some(whole(0, 200, 6), "", 0.8), "integer"),
}
STAFF: Lines = {
    "Age": (whole(18, 60), "integer"),
    "Attrition": (pick("Yes", "No", p=(0.2, 0.8)), "boolean; target"),
    "DailyRate": (whole(102, 1499), "integer"),
    "Education": (pick("1", "2", "3", "4", "5"), "category"),
    "EmployeeNumber": (each(lambda row: str(row + 1 + row // 3)), "identifier"),
    "EnvironmentSatisfaction": (pick("1", "2", "3", "4"), "integer"),
    "JobLevel": (whole(1, 5, 2), "integer"),
    "JobSatisfaction": (pick("1", "2", "3", "4"), "integer"),
    "NumCompaniesWorked": (whole(0, 9, 2), "integer"),
    "Over18": (["Y"] * N, "category boolean"),
    "OverTime": (pick("Yes", "No"), "boolean"),
    "StandardHours": (["80"] * N, "integer"),
    "StockOptionLevel": (pick("0", "1", "2", "3"), "integer"),
    "YearsAtCompany": (whole(0, 40, 2), "integer"),
}
SENSORS: Lines = {
    "timestamp": (stamps("%Y-%m-%dT%H:%M:%SZ", start="2024-01-01", step="1min"), "datetime; order"),
    "device_id": (each(lambda row: f"dev-{row % 8:02d}"), "category identifier; entity?"),
    "temp_c": (decimals(18, 25, 1), "number"),
    "rssi": (whole(-95, -40), "integer"),
    "firmware": (pick("1.2.3", "1.2.4", "1.3.0", "2.0.1"), "category"),
    "status": (pick("OK", "FAIL", "NC"), "category; missing=NC"),
    "error_code": (pick("0", "17", "42", "101"), "category"),
    "door_open": (pick("0.0", "1.0"), "boolean"),
    "battery_pct": (whole(3, 100), "integer"),
}
PLACES: Lines = {
    "iata": (
        each(lambda row: f"{chr(65 + row // 26 % 26)}{chr(65 + row % 26)}{chr(65 + row * 7 // 26 % 26)}"),
        "identifier",
    ),
    "name": (each(lambda row: f"{_AIRPORTS[row % 7]} {row // 7 or ''}".strip()), "text"),
    "state": (pick("NC", "NA", "CA", "TX", "NY", "AK", "FL", "WA", "OR", "MS", "GA", "AL"), "category"),
    "country": (pick("USA", "Palau", "Thailand"), "category"),
    "elevation": (whole(-10, 9000, 2), "integer"),
}
SURVEY: Lines = {
    "individual": (each(lambda row: str(row // 4 + 1)), "identifier; entity"),
    "educ": (pick("9", "12", "14", "16", "17", "20"), "integer"),
    "rate_marriage": (pick("1", "2", "3", "4", "5"), "integer"),
    "occupation_husb": (pick("1", "2", "3", "4", "5", "6"), "category"),
    "religious": (pick("1", "2", "3", "4"), "integer"),
    "smoking_yes_cancer_no": (each(lambda row: str(3 * row + 61)), "integer"),
    "thal": (pick("3", "6", "7"), "category"),
    "psize": (whole(1, 6, 3), "integer"),
}
_MAKES, _MODELS = ("chevrolet", "ford", "amc", "toyota"), ("malibu", "torino", "hornet", "corona")
CARS: Lines = {
    "name": (each(lambda row: f"{_MAKES[row % 4]} {_MODELS[row // 4 % 4]} {row // 16}"), "text category"),
    "cylinders": (pick("3", "4", "5", "6", "8"), "integer"),
    "horsepower": (some(whole(46, 230), "?", 0.02), "integer"),
    "acceleration": (decimals(8, 25, 1), "number"),
    "model_year": (whole(70, 82), "integer"),
    "origin": (pick("usa", "europe", "japan"), "category"),
}
LOOKALIKES: dict[str, Lines] = {
    "line list": COVID, "hospital stays": MIMIC, "flights": FLIGHTS, "staff": STAFF, "sensor log": SENSORS,
    "airports": PLACES, "survey": SURVEY, "car models": CARS,
}  # fmt: skip
