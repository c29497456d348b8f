"""Runs of the format that is written now, with what they predict: `python -m tests.storage.make_format FOLDER`.

Run once for each format, when that is first released; what it made is kept, and must load for ever.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import cutaway as ca

QUICK = {"effort": "quick", "engine": "numpy", "progress": False, "seed": 1}
TEXT = "the cat sat on the mat. the dog ran after the cat. " * 24
PROMPT = "the cat "


def table_rows(count: int) -> dict[str, Any]:
    random = np.random.default_rng(count)
    size = random.uniform(20, 200, count).round(1)
    town = random.choice(
        ["Delft", "Gouda", "Leiden", "Breda", "Utrecht", "Assen", "Zwolle", "Ede", "Oss", "Tiel"], count
    )
    days = np.datetime64("2020-01-01") + random.integers(0, 900, count)
    lift = random.choice([True, False], count)
    words = np.array([f"{'bright' if n % 3 else 'dark'} house number {n % 7}" for n in range(count)], object)
    size[3] = np.nan
    return {
        "size": size, "town": town.astype(object), "built": days.astype(str).astype(object), "lift": lift,
        "words": words, "price": (3 * np.nan_to_num(size, nan=90.0) + 20 * lift).round(1),
    }  # fmt: skip


def picture_rows(count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(count)
    labels = np.arange(count) % 2
    pixels = random.integers(0, 90, (count, 8, 8)).astype(np.uint8)
    pixels[labels == 1, 2:6, 2:6] += 120
    return pixels, labels


def plain_rows(count: int) -> np.ndarray:
    return np.random.default_rng(count).uniform(-1, 1, (count, 3))


def made(name: str, folder: Path) -> ca.Run:
    """Train and save one of the runs."""
    if name == "network":
        x = plain_rows(50)
        net = ca.Sequential(
            ca.Dense(6, initializer=ca.Orthogonal()), ca.BatchNorm(),
            ca.Residual(ca.Sequential(ca.Dense(6), ca.GELU())),
            ca.Dropout(ca.WarmUp.before(ca.Cosine(0.1), 0.1)), ca.Dense(2),
        )  # fmt: skip
        return ca.fit(net, x, x[:, :2] ** 2, loss="squared_error", epochs=5, engine="numpy", seed=1, path=folder)
    if name == "members":
        x = plain_rows(50)
        net = ca.Sequential(ca.Dense(4), ca.Mish(), ca.Dense(1))
        return ca.fit(net, x, x[:, 0], loss="squared_error", epochs=5, members=3, engine="numpy", path=folder)
    if name == "table":
        return ca.train(table_rows(120), "price", epochs=4, compare=False, text=["words"], out=folder, **QUICK)
    if name == "classes":
        table = table_rows(120)
        table["price"] = np.where(table["price"] > 340, "high", "low").astype(object)
        return ca.train(table, "price", epochs=4, compare=False, out=folder, **QUICK)
    if name == "pictures":
        with tempfile.TemporaryDirectory() as room:
            pixels, labels = picture_rows(60)
            np.savez(Path(room) / "pictures.npz", x=pixels, y=labels)
            return ca.train(Path(room) / "pictures.npz", epochs=2, out=folder, **QUICK)
    with tempfile.TemporaryDirectory() as room:
        (Path(room) / "cats.txt").write_text(TEXT)
        return ca.train(Path(room) / "cats.txt", epochs=1, context=16, out=folder, **QUICK)


NAMES = ("network", "members", "table", "classes", "pictures", "text")


def predicted(run: Any, name: str) -> Any:
    """Return what a run says of rows that are always the same, as plain data."""
    if name in ("network", "members"):
        return np.asarray(run.predict(plain_rows(7))).tolist()
    if name == "table":
        return np.asarray(run.predict(table_rows(9))).tolist()
    if name == "classes":
        return np.asarray(run.predict_proba(table_rows(9))).tolist()
    if name == "pictures":
        with np.errstate(all="ignore"):
            return np.asarray(run.network(picture_rows(6)[0][..., None])).tolist()
    windows = run.preprocessing
    tokens = windows.tokens.encode(PROMPT)[None]
    return np.asarray(run._layer(tokens))[0, -1].tolist()


if __name__ == "__main__":
    for name in NAMES:
        place = Path(sys.argv[1]) / name
        made(name, place)
        (place.parent / f"{name}.json").write_text(json.dumps(predicted(ca.load(place), name)) + "\n")
