"""Single changes of a recipe, each with the sentence that says what was changed; a move that does not apply is None."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synth_core.frontier import as_for_all
from synth_core.methods import create, methods, setting
from synth_core.methods.base import Param
from synth_core.recipe import Recipe
from synth_core.recommend import NETWORKS
from synth_core.scores.results import RuleAdherence
from synth_core.tuning.record import Held, Try

GROUPS = {"trees": "leaf", "bayesian_network": "support", "copula": "smallest_group"}
GROUP_WORDS = {"leaf": "rows per leaf", "support": "rows behind each probability", "smallest_group": "rows per group"}
_NEAR = 1.25  # sizes nearer to each other than this make no difference that could be measured
_ENOUGH_EPOCHS = 0.25  # of an engine's usual epochs: fewer are not worth a try
_LEAST_ROWS = 1_000
_MOST_TREES = 40
_REPAIRED = 0.02  # of the rows: from here repairs may be what bends the columns


@dataclass(frozen=True)
class Facts:
    """What a move may look at beside the try that it starts from.

    Attributes
    ----------
    tries
        All tries so far.
    engines
        Engines by the order in which they are worth a try on this table.
    learned, seconds_left
        Rows that tries learn from, and seconds that further tries may take.
    rules
        How each rule fared in the try that it starts from.
    unprotected
        Columns whose protection is off.
    fewer_rows
        Whether fewer rows may be released than asked for.
    """

    tries: tuple[Try, ...] = ()
    engines: tuple[str, ...] = ()
    learned: int = 1
    seconds_left: float = float("inf")
    rules: tuple[RuleAdherence, ...] = ()
    unprotected: tuple[str, ...] = ()
    fewer_rows: bool = False


@dataclass(frozen=True)
class Case:
    """A failed target of a try that is to be mended."""

    base: Try
    held: Held
    facts: Facts

    @property
    def recipe(self) -> Recipe:
        """The recipe that is to be changed."""
        return self.base.recipe

    @property
    def title(self) -> str:
        """The engine's title."""
        return title_of(self.recipe.method)

    def value(self, name: str) -> Any:
        """Return a setting of the engine; None where it has none."""
        return setting(self.recipe.method, self.recipe.params, name)

    def param(self, name: str) -> Param | None:
        """Return the description of a setting of the engine; None where it has none."""
        return next((one for one in methods()[self.recipe.method].info.params if one.name == name), None)

    def changed(self, sentence: str, **params: Any) -> Change:
        """Return the change of some settings."""
        usual = {param.name: param.default for param in methods()[self.recipe.method].info.params}
        kept = {name: value for name, value in (self.recipe.params | params).items() if value != usual.get(name)}
        return Change(self.recipe.model_copy(update={"params": kept}), sentence)


@dataclass(frozen=True)
class Change:
    """A changed recipe and the sentence that says what was changed; or only why a move was left out (no recipe)."""

    recipe: Recipe | None
    sentence: str
    protected: tuple[str, ...] = ()


Move = Callable[[Case], Change | None]


def title_of(method: str) -> str:
    """Return an engine's title."""
    known = methods()
    return known[method].info.title if method in known else method


def learn_longer(case: Case) -> Change | None:
    """More epochs for a network that learned for few, as far as the time allows."""
    param = case.param("epochs") or (case.param("minutes") if case.recipe.method == "diffusion" else None)
    if param is None:
        return None
    now, usual = float(case.value(param.name)), float(param.default)
    if now >= usual:
        return None
    second = case.base.learning or case.base.seconds
    affordable = now * case.facts.seconds_left / 2 / max(second, 0.1)
    wanted = min(usual, affordable)
    if wanted < max(_ENOUGH_EPOCHS * usual, 1.5 * now):
        least = _ENOUGH_EPOCHS * usual
        return Change(
            None,
            f"Learning longer was left out: {least:.0f} {param.unit} would take about "
            f"{spoken(second * least / max(now, 1e-9))}, and {spoken(case.facts.seconds_left)} are left.",
        )
    value = param.kind(wanted)
    return case.changed(f"Learned longer: {value:g} {param.unit} instead of {now:g}.", **{param.name: value})


def learn_shorter(case: Case) -> Change | None:
    """A third of the epochs, for a try that took too long, as long as enough are left to be worth a try."""
    param = case.param("epochs") or case.param("minutes")
    if param is None or float(case.value(param.name)) / 3 < _ENOUGH_EPOCHS * float(param.default):
        return None
    value = param.kind(float(case.value(param.name)) / 3)
    return case.changed(f"Learned shorter: {value:g} {param.unit}.", **{param.name: value})


