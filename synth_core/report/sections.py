"""The parts of the report after its first page: fidelity, utility, privacy, validity, method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from synth_core.constraints.base import Constraint
from synth_core.figures import (
    alt_forest,
    alt_giveaways,
    alt_nearest,
    alt_overlay,
    alt_pair,
    alt_precision_recall,
    alt_roc,
    alt_triplet,
    alt_utility,
    amount,
    forest,
    giveaway_bars,
    nearest_curves,
    overlay,
    pair_view,
    precision_recall,
    roc,
    share,
    spark_svg,
    triplet,
    utility_bars,
)
from synth_core.ledger import Entry, released_rows
from synth_core.recipe import Recipe
from synth_core.report.pieces import HALF, Charts, interval, paragraph, span, table, text, with_unit
from synth_core.scorecard import Scorecard
from synth_core.scores import shadow_words
from synth_core.scores.added import added_words
from synth_core.scores.results import ColumnLikeness, ModelResult, Validity, price_words
from synth_core.scores.score import Score

if TYPE_CHECKING:
    import plotly.graph_objects as go

LEGEND = (
    '<p class="muted"><span class="mark real"></span>real&emsp;<span class="mark synthetic"></span>synthetic'
    '&emsp;<span class="mark holdout"></span>held-out real rows, in the large pictures</p>'
)
COLUMNS_SHOWN, OVERLAYS, PAIRS_SHOWN, SPARK_BINS = 40, 6, 2, 20


def worst_first(columns: Sequence[ColumnLikeness]) -> list[ColumnLikeness]:
    """Return columns by error, the largest first; those without an error last."""
    return sorted(columns, key=lambda column: -1.0 if column.error is None else column.error, reverse=True)


def score_table(scores: Sequence[Score]) -> str:
    """Return every score of a dimension with its interval, floor and baseline."""
    heads = [("Question", False), ("Value", True), ("Interval", True), ("Real rows", True), ("Independent", True)]
    return table(
        heads,
        [
            (
                text(score.question) + (f"<small>{text(score.note)}</small>" if score.note else ""),
                with_unit(score.value, score.unit),
                text(interval(score) or "–"),
                with_unit(score.reference, score.unit),
                with_unit(score.baseline, score.unit),
            )
            for score in scores
        ],
    )


def fidelity(card: Scorecard, charts: Charts) -> str:
    """Return likeness: scores, the columns worst first, overlays of the worst, pairs, giveaways."""
    found = card.fidelity
    columns = worst_first(found.columns)
    parts = [
        "<h2>Is it like the real table?</h2>",
        paragraph(
            "Every score stands beside the same score for real rows that nobody trained on, the best that can be "
            "reached, and for a table of independent columns, which is easy to reach."
        ),
        score_table(found.scores),
        "<h3>Columns, the worst first</h3>",
        LEGEND,
        _column_table(columns[:COLUMNS_SHOWN]),
    ]
    if len(columns) > COLUMNS_SHOWN:
        parts.append(paragraph(f"{len(columns) - COLUMNS_SHOWN} more columns have smaller errors.", "muted"))
    drawn = [column for column in columns if column.error is not None and any(column.real)][:OVERLAYS]
    if drawn:
        parts.append(f"<h3>The {len(drawn)} least alike</h3>" if len(drawn) > 1 else "<h3>The least alike</h3>")
        parts.append(LEGEND)
        boxes = (
            f"<div><h3>{text(column.name)}</h3>{charts.add(_small(column), alt_overlay(column), width=HALF)}</div>"
            for column in drawn
        )
        parts.append(f'<div class="pair">{"".join(boxes)}</div>')
    if found.associations is not None and len(found.associations.names) > 1:
        parts += [
            "<h3>What goes together</h3>",
            charts.add(triplet(found.associations), alt_triplet(found.associations)),
        ]
    for pair in sorted(found.pairs, key=lambda pair: -pair.error)[:PAIRS_SHOWN]:
        parts += [f"<h3>{text(pair.x)} and {text(pair.y)}</h3>", charts.add(pair_view(pair), alt_pair(pair))]
    if found.giveaways:
        parts += ["<h3>What gives synthetic rows away</h3>", charts.add(giveaway_bars(found), alt_giveaways(found))]
    return "\n".join(parts)


def _small(column: ColumnLikeness) -> go.Figure:
    """Return the overlay for half the width: fewer categories, a lower histogram, no legend (one stands above all)."""
    figure = overlay(column, top=8)
    figure.update_layout(showlegend=False, margin={"t": 8}, yaxis_title_text=None)
    figure.update_xaxes(title_text=None, nticks=5)
    return figure.update_layout(height=figure.layout.height - 30 if column.labels else 220)


def _column_table(columns: Sequence[ColumnLikeness]) -> str:
    heads = [("Column", False), ("Distribution", False), ("Error", True), ("Interval", True), ("Real rows", True)]
    return table(
        heads,
        [
            (
                f"{text(column.name)}<small>{text(_remark(column))}</small>",
                spark_svg(_grouped(column.real), _grouped(column.synthetic)),
                with_unit(column.error, "%"),
                span(column.low, column.high),
                with_unit(column.reference, "%"),
            )
            for column in columns
        ],
    )


def _remark(column: ColumnLikeness) -> str:
    pieces = [column.kind]
    if column.missing_real or column.missing_synthetic:
        pieces.append(f"empty {share(column.missing_real)}, {share(column.missing_synthetic)} synthetic")
    if column.rare_lost:
        pieces.append(f"{column.rare_lost:,} rare values left out")
    if column.invented:
        pieces.append(f"{column.invented:,} values invented")
    if column.note:
        pieces.append(column.note)
    return ", ".join(pieces)


def _grouped(shares: Sequence[float]) -> list[float]:
    """Return at most 20 bars, neighbours added together."""
    step = -(-len(shares) // SPARK_BINS) or 1
    return [sum(shares[i : i + step]) for i in range(0, len(shares), step)]


def main_model(card: Scorecard) -> ModelResult | None:
    """Return the model that the loss on the card is about: the nearest in loss, the best one in doubt."""
    models = card.utility.models
    if not models:
        return None
    score = card.scores.get("tstr_loss")
    if score is None or score.value is None:
        return max(models, key=lambda model: model.trtr)
    value = score.value
    return min(models, key=lambda model: (round(abs(model.loss - value), 6), -model.trtr))


def utility(card: Scorecard, charts: Charts) -> str:
    """Return how models fare that were trained on synthetic and on real rows."""
    found = card.utility
    if found.added is not None:
        title = "<h2>Do these rows help a model beside the real ones?</h2>"
        return "\n".join([title, paragraph(added_words(found.added)), score_table(found.scores[:1])])
    parts = ["<h2>Does a model trained on it work?</h2>"]
    if not found.models:
        note = next((score.note for score in found.scores if score.note), "No target column was set.")
        return "\n".join([*parts, paragraph(note), score_table(found.scores) if found.scores else ""])
    parts += [
        paragraph(
            f"Models that predict '{found.target}' were trained twice, on the synthetic and on the real rows, and "
            "tested on the same real rows, which neither had seen."
        ),
        score_table(found.scores),
        charts.add(utility_bars(found), alt_utility(found)),
        table(
            [("Model", False), ("Measure", False), ("Synthetic", True), ("Real", True), ("Loss", True), ("", True)],
            [
                (
                    text(model.model),
                    text(model.metric),
                    f"{model.tstr:.3f}",
                    f"{model.trtr:.3f}",
                    with_unit(model.loss, "%"),
                    span(model.loss_low, model.loss_high),
                )
                for model in found.models
            ],
        ),
    ]
    curve = next((model for model in found.models if model.roc_tstr and model.roc_trtr), None)
    if curve is not None:
        parts += [f"<h3>ROC, {text(curve.model)}</h3>", charts.add(roc(curve), alt_roc(curve))]
    rare = next((model for model in found.models if model.rare is not None and model.rare.curve_tstr), None)
    if rare is not None:
        title = f"<h3>Precision and recall, {text(rare.model)}</h3>"
        parts += [title, charts.add(precision_recall(rare), alt_precision_recall(rare))]
    return "\n".join(parts)


def privacy(card: Scorecard, charts: Charts) -> str:
    """Return attacks first, distances second, and what such numbers can and cannot say."""
    found = card.privacy
    parts = [
        "<h2>Can a real person be found?</h2>",
        '<div class="aside">',
        paragraph(
            "What these numbers can say: how far known attacks get on this very table, beside the same attacks on "
            "people who were never in the training rows. No gain over that control means: this attack learns nothing "
            "about a person from their having taken part."
        ),
        paragraph(
            "What they cannot say: that no attack exists. They are measurements, not a proof and not differential "
            "privacy; an attacker who knows more may do better, and every further release from the same rows adds up. "
            "Distances are a check for copying only: tables that pass it can still leak."
        ),
        "</div>",
        score_table(found.scores),
    ]
    if found.attacks:
        parts += ["<h3>Attacks beside their controls</h3>", charts.add(forest(found), alt_forest(found))]
        skipped = [attack for attack in found.attacks if attack.value is None]
        parts += [paragraph(f"{attack.title}: not enough data. {attack.note}", "muted") for attack in skipped]
    if found.audit is not None:
        parts += ["<h3>Shadow audit</h3>", paragraph(shadow_words.done(found.audit))]
        parts += [paragraph(" ".join(shadow_words.found(found.audit)))]
        parts += [paragraph(" ".join(shadow_words.limits(found.audit)), "muted")]
    if found.curves:
        parts += [
            "<h3>Copying check: distance to the nearest row</h3>",
            charts.add(nearest_curves(found), alt_nearest(found)),
            paragraph(
                "Synthetic rows should be as far from the training rows as from the held-out rows, which they never "
                "saw. A curve to the training rows that runs above the other is a sign of copying.",
                "muted",
            ),
        ]
    return "\n".join(parts)


def earlier_releases(entries: Sequence[Entry], rows: int) -> str:
    """Return the releases from the same real rows before this one, and what they come to with it; "" without any."""
    if not entries:
        return ""
    heads = [("Released", False), ("Engine", False), ("Rows", True), ("Seed", True), ("Hash of the rows", False)]
    lines = [
        (f"{one.when:%Y-%m-%d %H:%M}", text(one.method), f"{one.rows:,}", str(one.seed), text(one.sha256[:16]))
        for one in entries
    ]
    total = released_rows(entries)
    return "\n".join(
        [
            "<h3>Earlier releases from the same real rows</h3>",
            paragraph(
                f"{total:,} rows were released before; with this table it makes {total + rows:,}. The attacks above "
                "had this table only: somebody who holds the others too can do better."
            ),
            table(heads, lines),
        ]
    )


def validity(card: Scorecard) -> str:
    """Return each rule with the share of rows that keep it: real, as generated, and as released."""
    found = card.validity
    parts = ["<h2>Does every row make sense?</h2>", score_table(found.scores) if found.scores else ""]
    if not found.rules:
        return "\n".join([*parts, paragraph("No rules were set.", "muted")])
    ways = {
        "transform": "by construction",
        "condition": "in the draw",
        "repair": "repaired",
        "reject": "drawn again",
        "check_only": "checked only",
    }
    heads = [
        ("Rule", False),
        ("Real", True),
        ("As generated", True),
        ("Released", True),
        ("Broken", True),
        ("Kept", False),
    ]
    if found.price is not None:
        heads += [("Shape, points", True), ("C2ST", True)]
    rows = [
        (
            text(rule.sentence) + ("" if rule.hard else "<small>soft</small>"),
            _kept(rule.real),
            "–" if rule.raw is None else _kept(rule.raw),
            _kept(rule.final),
            f"{rule.broken:,}",
            text(ways.get(rule.how, rule.how)) + (f"<small> {count:,} rows</small>" if count else ""),
            *_price_cells(found, rule.id),
        )
        for rule in found.rules
        for count in (rule.repaired or rule.rejected,)
    ]
    said = [paragraph("Rows that keep each rule."), table(heads, rows)]
    if found.price is not None:
        said.append(paragraph(price_words(found.price), "muted"))
    return "\n".join([*parts, *said])


def _price_cells(found: Validity, rule: str) -> tuple[str, ...]:
    """Return what a rule costs in shape and in C2ST; nothing when it was not measured."""
    if found.price is None:
        return ()
    cost = found.price.rules.get(rule)
    if cost is None:
        return ("–", "–")
    return f"{cost.shape - cost.shape_without:+.2f}", f"{cost.c2st - cost.c2st_without:+.3f}"


def _kept(part: float) -> str:
    """Return a share that says 100 % only when no row breaks the rule."""
    value = 100 * part
    shown = f"{value:.0f} %" if value in (0, 100) else f"{min(value, 99.99):.2f} %"
    return shown.replace(" ", "&nbsp;")


def method(card: Scorecard, recipe: Recipe | None, rules: Sequence[Constraint]) -> str:
    """Return how the table was made, its recipe, its limits."""
    facts = [
        ("Engine", card.method or "not known"),
        ("Real rows learned from", f"{card.rows_train:,}"),
        ("Real rows held out for judging", f"{card.rows_holdout:,}"),
        ("Synthetic rows", f"{card.rows_synthetic:,}"),
        ("Seed of the judgement", str(card.seed)),
        ("Judged in", f"{amount(card.seconds)} s"),
    ]
    parts = ["<h2>How it was made and judged</h2>", facts_list(facts)]
    parts.append(
        paragraph(
            "The real rows were split before anything was learned; exact duplicates and rows about one person stay on "
            "one side. Names, contact data and identifiers are never learned: they are made up anew. Categories of "
            "fewer than five rows and the outermost values are kept out of a protected column."
        )
    )
    if rules:
        items = "".join(f"<li>{text(rule.sentence())}</li>" for rule in rules)
        parts.append(f'<h3>Rules</h3><ol class="rules">{items}</ol>')
    if recipe is not None:
        parts.append(f"<h3>Recipe</h3><pre>{text(recipe.model_dump_json(indent=2))}</pre>")
    parts += ['<h2 class="flow">Limits</h2>', *(paragraph(sentence) for sentence in limits(card))]
    return "\n".join(part for part in parts if part)


def facts_list(facts: Sequence[tuple[str, str]]) -> str:
    """Return names and values in two columns."""
    return (
        '<dl class="meta">' + "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in facts) + "</dl>"
    )


def limits(card: Scorecard) -> list[str]:
    """Return what a reader must not take the table for."""
    found = [
        "Synthetic rows are not people. A rare combination in them is not evidence that anybody like that exists, and "
        "what is rare in the real rows is the least well learned.",
        "Likeness is judged on columns, pairs and models; a relation that nobody measured may be lost.",
    ]
    if card.rows_synthetic > 1.5 * card.rows_train:
        found.append(
            f"{card.rows_synthetic:,} rows were made from {card.rows_train:,} and carry the information of about "
            f"{card.rows_train:,}: intervals and p-values computed on them as if they were independent people are too "
            "narrow."
        )
    if card.rows_holdout < 500:
        found.append(f"Only {card.rows_holdout:,} real rows were held out, so the intervals are wide.")
    return found + list(card.notes)
