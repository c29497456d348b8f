"""Each check has a page and a picture, whose numbers are the present ones; what the guides print is what comes out."""

import doctest
import inspect
import re
import sys
import warnings
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import cutaway as ca
from benchmarks.finding_pictures import BY_HEART, EXAMPLES, NUMBER, value
from benchmarks.findings import drawing
from cutaway.diagnosis import thresholds
from cutaway.diagnosis.checks import BY_NAME, CHECKS

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "findings"
INDEX = PAGES / "README.md"
NAMES = [check.name for check in CHECKS]
SHOWN = [*NAMES, BY_HEART]
ALL = [*SHOWN, "not_learning"]
GUIDES = (ROOT / "docs" / "guides" / "diagnosis.md", ROOT / "README.md")
ADDING = ROOT / "docs" / "adding-a-check.md"
HEADINGS = ["How it is measured", "Why it happens", "The fix", "Often confused with", "Source"]


def text_of(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_every_check_has_a_page_a_picture_and_a_line_and_every_page_a_check():
    assert {page.stem for page in PAGES.glob("*.md")} - {"README"} == set(ALL)
    assert {picture.stem for picture in (PAGES / "pictures").iterdir()} == set(SHOWN) == {*EXAMPLES, BY_HEART}
    listed = re.findall(r"^\| \[(\w+)\]\(\1\.md\) \|", INDEX.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == ALL  # in causal order


def test_every_check_and_every_fix_has_its_line_in_the_glossary():
    text = (ROOT / "docs" / "ideas" / "README.md").read_text(encoding="utf-8")
    files = [*(ROOT / "cutaway" / "diagnosis").glob("*/*.py")]
    assert [file for file in files if file.stem != "__init__" and f"/{file.parent.name}/{file.name})" not in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_page_names_the_thresholds_of_its_check_with_their_values(name):
    source = inspect.getsource(sys.modules[BY_NAME[name].look.__module__])
    used = {word for word in re.findall(r"\bat\.([A-Z][A-Z_]+)", source) if hasattr(thresholds, word)}
    named = dict(NUMBER.findall(text_of(name)))
    assert set(named) == used
    stale = {word: number for word, number in named.items() if number != value(word)}
    assert not stale, "run: python -m benchmarks finding_pictures --numbers"


def test_the_index_has_the_present_values():
    for word, number in [*NUMBER.findall(INDEX.read_text(encoding="utf-8")), *NUMBER.findall(text_of("not_learning"))]:
        assert number == value(word)


@pytest.mark.parametrize("name", ALL)
def test_a_page_has_all_its_parts(name):
    text = text_of(name)
    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
    if name in SHOWN:
        assert f"(pictures/{name}.svg)" in text
        assert re.search(rf"<!-- said -->\n.+\n\n```text\n{name}\b", text), "what the finding says of the training"
    assert 30 <= len(text.splitlines()) <= 90


@pytest.mark.parametrize("page", [*PAGES.glob("*.md"), *GUIDES, ADDING], ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_is_small_and_reads_in_light_and_dark(name):
    text = (PAGES / "pictures" / f"{name}.svg").read_text(encoding="utf-8")
    assert len(text.encode()) < 15_000 and "prefers-color-scheme: dark" in text
    picture = ElementTree.fromstring(text)
    kinds = [part.get("class", "").removesuffix("-dot") for part in picture.iter()]
    assert "well" in kinds and "faulty" in kinds
    width, height = (float(edge) for edge in picture.get("viewBox").split()[2:])
    for part in picture.iter():
        for across, most in (("x", width), ("cx", width), ("y", height), ("cy", height)):
            assert 0 <= float(part.get(across, 0)) <= most
    assert not re.search(r"\bnan\b|\binf\b", text)


def test_a_picture_of_numbers_that_are_known():
    """On an axis from 0 to 10, 5 is half way up; the band is from 2 to 8; what is not finite is marked."""
    course = [(0.0, 0.0), (1.0, 5.0), (2.0, 10.0)]
    axes = drawing.Axes((0.0, 100.0), (0.0, 2.0), (0.0, 10.0), log=False)
    assert axes.y(5.0) == pytest.approx((drawing.TOP + drawing.BOTTOM) / 2) and axes.x(1.0) == 50.0
    (band,) = axes.band((2.0, 8.0))
    assert f'y="{axes.y(8.0):.1f}"' in band and f'height="{axes.y(2.0) - axes.y(8.0):.1f}"' in band
    assert "not finite" in "".join(axes.line([*course, (3.0, np.nan)], "faulty"))
    assert "not finite" not in "".join(axes.line(course, "faulty"))
    logarithmic = drawing.Axes((0.0, 100.0), (0.0, 2.0), (1.0, 100.0), log=True)
    assert logarithmic.y(10.0) == pytest.approx((drawing.TOP + drawing.BOTTOM) / 2)
    assert drawing.ticks(0.0, 1.1, False) == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("name", ["too_few_updates", "dead_relu"])
def test_an_example_has_the_finding_and_its_twin_has_not(name):
    example = EXAMPLES[name]
    assert BY_NAME[name](example.faulty()) is not None
    assert BY_NAME[name](example.well()) is None


@pytest.fixture
def names():
    """Return what the code of pages takes for granted."""
    random = np.random.default_rng(0)
    X = random.normal(size=(40, 4)).astype(np.float32)
    y = np.arange(40) % 3
    return {
        "np": np, "ca": ca, "X": X, "y": y, "Y": np.eye(3)[y], "column": 3, "operation": ca.ops.exp,
        "net": ca.Sequential(ca.Dense(4), ca.ReLU(), ca.Dense(3)), "finding": None,
    }  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_the_code_of_a_page_is_code(name, names):
    """It is read by Python, and whatever it takes from this package is there."""
    for block in blocks(text_of(name), "python"):
        compile(block, name, "exec")
        for path in re.findall(r"\bca\.([\w.]+)", block):
            thing = ca
            for part in path.split("."):
                thing = getattr(thing, part)
        settings = [line for line in block.splitlines() if re.match(r"(optimizer|loss|ca\.|net)\b.*\)", line)]
        for line in settings:
            exec(compile(line, name, "exec"), dict(names))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_what_a_guide_prints_is_what_comes_out(guide):
    examples = "\n".join(blocks(guide.read_text(encoding="utf-8"), "pycon"))
    assert examples
    found = doctest.DocTestParser().get_doctest(examples, {}, guide.name, str(guide), 0)
    said: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        runner.run(found, out=said.append)
    assert not runner.failures, "".join(said)


def test_the_guide_watches_a_loop_in_pytorch():
    pytest.importorskip("torch")
    block = next(block for block in blocks(GUIDES[0].read_text(encoding="utf-8"), "python") if "watch" in block)
    names: dict[str, object] = {}
    exec(compile(block, "guide", "exec"), names)
    assert names["watched"].verdict().findings[0].check == "softmax_one_unit"


def test_the_check_that_is_added_works():
    names: dict[str, object] = {}
    for block in blocks(ADDING.read_text(encoding="utf-8"), "python"):
        if not block.startswith("Fault("):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(block, "adding a check", "exec"), names)
    assert names["few_rows"].name == "few_rows" not in BY_NAME
