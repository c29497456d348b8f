"""A page that stands alone: the studio's bundle with what it shows inside it, opened from disk, fetching nothing."""

from __future__ import annotations

import base64
import hashlib
import html
from pathlib import Path

from cutaway.errors import InputError
from cutaway.studio.page import STATIC

LARGEST = 2_000_000  # bytes of a page


def standalone(title: str, element: str, kind: str, held: str, without_script: str, folder: Path = STATIC) -> str:
    """Return a page that shows what it holds; nothing in it can be taken for markup, and nothing is fetched.

    element         id of the script element that holds the data; the bundle starts what belongs to it
    kind            its media type
    held            the data, as text in which no "<" stands
    without_script  what is said where JavaScript is off

    The policy allows the one script and the one style sheet by their hashes, and pictures that stand in the page.
    Raises `InputError` where the page is not built in this copy of cutaway.
    """
    script, style = (_built(folder / name) for name in ("studio.js", "studio.css"))
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta name="generator" content="cutaway">\n<title>{html.escape(title)}</title>\n'
        f"<style>{style}</style>\n</head>\n<body>\n<noscript>{html.escape(without_script)}</noscript>\n"
        f'<script type="{kind}" id="{element}">{held}</script>\n'
        f'<script type="module">{script}</script>\n</body>\n</html>\n'
    )


def _built(place: Path) -> str:
    """Return a file of the bundle, fit to stand within a page."""
    try:
        text = place.read_text(encoding="utf-8")
    except OSError:
        raise InputError(
            "report: its page is not built in this copy of cutaway; in a clone: cd web && npm ci && npm run build"
        ) from None
    return text.replace("</script", "<\\/script").replace("</style", "<\\/style").replace("<!--", "<\\!--")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
