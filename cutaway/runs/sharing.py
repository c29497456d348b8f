"""Who shares the work of one training: devices of this process, and of those that it has joined."""

from __future__ import annotations

from cutaway.backends.processes import processes
from cutaway.errors import InputError, whole


def sharing(engine: str, devices: int | None, members: int | None) -> tuple[str, int | None, str]:
    """Return the engine asked for, "xla" where work is shared, the devices of each process, and who shares, in words.

    engine   "numpy", "xla" or "auto"
    devices  of this process that share the work (None: as many as members can be divided among, else one)
    members  how many networks are trained side by side (None: one)

    The words are empty where nobody was asked to share. Raises `InputError` where it cannot be shared.

    >>> sharing("auto", 2, None)
    ('xla', 2, 'the rows of each batch are divided among 2 devices')
    >>> sharing("auto", None, 8)
    ('auto', None, '')
    """
    group = processes()
    check_devices(engine, devices)
    if not group.several and devices in (None, 1):
        return engine, devices, ""
    where = _where(devices)
    what = "the rows of each batch are" if members is None else f"{members} networks are"
    return "xla", devices, f"{what} divided among {where}"


def check_devices(engine: str, devices: int | None) -> None:
    """Raise `InputError` for a number of devices that no machine has, or that the engine cannot use.

    >>> check_devices("numpy", 2)
    Traceback (most recent call last):
    cutaway.errors.InputError: engine 'numpy' has one device, and 2 devices were asked for; leave one of the two out
    """
    if devices is not None:
        whole("devices", devices, 1)
    if engine == "numpy" and (processes().several or devices not in (None, 1)):
        raise InputError(
            f"engine 'numpy' has one device, and {_where(devices)} were asked for; leave one of the two out"
        )


def _where(devices: int | None) -> str:
    """Return who shares, in words."""
    group = processes()
    if not group.several:
        return f"{devices} devices"
    return f"{group.count} processes" + (f" of {devices} devices each" if devices not in (None, 1) else "")


def check_shared(effort: str, limit: float | None, devices: int | None, on: str | None) -> None:
    """Raise `InputError` for a job on a table whose parts could not be shared as they are asked to be."""
    several = processes().several
    if on is not None and (several or devices is not None):
        raise InputError(
            f"train: on={on!r} trains each network apart, where it has one device; leave out "
            + ("that, or use one process" if several else "that, or devices")
        )
    if several and effort == "best" and limit is not None:
        raise InputError(
            "train: with effort 'best' and a time limit each process would decide by its own clock which networks to "
            "try; give epochs instead of the limit, or use one process"
        )
