"""A short Python script that repeats a run without the app."""

from __future__ import annotations

from synth_core.project import Project
from synth_core.reading import ColumnChoice
from synth_core.recipe import Recipe


def snippet(project: Project, recipe: Recipe) -> str:
    """Return a script that reads the same file, makes the same rows and judges them; ``recipe.json`` lies beside it."""
    choices = {name: choice for name, choice in project.choices.items() if choice.model_dump(exclude_none=True)}
    imports = ["from synth_core.pipeline import follow", "from synth_core.reading import ReadOptions, read"]
    if choices:
        imports[1] = "from synth_core.reading import ColumnChoice, ReadOptions, read, table_from_frame"
    imports.append("from synth_core.recipe import read_recipe")
    if recipe.steering.given:
        imports.insert(0, "from synth_core.cli_options import given_in")
    lines = [
        f'"""Make the synthetic table of {_plain(project.label)!r} again: {recipe.rows:,} rows, seed {recipe.seed}."""',
        "",
        "from pathlib import Path",
        "",
        *imports,
        "",
        f"options = ReadOptions({_arguments(project.options.model_dump(exclude_none=True))})",
        f"reading = read(Path({project.filename!r}), options)",
    ]
    if choices:
        lines += [
            "choices = {",
            *(f"    {name!r}: {_choice(choice)}," for name, choice in choices.items()),
            "}",
            'table = table_from_frame(reading.raw, "table", choices, reading.options.missing_tokens)',
        ]
    else:
        lines.append("table = reading.table")
    given = ', given=given_in(Path("given.csv"), table)' if recipe.steering.given else ""
    lines += [
        'recipe = read_recipe(Path("recipe.json"))',
        f'synthesis, card = follow(table, recipe, Path("out"){given})',
        'print(f"{synthesis.rows:,} rows in out/synthetic.parquet, the judgement in out/scorecard.json")',
        "",
    ]
    return "\n".join(lines)


def _choice(choice: ColumnChoice) -> str:
    return f"ColumnChoice({_arguments(choice.model_dump(mode='json', exclude_none=True))})"


def _arguments(fields: dict[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in fields.items())


def _plain(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")
