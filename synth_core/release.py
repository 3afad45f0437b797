"""The release pack: the rows, and everything that someone who gets them needs to trust them.

::

    synthetic.parquet  synthetic.csv     the rows, marked as synthetic; of a release in parts synthetic/part-*.parquet
    synthetic.xlsx                       the same for Excel, up to 100,000 rows
    codebook.csv  data-card.md           what the columns are; what the table is for, and what it is not for
    report.html  scorecard.json          the judgement
    recipe.json  constraints.json        what repeats it
    audit-log.jsonl                      who did what, when, to which bytes (projects only)
    ledger.json                          earlier releases from the same real rows: what they give away adds up
    manifest.json                        hashes (sha256), versions, seed, verdicts, and an override with its reason

While a gate fails, or privacy could not be judged, the rows stay out unless a reason is given.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from synth_core import __version__
from synth_core.audit import check
from synth_core.codebook import codebook
from synth_core.constraints.kinds import rules_to_json
from synth_core.errors import InputError
from synth_core.generation import Synthesis
from synth_core.ledger import Entry, entry_of, file_hash, released_rows
from synth_core.methods import method_class
from synth_core.partitions import FILE, FOLDER, release_in
from synth_core.recipe import Recipe
from synth_core.report import Front, html
from synth_core.scorecard import Scorecard, Target, Verdict, blocking, verdicts
from synth_core.spreadsheets import harmless_frame
from synth_core.what_if import CALLED
from synth_core.writing import export

_PACKAGES = ("numpy", "pandas", "pyarrow", "scikit-learn", "torch", "sdv")
_ROWS = ("synthetic.parquet", "synthetic.csv", "synthetic.csv.SYNTHETIC.txt", "synthetic.xlsx")
_ABOUT_ROWS = ("codebook.csv", "data-card.md")
LOG = "audit-log.jsonl"
EXCEL_ROWS = 100_000  # more take Excel minutes to write, and as long to open


@dataclass(frozen=True)
class Release:
    """Where the pack is, the verdicts that kept the rows out of it (none: the rows are in it), and its entry for the
    ledger (None where the rows stayed out)."""

    folder: Path
    blocked_by: tuple[Verdict, ...]
    entry: Entry | None = None


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
    front: Front | None = None,
    earlier: Sequence[Entry] = (),
    log: Path | None = None,
    proof: str = "",
) -> Release:
    """Write the pack to ``out`` (made if needed) and return it.

    Parameters
    ----------
    run_folder
        Folder of the run, with ``synthetic.parquet`` or, for a release in parts, the folder ``synthetic``.
    override
        Reason for releasing the rows although a gate failed; it is kept in the manifest, the ledger, on the data card
        and in the report.
    front
        What people wrote on the first page of the report, with client and logo.
    earlier
        The ledger: releases from the same real rows before this one.
    log
        The audit log of the project, as it is before this release is taken; the manifest holds its last hash.
    proof
        What a lab measured about the class or the correction that the rows were made with.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The release folder {out} cannot be made: {error.strerror}. Choose another.") from None
    found = verdicts(card, list(targets))
    failed = tuple(blocking(found))
    for name in (*_ROWS, *_ABOUT_ROWS):
        (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / FOLDER, ignore_errors=True)
    override, entry = (override.strip() if failed else ""), None
    if not failed or override:
        made = release_in(run_folder) or run_folder / FILE
        entry = entry_of(
            made,
            table=synthesis.fingerprint,
            rows=synthesis.rows,
            method=recipe.method,
            seed=recipe.seed,
            forms=["release pack"],
            override=override,
        )
        earlier = [one for one in earlier if one.sha256 != entry.sha256]
        rows = _copied(made, out)
        if rows.is_file():
            export(rows, out / "synthetic.csv", tuple(synthesis.columns))
            if synthesis.rows <= EXCEL_ROWS:
                export(rows, out / "synthetic.xlsx", tuple(synthesis.columns))
        harmless_frame(codebook(rows, synthesis.columns)).to_csv(out / "codebook.csv", index=False)
        card_text = data_card(synthesis, recipe, found, override, title, earlier=earlier, proof=proof)
        (out / "data-card.md").write_text(card_text, encoding="utf-8")
    _write(out / "scorecard.json", card.model_dump_json(indent=1))
    _write(out / "recipe.json", recipe.model_dump_json(indent=1))
    _write(out / "constraints.json", rules_to_json(recipe.constraints))
    known = [*earlier, *([entry] if entry else [])]
    _write(out / "ledger.json", json.dumps([one.model_dump(mode="json") for one in known], indent=1))
    page = html(
        card,
        title=title or card.table,
        use=recipe.use,
        targets=list(targets),
        recipe=recipe,
        rules=recipe.rules,
        earlier=earlier,
        proof=proof,
        **vars(front or Front()) | {"notes": with_reason(front.notes if front else "", override)},
    )
    _write(out / "report.html", page)
    (out / LOG).unlink(missing_ok=True)
    if log is not None and log.exists():
        shutil.copyfile(log, out / LOG)
    _write(out / "manifest.json", _manifest(out, synthesis, recipe, found, override, earlier))
    return Release(out, () if override else failed, entry)


