"""The code by which a written file turns what a person has into what a network sees, and outputs into answers.

It is the same for every form in which the network is written: that brings a function `outputs(x)`, which yields each
network's share in the answer and what it makes of x.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cutaway.data.encoders import TableEncoder
from cutaway.data.picture_encoder import PictureEncoder
from cutaway.data.targets import ClassTarget
from cutaway.data.text_windows import TextWindows
from cutaway.data.tokens import Tokens
from cutaway.errors import InputError
from cutaway.export.copying import copied
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
    besides what the file needs besides its libraries, in words
    """

    what: str
    use: str
    names: str
    code: list[str]
    dtype: str
    besides: str = ""


def job_of(run: Any, parts: tuple[Part, ...], sources: Sources) -> Job:
    """Return what a run on a table, on pictures, on a text or on arrays does; `InputError` for a blend of arrays."""
    preprocessing: Any = getattr(run, "preprocessing", None)
    target: Any = getattr(run, "target", None)
    dtype = parts[0].network.dtype.name
    if isinstance(preprocessing, TableEncoder):
        code = table_code(preprocessing, target, sources)
        use = "new.csv > predicted.csv"
        return Job(f"What {target.column!r} is", use, "predict", [*code, *_script(use)], "float64")
    if isinstance(preprocessing, TextWindows):
        code = [*_text(preprocessing, sources), *_script("text.txt")]
        return Job("Which token of a text comes next", "text.txt", "loss, next_token", code, dtype)
    if preprocessing is not None:
        code = [*_pictures(preprocessing, target, sources), *_script("picture.png …", several=True)]
        return Job("What a picture shows", "picture.png", "predict, predict_proba", code, "float32", besides(run))
    if len(parts) > 1:
        raise InputError("export: a blend has no outputs of its own; export the run of the table that it belongs to")
    code = [*_arrays(dtype), *_script("rows.npy > outputs.csv")]
    return Job(f"The network {run.network!r}", "rows.npy > outputs.csv", "predict", code, dtype)


def besides(run: Any) -> str:
    """Return what a run's file needs besides its libraries, in words: Pillow where it opens files of pictures."""
    return ", and Pillow for picture files" if isinstance(getattr(run, "preprocessing", None), PictureEncoder) else ""


def _script(use: str, several: bool = False) -> list[str]:
    """Return what makes the file a command that prints what `answer` says of a file."""
    more = ", several=True" if several else ""
    return [
        copied("numpy_script", ["as_script"]),
        f'if __name__ == "__main__":\n    sys.exit(as_script(answer, {use!r}{more}))',
    ]


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
        "def answer(place: str) -> None:\n"
        '    """Print how surprising the text of a file is."""\n'
        '    content = Path(place).read_text(encoding="utf-8")\n'
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
        "def answer(place: str) -> None:\n"
        '    """Print what the picture of a file shows."""\n'
        f"    x = read_picture(place, {size})[None]\n"
        "    [label], [p] = predict(x), predict_proba(x)\n"
        '    print(f"{place}: {label} ({p[CLASSES.index(label)]:.4f})")',
    ]


def _arrays(dtype: str) -> list[str]:
    return [
        SCORES,
        "def predict(x: Array) -> Array:\n"
        '    """What the network says of rows x (batch, ...): the mean of its members where there are several."""\n'
        f'    return scores(x.astype("{dtype}") if x.dtype.kind in "fb" else x)',
        "def answer(place: str) -> None:\n"
        '    """Print what the network says of the rows of a file."""\n'
        '    x = np.load(place) if place.endswith(".npy") else np.loadtxt(place, delimiter=",", ndmin=2)\n'
        "    if not isinstance(x, np.ndarray) or x.ndim < 2 or not len(x):\n"
        '        raise ValueError("holds no rows; expected one array (batch, ...)")\n'
        "    try:\n"
        "        y = predict(x)\n"
        "    except (IndexError, ValueError) as fault:\n"
        '        raise ValueError(f"its shape {x.shape} does not fit the network ({fault})") from fault\n'
        '    np.savetxt(sys.stdout, y.reshape(len(x), -1), delimiter=",", fmt="%.9g")',
    ]
