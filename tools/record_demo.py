"""Make the recorded demos anew: ``python -m tools.record_demo [NAME ...]``, about a minute each on two idle cores.

Each is opened as ``/?demo=NAME``. Rules: the first suggestions of the Constraints page. Runs: done by the worker to
their end, one after the other; the last is the one that pages show first.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from synth_core import recorded, worker
from synth_core.constraints.discovery import discover

RULES = 3
RUNS = {"hospital": (("independent", 6_000, {}), ("trees", 6_000, {"privacy": "private"}))}


def record(name: str) -> Path:
    """Run one demo in a folder of its own, write its recording and return where."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["SIMILE_HOME"] = home
        project = recorded.create_demo(name)
        train, _ = project.table.split(project.draft.holdout, project.draft.seed)
        project.set_rules([found.rule for found in discover(train)[:RULES]])
        runs = []
        for method, rows, params in RUNS[name]:
            recipe = project.draft.model_copy(update={"method": method, "params": params, "rows": rows})
            runs.append(project.new_run(recipe))
            if worker.main(str(runs[-1].folder)) != 0:
                raise SystemExit(runs[-1].status().error)
        return recorded.pack(project, runs, recorded.recording_of(name))


if __name__ == "__main__":
    for demo in sys.argv[1:] or RUNS:
        print(record(demo))
