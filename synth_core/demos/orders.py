"""Shop orders: customers with habits, a small catalogue, sums in whole cents, and the dirt of a real shop."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.demos.people import FIRST_F, FIRST_M, LAST, pick

ROWS, CUSTOMERS, PRODUCTS = 12_000, 5_000, 80
COLUMNS = (
    "order_id", "email", "customer_type", "country", "sku", "category", "unit_price", "quantity", "subtotal",
    "shipping", "tax", "total", "coupon", "payment", "status", "order_date", "shipped_date", "delivered_date", "rating",
)  # fmt: skip
TRUTHS = (
    "order_id is unique.",
    "sku determines category and unit_price.",
    "subtotal = unit_price x quantity and total = subtotal + shipping + tax, both exact to the cent.",
    "order_date <= shipped_date <= delivered_date wherever they are filled.",
    "shipped_date is missing for open and cancelled orders, delivered_date for shipped ones as well.",
    "coupon = FREESHIP means shipping = 0; so does a subtotal of 100 or more.",
    "rating is filled only for delivered and returned orders.",
    "Dirt: about 2 % of countries in odd casing, 1 % of payments missing; every other gap means something.",
)
_CATEGORIES = ("Books", "Kitchen", "Garden", "Toys", "Sport", "Office", "Beauty", "Electronics")
_MEDIAN_CENTS = np.array([1490, 2990, 3990, 1990, 4490, 1290, 1690, 11900])
_COUNTRIES = ("Germany", "Austria", "France", "Netherlands", "Belgium", "Poland")
_TAX_PERCENT = np.array([19, 20, 20, 21, 21, 23])

Cents = npt.NDArray[np.int64]


def simulate(seed: int, rows: int = ROWS) -> pd.DataFrame:
    """Return ``rows`` orders as text cells, in the order of their date."""
    rng = np.random.default_rng(seed)
    customer = (rng.beta(0.9, 2.2, rows) * CUSTOMERS).astype(int)
    business = rng.random(CUSTOMERS) < 0.14
    home = rng.choice(len(_COUNTRIES), CUSTOMERS, p=[0.56, 0.12, 0.12, 0.09, 0.05, 0.06])
    taste = rng.dirichlet(np.full(len(_CATEGORIES), 0.7), CUSTOMERS)
    category = np.arange(PRODUCTS) % len(_CATEGORIES)
    price = _prices(rng, category)
    appeal = rng.gamma(0.8, 1.0, PRODUCTS)
    weights = taste[customer][:, category] * appeal + 1e-4
    sku = pick([str(i) for i in range(PRODUCTS)], weights, rng).astype(int)
    quantity = 1 + rng.poisson(np.where(business[customer], 5.0, 0.45)) * (price[sku] < 20_000)
    subtotal = price[sku] * quantity
    coupon = pick(("", "WELCOME", "FREESHIP", "SPRING"), np.tile(np.array([0.8, 0.07, 0.08, 0.05]), (rows, 1)), rng)
    abroad = home[customer] > 0
    shipping = np.where((subtotal >= 10_000) | (coupon == "FREESHIP"), 0, np.where(abroad, 990, 490))
    tax = np.round((subtotal + shipping) * _TAX_PERCENT[home[customer]] / 100).astype(np.int64)
    status, dates = _course(rng, rows, abroad, category[sku])
    happy = np.round(np.clip(rng.normal(np.where(status == "returned", 2.3, 4.3), 0.9), 1, 5)).astype(int)
    rated = np.isin(status, ("delivered", "returned")) & (rng.random(rows) < 0.45)
    country = np.array(_COUNTRIES, dtype=object)[home[customer]]
    payment = pick(
        ("card", "paypal", "invoice", "transfer"),
        np.where(business[customer][:, None], np.array([2, 1, 8, 3.0]), np.array([5, 5, 2, 1.0])), rng,
    )  # fmt: skip
    frame = {
        "email": _emails(rng)[customer],
        "customer_type": np.where(business[customer], "business", "private"),
        "country": _odd_casing(rng, country),
        "sku": np.array([f"{_CATEGORIES[c][:2].upper()}-{1000 + 7 * i}" for i, c in enumerate(category)], dtype=object)[
            sku
        ],
        "category": np.array(_CATEGORIES, dtype=object)[category[sku]],
        "unit_price": money(price[sku]),
        "quantity": quantity,
        "subtotal": money(subtotal),
        "shipping": money(shipping),
        "tax": money(tax),
        "total": money(subtotal + shipping + tax),
        "coupon": coupon,
        "payment": np.where(rng.random(rows) < 0.01, "", payment),
        "status": status,
        **dates,
        "rating": np.where(rated, happy.astype(str), ""),
    }
    table = pd.DataFrame(frame).sort_values("order_date", kind="stable").reset_index(drop=True)
    table.insert(0, "order_id", [f"SO-{240_000 + 3 * i}" for i in range(rows)])
    return table[list(COLUMNS)]


def money(cents: Cents) -> npt.NDArray[np.object_]:
    """Return whole cents as text with two decimals."""
    return np.array([f"{value // 100}.{value % 100:02d}" for value in cents], dtype=object)


def _prices(rng: np.random.Generator, category: Cents) -> Cents:
    cents = _MEDIAN_CENTS[category] * np.exp(rng.normal(0, 0.5, len(category)))
    return np.asarray(np.round(cents / 100) * 100 - rng.choice([1, 5, 10, 50], len(category)), dtype=np.int64)


def _course(
    rng: np.random.Generator, rows: int, abroad: npt.NDArray[np.bool_], category: Cents
) -> tuple[npt.NDArray[np.object_], dict[str, npt.NDArray[np.object_]]]:
    """Return the status of each order and its three dates, "" for what has not happened."""
    end = np.datetime64("2024-12-31")
    ordered = np.datetime64("2024-01-01") + np.sort((rng.beta(1.25, 1, rows) * 366).astype(int)).astype(
        "timedelta64[D]"
    )
    shipped = ordered + rng.poisson(1.1, rows).astype("timedelta64[D]")
    delivered = shipped + (1 + rng.poisson(np.where(abroad, 3.5, 1.4))).astype("timedelta64[D]")
    cancelled = rng.random(rows) < 0.035
    returned = rng.random(rows) < np.where(np.isin(category, (4, 7)), 0.12, 0.05)
    status = np.where(delivered <= end, np.where(returned, "returned", "delivered"), "shipped").astype(object)
    status = np.where(shipped > end, "open", status)
    status = np.where(cancelled, "cancelled", status).astype(object)
    has_left = ~np.isin(status, ("open", "cancelled"))
    has_come = np.isin(status, ("delivered", "returned"))
    return status, {
        "order_date": ordered.astype(str).astype(object),
        "shipped_date": np.where(has_left, shipped.astype(str), "").astype(object),
        "delivered_date": np.where(has_come, delivered.astype(str), "").astype(object),
    }


def _emails(rng: np.random.Generator) -> npt.NDArray[np.object_]:
    firsts, hosts = FIRST_F + FIRST_M, ("example.com", "example.org", "example.net", "mail.example.com")
    first, last = rng.integers(0, len(firsts), CUSTOMERS), rng.integers(0, len(LAST), CUSTOMERS)
    host = rng.integers(0, len(hosts), CUSTOMERS)
    return np.array(
        [
            f"{firsts[f]}.{LAST[n]}{i % 97}@{hosts[h]}".lower()
            for i, (f, n, h) in enumerate(zip(first, last, host, strict=True))
        ],
        dtype=object,
    )


def _odd_casing(rng: np.random.Generator, words: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    odd = rng.random(len(words))
    lower = np.array([str(word).lower() for word in words], dtype=object)
    upper = np.array([str(word).upper() for word in words], dtype=object)
    return np.where(odd < 0.012, lower, np.where(odd < 0.02, upper, words))
