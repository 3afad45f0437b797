"""What boosted trees say of a column from all columns before it: sharper than one tree.

Several models each learn from other rows, and a train row is told by the model that did not see it: what is left over
is then as large as it will be for new rows.

Notes
-----
Cross-fitting, as in Chernozhukov et al. (2018), "Double/debiased machine learning".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth_core.codec import Codec
from synth_core.methods import questions as asking
from synth_core.methods.boosting import Boosted
from synth_core.methods.questions import Question, answers, asked_of, only_equal
from synth_core.methods.views import View

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ROWS = 300  # fewer have nothing to teach it
_FOLDS, _FOLDS_OF_MANY = 5, 3  # of one axis, and of several, which take longer
_TREES, _DEPTH, _RATE = 200, 6, 0.15
_LEAST = 20.0
_MOST_CLASSES, _CLASS_ROWS = 8, 30


@dataclass(frozen=True)
class Sharp:
    """Questions and, per fold and axis, the trees that weigh their answers."""

    questions: tuple[Question, ...]
    models: tuple[tuple[Boosted, ...], ...]

    @classmethod
    def of_number(
        cls, codec: Codec, names: Sequence[str], view: View, values: Floats, known: Flags, rng: np.random.Generator
    ) -> tuple[Sharp, Floats]:
        """Return the models of a number and what they say of each train row unseen, shape (rows, 1)."""
        return cls._fit(codec, names, view, np.nan_to_num(values)[:, None], known, rng, squared=True)

    @classmethod
    def of_category(
        cls, codec: Codec, names: Sequence[str], view: View, groups: npt.NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[Sharp, Floats] | None:
        """Return the models of the groups' log odds and what they say, shape (rows, axes); None where they cannot be.

        Two groups have one axis. Groups of few rows have none.
        """
        count = np.bincount(groups)
        wanted = np.flatnonzero(count >= _CLASS_ROWS)
        if len(wanted) < 2 or len(wanted) > _MOST_CLASSES:
            return None
        hot = (groups[:, None] == (wanted[1:] if len(wanted) == 2 else wanted)).astype(np.float64)
        return cls._fit(codec, names, view, hot, np.ones(len(groups), dtype=bool), rng, squared=False)

    @classmethod
    def _fit(
        cls,
        codec: Codec,
        names: Sequence[str],
        view: View,
        wanted: Floats,
        known: Flags,
        rng: np.random.Generator,
        *,
        squared: bool,
    ) -> tuple[Sharp, Floats]:
        questions = asked_of(codec, names, view)
        bins, equal = answers(questions, view), only_equal(questions)
        folds = _FOLDS if wanted.shape[1] == 1 else _FOLDS_OF_MANY
        fold = rng.permutation(len(wanted)) % folds
        said = np.zeros(wanted.shape)
        models = []
        mine, weight = bins[:, known], np.ones(int(known.sum()))
        for number in range(folds):
            aside = fold[known] == number
            each = tuple(
                Boosted.fit(
                    mine, equal, wanted[known, axis], weight, rng, trees=_TREES, depth=_DEPTH, rate=_RATE,
                    least=_LEAST, squared=squared, aside=aside,
                )
                for axis in range(wanted.shape[1])
            )  # fmt: skip
            said[fold == number] = _said(each, bins[:, fold == number])
            models.append(each)
        return cls(questions, tuple(models)), said

    def __call__(self, view: View) -> Floats:
        """Return the mean of what the models say of new rows, shape (rows, axes)."""
        bins = answers(self.questions, view)
        return np.asarray(np.mean([_said(each, bins) for each in self.models], axis=0), dtype=np.float64)

    def dump(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return plain JSON values and arrays from which ``restore`` makes these models again."""
        plain, arrays = asking.dump(self.questions)
        for fold, each in enumerate(self.models):
            for axis, model in enumerate(each):
                arrays |= {f"model.{fold}.{axis}.{name}": values for name, values in model.dump().items()}
        return {"questions": plain, "folds": len(self.models), "axes": len(self.models[0])}, arrays

    @classmethod
    def restore(cls, plain: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Sharp:
        """Return the models that ``dump`` described."""

        def model(fold: int, axis: int) -> Boosted:
            start = f"model.{fold}.{axis}."
            return Boosted.restore({n.removeprefix(start): v for n, v in arrays.items() if n.startswith(start)})

        models = tuple(tuple(model(fold, axis) for axis in range(plain["axes"])) for fold in range(plain["folds"]))
        return cls(asking.restore(plain["questions"], arrays), models)


def _said(each: Sequence[Boosted], bins: npt.NDArray[np.uint8]) -> Floats:
    return np.column_stack([model.scores(bins) for model in each])
