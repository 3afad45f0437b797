"""What can be done about a release that gives people away: each a changed recipe, with what it costs in plain words.

Nothing here promises a result: a remedy makes a new run, which is judged like any other, and the two stand side by
side.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

from synth_core.frontier import as_for_all, dial
from synth_core.methods import setting
from synth_core.recipe import Recipe
from synth_core.redrawing import refusal
from synth_core.scorecard import Scorecard
from synth_core.table import Table

Kind = Literal["redraw", "dial", "protect", "fewer"]
MOST_PROTECTED = 3
LEAST_ROWS = 200


class Remedy(BaseModel):
    """A change of the recipe, or of the protection of a column (``protect``: its name, else "").

    ``does`` and ``costs`` are sentences; ``why_not`` says why it cannot be applied, "" where it can.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    title: str
    does: str
    costs: str
    recipe: Recipe
    protect: str = ""
    why_not: str = ""

    @property
    def name(self) -> str:
        """What tells it from the others: its kind, and the column where there is one."""
        return f"{self.kind}:{self.protect}" if self.protect else self.kind


class Mended(BaseModel):
    """Which run a run mends, and by what; ``remedy.json`` in its folder."""

    model_config = ConfigDict(frozen=True)

    run: str
    remedy: str
    title: str


def remedies(recipe: Recipe, card: Scorecard, table: Table) -> list[Remedy]:
    """Return what can be tried, the mildest first; ``recipe``, ``card`` and ``table`` are those of the judged run."""
    engine = recipe.model_copy(update={"method": card.method or recipe.method})
    found = [_redraw(engine, card), _dial(engine), *_protect(engine, card, table), _fewer(engine)]
    return [one for one in found if one is not None]


def _redraw(recipe: Recipe, card: Scorecard) -> Remedy | None:
    if recipe.redraw_exposed:
        return None
    near, copied = card.scores.get("near_copies"), card.scores.get("copies")
    measured = []
    if copied is not None and copied.value is not None:
        measured.append(f"{copied.value:.3g} % of the rows equal one real person's row")
    if near is not None and near.value is not None:
        measured.append(f"{near.value:.3g} % of people have a row far nearer to them than to anybody else")
    if measured and not any(score.value for score in (copied, near) if score is not None):
        return None  # nothing to draw again
    now = f" Now {' and '.join(measured)}." if measured else ""
    return Remedy(
        kind="redraw",
        title="Draw exposed rows again",
        does=f"Rows that lie on one real person are left out, and others drawn in their place.{now}",
        costs="A little time and hardly any likeness. The engine still knows what it learned, so an attack that looks "
        "at many rows may find as much as before; and an empty place around a person can say something too.",
        recipe=recipe.model_copy(update={"redraw_exposed": True}),
        why_not=refusal(recipe),
    )


def _dial(recipe: Recipe) -> Remedy | None:
    found = dial(recipe.method)
    if found is None or setting(recipe.method, recipe.params, "leaf"):  # a leaf that is set stands above the dial
        return None
    now = str(recipe.params.get(found.name, found.default))
    place = found.choices.index(now) if now in found.choices else 0
    if place == 0:
        return None
    stop = str(found.choices[place - 1])
    return Remedy(
        kind="dial",
        title=f"One stop more private: {stop}",
        does=f"The engine learns with its dial at '{stop}' in place of '{now}': each row is made from more people.",
        costs="Likeness and use go down, most of all for fine detail and small groups. The Method page measures by how "
        "much on your table.",
        recipe=recipe.model_copy(update={"params": recipe.params | {found.name: stop}}),
    )


def _protect(recipe: Recipe, card: Scorecard, table: Table) -> list[Remedy]:
    """Return a remedy per column without protection, those first in which real values were found."""
    open_ones = [column.name for column in table.having(learned=True) if not column.protect]
    score = card.scores.get("literals")
    leaked = dict(re.findall(r"(?:^|[:,] )([^:,]+): (\d+)", score.note)) if score is not None else {}
    open_ones.sort(key=lambda name: -int(leaked.get(name, 0)))
    found = []
    for name in open_ones[:MOST_PROTECTED]:
        rows = int(leaked.get(name, 0))
        now = f" Now {rows:,} rows hold a real extreme or rare value of it." if rows else ""
        found.append(
            Remedy(
                kind="protect",
                title=f"Protect the rare values of '{name}'",
                does=f"Values of fewer than five to seven people, and the outermost ones, are kept out of it.{now}",
                costs="The rare values are gone from this column: the release says nothing about them. Your other runs "
                "will show as made with an earlier table.",
                recipe=recipe,
                protect=name,
            )
        )
    return found


def _fewer(recipe: Recipe) -> Remedy | None:
    rows = recipe.rows // 2
    if rows < LEAST_ROWS or recipe.steering.given is not None or recipe.steering.make:
        return None
    return Remedy(
        kind="fewer",
        title=f"Half the rows: {rows:,}",
        does="The same engine makes half as many rows. The more are released, the more they say about single people.",
        costs="Fewer rows to work with; what was released before cannot be taken back.",
        recipe=recipe.model_copy(update={"rows": rows, "params": as_for_all(recipe)}),
    )
