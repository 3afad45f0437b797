"""The ``simile`` command: everything that the studio does, without a browser.

Exit codes: 0 done; 1 a gate or target failed, or the work could not finish; 2 bad input, with one sentence on stderr.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from synth_core.cli_augment import augment
from synth_core.cli_fairness import fairness
from synth_core.cli_generate import fill, generate
from synth_core.cli_iterate import frontier, tune
from synth_core.cli_judge import judge, replicate
from synth_core.cli_monitor import monitor
from synth_core.cli_options import Out
from synth_core.cli_output import fail, say, write
from synth_core.cli_projects import audit_log, hand_over, list_projects, remove_rows
from synth_core.cli_run import run
from synth_core.cli_testdata import make_testdata
from synth_core.cli_understand import constraints, methods, profile
from synth_core.errors import InputError, SimileError
from synth_core.quiet import where
from synth_core.whole_files import is_full, refusal

app = typer.Typer(
    name="simile",
    help="From a real table to a synthetic one, with a verdict that is right.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def demo(
    name: Annotated[str, typer.Argument(help="hospital, fraud, loans or orders.")],
    out: Out,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed gives fresh rows from the same world.")] = None,
) -> None:
    """Write one of the demo tables."""
    from synth_core.demos import DEMOS, demo_table
    from synth_core.table import did_you_mean

    if name not in DEMOS:
        raise InputError(f"There is no demo '{name}'.{did_you_mean(name, list(DEMOS)).replace('columns', 'demos')}")
    table = demo_table(name) if seed is None else demo_table(name, seed=seed)
    write(table, out)
    say(f"{DEMOS[name].title}: {len(table):,} rows x {len(table.columns)} columns -> {out}")


app.command()(profile)
app.command()(constraints)
app.command()(methods)
app.command()(generate)
app.command()(fill)
app.command()(judge)
app.command()(replicate)
app.command()(frontier)
app.command()(fairness)
app.command()(tune)
app.command()(run)
app.command()(augment)
app.command(name="testdata")(make_testdata)
app.command()(monitor)
app.command(name="projects")(list_projects)
app.command()(hand_over)
app.command()(audit_log)
app.command(name="remove-real-rows")(remove_rows)


@app.command(name="app")
def studio(
    port: Annotated[int, typer.Option()] = 8501,
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
) -> None:
    """Open the studio in the browser (127.0.0.1 only)."""
    root = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-m", "streamlit", "run", str(root / "app.py"), "--server.address=127.0.0.1"]
    command += [f"--server.port={port}", f"--server.headless={'true' if headless else 'false'}"]
    raise typer.Exit(subprocess.call(command, cwd=root))


def main() -> None:
    """Run the command; turn every expected error into one sentence and an exit code."""
    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except InputError as error:
        fail(str(error), 2)
    except SimileError as error:
        fail(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        fail("Stopped.", 1)
    except OSError as error:
        if is_full(error):
            fail(refusal(error), 2)
        fail(f"{error.filename or 'A file'} cannot be read or written: {error.strerror or error}.", 2)
    except MemoryError:
        fail("Memory ran out. Make fewer rows, leave out columns with very many categories, or use 'trees'.", 1)
    except Exception as error:
        # typer carries a copy of click of its own, whose usage errors have no public name
        if not hasattr(error, "format_message"):
            sys.stderr.write(f"{where(error)}\n")  # its own words may repeat cells
            fail("Something went wrong that Simile did not expect; the lines above say where.", 1)
        fail(error.format_message() or "Say what to do; `simile --help` lists the commands.", 2)


if __name__ == "__main__":
    main()