def dial_to(step: int) -> Move:
    """One stop along the engine's dial: +1 towards faithful, -1 towards private."""

    def move(case: Case) -> Change | None:
        dial = next((one for one in methods()[case.recipe.method].info.params if one.scale), None)
        if dial is None or case.value("leaf"):  # a leaf that is set stands above the dial
            return None
        place = dial.choices.index(str(case.value(dial.name))) + step
        if not 0 <= place < len(dial.choices):
            return None
        stop = dial.choices[place]
        return case.changed(f"The dial from {case.value(dial.name)} to {stop}.", **{dial.name: stop})

    return move


def group_size(recipe: Recipe, learned: int) -> int | None:
    """Return how many real rows the smallest group of an engine holds; None where it has no such thing."""
    name = GROUPS.get(recipe.method)
    if name is None:
        return None
    if recipe.method == "trees":
        params = dict(recipe.params)
        if not int(params.get("release_rows", 0) or 0):
            params["release_rows"] = recipe.rows
        engine: Any = create("trees", params)
        return int(engine.leaf_rows(learned))
    return int(setting(recipe.method, recipe.params, name) or 0) or None


def groups_by(factor: float) -> Move:
    """Groups (leaves) this many times as large; where the next size held the target already, one in between."""

    def move(case: Case) -> Change | None:
        now = group_size(case.recipe, case.facts.learned)
        if now is None:
            return None
        name = GROUPS[case.recipe.method]
        wanted, param = max(round(now * factor), 1), case.param(name)
        near = _nearest_tried(case, now, factor)
        if near is not None:
            size, held = near
            if held is None or held.beyond:
                return None  # further that way did not mend it
            wanted = round((now * size) ** 0.5)
        if param is not None:
            wanted = int(min(max(wanted, param.low or 1, 1), param.high or wanted))
        if max(wanted, now) / max(min(wanted, now), 1) < _NEAR:
            return None
        word = "Smaller" if wanted < now else "Larger"
        return case.changed(f"{word} groups: at least {wanted} {GROUP_WORDS[name]} instead of {now}.", **{name: wanted})

    return move


def _nearest_tried(case: Case, now: int, factor: float) -> tuple[int, Held | None] | None:
    """Return the nearest size beyond this one that was tried, all else equal, and how the target stood there."""
    free = {GROUPS[case.recipe.method], "privacy"}
    found = []
    for other in case.facts.tries:
        size = group_size(other.recipe, case.facts.learned)
        if size is None or (size < now) != (factor < 1) or size == now or not _alike(case.base, other, free):
            continue
        found.append((abs(size - now), size, other.of(case.held.score)))
    return min(found, key=lambda one: one[0])[1:] if found else None


def _alike(one: Try, other: Try, free: set[str]) -> bool:
    """Whether two tries differ in these settings at most."""
    cores = []
    for each in (one, other):
        params = {name: value for name, value in each.recipe.params.items() if name not in free}
        cores.append((each.recipe.model_copy(update={"params": params}).model_dump_json(), each.protected))
    return cores[0] == cores[1]


def other_order(case: Case) -> Change | None:
    """Another order in which trees make the columns."""
    param = case.param("order")
    if param is None:
        return None
    others = [word for word in param.choices if word not in (case.value("order"), "given")]
    tried = {other.recipe.params.get("order", param.default) for other in case.facts.tries}
    fresh = [word for word in others if word not in tried]
    return case.changed(f"Columns made {fresh[0]} instead of {case.value('order')}.", order=fresh[0]) if fresh else None


def more_candidates(case: Case) -> Change | None:
    """A stronger calibration: more drawn rows for each released one, for the guide to choose from."""
    param = case.param("candidates")
    if param is None:
        return None
    now = int(case.value("candidates"))
    more = next((number for number in (3, 6, 10) if number > now), None)
    return (
        None
        if more is None
        else case.changed(f"Calibration: the best of {more} drawn rows, not {now}.", candidates=more)
    )


def more_trees(case: Case) -> Change | None:
    """Twice the trees per column: each person weighs less."""
    if case.param("trees") is None:
        return None
    now = int(case.value("trees"))
    return (
        None if 2 * now > _MOST_TREES else case.changed(f"{2 * now} trees per column instead of {now}.", trees=2 * now)
    )


def smoothing_by(step: float) -> Move:
    """More or less smoothing of numbers around their donors."""

    def move(case: Case) -> Change | None:
        param = case.param("smoothing")
        if param is None:
            return None
        now = float(case.value("smoothing"))
        new = min(max(now + step, param.low or 0.0), param.high or now + step)
        word = "More" if step > 0 else "Less"
        return None if new == now else case.changed(f"{word} smoothing: {new:g} instead of {now:g}.", smoothing=new)

    return move


