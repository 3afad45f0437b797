# ruff: noqa: E501 - tables of words
"""Tables of made people and of columns that are no personal data, for benchmarks/personal.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synth_core.semantics import names

KIND = {"full_address": "street_address", "surname_first": "person_name"}  # a column whose kind is not its name

# truth: column -> kind; the header in the locale's language where it is not English
HEADERS: dict[str, dict[str, str]] = {
    "de_DE": {"first_name": "Vorname", "last_name": "Nachname", "person_name": "Kundenname", "email": "E-Mail-Adresse",
              "phone": "Telefonnummer", "street_address": "Straße", "house_number": "Hausnummer", "full_address": "Anschrift",
              "postcode": "PLZ", "national_id": "Sozialversicherungsnummer", "iban": "IBAN", "card_number": "Kreditkartennummer",
              "ip_address": "IP-Adresse", "url": "Webseite", "date_of_birth": "Geburtsdatum", "username": "Benutzername",
              "licence_plate": "Kennzeichen", "document_number": "Reisepassnummer", "mac_address": "MAC-Adresse",
              "surname_first": "Name", "city": "Stadt", "country": "Land", "job": "Beruf", "company": "Firma", "colour": "Farbe"},
    "fr_FR": {"first_name": "Prénom", "last_name": "Nom de famille", "person_name": "Nom du client", "email": "Courriel",
              "phone": "Téléphone", "street_address": "Adresse", "house_number": "Numéro de rue", "full_address": "Adresse postale",
              "postcode": "Code postal", "national_id": "Numéro de sécurité sociale", "iban": "IBAN",
              "card_number": "Carte bancaire", "ip_address": "Adresse IP", "url": "Site web",
              "date_of_birth": "Date de naissance", "username": "Nom d'utilisateur", "licence_plate": "Immatriculation",
              "document_number": "Numéro de passeport", "mac_address": "Adresse MAC", "surname_first": "Nom", "city": "Ville",
              "country": "Pays", "job": "Métier", "company": "Entreprise", "colour": "Couleur"},
    "es_ES": {"first_name": "Nombre de pila", "last_name": "Apellidos", "person_name": "Nombre completo",
              "email": "Correo electrónico", "phone": "Teléfono", "street_address": "Calle", "house_number": "Numero de casa",
              "full_address": "Dirección", "postcode": "Código postal", "national_id": "DNI", "iban": "IBAN",
              "card_number": "Tarjeta de crédito", "ip_address": "Dirección IP", "url": "Sitio web",
              "date_of_birth": "Fecha de nacimiento", "username": "Usuario", "licence_plate": "Matrícula",
              "document_number": "Pasaporte", "mac_address": "Dirección MAC", "surname_first": "Nombre", "city": "Ciudad",
              "country": "País", "job": "Trabajo", "company": "Empresa", "colour": "Color"},
    "nl_NL": {"first_name": "Voornaam", "last_name": "Achternaam", "person_name": "Volledige naam", "email": "E-mailadres",
              "phone": "Telefoonnummer", "street_address": "Straat", "house_number": "Huisnummer", "full_address": "Adres",
              "postcode": "Postcode", "national_id": "BSN", "iban": "IBAN", "card_number": "Creditcard",
              "ip_address": "IP-adres", "url": "Website", "date_of_birth": "Geboortedatum", "username": "Gebruikersnaam",
              "licence_plate": "Kenteken", "document_number": "Paspoortnummer", "mac_address": "MAC-adres",
              "surname_first": "Naam", "city": "Stad", "country": "Land", "job": "Beroep", "company": "Bedrijf",
              "colour": "Kleur"},
    "it_IT": {"first_name": "Nome", "last_name": "Cognome", "person_name": "Nome completo", "email": "Posta elettronica (email)",
              "phone": "Telefono", "street_address": "Via", "house_number": "Numero civico", "full_address": "Indirizzo",
              "postcode": "CAP", "national_id": "Codice fiscale", "iban": "IBAN", "card_number": "Carta di credito",
              "ip_address": "Indirizzo IP", "url": "Sito web", "date_of_birth": "Data di nascita", "username": "Nome utente",
              "licence_plate": "Targa", "document_number": "Passaporto", "mac_address": "Indirizzo MAC",
              "surname_first": "Nome e cognome", "city": "Città", "country": "Paese", "job": "Lavoro", "company": "Azienda",
              "colour": "Colore"},
    "ja_JP": {"first_name": "名", "last_name": "姓", "person_name": "氏名", "email": "メールアドレス", "phone": "電話番号",
              "street_address": "番地", "full_address": "住所", "postcode": "郵便番号", "national_id": "マイナンバー",
              "date_of_birth": "生年月日", "username": "ユーザー名", "surname_first": "お名前", "city": "市", "country": "国"},
}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A made table: ``frame``, and the kind of each personal column."""

    frame: pd.DataFrame
    truth: dict[str, str]


