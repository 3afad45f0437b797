"""The settings of CTGAN and TVAE: those of the ctgan package, and when learning stops.

SDV's ``enforce_min_max_values`` and ``enforce_rounding`` are not among them: the codec keeps ranges and decimals, and
the networks see neither. ``verbose`` is not either: progress goes to whoever started the work.
"""

from __future__ import annotations

from synth_core.methods.base import Param

_LAYERS = r"\s*[1-9]\d{0,3}(\s*,\s*[1-9]\d{0,3}){0,7}\s*"


def _layers(name: str, default: str, what: str) -> Param:
    return Param(
        name,
        str,
        default,
        pattern=_LAYERS,
        expected="the sizes of one to eight layers, such as 256, 256",
        unit="units",
        expert=True,
        help=f"Sizes of the hidden layers of {what}, one number per layer.",
    )


def sizes(text: str) -> tuple[int, ...]:
    """Return the sizes in a setting.

    >>> sizes("256, 128")
    (256, 128)
    """
    return tuple(int(number) for number in text.split(","))


def _stopping(patience: int, every: int) -> tuple[Param, ...]:
    return (
        Param(
            "epochs",
            int,
            300,
            low=1,
            high=10_000,
            unit="epochs",
            help="Most passes over the table; learning stops earlier when rows set apart get no better.",
        ),
        Param(
            "patience",
            int,
            patience,
            low=0,
            high=10_000,
            unit="checks",
            help="Checks without a gain after which learning stops; the best weights are kept. 0 never stops early.",
        ),
        Param(
            "validation",
            float,
            0.1,
            low=0,
            high=0.5,
            expert=True,
            help="Share of the rows set apart for the checks; with 0 there are none, and the last weights are kept.",
        ),
        Param(
            "check_every",
            int,
            every,
            low=1,
            high=1000,
            unit="epochs",
            expert=True,
            help="Epochs between two checks.",
        ),
    )


_SHARED = (
    Param(
        "batch_size",
        int,
        500,
        low=2,
        high=50_000,
        unit="rows",
        help="Rows per training step; smaller learns more per epoch and takes longer.",
    ),
    Param("embedding_dim", int, 128, low=1, high=2048, expert=True, help="Size of the random input of the network."),
    Param(
        "use_gpu",
        bool,
        False,
        expert=True,
        help="Train on a graphics card if there is one; repeats less exactly there.",
    ),
)

CTGAN = (
    *_stopping(10, 5),
    *_SHARED,
    _layers("generator_dim", "256, 256", "the maker"),
    _layers("discriminator_dim", "256, 256", "the critic"),
    Param(
        "pac",
        int,
        10,
        low=1,
        high=100,
        unit="rows",
        expert=True,
        help="Rows that the critic judges together; more keeps variety. The batch must be an even multiple.",
    ),
    Param("generator_lr", float, 2e-4, low=1e-7, high=1, expert=True, help="Learning rate of the maker."),
    Param("discriminator_lr", float, 2e-4, low=1e-7, high=1, expert=True, help="Learning rate of the critic."),
    Param("generator_decay", float, 1e-6, low=0, high=1, expert=True, help="Weight decay of the maker."),
    Param("discriminator_decay", float, 1e-6, low=0, high=1, expert=True, help="Weight decay of the critic."),
    Param(
        "discriminator_steps", int, 1, low=1, high=20, expert=True, help="Steps of the critic per step of the maker."
    ),
    Param("log_frequency", bool, True, expert=True, help="Show rare categories more often while training."),
)

TVAE = (
    *_stopping(20, 1),
    *_SHARED,
    _layers("compress_dims", "128, 128", "the part that squeezes rows"),
    _layers("decompress_dims", "128, 128", "the part that unfolds them"),
    Param("l2scale", float, 1e-5, low=0, high=1, expert=True, help="Weight decay."),
    Param(
        "loss_factor", float, 2.0, low=0.01, high=100, expert=True, help="Weight of fitting the rows against variety."
    ),
)
