"""The scorecard as one HTML file that can be sent, printed and kept.

``html`` writes the page and its first, executive part; ``letterhead`` what stands above it; ``sections`` the rest;
``pieces`` tables, signs and charts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synth_core.constraints.base import Constraint
from synth_core.figures import amount
from synth_core.ledger import Entry
from synth_core.recipe import USE_TITLES, Recipe, Use
from synth_core.report import sections
from synth_core.report.groups import groups
from synth_core.report.letterhead import Front, check_logo, letterhead
from synth_core.report.pieces import (
    CLASSES,
    WORDS,
    Charts,
    icon,
    interval,
    paragraph,
    table,
    text,
    verdict_sign,
    with_unit,
)
from synth_core.scorecard import Scorecard, Target, Verdict, Word, not_run
from synth_core.scorecard import verdicts as judged
from synth_core.scores.added import added_words
from synth_core.scores.advantage import QUESTIONS as ADVANTAGES
from synth_core.scores.score import Score
from synth_core.what_if import CALLED

__all__ = ["Front", "check_logo", "html", "overall"]

STYLE = Path(__file__).resolve().parents[2] / "assets" / "report.css"
# Nothing may be fetched or sent, whatever a cell of the table holds.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)
QUESTIONS = {
    Use.DEVELOP: "Can software be developed and tested with",
    Use.SHARE: "Can one share outside",
    Use.TRAIN: "Can a model be trained on",
    Use.EXPLORE: "Can one explore inside the house with",
}
DIMENSIONS = {
    "fidelity": "Likeness to the real table",
    "utility": "Use by a model",
    "privacy": "Privacy",
    "validity": "Rules",
}
SENTENCES: dict[Word, str] = {
    "pass": "Every target for this use holds.",
    "watch": "No target that blocks a release fails, but look at the targets marked below before you rely on it.",
    "fail": "At least one target that blocks a release for this use fails. Do not use the table for it as it is.",
    "not enough data": "At least one target that blocks a release for this use could not be judged.",
}

_CALLED = {
    "c2st": "told apart", "c2st_train": "told from learned rows", "tstr_loss": "loss in use", "rare": "rare values",
    "missingness": "missing cells",
}  # fmt: skip
_WHAT_IF_SENTENCES: dict[Word, str] = {
    "pass": "Every target on privacy and rules holds. Likeness and use are not judged: this is a what-if.",
}


def html(
    card: Scorecard,
    *,
    title: str,
    author: str = "",
    use: Use | str,
    targets: Sequence[Target],
    verdicts: Sequence[Verdict] | None = None,
    notes: str = "",
    sign_off: str = "",
    client: str = "",
    logo: bytes = b"",
    recipe: Recipe | None = None,
    rules: Sequence[Constraint] = (),
    earlier: Sequence[Entry] = (),
    proof: str = "",
) -> str:
    """Return the report as one self-contained page (about 5 MB): no outside requests, fit for print.

    Parameters
    ----------
    verdicts
        Judged already; None: ``targets`` are held against ``card``.
    notes, sign_off
        Free text of the author, blank lines part paragraphs; who signs, empty: a line to sign on.
    client, logo
        For whom it is, and a PNG or JPEG that becomes part of the file (:func:`check_logo` says how large).
    recipe, rules
        Shown as they are, so that the run can be repeated.
    earlier
        Releases from the same real rows before this one; what they give away adds up.
    proof
        What a lab measured about the class or the correction that the rows were made with, in a sentence.
    """
    found = list(verdicts) if verdicts is not None else judged(card, targets)
    charts = Charts()
    body = "\n".join(
        [
            letterhead(client, logo),
            _what_if(card),
            _first_page(
                card,
                title=title,
                author=author,
                use=Use(use),
                found=found,
                left=not_run(card, targets),
                notes=notes,
                sign_off=sign_off,
                proof=proof,
            ),
            sections.fidelity(card, charts),
            sections.utility(card, charts),
            groups(card, charts),
            sections.privacy(card, charts),
            sections.earlier_releases(earlier, card.rows_synthetic),
            sections.validity(card),
            sections.method(card, recipe, rules),
            f"<footer>Made by Simile on {card.made:%Y-%m-%d %H:%M}. All rows described as synthetic are artificial. "
            "This file makes no outside requests.</footer>",
        ]
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head>\n"
        f"<body><main>{body}\n"
        "<noscript><p>The charts need JavaScript; the tables hold the same findings.</p></noscript>"
        f"</main>\n{charts.scripts()}</body></html>\n"
    )


def overall(found: Sequence[Verdict]) -> Word:
    """Return one word for all verdicts: the worst among those that gate; a fail that gates nothing is "watch".

    No figure is averaged: the headline is the worst finding, never a composite.
    """
    gated = {verdict.word for verdict in found if verdict.target.gate}
    if "fail" in gated:
        return "fail"
    if "not enough data" in gated or not found:
        return "not enough data"
    return "watch" if {verdict.word for verdict in found} & {"watch", "fail"} else "pass"


def tightest(card: Scorecard, found: Sequence[Verdict]) -> Verdict | None:
    """Return the verdict with the smallest margin, measured against the room between floor and limit.

    Where something fails, it is one of the fails, those that gate first; else one to watch, where there is one. Targets
    of exactly zero that hold have no room, and are left out.
    """
    failed = [verdict for verdict in found if verdict.word == "fail"]
    watched = [verdict for verdict in found if verdict.word == "watch"]
    found = [verdict for verdict in failed if verdict.target.gate] or failed or watched or found

    def room(verdict: Verdict) -> float:
        score = card.scores.get(verdict.target.score)
        floor = score.reference if score is not None and score.reference is not None else 0.0
        limit = verdict.limit or 0.0
        return limit - floor if limit > floor else abs(limit)

    ranked = [v for v in found if v.margin is not None and (room(v) > 0 or v.margin < 0)]
    return min(ranked, key=lambda v: float(v.margin or 0.0) / (room(v) or 1e-9), default=None)


def _what_if(card: Scorecard) -> str:
    """Return the box on top of the report on a what-if: what was edited, and which scores do not apply."""
    if not card.what_if:
        return ""
    items = "".join(f"<li>{text(sentence)}</li>" for sentence in card.what_if)
    void = [score for score in (*card.fidelity.scores, *card.utility.scores) if score.value is None]
    names = ", ".join(_CALLED.get(score.name, score.name.replace("_", " ")) for score in void)
    return (
        f'<div class="aside"><p><b>{text(CALLED)}</b></p><ul>{items}</ul>'
        + paragraph(f"These scores do not apply: {names}. Privacy was judged with the edits undone.")
        + "</div>"
    )


def _first_page(
    card: Scorecard,
    *,
    title: str,
    author: str,
    use: Use,
    found: Sequence[Verdict],
    left: Sequence[Target],
    notes: str,
    sign_off: str,
    proof: str,
) -> str:
    word = overall(found)
    what = "what-if" if card.what_if else "synthetic version"
    parts = [
        f"<h1>{text(title)}</h1>",
        paragraph(f"{QUESTIONS[use]} this {what} of '{card.table}'?", "lead"),
        f'<div class="headline {CLASSES[word]}"><p class="word">{icon(word)}{WORDS[word]}</p>'
        + paragraph(_WHAT_IF_SENTENCES.get(word, SENTENCES[word]) if card.what_if else SENTENCES[word])
        + _tightest_sentence(card, found)
        + "</div>",
        _proof(card, found),
        _on_purpose(card, proof),
        _by_dimension(found),
    ]
    if notes.strip():
        parts += ["<h3>Notes</h3>", *(paragraph(part.strip()) for part in notes.split("\n\n") if part.strip())]
    facts = [
        ("Intended use", USE_TITLES[use]),
        ("Table", card.table),
        ("Rows", f"{card.rows_synthetic:,} synthetic, from {card.rows_train:,} real; {card.rows_holdout:,} held out"),
        ("Judged", f"{card.made:%Y-%m-%d}"),
    ]
    parts.append(sections.facts_list([*facts, ("Author", author)] if author else facts))
    parts.append(f'<div class="sign"><div>{text(sign_off) or "Signed off by"}</div><div>Date</div></div>')
    parts += ["<h2>Targets for this use</h2>", _target_table(card, found, left)]
    return "\n".join(part for part in parts if part)


def _on_purpose(card: Scorecard, proof: str) -> str:
    """Return what the table was made to differ in, and what was measured of it on real rows."""
    said = [f"<p><b>Made so on purpose.</b> {text(' '.join(card.on_purpose))}</p>"] if card.on_purpose else []
    if card.utility.added is not None:
        said.append(f"<p><b>On the rows held out.</b> {text(added_words(card.utility.added))}</p>")
    said += [f"<p><b>In the lab.</b> {text(proof)}</p>"] if proof else []
    return f'<div class="aside">{"".join(said)}</div>' if said else ""


def _by_dimension(found: Sequence[Verdict]) -> str:
    """Return, per dimension, how many of its targets hold, and what the others say."""
    lines = []
    for dimension, title in DIMENSIONS.items():
        words = [verdict.word for verdict in found if verdict.target.dimension == dimension]
        if not words:
            continue
        worst = next(word for word in ("fail", "not enough data", "watch", "pass") if word in words)
        others = [
            f"{words.count(word)} {said}"
            for word, said in (("fail", "fail"), ("watch", "to watch"), ("not enough data", "not judged"))
            if word in words
        ]
        held = f"{words.count('pass')} of {len(words)} targets hold"
        lines.append((text(title), verdict_sign(worst), text("; ".join([held, *others]))))
    return table([("", False), ("", False), ("", False)], lines) if lines else ""


def _tightest_sentence(card: Scorecard, found: Sequence[Verdict]) -> str:
    verdict = tightest(card, found)
    if verdict is None:
        return ""
    score = card.scores.get(verdict.target.score)
    question = score.question if score is not None else verdict.target.score
    return paragraph(f"Smallest margin: {question} {verdict.sentence}")


def _proof(card: Scorecard, found: Sequence[Verdict]) -> str:
    """Return the proof point: trained on synthetic, trained on real, what is lost."""
    model = sections.main_model(card)
    if model is None:
        return ""
    target = next((v.limit for v in found if v.target.score == "tstr_loss" and v.limit is not None), None)
    goal = f", target {amount(target)} %" if target is not None else ""
    return (
        '<div class="proof">'
        f"<div><b>{model.tstr:.3f}</b><span>{text(model.metric)}, trained on synthetic</span></div>"
        f"<div><b>{model.trtr:.3f}</b><span>{text(model.metric)}, trained on real</span></div>"
        f"<div><b>{text(amount(round(model.loss, 2)))}&nbsp;%</b><span>loss{text(goal)}</span></div></div>"
    )


def _target_table(card: Scorecard, found: Sequence[Verdict], left: Sequence[Target]) -> str:
    heads = [
        ("Question", False),
        ("Value", True),
        ("Real rows", True),
        ("Independent", True),
        ("Limit", True),
        ("Margin", True),
        ("Verdict", False),
    ]
    rows = [_target_row(card.scores.get(v.target.score), v) for v in found]
    remark = "<small>run on request; says nothing and keeps nothing back until then</small>"
    rows += [
        (
            text(ADVANTAGES.get(one.score, one.score)) + remark,
            "–",
            "–",
            "–",
            with_unit(one.limit, "points"),
            "–",
            "Not run",
        )
        for one in left
    ]
    return table(heads, rows)


def _target_row(score: Score | None, verdict: Verdict) -> tuple[str, ...]:
    if score is None:
        name = verdict.target.score.replace("_", " ").capitalize()
        remark = f"<small>{text(verdict.sentence[:1].upper() + verdict.sentence[1:])}</small>"
        return (text(name) + remark, "–", "–", "–", "–", "–", verdict_sign(verdict.word))
    unit = score.unit
    remark = score.note if score.value is None else ("" if verdict.target.gate else "does not block")
    span = interval(score)
    return (
        text(score.question) + (f"<small>{text(remark)}</small>" if remark else ""),
        with_unit(score.value, unit) + (f"<br><small>{text(span)}</small>" if span else ""),
        with_unit(score.reference, unit),
        with_unit(score.baseline, unit),
        with_unit(verdict.limit, unit),
        with_unit(verdict.margin, unit),
        verdict_sign(verdict.word),
    )
