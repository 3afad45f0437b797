"""Groups of people in the report: worst first, drawn and as a table."""

from __future__ import annotations

from synth_core.figures import share
from synth_core.figures.columns import share_bars
from synth_core.figures.subgroups import alt_subgroups, subgroup_figure, subgroups
from synth_core.report.pieces import Charts, paragraph, span, table, text, with_unit
from synth_core.scorecard import Scorecard

LEGEND_BARS = (
    '<p class="muted"><span class="mark real"></span>real&emsp;<span class="mark synthetic"></span>synthetic</p>'
)


def groups(card: Scorecard, charts: Charts) -> str:
    """Return the groups of people, worst first, as a picture and a table; "" where there are none."""
    found = subgroups(card.fidelity, card.utility)
    if not found:
        return ""
    used = any(one.use is not None for one in found)
    heads = [
        ("Group", False), ("", False), ("Real", True), ("Synthetic", True), ("Share", True), ("Error", True),
        ("Real rows", True), *([("Loss", True)] if used else []),
    ]  # fmt: skip
    top = max((max(g.likeness.share_real, g.likeness.share_synthetic) for g in found if g.likeness), default=0.0)
    rows = []
    for one in found:
        alike, use = one.likeness, one.use
        note = (alike.note if alike else "") or (use.note if use else "")
        cells = [
            text(one.title) + (f"<small>{text(note)}</small>" if note else ""),
            share_bars(alike.share_real, alike.share_synthetic, top) if alike else "",
            f"{alike.rows_train:,}" if alike else "–",
            f"{alike.rows_synthetic:,}" if alike else "–",
            f"{share(alike.share_real)}<br><small>{share(alike.share_synthetic)}</small>" if alike else "–",
            _with_interval(alike.shape, alike.shape_low, alike.shape_high) if alike else "–",
            with_unit(alike.shape_floor, "%") if alike else "–",
        ]
        rows.append(
            [*cells, *([_with_interval(use.loss, use.loss_low, use.loss_high) if use else "–"] if used else [])]
        )
    return "\n".join(
        [
            "<h2>Is every group of people served?</h2>",
            paragraph(
                "Groups are the values of sensitive columns and of the target, the least alike first. The error is the "
                "mean over the other columns against held-out rows of the group, beside the same for real rows. The "
                "loss is what boosted trees lose for the group by learning from synthetic rows. Intervals allow for "
                "the number of groups; a group under 50 rows gets no claim."
            ),
            charts.add(subgroup_figure(found), alt_subgroups(found)),
            LEGEND_BARS,
            table(heads, rows),
        ]
    )


def _with_interval(value: float | None, low: float | None, high: float | None) -> str:
    return with_unit(value, "%") + ("" if value is None else f"<br><small>{span(low, high)}</small>")
