"""The release pack: the rows, and everything that someone who gets them needs to trust them.

::

    synthetic.parquet  synthetic.csv     the rows, marked as synthetic; of a release in parts synthetic/part-*.parquet
    codebook.csv  data-card.md           what the columns are; what the table is for, and what it is not for
    report.html  scorecard.json          the judgement
    recipe.json  constraints.json        what repeats it
    manifest.json                        hashes (sha256), versions, seed, verdicts, and an override with its reason

While a gate fails, or privacy could not be judged, the rows stay out unless a reason is given.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from synth_core import __version__
from synth_core.codebook import codebook
from synth_core.constraints.kinds import rules_to_json
from synth_core.errors import InputError
from synth_core.generation import Synthesis
from synth_core.methods import method_class
from synth_core.partitions import FILE, FOLDER, release_in
from synth_core.recipe import Recipe
from synth_core.report import html
from synth_core.scorecard import Scorecard, Target, Verdict, blocking, verdicts
from synth_core.writing import export

_PACKAGES = ("numpy", "pandas", "pyarrow", "scikit-learn", "torch", "sdv")
_ROWS = ("synthetic.parquet", "synthetic.csv", "codebook.csv", "data-card.md")


@dataclass(frozen=True)
class Release:
    """Where the pack is, and the verdicts that kept the rows out of it (none: the rows are in it)."""

    folder: Path
    blocked_by: tuple[Verdict, ...]


def release(
    run_folder: Path,
    out: Path,
    *,
    synthesis: Synthesis,
    recipe: Recipe,
    card: Scorecard,
    targets: Sequence[Target],
    override: str = "",
    title: str = "",
) -> Release:
    """Write the pack to ``out`` (made if needed) and return it.

    Parameters
    ----------
    run_folder
        Folder of the run, with ``synthetic.parquet`` or, for a release in parts, the folder ``synthetic``.
    override
        Reason for releasing the rows although a gate failed; it is kept in the manifest and on the data card.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The release folder {out} cannot be made: {error.strerror}. Choose another.") from None
    found = verdicts(card, list(targets))
    failed = tuple(blocking(found))
    for name in _ROWS:
        (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / FOLDER, ignore_errors=True)
    if not failed or override.strip():
        rows = _copied(release_in(run_folder) or run_folder / FILE, out)
        if rows.is_file():
            export(rows, out / "synthetic.csv", tuple(synthesis.columns))
        codebook(rows, synthesis.columns).to_csv(out / "codebook.csv", index=False)
        (out / "data-card.md").write_text(data_card(synthesis, recipe, found, override, title), encoding="utf-8")
    _write(out / "scorecard.json", card.model_dump_json(indent=1))
    _write(out / "recipe.json", recipe.model_dump_json(indent=1))
    _write(out / "constraints.json", rules_to_json(recipe.constraints))
    page = html(
        card,
        title=title or card.table,
        author="",
        use=recipe.use,
        targets=list(targets),
        recipe=recipe,
        rules=recipe.rules,
    )
    _write(out / "report.html", page)
    _write(out / "manifest.json", _manifest(out, synthesis, recipe, found, override))
    return Release(out, () if override.strip() else failed)


def data_card(
    synthesis: Synthesis, recipe: Recipe, found: Sequence[Verdict], override: str = "", title: str = ""
) -> str:
    """Return the data card in Markdown."""
    info = method_class(recipe.method).info
    lines = [
        f"# Data card{f': {title}' if title else ''}",
        "",
        f"{synthesis.rows:,} synthetic rows x {len(synthesis.columns)} columns, drawn by Simile {__version__} from the "
        f"engine '{info.name}', which learned from {synthesis.learned_from:,} real rows; {synthesis.rows_holdout:,} "
        "real rows were held out for the judgement. How many rows happen to equal a real one is the score 'copies'.",
        "",
        f"**Made for:** {recipe.use.value}. **Licence of the engine:** {info.licence}. {info.licence_note}".rstrip(),
        "",
        *_steered(synthesis),
        "## What was measured",
        "",
        *(f"* {verdict.target.score}: {verdict.word}. {verdict.sentence}" for verdict in found),
        "",
        "## Limits",
        "",
        f"* It carries the information of about {synthesis.learned_from:,} rows, however many are released: p-values "
        "and confidence intervals computed on it are too narrow.",
        f"* {info.weak_at}",
        "* Identifiers and personal data are made up; they lead to nobody, and their values mean nothing.",
        "* Rare categories and extremes were merged where protection was on; do not look for outliers in it.",
        "* It repeats the patterns of the real table, its biases included.",
        "",
        "## What not to do",
        "",
        "* Do not decide about a person with it, or look for people in it.",
        "* Do not publish findings from it that were not checked on real rows.",
        "* Do not take the attack results for a proof: they say what these attacks found, on this release.",
    ]
    if override.strip():
        lines += ["", "## Released although a gate failed", "", f"Reason given: {override.strip()}"]
    return "\n".join(lines) + "\n"


def _steered(synthesis: Synthesis) -> list[str]:
    if synthesis.steering is None:
        return []
    return ["## Steered", "", *(f"* {line}" for line in synthesis.steering.sentences(synthesis.rows)), ""]


def _copied(rows: Path, out: Path) -> Path:
    """Copy the rows of a run into the pack and return where they are."""
    if rows.is_dir():
        return Path(shutil.copytree(rows, out / FOLDER))
    return Path(shutil.copyfile(rows, out / FILE))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(out: Path, synthesis: Synthesis, recipe: Recipe, found: Sequence[Verdict], override: str) -> str:
    files = sorted(path for path in (*out.iterdir(), *(out / FOLDER).glob("*")) if path.is_file())
    body = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "simile": __version__,
        "packages": {name: _version(name) for name in _PACKAGES},
        "seed": recipe.seed,
        "real_table": synthesis.fingerprint,
        "rows": synthesis.rows,
        "steering": None if synthesis.steering is None else synthesis.steering.model_dump(mode="json"),
        "verdicts": {verdict.target.score: verdict.word for verdict in found},
        "override": override.strip(),
        "sha256": {str(path.relative_to(out)): _sha256(path) for path in files if path.name != "manifest.json"},
    }
    return json.dumps(body, indent=1)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
