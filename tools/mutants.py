"""Change the code in one small place at a time and see whether a test notices: ``python -m tools.mutants``.

A mutant swaps a comparison, an operator or a constant, turns a condition round, or leaves a statement out. A sample of
them, chosen by ``--seed``, is tried for each of the pure modules below, with the tests that know the module and one
process per mutant, forked from one that has loaded pandas; properties of any input (``test_any_...``) are left out, as
they take longest. What no test notices is printed with its place: either a test is missing, or the change makes no
difference.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 3  # times the work without any change; an endless loop counts as noticed
TESTS = {
    "scores.statistics": ("test_statistics",),
    "scores.agreement": ("test_agreement",),
    "scores.keys": ("test_keys",),
    "scores.rare_class": ("test_rare_class",),
    "scores.advantage": ("test_advantage",),
    "scores.copies": ("test_copies",),
    "scores.twins": ("test_twins",),
    "scores.validity": ("test_validity",),
    "scorecard": ("test_verdicts",),
    "constraints.values": ("test_column_values", "test_constraints"),
    "constraints.expressions": ("test_expressions",),
    "constraints.expression_nodes": ("test_expressions",),
    "constraints.expression_logic": ("test_expressions",),
    "constraints.expression_arithmetic": ("test_expressions",),
    "constraints.orders": ("test_constraints", "test_mending"),
    "constraints.sums": ("test_constraints", "test_mending"),
    "constraints.regexes": ("test_regexes",),
}
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Pow: ast.Mult, ast.Mod: ast.Mult,
}  # fmt: skip


class Mutant(NamedTuple):
    """A changed module: what was changed, in which line, and its code."""

    line: int
    change: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module, in the order of its lines.

    >>> [(mutant.line, mutant.change) for mutant in mutants("def f(a):\\n    return a < 2")]
    [(2, 'return a < 2 -> return None'), (2, 'a < 2 -> a <= 2'), (2, '2 -> 3')]
    """
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    shown = {id(part) for node in nodes for part in _annotation(node)}
    for place, node in enumerate(nodes):
        if id(node) in shown:
            continue
        for number in range(_ways(node)):
            changed = copy.deepcopy(tree)
            target = list(ast.walk(changed))[place]
            before = ast.unparse(target)
            _mutate(target, number)
            after = ast.unparse(target)
            yield Mutant(getattr(node, "lineno", 0), f"{_short(before)} -> {_short(after)}", changed)


def _annotation(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of what is written for the type checker only."""
    told = node.returns if isinstance(node, ast.FunctionDef) else getattr(node, "annotation", None)
    if isinstance(told, ast.AST):
        yield from ast.walk(told)


def _short(text: str) -> str:
    return " ".join(text.split())[:60]


def _ways(node: ast.AST) -> int:
    """Return in how many ways a node is changed."""
    if isinstance(node, ast.Compare):
        return sum(type(op) in COMPARISONS for op in node.ops)
    if isinstance(node, ast.BinOp):
        return int(type(node.op) in OPERATORS)
    if isinstance(node, ast.Constant):
        return int(isinstance(node.value, bool | int | float))
    return int(
        isinstance(node, ast.BoolOp | ast.If | ast.IfExp)
        or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.Invert))
        or (isinstance(node, ast.Return) and ast.unparse(node) not in ("return", "return None"))
        or isinstance(node, ast.Raise | ast.AugAssign)
    )


def _mutate(node: ast.AST, number: int) -> None:
    if isinstance(node, ast.Compare):
        places = [place for place, op in enumerate(node.ops) if type(op) in COMPARISONS]
        node.ops[places[number]] = COMPARISONS[type(node.ops[places[number]])]()
    elif isinstance(node, ast.BinOp):
        node.op = OPERATORS[type(node.op)]()
    elif isinstance(node, ast.Constant):
        node.value = (not node.value) if isinstance(node.value, bool) else node.value + 1  # type: ignore[operator]
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.If | ast.IfExp):
        node.test = ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.UnaryOp):
        node.op = ast.UAdd() if isinstance(node.op, ast.USub) else node.op
        if not isinstance(node.op, ast.UAdd):
            node.operand, node.op = ast.UnaryOp(node.op, node.operand), node.op
    elif isinstance(node, ast.Return):
        node.value = ast.Constant(None)
    elif isinstance(node, ast.Raise):
        node.exc, node.cause = ast.Name("RuntimeError", ast.Load()), None
    elif isinstance(node, ast.AugAssign):
        node.value = ast.IfExp(ast.Constant(False), node.value, ast.Constant(0))


class _Swap(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module its mutated code, however it is imported."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(ast.fix_missing_locations(self.tree), str(self.path), "exec"), module.__dict__)


class Tried(NamedTuple):
    """Whether a test failed, and the processor seconds that it took."""

    noticed: bool
    seconds: float


def tried(name: str, tests: list[str], tree: ast.Module | None, most: float = 120) -> Tried:
    """Run the tests with this code in the place of the module ``name`` (None: as it is); ``most``: seconds of work."""
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        signal.setitimer(signal.ITIMER_PROF, most)
        if tree is not None:
            path = ROOT / "synth_core" / f"{name.replace('.', '/')}.py"
            sys.meta_path.insert(0, _Swap(f"synth_core.{name}", path, tree))
        import pytest

        plain = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", "not test_any_"]
        os._exit(int(pytest.main([*plain, *tests])))
    _, status, used = os.wait4(child, 0)
    return Tried(status != 0, used.ru_utime + used.ru_stime)


def tests_of(name: str) -> list[str]:
    """Return the files of tests that know a module."""
    found = [ROOT / "tests" / "core" / f"{test}.py" for test in TESTS[name]]
    return [str(path) for path in found if path.exists()]


def main() -> None:
    """Try a sample of mutants of each module and print a table, then what no test noticed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("modules", nargs="*", default=list(TESTS))
    asked.add_argument("--most", type=int, default=15, help="mutants tried of each module")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    import numpy  # noqa: F401 - loaded once, for every mutant
    import pandas  # noqa: F401
    import pyarrow  # noqa: F401
    import scipy.stats  # noqa: F401
    import sklearn.ensemble  # noqa: F401

    survivors = []
    print("| module | mutants | tried | noticed |\n|---|---|---|---|", flush=True)
    for name in given.modules:
        every = list(mutants((ROOT / "synth_core" / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")))
        tests = tests_of(name)
        plain = tried(name, tests, None)
        if plain.noticed:
            raise SystemExit(f"The tests of {name} fail without any change.")
        chosen = random.Random(given.seed).sample(every, min(given.most, len(every)))
        most = PATIENCE * plain.seconds + 5
        left = [mutant for mutant in chosen if not tried(name, tests, mutant.tree, most).noticed]
        survivors += [(name, mutant) for mutant in left]
        print(f"| `{name}` | {len(every)} | {len(chosen)} | {len(chosen) - len(left)} |", flush=True)
        for mutant in left:
            print(f"  {name}:{mutant.line}: {mutant.change}", file=sys.stderr, flush=True)
    print()
    for name, mutant in survivors:
        print(f"* `{name}` line {mutant.line}: `{mutant.change}`")


if __name__ == "__main__":
    main()
