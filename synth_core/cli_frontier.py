"""What the ``simile`` command says of a frontier."""

from __future__ import annotations

from collections.abc import Iterator

from synth_core.figures.frontier import beyond
from synth_core.frontier import Frontier
from synth_core.recipe import USE_TITLES, Use
from synth_core.scorecard import default_targets
from synth_core.scores.statistics import Estimate


def lines(found: Frontier, use: Use) -> Iterator[str]:
    """Yield the frontier as a table: per point the attack, the likeness and the loss, with intervals."""
    limits = {target.score: target.limit for target in default_targets(use) if not target.above_floor}
    carried = f" (carried on from {found.made:,} made)" if found.made < found.rows else ""
    yield (
        f"{found.rows:,} rows released{carried}, learned from {found.learned:,}; {found.members:,} members attacked "
        f"against {found.others:,} others"
    )
    yield f"  {'setting':<20} {'attack AUC':<20} {'found at 1 %':<20} {'C2ST AUC':<20} {'TSTR loss %':<20} {'s':>6}"
    for point in found.points:
        share = point.found and Estimate(*(100 * end for end in point.found))
        cells = [_cell(point.leak, 3), _cell(share, 1), _cell(point.likeness, 3), _cell(point.loss, 1)]
        over = beyond(point, limits)
        said = f"beyond the limits: {', '.join(over)}" if over else f"within the limits ({USE_TITLES[use].lower()})"
        row = " ".join(f"{cell:<20}" for cell in cells)
        yield f"  {point.candidate.label:<20} {row} {point.seconds:>6.1f}  {said}"


def _cell(found: Estimate | None, digits: int) -> str:
    if found is None:
        return "-"
    value, low, high = (f"{end:.{digits}f}" for end in found)
    return f"{value} ({low} - {high})"
