"""``python -m tests.core.killed_worker``: do jobs, each killed (SIGKILL) at a place of its own, or done to the end.

It reads lines of JSON, ``{"folder": ..., "stage": ..., "nth": 1}``, does the job in a child process, and answers each
with the signal that ended the child, or its exit code. Without a stage the job is done to its end. ``"write": n``
kills at the n-th file that is moved into place instead, just before it is; ``"once": pattern`` at the first one after
the project has a file like this.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from synth_core import judging, pipeline, worker  # noqa: F401 - loaded once for all children
from synth_core.methods import methods
from synth_core.run import birth
from synth_core.testdata import work


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def do(asked: dict[str, Any]) -> int:
    """Do the job in the folder, and die on the way where that was asked for."""
    folder, nth = Path(asked["folder"]), asked.get("nth", 1)
    seen = 0
    if "write" in asked or "once" in asked:
        into_place = os.replace

        def replace(*paths: Any) -> None:
            nonlocal seen
            seen += 1
            if seen == asked.get("write") or any(folder.parent.parent.glob(asked.get("once", "no such file"))):
                die()
            into_place(*paths)

        os.replace = replace
    for module in (worker, work):
        told = module.Reporter.__call__

        def tell(self: Any, stage: str, *more: Any, told: Any = told) -> None:
            nonlocal seen
            told(self, stage, *more)
            if "stage" in asked and stage == asked["stage"]:
                seen += 1
                if seen == nth:
                    die()

        module.Reporter.__call__ = tell  # type: ignore[method-assign]
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if (folder / "order.json").exists():
        (folder / "pid").write_text(f"{os.getpid()} {birth(os.getpid())} 1", encoding="ascii")
        return work.main(str(folder), "{}")
    return worker.main(str(folder))


def main() -> None:
    methods()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(do(json.loads(line)))
        _, ended = os.waitpid(child, 0)
        print(-ended if ended < 128 else ended >> 8, flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
