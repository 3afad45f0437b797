"""National ids by their check digits, told apart from numbers that pass by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import log
from typing import Any

from synth_core.semantics.patterns import matches, mostly

SURE = 1e-6


@dataclass(frozen=True)
class Scheme:
    """One country's number of persons.

    Attributes
    ----------
    module
        Module of python-stdnum that checks it; "" when the form is all there is.
    chance
        Share of random numbers of this form that pass the check (upper bound).
    """

    country: str
    module: str
    form: str
    chance: float


# Upper bounds of the share of random texts of the same form that pass: check digits, and dates where there are some.
SCHEMES = (
    Scheme("US", "", r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}", 0.05),
    Scheme("US", "us.itin", r"9\d{2}-[5-9]\d-\d{4}", 0.05),
    Scheme("GB", "", r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]", 0.1),
    Scheme("GB", "gb.nhs", r"\d{3}[ -]?\d{3}[ -]?\d{4}", 0.1),
    Scheme("DE", "de.idnr", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", 0.05),
    Scheme("DE", "", r"\d{2} ?(0[1-9]|[12]\d|3[01]|[5-8]\d)(0[1-9]|1[0-2])\d{2} ?[A-Z] ?\d{3}", 0.05),
    Scheme("FR", "fr.nir", r"[1-478] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}", 0.02),
    Scheme("ES", "es.dni", r"\d{8}[ -]?[A-Z]", 0.05),
    Scheme("ES", "es.nie", r"[XYZ][ -]?\d{7}[ -]?[A-Z]", 0.05),
    Scheme("IT", "it.codicefiscale", r"[A-Z]{6}[0-9L-V]{2}[A-Z][0-9L-V]{2}[A-Z][0-9L-V]{3}[A-Z]", 0.05),
    Scheme("NL", "nl.bsn", r"\d{9}|\d{4}[. ]\d{2}[. ]\d{3}", 0.1),
    Scheme("BE", "be.nn", r"\d{2}[. ]?\d{2}[. ]?\d{2}[- ]?\d{3}[. ]?\d{2}", 0.03),
    Scheme("SE", "se.personnummer", r"(19|20)?\d{6}[-+]?\d{4}", 0.04),
    Scheme("NO", "no.fodselsnummer", r"\d{6}[ ]?\d{5}", 0.02),
    Scheme("DK", "dk.cpr", r"\d{6}-\d{4}", 0.08),
    Scheme("FI", "fi.hetu", r"\d{6}[-+A]\d{3}[0-9A-Y]", 0.02),
    Scheme("PL", "pl.pesel", r"\d{11}", 0.02),
    Scheme("CH", "ch.ssn", r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}", 0.1),
    Scheme("AT", "at.vnr", r"\d{4} ?\d{6}", 0.02),
    Scheme("BR", "br.cpf", r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", 0.02),
    Scheme("MX", "mx.curp", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d", 0.05),
    Scheme("IN", "in_.aadhaar", r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}", 0.1),
    Scheme("IN", "in_.pan", r"[A-Z]{5}\d{4}[A-Z]", 0.1),
    Scheme("CN", "cn.ric", r"\d{17}[\dX]", 0.02),
    Scheme("RO", "ro.cnp", r"[1-9]\d{12}", 0.02),
    Scheme("CZ", "cz.rc", r"\d{6}/?\d{3,4}", 0.05),
    Scheme("BG", "bg.egn", r"\d{10}", 0.03),
    Scheme("GR", "gr.amka", r"\d{11}", 0.02),
    Scheme("TR", "tr.tckimlik", r"[1-9]\d{10}", 0.02),
    Scheme("ZA", "za.idnr", r"\d{13}", 0.02),
    Scheme("KR", "kr.rrn", r"\d{6}-\d{7}", 0.02),
    Scheme("CA", "ca.sin", r"\d{3}[ -]\d{3}[ -]\d{3}", 0.1),
    Scheme("EE", "ee.ik", r"[1-6]\d{10}", 0.02),
    Scheme("HR", "hr.oib", r"\d{11}", 0.1),
    Scheme("IE", "ie.pps", r"\d{7}[A-W][ABHWTX]?", 0.06),
    Scheme("CL", "cl.rut", r"\d{1,2}\.?\d{3}\.?\d{3}-[\dkK]", 0.1),
    Scheme("TH", "th.pin", r"[1-8]-?\d{4}-?\d{5}-?\d{2}-?\d", 0.1),
    Scheme("IS", "is_.kennitala", r"\d{6}-\d{4}", 0.02),
    Scheme("PT", "pt.cc", r"\d{8} ?\d ?[A-Z0-9]{2}\d", 0.1),
)
_ELSEWHERE = ("ean", "isbn")  # 10 or 13 digits of goods and books pass some countries' checks


def scheme_of(sample: Sequence[str]) -> Scheme | None:
    """Return the scheme by which these values are national ids, or None.

    The share that passes must be at least .85, and so many may pass by chance with probability under one in a million.
    """
    few = [value for value in sample[:20] if any(c.isdigit() for c in value)]
    if len(few) < 0.85 * min(len(sample), 20):
        return None
    for scheme in SCHEMES:
        fits = matches(scheme.form)
        if not mostly(fits, few, 0.85) or (scheme.chance >= 0.1 and _goods(sample)):
            continue
        checked = sample[:200]
        right = sum(1 for value in checked if fits(value) and _valid(scheme, value))
        if right >= 0.85 * len(checked) and _tail(right, len(checked), scheme.chance) < SURE:
            return scheme
    return None


def _goods(sample: Sequence[str]) -> bool:
    few = [value.replace("-", "") for value in sample[:60]]
    if not all(value.isalnum() and len(value) in (8, 10, 12, 13) for value in few):
        return False
    return any(sum(_module(name).is_valid(value) for value in few) >= 0.8 * len(few) for name in _ELSEWHERE)


def _valid(scheme: Scheme, value: str) -> bool:
    if not scheme.module:
        return True
    try:
        return bool(_module(scheme.module).is_valid(value))
    except (ValueError, TypeError, KeyError):
        return False


@cache
def _module(name: str) -> Any:
    return import_module(f"stdnum.{name}")


def _tail(passed: int, checked: int, chance: float) -> float:
    """Return a bound of the probability that so many pass by chance (Chernoff's)."""
    part = passed / checked
    if part <= chance:
        return 1.0
    gain = part * log(part / chance) + ((1 - part) * log((1 - part) / (1 - chance)) if part < 1 else 0.0)
    return float(2.718281828459045 ** (-checked * gain))
