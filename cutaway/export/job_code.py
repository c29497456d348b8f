"""The code by which a written file turns what a person has into what a network sees, and outputs into answers.

It is the same for every form in which the network is written: that brings a function `outputs(x)`, which yields each
network's share in the answer and what it makes of x.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cutaway.data.encoders import TableEncoder
from cutaway.data.targets import ClassTarget
from cutaway.data.text_windows import TextWindows
from cutaway.data.tokens import Tokens
from cutaway.errors import InputError
from cutaway.export.members_of import Part
from cutaway.export.sources import Sources
from cutaway.export.table_code import answers, class_code, table_code

SCORES = """def scores(x: Array) -> Array:
    \"\"\"What the networks make of x: their mean.\"\"\"
    return sum(share * z for share, z in outputs(x))"""


@dataclass(frozen=True)
class Job:
    """What a run does, as code.

    what    in words, for the head of the file
    use     the command that runs the file on its kind of data, after the file's name
    names   the functions that are for others to call
    code    its functions
    dtype   the type of numbers in which the networks compute
    """

    what: str
    use: str
    names: str
    code: list[str]
    dtype: str


def job_of(run: Any, parts: tuple[Part, ...], sources: Sources) -> Job:
    """Return what a run on a table, on pictures, on a text or on arrays does; `InputError` for a blend of arrays."""
    preprocessing: Any = getattr(run, "preprocessing", None)
    target: Any = getattr(run, "target", None)
    dtype = parts[0].network.dtype.name
    if isinstance(preprocessing, TableEncoder):
        code = table_code(preprocessing, target, sources)
        return Job(f"What {target.column!r} is", "new.csv > predicted.csv", "predict", code, "float64")
    if isinstance(preprocessing, TextWindows):
        return Job(
            "Which token of a text comes next", "text.txt", "loss, next_token", _text(preprocessing, sources), dtype
        )
    if preprocessing is not None:
        code = _pictures(preprocessing, target, sources)
        return Job("What a picture shows", "picture.png", "predict, predict_proba", code, "float32")
    if len(parts) > 1:
        raise InputError("export: a blend has no outputs of its own; export the run of the table that it belongs to")
    return Job(f"The network {run.network!r}", "rows.npy > outputs.csv", "predict", _arrays(dtype), dtype)


def _text(windows: TextWindows, sources: Sources) -> list[str]:
    tokens: Tokens = windows.tokens
    sources.use("numpy_text", "log_probabilities", "surprises")
    first = [f"VOCABULARY = {sources.words('vocabulary', tokens.vocabulary)}"]
    if tokens.kind == "characters":
        sources.use("numpy_text", "characters")
        call = f"characters(text, VOCABULARY, unknown={tokens.unknown})"
    else:
        sources.use("numpy_text", "byte_pairs")
        first.append(
            f"MERGES = [tuple(pair.split(' ')) for pair in {sources.words('merges', map(' '.join, tokens.merges))}]"
        )
        call = "byte_pairs(text, VOCABULARY, MERGES)"
    return [
        "\n".join([*first, f"CONTEXT, START = {windows.context}, {windows.start}"]),
        SCORES,
        "def encode(text: str) -> Array:\n"
        '    """The numbers of a text\'s tokens."""\n'
        '    text = text.replace("\\r\\n", "\\n").replace("\\r", "\\n")\n'
        f"    return {call}",
        "def next_token(text: str) -> dict[str, float]:\n"
        '    """The probability of each token to come next after a text, the likeliest first."""\n'
        "    tokens = encode(text)[-CONTEXT:]\n"
        "    tokens = tokens if len(tokens) else np.array([START])\n"
        "    p = np.exp(log_probabilities(scores(tokens[None])[0, -1]))\n"
        "    return {VOCABULARY[place]: float(p[place]) for place in np.argsort(-p)}",
        "def losses(text: str) -> Array:\n"
        '    """How surprising each token of a text is, −ln p in nats."""\n'
        "    return surprises(scores, encode(text), START, CONTEXT)",
        "def loss(text: str) -> float:\n"
        '    """The mean surprise of a text\'s tokens, in nats a token."""\n'
        "    return float(losses(text).astype(np.float64).mean())",
        'if __name__ == "__main__":\n'
        '    content = Path(sys.argv[1]).read_text(encoding="utf-8")\n'
        '    print(f"{loss(content):.6f} nats a token")',
    ]


def _pictures(encoder: Any, target: ClassTarget, sources: Sources) -> list[str]:
    sources.use("numpy_picture", "pixels", "read_picture")
    sources.use("numpy_table", "probabilities")
    size = f"height={encoder.height}, width={encoder.width}, channels={encoder.channels}"
    seen = f"pixels(np.asarray(x), {size}, low={encoder.low!r}, high={encoder.high!r})"
    return [
        answers("probabilities", "float32"),
        *class_code(target, "x: Array", seen, sources),
        'if __name__ == "__main__":\n'
        f"    pictures = np.stack([read_picture(place, {size}) for place in sys.argv[1:]])\n"
        "    for place, p in zip(sys.argv[1:], predict_proba(pictures)):\n"
        '        print(f"{place}: {CLASSES[p.argmax()]} ({p.max():.4f})")',
    ]


def _arrays(dtype: str) -> list[str]:
    return [
        SCORES,
        "def predict(x: Array) -> Array:\n"
        '    """What the network says of rows x (batch, ...): the mean of its members where there are several."""\n'
        f'    return scores(x.astype("{dtype}") if x.dtype.kind in "fb" else x)',
        'if __name__ == "__main__":\n'
        "    place = sys.argv[1]\n"
        '    x = np.load(place) if place.endswith(".npy") else np.loadtxt(place, delimiter=",", ndmin=2)\n'
        '    np.savetxt(sys.stdout, predict(x).reshape(len(x), -1), delimiter=",", fmt="%.9g")',
    ]
