"""The demo tables are what they say: shipped files, kinds, and the truths that the simulation put there."""

import gzip

import numpy as np
import pandas as pd
import pytest

from synth_core.demos import DEMOS, FOLDER, demo_csv, demo_path, demo_table
from synth_core.errors import InputError
from synth_core.recipe import Use
from synth_core.table import Kind, Role, Table


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    return {name: demo_table(name) for name in DEMOS}


@pytest.mark.parametrize("name", DEMOS)
def test_the_script_reproduces_the_shipped_file(name: str) -> None:
    assert gzip.decompress(demo_path(name).read_bytes()) == demo_csv(name)


def test_the_shipped_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.csv.gz")) < 3_000_000


@pytest.mark.parametrize("name", DEMOS)
def test_a_demo_is_as_large_as_its_card_says_and_has_its_roles(name: str, tables: dict[str, Table]) -> None:
    demo, table = DEMOS[name], tables[name]
    assert table.frame.shape == (demo.rows, demo.columns)
    assert (table.target.name if table.target else None) == demo.target
    assert tuple(sorted(c.name for c in table.having(role=Role.SENSITIVE))) == tuple(sorted(demo.sensitive))
    assert Use(demo.use)
    assert demo.truths


def test_another_seed_gives_another_table_of_the_same_kind(tables: dict[str, Table]) -> None:
    other = demo_table("loans", seed=99)
    assert [c.kind for c in other.columns] == [c.kind for c in tables["loans"].columns]
    assert other.fingerprint != tables["loans"].fingerprint


def test_an_unknown_demo_says_which_there_are() -> None:
    with pytest.raises(InputError, match="hospital"):
        demo_table("hospitl")


EXPECTED = {
    "hospital": {
        "record_number": Kind.IDENTIFIER, "age": Kind.INTEGER, "icd_code": Kind.CATEGORY, "hba1c": Kind.NUMBER,
        "admission": Kind.DATETIME, "readmitted": Kind.BOOLEAN, "medication": Kind.CATEGORY,
    },
    "fraud": {"transaction_id": Kind.IDENTIFIER, "time": Kind.DATETIME, "amount": Kind.NUMBER, "fraud": Kind.BOOLEAN},
    "loans": {"customer_id": Kind.IDENTIFIER, "income": Kind.INTEGER, "group": Kind.CATEGORY},
    "orders": {"order_id": Kind.IDENTIFIER, "sku": Kind.CATEGORY, "total": Kind.NUMBER, "shipped_date": Kind.DATETIME},
}  # fmt: skip
PERSONAL = {
    "hospital": {"name": "person_name", "postcode": "postcode"},
    "fraud": {"card_number": "card_number"},
    "loans": {"name": "person_name", "iban": "iban"},
    "orders": {"email": "email"},
}


@pytest.mark.parametrize("name", DEMOS)
def test_kinds_and_personal_data_come_out_of_reading(name: str, tables: dict[str, Table]) -> None:
    table = tables[name]
    assert {column: table.column(column).kind for column in EXPECTED[name]} == EXPECTED[name]
    assert {c.name: c.semantic for c in table.columns if c.semantic} == PERSONAL[name]


def yes(values: pd.Series) -> pd.Series:
    return values == "yes"


def test_hospital_stays_keep_their_truths(tables: dict[str, Table]) -> None:
    stays = tables["hospital"].frame
    assert stays["record_number"].is_unique
    assert stays.groupby("icd_code")["icd_chapter"].nunique().max() == 1
    assert ((stays["discharge"] - stays["admission"]).dt.days == stays["length_of_stay"]).all()
    assert stays["length_of_stay"].min() >= 1
    assert set(stays.loc[stays["icd_code"].isin(["O80", "O99", "C56"]), "sex"]) == {"F"}
    assert set(stays.loc[stays["icd_code"].isin(["C61", "N40"]), "sex"]) == {"M"}
    assert stays.loc[stays["icd_code"].isin(["O80", "O99"]), "age"].between(15, 50).all()
    assert yes(stays.loc[stays["medication"] != "none", "diabetes"]).all()
    assert stays["hba1c"].corr(stays["glucose"]) > 0.8
    tested = stays["hba1c"].notna()
    assert tested[yes(stays["diabetes"])].all()
    assert tested[~yes(stays["diabetes"])].mean() < 0.3
    insulin = stays["medication"].str.contains("insulin")
    assert stays.loc[insulin, "hba1c"].mean() > stays.loc[yes(stays["diabetes"]) & ~insulin, "hba1c"].mean() + 0.5


