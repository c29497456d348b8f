"""Every example in a docstring runs and prints what it says, in every module of the package."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import cutaway

# What comes with an extra: where it is not installed, a module that needs it is skipped and says so.
EXTRAS = ("jax", "jaxlib", "anywidget", "ipywidgets", "onnx", "torch")
MODULES = [
    "cutaway",
    *(
        module.name
        for module in pkgutil.walk_packages(cutaway.__path__, "cutaway.")
        if not module.name.endswith("__main__")
    ),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        cause = error if isinstance(error, ModuleNotFoundError) else error.__cause__
        missing = (getattr(cause, "name", None) or "").partition(".")[0]
        if missing not in EXTRAS:
            raise
        pytest.skip(f"{name} needs {missing}, which is not installed")
    assert doctest.testmod(module).failed == 0


def test_every_folder_of_the_package_is_walked():
    """A folder without __init__.py would be left out in silence."""
    root = Path(cutaway.__file__).parent
    files = (".".join(path.relative_to(root.parent).with_suffix("").parts) for path in root.rglob("*.py"))
    assert {name.removesuffix(".__init__") for name in files if not name.endswith("__main__")} == set(MODULES)
