"""The flagship: columns made one after another by trees whose leaves hold donors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec import Codec, Encoded
from synth_core.constraints.inside import Restrictions
from synth_core.errors import MethodError
from synth_core.methods import register
from synth_core.methods.base import Engine, MethodInfo, Param, require_columns
from synth_core.methods.donors import Floats, States
from synth_core.methods.guide import Guide
from synth_core.methods.keeping import Keeper, Rules
from synth_core.methods.kept_leaves import kept_draw
from synth_core.methods.relations import Groups, grouped, mutual_information, related_last, simplest_first
from synth_core.methods.sharp import ROWS as SHARP_ROWS
from synth_core.methods.steps import Learner, Step, under
from synth_core.methods.threads import one_thread
from synth_core.methods.views import View
from synth_core.progress import Progress, silent
from synth_core.table import Table, did_you_mean

BLOCK = 50_000

# Smallest leaf when as many rows are released as were learned; it grows with the release (see _leaf_rows).
_LEAF = {"strict": 28.0, "private": 7.0, "balanced": 3.0, "faithful": 1.5}
_LEAF_GROWTH = 0.37
_RELEASE = 500_000  # assumed when nobody says how many rows are released
_GUIDE_ROWS = 300  # fewer say too little about what is wrong with a row
_GUIDE_DRAWS = 2
_THREADS = 2  # more gain nothing: half of the work holds the interpreter

PARAMS = (
    Param(
        "privacy",
        str,
        "private",
        choices=("strict", "private", "balanced", "faithful"),
        scale=True,
        help="Where to stand between privacy and likeness: strict has the largest leaves, faithful the smallest.",
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
        3,
        low=1,
        high=10,
        help="Rows drawn for each one released: a guide keeps those most like real rows and holds each column where it "
        "was. 1: all drawn rows are released; faster, and easier to tell apart as whole rows.",
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


@register
class Trees(Engine):
    """Sequential trees with leaf donors."""

    info: ClassVar[MethodInfo] = MethodInfo(
        name="trees",
        title="Sequential trees",
        summary="Makes one column after another: trees on the columns before it find like rows, and draw among these.",
        good_for="Almost every table of people, claims or stays: mixed kinds, missing cells, many categories.",
        weak_at="Exact relations between numbers (a sum, a ratio) come out a little off; give these as constraints.",
        cost="seconds; 500,000 rows in 13-45 s on two cores, under 1 GB",
        params=PARAMS,
        private=True,
        prescribes="first",
        rules_inside=True,
    )

    @one_thread()
    def fit(self, table: Table, *, seed: int, progress: Progress = silent) -> FittedTrees:
        """Return the model of the learned columns of ``table``."""
        require_columns(table)
        rng = np.random.default_rng(seed)
        codec = Codec.fit(table, seed=seed)
        encoded = codec.encode(table.frame)
        groups = [grouped(codec, encoded, name) for name in codec.names]
        last = self._last(table)
        order = self._order(codec, groups, last)
        view = View.of(codec, encoded)
        learner = Learner(
            codec, encoded, view, self.leaf_rows(len(table)), self.params["trees"], self.params["smoothing"],
            frozenset(last),
        )  # fmt: skip
        total = len(order) + 1
        steps: list[Step] = []
        for done, step in enumerate(_learned(learner, groups, order, rng), start=1):
            steps.append(step)
            progress(done, total, f"Learned {step.name}")
        guide = self._guide(codec, [step for step in steps if step.name not in last], view, len(table), rng)
        progress(total, total)
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

    def _last(self, table: Table) -> list[str]:
        """Return the target, which is made last: a model of it then has all other columns to go by."""
        early = {part.strip() for part in self.params["first"].split(",")}
        if table.target is None or self.params["order"] == "given" or len(table) < SHARP_ROWS:
            return []
        return [name for name in (table.target.name,) if name not in early]

    def _order(self, codec: Codec, groups: Sequence[Groups], last: Sequence[str]) -> list[int]:
        first = []
        for name in filter(None, (part.strip() for part in self.params["first"].split(","))):
            if name not in codec.names:
                raise MethodError(
                    f"Setting 'first' of engine 'trees': there is no learned column '{name}'."
                    f"{did_you_mean(name, codec.names)}"
                )
            first.append(codec.names.index(name))
        first = list(dict.fromkeys(first))
        if self.params["order"] == "given":
            return [*first, *(i for i in range(len(groups)) if i not in first)]
        arrange = related_last if self.params["order"] == "related last" else simplest_first
        order = arrange(mutual_information(groups), first)
        late = [codec.names.index(name) for name in last if name in codec.names]
        return [*(place for place in order if place not in late), *late]

    def _guide(
        self, codec: Codec, steps: Sequence[Step], real: View, rows: int, rng: np.random.Generator
    ) -> Guide | None:
        """Return what tells drawn rows from real ones; None where candidates are not wanted or rows are few."""
        candidates = self.params["candidates"]
        if candidates == 1 or rows < _GUIDE_ROWS or len(steps) <= 1:
            return None
        drawn = View(codec)
        for step in steps:
            drawn.add(step.name, *step.draw(drawn, _GUIDE_DRAWS * rows, rng))
        least = float(self.leaf_rows(rows))
        return Guide.fit(codec, [step.name for step in steps], real, drawn, least, candidates, rng)


def _learned(
    learner: Learner, groups: Sequence[Groups], order: Sequence[int], rng: np.random.Generator
) -> Iterator[Step]:
    """Yield the columns' steps in their order; each has its own chance, so several are learned at once."""
    names = [learner.codec.names[place] for place in order]
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _THREADS)) as pool:
        waiting = [
            pool.submit(learner.step, names[i], groups[place], names[:i], own)
            for i, (place, own) in enumerate(zip(order, rng.spawn(len(order)), strict=True))
        ]
        try:
            for step in waiting:
                yield step.result()
        finally:
            for step in waiting:
                step.cancel()


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
        self,
        rows: int,
        *,
        seed: int,
        conditions: pd.DataFrame | None = None,
        restrictions: Restrictions | None = None,
        progress: Progress = silent,
    ) -> pd.DataFrame:
        """Return new rows; ``conditions`` may prescribe the columns that are made first (setting ``first``).

        ``restrictions``: rules that every row keeps; a donor that a rule does not allow is not drawn.
        """
        rules = Rules(restrictions, self.codec, self.order) if restrictions else None
        given = [] if conditions is None else self._given(conditions, rows)
        starts = range(0, rows, BLOCK) if rows else [0]
        total = float(len(starts) * len(self.steps))
        parts = []
        for block, start in enumerate(starts):
            size = min(BLOCK, rows - start)
            part = None if conditions is None else conditions.iloc[start : start + size]
            known = None if part is None else self.codec.encode(part[given])
            rng = np.random.default_rng([seed, block])
            keeper = Keeper(rules, size * self.candidates, np.random.default_rng([seed, block, 1])) if rules else None
            made = self._block(size, rng, known, progress, block * len(self.steps), total, keeper)
            frame = self.codec.decode(made)
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
        keeper: Keeper | None,
    ) -> Encoded:
        """Return ``rows`` rows: candidates of the columns that the guide judges, its choice, and then the others."""
        judged = set() if self.guide is None else self.guide.names
        late = [step for step in self.steps if judged and step.name not in judged]
        drawn = rows * self.candidates
        states: dict[str, States] = {}
        ranks: dict[str, Floats] = {}
        view = View(self.codec)
        for i, step in enumerate(self.steps):
            progress(done + i, total, f"Making {step.name}")
            if late and step is late[0]:
                choice = self._choice(view, rows, rng, known, keeper)
                made = Encoded(states, ranks).take(choice)
                states, ranks = dict(made.states), dict(made.ranks)
                view, drawn = View.of(self.codec, made), rows
                if keeper is not None:
                    keeper.take(choice)
            if known is not None and step.name in known.states:
                copies = drawn // max(rows, 1)
                cells = np.tile(known.states[step.name], copies), np.tile(known.ranks[step.name], copies)
                if keeper is not None:
                    keeper.given(step.name, *cells)
            elif keeper is None:
                cells = step.draw(view, drawn, rng)
            else:
                cells = kept_draw(step, view, drawn, rng, keeper)
            states[step.name], ranks[step.name] = cells
            view.add(step.name, *cells)
        made = Encoded(states, ranks)
        return made if late or not judged else made.take(self._choice(view, rows, rng, known, keeper))

    def _choice(
        self, view: View, rows: int, rng: np.random.Generator, known: Encoded | None, keeper: Keeper | None
    ) -> npt.NDArray[np.int64]:
        assert self.guide is not None
        if not rows:
            return np.zeros(0, dtype=np.int64)
        alive = None if keeper is None else keeper.alive
        return self.guide.chosen(view, rows, rng, each=known is not None, alive=alive)

    def _given(self, conditions: pd.DataFrame, rows: int) -> list[str]:
        given = [str(name) for name in conditions.columns]
        if len(conditions) != rows:
            raise MethodError(f"Conditions for {rows} rows are needed, but {len(conditions)} were given.")
        for name in given:
            if name not in self.order:
                raise MethodError(f"Engine 'trees' did not learn a column '{name}'.{did_you_mean(name, self.order)}")
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
        steps = []
        for i, step in enumerate(self.steps):
            described, own = step.dump()
            steps.append(described)
            arrays |= {f"{i}.{name}": values for name, values in own.items()}
        plain: dict[str, Any] = {"version": 3, "steps": steps, "candidates": self.candidates, "guide": None}
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
        steps = tuple(Step.restore(entry, under(arrays, f"{i}.")) for i, entry in enumerate(plain["steps"]))
        guide = Guide.restore(plain["guide"], under(arrays, "guide.")) if plain["guide"] is not None else None
        return cls(Codec.load(folder), steps, guide, plain["candidates"])
