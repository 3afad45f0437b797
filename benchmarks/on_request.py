"""Do the attacks on request accuse fresh real rows? Simulated people, 1,200 learned from, judged for 'share outside'.

    python -m benchmarks.on_request [--seeds 20] [--by audit attacks copies]

``audit``: fresh people in the place of what each fit of a shadow audit releases. ``attacks``: guessing and singling out
on a fresh release of 1,200, with 600 held out. ``copies``: the same on a bootstrap of the rows learned from.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from typing import Any

from synth_core import shadow_audit
from synth_core.recipe import Recipe
from synth_core.scorecard import default_targets, verdicts
from synth_core.scores.advantage import of_attacks, of_audit
from synth_core.scores.attacks import attribute_inference
from synth_core.scores.score import Score
from synth_core.scores.sides import Sides
from synth_core.scores.singling import singling_out
from tests.core.judged_tables import bootstrap, people
from tests.core.scorecard_example import scorecard

ROWS = 1_200


def audit(seed: int) -> Score:
    """Return the score of an audit whose releases nobody was learned from."""
    fresh = iter(range(10_000 * (seed + 1), 10_000 * (seed + 2)))

    def released(*asked: Any) -> Any:
        return people(ROWS, next(fresh))

    shadow_audit.released = released
    found = shadow_audit.audit(people(ROWS, seed), Recipe(rows=ROWS, seed=seed), release=people(ROWS, 99_000 + seed))
    return of_audit(found)


def attacks(seed: int, copied: bool = False) -> Score:
    """Return the score of the full attacks on fresh people, or on copies."""
    train = people(ROWS, seed)
    made = bootstrap(train, ROWS, seed) if copied else people(ROWS, 2_000 + seed)
    sides = Sides(train, people(ROWS // 2, 1_000 + seed), made, seed)
    score = of_attacks([*attribute_inference(sides), *singling_out(sides)])
    assert score is not None
    return score


MEASURES: dict[str, Callable[[int], Score]] = {
    "audit": audit,
    "attacks": attacks,
    "copies": lambda seed: attacks(seed, copied=True),
}


def word(score: Score) -> str:
    """Return the verdict on it for 'share outside'."""
    card = scorecard()
    card = card.model_copy(update={"privacy": card.privacy.model_copy(update={"scores": [score]})})
    found = verdicts(card, [target for target in default_targets("share") if target.score == score.name])
    return found[0].word


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--by", nargs="+", choices=list(MEASURES), default=["audit", "attacks"])
    given = parser.parse_args()
    for by in given.by:
        scores = [MEASURES[by](seed) for seed in range(given.seeds)]
        words = Counter(word(score) for score in scores)
        least, most = min(score.value or 0.0 for score in scores), max(score.value or 0.0 for score in scores)
        print(f"{by}: {dict(words)} in {given.seeds} seeds; {least:.2f} to {most:.2f} points", flush=True)


if __name__ == "__main__":
    main()
