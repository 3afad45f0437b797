"""The flagship: columns made one after another by trees whose leaves hold donors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from synth_core.codec import Codec, Encoded
from synth_core.errors import MethodError
from synth_core.methods import register
from synth_core.methods.base import Engine, MethodInfo, Param, require_columns
from synth_core.methods.donors import Donors, Floats, States
from synth_core.methods.guide import Guide
from synth_core.methods.relations import Groups, grouped, mutual_information, related_last, simplest_first
from synth_core.methods.smooth import Smooth, with_values
from synth_core.methods.targets import target_of
from synth_core.methods.threads import one_thread
from synth_core.methods.views import Features, View
from synth_core.progress import Progress, silent
from synth_core.table import Table, did_you_mean

BLOCK = 50_000

# Smallest leaf when as many rows are released as were learned; it grows with the release (see _leaf_rows).
_LEAF = {"private": 7.0, "balanced": 3.0, "faithful": 1.5}
_LEAF_GROWTH = 0.37
_RELEASE = 500_000  # assumed when nobody says how many rows are released
_FEW_ROWS = 60
_ALONE = 0.05  # standard deviations that a number without neighbours in its leaf may move
_GUIDE_ROWS = 300  # fewer say too little about what is wrong with a row
_GUIDE_DRAWS = 2

PARAMS = (
    Param(
        "privacy",
        str,
        "private",
        choices=("private", "balanced", "faithful"),
        help="Where to stand between privacy and likeness: private has the largest leaves, faithful the smallest.",
    ),
    Param(
        "release_rows",
        int,
        0,
        low=0,
        high=100_000_000,
        unit="rows",
        help="How many synthetic rows will be given away in all, this run and others together: the more there are, the "
        "larger the leaves must be. 0: as many as this run makes.",
        expert=True,
    ),
    Param(
        "first",
        str,
        "",
        help="Columns to make first, separated by commas; values can be prescribed for these only.",
        expert=True,
    ),
    Param(
        "order",
        str,
        "simplest first",
        choices=("simplest first", "related last", "given"),
        help="Order in which columns are made: those with few values first, strongly related ones last, or as given.",
        expert=True,
    ),
    Param(
        "leaf",
        int,
        0,
        low=0,
        high=100_000,
        unit="rows",
        help="Real rows that every leaf holds at least; larger is safer and blurs more; 0 follows the privacy setting.",
        expert=True,
    ),
    Param(
        "trees",
        int,
        10,
        low=1,
        high=100,
        help="Trees per column, each drawn from at random; more are safer and smoother, and slower to learn.",
        expert=True,
    ),
    Param(
        "candidates",
        int,
        1,
        low=1,
        high=10,
        help="Rows drawn for each one released. With 3 a guide keeps those most like real rows: harder to tell apart "
        "as whole rows, but single columns and pairs drift a little, and it takes longer. 1: all are released.",
        expert=True,
    ),
    Param(
        "smoothing",
        float,
        1.0,
        low=0.0,
        high=2.0,
        help="How far a number may lie from its donor: 0 repeats it, 1 reaches half-way to its neighbours in the leaf.",
        expert=True,
    ),
)


@dataclass(frozen=True)
class Step:
    """How one column is made.

    Attributes
    ----------
    name
        The column.
    scores
        For each column that it is made from: None for a number, or the scores (states, axes) of a category's states.
    smooth
        Shown to the trees as well; donors of a number hold normal scores of ranks less its value then. None: no model.
    shifted
        Whether donors do so.
    donors
        Trees and donors.
    """

    name: str
    scores: dict[str, Features | None]
    smooth: Smooth | None
    shifted: bool
    donors: Donors

    def draw(self, view: View, rows: int, rng: np.random.Generator) -> tuple[States, Floats]:
        """Return states and ranks of this column for rows whose other columns are in ``view``."""
        features, values = with_values(self.smooth, view, self.scores, rows)
        states, ranks = self.donors.draw(features, rng)
        return states, (ndtr(ranks + values[:, 0]) if self.shifted else ranks)


@register
class Trees(Engine):
    """Sequential trees with leaf donors."""

    info: ClassVar[MethodInfo] = MethodInfo(
        name="trees",
        title="Sequential trees",
        summary="Makes one column after another: trees on the columns before it find like rows, and draw among these.",
        good_for="Almost every table of people, claims or stays: mixed kinds, missing cells, many categories.",
        weak_at="Exact relations between numbers (a sum, a ratio) come out a little off; give these as constraints.",
        cost="seconds; 500,000 rows in 2-20 s on one core, under 1 GB",
        params=PARAMS,
        private=True,
    )

    @one_thread()
    def fit(self, table: Table, *, seed: int, progress: Progress = silent) -> FittedTrees:
        """Return the model of the learned columns of ``table``."""
        require_columns(table)
        rng = np.random.default_rng(seed)
        codec = Codec.fit(table, seed=seed)
        encoded = codec.encode(table.frame)
        groups = [grouped(codec, encoded, name) for name in codec.names]
        order = self._order(codec, groups)
        view = View(codec)
        steps: list[Step] = []
        for done, place in enumerate(order):
            name = codec.names[place]
            progress(done, len(order) + 1, f"Learning {name}")
            view.add(name, encoded.states[name], encoded.ranks[name])
            steps.append(self._learn(name, groups[place], [s.name for s in steps], view, encoded, rng))
        progress(len(order), len(order) + 1, "Comparing with real rows")
        guide = self._guide(codec, tuple(steps), view, len(table), rng)
        progress(len(order) + 1, len(order) + 1)
        return FittedTrees(codec, tuple(steps), guide, self.params["candidates"])

    @classmethod
    def load(cls, folder: Path) -> FittedTrees:
        """Return the model that ``save`` wrote to ``folder``."""
        return FittedTrees.load(folder)

    def leaf_rows(self, rows: int) -> int:
        """Return the least number of real rows in a leaf when ``rows`` are learned."""
        leaf = self.params["leaf"]
        if not leaf:
            ratio = max((self.params["release_rows"] or _RELEASE) / rows, 1.0)
            leaf = round(_LEAF[self.params["privacy"]] * ratio**_LEAF_GROWTH)
        return int(max(leaf, 1))

    def _order(self, codec: Codec, groups: Sequence[Groups]) -> list[int]:
        first = []
        for name in filter(None, (part.strip() for part in self.params["first"].split(","))):
            if name not in codec.names:
                raise MethodError(
                    f"Setting 'first' of method 'trees': there is no learned column '{name}'."
                    f"{did_you_mean(name, codec.names)}"
                )
            first.append(codec.names.index(name))
        first = list(dict.fromkeys(first))
        if self.params["order"] == "given":
            return [*first, *(i for i in range(len(groups)) if i not in first)]
        arrange = related_last if self.params["order"] == "related last" else simplest_first
        return arrange(mutual_information(groups), first)

    def _learn(
        self,
        name: str,
        groups: Groups,
        before: list[str],
        view: View,
        encoded: Encoded,
        rng: np.random.Generator,
    ) -> Step:
        """Return how a column is made. Each tree finds its splits on one half of the rows; the other half are donors.

        A donor that had a say in the splits would be drawn among rows chosen to suit it; halves keep its influence
        small (as in the "honest" trees of Athey and Imbens, 2016).
        """
        rows = len(groups)
        leaf = self.leaf_rows(rows)
        scores = {other: view.scores(other, groups) for other in before}
        target = target_of(name, groups, scores, view, encoded.ranks[name])
        features, _ = with_values(target.smooth, view, scores, rows)
        trees = []
        for _ in range(self.params["trees"]):
            shuffled = rng.permutation(rows)
            seed = int(rng.integers(2**31 - 1))
            grow, give = shuffled[: rows // 2], shuffled[rows // 2 :]
            if rows < _FEW_ROWS:
                grow = give = shuffled
            nodes = target.tree(features, grow, leaf, seed)
            leaves = nodes.leaves(features[give], np.zeros(len(give), dtype=np.int64))
            nodes, leaves = nodes.pruned(leaves, leaf)
            trees.append((nodes, give, leaves))
        alone = _ALONE if target.shifted else None
        donors = Donors.gather(trees, encoded.states[name], target.held, self.params["smoothing"], alone)
        return Step(name, scores, target.smooth, target.shifted, donors)

    def _guide(
        self, codec: Codec, steps: tuple[Step, ...], real: View, rows: int, rng: np.random.Generator
    ) -> Guide | None:
        """Return what tells drawn rows from real ones; None where candidates are not wanted or rows are few."""
        if self.params["candidates"] == 1 or rows < _GUIDE_ROWS or len(steps) == 1:
            return None
        drawn = View(codec)
        for step in steps:
            drawn.add(step.name, *step.draw(drawn, _GUIDE_DRAWS * rows, rng))
        return Guide.fit(codec, real, drawn, float(self.leaf_rows(rows)), rng)


class FittedTrees:
    """What sequential trees learned."""

    def __init__(self, codec: Codec, steps: tuple[Step, ...], guide: Guide | None, candidates: int) -> None:
        self.codec = codec
        self.steps = steps
        self.guide = guide
        self.candidates = candidates if guide is not None else 1

    @property
    def order(self) -> list[str]:
        """Column names in the order in which they are made."""
        return [step.name for step in self.steps]

    @one_thread()
    def sample(
        self, rows: int, *, seed: int, conditions: pd.DataFrame | None = None, progress: Progress = silent
    ) -> pd.DataFrame:
        """Return new rows; ``conditions`` may prescribe the columns that are made first (setting ``first``)."""
        given = [] if conditions is None else self._given(conditions, rows)
        starts = range(0, rows, BLOCK) if rows else [0]
        total = float(len(starts) * len(self.steps))
        parts = []
        for block, start in enumerate(starts):
            size = min(BLOCK, rows - start)
            part = None if conditions is None else conditions.iloc[start : start + size]
            known = None if part is None else self.codec.encode(part[given])
            rng = np.random.default_rng([seed, block])
            frame = self.codec.decode(self._block(size, rng, known, progress, block * len(self.steps), total))
            if part is not None:
                for name in given:
                    frame[name] = part[name].to_numpy() if part[name].dtype == object else part[name].array
            parts.append(frame)
        progress(total, total)
        return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)

    def _block(
        self,
        rows: int,
        rng: np.random.Generator,
        known: Encoded | None,
        progress: Progress,
        done: int,
        total: float,
    ) -> Encoded:
        view = View(self.codec)
        states: dict[str, States] = {}
        ranks: dict[str, Floats] = {}
        drawn = rows * self.candidates
        for i, step in enumerate(self.steps):
            progress(done + i, total, f"Making {step.name}")
            if known is not None and step.name in known.states:
                states[step.name] = np.tile(known.states[step.name], self.candidates)
                ranks[step.name] = np.tile(known.ranks[step.name], self.candidates)
            else:
                states[step.name], ranks[step.name] = step.draw(view, drawn, rng)
            view.add(step.name, states[step.name], ranks[step.name])
        made = Encoded(states, ranks)
        if self.guide is None or not rows:
            return made
        return made.take(self.guide.chosen(view, rows, rng, each=known is not None))

    def _given(self, conditions: pd.DataFrame, rows: int) -> list[str]:
        given = [str(name) for name in conditions.columns]
        if len(conditions) != rows:
            raise MethodError(f"Conditions for {rows} rows are needed, but {len(conditions)} were given.")
        for name in given:
            if name not in self.order:
                raise MethodError(f"Method 'trees' did not learn a column '{name}'.{did_you_mean(name, self.order)}")
        if set(given) != set(self.order[: len(given)]):
            raise MethodError(
                f"Values can be prescribed only for the columns that are made first, here {self.order[:3]}; "
                f"asked for were {given[:3]}. Put these columns into the setting 'first' and learn again."
            )
        return given

    def save(self, folder: Path) -> None:
        """Write ``codec.*``, ``trees.json`` and ``trees.npz`` to ``folder`` (made if needed); no pickle."""
        self.codec.save(folder)
        arrays: dict[str, npt.NDArray[Any]] = {}
        for i, step in enumerate(self.steps):
            arrays |= {f"{i}.{name}": values for name, values in step.donors.dump().items()}
            arrays |= {f"{i}.score.{name}": score for name, score in step.scores.items() if score is not None}
            if step.smooth is not None:
                arrays |= {f"{i}.weights": step.smooth.weights, f"{i}.constant": step.smooth.constant}
        steps = [{"name": s.name, "from": list(s.scores), "shifted": s.shifted} for s in self.steps]
        plain: dict[str, Any] = {"version": 2, "steps": steps, "candidates": self.candidates, "guide": None}
        if self.guide is not None:
            plain["guide"], guiding = self.guide.dump()
            arrays |= {f"guide.{name}": values for name, values in guiding.items()}
        np.savez(folder / "trees.npz", **arrays)
        (folder / "trees.json").write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> FittedTrees:
        """Return the model that :meth:`save` wrote to ``folder``."""
        plain = json.loads((folder / "trees.json").read_text(encoding="utf-8"))
        with np.load(folder / "trees.npz", allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        steps = []
        for i, entry in enumerate(plain["steps"]):
            own = _under(arrays, f"{i}.")
            scores = {name: own.get(f"score.{name}") for name in entry["from"]}
            smooth = Smooth(own["weights"], own["constant"]) if "weights" in own else None
            steps.append(Step(entry["name"], scores, smooth, entry["shifted"], Donors.restore(own)))
        guide = Guide.restore(plain["guide"], _under(arrays, "guide.")) if plain["guide"] is not None else None
        return cls(Codec.load(folder), tuple(steps), guide, plain["candidates"])


def _under(arrays: dict[str, npt.NDArray[Any]], prefix: str) -> dict[str, npt.NDArray[Any]]:
    return {key.removeprefix(prefix): values for key, values in arrays.items() if key.startswith(prefix)}
