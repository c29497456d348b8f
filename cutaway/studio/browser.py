"""The address of a studio handed to the browser, without its secret on a command line that others can read."""

from __future__ import annotations

import atexit
import html
import os
import tempfile
import threading
import webbrowser
from pathlib import Path

KEPT = 60.0  # seconds that a browser may take to begin


def show(address: str) -> Path:
    """Open an address in the browser by way of a file that leads there, and return the file, which goes after a minute.

    Every user of a machine sees the arguments of its programs, so the browser is given the name of a file that only
    this user can read. Where the browser cannot read it either, the address that was printed is to be opened by hand.
    """
    # A browser installed as a snap reads nothing in the folder for temporary files, and what is not hidden at home.
    folder = Path.home() if Path("/snap/bin").is_dir() else None
    number, name = tempfile.mkstemp(prefix="cutaway-studio-", suffix=".html", dir=folder)  # of mode 0600
    place, target = Path(name), html.escape(address, quote=True)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(
            '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>cutaway studio'
            f'</title><meta http-equiv="refresh" content="0; url={target}"><a href="{target}">cutaway studio</a>\n'
        )
    atexit.register(place.unlink, missing_ok=True)
    ends = threading.Timer(KEPT, place.unlink, kwargs={"missing_ok": True})
    ends.daemon = True
    ends.start()
    webbrowser.open(place.as_uri())
    return place
