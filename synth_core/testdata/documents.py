"""A schema's document, JSON or YAML, as plain values that know the line they stand on."""

from __future__ import annotations

from typing import Any

from synth_core.errors import SchemaError

Path = tuple[str | int, ...]
Lines = dict[Path, int]
LONGEST = 1_000_000  # characters
DEEPEST = 12


def check_length(text: str) -> None:
    """Raise SchemaError where a text is longer than any schema."""
    if len(text) > LONGEST:
        raise SchemaError(f"The schema has more than {LONGEST:,} characters; a schema describes rows, it holds none.")


def plain_values(text: str) -> tuple[Any, Lines]:
    """Return what a JSON or YAML document holds, and per path (``("tables", "people", 0)``) its line from 1.

    Words are words: ``no``, ``on`` and dates stay text, as in JSON.

    Raises
    ------
    SchemaError
        The text is neither, with the line.
    """
    import yaml

    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise SchemaError(f"Line {event.start_mark.line + 1}: references (*{event.anchor}) are not taken.")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"Line {mark.line + 1}, character {mark.column + 1}" if mark is not None else "The schema"
        raise SchemaError(f"{place}: this is neither JSON nor YAML ({error.problem or 'it ends too early'}).") from None
    except yaml.YAMLError:
        raise SchemaError("The schema holds characters that are neither JSON nor YAML.") from None
    except RecursionError:
        raise SchemaError("The schema is nested too deep.") from None
    if root is None:
        raise SchemaError("The schema is empty; it needs at least a list of columns.")
    lines: Lines = {}
    return _value(root, (), lines), lines


def _value(node: Any, path: Path, lines: Lines) -> Any:
    import yaml

    lines[path] = node.start_mark.line + 1
    if len(path) > DEEPEST:
        raise SchemaError(f"Line {lines[path]}: the schema is nested too deep.")
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, inner in node.value:
            name = str(key.value)
            if not isinstance(key, yaml.ScalarNode):
                raise SchemaError(f"Line {key.start_mark.line + 1}: a name is needed before the colon.")
            if name in found:
                raise SchemaError(f"Line {key.start_mark.line + 1}: '{name}' is named twice.")
            found[name] = _value(inner, (*path, name), lines)
            lines[(*path, name)] = key.start_mark.line + 1
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(inner, (*path, place), lines) for place, inner in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: Any) -> Any:
    text, tag = str(node.value), str(node.tag).rpartition(":")[2]
    if node.style in ("'", '"', "|", ">"):
        return text
    if tag == "null":
        return None
    if tag == "bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    return number if tag in ("float", "int") or "e" in text.lower() else text