def people(locale: str, rows: int, seed: int, keep: Callable[[str], bool] | None = None) -> Made:
    """Return a table of made people of one locale, and what is personal in it."""
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(seed)
    rng = np.random.default_rng(seed)

    def drawn(write: Callable[[], str]) -> str:
        for _ in range(200):
            text = write()
            if keep is None or all(keep(word) for word in names.name_words(text)):
                break
        return text

    japanese = locale == "ja_JP"
    first = [drawn(fake.first_name) for _ in range(rows)]
    last = [drawn(fake.last_name) for _ in range(rows)]
    years = pd.to_datetime(rng.integers(-11_000, 13_500, rows), unit="D")
    titles = rng.choice(["", "", "", "Dr. "], rows)
    form = {"de_DE": "%d.%m.%Y", "fr_FR": "%d/%m/%Y", "es_ES": "%d/%m/%Y", "nl_NL": "%d-%m-%Y", "en_US": "%m/%d/%Y"}
    columns: dict[str, list[Any]] = {
        "first_name": first,
        "last_name": last,
        "person_name": [t + (f"{b} {a}" if japanese else f"{a} {b}") for t, a, b in zip(titles, first, last, strict=True)],
        "surname_first": [f"{b}, {a}" for a, b in zip(first, last, strict=True)],
        "email": [fake.email() for _ in range(rows)],
        "phone": [fake.phone_number() for _ in range(rows)],
        "street_address": [fake.street_address() for _ in range(rows)],
        "full_address": [fake.address().replace("\n", ", ") for _ in range(rows)],
        "house_number": [fake.building_number() for _ in range(rows)],
        "postcode": [fake.postcode() for _ in range(rows)],
        "national_id": [national(fake, locale) for _ in range(rows)],
        "iban": [fake.iban() for _ in range(rows)],
        "card_number": [fake.credit_card_number() for _ in range(rows)],
        "ip_address": [fake.ipv4() for _ in range(rows)],
        "mac_address": [fake.mac_address() for _ in range(rows)],
        "url": [fake.url() for _ in range(rows)],
        "date_of_birth": list(years.strftime(form.get(locale, "%Y-%m-%d"))),
        "username": [fake.user_name() for _ in range(rows)],
        "licence_plate": [fake.license_plate() for _ in range(rows)],
        "document_number": [fake.passport_number() if locale in ("en_US",) else fake.bothify("??#######").upper()
                            for _ in range(rows)],
    }  # fmt: skip
    return Made(pd.DataFrame(columns), {name: KIND.get(name, name) for name in columns})


def national(fake: Any, locale: str) -> str:
    """Return a national id with right check digits where the locale has some (Faker's own where it is right)."""
    if locale == "de_DE":
        return str(fake.rvnr()) if hasattr(fake, "rvnr") else german_tax_id(fake)
    if locale == "es_ES":
        return str(fake.nif())
    if locale == "ja_JP":
        return str(fake.numerify("############"))
    return str(fake.ssn())


def german_tax_id(fake: Any) -> str:
    """Return a tax number (IdNr) with one digit twice and a right check digit (ISO 7064, mod 11,10)."""
    from stdnum.iso7064 import mod_11_10

    digits = fake.random_sample("0123456789", 9)
    while digits[0] == "0":
        digits = fake.random_sample("0123456789", 9)
    body = "".join([*digits, digits[4]])
    return body + mod_11_10.calc_check_digit(body)


