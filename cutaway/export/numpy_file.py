"""A run as one Python file that needs NumPy alone, and a file of weights beside it."""

from __future__ import annotations

from typing import Any

from cutaway.export.job_code import job_of
from cutaway.export.members_of import Part, check_known, parts_of
from cutaway.export.numpy_code import WRITERS, NumpyCode
from cutaway.export.sources import BESIDE, Sources
from cutaway.export.written_file import npz_bytes, written_file


def numpy_file(run: Any, name: str) -> dict[str, bytes]:
    """Return the files of a run, by name: `NAME.npz` and `NAME.py`.

    run    on a table, on pictures, on a text, or on arrays
    name   of the Python file, without its ending

    Raises `InputError` for layers that there is no such form of.
    """
    parts = parts_of(run.network)
    check_known(parts, tuple(WRITERS), "numpy")
    sources = Sources()
    job = job_of(run, parts, sources)
    start = [
        'WEIGHTS = dict(np.load(Path(__file__).with_suffix(".npz")))',
        f'LAYERS = {{path: array for path, array in WEIGHTS.items() if not path.startswith("{BESIDE}")}}',
    ]
    network = [*_networks(parts, sources), _outputs(parts, job.dtype)]
    text = written_file(name, job, "NumPy alone", f"{name}.npz", ["import numpy as np"], start, network, sources)
    weights = {
        (f"{place}/{path}" if len(parts) > 1 else path): array
        for place, part in enumerate(parts)
        for path, array in part.arrays.items()
    }
    return {f"{name}.npz": npz_bytes({**sources.arrays, **weights}), f"{name}.py": text}


def _networks(parts: tuple[Part, ...], sources: Sources) -> list[str]:
    texts = []
    for place, part in enumerate(parts):
        code = NumpyCode(part.network)
        sources.use("numpy_layers", *code.used)
        texts.append(code.function("network" if len(parts) == 1 else f"network_{place}"))
    return texts


def _outputs(parts: tuple[Part, ...], dtype: str) -> str:
    """Return the function `outputs`."""
    lines = [
        "def outputs(x: Array) -> Iterator[tuple[float, Array]]:",
        '    """Each network\'s share in the answer, and what it makes of x."""',
    ]
    for place, part in enumerate(parts):
        name, path, chosen = "network", "path", ""
        if len(parts) > 1:
            name, path, chosen = f"network_{place}", f"path[{len(str(place)) + 1}:]", f' if path.startswith("{place}/")'
        share = "1.0" if part.share == 1 else repr(part.share)
        lines += [
            f"    for member in range({part.members}):",
            f'        w = {{{path}: array[member].astype("{dtype}") for path, array in LAYERS.items(){chosen}}}',
            f"        yield {share} / {part.members}, {name}(x, w)",
        ]
    return "\n".join(lines)
