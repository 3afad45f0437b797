"""Columns that others may know about a person, told by their headers in several languages."""

from __future__ import annotations

from collections.abc import Sequence

from synth_core.semantics import header_words
from synth_core.table import Column, Kind, Role, Table

MOST = 7
# what others know best stands first
TRAITS: dict[str, str] = {
    "birth": "dob birth birthdate birthday born geburtsdatum geburtstag geburtsjahr naissance nacimiento nascita "
    "geboortedatum nascimento",
    "age": "age alter edad idade eta età leeftijd âge alder agegroup",
    "sex": "sex gender geschlecht sexe sexo sesso geslacht genre genero género kön",
    "postcode": "zip zipcode postcode postal plz postleitzahl codepostal cap postnummer",
    "place": "city town village municipality county district borough region state province country nationality "
    "residence birthplace ort wohnort stadt gemeinde kreis bundesland land kanton ville commune departement ciudad "
    "provincia estado pais país cittá città comune gemeente woonplaats neighborhood neighbourhood neighbor latitude "
    "longitude lat lon lng location wojewodztwo citizenship native",
    "race": "race ethnicity ethnic ethnie raza etnia razza religion religious language mothertongue sprache langue",
    "family": "marital maritalstatus familienstand married relationship spouse children kids kinder dependents "
    "dependants situationfamiliale estadocivil burgerlijkestaat",
    "work": "occupation job jobtitle profession beruf employer industry workclass metier métier profesion professione "
    "beroep department",
    "school": "education degree schooling bildung schulabschluss qualification formation estudios istruzione opleiding",
    "death": "death deathdate died deceased sterbedatum",
}
_WORDS = {word: trait for trait, words in TRAITS.items() for word in words.split()}
# what a longer word may begin or end with ("patientbirthdate"), unless it is part of another one ("information")
_LONG = {word: trait for word, trait in _WORDS.items() if len(word) >= 7 and word not in ("formation", "village")}
_ENDINGS = ("s", "id", "no", "nr", "code", "group")
_OF_PEOPLE = frozenset(["birth", "age", "sex", "race", "family", "work", "school", "death"])
_OF_THINGS = frozenset([
    "account", "vehicle", "car", "house", "housing", "building", "contract", "median", "mean", "device", "product",
    "order", "http", "machine", "process", "days", "months", "model", "file", "loan", "tax", "shipping", "item",
    "stage",
])  # fmt: skip


def trait(column: Column) -> str | None:
    """Return which trait of a person a column seems to hold, or None.

    >>> trait(Column(name="AgeOfPolicyHolder", kind=Kind.CATEGORY))
    'age'
    >>> trait(Column(name="account_age", kind=Kind.INTEGER)) is None
    True
    """
    if column.semantic == "date_of_birth":
        return "birth"
    if column.semantic == "postcode":
        return "postcode"
    if column.semantic is not None:
        return None
    words = header_words(column.name)
    if _OF_THINGS & set(words):
        return None
    found = next((_WORDS[word] for word in words if word in _WORDS), None)
    return found or _WORDS.get("".join(words)) or next(filter(None, map(_trait_within, words)), None)


def _trait_within(word: str) -> str | None:
    """Return the trait that a long word says together with others ("policyholderresidence"), or None."""
    for known, name in _LONG.items():
        if word.endswith(known) and len(word) - len(known) >= 3:
            return name
        if word.startswith(known) and word.removeprefix(known) in _ENDINGS:
            return name
    return None


def about_people(table: Table) -> bool:
    """Return whether something says that rows are about people: personal data, somebody's traits, or an entity."""
    return any(
        column.semantic is not None
        or column.role is Role.ENTITY
        or column.kind is Kind.IDENTIFIER
        or _of_somebody(table, column)
        for column in table.columns
    )


def _of_somebody(table: Table, column: Column) -> bool:
    """Whether a column holds a trait of people: figures that hardly repeat are sums over many of them."""
    found = trait(column)
    figures = column.kind in (Kind.INTEGER, Kind.NUMBER) and found not in ("birth", "age")
    return found in _OF_PEOPLE and not (figures and table.frame[column.name].nunique() > 0.5 * len(table))


def suggested_quasi_identifiers(table: Table) -> list[str]:
    """Return the columns that somebody may know about a person and that together may point at one; at most seven.

    By header: birth, age, sex, place, origin, family, work, school; then the first date of the row. Columns in which
    (nearly) every row has its own value are left out, except dates: they point at a row by themselves. Where fewer
    than two are found so, categories of middling number stand in. Dates and such categories are left out where nothing
    says that rows are about people: days of weather expose nobody.
    """
    rows = len(table)
    found: dict[str, list[str]] = {name: [] for name in TRAITS}
    dates, others = [], []
    for column in table.columns:
        if column.role in (Role.DROP, Role.TARGET, Role.ENTITY):
            continue
        distinct = int(table.frame[column.name].nunique())
        if distinct < 2 or not _usable(column, distinct, rows):
            continue
        name = trait(column)
        if name is not None:
            found[name].append(column.name)
        elif column.kind is Kind.DATETIME and column.semantic is None:
            dates.append(column.name)
        elif column.kind is Kind.CATEGORY and column.learned and 3 <= distinct <= 200:
            others.append((distinct, column.name))
    chosen = [names[0] for names in found.values() if names]
    chosen += [name for names in found.values() for name in names[1:] if len(chosen) < MOST]
    people = about_people(table)
    if len(chosen) < MOST and people:
        chosen += dates[:1]
    if len(chosen) < 2 and people:
        chosen += [name for _, name in sorted(others, reverse=True)[:4]]
    kept = set(chosen[:MOST])
    return [name for name in table.names if name in kept]


def _usable(column: Column, distinct: int, rows: int) -> bool:
    if column.kind is Kind.DATETIME:
        return True
    if column.kind in (Kind.IDENTIFIER, Kind.TEXT) and column.semantic != "postcode":
        return False
    return distinct <= 0.9 * rows or rows < 20


def suggested_widths(table: Table, columns: Sequence[str]) -> dict[str, float | str]:
    """Return how coarse these columns may be taken: ages in 5 years, births by year, other dates by month, postcodes by
    their first three characters, numbers of many values in about twenty bands.
    """
    widths: dict[str, float | str] = {}
    for name in columns:
        column = table.column(name)
        what = trait(column)
        if column.kind is Kind.DATETIME:
            widths[name] = "year" if what in ("birth", "death") else "month"
        elif what == "postcode" and column.kind not in (Kind.INTEGER, Kind.NUMBER):
            widths[name] = 3
        elif column.kind in (Kind.INTEGER, Kind.NUMBER) and table.frame[name].nunique() > 25:
            widths[name] = 5 if what == "age" else _twentieth(table, name)
    return widths


def _twentieth(table: Table, name: str) -> float:
    """Return a round twentieth of the range that most values lie in."""
    import numpy as np

    from synth_core.table import numbers

    values = numbers(table.frame[name])
    low, high = np.quantile(values[np.isfinite(values)], (0.01, 0.99))
    wanted = max(float(high - low) / 20, 1e-9)
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(min((m * power for m in (1, 2, 5, 10)), key=lambda size: abs(np.log(size / wanted))))
