"""Data sets that are drawn here, each by a seed of its own: what is in them is known."""

from __future__ import annotations

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]


def strokes() -> Rows:
    """Return pictures of 10 × 10 with a stroke near the middle, in noise: lying, standing, rising or falling."""
    random = np.random.default_rng(25)
    y, at = np.arange(900) % 4, random.integers(4, 6, (900, 2))
    pictures = 0.7 * random.standard_normal((900, 10, 10))
    for picture, kind, (row, column) in zip(pictures, y, at, strict=True):
        for step in (-2, -1, 0, 1, 2):
            down, right = ((0, step), (step, 0), (-step, step), (step, step))[kind]
            picture[row + down, column + right] += 2.0
    return pictures.reshape(900, 100), y


def peaks() -> Rows:
    """Return a surface of hills and hollows over the plane, with noise."""
    random = np.random.default_rng(29)
    x = random.uniform(-2.5, 2.5, (700, 2))
    a, b = x.T
    hills = 3 * (1 - a) ** 2 * np.exp(-(a**2) - (b + 1) ** 2) - np.exp(-((a + 1) ** 2) - b**2) / 3
    return x, hills - 10 * (a / 5 - a**3 - b**5) * np.exp(-(a**2) - b**2) + 0.8 * random.standard_normal(700)


def figures() -> Rows:
    """Return pictures of 10 × 10 with a figure anywhere, in noise: a box, a cross, a plus or a corner."""
    random = np.random.default_rng(30)
    box = np.ones((4, 4)) - np.pad(np.ones((2, 2)), 1)
    cross = np.minimum(np.eye(4) + np.eye(4)[::-1], 1)
    plus, corner = np.zeros((4, 4)), np.zeros((4, 4))
    plus[1], plus[:, 1], corner[3], corner[:, 0] = 1, 1, 1, 1
    y, at = np.arange(900) % 4, random.integers(2, 5, (900, 2))
    pictures = 0.5 * random.standard_normal((900, 10, 10))
    for picture, kind, (row, column) in zip(pictures, y, at, strict=True):
        picture[row : row + 4, column : column + 4] += 2.0 * (box, cross, plus, corner)[kind]
    return pictures.reshape(900, 100), y


def ripples() -> Rows:
    """Return a wave that goes out from a point of the plane and dies away, with noise."""
    random = np.random.default_rng(31)
    x = random.uniform(-3, 3, (700, 2))
    away = np.hypot(x[:, 0] - 0.5, x[:, 1] + 0.3)
    return x, np.cos(2 * away) * np.exp(-away / 3) + 0.1 * random.standard_normal(700)


def gratings() -> Rows:
    """Return pictures of 10 × 10 of waves of any phase, in noise: lying, standing, rising or falling."""
    random = np.random.default_rng(32)
    y, phase = np.arange(900) % 4, random.uniform(0, 2 * np.pi, (900, 1, 1))
    down, right = np.array([(1, 0), (0, 1), (0.7, 0.7), (0.7, -0.7)])[y].T[:, :, None, None]
    row, column = np.mgrid[:10, :10]
    waves = np.sin(1.3 * (down * row + right * column) + phase)
    return (waves + 0.7 * random.standard_normal((900, 10, 10))).reshape(900, 100), y


def stairs() -> Rows:
    """Return five steps of one variable, with noise."""
    random = np.random.default_rng(33)
    x = random.uniform(0, 5, (700, 1))
    return x, np.floor(x[:, 0]) + 0.4 * random.standard_normal(700)


def arrows() -> Rows:
    """Return pictures of 10 × 10 with an arrow head anywhere, in noise: up, down, left or right."""
    random = np.random.default_rng(34)
    head = np.array([[0, 0, 1, 0, 0], [0, 1, 0, 1, 0], [1, 0, 0, 0, 1]])
    heads = [np.pad(head, ((0, 2), (0, 0))), np.pad(head[::-1], ((0, 2), (0, 0)))]
    heads += [heads[0].T, heads[1].T]
    y, at = np.arange(900) % 4, random.integers(1, 5, (900, 2))
    pictures = 0.5 * random.standard_normal((900, 10, 10))
    for picture, kind, (row, column) in zip(pictures, y, at, strict=True):
        picture[row : row + 5, column : column + 5] += 2.0 * heads[kind]
    return pictures.reshape(900, 100), y


def springs() -> Rows:
    """Return a swing that dies away, with noise."""
    random = np.random.default_rng(35)
    x = random.uniform(0, 4, (700, 1))
    return x, np.cos(4 * x[:, 0]) * np.exp(-x[:, 0] / 2) + 0.1 * random.standard_normal(700)


def faces() -> Rows:
    """Return pictures of 10 × 10 with a face in the middle, in noise, whose mouth goes up, down or straight on."""
    random = np.random.default_rng(36)
    y = np.arange(900) % 3
    pictures = 1.2 * random.standard_normal((900, 10, 10))
    pictures[:, 2, [3, 6]] += 2.0
    for picture, kind in zip(pictures, y, strict=True):
        picture[[(6, 7, 7, 6), (7, 6, 6, 7), (7, 7, 7, 7)][kind], [3, 4, 5, 6]] += 2.0
    return pictures.reshape(900, 100), y


