"""`cutaway studio`: the page with every gear on show, on a server of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cutaway.cli.values import whole
from cutaway.errors import InputError

if TYPE_CHECKING:
    from cutaway.studio.case import Case
    from cutaway.studio.way import Way

Whole = Annotated[int, Parameter(converter=whole)]


def studio(
    what: Path | None = None,
    /,
    *,
    target: str | None = None,
    drop: Annotated[list[str] | None, Parameter(negative="")] = None,
    data: Path | None = None,
    rung: str | None = None,
    port: Whole = 0,
    save: Path | None = None,
    browser: Annotated[bool, Parameter(negative="--no-browser")] = True,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Watch a network learn in the browser, change it by hand, go back in time: on a table, on a run, or on the ladder.

    Without a table or a run it opens the ladder: line, neuron, layer, network, attention. Nothing leaves this machine,
    and nobody else can open the page: its address holds a secret. Ctrl-C ends it.

    Example: `cutaway studio houses.csv --target price`

    Parameters
    ----------
    what
        A table, or the folder of a run.
    target
        The column to predict; for a table.
    drop
        A column to leave out; may be repeated; for a table.
    data
        Where the rows of a run are, if not where they were.
    rung
        The rung of the ladder to begin with: line, neuron, layer, network or attention.
    port
        The port to listen on; one that is free when not given.
    save
        An HTML file to write when Ctrl-C ends it: the session as it is then, to be replayed without Python.
    browser
        Whether the page is opened in the browser.
    json_
        Print the address as JSON.
    quiet
        Print nothing but the address.
    """
    if not 0 <= port <= 65_535:
        raise InputError(f"--port is {port}; expected a number up to 65535, or none for a free one")
    if save is not None and save.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--save is {save}; expected a file such as session.html")
    if save is not None and not save.parent.is_dir():
        raise InputError(f"--save is {save}, and there is no folder {save.parent}; make it or choose another place")
    case, way = _opened(what, target, drop or [], data, rung)
    from cutaway.studio.browser import show
    from cutaway.studio.server import Server
    from cutaway.studio.session import Session

    session = Session(case, way)
    session.homes = (str(Path.cwd().resolve()), *([str(what.resolve())] if what is not None and target is None else []))
    server = Server(session, port)

    def started() -> None:
        if json_:
            sys.stdout.write(json.dumps({"address": server.address, "port": server.port}) + "\n")
        elif quiet:
            sys.stdout.write(f"{server.address}\n")
        else:
            from cutaway.cli.printable import printable

            sys.stdout.write(f"{printable(case.title)}: {server.address}\nCtrl-C ends it.\n")
        sys.stdout.flush()
        if browser:
            show(server.address)

    try:
        server.run(started)
    except KeyboardInterrupt:
        pass  # the way it is ended
    finally:
        if save is not None:
            from cutaway.studio.keeping import save as keep

            place = keep(session, save)
            if not (json_ or quiet):
                sys.stdout.write(f"{place}: the session, to be replayed without Python.\n")
    return 0


def _opened(
    what: Path | None, target: str | None, drop: list[str], data: Path | None, rung: str | None
) -> tuple[Case, Way]:
    """Return what is to be shown first."""
    from cutaway.studio.opening import open_material, open_run, open_rung
    from cutaway.studio.untrained import expect_run

    if what is None:
        for option, given in (("--target", target), ("--drop", drop), ("--data", data)):
            if given:
                raise InputError(
                    f"{option} is for a table or a run; name one: cutaway studio houses.csv --target price"
                )
        return open_rung(rung or "line")
    if rung is not None:
        raise InputError("--rung is for the ladder; leave it out, or leave out the table or run")
    if target is None:
        expect_run(what, shell=True)
        return open_run(what, data)
    if data is not None:
        raise InputError("--data is for a run; leave it out")
    from cutaway.data.reading import read_table
    from cutaway.studio.sources import of_table

    return open_material(of_table(read_table(what), target, drop))
