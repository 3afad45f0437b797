"""Made tables with the hard cases of public ones: (cells, what an analyst would call the column) per header."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np

N = 600
Case = tuple[list[str], str]
_rng = np.random.default_rng(7)


def pick(*levels: object, p: Sequence[float] | None = None) -> list[str]:
    weights = None if p is None else np.asarray(p) / np.sum(p)
    return [str(levels[i]) for i in _rng.choice(len(levels), N, p=weights)]


def counts(mean: float) -> list[str]:
    return [str(v) for v in _rng.poisson(mean, N)]


def normal(mean: float, spread: float, form: str = "{:.2f}") -> list[str]:
    return [form.format(v) for v in _rng.normal(mean, spread, N)]


def whole(mean: float, spread: float) -> list[str]:
    return [str(int(v)) for v in _rng.normal(mean, spread, N)]


def amounts(form: str = "{:.2f}") -> list[str]:
    return [form.format(v) for v in _rng.lognormal(5, 1, N)]


def each(form: Callable[[int], object], rows: int = N) -> list[str]:
    return [str(form(i)) for i in range(rows)]


def comma(cells: list[str]) -> list[str]:
    return [cell.replace(".", ",") for cell in cells]


def some(cells: list[str], word: str, share: float) -> list[str]:
    return [word if drawn < share else cell for cell, drawn in zip(cells, _rng.random(N), strict=True)]


def days(form: str = "%Y-%m-%d", step: float = 1) -> list[str]:
    return [f"{date(2019, 1, 1) + timedelta(days=int(i * step)):{form}}" for i in range(N)]


def mixed_case(cells: list[str]) -> list[str]:
    return [[c, c.upper(), c + " "][i % 3] for i, c in enumerate(cells)]


HARD: dict[str, Case] = {
    "marital": (pick(1, 2, 3, 4, 5, 6, 7, 8), "category"),
    "icd10": (pick("V57", "E849", "250.83", "428", "401", "V58"), "category"),
    "zip_code": (each(lambda i: 10000 + i * 37 % 8999), "personal postcode"),
    "year_built": (whole(1975, 15), "integer"),
    "q7_satisfaction": (pick(1, 2, 3, 4, 5), "integer"),
    "n_children": (pick(0, 1, 2, 3, p=[5, 3, 2, 1]), "integer"),
    "color_red": (pick(0, 1), "boolean"),
    "is_member": (pick("0.0", "1.0"), "boolean"),
    "customer_number": (each(lambda i: 48000 + i // 3), "identifier; entity"),
    "request_uuid": (each(lambda i: f"{i * 7919:08x}-0000-4000-8000-{i:012x}"), "identifier"),
    "Einwilligung": (pick("J", "N"), "boolean"),
    "discount": (pick(*[f"{v}%" for v in range(0, 60, 5)]), "integer"),
    "growth": (normal(2, 1, "{:.1f} %"), "number"),
    "price": (amounts("${:,.2f}"), "number"),
    "Betrag": (comma(amounts("{:.2f} EUR")), "number"),
    "wait": (each(lambda i: f"{i % 9:02d}:{i * 7 % 60:02d}"), "integer"),
    "Anteil": (comma(normal(0.5, 0.1)), "number"),
    "NOx(GT)": (some(whole(250, 60), "-200", 0.1), "integer"),
    "wbc": (some(normal(8, 2), "9999", 0.05), "number"),
    "capital": (some(pick(0, 3103, 4386, 5178, 7688, 15024, 27828, 41310), "99999", 0.02), "integer"),
    "A1Cresult": (pick("None", ">8", "Norm", ">7"), "category"),
    "quarter": (pick("2023Q1", "2023Q2", "2023Q3", "2023Q4"), "datetime"),
    "month": (pick("Jan", "Feb", "Mar", "Apr", "May"), "category"),
    "age": (pick("[0-10)", "[10-20)", "[20-30)", "[30-40)"), "category"),
    "period": (each(lambda i: f"{2000 + i * 7 % 20}-{i % 12 + 1:02d}"), "datetime"),
    "visit_at": (days("%d-%m-%Y 08:30"), "datetime; order"),
    "gender_text": (mixed_case(pick("Male", "Female")), "category"),
    "weight_kg": ([f"{v} kg" for v in whole(75, 12)], "integer"),
    "plate": (each(lambda i: f"AB{i * 31 % 100:02d}-{i:04d}"), "identifier"),
    "employer_code": (each(lambda i: f"{i % 40 + 1:03d}"), "category"),
    "ref_period_index": (normal(101, 3), "number"),
    "comment": (
        each(lambda i: f"The parcel number {i} came late again, and nobody told us why it did so."),
        "text; drop",
    ),
}

LIKE_PUBLIC: dict[str, dict[str, Case]] = {
    "air quality": {
        "Date": (days("%d/%m/%Y", 1 / 24), "datetime; order"),
        "Time": (each(lambda i: f"{i % 24:02d}.00.00"), "category"),
        "CO(GT)": (some(comma(normal(2, 0.5, "{:.1f}")), "-200", 0.15), "number"),
        "PT08.S1(CO)": (some(whole(1100, 200), "-200", 0.04), "integer"),
        "T": (comma(normal(18, 8, "{:.1f}")), "number"),
        "RH": (comma(normal(49, 17, "{:.1f}")), "number"),
    },
    "credit default": {
        "ID": (each(lambda i: i + 1), "identifier"),
        "LIMIT_BAL": (pick(20000, 50000, 80000, 120000, 200000, 360000), "integer"),
        "SEX": (pick(1, 2), "category"),
        "EDUCATION": (pick(0, 1, 2, 3, 4, 5, 6), "category"),
        "MARRIAGE": (pick(0, 1, 2, 3), "category"),
        "AGE": (whole(35, 9), "integer"),
        "PAY_0": (pick(-2, -1, 0, 1, 2, 3, 4, 8), "integer"),
        "BILL_AMT1": (whole(51000, 20000), "integer"),
        "PAY_AMT1": (some(whole(5600, 1000), "0", 0.3), "integer"),
        "default.payment.next.month": (pick(0, 1), "boolean; target"),
    },
    "bank marketing": {
        "age": (whole(41, 10), "integer"),
        "job": (pick("admin.", "technician", "unknown", "student"), "category"),
        "default": (pick("no", "yes", "unknown"), "category"),
        "housing": (pick("yes", "no"), "boolean"),
        "balance": (whole(1300, 900), "integer"),
        "day": (whole(15, 4), "integer"),
        "month": (pick("may", "jun", "nov"), "category"),
        "duration": (whole(258, 60), "integer"),
        "campaign": (counts(2), "integer"),
        "pdays": (some(counts(6), "999", 0.9), "integer"),
        "previous": (pick(0, 1, 2, 3, 4, p=[80, 10, 5, 3, 2]), "integer"),
        "emp.var.rate": (pick("1.1", "-1.8", "1.4", "-0.1"), "number"),
        "cons.price.idx": (pick("93.994", "92.201", "93.2", "94.465"), "number"),
        "nr.employed": (pick("5191", "5228.1", "5099.1"), "number"),
        "y": (pick("yes", "no"), "boolean; target"),
    },
    "titanic": {
        "PassengerId": (each(lambda i: i + 1), "identifier"),
        "Survived": (pick(0, 1), "boolean; target"),
        "Pclass": (pick(1, 2, 3), "category"),
        "Sex": (pick("male", "female"), "category"),
        "Age": (some([f"{v:g}" for v in np.round(_rng.normal(30, 9, N) * 2) / 2], "", 0.2), "number"),
        "SibSp": (pick(0, 1, 2, 3, 4, 5, 8, p=[60, 20, 3, 2, 2, 1, 1]), "integer"),
        "Parch": (pick(0, 1, 2, 5, p=[60, 20, 10, 1]), "integer"),
        "Ticket": (each(lambda i: f"A/5 {20000 + i // 1.3:.0f}" if i % 3 else f"{34000 + i}"), "text identifier"),
        "Fare": (normal(32, 8, "{:.4f}"), "number"),
        "Cabin": (some(each(lambda i: f"{'ABCDE'[i % 5]}{i % 120}"), "", 0.77), "category text identifier"),
        "Embarked": (pick("S", "C", "Q", ""), "category"),
    },
    "wine": {
        "fixed acidity": (normal(8, 1, "{:.1f}"), "number"),
        "total sulfur dioxide": (whole(46, 15), "integer"),
        "alcohol": (normal(10, 1, "{:.1f}"), "number"),
        "quality": (pick(3, 4, 5, 6, 7, 8), "integer; target"),
    },
    "taxi": {
        "VendorID": (pick(1, 2), "category"),
        "tpep_pickup_datetime": (days("%Y-%m-%d 00:15:30"), "datetime; order"),
        "tpep_dropoff_datetime": (days("%Y-%m-%d 00:25:30"), "datetime"),
        "passenger_count": (pick(0, 1, 2, 3, 4, 5, 6), "integer"),
        "trip_distance": (amounts(), "number"),
        "RatecodeID": (pick(1, 2, 3, 4, 5, 99), "category"),
        "store_and_fwd_flag": (pick("N", "Y"), "boolean"),
        "PULocationID": (whole(150, 30), "category"),
        "payment_type": (pick(1, 2, 3, 4), "category"),
        "extra": (pick("0", "0.5", "1", "2.5"), "number"),
        "total_amount": (amounts(), "number"),
    },
    "german credit": {
        "checking_status": (pick("A11", "A12", "A13", "A14"), "category"),
        "duration": (pick(6, 12, 18, 24, 36, 48), "integer"),
        "credit_history": (pick("A30", "A31", "A32", "A33", "A34"), "category"),
        "credit_amount": (whole(3200, 900), "integer"),
        "installment_rate": (pick(1, 2, 3, 4), "integer"),
        "residence_since": (pick(1, 2, 3, 4), "integer"),
        "num_dependents": (pick(1, 2), "integer"),
        "telephone": (pick("A191", "A192"), "category"),
        "foreign_worker": (pick("A201", "A202"), "category"),
        "class": (pick(1, 2), "category; target"),
    },
    "online retail": {
        "InvoiceNo": (each(lambda i: f"{'C' if i % 50 < 5 else ''}{536365 + i // 5}"), "identifier"),
        "StockCode": (each(lambda i: f"{21000 + i * i % 97}{'ABC'[i % 3] if i % 4 == 0 else ''}"), "category"),
        "Description": (each(lambda i: f"WHITE HANGING HEART {i * i % 97}"), "category"),
        "Quantity": (whole(9, 4), "integer"),
        "InvoiceDate": (days("%-m/%-d/%Y 8:26"), "datetime; order"),
        "UnitPrice": (amounts(), "number"),
        "CustomerID": (some(each(lambda i: 17000 + i * i % 67), "", 0.25), "identifier; entity"),
        "Country": (pick("United Kingdom", "France", "Germany"), "category"),
    },
    "infections": {
        "ObjectId": (each(lambda i: i + 1), "identifier"),
        "IdBundesland": (pick(*range(1, 17)), "category"),
        "Bundesland": (pick("Bayern", "Hessen", "Berlin"), "category"),
        "IdLandkreis": (each(lambda i: f"{1001 + i * i % 53:05d}"), "category"),
        "Altersgruppe": (pick("A00-A04", "A35-A59", "unbekannt"), "category"),
        "Geschlecht": (pick("M", "W", "unbekannt"), "category"),
        "AnzahlFall": (pick(1, 2, 3, 4, -1, p=[80, 10, 5, 3, 2]), "integer"),
        "Meldedatum": (days("%Y/%m/%d 00:00:00"), "datetime; order"),
        "IstErkrankungsbeginn": (pick(0, 1), "boolean"),
    },
    "cases by country": {
        "iso_code": (each(lambda i: ["DEU", "FRA", "ITA", "ESP", "POL", "AUT"][i // 100]), "category"),
        "location": (each(lambda i: ["Germany", "France", "Italy", "Spain", "Poland", "Austria"][i // 100]),
                     "category; entity"),
        "date": (each(lambda i: date(2020, 3, 1) + timedelta(days=i % 100)), "datetime; order"),
        "total_cases": (each(lambda i: f"{(i % 100) ** 2 + 0.0}"), "integer"),
        "new_cases": (some(counts(300), "", 0.1), "integer"),
        "population": (each(lambda i: [83783945, 68147687, 60461828, 46754783, 37846605, 9006400][i // 100]),
                       "integer"),
    },
    "bike sharing": {
        "instant": (each(lambda i: i + 1), "identifier"),
        "dteday": (days(), "datetime; order"),
        "season": (pick(1, 2, 3, 4), "category"),
        "holiday": (pick(0, 1), "boolean"),
        "weekday": (pick(0, 1, 2, 3, 4, 5, 6), "integer category"),
        "weathersit": (pick(1, 2, 3), "category"),
        "temp": (normal(0.5, 0.1, "{:.6f}"), "number"),
        "cnt": (whole(4500, 900), "integer; target"),
    },
    "heart in numbers": {
        "sex": (pick(0, 1), "boolean"),
        "cp": (pick(1, 2, 3, 4), "integer category"),
        "thal": (pick(3, 6, 7, p=[55, 6, 39]), "category"),
        "ca": (pick(0, 1, 2, 3, p=[6, 2, 1, 1]), "integer"),
        "trestbps": (whole(130, 12), "integer"),
        "target": (pick(0, 1), "boolean; target"),
    },
    "churn": {
        "customerID": (each(lambda i: f"{7590 + i}-VHVEG"), "identifier"),
        "SeniorCitizen": (pick(0, 1), "boolean"),
        "tenure": (whole(32, 9), "integer"),
        "InternetService": (pick("DSL", "Fiber optic", "No"), "category"),
        "Contract": (pick("Month-to-month", "One year", "Two year"), "category"),
        "MonthlyCharges": (normal(64, 15), "number"),
        "Churn": (pick("Yes", "No"), "boolean; target"),
    },
    "registry": {
        "Aktenzeichen": (each(lambda i: f"AZ-{i:05d}/23"), "identifier"),
        "Gemeindeschlüssel": (pick(8111000, 9162000, 11000000, 5315000), "category"),
        "Förderung": (pick("J", "N", ""), "boolean"),
        "Kosten": (comma(amounts("{:.2f} €")), "number"),
        "Fläche_ha": (comma(normal(12, 3)), "number"),
        "Baujahr": (whole(1970, 20), "integer"),
        "Bewilligungsdatum": (days("%d.%m.%Y"), "datetime; order"),
        "Art": (pick(1, 2, 3, 9), "category"),
    },
    "used cars": {
        "name": (each(lambda i: f"Maruti Swift {i * i % 89}"), "category text"),
        "year": (whole(2013, 4), "integer"),
        "km_driven": (whole(70000, 20000), "integer"),
        "engine": ([f"{v} CC" for v in whole(1400, 200)], "integer"),
        "mileage": (normal(19, 3, "{:.1f} kmpl"), "number"),
        "max_power": (normal(90, 15, "{:.2f} bhp"), "number"),
        "seats": (pick(4, 5, 6, 7, p=[2, 80, 3, 15]), "integer"),
        "owner": (pick("First Owner", "Second Owner", "Third Owner"), "category"),
        "selling_price": (whole(600000, 90000), "integer; target"),
    },
    "sensors": {
        "time_step": (each(lambda i: i), "integer; order"),
        "machine_id": (pick("M1", "M2", "M3", "M4"), "category identifier; entity"),
        "vibration": (normal(0, 1), "number"),
        "status": (pick(0, 1, 2), "category"),
    },
}  # fmt: skip

# Three waves of firms, a full grid of numbered lines, repeated measures of one id, and numbers under telling headers.
PANELS: dict[str, dict[str, Case]] = {
    "three waves of firms": {
        "wave_year": (each(lambda i: 1987 + i % 3), "integer; order"),
        "fcode": (each(lambda i: 410032 + 37 * (i // 3)), "category; entity"),
        "sales": (whole(51000, 9000), "integer"),
        "employees": (pick(2, 3, 5, 6, 9, p=[1, 1, 1, 3, 3]), "integer"),
        "hr": (each(lambda i: i % 24), "integer"),
    },
    "numbered lines by year": {
        "airline": (each(lambda i: i // 20 + 1), "integer; entity"),
        "YR": (each(lambda i: 1970 + i % 20), "integer; order"),
        "cost": (whole(51000, 9000), "integer"),
    },
    "quarters by state": {
        "State": (each(lambda i: ["Alaska", "Maine", "Ohio", "Texas", "Utah"][i // 120]), "category; entity"),
        "Quarter": (each(lambda i: f"Q{i % 4 + 1}{1990 + i % 120 // 4}"), "datetime; order"),
        "Rate": (normal(0.5, 0.1), "number"),
    },
    "spells": {
        "id": (each(lambda i: i * 3 // 5 + 1), "identifier; entity"),
        "start": (counts(40), "integer"),
        "event": (pick(0, 1), "boolean"),
    },
    "answers to items": {
        "item": (each(lambda i: f"S{i % 40}Want"), "category"),
        "id": (each(lambda i: i // 40 + 1), "identifier; entity"),
        "answer": (pick("no", "perhaps", "yes"), "category"),
    },
    "children of families": {"familyid": (each(lambda i: i // 3 + 1), "identifier; entity")},
    "telling headers": {
        "townid": (each(lambda i: i * i % 131), "identifier"),
        "unitid": (each(lambda i: 100654 + 11 * (i * 7 % 201)), "identifier; entity"),
        "seqn": (each(lambda i: 233 + 5 * i + i % 3), "identifier"),
        "Education": (pick(9, 10, 12, 14, 16, 17, 18), "integer"),
        "educwm": (pick(0, 3, 7, 10, 12, 14, 16, 17), "integer"),
        "cyl": (pick(4, 5, 6, 8, p=[40, 2, 40, 35]), "integer"),
        "MPG.city": (whole(22, 4), "integer"),
        "pops66": (pick(108535, 756039, 616788, 5780845, 6960870, 963066), "integer"),
        "Passengers": (pick(2, 4, 5, 6, 7, 8), "integer"),
        "number": (counts(3), "integer"),
        "Wealth": (each(lambda i: i * 7 % N + 1), "integer"),
    },
}
LIKE_PUBLIC |= PANELS
