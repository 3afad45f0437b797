"""Can a real person be found: the verdict in words, copies, attacks, the closest pairs, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from pages.ui import chooser, parts, run_words, score_tiles, state, theme
from pages.ui.beside import Side
from pages.ui.closest_rows import pair_rows
from pages.ui.halves import halves
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.run import Run
from synth_core.scorecard import Scorecard, Verdict
from synth_core.scores.results import Attack, ClosePair, Privacy

MASK = "•••"
ALWAYS = ("copies", "membership_auc", "membership_tpr", "nearer_share", "literals")
TILES = (*ALWAYS, "attack_advantage", "shadow_advantage")  # the last two where they were run
ADVICE: dict[str, list[str]] = {
    "copies": [
        "Protect rare values: switch protection on for the columns that make people unique (Upload).",
        "Leave out columns that nobody needs; fewer columns, fewer unique rows.",
        "Make fewer rows, or take an engine or settings with larger groups (Method, Expert).",
    ],
    "membership_auc": [
        "Make fewer rows: the same model leaks more when more rows are released.",
        "Larger leaves, more trees on fewer rows each (Method, Expert) blur single people.",
        "Leave out or coarsen the columns that make people stand out.",
    ],
    "literals": [
        "Switch protection on for the columns named below the score (Upload).",
        "Mark columns with names, numbers of records or addresses as personal data (Upload).",
    ],
    "holdout_copies": [
        "Where people have several rows, give the column that says whose row it is the role “entity” (Upload): all "
        "rows of one person are then held out together.",
        "Look for rows that were entered twice, and remove them before you upload.",
        "Leave out columns that nobody needs, or make fewer rows.",
    ],
}
for _alike in ("membership_tpr", "attack_advantage", "shadow_advantage"):
    ADVICE[_alike] = ADVICE["membership_auc"]
ADVICE["nearer_share"] = ADVICE["near_copies"] = ADVICE["copies"]
HEADLINES = {
    "pass": (
        "success",
        "No sign of copying",
        "Every privacy target holds. That is what these tests found, not a proof.",
    ),
    "watch": ("warning", "Watch", "Nothing fails, but at least one score is near its limit or too uncertain to tell."),
    "fail": ("error", "Stop: do not release", "At least one privacy target fails. What you can do stands below."),
    "not enough data": (
        "info",
        "Not enough data",
        "Too few rows, or too few that differ, to say anything: this is not a pass.",
    ),
}
ICONS = {
    "success": ":material/verified_user:",
    "warning": ":material/visibility:",
    "error": ":material/report:",
    "info": ":material/help:",
}

CONTROL = "The same attack on people who were not in the table; without such people, what guessing reaches."


def headline(found: Mapping[str, Verdict], letter: str = "") -> None:
    """Draw the verdict in words: the worst of the privacy targets; of two runs with the letter of this one."""
    words = [verdict.word for verdict in found.values() if verdict.target.dimension == "privacy"]
    if not words:
        return
    word = next((one for one in ("fail", "watch", "not enough data") if one in words), "pass")
    kind, title, sentence = HEADLINES[word]
    draw = {"success": st.success, "warning": st.warning, "error": st.error, "info": st.info}[kind]
    draw(f"**{f'{letter}: ' if letter else ''}{title}.** {sentence}", icon=ICONS[kind])


def limits() -> None:
    """Draw what these numbers can and cannot say."""
    with st.expander("What these numbers can and cannot say", icon=":material/info:", key="privacy.limits"):
        left, right = st.columns(2, gap="large")
        left.markdown(
            "**They can say**  \n"
            "- whether rows of single people came out as they were\n"
            "- how well known attacks work on exactly this release, beside guessing\n"
            "- whether real extremes, rare values or identifiers are in it"
        )
        right.markdown(
            "**They cannot say**  \n"
            "- that no attack will ever work: an attacker may know more, or try something new\n"
            "- that distances prove safety: tables that pass the copying check can still leak\n"
            "- anything about the next release from the same people: every release adds"
        )


def needed(found: Mapping[str, Verdict]) -> bool:
    """Return whether a privacy target fails or is near its limit."""
    return any(one.target.dimension == "privacy" and one.word in ("fail", "watch") for one in found.values())


def advice(card: Scorecard, found: Mapping[str, Verdict]) -> None:
    """Draw what to do about the privacy targets that fail or are near their limit; the same advice stands once."""
    groups: dict[tuple[str, ...], list[tuple[str, Verdict]]] = {}
    for name, verdict in found.items():
        if verdict.target.dimension == "privacy" and verdict.word in ("fail", "watch"):
            groups.setdefault(tuple(ADVICE.get(name, [])), []).append((name, verdict))
    for place, (steps, group) in enumerate(groups.items()):
        with st.container(border=True, gap="small", key=f"privacy_advice_{place}"):
            for name, verdict in group:
                mark = theme.VERDICTS[verdict.word]
                pill = f":{mark.colour}-badge[{mark.icon} {mark.word}]"
                st.markdown(f"{pill} **{score_tiles.title(name)}.** :gray[{theme.plain(verdict.sentence)}]")
                score = card.scores.get(name)
                if score is not None and name not in TILES:  # what has a tile is explained there
                    st.markdown(f":gray[{theme.plain(score.question)}]")
                if name == "literals" and score is not None and score.note:
                    st.markdown(f":gray[{theme.plain(score.note[:1].upper() + score.note[1:])}.]")
            if steps:
                st.markdown("**What you can do**  \n" + "\n".join(f"- {step}" for step in steps))


ABOUT_COPIES = (
    "How far is each synthetic row from the nearest real one? If rows are as far from those learned from as from "
    "those held out, the curves lie on each other. A check for copying, not a proof of safety."
)
ABOUT_ATTACKS = (
    "Each attack has all the released rows and tries to tell who was in the real table. Beside it: the same attack "
    "on people who were not. What counts is the difference."
)


def copies(privacy: Privacy, suffix: str = "") -> None:
    """Draw the distance curves beside the holdout."""
    from synth_core.figures import alt_nearest, nearest_curves

    if not privacy.curves:
        st.markdown(":gray[Not enough data to measure distances.]")
        return
    parts.chart(nearest_curves(privacy, mode=state.mode()), alt=alt_nearest(privacy), key=f"privacy.curves{suffix}")


def attacks(privacy: Privacy, suffix: str = "") -> None:
    """Draw every attack beside its control, and the same as a table."""
    from synth_core.figures import alt_forest, forest

    known = [attack for attack in privacy.attacks if attack.value is not None]
    if not known:
        note = next((attack.note for attack in privacy.attacks if attack.note), "")
        st.markdown(f":gray[{run_words.lacking(note)}]")
        return
    parts.chart(forest(privacy, mode=state.mode()), alt=alt_forest(privacy), key=f"privacy.forest{suffix}")
    with st.expander("As numbers", key=f"privacy.attacks_box{suffix}"):
        number = st.column_config.NumberColumn(format="%.3g")
        found = [in_percent(attack) for attack in privacy.attacks]
        st.dataframe(
            pd.DataFrame(
                {
                    "Attack": [attack.title for attack in found],
                    "Unit": [attack.unit for attack in found],
                    "Success": [attack.value for attack in found],
                    "From": [attack.low for attack in found],
                    "To": [attack.high for attack in found],
                    "Control": [attack.control if attack.control is not None else attack.chance for attack in found],
                    "Note": [attack.note for attack in found],
                }
            ),
            hide_index=True,
            key=f"privacy.attacks{suffix}",
            column_config=dict.fromkeys(("Success", "From", "To"), number)
            | {"Control": st.column_config.NumberColumn(format="%.3g", help=CONTROL)},
            alt="Attacks with their success, interval and control.",
        )


def in_percent(attack: Attack) -> Attack:
    """Return an attack whose success is a share (0..1) in %, as its tile writes it; others as they are."""
    if attack.unit != "share":
        return attack
    parts_of = ("value", "low", "high", "control", "chance")
    scaled = {part: None if getattr(attack, part) is None else 100 * getattr(attack, part) for part in parts_of}
    return attack.model_copy(update=scaled | {"unit": "%"})


def closest(project: Project, both: Sequence[Side], runs: Mapping[str, Run]) -> None:
    """Draw the pairs of a synthetic row and the real row nearest to it; values only when they are asked for."""
    if not any(side.card.privacy.closest for side in both):
        return
    parts.section("Closest pairs")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(
            "The synthetic rows that lie nearest to a real one. A pair much nearer than the nearest held-out row is "
            "worth a look.",
            width=theme.TEXT_WIDTH,
        )
        shown = st.toggle("Show real values", key="privacy.reveal", help="Rows of real people appear on the screen.")
    for side in both:
        if len(both) > 1:
            st.markdown(f"**{side.letter}** :gray[{theme.plain(side.label)}]")
        _pairs(project, runs[side.letter], side.card.privacy, shown, side.suffix)


def _pairs(project: Project, run: Run, privacy: Privacy, shown: bool, suffix: str) -> None:
    pairs = privacy.closest
    if not pairs:
        st.markdown(":gray[No pair was measured in this run.]")
        return
    frame = pd.DataFrame(
        {
            "Pair": range(1, len(pairs) + 1),
            "Distance": [pair.distance for pair in pairs],
            "To held-out": [pair.holdout_distance for pair in pairs],
        }
    )
    left, right = halves()
    with left:
        number = st.column_config.NumberColumn(format="%.3f", width=120)
        at = chooser.chosen_row(
            frame,
            [str(number) for number in frame["Pair"]],
            key=f"privacy.pairs{suffix}",
            label="Pair to look at",
            width=160,
            height=run_words.table_height(len(pairs), 388),
            column_config={
                "Pair": st.column_config.NumberColumn(width=60),
                "Distance": number,
                "To held-out": number,
            },
            alt=f"{len(pairs)} closest pairs with their distances.",
        )
    with right:
        _pair(project, run, pairs[at], shown, suffix)


def _pair(project: Project, run: Run, pair: ClosePair, shown: bool, suffix: str) -> None:
    try:
        names, made, real = pair_rows(project, run, pair.synthetic_row, pair.train_row)
    except SimileError as error:
        parts.error_card(error, title="These rows cannot be shown")
        return
    same = [one == other for one, other in zip(made, real, strict=True)]
    st.markdown(
        f"**{sum(same)} of {len(names)} cells are equal** :gray[· distance {theme.figure(pair.distance)}, to the "
        f"nearest held-out row {theme.figure(pair.holdout_distance)}]"
    )
    st.dataframe(
        pd.DataFrame(
            {
                "Column": names,
                "Synthetic row": made if shown else [MASK] * len(names),
                "Real row": real if shown else [MASK] * len(names),
                "Equal": ["equal" if one else "" for one in same],
            }
        ),
        hide_index=True,
        key=f"privacy.pair{suffix}",
        height=run_words.table_height(len(names), 388),
        column_config={"Equal": st.column_config.TextColumn(width="small")},
        alt="One synthetic row beside the real row nearest to it" + ("." if shown else "; the values are covered."),
    )


def tiles(card: Scorecard, found: Mapping[str, Verdict]) -> None:
    """Draw the privacy scores; those of attacks that were asked for where they were run."""
    score_tiles.tiles(card, [name for name in TILES if name in (*ALWAYS, *card.scores)], found)
