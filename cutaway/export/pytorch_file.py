"""A run as a PyTorch module: a Python file, and its state dict as safetensors beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.export.job_code import job_of
from cutaway.export.members_of import Part, check_known, parts_of
from cutaway.export.pytorch_code import WRITERS, PyTorchCode
from cutaway.export.sources import Sources
from cutaway.export.written_file import npz_bytes, written_file

ENSEMBLE = '''class Ensemble(nn.Module):
    """Networks that answer together: each has a share in the answer."""

    def __init__(self, shares: list[float], members: list[nn.Module]) -> None:
        super().__init__()
        self.shares, self.members = shares, nn.ModuleList(members)

    def forward(self, x: Tensor) -> Tensor:
        """Return the members' outputs, by their shares."""
        return sum(share * member(x) for share, member in zip(self.shares, self.members))'''

LOAD = '''def load() -> nn.Module:
    """The network with its weights, as it evaluates."""
    model = network(){double}
    model.load_state_dict(load_file(Path(__file__).with_suffix(".safetensors")))
    return model.eval()'''


def pytorch_file(run: Any, name: str) -> dict[str, bytes]:
    """Return the files of a run, by name: `NAME.safetensors`, `NAME.py`, and `NAME.npz` for long lists of words.

    run    on a table, on pictures, on a text, or on arrays
    name   of the Python file, without its ending

    `load()` of that file gives the module; for one network it is what `torch.nn` has, as far as it has it. PyTorch
    itself is not needed here. Raises `InputError` for layers that there is no such form of.
    """
    from safetensors.numpy import save

    parts = parts_of(run.network)
    check_known(parts, tuple(WRITERS), "pytorch")
    sources = Sources()
    job = job_of(run, parts, sources)
    state, network = _network(parts, sources)
    libraries = [
        "import numpy as np", "import torch", "import torch.nn.functional as F",
        "from safetensors.torch import load_file", "from torch import Tensor, nn",
    ]  # fmt: skip
    start = ['WEIGHTS = dict(np.load(Path(__file__).with_suffix(".npz")))'] if sources.arrays else []
    own = ".double()" if parts[0].network.dtype == np.float64 else ""  # else they would be rounded on the way in
    network += [LOAD.replace("{double}", own), _outputs(parts, job.dtype)]
    beside = f"{name}.safetensors" + (f" and {name}.npz" if sources.arrays else "")
    text = written_file(name, job, "PyTorch", beside, libraries, start, network, sources)
    files = {f"{name}.safetensors": save({key: np.ascontiguousarray(array) for key, array in state.items()})}
    if sources.arrays:
        files[f"{name}.npz"] = npz_bytes(sources.arrays)
    return {**files, f"{name}.py": text}


def _network(parts: tuple[Part, ...], sources: Sources) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the weights by the names of the state dict, and the functions that make the modules."""
    state: dict[str, np.ndarray] = {}
    texts: list[str] = []
    made: list[str] = []
    alone = len(parts) == 1 and parts[0].members == 1
    place = 0
    for number, part in enumerate(parts):
        name = "network" if alone else "member" if len(parts) == 1 else f"member_{number}"
        for member in range(part.members):
            code = PyTorchCode(part.network, part.of(member))
            state |= {(key if alone else f"members.{place}.{key}"): array for key, array in code.weights.items()}
            place += 1
        sources.use("pytorch_layers", *code.used)
        lines = [*code.before, f"return {code.words}"]
        body = "\n".join(f"    {line}" for each in lines for line in each.split("\n"))
        texts.append(f'def {name}() -> nn.Module:\n    """The layers, with weights as PyTorch draws them."""\n{body}')
        made.append(f"[{name}() for _ in range({part.members})]")
    if not alone:
        shares = " + ".join(f"[{part.share!r} / {part.members}] * {part.members}" for part in parts)
        texts += [
            ENSEMBLE,
            f'def network() -> nn.Module:\n    """All the networks, without their weights."""\n'
            f"    return Ensemble({shares}, {' + '.join(made)})",
        ]
    return state, texts


def _outputs(parts: tuple[Part, ...], dtype: str) -> str:
    """Return the function `outputs`, and the model that it asks."""
    alone = len(parts) == 1 and parts[0].members == 1
    members = "[(1.0, MODEL)]" if alone else "zip(MODEL.shares, MODEL.members)"
    return "\n".join(
        [
            f"MODEL = load(){'.double()' if dtype == 'float64' else ''}",
            "",
            "",
            "def outputs(x: Array) -> Iterator[tuple[float, Array]]:",
            '    """Each network\'s share in the answer, and what it makes of x."""',
            f"    for share, member in {members}:",
            "        with torch.no_grad():",
            "            yield share, member(torch.as_tensor(x)).numpy()",
        ]
    )
