"""Our profile beside ydata-profiling's on the same tables.

Twice: whole processes, from a CSV file to an HTML file; and, inside a running process as a server has it, from a table
in memory to all facts.

    python -m benchmarks.profiling --peer PYTHON [--minimal-only] FILE.csv ...

PYTHON is the interpreter of an environment of its own with ydata-profiling in it. Without a FILE the demo table
'hospital' is taken. "to HTML": each program starts, reads the file, profiles it whole and writes one HTML file.
"facts": libraries are loaded and the table is read before the clock starts; ours are facts per column, alerts and
associations, the peer's its description. Seconds are wall time, memory is the peak of the process.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from synth_core.demos import demo_path

PEER = """
import sys, pandas as pd
from ydata_profiling import ProfileReport
frame = pd.read_csv(sys.argv[1], low_memory=False)
minimal = sys.argv[3] == "minimal"
ProfileReport(frame, title="profile", progress_bar=False, minimal=minimal).to_file(sys.argv[2], silent=True)
"""
PEER_FACTS = """
import sys, time, pandas as pd
from ydata_profiling import ProfileReport
frame = pd.read_csv(sys.argv[1], low_memory=False)
minimal = sys.argv[3] == "minimal"
ProfileReport(frame.head(200), progress_bar=False, minimal=minimal).get_description()
began = time.perf_counter()
ProfileReport(frame, progress_bar=False, minimal=minimal).get_description()
open(sys.argv[2], "w").write(str(time.perf_counter() - began))
"""
OUR_FACTS = """
import sys, time
from synth_core.profile import profile
from synth_core.reading import read
table = read(sys.argv[1]).table
profile(table, sample=200)
began = time.perf_counter()
profile(table)
open(sys.argv[2], "w").write(str(time.perf_counter() - began))
"""
LIMIT_S = 1800


@dataclass(frozen=True)
class Figures:
    """One program on one table. ``seconds`` None: it failed or ran past the limit."""

    seconds: float | None
    peak_mb: float
    html_mb: float


def measured(command: list[str], out: Path) -> Figures:
    """Run a command that writes ``out`` and return what it took."""
    quiet = {"YDATA_PROFILING_NO_ANALYTICS": "True", "MPLBACKEND": "Agg"}
    start = time.perf_counter()
    child = subprocess.Popen(
        command, env=os.environ | quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if time.perf_counter() - start > LIMIT_S:
                os.killpg(child.pid, 9)
                _, status, usage = os.wait4(child.pid, 0)
                break
            time.sleep(0.02)
    finally:
        child.returncode = 0  # waited for above, with its resource usage
    seconds = time.perf_counter() - start
    size = out.stat().st_size / 1e6 if out.exists() else 0.0
    return Figures(seconds if status == 0 else None, usage.ru_maxrss / 1024, size)


def main() -> None:
    """Print one row per table and program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="python with ydata-profiling")
    parser.add_argument("--minimal-only", action="store_true", help="leave the peer's full report out")
    parser.add_argument("files", nargs="*", type=Path)
    given = parser.parse_args()
    print("| table | what | program | seconds | times ours | peak MB | HTML MB |\n|---|---|---|---|---|---|---|")
    for file in given.files or [demo_path("hospital")]:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.html"
            ours = measured([sys.executable, "-m", "synth_core.cli", "profile", str(file), "--html", str(out)], out)
            inside = within(sys.executable, OUR_FACTS, file, out, "")
            _row(file, "to HTML", "Simile", ours, ours)
            _row(file, "facts", "Simile", inside, inside)
            for mode in ["minimal"] if given.minimal_only else ["minimal", "full"]:
                if given.peer:
                    out.unlink(missing_ok=True)
                    found = measured([given.peer, "-c", PEER, str(file), str(out), mode], out)
                    _row(file, "to HTML", f"ydata-profiling, {mode}", found, ours)
                    _row(
                        file,
                        "facts",
                        f"ydata-profiling, {mode}",
                        within(given.peer, PEER_FACTS, file, out, mode),
                        inside,
                    )


def within(python: str, program: str, file: Path, out: Path, mode: str) -> Figures:
    """Run a program that writes the seconds it measured to ``out``."""
    found = measured([python, "-c", program, str(file), str(out), mode], out)
    return Figures(None if found.seconds is None else float(out.read_text()), found.peak_mb, 0.0)


def _row(file: Path, what: str, program: str, found: Figures, ours: Figures) -> None:
    seconds = "failed" if found.seconds is None else f"{found.seconds:.2f}"
    ratio = f"{found.seconds / ours.seconds:.1f}" if found.seconds and ours.seconds else "-"
    size = f"{found.html_mb:.1f}" if found.html_mb else ""
    print(f"| {file.name} | {what} | {program} | {seconds} | {ratio} | {found.peak_mb:.0f} | {size} |", flush=True)


if __name__ == "__main__":
    main()
