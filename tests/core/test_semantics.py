# ruff: noqa: E501 - lists of words
"""Personal data is found by header, form, check digits and word lists; what only looks like it is left alone."""

import numpy as np
import pandas as pd
import pytest

from synth_core.inference import ColumnChoice, table_from_frame
from synth_core.semantics import SEMANTICS, Seen, detect, from_header, holds, in_context, inside, title
from synth_core.semantics.names import name_words, names_in
from synth_core.semantics.national import scheme_of
from synth_core.semantics.patterns import mostly, share
from synth_core.table import Column, Kind, Role

ROWS = 60
RNG = np.random.default_rng(0)


def said(values, name: str = "column_1") -> str | None:
    values = list(dict.fromkeys(values))
    return detect(name, values, len(values), len(values))


def digits(form: str, count: int = ROWS, seed: int = 0) -> list[str]:
    """Return texts where every # is a random digit."""
    rng = np.random.default_rng(seed)
    return ["".join(str(rng.integers(0, 10)) if c == "#" else c for c in form) for _ in range(count)]


def valid(module: str, form: str, count: int = ROWS, tries: int = 60_000) -> list[str]:
    """Return random numbers that pass the check of a scheme of python-stdnum."""
    from importlib import import_module

    check = import_module(f"stdnum.{module}").is_valid
    found: list[str] = []
    for seed in range(tries // 500):
        found += [text for text in digits(form, 500, seed) if check(text)]
        if len(found) >= count:
            break
    return found[:count]


FIRST = "Anna Peter Julia Thomas Laura Michael Sophie Daniel Maria Stefan Emma David Lena Martin Clara Paul Nina Simon Eva Jonas"
LAST = (
    "Smith Garcia Müller Rossi Dubois Johnson Schneider Lopez Fischer Martin Jansen Brown Weber Moreau Bakker Wilson Wagner"
    " Ferrari Laurent Visser"
)

HEADERS = {
    "Vorname": "first_name", "Nachname": "last_name", "Geburtsdatum": "date_of_birth", "Straße": "street_address",
    "PLZ": "postcode", "Telefonnummer": "phone", "E-Mail-Adresse": "email", "Prénom": "first_name",
    "Nom de famille": "last_name", "date_naissance": "date_of_birth", "Code postal": "postcode", "Téléphone": "phone",
    "Apellidos": "last_name", "Correo electrónico": "email", "Fecha de nacimiento": "date_of_birth", "Dirección": "street_address",
    "Achternaam": "last_name", "Geboortedatum": "date_of_birth", "Huisnummer": "house_number", "Cognome": "last_name",
    "Codice fiscale": "national_id", "氏名": "person_name", "電話番号": "phone", "郵便番号": "postcode", "passport_no": "document_number",
    "driver_license": "document_number", "license_plate": "licence_plate", "Kennzeichen": "licence_plate", "MAC": "mac_address",
    "imei": "device_id", "user_name": "username", "BSN": "national_id", "PatientName": "person_name", "MobilePhone": "phone",
}  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_headers_are_understood_in_several_languages(header: str) -> None:
    assert from_header(header) == HEADERS[header]


HARMLESS_HEADERS = [
    "price", "status", "amount", "product_name", "customer_segment", "phone_type", "mail_sent_count", "age", "city_population",
    "address_type", "birth_weight", "company_name", "month", "diagnosis", "readmitted", "visit_date",
]  # fmt: skip


@pytest.mark.parametrize("header", HARMLESS_HEADERS)
def test_other_headers_claim_nothing(header: str) -> None:
    assert from_header(header) is None


NATIONAL = {
    "NL": ("nl.bsn", "#########"),
    "PL": ("pl.pesel", "9#0#1######"),
    "BR": ("br.cpf", "###.###.###-##"),
    "GB": ("gb.nhs", "### ### ####"),
    "CH": ("ch.ssn", "756.####.####.##"),
    "BE": ("be.nn", "8#.0#.1#-###.##"),
}


@pytest.mark.parametrize("country", NATIONAL)
def test_national_ids_are_known_by_their_check_digits(country: str) -> None:
    module, form = NATIONAL[country]
    values = valid(module, form)
    assert len(values) == ROWS
    found = scheme_of(values)
    assert found is not None
    assert found.country == country
    assert said(values) == "national_id"


@pytest.mark.parametrize("form", ["#########", "##########", "###########", "#############"])
def test_random_numbers_of_the_same_length_are_not_national_ids(form: str) -> None:
    assert scheme_of(digits(form, 400)) is None
    assert said(digits(form, 400)) is None


def test_some_right_check_digits_among_random_numbers_are_chance() -> None:
    mixed = valid("nl.bsn", "#########", 30) + digits("#########", 70, seed=5)
    assert scheme_of(mixed) is None


FEW = ["Müller", "Jäger", "Groß", "Schröder", "Öztürk", "Bähr"]


@pytest.mark.parametrize("header", ["Patientenname", "Nachname", "last_name", "patient_name", "Name des Patienten"])
def test_a_few_names_that_come_often_are_personal_where_the_header_says_so(header: str) -> None:
    assert detect(header, FEW, len(FEW), 300) in ("last_name", "person_name")
    assert detect("first_name", ["Anna", "Peter", "Mehmet"], 3, 300) == "first_name"
    assert detect("customer_name", ["Anna Smith", "Dr. Peter Jones", "Eva Bakker"], 3, 300) == "person_name"


HARMLESS_FEW = {
    "species_name": ["Adelie", "Chinstrap", "Gentoo"],
    "species": FEW,
    "name": FEW,
    "country_name": ["France", "Jordan", "Georgia", "Chad"],
    "product_name": ["Alexa", "Siri", "Victoria"],
    "team_name": ["Jackson", "Carter", "Wilson"],
    "owner_name": ["Ford Motor Company", "Jones & Sons", "Smith Ltd"],
    "member_name": ["gold", "silver", "bronze"],
    "client_name": ["Acme", "Initech", "Globex", "Umbrella"],
    "customer_name": ["segment_1", "segment_2"],
    "store_manager_name": ["open", "closed"],
    "dog_name": ["Max", "Bella", "Charlie"],
}


@pytest.mark.parametrize("header", HARMLESS_FEW)
def test_a_few_words_are_not_personal_for_sounding_like_names(header: str) -> None:
    values = HARMLESS_FEW[header]
    assert detect(header, values, len(values), 300) is None


def test_a_handful_of_right_numbers_is_no_evidence() -> None:
    assert scheme_of(valid("nl.bsn", "#########", 4)) is None


def test_article_and_book_numbers_are_not_personal() -> None:
    from stdnum import ean, isbn

    books = [f"978{body}" for body in digits("#########", 80)]
    books = [text + ean.calc_check_digit(text) for text in books]
    assert said(books) is None
    assert said([isbn.to_isbn10(text) for text in books]) is None
    goods = [body + ean.calc_check_digit(body) for body in digits("############", 80)]
    assert said(goods) is None


def test_a_devices_number_is_not_a_card() -> None:
    from stdnum import luhn

    bodies = digits("35############", 60)
    assert said([body + luhn.calc_check_digit(body) for body in bodies]) == "device_id"
    cards = digits("4##############", 60)
    assert said([body + luhn.calc_check_digit(body) for body in cards]) == "card_number"
    assert said(digits("4###############", 300)) is None


FORMS = {
    "phone": (digits("+49 151 #######") + digits("030 #######") + digits("(040) ######"), "phone"),
    "french phone": (digits("06########"), "phone"),
    "american phone": (digits("(2##) 5##-####"), "phone"),
    "mac": (digits("0#:1#:2#:3#:4#:5#"), "mac_address"),
    "ip": ([f"{a}.{b}.{c}.7" for a, b, c in RNG.integers(30, 220, (ROWS, 3))], "ip_address"),
    "british postcode": ([f"SW{i % 9}A {i % 7}AA" for i in range(40)] + [f"N{i}B {i}QX" for i in range(9)]
                         + [f"{x}{i} 4TH" for x in "ABEKL" for i in range(9)], "postcode"),
    "address": ([f"{i} {name} Street" for i, name in enumerate(LAST.split(), 3)], "street_address"),
    "german address": ([f"{name}straße {i}" for i, name in enumerate(LAST.split(), 3)], "street_address"),
    "dutch address": ([f"{name}laan {i}" for i, name in enumerate(LAST.split(), 3)], "street_address"),
    "french address": ([f"{i}, rue {name}" for i, name in enumerate(LAST.split(), 3)], "street_address"),
    "spanish address": ([f"Calle {name}, {i}" for i, name in enumerate(LAST.split(), 3)], "street_address"),
}  # fmt: skip


@pytest.mark.parametrize("case", FORMS)
def test_values_alone_tell(case: str) -> None:
    values, semantic = FORMS[case]
    assert said(values) == semantic


NAMES = {
    "first names": (FIRST.split(), "first_name"),
    "family names": (LAST.split(), "last_name"),
    "capitals": ([name.upper() for name in LAST.split()], "last_name"),
    "with digits": ([f"{name}{i}" for i, name in enumerate(LAST.split(), 100)], "last_name"),
    "full": ([f"{a} {b}" for a, b in zip(FIRST.split(), LAST.split(), strict=True)], "person_name"),
    "turned": ([f"{b}, {a}" for a, b in zip(FIRST.split(), LAST.split(), strict=True)], "person_name"),
    "titled": ([f"Dr. {a} {b}" for a, b in zip(FIRST.split(), LAST.split(), strict=True)], "person_name"),
    "initials": ([f"{a} {a[0]}. {b}" for a, b in zip(FIRST.split(), LAST.split(), strict=True)], "person_name"),
    "full with digits": ([f"{a}12 {b}345" for a, b in zip(FIRST.split(), LAST.split(), strict=True)], "person_name"),
    "spanish": ([f"{b} {c} {a}" for a, b, c in zip(FIRST.split(), LAST.split(), LAST.split()[::-1], strict=True)],
                "person_name"),
}  # fmt: skip


@pytest.mark.parametrize("case", NAMES)
def test_names_are_known_without_a_header(case: str) -> None:
    values, semantic = NAMES[case]
    assert said(values) == semantic


def test_a_plain_name_header_asks_the_values() -> None:
    people, semantic = NAMES["full"]
    assert said(people, "Name") == semantic
    assert said(LAST.split(), "nom") == "last_name"
    assert (
        said(
            ["Medicare", "Medicaid", "Humana", "Aetna", "Cigna", "Anthem"] + [f"Plan {c}" for c in "ABCDEFGHIJKLMNOPQ"],
            "NAME",
        )
        is None
    )


OTHERS = {
    "cities": "Portland Boston Dallas Austin Houston Jackson Madison Charlotte Lincoln Orlando Aurora Glendale Richmond Columbus"
    " Denver Phoenix Raleigh Savannah Florence Victoria Paris London Sydney",
    "towns": "Boston Springfield Portland Salem Lowell Worcester Cambridge Quincy Newton Somerville Framingham Waltham Malden Brookline"
    " Medford Taunton Weymouth Chicopee Revere Peabody Methuen Everett Attleboro Barnstable",
    "countries": "Germany France Spain Italy Norway Sweden Poland Austria Belgium Denmark Finland Greece Ireland Portugal Hungary Jordan"
    " Georgia Chad Israel Cuba Kenya Mali Oman Peru",
    "colours": "red green blue yellow white black orange purple violet rose ruby olive amber ivory scarlet brown grey pink gold silver"
    " teal navy maroon cyan",
    "jobs": "Baker Cook Tailor Carpenter Painter Driver Nurse Teacher Farmer Fisher Miller Mason Plumber Waiter Porter Sailor Clerk Lawyer"
    " Dentist Engineer Chemist Actuary Welder Butcher",
    "words": "table measure window river garden system number paper letter answer market member reason future picture energy surface"
    " process quality season machine village",
}


@pytest.mark.parametrize("case", [case for case in OTHERS if case != "jobs"])
def test_words_for_other_things_are_not_names(case: str) -> None:
    assert said(OTHERS[case].split()) is None


@pytest.mark.parametrize("header", ["county", "crater", "car_make", "neighborhood", "genus"])
def test_places_and_things_called_after_people_are_not_people(header: str) -> None:
    assert said(LAST.split(), header) is None


def test_cities_restaurants_and_domains_are_not_people() -> None:
    assert said(OTHERS["cities"].split(), "name") is None
    kinds = ["Bistro", "Pizza", "Grill", "Diner", "Noodles"]
    inns = [
        f"{a} {b} {c}" for a in ("Dark", "Golden", "Happy") for b in ("Rose", "Garden", "Lion", "Star") for c in kinds
    ]
    assert said(inns, "name") is None
    assert (
        said([f"{name.lower()}-{other.lower()}.com" for name, other in zip(LAST.split(), FIRST.split(), strict=False)])
        is None
    )


def test_a_header_of_things_asks_for_twice_the_evidence() -> None:
    assert said(LAST.split(), "department head") == "last_name"
    jobs = OTHERS["jobs"].split()
    assert said(jobs, "job") is None
    assert names_in(LAST.split(), doubtful=True) == "last_name"


def test_firms_named_after_people_are_firms() -> None:
    firms = [f"{name} {end}" for name, end in zip(LAST.split(), ["GmbH", "Ltd", "Inc", "& Sons"] * 5, strict=True)]
    assert said(firms) is None
    assert (
        said([f"{a}, {b} and {c}" for a, b, c in zip(LAST.split(), LAST.split()[3:], LAST.split()[5:], strict=False)])
        is None
    )


SAFE = {
    "versions": [f"{a}.{b}.{c}.{d}" for a, b, c, d in RNG.integers(0, 12, (ROWS, 4))],
    "builds": [f"10.{a}.{b}.{c}" for a, b, c in RNG.integers(0, 50, (ROWS, 3))],
    "prices": [f"{p:.2f}" for p in RNG.lognormal(3, 1, ROWS)],
    "timestamps": [
        f"2023-01-{d:02d} 1{h}:00:00" for d, h in zip(RNG.integers(1, 29, ROWS), RNG.integers(0, 9, ROWS), strict=True)
    ],
    "hashes": [RNG.bytes(16).hex() for _ in range(ROWS)],
    "tickets": digits("TCK-######"),
    "orders": digits("2023-######"),
    "invoices": digits("##########"),
    "epochs": digits("16########"),
    "icd": [
        f"{c}{n}.{m}"
        for c, n, m in zip("ABCDEF" * 10, RNG.integers(10, 99, ROWS), RNG.integers(0, 9, ROWS), strict=True)
    ],
    "coordinates": [f"{v:.2f}" for v in RNG.uniform(30, 60, ROWS)],
    "ranges": [f"{a}-{a + 10}" for a in range(0, 600, 10)],
    "oids": [f"1.2.840.{a}.{b}" for a, b in RNG.integers(1, 900, (ROWS, 2))],
    "sizes": [f"{a}x{b}" for a, b in RNG.integers(1, 900, (ROWS, 2))],
    "sentences": [f"The box number {i} is on the shelf" for i in range(ROWS)],
    "quantities": digits("#####"),
}


@pytest.mark.parametrize("case", SAFE)
def test_plain_columns_are_left_alone(case: str) -> None:
    assert said(SAFE[case]) is None


COUNTS = {
    "drivers": [str(1000 + 37 * i) for i in range(ROWS)],
    "street": [str(i + 100) for i in range(ROWS)],
    "cap": [str(450 + 23 * i) for i in range(ROWS)],
}


@pytest.mark.parametrize("header", COUNTS)
def test_plain_counts_are_no_documents_streets_or_postcodes_whatever_the_header(header: str) -> None:
    assert said(COUNTS[header], header) is None


@pytest.mark.parametrize("least", [0.4, 0.5, 0.6, 0.85, 1.0])
def test_a_test_that_stops_early_says_what_the_share_says(least: float) -> None:
    for size in (1, 2, 7, 20):
        for passing in range(size + 1):
            values = ["x"] * (size - passing) + ["a"] * passing
            assert mostly("a".__eq__, values, least) is (share("a".__eq__, values) >= least)
    assert not mostly("a".__eq__, [], least)


def test_a_column_of_two_values_is_never_personal() -> None:
    assert detect("first_name", ["Anna", "Peter"], 2, 500) is None


def test_an_address_column_that_holds_mails_is_said_to_hold_mails() -> None:
    assert said([f"ann{i}@example.org" for i in range(30)], "address") == "email"


# -- with the neighbours ----------------------------------------------------------------------------------------


def table(**columns):
    rows = max(map(len, columns.values()))
    return table_from_frame(pd.DataFrame({k: (list(v) * rows)[:rows] for k, v in columns.items()}), text=True)


def dates(low: str, high: str, count: int = 200) -> list[str]:
    days = pd.date_range(low, high, periods=count)
    return [str(day)[:10] for day in np.random.default_rng(1).permutation(days)]


def test_a_nameless_date_spread_over_decades_is_a_birth_beside_mails_only() -> None:
    mails = [f"ann{i}@example.org" for i in range(200)]
    births, visits = dates("1940-01-01", "2005-01-01"), dates("2021-01-01", "2023-01-01")
    found = table(column_1=mails, column_2=births, column_3=visits)
    assert [c.semantic for c in found.columns] == ["email", "date_of_birth", None]
    assert found.column("column_2").kind is Kind.DATETIME
    alone = table(column_1=[str(i % 7) for i in range(200)], column_2=births)
    assert [c.semantic for c in alone.columns] == [None, None]
    named = table(mail=mails, opened=births)
    assert named.column("opened").semantic is None


def test_who_died_was_born_before() -> None:
    mails = [f"ann{i}@example.org" for i in range(200)]
    found = table(
        column_1=mails, column_2=dates("1960-01-01", "2009-01-01"), column_3=dates("1930-01-01", "1985-01-01")
    )
    assert [c.semantic for c in found.columns] == ["email", None, "date_of_birth"]


def test_exact_coordinates_are_a_home_in_a_table_about_people_only() -> None:
    rng = np.random.default_rng(0)
    latitude = [f"{v:.6f}" for v in rng.uniform(40, 42, 200)]
    coarse = [f"{v:.2f}" for v in rng.uniform(40, 42, 200)]
    mails = [f"ann{i}@example.org" for i in range(200)]
    found = table(mail=mails, latitude=latitude, lat=coarse)
    assert found.column("latitude").semantic == "location"
    assert found.column("latitude").kind is Kind.NUMBER
    assert found.column("lat").semantic is None
    assert table(station=[f"S{i % 9}" for i in range(200)], latitude=latitude).column("latitude").semantic is None


def test_nameless_codes_with_leading_zeros_are_postcodes_beside_addresses() -> None:
    codes = digits("#####", 200)
    streets = [f"{name}straße {i}" for i in range(10) for name in LAST.split()]
    found = table(column_1=streets, column_2=codes)
    assert [c.semantic for c in found.columns] == ["street_address", "postcode"]
    assert found.column("column_2").role is Role.FEATURE
    assert table(column_1=digits("TCK-####", 200), column_2=codes).column("column_2").semantic is None


def test_what_the_user_cleared_stays_cleared() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"mail": [f"a{i}@example.org" for i in range(99)], "lat": [f"{v:.6f}" for v in rng.uniform(40, 42, 99)]}
    )
    cleared = table_from_frame(frame, text=True, choices={"lat": ColumnChoice(semantic="")})
    assert cleared.column("lat").semantic is None


