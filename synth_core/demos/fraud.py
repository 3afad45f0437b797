"""Card payments: 50,000 by card holders with habits, 200 by people who hold somebody else's card."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.demos.people import decimals, pick, yes_no

LEGITIMATE, FRAUDULENT, CARDS = 50_000, 200, 4_000
ROWS = LEGITIMATE + FRAUDULENT
COLUMNS = (
    "transaction_id", "card_number", "time", "hour", "amount", "usual_amount", "merchant_category", "country",
    "channel", "card_present", "distance_km", "declines_24h", "account_age_days", "fraud",
)  # fmt: skip
TRUTHS = (
    "transaction_id is unique; a card number appears about twelve times.",
    "200 of 50,200 payments are fraud, all on different cards.",
    "hour is the hour of time.",
    "channel = online if and only if card_present = no; then distance_km is missing.",
    "Contactless payments are at most 50.00.",
    "Fraud is more often online, at night, abroad, after declines, and several times the usual amount.",
)
_SHOPS = {  # share, multiple of the usual amount, share online
    "groceries": (0.26, 0.8, 0.06), "restaurant": (0.17, 0.7, 0.04), "fuel": (0.11, 1.0, 0.0),
    "clothing": (0.12, 1.5, 0.45), "electronics": (0.07, 4.0, 0.55), "travel": (0.05, 7.0, 0.80),
    "pharmacy": (0.08, 0.5, 0.10), "digital goods": (0.09, 0.4, 1.0), "jewellery": (0.01, 9.0, 0.25),
    "cash": (0.04, 2.0, 0.0),
}  # fmt: skip
_FRAUD_SHOPS = np.array([0.05, 0.03, 0.06, 0.10, 0.30, 0.11, 0.01, 0.18, 0.11, 0.05])
_COUNTRIES = ("DE", "FR", "NL", "AT", "ES", "IT", "GB", "US", "PL", "TR")


def simulate(seed: int, legitimate: int = LEGITIMATE, fraudulent: int = FRAUDULENT) -> pd.DataFrame:
    """Return card payments in the order of their time, as text cells."""
    rng = np.random.default_rng(seed)
    rows = legitimate + fraudulent
    numbers = _card_numbers(rng, CARDS)
    usual = np.exp(rng.normal(3.3, 0.6, CARDS))
    roaming = rng.beta(1, 18, CARDS)
    opened = rng.integers(30, 5000, CARDS)
    bad = np.arange(rows) >= legitimate
    card = np.concatenate([rng.integers(0, CARDS, legitimate), rng.choice(CARDS, fraudulent, replace=False)])
    names = list(_SHOPS)
    habits = np.array([_SHOPS[name][0] for name in names])
    shop = pick(names, np.where(bad[:, None], _FRAUD_SHOPS, habits), rng)
    place = np.array([names.index(str(name)) for name in shop])
    online_share = np.array([_SHOPS[name][2] for name in names])[place]
    online = rng.random(rows) < np.where(bad, np.minimum(1, 0.25 + online_share), online_share)
    multiple = np.array([_SHOPS[name][1] for name in names])[place]
    amount = (
        usual[card]
        * multiple
        * np.exp(rng.normal(0, 0.55, rows))
        * np.where(bad, np.exp(rng.normal(0.9, 0.7, rows)), 1)
    )
    round_up = rng.random(rows) < np.where(shop == "cash", 1.0, 0.12)
    amount = np.clip(np.where(round_up, np.ceil(amount / 5) * 5, amount), 0.5, 9_999).round(2)
    contactless = ~online & (amount <= 50) & (rng.random(rows) < np.where(bad, 0.5, 0.8)) & (shop != "cash")
    abroad = rng.random(rows) < np.where(bad, 0.45, roaming[card])
    abroad_weights = np.tile(np.array([0, 9, 8, 7, 8, 7, 5, 4, 4, 3.0]), (rows, 1))
    abroad_weights[bad, 7:] *= 3
    country = np.where(abroad, pick(_COUNTRIES, abroad_weights, rng), "DE")
    distance = np.exp(rng.normal(1.3, 1.1, rows)) + np.where(abroad, np.exp(rng.normal(6.5, 0.6, rows)), 0)
    distance = np.where(bad & ~abroad, distance * np.exp(rng.normal(1.6, 0.8, rows)), distance)
    declines = rng.poisson(np.where(bad, 1.3, 0.03))
    time = _times(rng, bad)
    frame = {
        "card_number": numbers[card],
        "time": np.char.replace(time.astype(str), "T", " "),
        "hour": (time - time.astype("datetime64[D]")).astype("timedelta64[h]").astype(int),
        "amount": decimals(amount, 2),
        "usual_amount": decimals(usual[card], 2),
        "merchant_category": shop,
        "country": country,
        "channel": np.where(online, "online", np.where(contactless, "contactless", "chip")),
        "card_present": yes_no(~online),
        "distance_km": decimals(np.where(online, np.nan, distance), 1),
        "declines_24h": declines,
        "account_age_days": opened[card] + (time - np.datetime64("2024-03-01")).astype("timedelta64[D]").astype(int),
        "fraud": yes_no(bad),
    }
    table = pd.DataFrame(frame).iloc[np.argsort(time, kind="stable")].reset_index(drop=True)
    table.insert(0, "transaction_id", [f"T{number:08d}" for number in 40_000_000 + 13 * np.arange(rows)])
    return table[list(COLUMNS)]


def _times(rng: np.random.Generator, bad: npt.NDArray[np.bool_]) -> npt.NDArray[np.datetime64]:
    """Draw times over 60 days: shopping hours for card holders, nights for thieves."""
    hours = np.arange(24)
    day = 0.08 + np.exp(-(((hours - 12.5) / 3.2) ** 2)) + 0.9 * np.exp(-(((hours - 18.5) / 2.2) ** 2))
    night = 0.35 + 1.3 * np.exp(-(((hours - 2.5) / 2.5) ** 2)) + 0.5 * np.exp(-(((hours - 16) / 5) ** 2))
    hour = np.where(
        bad, rng.choice(24, len(bad), p=night / night.sum()), rng.choice(24, len(bad), p=day / day.sum())
    )  # fmt: skip
    seconds = rng.integers(0, 60, len(bad)) * 86_400 + hour * 3_600 + rng.integers(0, 3_600, len(bad))
    return np.asarray(np.datetime64("2024-03-01T00:00:00") + seconds.astype("timedelta64[s]"))


def _card_numbers(rng: np.random.Generator, count: int) -> npt.NDArray[np.object_]:
    """Return distinct 16-digit numbers with right check digits, under a prefix that is used for testing."""
    from synth_core.semantics import luhn

    bodies = [f"400000{number:09d}" for number in rng.choice(10**9, count, replace=False)]
    return np.array([body + next(d for d in "0123456789" if luhn(body + d)) for body in bodies], dtype=object)
