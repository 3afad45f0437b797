"""Parts made by the workers of a dask scheduler, where one machine is outgrown.

Workers get the model and a part's number and give its bytes back; files are written here alone, so no folder has to
be shared. A worker that dies loses nothing but the part that it was making: the scheduler gives it to another one.
"""

from __future__ import annotations

import pickle
import platform
import secrets
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from synth_core.errors import GenerationError, InputError
from synth_core.methods import method_class
from synth_core.parts import MadePart, Model, Part, Plan, make_part

TICK = 0.25
ANSWER_SECONDS = 5.0
WORKER_SECONDS = 60.0  # how long a cluster may be without any worker
_TOLD = ("numpy", "pandas", "pyarrow", "scikit-learn", "scipy")


def require_workers(address: str) -> int:
    """Return how many workers a scheduler has that can do this work.

    Raises
    ------
    InputError
        The package is missing, nothing answers at the address, or its workers are none or others than needed.
    """
    with _client(address) as client:
        return _check_workers(client, address)


def by_cluster(model: Model, todo: Sequence[Part], out: Path) -> Generator[Part | None, None, None]:
    """Yield each part once it is written to ``out/parts``, and None a few times a second meanwhile.

    When the caller closes it early, what was asked of the workers of the recipe's cluster is taken back.
    """
    address = model.plan.recipe.cluster
    with _client(address) as client:
        _check_workers(client, address)
        yield from _Asked(client, address, out, list(todo)).parts(_packed(model.plan, out / "model"))


class _Asked:
    """What was asked of a scheduler: a few parts more than it has workers, so that none is idle."""

    def __init__(self, client: Any, address: str, out: Path, todo: list[Part]) -> None:
        self.client, self.address, self.folder, self.todo = client, address, out / "parts", todo
        self.name = f"simile-{secrets.token_hex(8)}"
        self.waiting: dict[Any, Part] = {}
        self.seen = time.monotonic()

    def parts(self, packed: bytes) -> Iterator[Part | None]:
        """Yield the parts as they come in."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the model is large, and goes to every worker once
            # a task, not scattered data: it is made again when the workers that hold it are gone
            model = self.client.submit(_hold, packed, key=f"{self.name}-model")
        try:
            while self.todo or self.waiting:
                self._ask(model)
                yield from self._come_in()
        finally:
            if self.client.status == "running":
                self.client.cancel([*self.waiting, model], force=True)

    def _ask(self, model: Any) -> None:
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        if workers:
            self.seen = time.monotonic()
        if self.client.status != "running":
            raise GenerationError(f"The scheduler at {self.address} does not answer any more. {_GO_ON}")
        if time.monotonic() - self.seen > WORKER_SECONDS:
            raise GenerationError(f"The scheduler at {self.address} has no workers any more. {_GO_ON}")
        while self.todo and len(self.waiting) < 2 * max(len(workers), 1) + 1:
            part = self.todo.pop(0)
            future = self.client.submit(_make, model, self.name, part, key=f"{self.name}-{part.name}")
            self.waiting[future] = part

    def _come_in(self) -> Iterator[Part | None]:
        from distributed import CancelledError, KilledWorker, wait

        try:
            with self.client.as_current():
                finished = wait(list(self.waiting), timeout=TICK, return_when="FIRST_COMPLETED").done
        except (TimeoutError, CancelledError):
            finished = set()
        for future in finished:
            part = self.waiting[future]
            try:
                part.keep(self.folder, future.result())
            except KilledWorker:
                raise GenerationError(
                    f"Rows {part.first_row + 1:,} to {part.first_row + part.rows:,} ended several workers of "
                    f"{self.address}, most likely because their memory ran out. Give each more memory. {_GO_ON}"
                ) from None
            except (CancelledError, OSError):
                raise GenerationError(f"The scheduler at {self.address} does not answer any more. {_GO_ON}") from None
            del self.waiting[future]
            yield part
        if not finished:
            yield None


_GO_ON = "The parts that are finished are kept; resume the run when the cluster is there again."


@contextmanager
def _client(address: str) -> Iterator[Any]:
    if find_spec("distributed") is None:
        raise InputError(
            f"The cluster at {address} needs the package 'distributed' here; install it with: pip install "
            "'simile[cluster]'."
        )
    from distributed import Client

    host, _, port = address.partition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS).close()
        client = Client(address, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError):
        raise InputError(
            f"No dask scheduler answers at {address}. Start one there (`dask scheduler`), correct the address, or "
            "leave it empty to use this machine alone."
        ) from None
    try:
        yield client
    finally:
        client.close(timeout=1)


def _check_workers(client: Any, address: str) -> int:
    """Return how many workers there are; InputError when there is none, or one that would make other bytes."""
    here = _software()
    try:
        found: dict[str, dict[str, str]] = client.run(_software)
    except Exception:
        raise InputError(
            f"The workers of {address} cannot do this work: Simile is not installed where they run. Install the same "
            "version there."
        ) from None
    if not found:
        raise InputError(f"The scheduler at {address} has no workers. Start some: `dask worker {address}`.")
    for worker, there in found.items():
        for name, wanted in here.items():
            if there.get(name) != wanted:
                raise InputError(
                    f"Worker {worker} has {name} {there.get(name)} and this machine has {wanted}; the rows would "
                    "differ. Install the same versions there (requirements.lock)."
                )
    return len(found)


def _software() -> dict[str, str]:
    """Return what the bytes of a part may depend on."""
    from synth_core import __version__

    python = ".".join(platform.python_version_tuple()[:2])
    return {"Simile": __version__, "Python": python} | {name: version(name) for name in _TOLD}


def _packed(plan: Plan, folder: Path) -> bytes:
    """Return the plan, without real rows, and the files of the model."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    return pickle.dumps((plan.without_rows(), files))


def _hold(packed: bytes) -> bytes:
    """Return what was given: as a task's result it goes from worker to worker."""
    return packed


class _Opened:
    """The model that a worker used last; one part at a time, since engines use generators of the whole process."""

    lock = threading.Lock()
    name = ""
    model: Model


def _make(packed: bytes, name: str, part: Part) -> MadePart:
    """Make a part on a worker."""
    with _Opened.lock:
        if _Opened.name != name:
            _Opened.model, _Opened.name = _unpacked(packed), name
        return make_part(_Opened.model, part)


def _unpacked(packed: bytes) -> Model:
    plan, files = pickle.loads(packed)
    with tempfile.TemporaryDirectory(prefix="simile-model-") as folder:
        for name, content in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return Model(plan, method_class(plan.recipe.method).load(Path(folder)))
