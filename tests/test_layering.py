"""The arrows of the architecture point one way only."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "synth_core"

# A module may import modules of its own layer's line or of lines above it, never from below.
LAYERS = [
    ["errors", "progress", "quiet", "whole_files", "workbook_limits", "leftovers"],
    ["owners", "audit"],
    ["table"],
    ["words"],
    ["date_patterns"],
    ["dates"],
    ["values", "personal", "semantics", "identifiers", "unpacking"],
    ["units", "naming"],
    ["cells"],
    ["kinds", "spellings", "missing"],
    ["inference"],
    ["roles"],
    ["offers"],
    ["associations"],
    ["decoding", "header_rows", "splitting", "written", "cells_read", "workbook_parts"],
    ["delimited", "workbooks", "typed_files", "source_types", "spreadsheets"],
    ["thinning"],
    ["raw_cells", "reading", "kept_tables"],
    ["partitions"],
    ["writing"],
    ["databases"],
    ["demos"],
    ["profile"],
    ["constraints.values", "constraints.expression_nodes"],
    ["constraints.expression_arithmetic", "constraints.expression_logic"],
    ["constraints.expressions", "constraints.regexes"],
    ["constraints.base"],
    ["constraints.replacing"],
    ["constraints.bounds", "constraints.orders", "constraints.sums", "constraints.formulas", "constraints.uniqueness"],
    ["constraints.combinations", "constraints.missing", "constraints.implications", "constraints.formats"],
    ["constraints.members", "constraints.dependencies", "constraints.one_hot", "constraints.sequences"],
    ["constraints.inside", "constraints.kinds"],
    ["constraints.evidence"],
    ["constraints.implications_found"],
    ["constraints.orders_found"],
    ["constraints.counted", "constraints.spans", "constraints.equations", "constraints.one_column"],
    ["constraints.one_of_several", "constraints.pruning"],
    ["constraints.discovery"],
    ["constraints.exchange", "constraints.templates"],
    ["constraints"],
    ["codec_columns"],
    ["codec_numbers"],
    ["codec"],
    ["regenerate"],
    ["methods"],
    ["steering.asks"],
    ["what_if", "what_if_shapes"],
    ["recipe"],
    ["patterns"],
    ["needs"],
    ["machine", "room"],
    ["advice", "recommend", "steering"],
    ["filling", "parts"],
    ["cluster"],
    ["scores.statistics", "scores.features", "scores.space", "scores.leaves", "scores.compiled"],
    ["sampling", "verification", "redrawing"],
    ["generation"],
    ["pilot"],
    ["rule_preview"],
    ["estimates"],
    ["scores"],
    ["scorecard"],
    ["monitoring"],
    ["judging", "price", "replication"],
    ["what_if_judging", "steered_judging"],
    ["frontier", "tuning"],
    ["shadow_audit"],
    ["labs.models", "labs.remedies"],
    ["labs.augmentation"],
    ["labs.nested", "labs.tables"],
    ["labs.work", "labs"],
    ["remedies"],
    ["figures"],
    ["ledger"],
    ["report"],
    ["codebook"],
    ["release"],
    ["run"],
    ["pipeline"],
    ["tuning.loop"],
    ["project"],
    ["tried", "recorded"],
    ["retention"],
    ["jobs"],
    ["extracts", "what_if_drafts", "business_case"],
    ["value_document"],
    ["labs.fair_project", "worker"],
    ["proofs"],
    ["testdata"],
    ["deletion"],
    ["cli_options", "cli_output", "cli_methods", "cli_rules", "cli_profile", "cli_frontier", "cli_tune", "cli_shadow"],
    ["cli_understand", "cli_generate", "cli_judge", "cli_iterate", "cli_run"],
    ["cli_fairness", "cli_testdata", "cli_monitor", "cli_augment", "cli_projects"],
    ["cli"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
HEAVY = ("torch", "sdv", "ctgan", "rdt", "anonymeter", "numba", "dask", "distributed")


def modules() -> list[Path]:
    return sorted(path for path in CORE.rglob("*.py") if path.name != "__init__.py" or path.parent != CORE)


def dotted(path: Path) -> str:
    parts = list(path.relative_to(CORE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def level(name: str) -> int | None:
    while name:
        if name in LEVEL:
            return LEVEL[name]
        name = name.rpartition(".")[0]
    return None


def imports(tree: ast.AST) -> set[str]:
    """Names imported at run time, those inside functions included, `if TYPE_CHECKING` blocks not."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        found |= imports(node)
    return found


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_every_module_has_a_layer(path: Path) -> None:
    assert level(dotted(path)) is not None, f"{path.name} has no layer: add it to LAYERS"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_arrows_point_forward_only(path: Path) -> None:
    mine = level(dotted(path))
    assert mine is not None
    for name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        if name.startswith("synth_core."):
            theirs = level(name.removeprefix("synth_core."))
            if theirs is not None:
                assert theirs <= mine, f"{dotted(path)} imports {name}, which lies after it"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_the_core_never_imports_streamlit_and_loads_heavy_parts_only_when_used(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not {name for name in imports(tree) if name.split(".")[0] == "streamlit"}
    top: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            top |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            top.add(node.module.split(".")[0])
    assert not top & set(HEAVY)


def test_importing_the_core_and_the_flagship_loads_neither_torch_nor_sdv() -> None:
    code = (
        "import sys, synth_core, synth_core.project, synth_core.jobs, synth_core.figures, synth_core.methods as m; "
        "m.methods(); "
        f"loaded = [n for n in {HEAVY!r} + ('streamlit',) if n in sys.modules]; "
        "sys.exit(str(loaded) if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


def test_only_one_file_touches_the_session() -> None:
    for path in (ROOT / "pages").rglob("*.py"):
        if path.name != "state.py":
            text = path.read_text(encoding="utf-8")
            assert "session_state" not in text, path.name
            assert "query_params[" not in text, path.name
            assert "st.query_params" not in text, path.name


def test_parts_of_a_page_have_headings_of_one_level() -> None:
    for path in (ROOT / "pages").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "st.subheader(" not in text, f"{path.name}: use parts.section, one level below the title"
        assert path.name == "parts.py" or "st.header(" not in text, path.name
