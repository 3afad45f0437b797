"""The value page as one printable page: both sides of the sum, the proof, and what is assumed."""

from __future__ import annotations

from datetime import UTC, datetime

from synth_core.business_case import BusinessCase, Line, Proof, Totals, money_words, totals
from synth_core.recipe import USE_TITLES, Use
from synth_core.report import POLICY, SENTENCES, STYLE
from synth_core.report.letterhead import letterhead
from synth_core.report.pieces import CLASSES, WORDS, icon, paragraph, text

_PAGE = """
main { padding-bottom: 40px; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 28px; margin: 18px 0 6px; }
.two h3 { margin: 0; }
.two table { margin: 6px 0 0; font-size: 13px; }
.two td small, .two th small { display: block; white-space: normal; color: var(--muted); font-size: 11.5px; }
.two tr.sum th, .two tr.sum td { font-weight: 650; border-bottom: 0; font-size: 15px; color: var(--text); }
.bars { margin: 14px 0 4px; font-size: 13px; }
.bars div { display: grid; grid-template-columns: 84px 1fr 120px; gap: 10px; align-items: center; margin: 4px 0; }
.bars i { display: block; height: 14px; background: var(--real); opacity: .55; min-width: 2px; }
.bars i.generate { background: none; border: 1.5px dashed var(--synthetic); opacity: 1; }
.bars span:last-child { text-align: right; }
.typed { color: var(--good); }
.two td.n { padding-right: 0; }
@page { size: A4; margin: 11mm 12mm; }
@media print {
  main { padding: 0; }
  .headline { margin: 10px 0 0; padding: 10px 16px; }
  .headline .word { font-size: 17pt; }
  .proof { margin: 8px 0; }
  .proof div { padding: 8px 12px 8px 0; }
  .proof b { font-size: 20pt; }
  footer { margin-top: 12px; }
  body { font-size: 9.5pt; line-height: 1.4; }
  h1 { font-size: 19pt; }
  h3 { margin-top: 10px; font-size: 11.5pt; }
  p { max-width: none; margin: 5px 0; }
  p.lead { font-size: 10.5pt; }
  .letterhead { margin-bottom: 8px; padding-bottom: 6px; }
  .letterhead img { max-height: 44px; }
  .letterhead p { font-size: 9.5pt; }
  .bars { margin: 8px 0 0; font-size: 9pt; }
  .bars div { margin: 2px 0; grid-template-columns: 70px 1fr 150px; }
  .two { margin: 10px 0 2px; gap: 24px; }
  .two table { font-size: 8.5pt; margin: 2px 0 0; }
  .two th, .two td { padding: 3px 6px 3px 0; font-size: 8.5pt; }
  .two th small { font-size: 7.5pt; }
  .two tr.sum th, .two tr.sum td { font-size: 9.5pt; }
}
"""


def value_html(
    case: BusinessCase,
    proved: Proof | None,
    *,
    title: str,
    rows: int,
    use: Use,
    client: str = "",
    logo: bytes = b"",
) -> str:
    """Return the value page as one self-contained file that prints on one A4 page."""
    found = totals(case, rows)
    currency = case.currency
    body = "\n".join(
        [
            letterhead(client, logo),
            f"<h1>{text(title)}</h1>",
            paragraph("What a data set of this kind costs to obtain, and what it costs to generate.", "lead"),
            _bars(found, currency),
            '<div class="two">',
            _side("Obtain it", found.obtain, found.obtain_money, found.obtain_months, currency),
            _side("Generate it", found.generate, found.generate_money, found.generate_months, currency),
            "</div>",
            paragraph(found.sentence(currency)),
            _proof(proved, use),
            "<h3>What these figures are</h3>",
            paragraph(
                "Figures marked as yours were typed by the reader. All others are assumptions to start from, not "
                "measurements and not claims; replace them with your own. What was measured is the proof above, on "
                "real rows that nobody learned from. Real rows are still needed once, to learn from."
            ),
            f"<footer>Made by Simile on {datetime.now(UTC):%Y-%m-%d}. This file makes no outside requests.</footer>",
        ]
    )
    style = STYLE.read_text(encoding="utf-8") + _PAGE
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{style}</style></head>\n<body><main>{body}</main></body></html>\n"
    )


def _bars(found: Totals, currency: str) -> str:
    most = max(found.obtain_money, found.generate_money, 1e-9)
    lines = "".join(
        f'<div><span>{name}</span><span><i class="{kind}" style="width:{100 * amount / most:.1f}%"></i></span>'
        f"<span>{text(money_words(amount, currency))}</span></div>"
        for name, kind, amount in (
            ("Obtain", "obtain", found.obtain_money),
            ("Generate", "generate", found.generate_money),
        )
    )
    return f'<div class="bars">{lines}</div>'


def _side(title: str, lines: tuple[Line, ...], money: float, months: float, currency: str) -> str:
    rows = "".join(
        f'<tr><th scope="row">{text(line.title)}<small>{text(line.how)} · {_whose(line.typed)}</small></th>'
        f'<td class="n">{text(money_words(line.amount, currency))}</td></tr>'
        for line in lines
    )
    total = f'<tr class="sum"><th scope="row">In all</th><td class="n">{text(money_words(money, currency))}</td></tr>'
    time = f'<tr class="sum"><th scope="row">Until the rows are there</th><td class="n">{months:g} months</td></tr>'
    return f"<div><h3>{text(title)}</h3><table><tbody>{rows}{total}{time}</tbody></table></div>"


def _whose(typed: bool) -> str:
    return '<span class="typed">your figure</span>' if typed else "assumption"


def _proof(proved: Proof | None, use: Use) -> str:
    if proved is None:
        return '<div class="aside">' + paragraph("There is no judged run yet, so nothing is proved here.") + "</div>"
    head = (
        f'<div class="headline {CLASSES[proved.verdict]}"><p class="word">{icon(proved.verdict)}'
        f"{WORDS[proved.verdict]}: {text(USE_TITLES[use].lower())}</p>"
        + paragraph(
            f"{SENTENCES[proved.verdict]} {proved.held} of {proved.of} targets hold. {proved.rows:,} synthetic rows, "
            f"learned from {proved.learned:,} real ones; {proved.held_out:,} real rows were held out to judge them."
        )
        + "</div>"
    )
    if proved.synthetic is None or proved.real is None or proved.loss is None:
        return head + paragraph(proved.sentence())
    goal = f", target {proved.target:g}&nbsp;%" if proved.target is not None else ""
    return (
        head
        + '<div class="proof">'
        + f"<div><b>{proved.synthetic:.3f}</b><span>{text(proved.metric)}, trained on synthetic</span></div>"
        + f"<div><b>{proved.real:.3f}</b><span>{text(proved.metric)}, trained on real</span></div>"
        + f"<div><b>{proved.loss:.1f}&nbsp;%</b><span>loss{goal}</span></div></div>"
    )
