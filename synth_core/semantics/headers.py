"""What a header claims its column to be, in the languages of the larger locales."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

_PERSONS = (
    "full|person|people|customer|patient|client|employee|member|student|doctor|physician|user|contact|owner|applicant"
    "|guest|passenger|holder|cardholder|cust|emp|borrower|donor|beneficiary|insured|policyholder|author|nurse|manager"
    "|tenant|provider|supervisor|teacher|kunden|kunde|patienten|mitarbeiter|voll|vollstandiger|completo|complet"
    r"|volledige"
    "|klant|cliente|paciente|empleado"
)
_NAME = "name|names|naam|nom|nombre|nome|nazwisko|namn|navn"

# In this order; each is looked for in the header's words without accents, joined by single spaces.
_CLAIMS: tuple[tuple[str, str], ...] = (
    ("mac_address", r"\bmac( addr(ess)?)?$|\bmac adresse\b"),
    ("ip_address", r"\b(ip|ipv4|ipv6)( addr(ess)?| adresse?)?$|\bipaddr(ess)?$|^adresse ip$|^direccion ip$"
                   r"|^indirizzo ip$"),
    ("email", r"\b(e ?mail|mail|emails|courriel|correo|correio|e ?mailadres(se)?|epost)\b|メール"),
    ("iban", r"\biban\b"),
    ("device_id", r"\bimei\b"),
    ("url", r"\b(url|website|homepage|web ?site|web ?page|site web|sitio web|webseite|link)$"),
    ("house_number", r"\b(house|building|street) ?(number|no|num|nr)$|\bhaus ?(nummer|nr)$|\bhuis ?(nummer|nr)$"
                     r"|^(numero civico|numero de (casa|rue|voie)|civico)$"),
    ("licence_plate", r"\b(licen[cs]e|number|registration) plates?\b|\bplate (number|no)\b|\bkennzeichen\b"
                      r"|\bkenteken\b"
                      r"|\bimmatriculation\b|\bmatricula\b|\btarga\b"),
    ("document_number", r"\bpas(s|sport|seport|aporte|saporto)( ?(number|no|num|nr|nummer))?$|\breisepass"
                        r"|\bpaspoort|\bdriv(er|ers|ing) (licen|lic\b|id\b|no\b|number)|^drivers$"
                        r"|\bfuhrerschein|\brijbewijs"
                        r"|\bpermis de conduire|\bpatente( di guida)?$|\bpersonalausweis|\b(id|identity) (card"
                        r"|document)\b"
                        r"|\bausweis ?(nummer|nr)|\bmedicare (number|no|id)\b|\blicen[cs]e (number|no)$|\bpassport\b"
                        r"|\b(numero|num|n) de passeport|\bcarta (di|d) identita"),
    ("national_id", r"\b(ssn|nino|bsn|cpr|nhs|nss|insee|nir|dni|nif|nie|curp|rfc|cpf|pesel|personnummer|aadhaar"
                    r"|cnp|hetu"
                    r"|fodselsnummer|burgerservicenummer|rijksregisternummer|sozialversicherungs ?(nummer|nr)|svnr|ahv"
                    r"|steuer ?(id|nr|nummer)|steueridentifikationsnummer|codice fiscale|codicefiscale|tin|itin|sin)\b"
                    r"|social (security|insurance)|national (id|number|insurance|identity|identification)|\bidnr$"
                    r"|tax ?(id|number|payer)|securite sociale|seguridad social|\bsecu\b|マイナンバー"),
    ("phone", r"\b(phone|phones|telephone|mobile|cell|cellphone|tel|fax|telefon|telefoon|telefono|telefone|handy|movil"
              r"|portable|mobil|mobiel|cellulare|gsm|puhelin)( ?(number|no|num|nr|nummer|home|work|1|2))?$"
              r"|^telefon\w*|"
              r"\b(telephone|phone|telefono|telefon\w*|handynummer|mobilnummer|mobiel ?nummer|phonenumber)\b|電話"),
    ("card_number", r"\b(credit|debit|payment|bank)? ?(card|pan|cc) ?(number|no|nr|num)\b|^pan$|\bcredit ?card$"
                    r"|kreditkarte|carte (de credit|bancaire)|tarjeta|carta di credito|creditcard"),
    ("postcode", r"\b(zip|zipcode|zip code|post ?code|postal( code)?|plz|postleitzahl|code postal|codigo postal"
                 r"|cep|cap"
                 r"|cp|eircode|pin ?code|postnummer|kod pocztowy|postalcode)$|郵便番号"),
    ("date_of_birth", r"\b(dob|birth ?dates?|dates? of birth|birthday|birth day|geb(urts)? ?(datum|tag)|geboortedatum"
                      r"|(date|data|fecha) (de |di |da |do )?(naissance|nascita|nacimiento|nascimento)"
                      r"|fecha nac|fodselsdato"
                      r"|fodelsedatum|born( on)?|geboren( am)?|naissance|nacimiento|nascita)$|生年月日|誕生日"),
    ("person_name", r"\bnom (et )?prenom$|\bnome e cognome$|\b(vor ?und nachname|vorname nachname)$"
                    r"|\bnombre y apellidos?$"),
    ("username", r"\b(user ?name|login|user ?login|nick ?name|screen name|benutzername|gebruikersnaam"
                 r"|nom d ?utilisateur|utilisateur|usuario|nome utente|handle)$|ユーザ"),
    ("first_name", r"\b(first|given|fore|middle|christian|preferred) ?names?\b|^(first|fname|given|forename)$"
                   r"|\bvornamen?$|\bprenoms?$|\bvoornaam$|\bfornamn$|\bfornavn$|\bimie$|\bnombre (de )?pila$"
                   r"|\bprimer nombre$|\bprenome$|^名$"),
    ("last_name", r"\b(last|family|sur|maiden|second) ?names?\b|^(last|maiden|lname|surname)$|\bnachnamen?$"
                  r"|\bfamilienname$|\bnom (de )?famille$|\bapellidos?( [12])?$|\bachternaam$|\bcognome$|\bsobrenome$"
                  r"|\bapelido$|\befternamn$|\befternavn$|\bnazwisko$|\bgeburtsname$|^(姓|名字|苗字)$"),
    ("street_address", r"\b(street|addr|address|adresse?|adres|strasse|str|straat|direccion|calle|domicilio"
                       r"|indirizzo|via"
                       r"|rue|voie|endereco|rua|adress|ulica|wohnadresse|anschrift|address ?line|hausanschrift)"
                       r"( ?(line)? ?[123]?| name)?$|strasse$|straat$|\b(home|mailing|postal|billing|shipping|street)"
                       r" ?address\b|\bstrassenname|\bstraatnaam|住所|番地"),
    ("person_name", rf"^full ?name$|^({_PERSONS}) ({_NAME})$|\b({_PERSONS}) ({_NAME})$"
                    rf"|^({_NAME}) ({_PERSONS})$|^({_NAME}) (du|de la|de|del|della|van de|van|des) (l )?\w+$|vollname$"
                    r"|kundenname$|patientenname$|^(naam|name) (und|en) |氏名|名前|お名前"),
)  # fmt: skip
_NOT = {
    "email": r"\b(type|opt|mailing|sent|status|count|verified|consent|domain|optin|opened)\b",
    "street_address": r"\b(type|change|status|count|years|months|ip|mac)\b",
    "phone": r"\b(service|type|status|brand|model|count|os|plan)\b",
    "url": r"\b(count|clicks|type)\b",
    "national_id": r"\b(rate|amount)\b",
    "date_of_birth": r"\b(place|country|weight)\b",
    "person_name": r"\b(product|file|company|brand|item|category|group)\b",
}

# A header that says what the column is, and that is not a person: names need far better evidence then.
_THINGS = re.compile(
    r"\b(city|town|country|state|county|region|province|district|municipality|place|location|birthplace|nation\w*"
    r"|company|employer|organi[sz]ation|org|vendor|supplier|store|shop|hospital|clinic|school|university"
    r"|department|dept"
    r"|team|job|occupation|profession|role|position|title|product|item|brand|make|model|colou?r|breed|species|drug"
    r"|medication|disease|diagnosis|description|category|type|class|status|genre|language|currency|airport"
    r"|station|month"
    r"|weekday|day|race|ethnicity|religion|stadt|ort|land|bundesland|beruf|firma|farbe|abteilung|produkt|ville"
    r"|pays|metier"
    r"|entreprise|couleur|ciudad|pais|trabajo|empresa|provincia|stad|beroep|bedrijf|kleur|citta|paese|lavoro|azienda"
    r"|cidade|estado|payer|insurance|specialty|speciality|river|mountain|event|course|song|album|movie|film"
    r"|song|game|genus|gene|strain|plant|pet|dog|horse|ship|vessel|storm|hurricane|crater|domain|hostname"
    r"|restaurant|cafe|hotel|neighbou?rhood|suburb)\b"
)
_BLANK = re.compile(
    r"(col|column|columns|field|feld|spalte|colonne|columna|kolom|colonna|campo|champ|var|variable|v|x|y|c|f"
    r"|unnamed|attr|attribute"
    r"|feature|val|value|text|string|data|date|datum|fecha|data|a|b|d|e|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|w|z|no"
    r"|nr)?( \1)*"
)


def header_words(name: str) -> list[str]:
    """Return the words of a header in lower case.

    >>> header_words("PatientFirst_name2")
    ['patient', 'first', 'name']
    """
    return list(_split(name))


@lru_cache(maxsize=20_000)
def _split(name: str) -> tuple[str, ...]:
    return tuple(part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-zà-ÿ]+", name))


def plain(text: str) -> str:
    """Return the text in small letters without accents ("Straße" as "strasse"); other alphabets stay.

    >>> plain("Prénom"), plain("STRASSE")
    ('prenom', 'strasse')
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("ł", "l"))
    return unicodedata.normalize("NFKC", "".join(c for c in decomposed if not 0x300 <= ord(c) <= 0x36F))


