"""A diagnosis is a bystander of the training: a fault in it is told, and the training goes on without it."""

from __future__ import annotations

import os

# An environment variable: set, a fault in a diagnosis is raised, as the tests want it.
RAISES = "CUTAWAY_DIAGNOSIS_RAISES"


def passed_over(fault: BaseException) -> str:
    """Return what there is to say of a fault in a diagnosis.

    >>> import os, unittest.mock
    >>> with unittest.mock.patch.dict(os.environ, {"CUTAWAY_DIAGNOSIS_RAISES": ""}):
    ...     passed_over(ValueError("a check divides by 0"))
    'the diagnosis itself failed: ValueError: a check divides by 0; the training is not touched'
    """
    if os.environ.get(RAISES):
        raise fault
    words = " ".join(str(fault).split())[:300]
    return f"the diagnosis itself failed: {type(fault).__name__}: {words}; the training is not touched"
