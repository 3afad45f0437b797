"""Invented names, postcodes and small draws shared by the demo tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FIRST_F = [
    "Ada", "Alma", "Amira", "Anna", "Astrid", "Beatrix", "Bella", "Carla", "Chiara", "Clara", "Dana", "Edith",
    "Elena", "Elif", "Emma", "Erika", "Fatima", "Fiona", "Freya", "Gina", "Grace", "Greta", "Hanna", "Helen",
    "Ida", "Ines", "Irene", "Ivy", "Jana", "Joan", "Judith", "Julia", "Karin", "Kira", "Lara", "Leila", "Lena",
    "Lucia", "Maja", "Mara", "Maria", "Mina", "Nadia", "Nina", "Nora", "Olga", "Paula", "Petra", "Rania",
    "Rosa", "Ruth", "Sara", "Selma", "Sofia", "Tara", "Thea", "Uma", "Vera", "Yara", "Zoe",
]  # fmt: skip
FIRST_M = [
    "Aaron", "Abel", "Adam", "Ahmed", "Alan", "Anton", "Arne", "Arthur", "Bela", "Ben", "Boris", "Bruno",
    "Carl", "Cem", "Colin", "Dan", "David", "Derek", "Edgar", "Elias", "Emil", "Eric", "Felix", "Finn", "Frank",
    "Georg", "Hakan", "Hans", "Hugo", "Ivan", "Jan", "Jon", "Jonas", "Karim", "Kurt", "Lars", "Leo", "Levin",
    "Luca", "Marc", "Max", "Milan", "Nils", "Noah", "Omar", "Oscar", "Otto", "Paul", "Peter", "Rafael", "Rolf",
    "Sam", "Simon", "Sven", "Theo", "Tim", "Tom", "Viktor", "Walter", "Yusuf",
]  # fmt: skip
LAST = [
    "Abbott", "Adler", "Akin", "Albers", "Amari", "Archer", "Baines", "Barlow", "Becker", "Bergen", "Bishop",
    "Blythe", "Brandt", "Brook", "Calder", "Carver", "Castel", "Clarke", "Conrad", "Cooper", "Corbin", "Dalton",
    "Demir", "Denham", "Dietz", "Draper", "Duval", "Ekberg", "Ellery", "Engel", "Farrow", "Fenn", "Fischer",
    "Fontana", "Foster", "Frey", "Gallo", "Garner", "Gerlach", "Gibson", "Grant", "Haller", "Harlow", "Hartig",
    "Hassan", "Heath", "Holm", "Horvat", "Huber", "Ibsen", "Iqbal", "Jansen", "Jarvis", "Kaya", "Keller",
    "Kemp", "Khalil", "Klein", "Kovac", "Lambert", "Landau", "Larsen", "Lindt", "Lowell", "Lund", "Maddox",
    "Malik", "Marsh", "Mercer", "Moreau", "Moser", "Nadal", "Nielsen", "Norden", "Novak", "Ogden", "Olsen",
    "Orlov", "Palmer", "Parry", "Perez", "Petrov", "Quinn", "Ramsey", "Reuter", "Rivera", "Roth", "Rowan",
    "Sander", "Schmid", "Seidel", "Shah", "Silva", "Sommer", "Stark", "Sutter", "Tanaka", "Tilly", "Torres",
    "Urban", "Vance", "Vogel", "Walden", "Weber", "Winter", "Wolff", "York", "Zeller",
]  # fmt: skip


def names(female: npt.NDArray[np.bool_], rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Return invented full names, first names by sex."""
    rows = len(female)
    first = np.where(
        female, np.array(FIRST_F, dtype=object)[rng.integers(0, len(FIRST_F), rows)],
        np.array(FIRST_M, dtype=object)[rng.integers(0, len(FIRST_M), rows)],
    )  # fmt: skip
    return np.asarray(first + " " + np.array(LAST, dtype=object)[rng.integers(0, len(LAST), rows)], dtype=object)


def postcodes(rows: int, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Return postcodes of about 600 invented districts (five digits, some with a zero in front)."""
    districts = rng.choice(99_000, 600, replace=False) + 1000
    weights = rng.gamma(1.0, 1.0, 600)
    drawn = rng.choice(districts, rows, p=weights / weights.sum())
    return np.array([f"{code:05d}" for code in drawn], dtype=object)


def sigmoid(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return 1 / (1 + exp(-x))."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float64)


def pick(options: Sequence[str], weights: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Return one option per row; ``weights`` has a row per row and a column per option, any positive scale."""
    edges = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    drawn = (rng.random(len(weights))[:, None] > edges).sum(axis=1)
    return np.asarray(np.array(options, dtype=object)[np.minimum(drawn, len(options) - 1)], dtype=object)


def decimals(values: npt.NDArray[np.float64], places: int) -> npt.NDArray[np.object_]:
    """Return numbers as text with fixed decimals, "" where NaN."""
    return np.array(["" if np.isnan(v) else f"{v:.{places}f}" for v in values], dtype=object)


def yes_no(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    """Return "yes" and "no"."""
    return np.where(flags, "yes", "no").astype(object)
