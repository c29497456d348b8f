"""`export`: a run written out for other programs."""

from __future__ import annotations

import keyword
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cutaway.atomic import write_complete
from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError
from cutaway.layers import Blend, Ensemble, Layer

FORMS = {"numpy": ".py", "onnx": ".onnx", "pytorch": ".py"}
"""What a run can be written as, and the ending of its file."""

LIBRARIES = ("numpy", "PIL", "onnx", "onnxruntime", "torch", "safetensors", "cutaway")
"""What written files import, or what is used beside them, besides the standard library."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    files  the file that was asked for first, then those that lie beside it
    notes  what a person has to know to use it, in sentences
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def export(run: Any, to: str, path: str | Path) -> Exported:
    """Write a run, or a network, as a file that other programs use.

    run    what `fit`, `train` or `load` returned, or a network
    to     "numpy": Python code that needs NumPy alone, preprocessing included. "pytorch": a module and its weights.
           "onnx": a graph, with the preprocessing in it as far as ONNX has operators for it
    path   of the file, ending in .py or .onnx; weights go beside it under the same name

    Everything is made before anything is written, and each file appears complete or not at all. Raises `InputError`
    for another form or ending, for a name that would hide a module, for layers that there is no such form of, and for
    a place that cannot be written to, or holds Python of someone else's.

    >>> import tempfile, cutaway as ca
    >>> net = ca.Sequential(ca.Dense(1)).build(2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [file.name for file in export(net, "numpy", f"{folder}/small.py").files]
    ['small.py', 'small.npz']
    """
    if to not in FORMS:
        raise InputError(f"export: to is {to!r}; {did_you_mean(str(to), FORMS)}")
    place = Path(path)
    if place.suffix != FORMS[to]:
        raise InputError(f"{place}: --to {to} writes a file that ends in {FORMS[to]}; choose such a name with -o")
    if to != "onnx" and not place.stem.isidentifier():
        raise InputError(
            f"{place}: {place.stem!r} is no name that Python can import; use letters, digits and _, a letter first"
        )
    if place.suffix == ".py" and is_taken(place.stem):
        raise InputError(
            f"{place}: {place.stem!r} is the name of a module or a word of Python; beside such a file, programs would "
            f"import it instead: choose another name with -o, such as {place.stem}_run.py"
        )
    if place.suffix == ".py" and _is_anothers(place):
        raise InputError(
            f"{place}: is there, and was not written by cutaway; it would be lost: choose another name with -o"
        )
    files, notes = written(run, to, place.stem)
    for name, content in files.items():  # the weights first: code never stands without them
        write_complete(place.with_name(name), content)
    others = [place.with_name(name) for name in files if name != place.name]
    return Exported((place, *others), tuple(notes))


def is_taken(name: str) -> bool:
    """Whether a Python file of this name would hide a module, or could not be imported at all.

    >>> [name for name in ("csv", "numpy", "class", "houses") if is_taken(name)]
    ['csv', 'numpy', 'class']
    """
    return name in sys.stdlib_module_names or name in LIBRARIES or keyword.iskeyword(name)


def _is_anothers(place: Path) -> bool:
    """Whether a file is there that this program did not write."""
    try:
        with place.open("rb") as file:
            return b"written by cutaway" not in file.read(1000)
    except FileNotFoundError:
        return False
    except OSError:
        return True


@dataclass(frozen=True)
class _Alone:
    """A network without a run."""

    network: Layer | Ensemble | Blend


def written(run: Any, to: str, name: str) -> tuple[dict[str, bytes], list[str]]:
    """Return the files of a run by name, the one with the code last, and what a person has to know of them."""
    run = run if hasattr(run, "network") and not isinstance(run, Layer | Ensemble) else _Alone(run)
    if to == "onnx":
        from cutaway.export.onnx_file import onnx_file

        return onnx_file(run, name)
    from cutaway.export.job_code import besides

    if to == "pytorch":
        from cutaway.export.pytorch_file import pytorch_file

        return pytorch_file(run, name), [f"it needs torch and safetensors{besides(run)}; nothing of cutaway"]
    from cutaway.export.numpy_file import numpy_file

    return numpy_file(run, name), [f"it needs NumPy alone{besides(run)}; nothing of cutaway"]
