"""Measure how well personal data is found: precision and recall per locale, with and without telling headers.

    python -m benchmarks.personal [--rows 1000] [--seeds 3] [--json COLUMNS.json]

SIMILE_TABLES is a folder with public tables (synthea_1k/patients.csv, ...); without it only made tables are measured.

What counts is written down here, before measuring. Per made table: the columns of ``truth`` are personal, with that
kind; every column of ``harmless`` is not. A column counts as found when it is flagged as any kind of personal data
(precision and recall are of that), and "kind" is the share of found columns whose kind is also right. Towns, states,
countries, jobs and employers are not personal data by this definition, dates other than of birth are not either.

Names are held out: a random half of all first and family names of every locale (by the name, so that a name held out is
held out in each locale) is taken away from the detector before measuring. The same table is also measured with the whole
lists, which is a closed circle, and with names that are all held out, which is harder than life.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synth_core.inference import table_from_frame
from synth_core.semantics import names
from synth_core.table import Column

LOCALES = ("en_US", "de_DE", "fr_FR", "es_ES", "nl_NL", "it_IT", "ja_JP", "en_GB", "pl_PL", "pt_BR", "sv_SE")
BAR_LOCALES = LOCALES[:5]

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
TELLING = {
    "card_number": "credit_card_number", "full_address": "address", "surname_first": "customer_name",
    "national_id": "national_id", "document_number": "passport_number", "street_address": "street",
}  # fmt: skip
# Told by nobody without a header: they look like any other code. Recall without headers is given with and without them.
NOT_TELLABLE = ("house_number", "licence_plate", "document_number")
KIND = {"full_address": "street_address", "surname_first": "person_name"}  # a column whose kind is not its name


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
    person = fake.provider("person") or fake
    del person

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


@dataclass
class Count:
    """Found, wrongly flagged and missed columns, and how many found ones have the right kind."""

    found: int = 0
    wrong: int = 0
    missed: int = 0
    kind: int = 0
    safe: int = 0
    untold: int = 0

    def add(self, column: Column, truth: str | None) -> None:
        said = column.semantic
        self.safe += truth is not None and not column.learned
        self.untold += said is None and truth in NOT_TELLABLE
        self.found += said is not None and truth is not None
        self.wrong += said is not None and truth is None
        self.missed += said is None and truth is not None
        self.kind += said is not None and said == truth

    def row(self) -> str:
        precision = self.found / max(self.found + self.wrong, 1)
        recall = self.found / max(self.found + self.missed, 1)
        kind = self.kind / max(self.found, 1)
        personal = max(self.found + self.missed, 1)
        told = self.found / max(personal - self.untold, 1)
        return f"{personal} | {precision:.3f} | {recall:.3f} | {told:.3f} | {kind:.3f} | {self.safe / personal:.3f}"


def renamed(frame: pd.DataFrame, how: str, locale: str) -> pd.DataFrame:
    """Return the frame with telling, foreign or meaningless headers."""
    if how == "meaningless":
        return frame.set_axis([f"column_{i}" for i in range(len(frame.columns))], axis=1)
    words = HEADERS.get(locale, {}) if how == "foreign" else {}
    return frame.rename(columns=TELLING | words)


def said_of(frame: pd.DataFrame) -> list[Column]:
    """Return what the product says of each column, as it reads a text file."""
    return list(table_from_frame(frame, text=True).columns)


def held_out(name: str) -> bool:
    """Whether a name is in the half that the detector does not know."""
    return zlib.crc32(("held out" + name).encode()) % 2 == 0


def only_half() -> names.Lists:
    """Return the word lists without the held-out names."""
    whole = names.lists()
    return names.Lists(
        frozenset(n for n in whole.first if not held_out(n)),
        frozenset(n for n in whole.last if not held_out(n)),
        whole.other,
    )


def lists_as(lists: names.Lists) -> None:
    """Let the detector know these names only."""
    names.lists = lambda: lists  # type: ignore[assignment]


def measured(locale: str, how: str, options: argparse.Namespace, unknown: bool = False) -> tuple[Count, list[str]]:
    """Return the count over the made tables of a locale, and the columns that came out false."""
    count, false = Count(), []
    for seed in range(options.seeds):
        made = people(locale, options.rows, seed, held_out if unknown else None)
        frame = pd.concat([made.frame, harmless(locale, options.rows, seed)], axis=1)
        for name, column in zip(frame.columns, said_of(renamed(frame, how, locale)), strict=True):
            truth, said = made.truth.get(name), column.semantic
            count.add(column, truth)
            if said != truth and f"{name}: {said}" not in false:
                false.append(f"{name}: {said}")
    return count, false


# -- public tables ----------------------------------------------------------------------------------------------

PUBLIC = {
    "synthea_1k/patients.csv": {
        "SSN": "national_id", "DRIVERS": "document_number", "PASSPORT": "document_number", "FIRST": "first_name", "LAST": "last_name",
        "MAIDEN": "last_name", "ADDRESS": "street_address", "ZIP": "postcode", "BIRTHDATE": "date_of_birth"},
    "synthea_111/patients.csv": {
        "SSN": "national_id", "DRIVERS": "document_number", "PASSPORT": "document_number", "FIRST": "first_name", "LAST": "last_name",
        "MAIDEN": "last_name", "ADDRESS": "street_address", "ZIP": "postcode", "BIRTHDATE": "date_of_birth", "LAT": "location",
        "LON": "location"},
    "synthea_111/providers.csv": {"NAME": "person_name", "ADDRESS": "street_address", "ZIP": "postcode", "LAT": "location", "LON": "location"},
    "synthea_111/organizations.csv": {"ADDRESS": "street_address", "ZIP": "postcode", "PHONE": "phone", "LAT": "location", "LON": "location"},
    "synthea_111/payer_transitions.csv": {"OWNER_NAME": "person_name"},
}  # fmt: skip


def public(folder: Path) -> Iterator[tuple[str, pd.DataFrame, dict[str, str]]]:
    """Yield the public tables: those of ``PUBLIC`` with their truth, all others as tables without personal data."""
    for path in sorted(folder.glob("*/*.csv*")):
        name = str(path.relative_to(folder))
        if path.name.endswith((".csv", ".csv.gz")):
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
            yield name, frame, PUBLIC.get(name, {})


def public_rows(folder: Path) -> None:
    """Print the counts of the public tables, with their headers and without."""
    for how in ("telling", "meaningless"):
        total, personal = Count(), Count()
        for name, frame, truth in public(folder):
            false, seen = [], Count()
            read = said_of(renamed(frame, how, "") if how == "meaningless" else frame)
            for column, found in zip(frame.columns, read, strict=True):
                if not frame[column].notna().any():
                    continue
                for count in (seen, total, *([personal] if name == "synthea_1k/patients.csv" else [])):
                    count.add(found, truth.get(column))
                if found.semantic != truth.get(column):
                    false.append(f"{column}: {found.semantic}")
            if truth or false:
                print(f"| {name} | {how} | {seen.row()} | {'; '.join(false) or '-'} |")
        print(f"| all {sum(1 for _ in public(folder))} public tables | {how} | {total.row()} | |")


def main() -> None:
    """Print the tables of benchmarks/personal.md."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--lists", choices=("half", "whole", "unknown"), default="half")
    parser.add_argument("--locales", nargs="*", default=list(LOCALES))
    parser.add_argument("--dump", type=Path, help="write the made columns and their truth here, for another detector")
    options = parser.parse_args()
    if options.dump:
        dump(options)
        return
    if options.lists != "whole":
        lists_as(only_half())
    print(
        "| locale | headers | personal columns | precision | recall | recall of the tellable | kind right | not learned | false |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    began, tables = time.perf_counter(), 0
    for how in ("telling", "foreign", "meaningless"):
        all_of = Count()
        for locale in options.locales:
            if how == "foreign" and locale not in HEADERS:
                continue
            count, false = measured(locale, how, options, options.lists == "unknown")
            tables += options.seeds
            if locale in BAR_LOCALES:
                for field in ("found", "wrong", "missed", "kind", "safe", "untold"):
                    setattr(all_of, field, getattr(all_of, field) + getattr(count, field))
            print(f"| {locale} | {how} | {count.row()} | {'; '.join(false) or '-'} |", flush=True)
        print(f"| **five locales** | {how} | {all_of.row()} | |")
    print(f"{(time.perf_counter() - began) / max(tables, 1):.2f} s a table, making it included")
    if os.environ.get("SIMILE_TABLES"):
        public_rows(Path(os.environ["SIMILE_TABLES"]))


def dump(options: argparse.Namespace) -> None:
    """Write columns with their truth: {"table", "column", "truth", "values"} a line."""
    with options.dump.open("w", encoding="utf-8") as file:
        for locale in options.locales:
            made = people(locale, options.rows, 0)
            frame = pd.concat([made.frame, harmless(locale, options.rows, 0)], axis=1)
            for name in frame:
                record = {
                    "table": locale,
                    "column": name,
                    "truth": made.truth.get(str(name)),
                    "values": frame[name].tolist(),
                }
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        for name, frame, truth in public(Path(os.environ["SIMILE_TABLES"])) if os.environ.get("SIMILE_TABLES") else ():
            if name in PUBLIC:
                for column in frame:
                    values = frame[column].dropna().unique()[: options.rows].tolist()
                    record = {"table": name, "column": column, "truth": truth.get(column), "values": values}
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
