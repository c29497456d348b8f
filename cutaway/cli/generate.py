"""`cutaway generate`: a run on a text writes on."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cutaway.cli.exit_codes import DONE, INTERRUPTED
from cutaway.cli.values import whole


def generate(
    run: Path,
    /,
    *,
    prompt: str = "",
    length: Annotated[int, Parameter(converter=whole)] = 500,
    temperature: float = 0.8,
    top_k: Annotated[int | None, Parameter(converter=whole)] = None,
    seed: Annotated[int, Parameter(converter=whole)] = 0,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Write on from a prompt with a run on a text, as it is drawn; Ctrl-C ends it.

    Example: `cutaway generate runs/book --prompt "It was" --length 1000`

    Parameters
    ----------
    run
        The run's folder.
    prompt
        The text to go on from; a new line when not given.
    length
        How many tokens to write: characters, or pieces of words.
    temperature
        0 takes the likeliest token each time; 1 draws as the network expects; less is more careful.
    top_k
        Draw from so many of the likeliest tokens only; from all when not given.
    seed
        The same seed writes the same text, another one another.
    json_
        Print JSON, when all is written.
    quiet
        Print the text without the prompt, and nothing but errors besides.
    """
    from cutaway.cli.text_summary import readable
    from cutaway.runs.load import load_as
    from cutaway.runs.text_run import TextRun

    loaded = load_as(TextRun, run)
    pieces = loaded.stream(prompt, length, temperature, top_k, seed)
    strange = loaded.strangers(prompt)
    if strange and not quiet:
        letters = " ".join(readable(letter) for letter in strange)
        sys.stderr.write(f"the prompt has characters that the run does not know; they are left out: {letters}\n")
    if json_:
        told = {
            "prompt": prompt, "text": "".join(pieces), "length": length, "temperature": temperature, "top_k": top_k,
            "seed": seed, "unknown": strange, "run": str(run),
        }  # fmt: skip
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
        return DONE
    if not quiet:
        sys.stdout.write(readable(prompt))
    try:
        for piece in pieces:
            sys.stdout.write(readable(piece))
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stdout.write("\n")
        sys.stdout.flush()
        return INTERRUPTED
    sys.stdout.write("\n")
    return DONE
