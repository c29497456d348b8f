"""Explanations as pages: one file each, no script, nothing loaded from elsewhere, in light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from cutaway.explain.drawing import attention, bar, picture, shades, strip
from cutaway.explain.figures import shown
from cutaway.explain.ledger import MOST_NEURONS, by, heading, in_lines, telling
from cutaway.explain.neurons import neurons

if TYPE_CHECKING:
    from cutaway.explain.picture import PictureExplanation
    from cutaway.explain.record import Trace
    from cutaway.explain.row import RowExplanation
    from cutaway.explain.step import StepShown
    from cutaway.explain.text import TextExplanation

END = "\n"
STYLE = """
:root { color-scheme: light dark; --ground: #fbfaf8; --card: #ffffff; --ink: #1c1d20; --soft: #6a6c72;
  --line: #e3e1dc; --up: #2a6fb0; --down: #c2571a; }
@media (prefers-color-scheme: dark) { :root { --ground: #15171a; --card: #1d2024; --ink: #e8e6e1; --soft: #9a9ca3;
  --line: #33373d; --up: #6aaef0; --down: #f09a5a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; font-weight: 650; }
h2 { font-size: 17px; margin: 36px 0 6px; }
p { margin: 4px 0 12px; max-width: 78ch; } .soft { color: var(--soft); }
.scroll { margin-top: 8px; overflow-x: auto; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 7px 12px; border-top: 1px solid var(--line); vertical-align: top; }
tr:first-child th { border-top: 0; }
th { font-size: 12px; font-weight: 600; color: var(--soft); white-space: nowrap; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.number { text-align: right; }
code, .figures { font: 13px/1.55 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.figures { overflow-wrap: anywhere; } .name { white-space: nowrap; }
.neurons { padding: 8px 14px; } .neurons div { padding: 3px 0; white-space: pre-wrap; }
.up { fill: var(--up); } .down { fill: var(--down); }
.ledger { table-layout: fixed; min-width: 1000px; } .ledger td { overflow-wrap: anywhere; }
.ledger .name { white-space: normal; }
.ledger th:nth-child(1) { width: 54px; } .ledger th:nth-child(2) { width: 18%; } .ledger th:nth-child(3) { width: 20%; }
.ledger th:nth-child(4) { width: 11%; } .ledger th:nth-child(5) { width: 14%; } .strip { max-width: 100%; }
svg text { fill: var(--soft); font: 10px ui-monospace, Menlo, Consolas, monospace; }
svg.looks { background: var(--card); border: 1px solid var(--line); border-radius: 4px; }
svg.looks image { image-rendering: pixelated; }
h1 { white-space: pre-wrap; overflow-wrap: anywhere; }
.bar line { stroke: var(--line); stroke-width: 1; } .bar, .strip { display: block; } .strip { margin-top: 4px; }
img { image-rendering: pixelated; border: 1px solid var(--line); border-radius: 4px; background: var(--card); }
.row { display: flex; flex-wrap: wrap; gap: 14px; } figure { margin: 0; }
figcaption { font-size: 12px; color: var(--soft); }
.tokens { font: 15px/2.1 ui-monospace, Menlo, Consolas, monospace; padding: 12px 14px; }
.tokens span { padding: 2px 1px; border-bottom: 3px solid color-mix(in srgb, var(--down) var(--p), transparent);
  white-space: pre; }
"""


def page(title: str, body: str) -> str:
    """Return a whole page; `title` is escaped here, `body` is HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )


def notebook(html: str) -> str:
    """Return a page as a frame inside a notebook, so that neither's style reaches the other."""
    return f'<iframe srcdoc="{escape(html, quote=True)}" style="width:100%;height:640px;border:0"></iframe>'


def ledger_page(trace: Trace) -> str:
    """Return the ledger of a trace."""
    title = f"{trace.of[0].upper()}{trace.of[1:]} = {shown(trace.value)}"
    which = f'<p class="soft">{escape(trace.words)}</p>' if trace.words else ""
    return page(title, f"<h1>{escape(title)}</h1>{which}{ledger(trace)}")


def row_page(found: RowExplanation) -> str:
    """Return the explanation of a row: contributions, then the ledger."""
    from cutaway.explain.row import adding_up, signed

    truth = f" (in truth {found.truth})" if found.truth else ""
    parts = [f"<h1>{escape(found.prediction)}</h1>", f'<p class="soft">{escape(found.source + truth)}</p>']
    parts += [f"<p>{escape(note)}</p>" for note in found.notes]
    ends = f"from {shown(found.shares.at_baseline)} to {shown(found.shares.output)}"
    parts.append(f"<h2>What moved {escape(found.score)} {ends}</h2>")
    parts.append(f'<p class="soft">Compared with {escape(found.baseline)}. {escape(adding_up(found.shares))}</p>')
    largest = max((abs(each.contribution) for each in found.columns), default=0.0)
    rows = [
        [
            f"<b>{escape(each.column)}</b>",
            f'{escape(each.value)} <span class="soft">→ {escape(each.arrow)}</span>',
            f'<span class="soft">{escape(each.baseline)}</span>',
            bar(each.contribution, largest),
            escape(signed(each.contribution)),
        ]
        for each in found.columns
    ]
    parts.append(table(["column", "here → as the network sees it", "compared with", "", "contribution"], rows, {4}))
    which = f", {found.trace.words}" if found.trace.words else ""
    parts.append(f"<h2>The arithmetic: {escape(found.trace.of)} = {shown(found.trace.value)}{escape(which)}</h2>")
    parts.append(ledger(found.trace))
    return page(f"{found.source}: {found.prediction}", "\n".join(parts))


def text_page(found: TextExplanation) -> str:
    """Return the explanation of a text: what comes next, surprise, attention, the ledger."""
    most = found.likely[0][1]
    rows = [
        [f"<code>{escape(repr(t))}</code>", f"{100 * p:.1f} %", bar(p, most, signed=False)] for t, p in found.likely
    ]
    parts = [f"<h1>{escape(''.join(found.tokens))} …</h1>", "<h2>What comes next</h2>"]
    parts.append(table(["token", "probability", ""], rows, {1}))
    parts.append("<h2>How likely each token was</h2>")
    parts.append('<p class="soft">Given those before it; the stronger the line below, the less expected.</p>')
    spans = "".join(
        f'<span style="--p:{100 * (1 - p):.0f}%" title="{100 * p:.1f} %">{escape(token.replace(END, f"⏎{END}"))}</span>'
        for token, p in zip(found.tokens, np.where(np.isnan(found.expected), 1, found.expected).tolist(), strict=True)
    )
    parts.append(f'<div class="scroll tokens">{spans}</div>')
    if found.maps:
        parts.append("<h2>Where each head looked</h2>")
        parts.append(
            '<p class="soft">A row for each token that looks, a column for each it looks at; each row sums to 1.</p>'
        )
        figures = "".join(
            f"<figure>{attention(each.weights, found.tokens, f'{each.layer}, head {each.head + 1}')}"
            f"<figcaption>{escape(each.layer)}<br>head {each.head + 1}</figcaption></figure>"
            for each in found.maps
        )
        parts.append(f'<div class="row">{figures}</div>')
    parts.append(f"<h2>The arithmetic of the likeliest: {escape(found.trace.of)}</h2>{ledger(found.trace)}")
    return page("A text explained", "\n".join(parts))


def picture_page(found: PictureExplanation) -> str:
    """Return the explanation of a picture: itself, its saliency, the first filters."""
    pixels = found.saliency.picture.astype(np.float64)
    low, high = float(pixels.min()), float(pixels.max())
    whole = (pixels - low) / (high - low or 1)
    title = found.title
    which = f'<p class="soft">{escape(found.saliency.words)}</p>' if found.saliency.words else ""
    parts = [f"<h1>{escape(title)}</h1>{which}"]
    if found.likely:
        rows = [[escape(label), f"{100 * p:.1f} %", bar(p, 1.0, signed=False)] for label, p in found.likely[:8]]
        parts.append(table(["class", "probability", ""], rows, {1}))
    parts.append('<h2>What the answer depends on</h2><div class="row">')
    parts.append(f"<figure>{picture(whole, 320, 'the picture')}<figcaption>what the network saw</figcaption></figure>")
    parts.append(
        f"<figure>{picture(shades(found.saliency.map), 320, 'saliency')}"
        "<figcaption>|slope of the score| by pixel: what a small change would do</figcaption></figure></div>"
    )
    if len(found.filters):
        parts.append("<h2>The first filters</h2>")
        parts.append(f'<p class="soft">{escape(found.filters_words)}</p>')
        figures = "".join(
            f"<figure>{picture(each, 64, f'filter {place}')}<figcaption>{place}</figcaption></figure>"
            for place, each in enumerate(found.filters, 1)
        )
        parts.append(f'<div class="row">{figures}</div>')
    return page(title, "\n".join(parts))


def step_page(found: StepShown) -> str:
    """Return a step, or the steps of an epoch: what moved, and the ledger of the first."""
    title = f"Loss {shown(found.loss_before)} → {shown(found.loss_after)}"
    first = found.updates[0]
    parts = [f"<h1>{title}</h1>", f'<p class="soft">{escape(found.optimizer)}: {escape(found.rule)}</p>']
    parts.append("<h2>The weights that moved most, in the first step</h2>")
    changes = first.largest()
    largest = max((abs(each.change) for each in changes), default=0.0)
    rows = [
        [f"<code>{escape(each.name)}</code>", shown(each.gradient), bar(each.change, largest), shown(each.change),
         f"{shown(each.before)} → {shown(each.after)}"]
        for each in changes
    ]  # fmt: skip
    parts.append(table(["weight", "slope g", "", "Δw", "before → after"], rows, {1, 3, 4}))
    parts.append("<h2>What the slopes promised, and what happened</h2>")
    rows = [
        [str(number), f"{len(each.rows):,}",
         *map(shown, (each.loss, each.after, each.predicted, each.after - each.loss))]
        for number, each in enumerate(found.updates, 1)
    ]  # fmt: skip
    parts.append(table(["step", "rows", "loss", "after", "predicted change", "change"], rows, set(range(6))))
    parts.append(f"<h2>The arithmetic of the first step: {escape(found.trace.of)}</h2>{ledger(found.trace)}")
    return page(title, "\n".join(parts))


def ledger(trace: Trace) -> str:
    """Return the neurons, the operations and the blame of a trace as HTML."""
    parts = []
    layers = neurons(trace)
    for layer in layers:
        lines = "".join(
            f"<div>{escape(chr(10).join(line[2:] for line in in_lines(neuron)))}</div>" for neuron in telling(layer)
        )
        more = len(layer.neurons) - MOST_NEURONS
        rest = f'<div class="soft">… and {more:,} more neurons, on which less depends</div>' if more > 0 else ""
        parts.append(f'<h2>{escape(heading(layer))}</h2><div class="scroll neurons figures">{lines}{rest}</div>')
    parts.append("<h2>Every operation, in order</h2>")
    parts.append(
        '<p class="soft">In figures: the number of each on which most depends. Below it are all numbers of the result, '
        "below the slope all slopes: blue above zero, orange below.</p>"
    )
    rows = [
        [
            f"<code>{step.name}</code>",
            f'{escape(step.layer)}<br><span class="soft">{escape(step.kind)}</span>',
            f"<code>{escape(step.formula)}</code>",
            f'<span class="name">{by(step.shape)}</span>',
            f"{escape(shown(float(step.gradient[step.place])))}{strip(step.gradient, 'slopes')}",
            f'<span class="figures">{escape(step.figures())}</span>{strip(step.value, "its numbers")}',
        ]
        for step in trace.steps
    ]
    parts.append(table(["", "layer", "formula", "shape", "slope", "in figures"], rows, set(), "ledger"))
    found = trace.blame() if trace.parameters else []
    if found:
        parts.append(f"<h2>Blame: the weights on which {escape(trace.of)} depends most</h2>")
        parts.append(
            '<p class="soft">Each is nudged against its slope; what the slope predicts stands beside what was measured '
            "by computing everything again.</p>"
        )
        rows = [
            [f"<code>{escape(b.name)}</code>",
             *(escape(shown(v)) for v in (b.value, b.gradient, b.slope, b.nudge, b.predicted, b.measured))]
            for b in found
        ]  # fmt: skip
        heads = ["weight", "now", "slope", "measured slope", "nudge", "predicted", "measured"]
        parts.append(table(heads, rows, set(range(1, 7))))
    return "\n".join(parts)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: set[int], kind: str = "") -> str:
    """Return a table of cells that are HTML already; those of the columns in `numbers` stand to the right."""
    sides = [' class="number"' if place in numbers else "" for place in range(len(heads))]
    head = "".join(f"<th{side}>{escape(name)}</th>" for side, name in zip(sides, heads, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{side}>{cell}</td>' for side, cell in zip(sides, row, strict=True))}</tr>\n" for row in rows
    )
    return f'<div class="scroll"><table class="{kind}"><tr>{head}</tr>\n{body}</table></div>'
