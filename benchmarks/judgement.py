"""What the judgement costs: 12,000 real rows beside 500,000 synthetic ones, each tier in a process of its own.

    python -m benchmarks.judgement [--table hospital] [--rows 500000] [--by quick full shadow sdmetrics anonymeter qa]
        [--qa-python /path/to/python/with/mostlyai-qa] [--steps] [--limit 600]

Real rows are simulated anew: 12,000 to learn from, 3,000 held out; the release is made by ``trees``. ``quick`` is
what every run gets, membership attacks on the full release included; ``full`` adds what the Privacy page starts. Peers
judge the same tables: sdmetrics' quality and diagnostic reports; anonymeter's singling out (twice) and inference of the
target on the full release, its linkability on 20,000 of its rows (all of them would take hours); mostlyai-qa's report,
with its own choice of rows, from an environment of its own. Each may use one process, so that processor seconds count
all of its work, and is stopped after ``--limit`` seconds of processor. ``--steps``: seconds per step.
``shadow``: the shadow audit of the same engine and rows, with what it found.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from synth_core.demos import DEMOS, demo_table
from synth_core.reading import frame_like
from synth_core.table import Table

LEARNED, HELD = 12_000, 3_000
LINKED = 20_000
OWN = ("quick", "full")


def tables(name: str, rows: int) -> tuple[Table, Table, Table]:
    """Return rows to learn from, rows held out, and a release of ``rows`` rows."""
    import numpy as np

    from synth_core.methods import create

    like = demo_table(name)
    frames = [DEMOS[name].simulate(seed).reset_index(drop=True) for seed in (20_001, 20_002)]
    both = [frame_like(frame, like, f"{name}.csv") for frame in frames]
    names = [column.name for column in like.columns if column.learned]
    train, held = both[0].select(names), both[1].select(names)
    train, held = train.rows(np.arange(min(LEARNED, len(train)))), held.rows(np.arange(HELD))
    fitted = create("trees", {"release_rows": rows}).fit(train, seed=1)
    return train, held, Table(fitted.sample(rows, seed=1), train.columns, "release")


def own(by: str, train: Table, held: Table, made: Table) -> list[tuple[str, float, float]]:
    """Judge, and return (step, seconds, processor seconds)."""
    from synth_core import judging

    steps: list[list[Any]] = []

    def told(stage: str, done: float, total: float, note: str = "") -> None:
        note = note.split(":")[0]
        if not steps or steps[-1][0] != note:
            steps.append([note, time.perf_counter(), time.process_time()])

    judging.judge(train, held, made, seed=1, full=by == "full", progress=told)
    ends = [step[1:] for step in steps[1:]] + [[time.perf_counter(), time.process_time()]]
    return [(step[0], end[0] - step[1], end[1] - step[2]) for step, end in zip(steps, ends, strict=True)]


def shadow(train: Table, held: Table, made: Table) -> list[tuple[str, float, float]]:
    """Audit the engine that made the release, and return what was found as a step each."""
    from synth_core.recipe import Recipe
    from synth_core.scores.advantage import of_audit
    from synth_core.shadow_audit import audit

    wall, cpu = time.perf_counter(), _cpu()
    found = audit(train, Recipe(method="trees", rows=len(made), seed=1), release=made)
    took = (time.perf_counter() - wall) / found.fits, (_cpu() - cpu) / found.fits
    score = of_audit(found)
    figures = [f"{one.title}: {one.value} [{one.low}, {one.high}], n = {one.n}" for one in found.attacks]
    words = f"{score.value} points, surely {score.low}; {found.found} of {found.exposed} people for sure"
    return [(f"each of {found.fits} fits", *took), *((text, 0.0, 0.0) for text in (*figures, words))]


def sdmetrics(train: Table, held: Table, made: Table) -> None:
    """Run sdmetrics' two reports."""
    from sdmetrics.reports.single_table import DiagnosticReport, QualityReport

    sdtypes = {"integer": "numerical", "number": "numerical", "datetime": "datetime", "boolean": "boolean"}
    metadata = {"columns": {c.name: {"sdtype": sdtypes.get(c.kind.value, "categorical")} for c in train.columns}}
    for report in (DiagnosticReport(), QualityReport()):
        report.generate(train.frame, made.frame, metadata, verbose=False)


