"""Pictures of rules on several cells or rows: two-way tables, patterns of missing cells, sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.figures.axes import bar_height, label_axis, value_axis
from synth_core.figures.style import PALETTES, Mode, faint, new_figure, nothing, safe, share, short
from synth_core.table import numbers

if TYPE_CHECKING:
    import plotly.graph_objects as go

Mask = npt.NDArray[np.bool_]
PATTERNS = 10
ENTITIES = 12
STEPS = 400  # rows of one sequence


def two_way_figure(
    given: Mask, kept: Mask, broken: Mask, words: tuple[str, str], mode: Mode = "light", *, revision: str = "two-way"
) -> go.Figure:
    """Return the two-way table of "if given, then kept"; the cell that must be empty is crossed when it is not.

    ``words``: what ``given`` and ``kept`` say.
    """
    import plotly.graph_objects as go

    palette = PALETTES[mode]
    names = [["If", "Then"], ["If", "Then not"], ["If not", "Then"], ["If not", "Then not"]]
    masks = [given & kept, given & ~kept, ~given & kept, ~given & ~kept]
    counts = [int(mask.sum()) for mask in masks]
    total = max(len(given), 1)
    figure = new_figure(mode, revision, height=260, margin={"t": 8}, showlegend=False)
    figure.add_trace(
        go.Heatmap(
            z=[counts[:2], counts[2:]],
            colorscale=[[0, palette.diverging[2][1]], [1, palette.diverging[1][1]]],
            zmin=0,
            showscale=False,
            xgap=4,
            ygap=4,
            hoverinfo="skip",
        )
    )
    figure.add_scatter(
        x=[0, 1, 0, 1],
        y=[0, 0, 1, 1],
        mode="markers",
        marker={"size": 40, "opacity": 0},
        customdata=[[*name, f"{n:,}", share(n / total)] for name, n in zip(names, counts, strict=True)],
        hovertemplate="%{customdata[0]}, %{customdata[1]}<br>%{customdata[2]} rows, %{customdata[3]}<extra></extra>",
    )
    texts = [f"<b>{n:,}</b><br>{share(n / total)}" for n in counts]
    wrong = int(broken.sum())
    texts[1] = f"<b>✕ {wrong:,} broken</b><br>{share(wrong / total)}" if wrong else "<b>✓ 0</b><br>as it must be"
    for i, text in enumerate(texts):
        colour = palette.text if i != 1 else (palette.stop if wrong else palette.good)
        figure.add_annotation(text=text, x=i % 2, y=i // 2, font={"size": 14, "color": colour})
    if wrong:
        figure.add_shape(
            type="rect", x0=0.5, x1=1.5, y0=-0.5, y1=0.5, line={"color": palette.stop, "width": 2, "dash": "dashdot"}
        )
    when, then = (short(text, 40) for text in words)
    figure.update_xaxes(tickvals=[0, 1], ticktext=[then, "not so"], showgrid=False, side="top", zeroline=False)
    label_axis(figure, ["", ""])
    figure.update_yaxes(ticktext=[when, "not so"])
    figure.update_layout(dragmode=False)
    return figure


def missing_patterns_figure(empty: pd.DataFrame, broken: Mask, mode: Mode = "light") -> go.Figure:
    """Return which cells are missing together: one line per pattern with its rows, broken ones marked.

    ``empty``: True where a cell is missing, one column per column of the rule. The ten most frequent patterns of the
    broken and of the other rows are drawn, broken ones first.
    """
    palette, columns = PALETTES[mode], list(empty.columns)
    if not len(empty):
        return nothing(mode, "There are no rows.")
    patterns = (
        empty.assign(_broken=broken).groupby([*columns, "_broken"], sort=False).size().rename("_rows").reset_index()
    )
    patterns = patterns.sort_values(["_broken", "_rows"], ascending=False).head(PATTERNS).reset_index(drop=True)
    rows = patterns["_rows"].tolist()
    figure = new_figure(mode, f"patterns:{','.join(columns)}", height=bar_height(len(patterns), 34) + 40)
    for title, wanted, marker in (
        ("Filled", False, {"symbol": "square", "color": palette.real, "size": 16}),
        (
            "Missing",
            True,
            {
                "symbol": "square-open",
                "color": palette.muted,
                "size": 15,
                "line": {"width": 1.5, "color": palette.muted},
            },
        ),
    ):
        where = [(r, c) for r in patterns.index for c in range(len(columns)) if bool(patterns.iat[r, c]) == wanted]
        if where:
            figure.add_scatter(
                name=title,
                x=[c for _, c in where],
                y=[r for r, _ in where],
                mode="markers",
                marker=marker,
                customdata=[[safe(columns[c]), rows[r]] for r, c in where],
                hovertemplate=f"%{{customdata[0]}}: {title.lower()}<br>%{{customdata[1]:,}} rows<extra></extra>",
            )
    total = max(len(empty), 1)
    for r in patterns.index:
        wrong = bool(patterns.at[r, "_broken"])
        figure.add_annotation(
            x=len(columns) - 0.4,
            y=r,
            xanchor="left",
            text=f"{'<b>✕ ' if wrong else ''}{rows[r]:,} rows{'</b>' if wrong else ''} · {share(rows[r] / total)}",
            font={"color": palette.stop if wrong else palette.text, "size": 13},
        )
    label_axis(figure, [""] * len(patterns))
    figure.update_yaxes(showticklabels=False, fixedrange=True)
    figure.update_xaxes(
        tickvals=list(range(len(columns))),
        ticktext=[short(name, 18) for name in columns],
        range=[-0.6, len(columns) + max(0.9, 0.35 * len(columns))],
        side="bottom",
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_layout(dragmode=False)
    return figure


def sequence_figure(
    values: pd.Series,
    order: pd.Series | None,
    entity: pd.Series | None,
    broken: Mask,
    mode: Mode = "light",
) -> go.Figure:
    """Return a number or a date along the order, one line per entity; broken steps are crosses.

    Twelve entities are drawn, those with a broken row first, and of a table without entities 400 rows around the first
    broken one. Entities are not named.
    """
    palette = PALETTES[mode]
    frame = pd.DataFrame({"value": numbers(values), "broken": broken})
    frame["at"] = numbers(order) if order is not None else np.arange(len(frame), dtype=np.float64)
    frame["entity"] = pd.factorize(entity)[0] if entity is not None else 0
    frame = frame[np.isfinite(frame["value"]) & np.isfinite(frame["at"]) & (frame["entity"] >= 0)]
    if frame.empty:
        return nothing(mode, "No row has all the cells that the rule reads.")
    long = frame.groupby("entity", sort=False).agg(broken=("broken", "any"), rows=("value", "size"))
    long = long[long["rows"] > 1].sort_values(["broken", "rows"], ascending=False, kind="stable")
    frame = frame[frame["entity"].isin(long.index[:ENTITIES])].sort_values(["entity", "at"], kind="stable")
    scale = [1000 if pd.api.types.is_datetime64_any_dtype(s) else 1 for s in (order, values) if s is not None]
    across, up = (scale[0] if order is not None else 1), scale[-1]
    figure = new_figure(mode, f"sequence:{values.name}", height=340)
    wrong_x: list[float] = []
    wrong_y: list[float] = []
    lines = list(frame.groupby("entity", sort=False))
    colour = palette.real if len(lines) == 1 else faint(palette.real, 0.55)
    for place, (_, rows) in enumerate(lines):
        start = max(int(np.argmax(rows["broken"].to_numpy())) - STEPS // 2, 0)
        rows = rows.iloc[start : start + STEPS]
        x, y = (rows["at"] * across).tolist(), (rows["value"] * up).tolist()
        figure.add_scatter(
            name="Sequences" if len(lines) > 1 else "Rows in their order",
            legendgroup="kept",
            showlegend=place == 0,
            x=x,
            y=y,
            mode="lines+markers",
            line={"color": colour, "width": 1.5},
            marker={"size": 4, "color": colour},
            hovertemplate="%{x}<br>%{y}<extra></extra>",
        )
        wrong_x += [at for at, bad in zip(x, rows["broken"], strict=True) if bad]
        wrong_y += [value for value, bad in zip(y, rows["broken"], strict=True) if bad]
    if wrong_x:
        figure.add_scatter(
            name="Breaks it",
            x=wrong_x,
            y=wrong_y,
            mode="markers",
            marker={"symbol": "x-thin", "size": 10, "line": {"width": 2.5, "color": palette.stop}},
            hovertemplate="%{x}<br>%{y}<extra>breaks it</extra>",
        )
    ends = [float(frame["at"].min()), float(frame["at"].max())]
    figure.update_xaxes(
        title_text=short(order.name, 40) if order is not None else "Row", **value_axis(ends, across == 1000)
    )
    tall = [float(frame["value"].min()), float(frame["value"].max())]
    figure.update_yaxes(title_text=short(values.name, 40), **value_axis(tall, up == 1000) | {"showgrid": True})
    figure.update_layout(dragmode=False)
    return figure
