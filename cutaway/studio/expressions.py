"""Figures in a lesson's words: a closed set of quantities, joined by arithmetic and compared; read, never executed."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError
from cutaway.explain.figures import DIGITS, factor, shown
from cutaway.studio.quantities import NUMBERS, WORDS

Pair = Callable[[float, float], float]
SUMS: dict[str, Pair] = {"+": operator.add, "-": operator.sub}
PRODUCTS: dict[str, Pair] = {"*": operator.mul, "/": lambda a, b: a / b if b else float("nan")}
COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


class Places(Protocol):
    """Where quantities are looked up: the network as it is, and as it was before the step's action."""

    def number(self, name: str, given: tuple[str, ...], before: bool) -> float:
        """Return a quantity."""

    def word(self, name: str, given: tuple[str, ...], before: bool) -> str:
        """Return a quantity that is words."""


@dataclass(frozen=True)
class Constant:
    """A number as it stands there."""

    value: float

    def of(self, places: Places) -> float:
        """Return it."""
        return self.value


@dataclass(frozen=True)
class Quantity:
    """One of the closed set, with what it is asked of; `before`: as it was before the step's action."""

    name: str
    given: tuple[str, ...]
    before: bool

    def of(self, places: Places) -> float:
        """Return its value."""
        return places.number(self.name, self.given, self.before)


@dataclass(frozen=True)
class Joined:
    """Two expressions, joined by an operation of arithmetic."""

    sign: str
    left: Expression
    right: Expression

    def of(self, places: Places) -> float:
        """Return what they come to; a division by zero is NaN."""
        return (SUMS | PRODUCTS)[self.sign](self.left.of(places), self.right.of(places))


@dataclass(frozen=True)
class Size:
    """An expression without its sign."""

    inner: Expression

    def of(self, places: Places) -> float:
        """Return its size."""
        return abs(self.inner.of(places))


Expression = Constant | Quantity | Joined | Size


@dataclass(frozen=True)
class Claim:
    """Comparisons that must all hold, in figures that are computed when it is asked."""

    written: str
    parts: tuple[tuple[Expression, str, Expression], ...]

    def holds(self, places: Places) -> bool:
        """Whether all hold; one with a NaN does not."""
        return all(COMPARED[sign](left.of(places), right.of(places)) for left, sign, right in self.parts)


@dataclass(frozen=True)
class Told:
    """A text whose figures are filled in when it is told: `the loss is {loss}`."""

    written: str
    parts: tuple[str | tuple[Expression, int, bool], ...]

    @property
    def compares(self) -> bool:
        """Whether it tells of the network before the step's action."""
        return any(_compares(part[0]) for part in self.parts if not isinstance(part, str))

    def of(self, places: Places) -> str:
        """Return the text with the figures of a network."""
        return "".join(part if isinstance(part, str) else _filled(*part, places) for part in self.parts)


def _compares(part: Expression) -> bool:
    if isinstance(part, Joined):
        return _compares(part.left) or _compares(part.right)
    return _compares(part.inner) if isinstance(part, Size) else isinstance(part, Quantity) and part.before


def _filled(part: Expression, digits: int, bracketed: bool, places: Places) -> str:
    if isinstance(part, Quantity) and part.name in WORDS:
        return places.word(part.name, part.given, part.before)
    return (factor if bracketed else shown)(part.of(places), digits)


def claim(written: str, where: str) -> Claim:
    """Return a claim: `loss < before loss and size blame 0.bias[0] == 0`; `InputError` for what is none.

    where   the place that an error names
    """
    parts = []
    for piece in written.split(" and "):
        reader = _Reader(piece, where)
        left = reader.sum()
        sign = reader.next("a comparison: < > <= >= == !=")
        if sign not in COMPARED:
            raise InputError(f"{where}: {sign!r} stands where one of {' '.join(COMPARED)} is expected, in {written!r}")
        parts.append((left, sign, reader.sum()))
        reader.end()
    return Claim(written, tuple(parts))


def told(written: str, where: str) -> Told:
    """Return a text with its figures; `InputError` for what is none.

    `{expression}` has four digits, `{expression:2}` two; `{expression:()}` puts a negative number in brackets.

    >>> told("the rate is {rate:()}.", "here").parts[1]
    (Quantity(name='rate', given=(), before=False), 4, True)
    """
    parts: list[str | tuple[Expression, int, bool]] = []
    for place, piece in enumerate(re.split(r"[{}]", written)):
        if place % 2 == 0:
            parts.append(piece)
            continue
        inside, _, form = piece.partition(":")
        if form and form != "()" and not (form.isdigit() and 1 <= int(form) <= 9):
            raise InputError(f"{where}: {{{piece}}} is to be shown as {form!r}; expected 1 to 9 digits, or ()")
        reader = _Reader(inside, where, words=True)
        parts.append((reader.sum(), int(form) if form.isdigit() else DIGITS, form == "()"))
        reader.end()
    if len(parts) % 2 == 0 or written.count("{") != written.count("}"):
        raise InputError(f"{where}: a brace is not closed in {written[:80]!r}")
    return Told(written, tuple(parts))


class _Reader:
    """Reads an expression from left to right: sums of products of quantities, numbers and brackets."""

    def __init__(self, written: str, where: str, words: bool = False) -> None:
        self.written, self.where, self.words = written, where, words
        self.tokens = re.findall(r"[()]|[^\s()]+", written)

    def next(self, expected: str) -> str:
        if not self.tokens:
            raise InputError(f"{self.where}: {self.written!r} ends where {expected} is expected")
        word: str = self.tokens.pop(0)
        return word

    def end(self) -> None:
        if self.tokens:
            raise InputError(f"{self.where}: {self.tokens[0]!r} is left over in {self.written!r}; expected its end")

    def sum(self) -> Expression:
        left = self.product()
        while self.tokens and self.tokens[0] in SUMS:
            left = Joined(self.tokens.pop(0), left, self.product())
        return left

    def product(self) -> Expression:
        left = self.factor()
        while self.tokens and self.tokens[0] in PRODUCTS:
            left = Joined(self.tokens.pop(0), left, self.factor())
        return left

    def factor(self) -> Expression:
        word = self.next("a quantity")
        if word == "(":
            inner = self.sum()
            if self.next("a closing bracket") != ")":
                raise InputError(f"{self.where}: a bracket is not closed in {self.written!r}")
            return inner
        if word == "size":
            return Size(self.factor())
        if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", word):
            return Constant(float(word))
        before = word == "before"
        name = self.next("a quantity") if before else word
        known = {**NUMBERS, **(WORDS if self.words else {})}
        if name not in known:
            raise InputError(
                f"{self.where}: {name!r} is no quantity, in {self.written!r}; {did_you_mean(name, sorted(known))}"
            )
        takes = known[name].takes
        given = tuple(self.next(f"what {name} is of") for _ in range(takes))
        return Quantity(name, given, before)
