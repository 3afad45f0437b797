"""The iteration: try, judge on rows cut from those to learn from, change what failed, and judge the last choice once.

The rows that the recipe holds out are looked at once, after the last choice, for the final figures. Tries learn from
the rest less a share as large as the holdout, on which they are judged. After each try, all of it is in the folder::

    tuning.json   tries/001/  synthetic.parquet  scorecard.json ...   final/
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from pydantic import ValidationError

from synth_core.errors import Cancelled, SimileError
from synth_core.needs import require_memory
from synth_core.pipeline import follow
from synth_core.progress import Progress, silent
from synth_core.recipe import Recipe
from synth_core.recommend import NETWORKS, assess, with_engine
from synth_core.scorecard import Scorecard, Target
from synth_core.steering.given import GivenRows
from synth_core.table import Table
from synth_core.tuning.asking import check_askable, validation_recipe, with_protection, with_typed
from synth_core.tuning.fights import fight_in
from synth_core.tuning.last_words import final_words, noted
from synth_core.tuning.moves import Facts
from synth_core.tuning.record import Budget, Ending, Final, Try, Tuning, reached
from synth_core.tuning.remedies import UNRUN, Proposal, propose
from synth_core.tuning.standing import (
    estimate_of,
    failed_words,
    gained_words,
    held_against,
    name_of,
    shortfall_of,
)
from synth_core.whole_files import replace_whole

FILE = "tuning.json"
_GAIN = 0.01  # less of the shortfall is no gain
_PATIENCE = 7  # tries in a row without a gain
_FINAL = 1.35  # the final learns from a third more rows than a try
_PUT_BY = 0.4  # of the time left: the most that is put by for the final while no try reaches the targets
_FIRST = 0.5  # of the budget: the most that one try may take
_DOING = {
    "Split": "splitting", "Learn": "learning", "Sample": "making rows", "Keep the rules": "keeping the rules",
    "Compare": "comparing", "Attack": "attacking",
}  # fmt: skip


class OutOfTime(Cancelled):
    """A try took longer than there was time for."""


def tune(
    table: Table,
    recipe: Recipe,
    targets: Sequence[Target],
    budget: Budget,
    folder: Path,
    *,
    workers: int = 1,
    given: GivenRows | None = None,
    progress: Progress = silent,
) -> Tuning:
    """Return the iteration, also kept in ``folder`` after every try; one that was interrupted there goes on.

    Parameters
    ----------
    table, recipe
        The real table, and what is tried first; rows, seed, holdout, rules and steering hold for all tries.
    targets
        What is to be reached.
    folder
        Where tries and the final are kept; another table, recipe, target or budget starts it anew.
    workers
        Processes that make rows; no figure depends on it.
    progress
        Told about seconds spent of the budget, with what is being done; it may raise
        :class:`~synth_core.errors.Cancelled`.

    Raises
    ------
    InputError
        There is nothing to reach, nothing to spend, nothing held out, or too few rows to judge on.
    """
    recipe = with_engine(table, with_typed(recipe)).model_copy(update={"cluster": ""})
    bench = _Bench.of(table, recipe, targets, budget, folder, workers, given, progress)
    tuning = bench.tuning
    if tuning.final is not None:
        return tuning
    try:
        bench.iterate()
        bench.finish()
    except (Cancelled, KeyboardInterrupt):
        bench.end("cancelled", f"Cancelled after {_tries(len(tuning.tries))}; what was tried is kept.")
        raise
    return tuning


def try_folder(folder: Path, number: int) -> Path:
    """Return where the rows and the scorecard of a try are."""
    return folder / "tries" / f"{number:03d}"


def read_tuning(folder: Path) -> Tuning | None:
    """Return what an iteration kept in ``folder``; None where there is nothing that can be read."""
    try:
        return Tuning.model_validate_json((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


@dataclass
class _Bench:
    """The state of an iteration."""

    table: Table
    train: Table
    recipe: Recipe
    budget: Budget
    folder: Path
    workers: int
    given: GivenRows | None
    progress: Progress
    tuning: Tuning
    engines: tuple[str, ...]
    before: float
    began: float

    @classmethod
    def of(
        cls,
        table: Table,
        recipe: Recipe,
        targets: Sequence[Target],
        budget: Budget,
        folder: Path,
        workers: int,
        given: GivenRows | None,
        progress: Progress,
    ) -> _Bench:
        train, known, unseen, held_out = check_askable(table, recipe, targets, budget)
        folder.mkdir(parents=True, exist_ok=True)
        asked = _print(table, recipe, targets, budget)
        tuning = read_tuning(folder) if _same(folder, asked) else None
        if tuning is None:
            shutil.rmtree(folder / "tries", ignore_errors=True)
            shutil.rmtree(folder / "final", ignore_errors=True)
            tuning = Tuning(
                budget=budget,
                targets=list(targets),
                seed=recipe.seed,
                learned=len(known),
                judged=len(unseen),
                held_out=len(held_out),
            )
            (folder / "asked").write_text(asked, encoding="ascii")
        if tuning.ended == "cancelled":
            tuning.ended, tuning.ending = "", ""
        order = [one.method for one in assess(table, recipe.use) if not one.refused]
        light = [name for name in order if name not in (*NETWORKS, "independent")]
        engines = (*light, *(name for name in order if name in NETWORKS), "independent")
        return cls(
            table, train, recipe, budget, folder, workers, given, progress, tuning, engines, tuning.seconds, monotonic()
        )  # fmt: skip

    @property
    def spent(self) -> float:
        """Seconds spent so far, those before an interruption included."""
        return self.before + monotonic() - self.began

    @property
    def left(self) -> float:
        """Seconds that tries may still take: the final's are put by, but no more than a part while targets fail."""
        best, left = self.tuning.best, 60 * self.budget.minutes - self.spent
        reserve = 0.0 if best is None else _FINAL * best.seconds + 1
        return left - (reserve if best is not None and best.reached else min(reserve, _PUT_BY * max(left, 0.0)))

    def iterate(self) -> None:
        """Try until the targets are reached, the budget is spent, or nothing gains any more."""
        tuning = self.tuning
        self.save()
        if not tuning.tries:
            self.attempt(None)
        while not tuning.ended:
            last = tuning.tries[-1]
            base = tuning.best or last
            if base.reached and not base.pressing:
                self.end("reached", "")
            elif len(tuning.tries) >= self.budget.tries:
                self.end("budget", f"The budget of {_tries(self.budget.tries)} is spent.")
            elif last.number - base.number >= _PATIENCE:
                self.end("no gain", f"The last {_tries(_PATIENCE)} gained nothing.")
            else:
                self._next(base)

    def _next(self, base: Try) -> None:
        found = propose(base, self.facts(base))
        if found is None:
            what = "Every remedy for what fails was tried" if base.shortfall is not None else "No remedy is left"
            self.end("no gain", f"{what}, and none gained more.")
        elif self.expected(found) > self.left:
            self.end("budget", f"The budget of {self.budget.minutes:g} minutes leaves no time for another try.")
        else:
            self.attempt(found)

    def facts(self, base: Try) -> Facts:
        """Return what remedies may look at."""
        card = self.card(base)
        names = [column.name for column in self.table.columns if column.learned and not column.protect]
        return Facts(
            tries=tuple(self.tuning.tries),
            engines=self.engines,
            learned=self.tuning.learned,
            seconds_left=max(self.left, 0.0),
            rules=() if card is None else tuple(card.validity.rules),
            unprotected=tuple(names),
            fewer_rows=self.budget.fewer_rows,
        )

    def expected(self, found: Proposal) -> float:
        """Return about how long a try will take, by those before it."""
        judged = [one for one in self.tuning.tries if one.shortfall is not None]
        if found.recipe.method in NETWORKS and "epochs" in found.recipe.params and found.base.learning:
            more = float(found.recipe.params["epochs"]) / max(float(found.base.recipe.params.get("epochs", 300)), 1.0)
            return found.base.seconds + found.base.learning * max(more - 1, 0.0)
        same = [one.seconds for one in judged if one.recipe.method == found.recipe.method]
        if found.recipe.method == "diffusion":
            return 60.0 * float(found.recipe.params.get("minutes", 8.0))
        # an engine not tried yet: about as long as it took to judge the others
        return max(same) if same else min((one.seconds - one.learning for one in judged), default=0.0)

    def attempt(self, found: Proposal | None) -> None:
        """Do one try and keep it."""
        number = len(self.tuning.tries) + 1
        base = None if found is None else found.base
        recipe, protected = (self.recipe, ()) if found is None else (found.recipe, found.protected)
        began = self.spent
        first = _FIRST * 60 * self.budget.minutes if self.budget.tries > 1 else self.left
        limit = began + max(min(first, self.left), 1.0)
        place = try_folder(self.folder, number)
        problem, card, learning = "", None, 0.0

        def tell(stage: str, done: float, total: float, note: str = "") -> None:
            if self.spent > limit:
                raise OutOfTime(f"It took longer than the {limit - began:.0f} s that there were for it.")
            changed = "what was asked for" if found is None else found.move
            self.say(f"Try {number} of at most {self.budget.tries}, {changed}: {_DOING.get(stage, stage)}")

        try:
            train = with_protection(self.train, protected)
            inner = validation_recipe(recipe)
            require_memory(train, inner, workers=self.workers, judged=True, reuse=True)
            synthesis, card = follow(
                train, inner, place, workers=self.workers, given=self.given, price=False, progress=tell
            )
            learning = synthesis.seconds.get("Learn", 0.0)
            card = noted(card, number)
            replace_whole(place / "scorecard.json", lambda at: at.write_text(card.model_dump_json(), encoding="utf-8"))
        except OutOfTime as error:
            problem = str(error)
        except Cancelled:
            raise
        except SimileError as error:
            problem = str(error)
        self.tuning.tries.append(self._kept(number, found, base, recipe, protected, card, problem, learning, began))
        self.save()

    def _kept(
        self,
        number: int,
        found: Proposal | None,
        base: Try | None,
        recipe: Recipe,
        protected: tuple[str, ...],
        card: Scorecard | None,
        problem: str,
        learning: float,
        began: float,
    ) -> Try:
        held = () if card is None else held_against(card, self.tuning.targets)
        shortfall = None if card is None else shortfall_of(held)
        best = self.tuning.best
        kept = shortfall is not None and (best is None or shortfall < (best.shortfall or 0.0) - _GAIN)
        failed, gained = "", ""
        if found is not None and base is not None:
            failed = (
                f"Try {base.number} has no result."
                if found.target == UNRUN
                else failed_words(base.pressing, found.target)
            )
            gained = gained_words(base.held, held, kept=kept) if card is not None and base.held else ""
        if card is not None and not gained:
            missed = sum(one.fails for one in held)
            gained = f"{missed or 'None'} of {len(held)} targets {'fails' if missed < 2 else 'fail'}."
        scores = {} if card is None else card.scores
        return Try(
            number=number,
            parent=None if base is None else base.number,
            recipe=recipe,
            protected=protected,
            target="" if found is None else found.target,
            move="" if found is None else found.move,
            failed=failed,
            changed="The recipe as it was asked for." if found is None else found.sentence,
            gained=gained or f"No result: {problem}",
            passed=() if found is None else found.passed,
            problem=problem,
            kept=kept,
            seconds=round(self.spent - began, 2),
            learning=round(learning, 2),
            held=held,
            shortfall=shortfall,
            attack=estimate_of(scores.get("membership_auc")),
            likeness=estimate_of(scores.get("c2st")),
            loss=estimate_of(scores.get("tstr_loss")),
        )

    def finish(self) -> None:
        """Learn the chosen recipe anew from all rows to learn from, and judge it on the holdout: once."""
        tuning, best = self.tuning, self.tuning.best
        if best is None:
            problem = tuning.tries[-1].problem if tuning.tries else ""
            tuning.ending = f"No try has a result. The last one: {problem}"
            self.save()
            return
        tuning.chosen = best.number
        tuning.fight = None if best.reached else fight_in(tuning.tries, best)
        self.save()
        began = self.spent

        def tell(stage: str, done: float, total: float, note: str = "") -> None:
            self.say(f"The last choice, try {best.number}, from all rows to learn from: {_DOING.get(stage, stage)}")

        table = with_protection(self.table, best.protected)
        _, card = follow(
            table, best.recipe, self.folder / "final", workers=self.workers, given=self.given, progress=tell
        )
        held = held_against(card, tuning.targets)
        holds = reached(held)
        words = final_words(tuning, best, held, holds)
        tuning.final = Final(held=held, reached=holds, sentence=words, seconds=round(self.spent - began, 2))
        self.save()

    def end(self, word: Ending, sentence: str) -> None:
        """Say why there are no more tries: reached, even though more was hoped for, or not."""
        best = self.tuning.best
        if best is not None and best.reached and word != "cancelled":
            word = "reached"
            held = f"Try {best.number} reaches the targets on the rows that judge the tries."
            doubt = [name_of(one.score) for one in best.pressing]
            if doubt:
                held += f" Beyond the limit, though not surely: {', '.join(doubt)}."
            sentence = f"{held} {sentence}".strip()
        self.tuning.ended, self.tuning.ending = word, sentence
        self.save()

    def card(self, base: Try) -> Scorecard | None:
        """Return the scorecard of a try."""
        path = try_folder(self.folder, base.number) / "scorecard.json"
        return Scorecard.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None

    def save(self) -> None:
        """Write ``tuning.json`` as a whole."""
        self.tuning.seconds = round(self.spent, 2)
        text = self.tuning.model_dump_json(indent=1)
        replace_whole(self.folder / FILE, lambda path: path.write_text(text, encoding="utf-8"))

    def say(self, note: str) -> None:
        """Tell how much of the budget is spent."""
        total = 60 * self.budget.minutes
        self.progress(min(self.spent, total), total, note)


def _print(table: Table, recipe: Recipe, targets: Sequence[Target], budget: Budget) -> str:
    asked = [table.fingerprint, recipe.model_dump_json(), budget.model_dump_json()]
    asked += [target.model_dump_json() for target in targets]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _same(folder: Path, asked: str) -> bool:
    try:
        return (folder / "asked").read_text(encoding="ascii") == asked
    except OSError:
        return False


def _tries(number: int) -> str:
    return f"{number} {'try' if number == 1 else 'tries'}"
