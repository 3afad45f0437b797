"""Feed spoilt files and expressions to the readers and the grammars; only a SimileError may come out, within 10 s.

::

    python -m benchmarks.fuzz --minutes 60                   # every target in turn, by each engine
    python -m benchmarks.fuzz --target csv --cases 5000 --engine mutate
    python -m benchmarks.fuzz --target csv --case FOLDER/csv-....bin    # one case again

Each target runs in a process of its own, so that one that dies takes nothing along; a case is on disk before it is
tried. Findings go to ``--out`` (a report per kind of failure and the first case that showed it).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

LONGEST = 10.0  # seconds of processor time that a case may take
NET = "cannot be read as a table ("  # words of the reader for what it did not foresee
ENGINES = ("mutate", "hypothesis", "atheris")
TURN = 120.0  # seconds one target runs before the next one has its turn


class Hang(BaseException):
    """A case took too long."""


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    def ring(number: int, place: FrameType | None) -> None:
        raise Hang

    signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class Bench:
    """Tries cases of one target and keeps what went wrong."""

    def __init__(self, name: str, out: Path) -> None:
        from benchmarks.fuzz_targets import targets

        self.name, self.out, self.target = name, out, targets()[name]
        self.count: Counter[str] = Counter()
        self.found: dict[str, int] = {}
        self.slowest = 0.0
        out.mkdir(parents=True, exist_ok=True)
        self._current = out / f"{name}-now.bin"

    def try_case(self, data: bytes) -> None:
        """Try one case; a failure is written down, and never raised."""
        from synth_core.errors import SimileError

        self._current.write_bytes(data)
        self.count["cases"] += 1
        began = time.monotonic()
        try:
            with _alarm(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.target.work(data)
            self.count["taken"] += 1
        except SimileError as error:
            self.count["refused"] += 1
            if NET in str(error):
                self.count["refused by the last net"] += 1
                kind = str(error).split(NET)[1].split(")")[0]
                self._keep(f"net {kind}", data, str(error))
        except Hang:
            self._keep("hang", data, "".join(traceback.format_exc()))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            places = traceback.extract_tb(error.__traceback__)
            ours = [place for place in places if "synth_core" in place.filename]
            last = ours[-1] if ours else places[-1]
            kind = f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}"
            self._keep(kind, data, traceback.format_exc())
        self.slowest = max(self.slowest, time.monotonic() - began)

    def _keep(self, kind: str, data: bytes, words: str) -> None:
        fresh = kind not in self.found
        self.found[kind] = self.found.get(kind, 0) + 1
        if fresh:
            stem = f"{self.name}-{hashlib.sha256(kind.encode()).hexdigest()[:8]}"
            (self.out / f"{stem}.bin").write_bytes(data)
            (self.out / f"{stem}.txt").write_text(f"{kind}\n\n{words}", encoding="utf-8", errors="backslashreplace")

    def summary(self, engine: str, seconds: float) -> dict[str, object]:
        """Return what was tried and found."""
        return {
            "target": self.name, "engine": engine, "seconds": round(seconds, 1), **self.count,
            "slowest": round(self.slowest, 2), "found": self.found,
        }  # fmt: skip


def run_here(name: str, engine: str, seconds: float, cases: int, seed: int, out: Path) -> dict[str, object]:
    """Fuzz one target in this process for so long, or so many cases."""
    if engine == "atheris":
        _watch_branches()
    bench = Bench(name, out)
    began = time.monotonic()

    def over() -> bool:
        return time.monotonic() - began > seconds or bench.count["cases"] >= cases

    if engine == "mutate":
        from benchmarks.fuzz_targets import spoilt

        rng = random.Random(f"{name} {seed}")
        while not over():
            bench.try_case(spoilt(bench.target, rng))
    elif engine == "hypothesis":
        _by_hypothesis(bench, over, seed)
    else:
        _by_atheris(bench, seconds, cases, seed, out)
    return bench.summary(engine, time.monotonic() - began)


def _by_hypothesis(bench: Bench, over, seed: int) -> None:  # type: ignore[no-untyped-def]
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from hypothesis import strategies as st

    from benchmarks.fuzz_targets import WORDS

    pieces = st.one_of(st.sampled_from(WORDS), st.binary(max_size=12), st.text(max_size=12).map(_bytes))
    seeds = bench.target.seeds
    fresh = st.lists(pieces, max_size=40).map(b"".join)
    spliced = st.tuples(st.sampled_from(seeds), st.integers(0, 4000), st.integers(0, 40), fresh).map(
        lambda found: found[0][: found[1]] + found[3] + found[0][found[1] + found[2] :]
    )
    turn = 0
    while not over():
        turn += 1

        @seeded(seed * 1000 + turn)
        @settings(
            max_examples=200, deadline=None, database=None, phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(st.one_of(fresh, spliced))
        def batch(data: bytes) -> None:
            if not over():
                bench.try_case(data)

        batch()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


WATCHED = (
    "delimited", "unpacking", "typed_files", "workbooks", "workbook_parts", "header_rows", "inference", "cells",
    "units", "dates", "date_patterns", "constraints.expressions",
    "constraints.expression_nodes", "constraints.exchange",
    "constraints.kinds", "testdata.schema_files", "testdata.create_table", "steering.asks", "reading",
)  # fmt: skip


def _watch_branches() -> None:
    """Import what is fuzzed so that atheris sees which branches a case takes."""
    import atheris

    with atheris.instrument_imports(include=[f"synth_core.{name}" for name in WATCHED]):
        for name in WATCHED:
            importlib.import_module(f"synth_core.{name}")


def _by_atheris(bench: Bench, seconds: float, cases: int, seed: int, out: Path) -> None:
    """Let atheris choose the cases; its process ends itself, so the summary is written as it goes."""
    import atheris

    began = time.monotonic()
    corpus = out / f"corpus-{bench.name}"  # grows from turn to turn
    corpus.mkdir(exist_ok=True)
    for number, data in enumerate(bench.target.seeds):
        (corpus / str(number)).write_bytes(data)
    words = out / "words.dict"
    words.write_text(
        "".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in WORDS_OF() if 0 < len(word) < 60),
        encoding="ascii",
    )

    def one(data: bytes) -> None:
        bench.try_case(data)
        if bench.count["cases"] % 50 == 0 or time.monotonic() - began > seconds - 2:
            _write(out, bench.summary("atheris", time.monotonic() - began), f"{bench.name}-atheris-{seed}")

    told = [
        f"-max_total_time={int(seconds)}",
        f"-seed={seed + 1}",
        "-max_len=20000",
        f"-dict={words}",
        "-rss_limit_mb=6000",
    ]
    if cases < 10**9:
        told.append(f"-runs={cases}")
    atheris.Setup([sys.argv[0], str(corpus), *told], one)
    atheris.Fuzz()


def WORDS_OF() -> list[bytes]:
    from benchmarks.fuzz_targets import WORDS

    return WORDS


def _write(out: Path, summary: dict[str, object], stem: str) -> None:
    (out / f"{stem}.json").write_text(json.dumps(summary), encoding="utf-8")


def main() -> None:
    """Fuzz, and print a line per target and engine."""
    told = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    told.add_argument("--minutes", type=float, default=60.0)
    told.add_argument("--target", action="append")
    told.add_argument("--engine", choices=ENGINES, action="append")
    told.add_argument("--cases", type=int, default=10**9)
    told.add_argument("--seed", type=int, default=0)
    told.add_argument("--out", type=Path, default=Path("fuzz-found"))
    told.add_argument("--case", type=Path)
    told.add_argument("--here", action="store_true", help="in this process; used by the processes it starts")
    asked = told.parse_args()
    if asked.case:
        from benchmarks.fuzz_targets import targets

        targets()[asked.target[0]].work(asked.case.read_bytes())
        return
    if asked.here:
        found = run_here(asked.target[0], asked.engine[0], asked.minutes * 60, asked.cases, asked.seed, asked.out)
        _write(asked.out, found, f"{asked.target[0]}-{asked.engine[0]}-{asked.seed}")
        return
    _in_turns(asked)


def _in_turns(asked: argparse.Namespace) -> None:
    from benchmarks.fuzz_targets import targets

    names, engines = asked.target or list(targets()), asked.engine or list(ENGINES)
    began, turn, died = time.monotonic(), asked.seed, 0
    asked.out.mkdir(parents=True, exist_ok=True)
    turns = [(name, engine) for engine in engines for name in names]
    each = min(TURN, asked.minutes * 60 / len(turns))
    while (left := asked.minutes * 60 - (time.monotonic() - began)) > 1:
        name, engine = turns[(turn - asked.seed) % len(turns)]
        lasting = min(each, left)
        command = [sys.executable, "-m", "benchmarks.fuzz", "--here", "--target", name, "--engine", engine]
        command += [
            "--minutes",
            str(lasting / 60),
            "--seed",
            str(turn),
            "--out",
            str(asked.out),
            "--cases",
            str(asked.cases),
        ]
        with open(asked.out / "log.txt", "ab") as log:
            code = subprocess.run(command, stdout=log, stderr=log, timeout=lasting + 120, check=False).returncode
        if code not in (0,) and engine != "atheris":
            died += 1
            os.replace(asked.out / f"{name}-now.bin", asked.out / f"{name}-died-{turn}.bin")
            sys.stdout.write(f"{name} by {engine}: the process ended with {code}\n")
        turn += 1
        if asked.cases < 10**9 and turn - asked.seed >= len(turns):
            break
    report(asked.out, time.monotonic() - began, died)


def report(out: Path, seconds: float, died: int) -> None:
    """Print what all processes tried and found."""
    total: dict[str, Counter[str]] = {}
    kinds: Counter[str] = Counter()
    for path in sorted(out.glob("*-*-*.json")):
        one = json.loads(path.read_text(encoding="utf-8"))
        line = total.setdefault(f"{one['target']} by {one['engine']}", Counter())
        for word in ("cases", "taken", "refused", "refused by the last net", "seconds"):
            line[word] += one.get(word, 0)
        for kind, times in one["found"].items():
            kinds[f"{one['target']}: {kind}"] += times
    for name, line in total.items():
        sys.stdout.write(f"{name}: {dict(line)}\n")
    sys.stdout.write(f"{seconds / 60:.1f} minutes, {died} processes died\n")
    for kind, times in kinds.most_common():
        sys.stdout.write(f"  {times:6d} {kind}\n")


if __name__ == "__main__":
    main()
