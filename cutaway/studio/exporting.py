"""The network on show as a file: NumPy code, PyTorch code, ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.export.export import FORMS, is_taken, written
from cutaway.studio.arguments import Arguments
from cutaway.studio.session import Session


def export(session: Session, asked: Arguments, client: Any) -> Any:
    """Return the files of the network as it stands; of the preprocessing, nothing goes along."""
    to, name = asked.choice("to", tuple(FORMS)), asked.text("name", "network", 60)
    asked.done()
    if not name.isidentifier() or is_taken(name):
        raise InputError(f"export: {name!r} is no name that Python can import; use letters, digits and _")
    now = session.shown()
    files, notes = written(now.case.at(now.moment), to, name)
    inputs = list(now.case.material.inputs)
    said = [f"inputs, in this order: {', '.join(inputs[:40])}{' …' if len(inputs) > 40 else ''}"] if inputs else []
    if now.case.material.encode is not None:
        said.append(
            "what goes in is encoded and scaled as the studio shows it (x); a run of cutaway train exports that too"
        )
    return {
        "files": [{"name": file, "bytes": np.frombuffer(content, np.uint8)} for file, content in files.items()],
        "notes": [*notes, *said],
    }
