"""Without sdv, ctgan and rdt (BUSL-1.1) everything else works."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HIDE = """
import importlib.machinery as machinery, sys
GONE = {"sdv", "ctgan", "rdt", "copulas", "deepecho", "sdmetrics"}
whole = machinery.PathFinder.find_spec
def find_spec(name, path=None, target=None):
    return None if name.split(".")[0] in GONE else whole(name, path, target)
machinery.PathFinder.find_spec = staticmethod(find_spec)
from synth_core.cli import main
sys.argv = ["simile", *sys.argv[1:]]
main()
"""


def simile(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", HIDE, *words], capture_output=True, text=True, cwd=ROOT, check=False)


def test_the_engines_that_need_them_say_what_is_missing_and_the_others_work(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    rows = "".join(f"{n * 7 % 91},{'ab'[n % 2]},{n * 0.37:.2f}\n" for n in range(200))
    table.write_text("x,y,z\n" + rows)
    listed = simile("methods").stdout
    assert listed.count("(needs sdv") == 2
    made = simile("generate", str(table), "--method", "trees", "--rows", "50", "--out", str(tmp_path / "out.csv"))
    assert made.returncode == 0, made.stderr
    refused = simile("generate", str(table), "--method", "tvae", "--rows", "50", "--out", str(tmp_path / "no.csv"))
    assert refused.returncode == 2
    assert "pip install" in refused.stderr
    judged = simile("judge", str(table), str(tmp_path / "out.csv"), "--holdout", "0.3")
    assert judged.returncode in (0, 1), judged.stderr