def with_reason(notes: str, override: str) -> str:
    """Return the notes of a report, with the reason for a release in spite of a fail as their last paragraph."""
    reason = f"Released although a target fails. Reason: {override.strip()}" if override.strip() else ""
    return "\n\n".join(part for part in (notes.strip(), reason) if part)


def zipped(pack: Path, out: Path) -> Path:
    """Write a pack as one zip file and return it; Parquet is packed already, the rest shrinks to about a fifth."""
    building = out.with_name(f".{out.name}.building")
    with zipfile.ZipFile(building, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(pack.rglob("*")):
            if path.is_file():
                archive.write(path, str(path.relative_to(pack)))
    return building.replace(out)


def data_card(
    synthesis: Synthesis,
    recipe: Recipe,
    found: Sequence[Verdict],
    override: str = "",
    title: str = "",
    *,
    earlier: Sequence[Entry] = (),
    proof: str = "",
) -> str:
    """Return the data card in Markdown."""
    info = method_class(recipe.method).info
    lines = [
        f"# Data card{f': {_literal(title)}' if title else ''}",
        "",
        *_edited(synthesis),
        f"{synthesis.rows:,} synthetic rows x {len(synthesis.columns)} columns, drawn by Simile {__version__} from the "
        f"engine '{info.name}', which learned from {synthesis.learned_from:,} real rows; {synthesis.rows_holdout:,} "
        "real rows were held out for the judgement. How many rows happen to equal a real one is the score 'copies'.",
        "",
        f"**Made for:** {recipe.use.value}. **Licence of the engine:** {info.licence}. {info.licence_note}".rstrip(),
        "",
        *_steered(synthesis, recipe, proof),
        "## What was measured",
        "",
        *(f"* {verdict.target.score}: {verdict.word}. {_literal(verdict.sentence)}" for verdict in found),
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
        "",
        "## Final validation on real data",
        "",
        "1. Build and choose on these rows: code, features, models, analyses.",
        "2. Send the finished code to whoever holds the real rows. They run it once, on rows that this release did not "
        f"learn from ({synthesis.rows_holdout:,} were held out), and send back figures, not rows.",
        "3. Report the figures from real rows. Where they differ from those found here by more than the intervals of "
        "the scorecard, the synthetic rows do not carry that question; `simile replicate` shows it for regressions "
        "and group-bys.",
    ]
    if earlier:
        lines += [
            "",
            "## Earlier releases from the same real rows",
            "",
            *(
                f"* {one.when:%Y-%m-%d}: {one.rows:,} rows by '{one.method}', sha256 {one.sha256[:16]}"
                for one in earlier
            ),
            "",
            f"{released_rows(earlier) + synthesis.rows:,} rows with this one. What releases give away adds up; the "
            "attacks were made on this one alone.",
        ]
    if override.strip():
        lines += [
            "",
            "## Released although a target that blocks a release failed",
            "",
            f"Reason given: {_literal(override)}",
        ]
    return "\n".join(lines) + "\n"


def _literal(text: str) -> str:
    """Return a text as one line of Markdown that shows it as it is: no link, no picture, no heading of its own."""
    return re.sub(r"([\\`*_\[\]<>#|~$])", r"\\\1", " ".join(text.split()))


def _edited(synthesis: Synthesis) -> list[str]:
    """Return what stands on top of the data card of a what-if."""
    if not synthesis.what_if:
        return []
    return [
        f"**{CALLED}** Scores of likeness and use do not apply; privacy was judged with the edits undone.",
        "",
        *(f"* {_literal(line)}" for line in synthesis.what_if),
        "",
    ]


def _steered(synthesis: Synthesis, recipe: Recipe, proof: str) -> list[str]:
    """Return what was asked of the rows or cut, how that was honoured, and what a lab measured of it."""
    asked = [*recipe.steering.sentences(), *recipe.cut_words()]
    if synthesis.steering is None and not asked:
        return []
    how = [] if synthesis.steering is None else synthesis.steering.sentences(synthesis.rows)
    lab = [f"Measured by a lab: {proof}"] if proof else []
    return ["## Made so on purpose", "", *(f"* {_literal(line)}" for line in dict.fromkeys([*asked, *how, *lab])), ""]


def _copied(rows: Path, out: Path) -> Path:
    """Copy the rows of a run into the pack and return where they are."""
    if rows.is_dir():
        return Path(shutil.copytree(rows, out / FOLDER))
    return Path(shutil.copyfile(rows, out / FILE))


def _manifest(
    out: Path,
    synthesis: Synthesis,
    recipe: Recipe,
    found: Sequence[Verdict],
    override: str,
    earlier: Sequence[Entry],
) -> str:
    files = sorted(path for path in (*out.iterdir(), *(out / FOLDER).glob("*")) if path.is_file())
    body = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "simile": __version__,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "seed": recipe.seed,
        "real_table": synthesis.fingerprint,
        "rows": synthesis.rows,
        "what_if": synthesis.what_if,
        "steering": None if synthesis.steering is None else synthesis.steering.model_dump(mode="json"),
        "verdicts": {verdict.target.score: verdict.word for verdict in found},
        "override": override,
        "earlier_releases": len(earlier),
        "rows_released_before": released_rows(earlier),
        "audit_log_head": check(out / LOG).head if (out / LOG).exists() else None,
        "sha256": {str(path.relative_to(out)): file_hash(path) for path in files if path.name != "manifest.json"},
    }
    return json.dumps(body, indent=1)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
