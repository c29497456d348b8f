"""A Python file put together from sections, with the imports that they need."""

from __future__ import annotations

import io
import re

import numpy as np

from cutaway.export.copying import copied
from cutaway.export.job_code import Job
from cutaway.export.sources import Sources
from cutaway.version import __version__

MODULES = ("csv", "datetime", "gzip", "math", "os", "re", "sys", "unicodedata", "zlib")
FROM = {
    "collections": ("Counter",),
    "collections.abc": ("Callable", "Iterator", "Mapping", "Sequence"),
    "itertools": ("pairwise",),
    "pathlib": ("Path",),
    "typing": ("Any",),
}
TYPES = {
    "Array": "Array = np.ndarray",
    "Rows": "Rows = Sequence[Mapping[str, Any]]",
    "Network": "Network = Callable[[Array], Array]",
}


def written_file(
    name: str, job: Job, form: str, weights: str, libraries: list[str], start: list[str], network: list[str],
    sources: Sources,
) -> bytes:  # fmt: skip
    """Return the file's text.

    name       of the file, without its ending
    form       what it is written in: "NumPy"
    weights    the names of the files that lie beside it
    libraries  lines that import what is not in the standard library
    start      lines before the first section, such as those that read the weights
    network    the functions or classes that are the network
    """
    functions = {file: copied(file, names) for file, names in sorted(sources.used.items())}
    layers = [text for file, text in functions.items() if file.endswith("_layers") and text]
    data = [text for file, text in functions.items() if not file.endswith("_layers") and text]
    sections = {"data": data, "layers": layers, "the network": network, "answers": job.code}
    whole = "\n\n\n".join("\n\n\n".join([f"# ---- {title}", *texts]) for title, texts in sections.items() if texts)
    types = [line for word, line in TYPES.items() if _stands(word, whole)]
    everything = "\n".join([whole, *types, *start])
    imports = [f"import {module}" for module in MODULES if re.search(rf"\b{module}\.", everything)]
    for module, words in FROM.items():
        found = [word for word in words if _stands(word, everything)]
        imports += [f"from {module} import {', '.join(found)}"] if found else []
    what = job.what.replace("\\", "/").replace('"""', "'''")
    what = what if len(what) < 80 else f"{what[:79]}…"
    head = [
        f'"""{what}, in {form}{job.besides}; written by cutaway {__version__}.',
        "",
        f"    python {name}.py {job.use}",
        f"    from {name} import {job.names}",
        "",
        f"The weights lie beside this file, in {weights}; keep them together.",
        '"""',
    ]
    lines = [*head, "", "from __future__ import annotations", "", *imports, "", *libraries, "", *types, *start]
    return "\n".join([*lines, "", "", whole, ""]).encode()


def npz_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """Return arrays as the content of an .npz file."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return content.getvalue()


def _stands(word: str, text: str) -> bool:
    return re.search(rf"\b{word}\b", text) is not None
