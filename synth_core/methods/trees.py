"""The flagship: columns made one after another by trees whose leaves hold donors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec import Codec, Encoded
from synth_core.errors import MethodError
from synth_core.methods import register
from synth_core.methods.base import Engine, MethodInfo, Param, require_columns
from synth_core.methods.donors import Donors, Floats, Nodes, States
from synth_core.methods.relations import (
    Groups,
    grouped,
    level_scores,
    mutual_information,
    related_last,
    simplest_first,
)
from synth_core.progress import Progress, silent
from synth_core.table import Table, did_you_mean

BLOCK = 50_000
Features = npt.NDArray[np.float32]

# Smallest leaf when as many rows are released as were learned; it grows with the release (see _leaf_rows).
_LEAF = {"private": 7.0, "balanced": 3.0, "faithful": 1.5}
_LEAF_GROWTH = 0.37
_RELEASE = 500_000  # assumed when nobody says how many rows are released
_FEW_ROWS = 60
_AXES = 2

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
    donors
        Trees and donors.
    """

    name: str
    scores: dict[str, Features | None]
    donors: Donors


@register
class Trees(Engine):
    """Sequential trees with leaf donors."""

    info: ClassVar[MethodInfo] = MethodInfo(
        name="trees",
        title="Sequential trees",
        summary="Makes one column after another: trees on the columns before it find like rows, and draw among these.",
        good_for="Almost every table of people, claims or stays: mixed kinds, missing cells, many categories.",
        weak_at="Smooth exact relations between numbers (a sum, a ratio) come out blurred; give these as constraints.",
        cost="seconds; 500,000 rows in 2-20 s on one core, under 1 GB",
        params=PARAMS,
        private=True,
    )

    def fit(self, table: Table, *, seed: int, progress: Progress = silent) -> FittedTrees:
        """Return the model of the learned columns of ``table``."""
        require_columns(table)
        rng = np.random.default_rng(seed)
        codec = Codec.fit(table, seed=seed)
        encoded = codec.encode(table.frame)
        groups = [grouped(codec, encoded, name) for name in codec.names]
        order = self._order(codec, groups)
        view = _View(codec)
        steps: list[Step] = []
        for done, place in enumerate(order):
            name = codec.names[place]
            progress(done, len(order), f"Learning {name}")
            target = _Target(name, groups[place], None)
            view.add(name, encoded.states[name], encoded.ranks[name])
            if codec.numeric(name):
                target = _Target(name, groups[place], view.positions[name])
            steps.append(self._learn(target, [s.name for s in steps], view, encoded, rng))
        progress(len(order), len(order))
        return FittedTrees(codec, tuple(steps))

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
        self, target: _Target, before: list[str], view: _View, encoded: Encoded, rng: np.random.Generator
    ) -> Step:
        """Return how a column is made. Each tree finds its splits on one half of the rows; the other half are donors.

        A donor that had a say in the splits would be drawn among rows chosen to suit it; halves keep its influence
        small (as in the "honest" trees of Athey and Imbens, 2016).
        """
        rows = len(target.groups)
        leaf = self.leaf_rows(rows)
        scores = {name: view.scores(name, target.groups) for name in before}
        features = view.features(scores, rows)
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
        states, ranks = encoded.states[target.name], encoded.ranks[target.name]
        return Step(target.name, scores, Donors.gather(trees, states, ranks, self.params["smoothing"]))


@dataclass(frozen=True)
class _Target:
    """A column to be explained: groups of its cells, and positions (-1 where missing) when it is a number."""

    name: str
    groups: Groups
    positions: Features | None

    def tree(self, features: Features, rows: npt.NDArray[np.int64], leaf: int, seed: int) -> Nodes:
        """Return the splits found on these rows."""
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        if not features.shape[1] or len(rows) < 2 * leaf or not np.ptp(self.groups[rows]):
            return Nodes.single()
        if self.positions is None:
            grown = DecisionTreeClassifier(criterion="entropy", min_samples_leaf=leaf, random_state=seed)
            grown.fit(features[rows], self.groups[rows])
        else:
            grown = DecisionTreeRegressor(min_samples_leaf=leaf, random_state=seed)
            grown.fit(features[rows], self.positions[rows])
        return Nodes.of(grown.tree_)


class _View:
    """Columns made so far, as a tree sees them: numbers by position, categories by scores."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._states: dict[str, States] = {}
        self.positions: dict[str, Features] = {}

    def add(self, name: str, states: States, ranks: Floats) -> None:
        """Take note of a column's cells."""
        self._states[name] = states
        if self._codec.numeric(name):
            positions = self._codec.positions(name, states, ranks)
            self.positions[name] = np.nan_to_num(positions, nan=-1.0).astype(np.float32)

    def scores(self, name: str, target: Groups) -> Features | None:
        """Return the scores of a category's states for this target; None for a number."""
        if self._codec.numeric(name):
            return None
        size = self._codec.states[name]
        axes = 1 if size <= 3 or target.max() <= 1 else _AXES
        return level_scores(self._states[name], size, target, axes)

    def features(self, scores: Mapping[str, Features | None], rows: int) -> Features:
        """Return the feature matrix, shape (rows, columns), float32 and C-ordered."""
        parts = [
            self.positions[name][:, None] if score is None else score[self._states[name]]
            for name, score in scores.items()
        ]
        return np.hstack(parts) if parts else np.zeros((rows, 0), dtype=np.float32)


class FittedTrees:
    """What sequential trees learned."""

    def __init__(self, codec: Codec, steps: tuple[Step, ...]) -> None:
        self.codec = codec
        self.steps = steps

    @property
    def order(self) -> list[str]:
        """Column names in the order in which they are made."""
        return [step.name for step in self.steps]

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
        view = _View(self.codec)
        states: dict[str, States] = {}
        ranks: dict[str, Floats] = {}
        for i, step in enumerate(self.steps):
            progress(done + i, total, f"Making {step.name}")
            if known is not None and step.name in known.states:
                states[step.name], ranks[step.name] = known.states[step.name], known.ranks[step.name]
            else:
                states[step.name], ranks[step.name] = step.donors.draw(view.features(step.scores, rows), rng)
            view.add(step.name, states[step.name], ranks[step.name])
        return Encoded(states, ranks)

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
        np.savez(folder / "trees.npz", **arrays)
        plain = {"version": 1, "steps": [{"name": s.name, "from": list(s.scores)} for s in self.steps]}
        (folder / "trees.json").write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> FittedTrees:
        """Return the model that :meth:`save` wrote to ``folder``."""
        plain = json.loads((folder / "trees.json").read_text(encoding="utf-8"))
        steps = []
        with np.load(folder / "trees.npz", allow_pickle=False) as stored:
            for i, entry in enumerate(plain["steps"]):
                prefix = f"{i}."
                own = {key.removeprefix(prefix): stored[key] for key in stored.files if key.startswith(prefix)}
                scores = {name: own.get(f"score.{name}") for name in entry["from"]}
                steps.append(Step(entry["name"], scores, Donors.restore(own)))
        return cls(Codec.load(folder), tuple(steps))
