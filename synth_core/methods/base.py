"""What an engine is: settings that are declared, learning that returns something new, sampling that is pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import pandas as pd

from synth_core.errors import MethodError
from synth_core.progress import Progress, silent
from synth_core.table import Table, did_you_mean


@dataclass(frozen=True)
class Param:
    """One setting of an engine; it draws the form and validates the value.

    Attributes
    ----------
    name, kind, default
        Field name, Python type (bool, int, float or str) and the value used when nothing is said.
    low, high
        Inclusive bounds for numbers; None is open.
    choices
        Allowed words for str settings.
    pattern, expected
        Regular expression that a str setting must match as a whole, and the same in words for the error.
    help
        One sentence for the form: what it does, which way is safer or better.
    scale
        Whether the choices are stops on one way, from the most private to the most faithful: the form has a slider.
    unit
        Shown behind the value: "rows", "epochs".
    expert
        Whether the form shows it only under "Expert".
    """

    name: str
    kind: type
    default: Any
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    unit: str = ""
    expert: bool = False
    scale: bool = False
    pattern: str = ""
    expected: str = ""

    def check(self, value: Any, method: str = "") -> Any:
        """Return ``value`` as this setting's type; :class:`MethodError` names what must hold otherwise."""
        where = f"Setting '{self.name}'" + (f" of engine '{method}'" if method else "")
        try:
            if self.kind is bool and isinstance(value, str):
                value = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[value.lower()]
            elif self.kind is int and isinstance(value, float) and not value.is_integer():
                raise ValueError
            value = self.kind(value)
        except (TypeError, ValueError, KeyError, OverflowError):
            raise MethodError(f"{where} must be {self._expected()}, not '{value}'.") from None
        outside = (self.low is not None and value < self.low) or (self.high is not None and value > self.high)
        unlike = bool(self.pattern) and re.fullmatch(self.pattern, str(value), re.ASCII) is None
        no_choice = bool(self.choices) and value not in self.choices
        if outside or unlike or no_choice or (self.kind is float and value != value):
            raise MethodError(f"{where} must be {self._expected()}, not '{value}'.")
        return value

    def _expected(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.expected:
            return self.expected
        word = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}[self.kind]
        if self.low is not None and self.high is not None:
            return f"{word} from {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f"{word}, at least {self.low:g}"
        if self.high is not None:
            return f"{word}, at most {self.high:g}"
        return word


@dataclass(frozen=True)
class MethodInfo:
    """What a card says about an engine.

    Attributes
    ----------
    good_for, weak_at
        One sentence each: when to take it, what it is known to get wrong.
    cost
        Words for speed and memory ("seconds", "minutes to hours on a CPU").
    licence
        SPDX name of the code that learns.
    licence_note
        What the licence means for the user, when it is not permissive.
    requires
        Importable packages without which the card is greyed.
    private
        Whether the default settings aim at the private end of the frontier.
    prescribes
        Which columns ``sample`` takes given values of: none, those that it makes first (setting ``first``), or any.
    resumable
        Whether ``fit`` takes ``checkpoint``: a folder where it keeps how far it is and from which it goes on, to the
        same model as a fit that was never interrupted.
    rules_inside
        Whether ``sample`` takes ``restrictions`` and keeps rules while it draws; with other engines they are kept by
        drawing rows again, or by repair.
    """

    name: str
    title: str
    summary: str
    good_for: str
    weak_at: str
    cost: str
    licence: str = "Apache-2.0"
    licence_note: str = ""
    requires: tuple[str, ...] = ()
    params: tuple[Param, ...] = field(default=())
    private: bool = False
    resumable: bool = False
    prescribes: Literal["none", "first", "any"] = "none"
    rules_inside: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that are needed and not installed."""
        return tuple(name for name in self.requires if find_spec(name) is None)


@runtime_checkable
class Fitted(Protocol):
    """What an engine learned. ``sample`` is pure: the same rows and seed give the same frame."""

    def sample(
        self, rows: int, *, seed: int, conditions: pd.DataFrame | None = None, progress: Progress = silent
    ) -> pd.DataFrame:
        """Return ``rows`` new rows with the columns and canonical dtypes of the table that was learned.

        ``conditions``, when given, has ``rows`` rows and some of the columns: their values are kept as they are
        (engines that cannot do so raise MethodError). Engines with ``info.rules_inside`` also take ``restrictions``
        (:class:`synth_core.constraints.inside.Restrictions`), and make no row that breaks one where a value is allowed.
        """

    def save(self, folder: Path) -> None:
        """Write the model to ``folder`` (made if needed), without pickle where the engine is ours."""


class Method(Protocol):
    """An engine with its settings."""

    info: ClassVar[MethodInfo]

    def __init__(self, **params: Any) -> None: ...

    def fit(self, table: Table, *, seed: int, progress: Progress = silent) -> Fitted:
        """Learn the learned columns of ``table`` (the train split) and return the model.

        The caller passes learned columns only; at least one column, at least one row.
        """

    @classmethod
    def load(cls, folder: Path) -> Fitted:
        """Return the model that ``Fitted.save`` wrote to ``folder``."""


def checked_params(info: MethodInfo, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every setting of a method with its value; unknown names and bad values raise MethodError."""
    known = {param.name: param for param in info.params}
    for name in given:
        if name not in known:
            hint = did_you_mean(name, list(known)).replace("columns", "settings") if known else " It has none."
            raise MethodError(f"Engine '{info.name}' has no setting '{name}'.{hint}")
    return {name: param.check(given.get(name, param.default), info.name) for name, param in known.items()}


class Engine:
    """Base of our engines: keeps the validated settings in ``self.params``; no other logic."""

    info: ClassVar[MethodInfo]

    def __init__(self, **params: Any) -> None:
        self.params = checked_params(self.info, params)


def require_columns(table: Table, names: Sequence[str] = ()) -> None:
    """Raise MethodError when ``table`` has nothing to learn from."""
    if not len(table):
        raise MethodError(f"Table '{table.name}' has 0 rows to learn from; hold out fewer, or add rows.")
    if not table.columns:
        raise MethodError(
            f"Table '{table.name}' has 0 columns to learn from: numbers, dates or categories are needed; identifiers, "
            "free text and personal data are never learned. Check delimiter, kinds and roles on the Upload page."
        )
