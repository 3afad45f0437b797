"""What repeats a run exactly: plain JSON."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    field_validator,
    model_validator,
)

from synth_core.constraints.base import Constraint
from synth_core.errors import InputError
from synth_core.steering.asks import Steering
from synth_core.what_if import WhatIf

AUTO = "auto"  # as a method: the engine that the recommender chooses


class Use(StrEnum):
    """What the synthetic table is for; it decides the targets."""

    DEVELOP = "develop"
    SHARE = "share"
    TRAIN = "train"
    EXPLORE = "explore"


USE_TITLES = {
    Use.DEVELOP: "Develop and test software",
    Use.SHARE: "Share outside",
    Use.TRAIN: "Train a model",
    Use.EXPLORE: "Explore inside",
}


def _parse_rule(value: Any) -> Constraint:
    from synth_core.constraints.kinds import parse

    return value if isinstance(value, Constraint) else parse(value)


def cluster_address(text: str) -> str:
    """Return the address of a dask scheduler without spaces around it, or ""; ValueError says what one looks like.

    >>> cluster_address(" tcp://10.0.0.5:8786 ")
    'tcp://10.0.0.5:8786'
    """
    text = text.strip()
    found = re.fullmatch(r"(?:tcp|tls)://(?:[\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})", text, re.ASCII)
    if text and (found is None or not 0 < int(found[1]) < 65536):
        raise ValueError("an address of a dask scheduler looks like tcp://10.0.0.5:8786")
    return text


class Recipe(BaseModel):
    """Method, settings, rules, rows and seed of one run.

    Attributes
    ----------
    method
        An engine, or ``auto``: the recommended one, which takes its place when the work starts.
    rows
        Synthetic rows to make.
    holdout
        Share of the real rows kept out of learning, for judging; 0 learns from all.
    steering
        What is asked of the rows: conditions, shares, counts, given rows. Recipes of version 1 had ``where`` and
        ``shares`` beside the other fields; they are read as steering.
    what_if
        What was edited by hand: the rows follow that, and are no likeness of the real ones. The shares that it comes to
        are in ``steering`` (:func:`~synth_core.what_if.what_if_recipe`). None: nothing.
    missing
        Words that mean a missing cell, per column: ``{"pdays": ["999", "-1"]}``. They are read so before learning.
    minutes
        Time that learning and making may take, for ``auto`` to choose by; 0: as long as it takes.
    reason
        Why this engine, where ``auto`` chose it.
    redraw_exposed
        Draw rows again that lie far nearer to one real person than other real rows do; not where rows are steered.
    chunk_rows
        Rows per part; part of the recipe, because each part has its own seed.
    cluster
        Address of a dask scheduler whose workers make the parts (``"tcp://10.0.0.5:8786"``); "": this machine. It may
        stand in a recipe's file, but is never written out: where the work is done changes no byte of the release,
        and says nothing to whoever gets it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[2] = 2
    method: str = "trees"
    params: dict[str, Any] = Field(default_factory=dict)
    constraints: list[Annotated[SerializeAsAny[Constraint], BeforeValidator(_parse_rule)]] = Field(default_factory=list)
    steering: Steering = Field(default_factory=Steering)
    what_if: WhatIf | None = None
    missing: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    rows: int = Field(default=10_000, ge=1, le=100_000_000)
    seed: int = Field(default=0, ge=0, lt=2**32)
    holdout: float = Field(default=0.2, ge=0, lt=1)
    use: Use = Use.SHARE
    minutes: float = Field(default=0.0, ge=0, le=100_000, allow_inf_nan=False)
    reason: str = ""
    redraw_exposed: bool = False
    chunk_rows: int = Field(default=50_000, ge=1)
    cluster: str = Field(default="", exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _from_version_1(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not (data.get("version") == 1 or {"where", "shares"} & data.keys()):
            return data
        old = {name: data[name] for name in ("where", "shares") if data.get(name)}
        kept = {name: value for name, value in data.items() if name not in ("where", "shares")}
        steering = kept.get("steering", {})
        if old:
            kept["steering"] = {**(steering if isinstance(steering, dict) else steering.model_dump()), **old}
        return {**kept, "version": 2}

    @field_validator("cluster")
    @classmethod
    def _address(cls, value: str) -> str:
        return cluster_address(value)

    @property
    def rules(self) -> list[Constraint]:
        """The rules that are switched on."""
        return [rule for rule in self.constraints if rule.enabled]

    @property
    def cuts(self) -> list[tuple[str, str]]:
        """Pairs of columns between which the engine may not link, either way round or one way."""
        from synth_core.methods.network_edges import parse_edges

        edges = parse_edges(str(self.params.get("forbidden", "") or ""), "forbidden")
        pairs = {tuple(sorted(edge)): edge for edge in reversed(edges)}
        return list(reversed(pairs.values()))

    def cut_words(self) -> list[str]:
        """Return in a sentence between which columns no link was learned; none where nothing was cut."""
        named = ", ".join(f"'{one}' and '{other}'" for one, other in self.cuts)
        return [f"Cut on purpose: the engine may not link {named}."] if named else []


def read_recipe(path: Path) -> Recipe:
    """Return the recipe in a JSON file; :class:`InputError` names the field that is wrong."""
    try:
        return Recipe.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The recipe {path.name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"The recipe {path.name} is not a text file; a recipe is JSON.") from None
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the file"
        raise InputError(f"The recipe {path.name} is not right at '{place}': {reason(error)}.") from None


def reason(error: ValidationError) -> str:
    """Return what is wrong with the first wrong field of a recipe, without its value."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "extra_forbidden":
        return f"there is no such field; the fields are {', '.join(Recipe.model_fields)}"
    if first["type"] == "json_invalid":
        return first["msg"].replace("Invalid JSON: ", "this is not JSON: ")
    return first["msg"].removeprefix("Value error, ").replace("Input should be", "it must be", 1)