def test_readmission_can_be_predicted_about_as_well_as_the_card_says(tables: dict[str, Table]) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    table = tables["hospital"]
    names = [c.name for c in table.columns if c.learned and c.role is not Role.TARGET and c.kind is not Kind.DATETIME]
    numeric = (Kind.INTEGER, Kind.NUMBER)
    cells = [
        table.frame[n].astype(float) if table.column(n).kind in numeric else pd.factorize(table.frame[n])[0]
        for n in names
    ]
    x = np.column_stack(cells)
    y = yes(table.frame["readmitted"]).to_numpy()
    model = HistGradientBoostingClassifier(max_iter=60, learning_rate=0.1, max_leaf_nodes=12, random_state=0)
    chance = model.fit(x[:8000], y[:8000]).predict_proba(x[8000:])[:, 1]
    assert 0.75 < roc_auc_score(y[8000:], chance) < 0.87


def test_card_payments_keep_their_truths(tables: dict[str, Table]) -> None:
    payments = tables["fraud"].frame
    fraud = yes(payments["fraud"])
    assert payments["transaction_id"].is_unique
    assert (int(fraud.sum()), len(payments)) == (200, 50_200)
    assert payments.loc[fraud, "card_number"].is_unique
    assert (payments["time"].dt.hour == payments["hour"]).all()
    online = payments["channel"] == "online"
    assert (online == ~yes(payments["card_present"])).all()
    assert (online == payments["distance_km"].isna()).all()
    assert payments.loc[payments["channel"] == "contactless", "amount"].max() <= 50
    assert payments.loc[fraud, "declines_24h"].mean() > 10 * payments.loc[~fraud, "declines_24h"].mean()
    assert payments["time"].is_monotonic_increasing


def test_loans_keep_their_truths(tables: dict[str, Table]) -> None:
    loans = tables["loans"].frame
    assert loans["customer_id"].is_unique
    assert loans["iban"].is_unique
    month = loans["interest_rate"] / 1200
    payment = loans["amount"] * month / (1 - (1 + month) ** -loans["term_months"].astype(float))
    assert np.abs(payment - loans["monthly_payment"]).max() < 0.0051
    ratio = (12 * loans["monthly_payment"] + loans["existing_debt"]) / loans["income"]
    assert np.abs(ratio - loans["debt_to_income"]).max() < 0.00051
    assert (loans["years_employed"] <= loans["age"] - 16).all()
    assert loans.loc[loans["employment"] == "unemployed", "years_employed"].max() == 0
    b = loans["group"] == "B"
    approved = yes(loans["approved"])
    assert approved[~b].mean() - approved[b].mean() > 0.12
    assert loans.loc[b, "credit_score"].isna().mean() > 3 * loans.loc[~b, "credit_score"].isna().mean()


def test_orders_keep_their_truths(tables: dict[str, Table]) -> None:
    orders = tables["orders"].frame
    cents = {n: (orders[n] * 100).round().astype(int) for n in ("unit_price", "subtotal", "shipping", "tax", "total")}
    assert orders["order_id"].is_unique
    assert orders.groupby("sku")[["category", "unit_price"]].nunique().max().max() == 1
    assert (cents["unit_price"] * orders["quantity"] == cents["subtotal"]).all()
    assert (cents["subtotal"] + cents["shipping"] + cents["tax"] == cents["total"]).all()
    assert not (orders["shipped_date"] < orders["order_date"]).any()
    assert not (orders["delivered_date"] < orders["shipped_date"]).any()
    gone = orders["status"].isin(["open", "cancelled"])
    assert (orders["shipped_date"].isna() == gone).all()
    assert (orders["delivered_date"].isna() == (gone | (orders["status"] == "shipped"))).all()
    free = (orders["coupon"] == "FREESHIP") | (orders["subtotal"] >= 100)
    assert orders.loc[free, "shipping"].max() == 0
    assert orders.loc[orders["rating"].notna(), "status"].isin(["delivered", "returned"]).all()
    odd = ~orders["country"].isin(["Germany", "Austria", "France", "Netherlands", "Belgium", "Poland"])
    assert 0.01 < odd.mean() < 0.03
    assert orders["payment"].isna().mean() < 0.02