def protect(case: Case) -> Change | None:
    """Protection of rare values and extremes for columns where it is switched off."""
    names = case.facts.unprotected
    if not names or case.base.protected:
        return None
    shown = ", ".join(f"'{name}'" for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return Change(case.recipe, f"Rare values and extremes protected in {shown}.", protected=names)


def keep_every_rule(case: Case) -> Change | None:
    """Rules that were only checked are kept; one that is broken all the same is kept by drawing again."""
    broken = {rule.id for rule in case.facts.rules if rule.hard and rule.broken}
    for rule in case.recipe.constraints:
        if rule.id not in broken:
            continue
        way = "auto" if rule.enforcement == "check_only" else "reject"
        if way != rule.enforcement and (way == "auto" or way in rule.ways):
            how = "kept, not only checked" if way == "auto" else "kept by drawing again"
            return _with_rule(case, rule.id, way, f"The rule “{rule.sentence()}” is {how}.")
    return None


def rule_another_way(case: Case) -> Change | None:
    """The rule whose repairs or retries changed most rows is kept in another of its ways."""
    costly = [
        (rule.repaired, rule)
        for rule in case.facts.rules
        if rule.hard and rule.repaired > _REPAIRED * max(case.recipe.rows, 1)
    ]
    by_id = {rule.id: rule for rule in case.recipe.constraints}
    tried = {(rule.id, rule.enforcement) for other in case.facts.tries for rule in other.recipe.constraints}
    for _, adherence in sorted(costly, key=lambda pair: -pair[0]):
        rule = by_id.get(adherence.id)
        if rule is None:
            continue
        for way in ("transform", "condition", "reject"):
            if way in rule.ways and way != adherence.how and (rule.id, way) not in tried:
                words = {"transform": "by construction", "condition": "while drawing", "reject": "by drawing again"}
                return _with_rule(
                    case, rule.id, way, f"The rule “{rule.sentence()}” is kept {words[way]}, not by repair."
                )
    return None


def _with_rule(case: Case, rule_id: str, way: str, sentence: str) -> Change:
    rules = [
        rule.model_copy(update={"enforcement": way}) if rule.id == rule_id else rule for rule in case.recipe.constraints
    ]
    return Change(case.recipe.model_copy(update={"constraints": rules}), sentence)


def release_fewer(case: Case) -> Change | None:
    """Half the rows released, where that is allowed: the fewer there are, the less they say about single people."""
    asked = case.recipe.steering
    if not case.facts.fewer_rows or asked.make or asked.given is not None or case.recipe.rows < 2 * _LEAST_ROWS:
        return None
    rows = case.recipe.rows // 2
    fewer = case.recipe.model_copy(update={"rows": rows, "params": as_for_all(case.recipe)})
    return Change(fewer, f"{rows:,} rows released instead of {case.recipe.rows:,}.")


def another_engine(case: Case) -> Change | None:
    """The next engine that was not tried; networks last, and only where there is time for them."""
    tried = {other.recipe.method for other in case.facts.tries}
    for name in case.facts.engines:
        if name in tried or (name == "independent" and not _private(case.held.score)):
            continue
        params: dict[str, Any] = {}
        kept = int(case.recipe.params.get("release_rows", 0) or 0)
        if kept and setting(name, {}, "release_rows") is not None:
            params["release_rows"] = kept
        if name in NETWORKS:
            if case.facts.seconds_left < 240:
                continue
            if name == "diffusion":
                params["minutes"] = round(min(case.facts.seconds_left / 180, 8.0), 1)
        recipe = case.recipe.model_copy(update={"method": name, "params": params, "reason": ""})
        return Change(recipe, f"Another engine: {title_of(name)} instead of {case.title}.")
    return None


def _private(score: str) -> bool:
    return score in ("membership_auc", "membership_tpr", "copies", "near_copies", "holdout_copies", "literals")


def spoken(seconds: float) -> str:
    """Return a time in words."""
    return f"{max(seconds, 1):.0f} s" if seconds < 90 else f"{seconds / 60:,.0f} min"


MOVES: Mapping[str, Move] = {
    "learn longer": learn_longer,
    "learn shorter": learn_shorter,
    "turn the dial towards faithful": dial_to(+1),
    "turn the dial towards private": dial_to(-1),
    "smaller leaves": groups_by(0.5),
    "larger leaves": groups_by(2.0),
    "another order of columns": other_order,
    "calibrate more": more_candidates,
    "more trees": more_trees,
    "smooth more": smoothing_by(+0.5),
    "smooth less": smoothing_by(-0.5),
    "protect rare values": protect,
    "keep every rule": keep_every_rule,
    "keep a rule another way": rule_another_way,
    "release fewer rows": release_fewer,
    "another engine": another_engine,
}


def names(moves: Sequence[str]) -> tuple[str, ...]:
    """Return these moves, each of which must be known.

    >>> names(["smooth more"])
    ('smooth more',)
    """
    unknown = [name for name in moves if name not in MOVES]
    assert not unknown, unknown
    return tuple(moves)
