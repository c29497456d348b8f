"""`python -m benchmarks finding_pictures`: the pictures, words and numbers of the pages in docs/findings.

Each picture is of two real trainings, with a fault and without. Beside it the page gets what the finding says of the
first, and the present values of the thresholds that it names.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from benchmarks.findings import of_data, of_heads, of_networks, of_steps, one_batch
from benchmarks.findings.drawing import picture, shown
from benchmarks.findings.example import Example
from cutaway.diagnosis import cannot_overfit_one_batch, thresholds
from cutaway.diagnosis.checks import BY_NAME, CHECKS
from cutaway.diagnosis.course import first_loss
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.telling import told
from cutaway.diagnosis.verdict import Verdict, verdict
from cutaway.records import Finding

PAGES = Path(__file__).parents[1] / "docs" / "findings"
PICTURES = PAGES / "pictures"
EXAMPLES = {
    each.check: each for part in (of_data, of_heads, of_networks, of_steps) for each in part.EXAMPLES
}  # fmt: skip
# What no check finds, but an experiment.
BY_HEART = "cannot_overfit_one_batch"
NUMBER = re.compile(r"`([A-Z_]+)` = (-?\d+(?:\.\d+)?(?:e-?\d+)?)")
SAID = re.compile(r"(<!-- said -->\n).*?(<!-- end -->)", re.DOTALL)


def main(quick: bool = False, only: str = "", numbers: bool = False) -> None:
    """Write pictures, what is said and numbers; with `only` of one finding, with `numbers` nothing but the numbers."""
    names = [name for name in (*(check.name for check in CHECKS), BY_HEART) if only in ("", name)]
    for name in [] if numbers else names[:2] if quick else names:
        svg, said = learned_by_heart() if name == BY_HEART else example(EXAMPLES[name])
        print(f"{name}: {len(svg.encode()) / 1000:.1f} kB")
        if quick:
            continue
        PICTURES.mkdir(parents=True, exist_ok=True)
        (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")
        page = PAGES / f"{name}.md"
        if page.exists():
            page.write_text(SAID.sub(lambda match: match[1] + said + match[2], page.read_text("utf-8")), "utf-8")  # noqa: B023
    for page in [] if quick else sorted(PAGES.glob("*.md")):
        before = page.read_text("utf-8")
        if (after := NUMBER.sub(present, before)) != before:
            page.write_text(after, "utf-8")


def present(match: re.Match[str]) -> str:
    """Return a threshold as pages have it, with its present value.

    >>> present(NUMBER.match("`FALSE_PROOFS` = 7"))
    '`FALSE_PROOFS` = 0.05'
    """
    return f"`{match[1]}` = {value(match[1])}"


def value(name: str) -> str:
    """Return a threshold's value in words of pages."""
    number: Any = getattr(thresholds, name)
    return shown(float(number))


def example(of: Example) -> tuple[str, str]:
    """Train both, and return the picture and what the page says of the faulty one."""
    faulty, well = of.faulty(), of.well()
    ruling = verdict(faulty)
    finding, standing = standing_of(ruling, of.check, faulty)
    if of.check in [each.check for each in verdict(well).findings]:
        raise SystemExit(f"{of.check}: the training without the fault has the finding too")
    unit, lengths = unit_of(faulty, well)
    losses, left = courses(faulty, well, of.held_out)
    quantities = [shortened(of.quantity(each), length) for each, length in zip((faulty, well), lengths, strict=True)]
    svg = picture(
        f"{of.check}: a training that has it beside one that has not",
        (shortened(losses[0], lengths[0]), shortened(losses[1], lengths[1])), left, (quantities[0], quantities[1]),
        of.words, finding.normal if of.band else (None, None), of.log, unit,
    )  # fmt: skip
    return svg, f"{standing}\n\n```text\n{told(finding)}\n```\n"


def learned_by_heart() -> tuple[str, str]:
    """Do the experiment with both, and return the picture and what the page says of the faulty one."""
    faulty, well = (one_batch.run_of(misread) for misread in (True, False))
    assert faulty.evidence is not None and well.evidence is not None
    finding = faulty.diagnose(budget=100.0).findings[0]
    if finding.check != BY_HEART:
        raise SystemExit(f"{BY_HEART}: not the first finding in its own example, but {finding.check}")
    losses, left = courses(faulty.evidence, well.evidence, False)
    quantities = []
    for run in (faulty, well):
        assert run.setup is not None
        done = cannot_overfit_one_batch.one_batch(run.setup, 100.0)
        assert done is not None and done.learned is (run is well)
        quantities.append([(float(step), loss / done.nothing) for step, loss in done.courses[done.rate]])
    svg = picture(
        f"{BY_HEART}: a training that has it beside one that has not", (losses[0], losses[1]), left,
        (quantities[0], quantities[1]), "loss on 16 rows, over that of knowing nothing", finding.normal, True,
    )  # fmt: skip
    return svg, f"`run.diagnose()` of the training in the picture has it first:\n\n```text\n{told(finding)}\n```\n"


def standing_of(ruling: Verdict, name: str, evidence: Evidence) -> tuple[Finding, str]:
    """Return the finding of that name and, in words, what the verdict makes of it."""
    for place, cause in enumerate(ruling.findings):
        if cause.check == name:
            first = "is the first finding" if place == 0 else "is a finding beside " + ruling.findings[0].check
            return cause, f"Of the training in the picture it {first}:"
        for each in cause.consequences:
            if each.check == name:
                return each, f"In the picture it follows from `{cause.check}`, under which it is folded:"
    for note in ruling.notes:
        if note.check == name:
            return note, "Of the training in the picture it is a note, since no harm could be measured:"
    finding = BY_NAME[name](evidence)
    if finding is None:
        raise SystemExit(f"{name}: not found in its own example; what is found: {ruling}")
    return finding, f"In the picture it is less likely than `{ruling.findings[0].check}`, which stands first:"


def unit_of(faulty: Evidence, well: Evidence) -> tuple[str, tuple[float, float]]:
    """Return in what trainings are counted and how many steps that is: epochs, where their steps are not to compare."""
    steps = [each.history[-1].step for each in (faulty, well)]
    epochs = [each.history[-1].epoch for each in (faulty, well)]
    if steps[0] == steps[1] or epochs[0] != epochs[1]:
        return "step", (1.0, 1.0)
    return "epoch", (steps[0] / epochs[0], steps[1] / epochs[1])


def shortened(measured: Any, length: float) -> Any:
    """Return a course over steps as one over units of so many steps; a single number as it is."""
    return measured if isinstance(measured, (int, float)) else [(step / length, number) for step, number in measured]


def courses(faulty: Evidence, well: Evidence, held_out: bool) -> tuple[Any, str]:
    """Return the losses of both over the steps; of losses that cannot be compared, over those before the first step."""
    alike = faulty.loss == well.loss and math.isclose(faulty.targets.std, well.targets.std, rel_tol=0.5)
    courses = []
    for evidence in (faulty, well):
        size = 1.0 if alike else first_loss(evidence)
        start = [] if held_out else [(0.0, first_loss(evidence) / size)]
        losses = [(each.step, each.validation if held_out else each.loss) for each in evidence.history]
        courses.append([*start, *((float(step), loss / size) for step, loss in losses if loss is not None)])
    words = "loss on rows held out" if held_out else "training loss"
    return courses, words if alike else "loss, over that before the first step"
