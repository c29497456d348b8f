"""The worked example of docs/adding-an-operation.md runs as it stands, block after block."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

from cutaway import Tensor, gradients, ops

from .cases import Case, numbers

PAGE = Path(__file__).parents[2] / "docs" / "adding-an-operation.md"


def test_the_worked_example(monkeypatch):
    rule, check, row = map(
        textwrap.dedent,
        re.findall(r"^ *```python\n(.*?)^ *```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE),
    )
    names = {"__name__": "example"}
    exec(rule, names)
    exec(check, names)
    operation = names["square_plus_one"]
    assert operation(3.0) == 10.0
    x = Tensor(np.array(3.0))
    assert gradients(operation(x), x) == 6

    monkeypatch.setattr(ops, "square_plus_one", operation, raising=False)
    case = eval(row, {"Case": Case, "numbers": numbers})
    x = Tensor(case.floats()[0])
    np.testing.assert_array_equal(gradients(ops.sum(case(x)), x), case.stated[0])


@pytest.mark.parametrize("name", ["cutaway/ops/__init__.py", "tests/ops/cases.py", "tests/ops/test_fused.py"])
def test_the_files_it_names_are_there(name):
    assert name in PAGE.read_text("utf-8")
    assert (PAGE.parents[1] / name).is_file()
