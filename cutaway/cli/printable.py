"""Text from data and from the package, made fit for a terminal and for who types commands."""

import re
import shlex


def printable(text: str) -> str:
    r"""Return the text with every character that a terminal would obey written as an escape instead.

    >>> printable("a\x1b[31mb\nc")
    'a\\x1b[31mb\\nc'
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def engine_name(engine: str) -> str:
    """Return an engine as a person writes it.

    >>> engine_name("xla")
    'XLA'
    """
    return {"numpy": "NumPy", "xla": "XLA"}.get(engine, engine)


def as_options(text: str) -> str:
    """Return the text with settings as one types them in a terminal rather than in Python.

    >>> as_options("use task='regression' or number=['a year']")
    "use --task regression or --number 'a year'"
    """
    return re.sub(
        r"\b(task|number|category|text|date|time_column)=(?:'([^']*)'|\['([^']*)'\])",
        lambda found: f"--{found[1].replace('_', '-')} {shlex.quote(found[2] or found[3] or '')}",
        text,
    )
