"""`cutaway landscape`: the loss around the weights of a run, as a picture and as data."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cutaway.cli.values import whole
from cutaway.errors import InputError

PICTURES, NUMBERS = (".svg", ".png", ".pdf"), (".json", ".npz")


def landscape(
    run: Path,
    /,
    *,
    data: Path | None = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    numbers: Path | None = None,
    weight: Annotated[list[str] | None, Parameter(negative="")] = None,
    random: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    network: Annotated[int, Parameter(converter=whole)] = 1,
    points: Annotated[int | None, Parameter(converter=whole)] = None,
    span: float | None = None,
    rows: Annotated[int | None, Parameter(converter=whole)] = None,
    seed: Annotated[int, Parameter(converter=whole)] = 0,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Draw the loss of a run over a plane through its weights, and say how sharply it bends.

    The plane is that nearest to the way which the training took, with the way drawn. With two --weight it is of these
    two weights, all others as they are. A run that was gone on with, one of effort best on a table, very large
    networks, and networks but the first have no way that is kept: with --random, and for those, the plane is of two
    random directions, each neuron's weights moved by as much as they are long. The rows are those that the run learned
    from, read once more from where it found them, where they must be unchanged; others are given with --data.

    Example: `cutaway landscape runs/houses -o landscape.png`

    Parameters
    ----------
    run
        The run's folder.
    data
        A table of rows with the target, a folder of pictures by class, or a text.
    out
        The picture: .svg, or .png and .pdf (with cutaway[plot]); NAME-landscape.svg when not given.
    numbers
        A file for the numbers behind the picture: .json or .npz.
    weight
        A weight, such as "2.weight[0, 3]"; given twice.
    random
        Take the plane of random directions.
    network
        Which of several networks, counted from 1.
    points
        Of the grid along each side; 41, of pictures and texts 21, when not given.
    span
        How far the picture reaches to either side of the network, in units of its axes.
    rows
        How many rows the loss is over at most; when not given, 2,048 of a table, 256 pictures, 2,048 tokens of a text.
    seed
        Of the random directions and rows.
    json_
        Print the numbers as JSON; no picture is written unless --out says where.
    quiet
        Print nothing but errors.
    """
    from cutaway.runs.landscape import landscape as landscape_of
    from cutaway.runs.load import load
    from cutaway.runs.run import Run

    for option, file, endings in (("--out", out, PICTURES), ("--numbers", numbers, NUMBERS)):
        if file is not None and (file.is_dir() or file.suffix.lower() not in endings):
            raise InputError(f"{option} is {file}; expected a file that ends in {', '.join(endings)}")
    if weight is not None and len(weight) != 2:
        raise InputError(f"--weight is given {len(weight)} time(s); a plane needs two weights: --weight A --weight B")
    if random and weight is not None:
        raise InputError("--random and --weight name two planes; leave one of them out")
    if network < 1:
        raise InputError(f"--network is {network}; networks are counted from 1")
    if rows is not None and rows < 1:
        raise InputError(f"--rows is {rows}; expected at least 1")
    if out is not None and out.suffix.lower() != ".svg":
        from cutaway.explain.plots import empty_figure

        empty_figure(1, 1)  # refused now rather than when all is computed
    loaded = load(run)
    if type(loaded) is Run:
        raise InputError(
            f"{run}: learned from arrays, which a run does not keep; in Python, ca.landscape(run, X, y, loss=…) takes "
            "them"
        )
    found = landscape_of(
        loaded, data, plane="random" if random else weight, points=points, span=span, member=network - 1,
        rows=rows, seed=seed,
    )  # fmt: skip
    picture = out or (None if json_ else Path(f"{run.resolve().name}-landscape.svg"))
    written = [found.save(place) for place in (picture, numbers) if place is not None]
    if json_:
        sys.stdout.write(json.dumps(found.to_json(), ensure_ascii=False, allow_nan=False) + "\n")
    elif not quiet:
        from cutaway.cli.printable import printable

        sys.stdout.writelines(f"{printable(line)}\n" for line in str(found).splitlines())
        if found.plane.kind == "random" and not random:
            sys.stdout.write("the way of this network's training was not kept: the plane is of random directions\n")
        sys.stdout.writelines(f"{'written':10}{printable(str(place))}\n" for place in written)
    return 0