def harmless(locale: str, rows: int, seed: int) -> pd.DataFrame:
    """Return columns that are no personal data, many of which look a little like it."""
    from faker import Faker
    from stdnum import isbn

    fake = Faker(locale)
    fake.seed_instance(seed + 1)
    rng = np.random.default_rng(seed + 1)

    def many(write: Callable[[], Any]) -> list[str]:
        return [str(write()) for _ in range(rows)]

    def number(low: int, high: int) -> list[str]:
        return [str(n) for n in rng.integers(low, high, rows)]

    def among(*words: str) -> list[str]:
        return list(rng.choice(list(words), rows))

    start = pd.Timestamp("2015-01-01")
    stamps = start + pd.to_timedelta(rng.integers(0, 3_000 * 86_400, rows), unit="s")
    drugs = [f"{a}{b}{c}" for a in ("Ator", "Simva", "Metro", "Ome", "Lora", "Cipro", "Amo", "Ben") for b in ("va", "pra", "ni", "xi")
             for c in ("statin", "zol", "dine", "cillin", "pam")]  # fmt: skip
    columns = {
        "city": many(fake.city), "country": many(fake.country), "job": many(fake.job), "company": many(fake.company),
        "colour": many(fake.color_name), "department": among("Sales", "Finance", "Research", "Purchase", "Law", "Logistics"),
        "product_code": many(lambda: fake.bothify("??-####").upper()), "sku": many(lambda: fake.bothify("???######").upper()),
        "price": [f"{p:.2f}" for p in rng.lognormal(3, 1, rows)], "quantity": number(1, 20), "age": number(18, 95),
        "year": number(1950, 2024), "salary": number(18_000, 120_000), "population": number(100, 4_000_000),
        "timestamp": [f"{t:%Y-%m-%d %H:%M:%S}" for t in stamps], "signup_date": [f"{t:%Y-%m-%d}" for t in stamps],
        "epoch": [str(int(t.timestamp())) for t in stamps], "time_of_day": [f"{t:%H:%M:%S}" for t in stamps],
        "isbn": [isbn.format(fake.isbn13().replace("-", "")) for _ in range(rows)], "isbn10": many(fake.isbn10),
        "ean13": many(fake.ean13), "ean8": many(fake.ean8),
        "version": [".".join(map(str, row)) for row in rng.integers(0, 15, (rows, 4))],
        "build": [f"10.{a}.{b}.{c}" for a, b, c in rng.integers(0, 40, (rows, 3))],
        "ticket": many(lambda: fake.numerify("TCK-######")), "order_number": many(lambda: fake.numerify("2023-######")),
        "invoice": many(lambda: fake.numerify("##########")), "code9": many(lambda: fake.numerify("#########")),
        "code11": many(lambda: fake.numerify("1##########")), "code15": many(lambda: fake.numerify("4##############")),
        "code16": many(lambda: fake.numerify("4###############")), "hash": many(fake.md5), "transaction": many(fake.uuid4),
        "icd_code": many(lambda: fake.bothify("?##.#").upper()), "word": many(fake.word), "remark": many(lambda: fake.sentence(4)),
        "status": among("open", "closed", "waiting", "cancelled"), "currency": many(fake.currency_code),
        "language": many(fake.language_name), "mime_type": many(fake.mime_type), "file_name": many(fake.file_name),
        "file_path": many(fake.file_path), "hex_colour": many(fake.hex_color), "share": [f"{u:.4f}" for u in rng.random(rows)],
        "station_latitude": [f"{u:.2f}" for u in rng.uniform(35, 60, rows)],
        "temperature": [f"{u:.1f}" for u in rng.normal(12, 8, rows)], "month": many(fake.month_name),
        "weekday": many(fake.day_of_week), "drug": list(rng.choice(drugs, rows)), "slogan": many(fake.catch_phrase)
        if hasattr(fake, "catch_phrase") else many(fake.word), "domain_rank": number(1, 10**6), "serial": many(lambda: fake.bothify("SN####??").upper()),
        "reading": [f"{a}.{b:03d}" for a, b in rng.integers(0, 999, (rows, 2))], "range": [f"{a}-{a + b}" for a, b in rng.integers(1, 90, (rows, 2))],
        "oid": [f"1.2.840.{a}.{b}" for a, b in rng.integers(1, 900, (rows, 2))], "chromosome_place": [f"chr{a}:{b}" for a, b in rng.integers(1, 22, (rows, 2))],
        "bank_sort": many(lambda: fake.numerify("##-##-##")), "dimension": [f"{a}x{b}" for a, b in rng.integers(1, 900, (rows, 2))],
        "state": many(fake.state) if hasattr(fake, "state") else many(fake.country), "brand": among(
            "Ford", "Honda", "Mercedes", "Lincoln", "Chrysler", "Porsche", "Ferrari", "Opel", "Renault", "Skoda", "Dodge", "Bentley", "Morgan",
            "Austin", "Cooper", "Royce", "Peugeot", "Citroen", "Daimler", "Benz", "Tesla", "Nissan", "Mazda", "Subaru", "Kia"),
    }  # fmt: skip
    return pd.DataFrame(columns)
