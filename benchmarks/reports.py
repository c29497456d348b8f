"""What a run's report costs: seconds of a core from the saved run to its page, the data read again, and its bytes.

The process's own clock, and the least of several: what other programs take does not count. Nor do the trainings before.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cutaway as ca
from benchmarks.report import table, write
from cutaway.cli.main import main as cutaway

LETTERS = 60_000  # of the text
TEXT = Path(__file__).parent.parent / "docs"
# What is trained: the bundled data, and its effort.
JOBS: dict[str, tuple[str, str]] = {
    "iris, 150 rows, quick": ("iris", "quick"),
    "iris, 150 rows, standard": ("iris", "standard"),
    "diabetes, 442 rows, quick": ("diabetes", "quick"),
    "breast cancer, 569 rows, quick": ("breast_cancer", "quick"),
    "digits, 1,797 pictures, quick": ("pictures", "quick"),
    f"a text of {LETTERS:,} letters, quick": ("text", "quick"),
}
TARGETS = {"iris": "species", "diabetes": "progression", "breast_cancer": "diagnosis"}


def trained(folder: Path, what: str, effort: str) -> Path:
    """Train on bundled data, and return the run's folder."""
    out = folder / f"{what}-{effort}"
    how: dict[str, Any] = {"effort": effort, "progress": False, "report": False, "out": out}
    if what == "text":
        place = folder / "guides.txt"
        pages = "\n".join(page.read_text(encoding="utf-8") for page in sorted(TEXT.glob("guides/*.md")))
        place.write_text(pages[:LETTERS], encoding="utf-8")
        ca.train(place, **how)
    elif what == "pictures":
        cutaway(["data", "digits", "-o", str(folder / "digits")])
        ca.train(folder / "digits", **how)
    else:
        place = folder / f"{what}.csv"
        cutaway(["data", what, "-o", str(place)])
        ca.train(place, target=TARGETS[what], compare=False, **how)
    return out


def timed(run: Path, repeats: int) -> dict[str, float]:
    """Return the least seconds of a core that the report of a saved run takes, and the bytes of its page."""
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        page = ca.load(run).report(run / "page.html")
        seconds.append(time.process_time() - began)
    return {"seconds": min(seconds), "bytes": page.stat().st_size}


def main(repeats: int, quick: bool) -> None:
    figures = {}
    with TemporaryDirectory() as folder:
        for name, (what, effort) in list(JOBS.items())[: 1 if quick else None]:
            figures[name] = timed(trained(Path(folder), what, effort), 1 if quick else repeats)
    print(table([
        ["a report", "seconds", "kB"],
        *[[name, f"{each['seconds']:.2f}", f"{each['bytes'] / 1000:.0f}"] for name, each in figures.items()],
    ]))  # fmt: skip
    if not quick:
        print(write("reports", figures))