def test_a_table_without_people_is_not_looked_at_twice() -> None:
    assert in_context([Seen("latitude", None, ["40.123456"] * 30)]) == {}


# -- free text ----------------------------------------------------------------------------------------------------


def test_free_text_says_what_it_holds() -> None:
    texts = ["Called Mr. Hansen, he was not at home and will call back."] * 2 + [
        "Write to ann@example.org or call +49 30 1234567."
    ]
    texts += ["Nothing to see here, the parcel has come as it should."] * 7
    assert inside(texts) == {"names of people": 0.2, "e-mail addresses": 0.1, "phone numbers": 0.1}
    assert holds(texts).startswith("Personal data inside: names of people (about 20 % of the cells), e-mail addresses")
    assert holds(texts[3:]) == ""


def test_a_column_of_notes_is_left_out_and_says_why() -> None:
    notes = [
        f"Call number {i}: Mr. Hansen asks for the bill of last month to be sent again to his new home."
        for i in range(60)
    ]
    column = table(note=notes).columns[0]
    assert (column.kind, column.role, column.semantic) == (Kind.TEXT, Role.DROP, None)
    assert "Personal data inside: names of people (about 100 % of the cells)." in column.note


# -- words --------------------------------------------------------------------------------------------------------


def test_titles_initials_and_particles_are_no_names() -> None:
    assert name_words("Dr. Anna M. van der Meer") == ["anna", "meer"]
    assert name_words("Bertie593") == ["bertie"]


@pytest.mark.filterwarnings("ignore:Could not infer format")
def test_every_kind_has_a_title_and_can_be_made_anew() -> None:
    from synth_core.regenerate import Regenerator
    from synth_core.table import Table

    for semantic in SEMANTICS:
        assert title(semantic)
        column = Column(name="x", kind=Kind.TEXT, semantic=semantic)
        made = Regenerator.fit(Table(pd.DataFrame({"x": [f"Ab{i}-{i:04d}" for i in range(80)]}), (column,)), 0)
        values = made.fill(pd.DataFrame(index=range(50)), first_row=0, seed=1)["x"]
        assert values.notna().all()
