"""The glossary in docs/ideas names every idea's files; files and names exist, and none is missing."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IDEAS = ROOT / "docs" / "ideas"
GLOSSARY = IDEAS / "README.md"
PAGES = sorted(set(IDEAS.glob("*.md")) - {GLOSSARY})
# Every file in these folders holds an idea, or part of one.
FOLDERS = ("ops", "layers", "losses", "optimizers", "diagnosis")


def rows() -> list[tuple[str, str, str]]:
    """Return (idea, meaning, where) of each row of the glossary's tables."""
    lines = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    return [row for row in cells if row[0] != "idea"]


def places() -> list[tuple[str, tuple[str, ...]]]:
    """Return (path from the root, names said to be defined there) for each file of the glossary."""
    found = []
    for _, _, where in rows():
        for part in where.split("<br>"):
            match = re.fullmatch(r"\[[^\]]+\]\(\.\./\.\./([^)]+)\)(?:: (.+))?", part)
            assert match, f"the glossary's {part!r} is not '[file](../../path): `name`, `name`'"
            found.append((match[1], tuple(re.findall(r"`([^`]+)`", match[2] or ""))))
    return found


@cache
def defined(path: Path) -> frozenset[str]:
    """Return the functions, classes and constants a file defines (not what it imports)."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(names)


def links(page: Path) -> list[str]:
    """Return the relative links of a page."""
    return [link for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")) if "://" not in link]


def test_every_row_has_an_idea_a_meaning_and_a_place():
    assert len(rows()) > 30
    assert all(len(row) == 3 and all(row) for row in rows())
    ideas = [idea for idea, _, _ in rows()]
    assert len(set(ideas)) == len(ideas)


@pytest.mark.parametrize(("path", "names"), places(), ids=lambda value: value if isinstance(value, str) else "")
def test_file_exists_and_defines_the_names(path, names):
    assert (ROOT / path).is_file()
    missing = set(names) - defined(ROOT / path) if names else set()
    assert not missing, f"{path} does not define {sorted(missing)}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_is_missing(folder):
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "cutaway" / folder).glob("*.py")}
    files = {path for path in files if not path.endswith("__init__.py")}
    assert files <= {path for path, _ in places()}, f"say in {GLOSSARY.relative_to(ROOT)} which idea they hold"


def test_every_public_operation_layer_loss_and_optimizer_is_named():
    import cutaway as ca

    named = {name for _, names in places() for name in names}
    public = {*ca.ops.__all__, *ca.layers.__all__, *ca.losses.__all__, *ca.optimizers.__all__}
    assert not public - named - {"BY_NAME", "as_loss", "as_optimizer"}


def test_every_example_is_named():
    examples = {f"examples/{path.name}" for path in (ROOT / "examples").iterdir() if path.suffix in (".py", ".ipynb")}
    assert examples <= {path for path, _ in places()}


@pytest.mark.parametrize("page", [GLOSSARY, *PAGES], ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    broken = [link for link in links(page) if not (page.parent / link).exists()]
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_is_reached_is_short_and_leads_to_code(page):
    assert page.name in links(GLOSSARY)
    text = page.read_text(encoding="utf-8")
    assert 15 <= len(text.splitlines()) <= 60
    assert any(link.startswith("../../cutaway/") for link in links(page))
    assert any(link.startswith(("../../examples/", "../../tests/")) for link in links(page))
