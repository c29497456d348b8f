"""`ca.studio(…)`: the studio on whatever is at hand, as a widget in a notebook and as a page elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from cutaway.layers import Layer
    from cutaway.losses import Loss
    from cutaway.optimizers import Optimizer
    from cutaway.runs.run import Run
    from cutaway.studio.case import Case
    from cutaway.studio.way import Way


class Called(ModuleType):
    """The package `cutaway.studio`, which is also the function of that name: `ca.studio(network, X, y)`."""

    def __call__(
        self,
        what: Layer | Run | str | Path | None = None,
        X: Any = None,
        y: Any = None,
        *,
        loss: str | Loss | None = None,
        optimizer: str | Optimizer | None = None,
        batch_size: int | None = 32,
        validation: float | tuple[Any, Any] = 0.0,
        names: Sequence[str] = (),
        classes: Sequence[str] = (),
        target: str | None = None,
        data: Any = None,
        seed: int = 0,
        page: bool | None = None,
        wait: bool | None = None,
        browser: bool = True,
        port: int = 0,
    ) -> Any:
        """Show a network at work: every number forward, every blame back, to be changed by hand and rewound.

        what       a network, with X and y; a run; the folder of a run; a table, with `target`; or a rung of the ladder
                   (line, neuron, layer, network, attention); None: the ladder
        X, y       rows and targets, as for `ca.fit`; also for a run of arrays, which keeps none on disk
        loss       None: squared error, of classes cross-entropy
        optimizer  None: Adam, or that of the run
        batch_size, validation, seed   as for `ca.fit`
        names, classes   of the columns of X and of the classes; those of a data frame are known
        target     the column of a table that is to be predicted; of y its name
        data       of a run the rows, if they are not where they were
        page       True: a page of its own; False: a widget; None: a widget where a notebook can show one
        wait       whether a page is waited for until Ctrl-C; None: in a script, since its end would end the page
        browser, port   of a page: whether it is opened in the browser, and where it listens, 0 for a port that is free

        Training goes on in a thread: the notebook stays free. The network, the run and the rows given stay as they are;
        `session` of what is returned holds the copy on show. Returns the widget, or the `Window` of the page. Raises
        `InputError` for what cannot be shown.

        >>> import cutaway as ca
        >>> shown = ca.studio("neuron", page=True, wait=False, browser=False)  # doctest: +ELLIPSIS
        A neuron: http://127.0.0.1:.../?token=...
        >>> shown.session.case.rung
        'neuron'
        >>> shown.close()
        """
        from cutaway.studio.opening import open_arrays
        from cutaway.studio.session import Session

        if X is not None or y is not None:
            network = _network_of(what, X, y)
            held = getattr(X, "columns", None)
            case, way = open_arrays(
                network, X, y, loss=loss, optimizer="adam" if optimizer is None else optimizer, batch_size=batch_size,
                validation=validation, names=names or ([] if held is None else [str(name) for name in held]),
                classes=classes, target=target or str(getattr(y, "name", None) or "y"), seed=seed,
            )  # fmt: skip
        else:
            given = {"loss": loss, "optimizer": optimizer, "names": names, "classes": classes}
            case, way = _opened(what, target, data, {name: value for name, value in given.items() if value})
        session = Session(case, way)
        folder = [str(Path(what).resolve())] if isinstance(what, (str, Path)) and Path(what).is_dir() else []
        session.homes = (str(Path.cwd().resolve()), *folder)
        from cutaway.studio.widget import shown_in_notebook, widget
        from cutaway.studio.window import Window

        if page is False or (page is None and shown_in_notebook()):
            return widget(session)
        return Window.opened(session, wait, browser, port)


def _network_of(what: Any, X: Any, y: Any) -> Layer:
    """Return the network to show on arrays; `InputError` where something is missing."""
    from cutaway.errors import InputError
    from cutaway.layers import Ensemble, Layer
    from cutaway.runs.run import Run

    if X is None or y is None:
        raise InputError(f"studio: {'X' if X is None else 'y'} is missing; give rows and targets: ca.studio(net, X, y)")
    network = what.network if isinstance(what, Run) else what
    if isinstance(network, Ensemble):
        network = network[0]
    if not isinstance(network, Layer):
        raise InputError(
            f"studio: X and y are for a network or a run, and {what!r} is neither; give a layer such as "
            "Sequential(Dense(8), …)"
        )
    return network


def _opened(what: Any, target: str | None, data: Any, arrays: dict[str, Any]) -> tuple[Case, Way]:
    """Return what is to be shown where no arrays are given; `arrays` are options that only they take."""
    from cutaway.errors import InputError
    from cutaway.layers import Layer
    from cutaway.runs.run import Run
    from cutaway.studio.ladder import LADDER
    from cutaway.studio.opening import open_material, open_run, open_rung
    from cutaway.studio.sources import of_table
    from cutaway.studio.untrained import expect_run

    if isinstance(what, Layer):
        raise InputError("studio: a network is shown on rows; give them, too: ca.studio(net, X, y)")
    if arrays:
        raise InputError(f"studio: {next(iter(arrays))} is for a network with X and y; leave it out")
    if isinstance(what, Run):
        return of_run(what, data)
    if what is None or (isinstance(what, str) and what in [rung.name for rung in LADDER]):
        return open_rung("line" if what is None else what)
    place = Path(what) if isinstance(what, str) else what
    if target is not None:
        from cutaway.data.reading import table_from

        return open_material(of_table(table_from(what), target))
    if not isinstance(place, Path):
        raise InputError(
            f"studio: got {type(what).__name__}; expected a network with X and y, a run or its folder, a table with "
            "target=, or a rung of the ladder"
        )
    expect_run(place)
    return open_run(place, data)


def of_run(run: Run, data: Any = None) -> tuple[Case, Way]:
    """Return a run with the rows that it learned from: those of arrays where they are in memory still.

    Raises `InputError` where they are gone.
    """
    from cutaway.studio.opening import opened_run

    return opened_run(run, data)


# The folder and the function have one name: whoever imports the folder puts it where the function would be.
sys.modules["cutaway.studio"].__class__ = Called
studio = cast(Called, sys.modules["cutaway.studio"])
