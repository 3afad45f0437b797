"""The shadow audit: fit the recipe's engine again and again, with and without the most exposed people, and measure.

Only rows that a run would learn from are used. Each fit has a seed of its own, as an attacker does not know it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from synth_core.errors import InputError
from synth_core.estimates import estimate
from synth_core.frontier import as_for_all
from synth_core.generation import Synthesis, generate, read_synthetic
from synth_core.progress import Progress, StageProgress, silent
from synth_core.recipe import Recipe
from synth_core.scorecard import Scorecard
from synth_core.scores import shadow
from synth_core.scores.advantage import of_audit
from synth_core.scores.features import Coding
from synth_core.scores.results import ShadowAudit
from synth_core.scores.space import Space
from synth_core.table import Table

FITS = 16
MOST_MADE = 20_000  # rows that each fit releases; what a larger release gives away is not seen
LOOKED = 20_000  # released rows among which the nearest to each person is looked for
MOST_EACH, MOST_SECONDS = 60.0, 1_200.0
ATTACK = 1.5  # seconds to attack one release
LEAST_ROWS = 200


def fit_seconds(synthesis: Synthesis) -> float:
    """Return about how long one fit takes, from what the run itself took (seconds)."""
    took = synthesis.seconds
    share = min(1.0, MOST_MADE / max(synthesis.rows, 1))
    made = took.get("Sample", 0.0) + took.get("Keep the rules", 0.0)
    return took.get("Split", 0.0) + took.get("Learn", 0.0) + made * share


def expected_fit_seconds(train: Table, recipe: Recipe) -> float:
    """Return the same from a pilot, where no run is there; InputError where it cannot be found out."""
    found = estimate(train, _fit_recipe(recipe, min(recipe.rows, MOST_MADE), 0))
    if found.seconds is None:
        raise InputError(found.problem or f"How long '{recipe.method}' takes to learn could not be found out.")
    return found.seconds


def cost(each: float, fits: int = FITS) -> str:
    """Return what an audit takes, given the seconds of one fit.

    >>> cost(8.2)
    'about 3 min: 16 fits of 8 s'
    """
    whole = fits * (each + ATTACK)
    long = f"{whole:.0f} s" if whole < 90 else f"{whole / 60:.0f} min"
    return f"about {long}: {fits} fits of {max(each, 1):.0f} s"


def why_not(recipe: Recipe, rows: int, each: float, fits: int = FITS) -> str:
    """Return why no audit is offered, as a sentence; "" where it is. ``rows`` learned from, ``each``: seconds a fit."""
    if why := _unfit(recipe, rows):
        return why
    whole = fits * (each + ATTACK)
    if each > MOST_EACH or whole > MOST_SECONDS:
        return (
            f"The shadow audit fits the engine {fits} times, and one fit takes about {each:,.0f} s here: "
            f"{whole / 60:,.0f} min in all. It is offered where one takes at most {MOST_EACH:.0f} s."
        )
    return ""


def _unfit(recipe: Recipe, rows: int) -> str:
    if recipe.what_if is not None:
        return "A what-if is not audited: its rows were moved away from the real ones by hand."
    if recipe.steering.given is not None:
        return "Rows that complete given ones are not audited: the given cells say who they are about."
    if rows < LEAST_ROWS:
        return f"Only {rows:,} rows were learned from; an audit needs at least {LEAST_ROWS}."
    return ""


def audit(
    train: Table,
    recipe: Recipe,
    *,
    release: Table | None = None,
    fits: int = FITS,
    workers: int = 1,
    scratch: Path | None = None,
    progress: Progress = silent,
) -> ShadowAudit:
    """Return how well it can be told from releases which of the most exposed people they were made with.

    Parameters
    ----------
    train
        The rows that the run learned from; held-out rows are not needed.
    recipe
        Engine, settings, rules, steering, rows and seed of the run.
    release
        The run's own release: people to whom it comes nearest are looked for as well.
    fits
        How often the engine is fitted, an even number; each person is in half of the fits.
    scratch
        Folder for the releases, each removed when it is measured; the system's own when not given.
    progress
        Told about every piece of work, in fits; it may raise :class:`~synth_core.errors.Cancelled`.

    Raises
    ------
    InputError
        The recipe cannot be audited, or there are too few rows.
    """
    began = perf_counter()
    if why := _unfit(recipe, len(train)):
        raise InputError(why)
    if fits < shadow.LEAST_FITS or fits % 2:
        raise InputError(f"The audit needs an even number of fits, at least {shadow.LEAST_FITS}; got {fits}.")
    coding = Coding.learn(train)
    if not coding.columns:
        raise InputError(f"Table '{train.name}' has no column that is learned; there is nothing to audit.")
    progress(0, fits, "Looking for the most exposed people")
    space = Space.learn(coding, coding.apply(train.frame))
    chance = [np.random.default_rng([recipe.seed, 61, stream]) for stream in range(3)]
    some = None
    if release is not None:
        some = space.place(coding.apply(release.frame).sample(LOOKED, chance[2]))
    sought = shadow.seek(train, coding, space, some, chance[0])
    inside = shadow.halves(len(sought), fits, chance[1])
    probe = shadow.Probe.learn(train, coding, space, sought)
    seen: dict[str, list[Any]] = {}
    made = min(recipe.rows, MOST_MADE)
    for number in range(fits):

        def tell(stage: str, done: float, total: float, note: str = "", before: int = number) -> None:
            share = {"Split": 0.0, "Learn": 0.8 * done / (total or 1)}.get(stage, 0.8)
            progress(before + share, fits, f"Fit {before + 1} of {fits}")

        known = train.rows(sought.staying(~inside[number], len(train)))
        with tempfile.TemporaryDirectory(prefix="simile-shadow-", dir=scratch) as folder:
            table = released(known, _fit_recipe(recipe, made, number), Path(folder), workers, tell)
        looked = probe.look(coding.apply(table.frame), np.random.default_rng([recipe.seed, 62, number]))
        for name, values in looked.items():
            seen.setdefault(name, []).append(values)
    progress(fits, fits)
    found = shadow.judged(sought, inside, {k: np.stack(v) for k, v in seen.items()}, len(train), made)
    return found.model_copy(update={"released": recipe.rows, "seconds": round(perf_counter() - began, 1)})


def released(known: Table, recipe: Recipe, folder: Path, workers: int, tell: StageProgress) -> Table:
    """Return what the recipe releases when it learns from all of ``known``."""
    synthesis = generate(known, recipe, folder, workers=workers, progress=tell)
    return read_synthetic(folder, synthesis)


def _fit_recipe(recipe: Recipe, made: int, number: int) -> Recipe:
    """The run's recipe for one fit: all rows given are learned from, and fewer are made by the same engine."""
    seed = int(np.random.SeedSequence(recipe.seed, spawn_key=(6, number)).generate_state(1)[0])
    steering = recipe.steering
    if steering.make:
        steering = steering.model_copy(update={"make": {}, "shares": steering.wanted_shares})
    inner = {"params": as_for_all(recipe), "rows": made, "seed": seed, "holdout": 0.0, "cluster": ""}
    return recipe.model_copy(update=inner | {"steering": steering})


def with_audit(card: Scorecard, found: ShadowAudit) -> Scorecard:
    """Return the scorecard with what an audit found in the place of an earlier one: attacks, score, people."""
    old = card.privacy
    new = {
        "scores": [*(one for one in old.scores if one.name != "shadow_advantage"), of_audit(found)],
        "attacks": [*(one for one in old.attacks if not one.name.startswith("shadow_")), *found.attacks],
        "audit": found,
    }
    return card.model_copy(update={"privacy": old.model_copy(update=new)})
