"""The page as it is sent: the built one, or a plain one that says that it is not built."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"

UNBUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>cutaway studio</title></head>
<body>
<h1>cutaway studio</h1>
<p>The studio runs, but its page is not built in this copy of cutaway. In a clone, build it with Node:</p>
<pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build</pre>
</body>
</html>
"""


def page(folder: Path = STATIC) -> str:
    """Return the page."""
    built = folder / "index.html"
    return built.read_text(encoding="utf-8") if built.is_file() else UNBUILT
