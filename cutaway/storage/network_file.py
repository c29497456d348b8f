"""A trained network in one file: weights as safetensors; architecture and preprocessing as JSON in its header."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from cutaway.atomic import write_complete
from cutaway.data.encoders import TableEncoder
from cutaway.data.picture_encoder import PictureEncoder
from cutaway.data.several_targets import AnyTarget, any_target_from_json
from cutaway.data.text_windows import TextWindows
from cutaway.errors import InputError
from cutaway.layers import Blend, Ensemble, Layer, Repeat
from cutaway.layers.layer import join
from cutaway.storage.architecture import ModelFileError, describe, rebuild
from cutaway.storage.header import check_outer_header, check_size, strict_header
from cutaway.storage.trial import try_out

FORMAT = 1
HEADER = "cutaway"  # the one entry of the file's metadata
MOST_MEMBERS = 10_000
MOST_PARTS = 1_000
MOST_ARRAYS = 100_000
MOST_NUMBERS = 1 << 34  # in all arrays together
DTYPES = {"F32": np.float32, "F64": np.float64}


class Preprocessing(Protocol):
    """How what a person has becomes a network's inputs: for each kind of data a class, whose objects are plain data."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data, which `from_json` of its class takes."""

    def example(self) -> np.ndarray:
        """Return one row of inputs, of the largest whole numbers where those are looked up."""


KINDS: dict[str, type] = {"text": TextWindows, "table": TableEncoder, "pictures": PictureEncoder}
"""What a file may hold besides a network, and the class of its preprocessing."""


@dataclass(frozen=True)
class NetworkFile:
    """What a file holds: a network, an `Ensemble` or a `Blend`, and for a job how its data becomes inputs and back."""

    network: Layer | Ensemble | Blend
    kind: str = "network"
    preprocessing: Any = None
    target: AnyTarget | None = None


def network_bytes(
    network: Layer | Ensemble | Blend, *, preprocessing: Preprocessing | None = None, target: AnyTarget | None = None
) -> bytes:
    """Return the content of a network's file; no training row is in it.

    The arrays are the parameters and the running state by path; those of an `Ensemble` have a leading member
    axis, those of the parts of a `Blend` paths that begin "0/", "1/", …. Raises `InputError` for a network that is
    not built, has weights that are not finite, or layers whose arguments are not plain data.
    """
    from safetensors.numpy import save

    members: Any
    described: Any
    arrays: dict[str, np.ndarray]
    if isinstance(network, Blend):
        members, described, arrays = [len(part) for part in network.parts], [], {}
        for place, part in enumerate(network.parts):
            described.append(describe(part.network))
            arrays |= {f"{place}/{path}": array for path, array in {**part.params, **part.state}.items()}
    elif isinstance(network, Ensemble):
        members, described = len(network), describe(network.network)
        arrays = {**network.params, **network.state}
    else:
        if not network.built:
            raise InputError("the network has no weights yet; fit it or call net.build(features) before saving")
        members, described, arrays = None, describe(network), {**network.parameters(), **network.state()}
    for path, array in arrays.items():
        if not np.isfinite(array).all():
            raise InputError(f"{path!r} holds values that are not finite; such a network is not saved")
    header = {
        "format": FORMAT,
        "kind": next((kind for kind, made in KINDS.items() if isinstance(preprocessing, made)), "network"),
        "members": members,
        "network": described,
        "shares": list(network.shares) if isinstance(network, Blend) else None,
        "preprocessing": None if preprocessing is None else preprocessing.to_json(),
        "target": None if target is None else target.to_json(),
    }
    text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    check_size(text)  # what could not be read again is not written
    content: bytes = save({path: np.ascontiguousarray(a) for path, a in arrays.items()}, {HEADER: text})
    return content


def write_network(
    path: str | Path,
    network: Layer | Ensemble | Blend,
    *,
    preprocessing: Preprocessing | None = None,
    target: AnyTarget | None = None,
) -> None:
    """Write a network to a file, which appears complete or not at all; see `network_bytes`."""
    write_complete(Path(path), network_bytes(network, preprocessing=preprocessing, target=target))


