"""What a header says about the kind of its column: an identifier, a code, a quantity, somebody, a time.

Headers only tip the scales: :mod:`synth_core.inference` asks the values as well. The words are the ones that data
dictionaries of registries, statistics offices, shops and hospitals use, in English and German.
"""

from __future__ import annotations

import re

from synth_core.semantics import header_words


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_IDENTIFIER = frozenset([
    "id", "ids", "uuid", "guid", "key", "nbr", "nr", "mrn", "recordnumber", "serial", "udi", "uid", "pid",
    "barcode", "imei", "vin", "kennung", "aktenzeichen", "identifier", "rowid", "objectid", "recordid", "sid", "cid",
    "hhid", "seqn", "pidnum", "idnum", "idno", "ptid", "patid", "usubjid", "subjid",
])  # fmt: skip
_LEADING = frozenset(["id", "uuid", "guid", "ids"])  # "IdLandkreis", "id_student"
_NUMBERING = frozenset([
    "number", "no", "nr", "nummer", "row", "rownum", "rownumber", "ref", "reference", "account", "username", "nbr",
    "invoice", "order", "ticket", "receipt", "invoiceno", "orderno", "ticketno", "accountno", "lfd",
])  # fmt: skip
_ALONE = frozenset(["index", "idx", "number", "no", "num", "record", "account", "unnamed"])
_PERSONS = _words(
    "patient customer client user member person subject employee passenger student donor participant respondent"
    " individual household account borrower applicant policyholder insured physician worker player driver rider guest"
    " tenant subscriber visitor beneficiary child mother animal dog cow kunde kunden patienten versicherten mitarbeiter"
    " person personen probanden teilnehmer schueler subj cust emp card cardholder caller device machine sensor engine"
    " vehicle"
)
_APPARATUS = ("card", "device", "machine", "sensor", "engine", "vehicle", "account", "household", "child", "passenger")
_EVENTS = _words(
    "encounter order invoice transaction visit session trip ride booking policy claim ticket case record row"
    " event message note admission stay loan contract payment purchase object entry log response survey episode"
)
_PLACES = _words(
    "family town village unit school firm company plant site station team group class house location branch region"
    " state county city country district hospital clinic doctor provider farm herd litter pair"
)
_RUN_TOGETHER = re.compile(
    rf"({'|'.join([*_PERSONS, *_EVENTS, *_PLACES])}|product|store|item)(id|no|nr|nbr|key|num|number|nummer|uid)s?$"
    r"|.{4,}nummer$"
)
_OF_PERSON = re.compile("|".join(_PERSONS))
_CODE = frozenset([
    "code", "codes", "icd", "sku", "fips", "ags", "naics", "sic", "nace", "iso", "cpt", "ndc", "drg", "loinc",
    "snomed", "cvx", "rxnorm", "atc", "hs", "isic", "isco", "soc", "nuts", "geoid", "schluessel", "schlüssel",
    "kennziffer", "plz", "zip", "zipcode", "postcode", "mcc", "bin", "icao", "wkn", "isin", "cusip", "ean", "gtin",
    "upc", "asin", "tract", "iata", "isbn", "issn", "ticker",
])  # fmt: skip
_GROUPS = frozenset([
    "type", "types", "class", "category", "status", "group", "cluster", "label", "segment", "sex", "gender", "race",
    "ethnicity", "ethnic", "marital", "marriage", "education", "religion", "nationality", "country", "state",
    "region", "province", "district", "county", "city", "zone", "sector", "industry", "occupation", "job",
    "profession", "brand", "make", "color", "colour", "department", "dept", "branch", "channel", "source", "season",
    "weather", "weathersit", "mode", "reason", "cause", "diagnosis", "specialty", "species", "genre", "language",
    "currency", "purpose", "flag", "geschlecht", "familienstand", "konfession", "staat", "land", "bundesland",
    "kreis", "gemeinde", "art", "typ", "gruppe", "kategorie", "klasse", "merkmal", "branche", "beruf", "anrede",
    "location", "vendor", "disposition", "housing", "relationship", "mapping", "variety",
    "topic", "origin", "destination",
])  # fmt: skip
_QUANTITY = frozenset([
    "count", "counts", "num", "number", "n", "nb", "nof", "anzahl", "anz", "total", "sum", "summe", "amount", "amt",
    "betrag", "qty", "quantity", "menge", "price", "preis", "cost", "costs", "kosten", "fee", "income", "salary",
    "revenue", "budget", "sales", "umsatz", "value", "wert", "volume", "area", "flaeche", "fläche", "size",
    "length", "width", "height", "weight", "population", "pop", "einwohner", "age", "alter", "year", "years",
    "jahr", "jahre", "month", "months", "monat", "day", "days", "tage", "hour", "hours", "minute", "minutes",
    "seconds", "duration", "distance", "score", "rate", "ratio", "percent", "pct", "avg", "mean", "median", "min",
    "max", "std", "children", "dependents", "persons", "people", "visits", "times", "frequency", "temperature",
    "temp", "speed", "power", "rooms", "bedrooms", "bathrooms", "floors", "doors", "cylinders", "seats", "balance",
    "deposit", "points", "goals", "steps", "weeks", "week", "quarter", "gdp", "rank", "rating", "grade", "level",
    "stage", "bill", "limit", "loan", "debt", "gain", "loss", "wage", "payment", "pay", "capacity", "index",
    "quality", "cars", "siblings", "sibsp", "parch", "cases", "deaths", "tests", "cnt", "numero", "mpg", "cyl",
    "inhabitants", "pops", "popn", "popul", "patients", "customers", "clients", "users", "members", "subjects",
    "employees", "passengers", "students", "teachers", "donors", "participants", "respondents", "individuals",
    "households", "applicants", "workers", "players", "drivers", "riders", "guests", "tenants", "subscribers",
    "visitors", "animals", "dogs", "cows", "families", "men", "women",
])  # fmt: skip
_POSITION = frozenset([
    "step", "time", "t", "seq", "sequence", "tick", "period", "cycle", "cycles", "wave", "round", "epoch", "day",
    "week", "month", "year", "hour", "minute", "second", "visit", "timestamp", "date", "zeit", "tag", "jahr",
    "monat", "woche", "yr", "mon", "mnth", "mth", "wk", "hr", "qtr", "quarter", "quartal",
])  # fmt: skip
_BIRTH_OR_END = frozenset([
    "birth", "birthdate", "birthday", "dob", "born", "geburt", "geburtsdatum", "geb", "death", "deathdate", "died",
    "dod", "sterbedatum", "stop", "end", "ende", "bis", "until", "expiry", "expires", "expiration", "due", "closed",
    "discharge", "return", "returned", "dropoff", "finish", "finished", "updated", "modified", "valid", "release",
])  # fmt: skip
_DIFFERENCE = frozenset(["diff", "diffs", "difference", "change", "delta", "differenz", "discount", "disc", "rabatt"])

