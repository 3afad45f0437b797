"""What `simile constraints` prints and writes: rules that were found, and rules that are checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from synth_core.cli_output import note, say, write_text

if TYPE_CHECKING:
    from synth_core.constraints.base import Constraint
    from synth_core.table import Table


def found_in(table: Table) -> list[Constraint]:
    """Print the rules that hold in a table, each with its rows and exceptions, and return them."""
    from synth_core.constraints.discovery import discover

    suggestions = discover(table)
    for suggestion in suggestions:
        broken = f", {suggestion.exceptions:,} exceptions" if suggestion.exceptions else ""
        say(f"  {suggestion.rule.sentence()}  ({suggestion.support:,} rows{broken})")
    if not suggestions:
        say("No rules were found that say more than the columns by themselves.")
    return [suggestion.rule for suggestion in suggestions]


def checked_on(table: Table, file: Path) -> tuple[list[Constraint], bool]:
    """Print each rule of a file with the rows that break it; return the rules that fit, and whether all was kept.

    What cannot be read, or does not fit the table, is told on stderr and counts as not kept; so does a hard rule with
    a broken row, or a soft one with more broken rows than its rate.
    """
    from synth_core.cli_options import rule_text
    from synth_core.constraints.exchange import import_rules

    found = import_rules(rule_text(file), table)
    note(*found.notes)
    kept = not any("was left out" in one for one in found.notes)
    for rule in found.rules:
        if not rule.enabled:
            say(f"off       {rule.sentence()}")
            continue
        broken = int(rule.fitted(table).violations(table.frame).sum())
        allowed = 0.0 if rule.hard else len(table) * (1.0 if rule.target_rate is None else rule.target_rate)
        kept &= broken <= allowed
        state = "kept" if not broken else f"broken in {broken:,} of {len(table):,} rows"
        say(f"{'ok' if broken <= allowed else 'BROKEN':<9} {rule.sentence()}: {state}")
    return found.rules, kept


def write_rules(rules: list[Constraint], table: Table, json_out: Path | None, pandera_out: Path | None) -> None:
    """Write the rule file and the pandera schema that were asked for."""
    from synth_core.constraints.exchange import pandera_module
    from synth_core.constraints.kinds import rules_to_json

    if json_out is not None:
        write_text(json_out, rules_to_json(rules))
    if pandera_out is not None:
        write_text(pandera_out, pandera_module(rules, table))