def bumps() -> Rows:
    """Return two bumps of one variable, with noise."""
    random = np.random.default_rng(37)
    x = random.uniform(-3, 3, (700, 1))
    two = np.exp(-2 * (x[:, 0] + 1.2) ** 2) + 0.6 * np.exp(-4 * (x[:, 0] - 1) ** 2)
    return x, two + 0.15 * random.standard_normal(700)


def rings() -> Rows:
    """Return pictures of 10 × 10 with a ring anywhere, in noise, open above, below, on the left or on the right."""
    random = np.random.default_rng(38)
    ring = np.ones((5, 5)) - np.pad(np.ones((3, 3)), 1)
    ring[0, 1:4] = 0
    rings = [np.rot90(ring, turn) for turn in range(4)]
    y, at = np.arange(900) % 4, random.integers(1, 5, (900, 2))
    pictures = 0.5 * random.standard_normal((900, 10, 10))
    for picture, kind, (row, column) in zip(pictures, y, at, strict=True):
        picture[row : row + 5, column : column + 5] += 2.0 * rings[kind]
    return pictures.reshape(900, 100), y


def sites() -> Rows:
    """Return rows of ninety sites, ten of each, near their site, and which of four kinds it is: one by two features.

    A third of the sites are of any kind. The nearest row is most often of the same site, and knows.
    """
    random = np.random.default_rng(40)
    site = np.arange(900) % 90
    centres = random.standard_normal((90, 6))
    kind = 2 * (centres[:, 0] > 0) + (centres[:, 1] > 0)
    kind = np.where(random.random(90) < 1 / 3, random.integers(0, 4, 90), kind)
    return centres[site] + 0.3 * random.standard_normal((900, 6)), kind[site]


def letters() -> Rows:
    """Return pictures of 10 × 10 with a letter near the middle, in noise: T, L, H or Z."""
    random = np.random.default_rng(41)
    t, long, h, z = (np.zeros((5, 5)) for _ in range(4))
    t[0], t[:, 2], long[:, 0], long[4], h[:, [0, 4]], h[2], z[[0, 4]] = 1, 1, 1, 1, 1, 1, 1
    z = np.maximum(z, np.eye(5)[::-1])
    y, at = np.arange(900) % 4, random.integers(2, 4, (900, 2))
    pictures = 1.1 * random.standard_normal((900, 10, 10))
    for picture, kind, (row, column) in zip(pictures, y, at, strict=True):
        picture[row : row + 5, column : column + 5] += 2.0 * (t, long, h, z)[kind]
    return pictures.reshape(900, 100), y


def saddle() -> Rows:
    """Return a saddle over the plane, with noise."""
    random = np.random.default_rng(42)
    x = random.uniform(-2, 2, (700, 2))
    return x, x[:, 0] ** 2 - x[:, 1] ** 2 + 0.8 * random.standard_normal(700)


def dice() -> Rows:
    """Return pictures of 10 × 10 with two, three, four or five pips of a die in the middle, in noise."""
    random = np.random.default_rng(43)
    pips = np.zeros((4, 10, 10))
    for kind, places in enumerate(((0, 4), (0, 2, 4), (0, 1, 3, 4), (0, 1, 2, 3, 4))):
        for row, column in (((2, 2), (2, 7), (5, 5), (7, 2), (7, 7))[place] for place in places):
            pips[kind, row : row + 2, column : column + 2] = 1
    y = np.arange(900) % 4
    return (2.0 * pips[y] + 1.3 * random.standard_normal((900, 10, 10))).reshape(900, 100), y


def cone() -> Rows:
    """Return a cone over the plane, with noise."""
    random = np.random.default_rng(44)
    x = random.uniform(-2, 2, (700, 2))
    return x, np.hypot(x[:, 0] - 0.4, x[:, 1]) + 0.3 * random.standard_normal(700)


def suits() -> Rows:
    """Return pictures of 10 × 10 with a heart, a spade, a diamond or a club of cards in the middle, in noise."""
    random = np.random.default_rng(45)
    drawn = (
        ".##.##. ####### ####### .#####. ..###.. ...#...",
        "...#... ..###.. .#####. ####### ...#... ..###..",
        "...#... ..###.. .#####. .#####. ..###.. ...#...",
        "..###.. ..###.. ####### ####### ...#... ..###..",
    )
    shapes = np.array([[[sign == "#" for sign in row] for row in each.split()] for each in drawn], float)
    y = np.arange(900) % 4
    pictures = 1.3 * random.standard_normal((900, 10, 10))
    pictures[:, 2:8, 2:9] += 2.0 * shapes[y]
    return pictures.reshape(900, 100), y


def clocks() -> Rows:
    """Return pictures of 10 × 10 with a hand from the middle towards one of six hours, in noise."""
    random = np.random.default_rng(47)
    y = np.arange(900) % 6
    pictures = 1.1 * random.standard_normal((900, 10, 10))
    for picture, hour in zip(pictures, y, strict=True):
        for step in range(5):
            down, right = -step * np.cos(np.pi * hour / 3), step * np.sin(np.pi * hour / 3)
            picture[int(np.round(4.5 + down)), int(np.round(4.5 + right))] += 2.0
    return pictures.reshape(900, 100), y