# In front of a grouping they say that it is counted or judged; behind one, whose it is.
_COUNTED = frozenset([
    "num", "number", "n", "no", "count", "anzahl", "total", "rate", "rating", "score", "years", "yrs", "age", "avg",
    "mean", "pct", "percent", "perc", "mpg", "kmpl", "distance",
])  # fmt: skip
_WHOSE = frozenset([
    "husb", "husband", "wife", "spouse", "partner", "father", "mother", "parent", "head", "primary", "secondary",
])  # fmt: skip


def says_identifier(name: str) -> bool:
    """Whether the header names a key.

    >>> says_identifier("patient_nbr"), says_identifier("customerid"), says_identifier("age"), says_identifier("valid")
    (True, True, False, False)
    """
    words = header_words(name)
    if not words:
        return False
    if says_quantity(name) and words[-1] not in _IDENTIFIER:
        return False
    return bool(words[-1] in _IDENTIFIER or words[0] in _LEADING or _RUN_TOGETHER.fullmatch(words[-1]))


def says_numbering(name: str) -> bool:
    """Whether the header names a running number or a reference ("InvoiceNo"): a name for things, not a count.

    >>> says_numbering("RepNumber"), says_numbering("NumberOfCars"), says_numbering("smoker_yes_cough_no")
    (True, False, False)
    """
    words = header_words(name)
    if not words or (len(words) == 1 and words[0] in _ALONE):
        return bool(words)
    answers = "yes" in words or words.count("no") > 1  # "smoker_no_cough_no": counts of answers
    return words[-1] in _NUMBERING and not answers and not set(words[:-1]) & (_QUANTITY | {"of"})


