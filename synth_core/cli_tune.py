"""What the ``simile`` command says of an iteration to the targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synth_core.errors import InputError
from synth_core.scorecard import Target
from synth_core.scores.statistics import Estimate
from synth_core.table import did_you_mean
from synth_core.tuning.moves import title_of
from synth_core.tuning.record import Try, Tuning
from synth_core.tuning.standing import figure, name_of


def with_limits(targets: Sequence[Target], texts: Sequence[str]) -> list[Target]:
    """Return the targets with the limits of every --limit, from texts such as ``c2st=0.6``."""
    known = {target.score: target for target in targets}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if name not in known:
            near = did_you_mean(name, list(known)).replace("columns", "scores")
            raise InputError(f"--limit {text}: there is no target '{name}' for this use.{near}")
        try:
            limit = float(value)
        except ValueError:
            limit = -1.0
        if not equals or not 0 <= limit < float("inf"):
            raise InputError(f"--limit {text}: write it as SCORE=NUMBER, such as c2st=0.6.")
        known[name] = known[name].model_copy(update={"limit": limit})
    return list(known.values())


def lines(found: Tuning) -> Iterator[str]:
    """Yield the log of an iteration: what failed, what was changed, what it gained; then the end and the final."""
    yield (
        f"{found.learned:,} rows learned from in each try, judged on {found.judged:,} cut from those to learn from; "
        f"{found.held_out:,} held out for the last choice"
    )
    for one in found.tries:
        yield from _of(one)
    if found.ending:
        yield found.ending
    if found.fight is not None:
        yield found.fight.sentence
    best = found.best
    if found.ended != "reached" and best is not None and best.failing:
        missed = ", ".join(
            f"{name_of(one.score)} {figure(one, one.judged)} against {figure(one, one.limit)}" for one in best.failing
        )
        yield f"The nearest is try {best.number}: {missed}."
    if found.final is not None:
        yield found.final.sentence


def _of(one: Try) -> Iterator[str]:
    kept = "  *" if one.kept else ""
    cells = [f"attack {_cell(one.attack)}", f"C2ST {_cell(one.likeness)}", f"loss {_cell(one.loss, 1)} %"]
    told = "" if one.problem else ", " + ", ".join(cells)
    yield f"Try {one.number}: {title_of(one.recipe.method)}, {one.seconds:.0f} s{told}{kept}"
    for sentence in one.passed:
        yield f"  left out   {sentence}"
    if one.failed:
        yield f"  failed     {one.failed}"
    yield f"  changed    {one.changed}"
    yield f"  gained     {one.gained}"


def _cell(found: Estimate | None, digits: int = 3) -> str:
    return "-" if found is None else f"{found.value:.{digits}f}"