def anonymeter(train: Table, held: Table, made: Table) -> None:
    """Run anonymeter's attacks, 500 each."""
    import numpy as np
    from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator

    from synth_core.scores.singling import plain

    names = train.names
    ori, syn, control = (plain(side, names) for side in (train, made, held))
    for mode in ("univariate", "multivariate"):
        evaluator = SinglingOutEvaluator(ori=ori, syn=syn, control=control, n_attacks=500, max_attempts=20_000, seed=1)
        try:
            evaluator.evaluate(mode=mode).risk()
        except RuntimeError:
            print(f"anonymeter: no {mode} singling out", file=sys.stderr)
    some = syn.iloc[np.random.default_rng(1).choice(len(syn), min(LINKED, len(syn)), replace=False)]
    half = len(names) // 2
    LinkabilityEvaluator(
        ori=ori, syn=some, control=control, n_attacks=500, aux_cols=(names[:half], names[half:]), n_neighbors=5
    ).evaluate(n_jobs=1).risk()
    secret = train.target.name if train.target is not None else names[-1]
    aux = [name for name in names if name != secret]
    InferenceEvaluator(ori=ori, syn=syn, control=control, aux_cols=aux, secret=secret, n_attacks=500).evaluate(
        n_jobs=1
    ).risk()


QA = """
import json, resource, sys, time, pandas as pd
if __name__ == "__main__":
    from mostlyai import qa
    train, held, made = (pd.read_parquet(f"{sys.argv[1]}/{n}.parquet") for n in ("train", "held", "made"))
    began = time.perf_counter()
    used = lambda who: resource.getrusage(who)
    spent = lambda: sum(u.ru_utime + u.ru_stime for u in map(used, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
    before = spent()
    qa.report(syn_tgt_data=made, trn_tgt_data=train, hol_tgt_data=held, report_path=f"{sys.argv[1]}/qa.html")
    cost = {"wall": time.perf_counter() - began, "cpu": spent() - before}
    print(json.dumps(cost | {"peak": used(resource.RUSAGE_SELF).ru_maxrss / 1024, "steps": []}))
"""


def one(by: str, folder: Path) -> None:
    """Do one judgement in this process and print what it cost as JSON."""
    train, held, made = pickle.loads((folder / "tables.pickle").read_bytes())  # our own file, a moment old
    warnings.simplefilter("ignore")
    wall, cpu, before = time.perf_counter(), _cpu(), _peak()
    steps = own(by, train, held, made) if by in OWN else globals()[by](train, held, made)  # one of this file's peers
    cost = {"wall": time.perf_counter() - wall, "cpu": _cpu() - cpu, "peak": _peak(), "before": before}
    print(json.dumps(cost | {"steps": steps or []}))


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", default="hospital", choices=sorted(DEMOS))
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--by", nargs="+", default=["quick", "full", "sdmetrics", "anonymeter"])
    parser.add_argument("--qa-python", default="")
    parser.add_argument("--steps", action="store_true")
    parser.add_argument("--limit", type=int, default=600)
    parser.add_argument("--one", nargs=2, default=None, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(given.one[0], Path(given.one[1]))
        return
    with tempfile.TemporaryDirectory(prefix="simile-judgement-") as name:
        folder = Path(name)
        sides = tables(given.table, given.rows)
        (folder / "tables.pickle").write_bytes(pickle.dumps(sides))
        print(
            f"{given.table}: {len(sides[0]):,} learned, {len(sides[1]):,} held out, {len(sides[2]):,} released, ",
            end="",
        )
        print(f"{len(sides[0].columns)} columns\n")
        print("| by | seconds | processor seconds | peak MB | load |\n|---|---|---|---|---|")
        for label, side in zip(("train", "held", "made"), sides, strict=True):
            side.frame.to_parquet(folder / f"{label}.parquet")
        (folder / "qa.py").write_text(QA, encoding="utf-8")
        for by in given.by:
            ours = [sys.executable, "-m", "benchmarks.judgement", "--one", by, name]
            print(line(by, [given.qa_python, str(folder / "qa.py"), name] if by == "qa" else ours, given), flush=True)


def line(by: str, command: list[str], given: argparse.Namespace) -> str:
    """Run one judgement and return its lines of the table."""

    def stop() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (given.limit, given.limit))

    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "LOKY_MAX_CPU_COUNT": "1", "HF_HUB_OFFLINE": "1"},
        preexec_fn=stop,
    )
    load = f"{os.getloadavg()[0]:.1f}"
    if done.returncode < 0:
        return f"| {by} | cut at {given.limit} processor seconds | | | {load} |"
    if done.returncode:
        return f"| {by} | failed: {(done.stderr.strip() or 'without a word').splitlines()[-1]} | | | {load} |"
    cost = json.loads(done.stdout.splitlines()[-1])
    lines = [f"| {by} | {cost['wall']:.1f} | {cost['cpu']:.1f} | {cost['peak']:.0f} | {load} |"]
    if given.steps or by == "shadow":
        for note, wall, cpu in cost["steps"]:
            took = f"{wall:.1f} | {cpu:.1f}" if wall else " | "
            lines.append(f"|   {by}: {note} | {took} | | |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