def read_network(path: str | Path, *, layers: Iterable[type] = ()) -> NetworkFile:
    """Read a network from a file.

    layers   classes of your own that the network is made of

    Nothing in the file is run, imported or looked up elsewhere. Raises `ModelFileError` for a file that is
    damaged, of another version, or holds anything unknown, and says what.
    """
    place = Path(path)
    try:
        header, arrays = _opened(place)
        return _restored(header, arrays, layers)
    except InputError as fault:
        if not isinstance(fault, ModelFileError) and "layers:" in str(fault):
            raise
        raise ModelFileError(f"{place}: {fault}") from fault


def _opened(place: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the header and the arrays of a file."""
    from safetensors import SafetensorError, safe_open

    if not place.is_file():
        raise ModelFileError("there is no such file" if not place.exists() else "this is not a file")
    try:
        check_outer_header(place)
        with safe_open(place, framework="np") as file:
            text = (file.metadata() or {}).get(HEADER)
            if text is None:
                raise ModelFileError("the file holds weights, but no network of cutaway")
            header = strict_header(text)
            names, numbers = list(file.keys()), 0
            if len(names) > MOST_ARRAYS:
                raise ModelFileError(f"there are {len(names)} arrays, more than {MOST_ARRAYS}")
            for name in names:  # before any of them is read
                part = file.get_slice(name)
                if part.get_dtype() not in DTYPES:
                    raise ModelFileError(f"{name!r} holds {part.get_dtype()}, expected one of {', '.join(DTYPES)}")
                numbers += math.prod(part.get_shape())
            if numbers > MOST_NUMBERS:
                raise ModelFileError(f"there are {numbers} weights, more than {MOST_NUMBERS}")
            arrays = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, ValueError) as fault:
        if isinstance(fault, InputError):
            raise
        raise ModelFileError(f"this is not a network's file, or it is damaged ({fault})") from fault
    return header, arrays


def _restored(header: dict[str, Any], arrays: dict[str, np.ndarray], own: Iterable[type]) -> NetworkFile:
    version = header.get("format")
    if version != FORMAT or isinstance(version, bool):
        raise ModelFileError(f"the file's format is {version!r}; this version of cutaway reads {FORMAT}")
    expected = {"format", "kind", "members", "network", "shares", "preprocessing", "target"}
    if header.keys() != expected:
        raise ModelFileError(f"the header has {sorted(header)}, expected {sorted(expected)}")
    shares = header["shares"]
    network: Layer | Ensemble | Blend
    if shares is None:
        network = _one(header["network"], header["members"], arrays, own)
    else:
        network = _blended(header["network"], header["members"], shares, arrays, own)
    kind = header["kind"]
    if kind == "network":
        if header["preprocessing"] is not None or header["target"] is not None:
            raise ModelFileError("a plain network has preprocessing or a target")
        return NetworkFile(network)
    if not isinstance(kind, str) or kind not in KINDS:
        raise ModelFileError(f"the file holds a {kind!r}; expected one of 'network', {', '.join(map(repr, KINDS))}")
    preprocessing = KINDS[kind].from_json(header["preprocessing"])  # type: ignore[attr-defined]
    target = None if header["target"] is None else any_target_from_json(header["target"])
    if (target is None) != hasattr(preprocessing, "outputs"):
        raise ModelFileError(f"the file of kind {kind!r} {'lacks a' if target is None else 'has a'} target")
    outputs = preprocessing.outputs if target is None else target.outputs
    for part in network.parts if isinstance(network, Blend) else [network]:
        try_out(part.network if isinstance(part, Ensemble) else part, preprocessing.example(), outputs)
    return NetworkFile(network, kind, preprocessing, target)


def _blended(described: Any, members: Any, shares: Any, arrays: dict[str, np.ndarray], own: Iterable[type]) -> Blend:
    """Return the ensembles of a blend, each from the arrays whose paths begin with its place."""
    lists = all(isinstance(each, list) and len(each) == len(shares) for each in (described, members, shares))
    numbers = lists and all(isinstance(share, (int, float)) and 0 < share <= 1 for share in shares)
    if not numbers or not 1 <= len(shares) <= MOST_PARTS or abs(sum(shares) - 1) > 1e-9:
        raise ModelFileError(f"shares is {shares!r}; expected numbers that sum to 1, one for each network of the blend")
    own = list(own)
    parts: list[Ensemble] = []
    for place in range(len(shares)):
        inside = {
            path.removeprefix(f"{place}/"): array for path, array in arrays.items() if path.startswith(f"{place}/")
        }
        part = _one(described[place], members[place], inside, own)
        if not isinstance(part, Ensemble):
            raise ModelFileError(f"part {place} of the blend has no members")
        parts.append(part)
    if sum(len(part.params) + len(part.state) for part in parts) != len(arrays):
        raise ModelFileError("there are weights that belong to no part of the blend")
    return Blend(parts, shares)


def _one(described: Any, members: Any, arrays: dict[str, np.ndarray], own: Iterable[type]) -> Layer | Ensemble:
    """Return a network, or an ensemble where there are members."""
    if members is not None and (
        not isinstance(members, int) or isinstance(members, bool) or not 1 <= members <= MOST_MEMBERS
    ):
        raise ModelFileError(f"members is {members!r}, expected a whole number from 1 to {MOST_MEMBERS}, or null")
    network = rebuild(described, own)
    _fill(network, arrays, members)
    return _whole(network, arrays, members)


def _fill(network: Layer, arrays: dict[str, np.ndarray], members: int | None) -> None:
    """Give each layer its arrays (the first member's), after checking that they are the ones it declares."""
    places = {
        join(path, name): (layer, name, declaration)
        for path, layer in network.named_layers()
        for name, declaration in layer._declared.items()
    }
    if places.keys() != arrays.keys():
        missing, extra = sorted(places.keys() - arrays.keys()), sorted(arrays.keys() - places.keys())
        raise ModelFileError(f"the weights do not fit the layers: missing {missing[:5]}, not known {extra[:5]}")
    if len({array.dtype for array in arrays.values()}) > 1:
        raise ModelFileError("the weights are of several number types, expected one")
    features: dict[int, int] = {}
    for path, (layer, name, declaration) in places.items():
        array = arrays[path]
        if members is not None and array.shape[:1] != (members,):
            raise ModelFileError(f"{path!r} has shape {array.shape}, expected {members} members along its first axis")
        if not np.isfinite(array).all():
            raise ModelFileError(f"{path!r} holds values that are not finite")
        one = array if members is None else array[0]
        times = _times(network, path)
        if one.shape[: len(times)] != times:
            raise ModelFileError(f"{path!r} has shape {one.shape}, expected {times} blocks along its first axes")
        stacked, one = one, one[(0,) * len(times)] if times else one
        if not callable(declaration.shape):
            # "features" is whatever the input had when the network was built, the same for the whole layer.
            sizes = [
                features.setdefault(id(layer), found) if size == "features" else size
                for size, found in zip(declaration.shape, one.shape, strict=False)
            ]
            if tuple(sizes) != one.shape or len(declaration.shape) != one.ndim:
                raise ModelFileError(
                    f"{path!r} has shape {one.shape}, expected {tuple(declaration.shape)} for {type(layer).__name__}"
                )
        # The layer is not built yet, so that its own check on assignment has nothing to compare with.
        vars(layer)[name] = np.array(stacked)
    for path, layer in network.named_layers():
        layer.path = path


def _times(network: Layer, path: str) -> tuple[int, ...]:
    """Return how often the blocks are repeated that an array is in, from the outermost: its first axes."""
    return tuple(
        layer.times
        for place, layer in network.named_layers()
        if isinstance(layer, Repeat) and path.startswith(join(place, "block."))
    )


def _whole(network: Layer, arrays: dict[str, np.ndarray], members: int | None) -> Layer | Ensemble:
    if members is None:
        return network
    params, state = network.parameters().keys(), network.state().keys()
    return Ensemble(
        copy.deepcopy(network), {path: arrays[path] for path in params}, {path: arrays[path] for path in state}
    )
