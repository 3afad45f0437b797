"""Results as Plotly figures, used by the pages and by the report.

Real is solid and filled, synthetic dashed, hatched or hollow, the holdout dotted; colours come from ``style``. Every
figure is binned or thinned, and its JSON stays under 200 KB. Plotly is loaded when the first figure is drawn.
"""

from synth_core.figures.columns import column_figure, spark_svg
from synth_core.figures.explore import (
    contributions_figure,
    exposure_figure,
    missing_figure,
    split_figure,
    triple_figure,
)
from synth_core.figures.judgement import forest, nearest_curves, precision_recall, roc, utility_bars
from synth_core.figures.likeness import dumbbell, giveaway_bars, overlay, pair_view, triplet
from synth_core.figures.losses import alt_losses, loss_figure
from synth_core.figures.matrices import association_figure
from synth_core.figures.network import alt_network, network_figure
from synth_core.figures.pairs import pair_figure, pair_table
from synth_core.figures.rule_bars import decimals_figure, kept_figure, steps_figure, values_figure
from synth_core.figures.rule_rows import missing_patterns_figure, sequence_figure, two_way_figure
from synth_core.figures.rules import (
    combinations_figure,
    implication_figure,
    inequality_figure,
    range_figure,
    residual_figure,
)
from synth_core.figures.style import PALETTES, Mode, Palette, amount, new_figure, nothing, share, template
from synth_core.figures.temporal import acf_figure, entities_figure, gaps_figure, season_figure, time_figure
from synth_core.figures.words import (
    alt_acf,
    alt_associations,
    alt_exposure,
    alt_forest,
    alt_gaps,
    alt_giveaways,
    alt_inequality,
    alt_missing,
    alt_nearest,
    alt_overlay,
    alt_pair,
    alt_precision_recall,
    alt_profile,
    alt_range,
    alt_roc,
    alt_time,
    alt_triple,
    alt_triplet,
    alt_utility,
)

__all__ = [
    "PALETTES",
    "Mode",
    "Palette",
    "acf_figure",
    "alt_acf",
    "alt_associations",
    "alt_exposure",
    "alt_forest",
    "alt_gaps",
    "alt_giveaways",
    "alt_inequality",
    "alt_losses",
    "alt_missing",
    "alt_nearest",
    "alt_network",
    "alt_overlay",
    "alt_pair",
    "alt_precision_recall",
    "alt_profile",
    "alt_range",
    "alt_roc",
    "alt_time",
    "alt_triple",
    "alt_triplet",
    "alt_utility",
    "amount",
    "association_figure",
    "column_figure",
    "combinations_figure",
    "contributions_figure",
    "decimals_figure",
    "dumbbell",
    "entities_figure",
    "exposure_figure",
    "forest",
    "gaps_figure",
    "giveaway_bars",
    "implication_figure",
    "inequality_figure",
    "kept_figure",
    "loss_figure",
    "missing_figure",
    "missing_patterns_figure",
    "nearest_curves",
    "network_figure",
    "new_figure",
    "nothing",
    "overlay",
    "pair_figure",
    "pair_table",
    "pair_view",
    "precision_recall",
    "range_figure",
    "residual_figure",
    "roc",
    "season_figure",
    "sequence_figure",
    "share",
    "spark_svg",
    "split_figure",
    "steps_figure",
    "template",
    "time_figure",
    "triple_figure",
    "triplet",
    "two_way_figure",
    "utility_bars",
    "values_figure",
]
