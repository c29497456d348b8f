"""Where many fits run that know nothing of each other: here, one after another, or as tasks of a Ray cluster."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from cutaway.errors import InputError
from cutaway.version import __version__

# How often a fit is begun anew whose worker was lost: killed, out of memory, its machine gone.
RETRIES = 3
# What results depend on, and so what each worker must have in the version that is here.
PACKAGES = ("numpy", "jax", "jaxlib")
ADDRESS = re.compile(r"(?:ray://)?(?P<host>[^/\s:]+|\[[^\]\s]+\]):(?P<port>\d{1,5})")
LARGEST_PORT = 65535
SECONDS = 5.0  # in which a cluster must answer
LOOPBACK = "127.0.0.1"

Fit = Callable[[Any, Any], Any]


class Fits(Protocol):
    """Where fits run."""

    def each(self, fit: Fit, given: Any, items: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Give the place and the result of `fit(given, item)` for each item, as they are done.

        fit     a function of a module; what it returns follows from its arguments alone, and it changes none of them
        given   what all of them need, such as the rows: brought to where they run once

        Whoever stops asking ends those that are under way.
        """


class Here:
    """One after another, in this process."""

    def each(self, fit: Fit, given: Any, items: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Give place and result, in order.

        >>> list(Here().each(pow, 2, [3, 4]))
        [(0, 8), (1, 16)]
        """
        for place, item in enumerate(items):
            yield place, fit(given, item)


class OnRay:
    """As tasks of a Ray cluster that this process is connected to, one for each core that is free.

    A task whose worker is lost is begun anew, `RETRIES` times. Warnings of a fit are given here. Raises `InputError`
    where a worker lacks what a fit needs or has it in another version, and what the fit raises.

    Reference: Moritz et al., OSDI 2018, arXiv 1712.05889 (Ray).
    """

    def each(self, fit: Fit, given: Any, items: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Give place and result, in the order in which they are done."""
        import ray

        shared = ray.put(given)
        task = ray.remote(num_cpus=1, max_retries=RETRIES)(_fitted)
        versions = _versions()
        waiting = {task.remote(fit, versions, shared, item): place for place, item in enumerate(items)}
        try:
            while waiting:
                done, _ = ray.wait(list(waiting), num_returns=1)
                place = waiting.pop(done[0])
                result, told = _result(done[0], place, len(items))
                for category, words in told:
                    warnings.warn(words, category, stacklevel=2)
                yield place, result
        finally:
            for task_under_way in waiting:
                ray.cancel(task_under_way, force=True)


@contextmanager
def fits_on(on: str | None) -> Iterator[Fits]:
    """Give where fits run, for the length of a `with` block.

    on   None or "here": in this process. "ray": on the Ray cluster that this user has on this machine, or that
         RAY_ADDRESS names; where there is none, on one that is started, and stopped at the end, and that nobody reaches
         from outside this machine, or without the token in the user's home. "host:port": on the cluster whose head has
         that address and of which this machine is a node. "ray://host:port": on a cluster from outside, through its
         client server

    Raises `InputError` for another word, where Ray is not installed, and where no cluster answers.

    >>> with fits_on(None) as fits:
    ...     list(fits.each(pow, 3, [1, 2]))
    [(0, 3), (1, 9)]
    """
    address = check_on(on)
    if on in (None, "here"):
        yield Here()
        return
    where = str(on) if address is not None else found_cluster()
    # What Ray reads once, when it is imported. A cluster that is started to train on is nobody's to be counted; who
    # reaches its ports runs code on it, so it wants a token and listens on this machine's own address alone.
    starting = {} if where is not None else {"RAY_AUTH_MODE": "token", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    for name, value in {"RAY_USAGE_STATS_ENABLED": "0", **starting}.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as fault:
        raise InputError(f"on={on!r} needs Ray, which is not installed; run: pip install 'cutaway[ray]'") from fault
    if ray.is_initialized():  # by whoever called us, to whom it is left
        if address is not None:
            _check_connected(ray.get_runtime_context().gcs_address, address, str(on))
        yield OnRay()
        return
    if address is not None:
        _reach(address["host"].strip("[]"), int(address["port"]), str(on))
    with contextlib.redirect_stdout(sys.stderr):  # what it says is none of our output
        _connect(ray, where)
    try:
        yield OnRay()
    finally:
        ray.shutdown()


def check_on(on: str | None) -> re.Match[str] | None:
    """Return host and port of where fits are to run, None where no cluster is named; `InputError` for another word."""
    address = None if on in (None, "here", "ray") else ADDRESS.fullmatch(str(on))
    if on not in (None, "here", "ray") and address is None:
        raise InputError(f"on is {on!r}; expected 'here', 'ray', 'host:port' or 'ray://host:port'")
    if address is not None and not 1 <= int(address["port"]) <= LARGEST_PORT:
        raise InputError(f"on is {on!r}, whose port is {address['port']}; expected one from 1 to {LARGEST_PORT}")
    return address


def found_cluster() -> str | None:
    """Return the address of the Ray cluster that "ray" stands for, None where there is none to be joined.

    That is the one which `RAY_ADDRESS` names, else the one that this user has started on this machine, if it answers.
    Ray notes the latest in a folder that all users share: what another has written there is not followed, since with
    the rows and the network, code goes to a cluster, and comes back.
    """
    if told := os.environ.get("RAY_ADDRESS"):
        return told
    folder = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or "/tmp"
    try:
        with (Path(folder) / "ray" / "ray_current_cluster").open() as noted:
            if os.fstat(noted.fileno()).st_uid != os.getuid():
                return None
            host, _, port = noted.read().strip().rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS).close()
    except (OSError, ValueError, OverflowError):
        return None
    return f"{host}:{port}"


def _check_connected(found: str, address: re.Match[str], on: str) -> None:
    """Raise `InputError` unless the cluster that this process has joined already is the one that was asked for."""
    host, _, port = found.rpartition(":")
    # Outside of the cluster the port is that of the client server, which the cluster does not tell.
    if on.startswith("ray://") or (port == address["port"] and _alike(host, address["host"])):
        return
    raise InputError(
        f"on={on!r}: this process has joined the Ray cluster at {found} already; leave it first (ray.shutdown()), or "
        "name that one"
    )


def _alike(one: str, other: str) -> bool:
    """Whether two names are of one machine: of the same address, or both of this one, which has several."""
    try:
        first, second = (socket.gethostbyname(name.strip("[]")) for name in (one, other))
    except OSError:
        return one == other
    return first == second or (_ours(first) and _ours(second))


def _ours(host: str) -> bool:
    """Whether an address is one of this machine's: nothing can be bound to another's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
        return True


def _connect(ray: Any, address: str | None) -> None:
    how: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if address is None:
        ray.init(address="local", include_dashboard=False, _node_ip_address=LOOPBACK, **how)
        return
    # For a client from outside the head forks a server, which now and then never begins.
    for left in reversed(range(RETRIES if address.startswith("ray://") else 1)):
        try:
            ray.init(address=address, **how)
        except Exception as fault:  # it has a kind of its own for each way to fail
            if left and isinstance(fault, ConnectionError):
                continue
            raise InputError(f"on={address!r}: the Ray cluster there cannot be joined: {_first_line(fault)}") from fault
        return


def _reach(host: str, port: int, on: str) -> None:
    """Raise `InputError` unless something listens there: Ray would wait long, and say so in many lines."""
    try:
        socket.create_connection((host, port), timeout=SECONDS).close()
    except (OSError, OverflowError) as fault:
        raise InputError(
            f"on={on!r}: no Ray cluster answers at {host}:{port} ({fault}); start one there with `ray start --head`, "
            "and check host and port (6379, or 10001 after ray://)"
        ) from fault


def _fitted(fit: Fit, versions: dict[str, str], given: Any, item: Any) -> tuple[Any, list[tuple[type[Warning], str]]]:
    """Run one fit on a worker, and return its result and its warnings."""
    if (here := _versions()) != versions:
        differ = [name for name in here if here[name] != versions[name]]
        raise InputError(
            "on: a worker of the Ray cluster has "
            + ", ".join(f"{name} {here[name]} (here {versions[name]})" for name in differ)
            + ", and would compute other numbers; install the same versions there"
        )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = fit(given, item)
    ours = [(each.category, str(each.message)) for each in caught if each.category.__module__.startswith("cutaway")]
    return result, ours


def _result(reference: Any, place: int, count: int) -> tuple[Any, list[tuple[type[Warning], str]]]:
    """Return what a task returned; raise what it raised, and `InputError` where its worker was lost too often."""
    import ray

    try:
        found: tuple[Any, list[tuple[type[Warning], str]]] = ray.get(reference)
    except ray.exceptions.RayTaskError as fault:
        cause = fault.cause
        if isinstance(cause, ImportError):
            raise InputError(
                f"on: a worker of the Ray cluster cannot import what a fit needs ({cause}); install cutaway there, "
                "and your own modules"
            ) from None
        if isinstance(cause, Exception):
            raise cause from None
        raise
    except ray.exceptions.RayError as fault:
        raise InputError(
            f"on: fit {place + 1} of {count} was begun {RETRIES + 1} times, and each time its worker was lost: "
            f"{_first_line(fault)}"
        ) from fault
    return found


def _versions() -> dict[str, str]:
    """Return the version of each of `PACKAGES`, "none" where it is not installed, and our own."""
    found = {"cutaway": __version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "none"
    return found


def _first_line(fault: BaseException) -> str:
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    # A line that ends so says only that the next one says what.
    return " ".join(lines[:2] if lines[0].endswith(":") else lines[:1]) if lines else type(fault).__name__