def says_only_number(name: str) -> bool:
    """Whether the header is no more than "number": of the row where each has its own, else a count."""
    return header_words(name) in (["number"], ["num"], ["no"])


def says_own_key(name: str) -> bool:
    """Whether the header is no more than "id": whom the rows are about, however often it repeats."""
    return header_words(name) == ["id"]


def says_difference(name: str) -> bool:
    """Whether the header names a difference, of which nothing is a common amount.

    >>> says_difference("ListPriceDiff"), says_difference("difficulty")
    (True, False)
    """
    return bool(_DIFFERENCE.intersection(header_words(name)))


def says_schooling(name: str) -> bool:
    """Whether the header speaks of education, of which levels have codes and years are counted."""
    words = header_words(name)
    return bool(words) and (words[-1].startswith("educ") or words[-1] in ("schooling", "bildung"))


def says_code(name: str) -> bool:
    """Whether the header names a code of a published list."""
    words = header_words(name)
    return bool(_CODE.intersection(words[-1:] + words[:1])) or name.lower().rstrip("0123456789_ ").endswith(
        ("code", "schlüssel", "schluessel", "kennziffer")
    )


def says_group(name: str) -> bool:
    """Whether the header names a grouping ("sex", "payment_type", "Pclass") whose numbers would be labels.

    >>> says_group("EDUCATION"), says_group("education-num"), says_group("Pclass"), says_group("occupation_wife")
    (True, False, True, True)
    """
    words = header_words(name)
    if len(words) > 1 and words[-1] in _WHOSE:
        words = words[:-1]
    if not words or words[0] in _COUNTED:
        return False
    return words[-1] in _GROUPS or words[-1].endswith(("type", "class", "status", "gruppe", "klasse", "kategorie"))


def says_answer(name: str) -> bool:
    """Whether the header is the one that data sets made for learning give to the answer."""
    return header_words(name) in (["target"], ["outcome"], ["label"], ["class"], ["y", "true"])


def says_quantity(name: str) -> bool:
    """Whether the header names what is counted (people in the plural, too), measured or paid.

    >>> says_quantity("Passengers"), says_quantity("pops66"), says_quantity("passenger")
    (True, True, False)
    """
    words = header_words(name)
    ends = words[-1:] + words[:1]
    return bool(_QUANTITY.intersection(ends)) and not (ends[0] in ("number", "no", "num") and len(words) > 1)


def says_person(name: str) -> bool:
    """Whether the header names somebody, or something, that several rows can be about."""
    words = header_words(name)
    return any(word in _PERSONS or (_RUN_TOGETHER.fullmatch(word) and _OF_PERSON.match(word)) for word in words)


def says_somebody(name: str) -> bool:
    """Whether the header ends in the word for a human being: below it stand keys, not readings.

    >>> says_somebody("subject"), says_somebody("engine_hp"), says_somebody("sensor1")
    (True, False, False)
    """
    words = header_words(name)
    return bool(words) and words[-1] in _PERSONS and words[-1] not in _APPARATUS


def says_event(name: str) -> bool:
    """Whether the header names something that happens: a visit, an order, a payment."""
    words = header_words(name)
    return any(word.startswith(tuple(_EVENTS)) for word in words) and not says_person(name)


def says_position(name: str) -> bool:
    """Whether the header names a place in time: a step, a day, a wave."""
    words = header_words(name)
    return bool(words) and words[-1] in _POSITION


def says_birth_or_end(name: str) -> bool:
    """Whether the header names a date that does not say when the row happened: of birth, of an end."""
    words = header_words(name)
    return bool(_BIRTH_OR_END.intersection(words)) or bool(re.search(r"birth|death|geburt|dropoff|stop$", name.lower()))
