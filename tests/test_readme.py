"""The README's Python runs as it stands, one block after another, in a folder with a table of penguins."""

import re
from pathlib import Path

import numpy as np
import pytest

README = Path(__file__).parents[1] / "README.md"


@pytest.fixture
def penguins(tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    lines = ["species,bill_length_mm,bill_depth_mm,sex"]
    for species, length, depth in (("Adelie", 38, 18), ("Chinstrap", 49, 18), ("Gentoo", 47, 15)):
        for _ in range(30):
            sex = random.choice(["male", "female"])
            lines.append(f"{species},{random.normal(length, 2):.1f},{random.normal(depth, 1):.1f},{sex}")
    (tmp_path / "penguins.csv").write_text("\n".join(lines))
    (tmp_path / "new.csv").write_text(
        "\n".join([lines[0].removeprefix("species,"), *(line.split(",", 1)[1] for line in lines[1:4])])
    )
    monkeypatch.chdir(tmp_path)


def test_the_python_of_the_readme_runs(penguins):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)
    assert len(names["run"].network) == 8
    np.testing.assert_allclose(
        names["ca"].gradients(names["loss"], names["m"]), -6 * np.mean(names["x"] ** 2), rtol=1e-6
    )


def test_the_tree_of_the_readme_names_every_folder():
    text = README.read_text(encoding="utf-8")
    folders = [path.parent.name for path in (README.parent / "cutaway").glob("*/__init__.py")]
    assert [folder for folder in folders if f"── {folder}/" not in text] == []
