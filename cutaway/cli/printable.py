"""Text from data, made harmless for a terminal."""


def printable(text: str) -> str:
    r"""Return the text with every character that a terminal would obey written as an escape instead.

    >>> printable("a\x1b[31mb\nc")
    'a\\x1b[31mb\\nc'
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