def joined(name: str) -> str:
    """Return the words of a header, without accents and digits, joined by single spaces."""
    spaced = re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", name)
    return " ".join(re.findall(r"[^\W\d_]+", plain(spaced)))


@cache
def from_header(name: str) -> str | None:
    """Return what the header claims to be, or None; values must agree before anything is flagged."""
    words = joined(name)
    for semantic, claim in _CLAIMS:
        if re.search(claim, words) and not (semantic in _NOT and re.search(_NOT[semantic], words)):
            return semantic
    return "person_name" if is_plain_name(name) else None


def is_plain_name(name: str) -> bool:
    """Whether the header is only "name" in some language: of a person, of a thing, or half of a name."""
    return re.fullmatch(_NAME, joined(name)) is not None


def names_a_thing(name: str, *, at_the_end: bool = False) -> bool:
    """Whether the header says that the column is about places, things or groups.

    ``at_the_end``: only as its last word, where no person can follow any more.

    >>> names_a_thing("department head"), names_a_thing("department head", at_the_end=True)
    (True, False)
    """
    words = joined(name)
    return any(found.end() == len(words) or not at_the_end for found in _THINGS.finditer(words))


def says_nothing(name: str) -> bool:
    """Whether the header tells nothing ("column_3", "a", "date").

    >>> says_nothing("Column 7"), says_nothing("price")
    (True, False)
    """
    return _BLANK.fullmatch(joined(name)) is not None


def coordinate(name: str) -> str | None:
    """Return "latitude" or "longitude" when the header says so."""
    words = joined(name)
    if re.search(r"\b(lat|latitude|latitud|latitudine|breitengrad|breedtegraad)\b", words):
        return "latitude"
    return "longitude" if re.search(r"\b(lon|lng|long|longitude|longitud|langengrad|lengtegraad)\b", words) else None
