"""Beyond single columns: pairs, all columns together, use by a model, and the rules."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from pages.ui import cache, compare_rule, joint_panel, parts, run_words, state, theme
from pages.ui.beside import Side
from pages.ui.halves import halves
from synth_core.profile.words import counted
from synth_core.project import Project
from synth_core.run import Run
from synth_core.scores.added import added_words
from synth_core.scores.results import Associations, PairView, RuleAdherence, Validity, price_words

FAINT = 0.55
PRICE = "with all rules less without any"
HOW = {
    "transform": "construction",
    "condition": "the draw",
    "repair": "repair",
    "reject": "redrawing",
    "check_only": "only checked",
    "auto": "making anew",
}


def pairs(project: Project, both: list[Side], runs: dict[str, Run]) -> None:
    """Draw the triplet of associations, the pairs worst first, and any columns together; for A and for B."""
    from synth_core.figures import alt_triplet, triplet

    found = [(side, side.card.fidelity.associations) for side in both]
    known = [(side, matrices) for side, matrices in found if matrices is not None and len(matrices.names) > 1]
    if not known:
        st.markdown(":gray[Fewer than two columns were compared, so there are no pairs.]")
        return
    st.caption(
        "How strongly each column goes with each other one: real, synthetic, and the difference. Click a cell to see "
        "the two columns below."
    )
    for side, matrices in known:
        if len(both) > 1:
            st.markdown(f"**{side.letter}** :gray[{theme.plain(side.label)}]")
        finding = alt_triplet(matrices)
        figure = triplet(matrices, mode=state.mode(), clickable=True)
        key = f"compare.triplet{side.suffix}"
        parts.chart(figure, alt=finding, key=key, on_select=partial(_clicked, key, matrices), selection_mode="points")
        st.caption(theme.plain(finding))
    views = {side.letter: {(v.x, v.y): v for v in side.card.fidelity.pairs} for side in both}
    every = {pair for side in views.values() for pair in side}
    ranked = sorted(every, key=lambda pair: (-max(v[pair].error for v in views.values() if pair in v), pair))
    if ranked:
        _worst_first(both, views, ranked)
    joint_panel.panel(project, both, runs, ranked[0] if ranked else None)


def _clicked(key: str, matrices: Associations) -> None:
    """Look at the pair whose cell was clicked; with so many columns that some are left out, no cell can be."""
    points = state.points(key)
    if points:
        x, y = (matrices.names[int(points[0][axis])] for axis in ("x", "y"))
        joint_panel.choose(x, y, clicked=True)


def _picked(ranked: list[tuple[str, str]]) -> None:
    """Look at the pair that was chosen in the list."""
    rows = state.get("compare.pairs", {"selection": {"rows": []}})["selection"]["rows"]
    if rows and rows[0] < len(ranked):
        joint_panel.choose(*ranked[rows[0]])


def _worst_first(
    both: list[Side], views: dict[str, dict[tuple[str, str], PairView]], ranked: list[tuple[str, str]]
) -> None:
    """Draw the pairs that were kept, worst first, beside the chosen one; cells of two categories can become rules."""
    from synth_core.figures import alt_pair, pair_view

    left, right = halves()
    with left:
        st.markdown("**Pairs, worst first**")
        errors = {
            "Error" if len(both) == 1 else f"Error {letter}": [v[pair].error if pair in v else None for pair in ranked]
            for letter, v in views.items()
        }
        number = st.column_config.NumberColumn(format="%.1f %%", width=64)
        picked = st.dataframe(
            pd.DataFrame({"Pair": [f"{x} × {y}" for x, y in ranked]} | errors),
            key="compare.pairs",
            hide_index=True,
            on_select=partial(_picked, ranked),
            selection_mode="single-row-required",
            height=run_words.table_height(len(ranked), 388),
            column_config={"Pair": st.column_config.TextColumn(width=210)} | dict.fromkeys(errors, number),
            alt="Pairs of columns with their error, worst first.",
        )
        rows = picked["selection"]["rows"] or [0]
        pair = ranked[min(rows[0], len(ranked) - 1)]
    with right:
        for side in both:
            if len(both) > 1:
                st.markdown(f"**{side.letter}**")
            view = views[side.letter].get(pair)
            if view is None:
                st.markdown(":gray[Not among the pairs that this run kept: its worst ones are kept.]")
                continue
            project = state.project()
            table = None if project is None or side.suffix else cache.table(project)
            if table is None or not compare_rule.is_pair(table, view.x, view.y):
                parts.chart(pair_view(view, mode=state.mode()), alt=alt_pair(view), key=f"compare.pair{side.suffix}")
                continue
            figure = pair_view(view, mode=state.mode(), marks=True)
            key = f"compare.pair_{view.x}_{view.y}"
            parts.chart(figure, alt=alt_pair(view), key=key, on_select="rerun", selection_mode=("box", "points"))
            hint = "Drag over cells, or click one, to make it a rule that they never occur."
            compare_rule.offer(compare_rule.cells(table, view.x, view.y, key), hint, key="compare.make_pair_rule")


def together(side: Side) -> None:
    """Draw how well a model tells synthetic rows from real ones, and by which columns."""
    from synth_core.figures import alt_giveaways, giveaway_bars

    card = side.card
    score = card.scores.get("c2st")
    if score is None or score.value is None:
        st.info(run_words.lacking(score.note if score else ""), icon=":material/help:")
        return
    span = f" (95 % interval {run_words.interval(score)})" if score.low is not None else ""
    st.markdown(
        f"A model of boosted trees is asked to tell synthetic rows from real ones, looking at all columns at once. "
        f"It reaches **{score.value:.3f}**{span}: 0.5 is guessing, 1 is telling every row. ",
        width=theme.TEXT_WIDTH,
    )
    if not card.fidelity.giveaways:
        return
    if score.high is not None and score.high < FAINT:
        st.caption("That is close to guessing: the columns below hardly give anything away.")
    best = card.fidelity.giveaways[0]
    st.markdown(
        f"**What gives them away.** :gray[Most of all: {theme.plain(best.name)}. Look at it under Columns and Pairs.]"
    )
    parts.chart(
        giveaway_bars(card.fidelity, mode=state.mode()),
        alt=alt_giveaways(card.fidelity),
        key=f"compare.giveaways{side.suffix}",
    )


def use(side: Side) -> None:
    """Draw models trained on synthetic rows beside models trained on real ones, both tested on held-out real rows."""
    from synth_core.figures import alt_utility, utility_bars

    utility = side.card.utility
    if utility.target is None:
        parts.empty_state(
            ":material/target:",
            "No target is set, so there is nothing to train a model for. Give one column the role “target”.",
            "Go to Upload",
            "upload",
            key=f"compare.no_target{side.suffix}",
        )
        return
    if utility.added is not None:
        st.markdown(
            f"These rows are all of one class, so no model can be trained on them alone. "
            f"{theme.plain(added_words(utility.added))}",
            width=theme.TEXT_WIDTH,
        )
        _added(side)
        return
    if not utility.models:
        note = next((score.note for score in utility.scores if score.note), "")
        st.info(run_words.lacking(note), icon=":material/help:")
        return
    st.markdown(
        f"Models learn to predict **{theme.plain(utility.target)}**: once from synthetic rows, once from real ones. "
        "Both are tested on the same real rows that were held out.",
        width=theme.TEXT_WIDTH,
    )
    parts.chart(utility_bars(utility, mode=state.mode()), alt=alt_utility(utility), key=f"compare.utility{side.suffix}")
    _models(side)
    _curves(side)


def _added(side: Side) -> None:
    """Draw the figures of a model trained on real rows, and on real and made ones."""
    found = side.card.utility.added
    assert found is not None
    st.dataframe(
        pd.DataFrame(
            {
                "Trained on": ["Real rows", "Real and made rows", "Difference"],
                "Rows": [theme.count(found.real_rows), theme.count(found.real_rows + found.added_rows), ""],
                "PR-AUC": [f"{found.pr_real:.3f}", f"{found.pr_both:.3f}", _span(found.pr_gain)],
                "AUC": [f"{found.auc_real:.3f}", f"{found.auc_both:.3f}", _span(found.auc_gain)],
            }
        ),
        hide_index=True,
        key=f"compare.added{side.suffix}",
        column_config={
            "PR-AUC": st.column_config.TextColumn(
                help="Area under the precision-recall curve: 1 finds all of the class "
                "without a false alarm, guessing gets the share of the class."
            ),
            "AUC": st.column_config.TextColumn(
                help="How often a row of the class is ranked above another one: 0.5 is guessing, 1 is always."
            ),
        },
        alt=added_words(found),
    )
    st.caption("Boosted trees, one split. The Augmentation lab repeats this over folds, beside the usual remedies.")


def _span(gain: tuple[float, float, float]) -> str:
    value, low, high = (f"{end:+.3f}" for end in gain)
    return f"{value} ({low} to {high})"


def _curves(side: Side) -> None:
    """Draw the ROC curve of every model beside its precision-recall curve for the rare class."""
    from synth_core.figures import alt_precision_recall, alt_roc, precision_recall, roc

    known = [model for model in side.card.utility.models if model.roc_tstr or model.rare]
    if not known:
        return
    rare = next((model.rare for model in known if model.rare), None)
    label = "ROC and precision-recall curves" if rare else "ROC curves"
    with st.expander(label, key=f"compare.roc_box{side.suffix}", on_change="rerun") as box:
        if not box.open:
            return
        if rare:
            st.caption(
                f"Precision and recall are those of finding “{theme.plain(rare.label)}”, {theme.share(rare.share)} of "
                "the held-out rows: of a rare class an ROC curve says little about how many of those named are right."
            )
        for place, model in enumerate(known):
            st.markdown(f"**{theme.plain(model.model)}**")
            with st.grid(min_column_width=330, gap="small"):
                if model.roc_tstr:
                    key = f"compare.roc_{place}{side.suffix}"
                    parts.chart(roc(model, mode=state.mode()), alt=alt_roc(model), key=key)
                if model.rare:
                    key = f"compare.precision_{place}{side.suffix}"
                    parts.chart(precision_recall(model, mode=state.mode()), alt=alt_precision_recall(model), key=key)


def _models(side: Side) -> None:
    utility = side.card.utility
    frame = pd.DataFrame(
        {
            "Model": [model.model for model in utility.models],
            "Measure": [model.metric for model in utility.models],
            "From synthetic": [model.tstr for model in utility.models],
            "From real": [model.trtr for model in utility.models],
            "Loss": [model.loss for model in utility.models],
            "Interval of the loss": [f"{model.loss_low:.1f} to {model.loss_high:.1f} %" for model in utility.models],
        }
    )
    config = st.column_config
    st.dataframe(
        frame,
        hide_index=True,
        key=f"compare.models{side.suffix}",
        column_config={
            "From synthetic": config.NumberColumn(format="%.3f", help="Trained on synthetic, tested on real (TSTR)."),
            "From real": config.NumberColumn(format="%.3f", help="Trained on real, tested on real (TRTR)."),
            "Loss": config.NumberColumn(format="%.1f %%", help="(TRTR - TSTR) / TRTR."),
        },
        alt="The same models as a table.",
    )


def rules(side: Side) -> None:
    """Draw, per rule, who keeps it: real rows, raw synthetic rows, the release."""
    validity = side.card.validity
    if not validity.rules:
        parts.empty_state(
            ":material/rule:",
            "This run had no rules. Rules found in your data are one click away.",
            "Go to Constraints",
            "constraints",
            key=f"compare.no_rules{side.suffix}",
        )
        return
    config = st.column_config
    ordered = sorted(validity.rules, key=lambda rule: (rule.final, rule.raw if rule.raw is not None else 1.0))
    st.dataframe(
        pd.DataFrame(
            {
                "Holds": ["✓" if not rule.broken else f"{theme.count(rule.broken)} broken" for rule in ordered],
                "Rule": [rule.sentence if rule.hard else f"{rule.sentence} (soft)" for rule in ordered],
                "Kept by": [HOW.get(rule.how, rule.how) for rule in ordered],
                "Real rows": [100 * rule.real for rule in ordered],
                "Before": ["–" if rule.raw is None else f"{100 * rule.raw:.2f} %" for rule in ordered],
                "Release": [100 * rule.final for rule in ordered],
                "Rows": [rule.repaired + rule.rejected for rule in ordered],
                **_price_columns(validity, ordered),
            }
        ),
        hide_index=True,
        key=f"compare.rules{side.suffix}",
        height=run_words.table_height(len(ordered), 493),
        column_config={
            "Holds": config.TextColumn(width=64),
            "Rule": config.TextColumn(width=360, help="No row of a release breaks a rule that is not soft."),
            "Kept by": config.TextColumn(width=92, help="How the rule is kept while rows are made."),
            "Real rows": config.NumberColumn(format="%.2f %%", width=78, help="Real rows that keep it."),
            "Before": config.TextColumn(
                width=78,
                alignment="right",
                help="Synthetic rows that keep it before anything is repaired or drawn again.",
            ),
            "Release": config.NumberColumn(
                format="%.2f %%", width=78, help="Synthetic rows that keep it, as released."
            ),
            "Rows": config.NumberColumn(format="localized", width=64, help="Rows repaired or drawn again."),
            "Shape": config.TextColumn(width=66, alignment="right", help=f"Shape error in points, {PRICE}."),
            "Told apart": config.TextColumn(width=84, alignment="right", help=f"How well a model tells them, {PRICE}."),
        },
        alt=f"{len(ordered)} rules with the share of rows that keep them.",
    )
    broken = sum(1 for rule in ordered if rule.hard and rule.broken)
    st.caption(
        "Every hard rule holds in the release."
        if not broken
        else f"{counted(broken, 'hard rule is', 'hard rules are')} broken in the release."
    )
    if validity.price is not None:
        st.caption(price_words(validity.price))


def _price_columns(validity: Validity, ordered: list[RuleAdherence]) -> dict[str, list[str]]:
    """Return what each rule costs in likeness, as columns; none when it was not measured."""
    if validity.price is None:
        return {}
    costs = [validity.price.rules.get(rule.id) for rule in ordered]
    return {
        "Shape": ["–" if c is None else f"{c.shape - c.shape_without:+.2f}" for c in costs],
        "Told apart": ["–" if c is None else f"{c.c2st - c.c2st_without:+.3f}" for c in costs],
    }
