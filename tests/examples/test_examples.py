"""Each example runs, prints, and does not contradict itself: it ends in assertions of its own."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(EXAMPLES.glob("*.py"))
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
SECONDS = 90  # far above what any takes, so that a slow machine is not a failure

# Some examples show what goes wrong, and are told so.
RUN = """
import runpy, sys, warnings
from cutaway.errors import FindingWarning
warnings.simplefilter("error")
warnings.simplefilter("ignore", FindingWarning)
runpy.run_path(sys.argv[1], run_name="__main__")
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_runs(path, tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", RUN, path],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(result.stdout.splitlines()) > 3
    assert not any(tmp_path.iterdir()), "an example leaves no files behind"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_is_short_says_how_to_run_it_and_asserts(path):
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert len(source.splitlines()) <= 80
    assert f"python examples/{path.name}" in (ast.get_docstring(tree) or "")
    assert any(isinstance(node, ast.Assert) for node in ast.walk(tree))


def test_are_numbered_in_learning_order():
    assert [int(path.name[:2]) for path in FILES] == list(range(1, len(FILES) + 1))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, tmp_path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in cells), "outputs are stripped"
    client = nbclient.NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    assert all(cell.outputs for cell in cells[1:]), "every cell after the first shows something"


def test_there_is_a_notebook():
    assert [path.stem for path in NOTEBOOKS] == ["network_by_hand"]
