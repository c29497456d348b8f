"""A trained network in one file: weights as safetensors; architecture and preprocessing as JSON in its header."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from cutaway.atomic import write_complete
from cutaway.data.encoders import TableEncoder
from cutaway.data.several_targets import AnyTarget, any_target_from_json
from cutaway.errors import InputError
from cutaway.layers import Blend, Ensemble, Layer
from cutaway.layers.layer import join
from cutaway.storage.architecture import ModelFileError, describe, rebuild

FORMAT = 1
HEADER = "cutaway"  # the one entry of the file's metadata
LARGEST_HEADER = 32 << 20  # bytes
MOST_MEMBERS = 10_000
MOST_PARTS = 1_000
DTYPES = {"F32": np.float32, "F64": np.float64}


class Preprocessing(Protocol):
    """How what a person has becomes a network's inputs: for each kind of data a class, whose objects are plain data."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data, which `from_json` of its class takes."""

    def example(self) -> np.ndarray:
        """Return one row of inputs, of the largest whole numbers where those are looked up."""


KINDS: dict[str, type] = {"table": TableEncoder}
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
        with safe_open(place, framework="np") as file:
            text = (file.metadata() or {}).get(HEADER)
            if text is None:
                raise ModelFileError("the file holds weights, but no network of cutaway")
            header = strict_header(text)
            arrays = {}
            for name in file.keys():  # noqa: SIM118 - the file is no dict
                kind = file.get_slice(name).get_dtype()
                if kind not in DTYPES:
                    raise ModelFileError(f"{name!r} holds {kind}, expected one of {', '.join(DTYPES)}")
                arrays[name] = file.get_tensor(name)
    except (SafetensorError, OSError, ValueError) as fault:
        if isinstance(fault, InputError):
            raise
        raise ModelFileError(f"this is not a network's file, or it is damaged ({fault})") from fault
    return header, arrays


def strict_header(text: str) -> dict[str, Any]:
    """Return JSON data that has no key twice, no NaN and no infinity; `ModelFileError` for any other text.

    >>> strict_header('{"format": 1, "format": 2}')
    Traceback (most recent call last):
    cutaway.storage.architecture.ModelFileError: the header has the key 'format' twice
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise ModelFileError(f"the header has the key {key!r} twice")
            found[key] = value
        return found

    def constant(word: str) -> Any:
        raise ModelFileError(f"the header holds {word}, which is no number")

    def number(digits: str) -> float:
        value = float(digits)
        return value if np.isfinite(value) else constant(digits)

    if len(text) > LARGEST_HEADER:
        raise ModelFileError(f"the header has {len(text)} characters, more than {LARGEST_HEADER}")
    try:
        data = json.loads(text, object_pairs_hook=once, parse_constant=constant, parse_float=number)
    except ModelFileError:
        raise
    except (ValueError, RecursionError) as fault:
        raise ModelFileError(f"the header is no JSON ({fault})") from fault
    if not isinstance(data, dict):
        raise ModelFileError(f"the header holds {type(data).__name__}, expected an object")
    return data


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
        _try_out(part.network if isinstance(part, Ensemble) else part, preprocessing.example(), outputs)
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
        vars(layer)[name] = np.array(one)
    for path, layer in network.named_layers():
        layer.path = path


def _whole(network: Layer, arrays: dict[str, np.ndarray], members: int | None) -> Layer | Ensemble:
    if members is None:
        return network
    params, state = network.parameters().keys(), network.state().keys()
    return Ensemble(
        copy.deepcopy(network), {path: arrays[path] for path in params}, {path: arrays[path] for path in state}
    )


def _try_out(network: Layer, row: np.ndarray, outputs: int) -> None:
    """Run one row through the network: every size must fit the next."""
    try:
        found = tuple(network(row).shape)
    except (InputError, ValueError, TypeError, IndexError, AttributeError) as fault:
        raise ModelFileError(f"the network does not take inputs of shape {row.shape[1:]} ({fault})") from fault
    if len(found) not in (2, 3) or (found[0], found[-1]) != (1, outputs):
        raise ModelFileError(f"the network's output for a row has shape {found}, the target needs {(1, outputs)}")