def saws() -> Rows:
    """Return a line of one variable that rises and falls back, with noise."""
    random = np.random.default_rng(48)
    x = random.uniform(0, 3, (700, 1))
    return x, np.mod(x[:, 0], 1.0) + 0.1 * random.standard_normal(700)


def tides() -> Rows:
    """Return two waves of one variable, one upon the other, with noise."""
    random = np.random.default_rng(46)
    x = random.uniform(0, 5, (700, 1))
    return x, np.sin(2 * x[:, 0]) + 0.5 * np.sin(3 * x[:, 0] + 1) + 0.3 * random.standard_normal(700)


def chirp() -> Rows:
    """Return a wave of one variable that becomes shorter with it, with noise."""
    random = np.random.default_rng(39)
    x = random.uniform(0, 3, (700, 1))
    return x, np.sin(x[:, 0] ** 2) + 0.15 * random.standard_normal(700)


def waveform() -> Rows:
    """Return 21 points of a random mixture of two of three triangles, with noise; which two is the class.

    Reference: Breiman, Friedman, Olshen, Stone, "Classification and Regression Trees", 1984, p. 49.
    """
    random = np.random.default_rng(26)
    points = np.arange(1, 22)
    triangles = [np.maximum(6 - np.abs(points - centre), 0) for centre in (7, 15, 11)]
    y, share = np.arange(900) % 3, random.uniform(0, 1, (900, 1))
    one, other = np.array(triangles)[[0, 0, 1]][y], np.array(triangles)[[1, 2, 2]][y]
    return share * one + (1 - share) * other + random.standard_normal((900, 21)), y


def ringnorm() -> Rows:
    """Return two normal clouds of which one is twice as wide, their centres 2 / √d in each of d = 12 features apart.

    Reference: Breiman, "Bias, variance, and arcing classifiers", Technical Report 460, Berkeley, 1996.
    """
    random = np.random.default_rng(27)
    y = np.arange(900) % 2
    cloud = random.standard_normal((900, 12))
    return np.where(y[:, None] == 0, 2 * cloud, cloud + 2 / np.sqrt(12)), y


def threenorm() -> Rows:
    """Return a cloud between two others: centres at ±2 / √d in all of d = 10 features, or in turn + and −.

    Reference: Breiman, "Bias, variance, and arcing classifiers", Technical Report 460, Berkeley, 1996.
    """
    random = np.random.default_rng(28)
    y, side = np.arange(900) % 2, np.where(random.random(900) < 0.5, 1.0, -1.0)
    signs = np.where(y[:, None] == 0, side[:, None], (-1.0) ** np.arange(10))
    return random.standard_normal((900, 10)) + 2 / np.sqrt(10) * signs, y


def sine() -> Rows:
    random = np.random.default_rng(20)
    x = random.uniform(-3, 3, (900, 1))
    return x, np.sin(1.5 * x[:, 0]) + 0.1 * random.standard_normal(900)


def noisy_line() -> Rows:
    random = np.random.default_rng(20)
    x = random.standard_normal((600, 12))
    return x, x @ random.standard_normal(12) + 3.0 * random.standard_normal(600)


def chessboard() -> Rows:
    x = np.random.default_rng(20).uniform(-1, 1, (900, 2))
    return x, (np.floor(1.5 * x + 1.5).sum(axis=1) % 2).astype(int)


def spirals() -> Rows:
    """Return two arms around each other, one and a quarter turns long."""
    random = np.random.default_rng(21)
    y = np.arange(900) % 2
    turn = 2.5 * np.pi * np.sqrt(random.uniform(0.02, 1, 900))
    along = np.column_stack([np.cos(turn + np.pi * y), np.sin(turn + np.pi * y)]) * turn[:, None]
    return along + 0.35 * random.standard_normal((900, 2)), y


def noise_that_grows() -> Rows:
    """Return a curve of one variable whose noise grows with it."""
    random = np.random.default_rng(22)
    x = random.uniform(0, 4, (700, 1))
    return x, np.cos(2.2 * x[:, 0]) + x[:, 0] / 2 + (0.05 + 0.12 * x[:, 0]) * random.standard_normal(700)


def much_noise() -> Rows:
    """Return a product and a bend, with as much noise as there is to be known."""
    random = np.random.default_rng(23)
    x = random.uniform(-1, 1, (1200, 4))
    signal = 3 * x[:, 0] * x[:, 1] + 2 * np.abs(x[:, 2]) + x[:, 3]
    return x, signal + signal.std() * random.standard_normal(1200)


def multiplexer() -> Rows:
    """Return six bits, of which the first two say which of the other four is the answer, an eighth of them wrong."""
    random = np.random.default_rng(24)
    x = random.integers(0, 2, (800, 6))
    y = x[np.arange(800), 2 + 2 * x[:, 0] + x[:, 1]]
    return x, np.where(random.random(800) < 0.125, 1 - y, y)
