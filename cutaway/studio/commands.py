"""What a client may ask for: each command by its name, as docs/guides/studio_protocol.md tells them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError
from cutaway.studio import (
    attention,
    changing,
    diagnosing,
    exporting,
    keeping,
    left,
    loading,
    looking,
    pictures,
    studies,
    teaching,
)
from cutaway.studio.arguments import Arguments
from cutaway.studio.session import Session

Handler = Callable[[Session, Arguments, Any], Any]
COMMANDS: dict[str, Handler] = {
    "open": looking.open_,
    "load": loading.load,
    "back": left.back,
    "inspect": loading.inspect,
    "runs": loading.runs,
    "select": looking.select,
    "forward": looking.forward,
    "weights": looking.weights,
    "number": looking.number,
    "ledger": looking.ledger_,
    "boundary": looking.boundary,
    "responses": looking.responses,
    "rows": looking.rows,
    "norms": looking.norms,
    "curves": looking.curves,
    "edit": changing.edit,
    "undo": changing.undo,
    "redo": changing.redo,
    "step": changing.step,
    "train": changing.train,
    "pause": changing.pause,
    "seek": changing.seek,
    "reset": changing.reset,
    "new_start": changing.new_start,
    "zero": changing.zero,
    "shape": changing.shape,
    "findings": diagnosing.findings,
    "try_fix": diagnosing.try_fix,
    "apply_fix": diagnosing.apply_fix,
    "landscape": studies.landscape,
    "capacity": studies.capacity,
    "cancel": studies.cancel,
    "attention": attention.attention,
    "saliency": pictures.saliency,
    "filters": pictures.filters,
    "export": exporting.export,
    "keep": keeping.keep,
    "lesson": teaching.lesson,
    "predict": teaching.predict,
    "tell": teaching.tell,
}
"""Every command but `watch` and `ack`, which are a client's own."""


def run(session: Session, name: Any, arguments: dict[str, Any], client: Any = None) -> Any:
    """Return what a command answers; `InputError` for one that there is not, and for what it refuses."""
    if not isinstance(name, str) or name not in COMMANDS:
        raise InputError(f"there is no command {name!r}; {did_you_mean(str(name), [*COMMANDS, 'watch', 'ack'])}")
    return COMMANDS[name](session, Arguments(name, arguments), client)
