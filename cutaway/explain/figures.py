"""Numbers as a formula shows them, and sums of which what is shown adds up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import floor, fsum, isfinite, log10, prod

DIGITS = 4  # significant digits of a number that is shown
MOST_TERMS = 6  # of a sum that are shown; the others are counted and added up
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
POWERS = {high: low for low, high in SUPERSCRIPTS.items()}


def shown(value: float, digits: int = DIGITS) -> str:
    """Return a number with so many significant digits.

    >>> shown(-0.490000001), shown(45812.37), shown(1.23e-9), shown(0.0)
    ('−0.49', '45812', '1.23·10⁻⁹', '0')
    """
    if value != value:
        return "NaN"
    if not isfinite(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    return plain(Decimal(repr(float(value))).quantize(_unit(decimals(abs(value), digits))))


def factor(value: float, digits: int = DIGITS) -> str:
    """Return a number as it stands in a product: a negative one, and one with a power of ten, in brackets.

    >>> factor(-0.5), factor(0.5), factor(2e-6)
    ('(−0.5)', '0.5', '(2·10⁻⁶)')
    """
    text = shown(value, digits)
    return f"({text})" if text.startswith("−") or "·" in text else text


def subscript(place: int) -> str:
    """Return the place, counted from 0, as an index that counts from 1, as books do.

    >>> subscript(1)
    '₂'
    """
    return str(place + 1).translate(SUBSCRIPTS)


def decimals(size: float, digits: int = DIGITS) -> int:
    """Return how many decimals show `size` with so many digits; never fewer than none below a thousand million."""
    if size == 0 or not isfinite(size):
        return 0
    wanted = digits - 1 - floor(log10(size))
    return wanted if size >= 1e9 else max(0, wanted)


def plain(value: Decimal) -> str:
    """Return an exact decimal without the zeros at its end; far from 1 with a power of ten, as books write it.

    >>> plain(Decimal("-0.4900")), plain(Decimal("0.000000120")), plain(Decimal("1.2e20"))
    ('−0.49', '1.2·10⁻⁷', '1.2·10²⁰')
    """
    if not value.is_finite():
        return "NaN"
    if value == 0:
        return "0"
    far = abs(value) < Decimal("0.0001") or abs(value) >= Decimal("1e15")
    text = f"{value.normalize():e}" if far else f"{value.normalize():f}"
    mantissa, power, exponent = text.partition("e")
    if power:
        return f"{mantissa}·10{str(int(exponent)).translate(SUPERSCRIPTS)}".replace("-", "−")
    return mantissa.replace("-", "−")


def in_books(sentence: str) -> str:
    """Return a sentence with its numbers as books write them, where they stand as computers do.

    >>> in_books("lower it from 2.5e-03 to about 1e-05, from 1.07e+299")
    'lower it from 2.5·10⁻³ to about 1·10⁻⁵, from 1.07·10²⁹⁹'
    """
    power = r"(?<=\d)e([+-]?\d+)\b"
    return re.sub(power, lambda found: f"·10{str(int(found[1])).translate(SUPERSCRIPTS)}", sentence)


def told(text: str) -> Decimal:
    """Return the number that `shown` wrote so.

    >>> told("−0.49"), told("1.2·10⁻⁷"), told("−∞")
    (Decimal('-0.49'), Decimal('1.2E-7'), Decimal('-Infinity'))
    """
    digits, _, power = text.replace("−", "-").replace("∞", "Infinity").partition("·10")
    return Decimal(f"{digits}e{power.translate(POWERS)}" if power else digits)


@dataclass(frozen=True)
class Shown:
    """A sum as it is shown: the decimals of its terms and of the rest add up to its total exactly.

    factors  of each term that is shown, in the order of the sum: (weight, value), or one number
    terms    what each comes to; within one unit of the last decimal of the truth
    more     how many terms are not shown
    rest     what these come to, 0 where there are none
    total    the sum, rounded
    exact    the sum, not rounded
    """

    factors: tuple[tuple[float, ...], ...]
    terms: tuple[Decimal, ...]
    more: int
    rest: Decimal
    total: Decimal
    exact: float

    @property
    def products(self) -> str:
        """The terms by their factors: `0.7·(−0.5) + 0.2·0.8 − 0.3`."""
        text = ""
        for place, parts in enumerate(self.factors):
            first, *others = parts
            words = "·".join((shown(abs(first)), *map(factor, others)))
            if not others or first < 0:
                text += _signed("−" + words if first < 0 else words, place == 0)
            else:
                text += _signed(words, place == 0)
        return text + self._more()

    @property
    def figures(self) -> str:
        """What the terms come to: `−0.35 + 0.16 − 0.3`."""
        text = "".join(_signed(plain(term), place == 0) for place, term in enumerate(self.terms))
        return text + self._more()

    def _more(self) -> str:
        return f" + {self.more:,} more (= {plain(self.rest)})" if self.more else ""

    @property
    def plain_to_the_eye(self) -> bool:
        """Whether the products, as their rounded factors stand there, come to the terms and the total exactly."""
        made = [prod((told(shown(value)) for value in parts), start=Decimal(1)) for parts in self.factors]
        return all(a == b for a, b in zip(made, self.terms, strict=True))

    @property
    def stages(self) -> list[str]:
        """The products, what they come to where that is not plain, and the total; all are equal."""
        if not self.terms:
            return [plain(self.total)]
        alone = len(self.terms) == 1 and not self.more
        found = [self.products]
        if not self.plain_to_the_eye and not alone:
            found.append(self.figures)
        if not (alone and len(self.factors[0]) == 1):
            found.append(plain(self.total))
        return found

    def __str__(self) -> str:
        return " = ".join(self.stages)


def shortened(factors: Sequence[Sequence[float]], most: int = MOST_TERMS, digits: int = DIGITS, last: int = 0) -> Shown:
    """Return a sum of products as it is shown: its `most` largest terms, and one number for the rest.

    `last` of the terms, such as a bias, are always shown. The order stays. Where all are shown, those whose
    rounding is nearest the other way are rounded the other way, so that they add up.

    >>> str(shortened([(0.7, -0.5), (0.2, 0.8), (-0.3,)]))
    '0.7·(−0.5) + 0.2·0.8 − 0.3 = −0.49'
    >>> str(shortened([(1 / 3,), (1 / 3,), (1 / 3,)]))
    '0.3333 + 0.3333 + 0.3333 = 0.334 + 0.333 + 0.333 = 1'
    >>> str(shortened([(float(n),) for n in range(9)], most=2))
    '7 + 8 + 7 more (= 21) = 36'
    """
    products = [prod(map(float, parts)) for parts in factors]
    exact = fsum(products) if all(map(isfinite, products)) else sum(products)
    if not isfinite(exact):
        return Shown((), (), 0, Decimal(0), Decimal("NaN"), exact)
    kept = set(range(len(products)))
    if len(products) > most + last:
        ranked = sorted(range(len(products) - last), key=lambda place: (-abs(products[place]), place))
        kept = {*ranked[:most], *range(len(products) - last, len(products))}
    places = sorted(kept)
    size = max([abs(exact), *(abs(products[place]) for place in places)], default=0.0)
    unit = _unit(decimals(size, digits))
    total = _units(exact, unit)
    more = len(products) - len(places)
    if more:
        units = [_units(products[place], unit) for place in places]
        rest = total - sum(units)
    else:
        scaled = [Decimal(repr(products[place])) / unit for place in places]
        units = [int(value.to_integral_value(rounding="ROUND_FLOOR")) for value in scaled]
        missing = total - sum(units)
        nearest = sorted(range(len(units)), key=lambda place: (units[place] - scaled[place], place))
        for place in nearest[: max(0, missing)]:
            units[place] += 1
        rest = total - sum(units)
        if rest:  # sums of numbers of very different size, where floating point itself has no such digits
            units[max(range(len(units)), key=lambda place: abs(scaled[place]))] += rest
            rest = 0
    return Shown(
        tuple(tuple(map(float, factors[place])) for place in places),
        tuple(value * unit for value in units),
        more,
        rest * unit,
        total * unit,
        exact,
    )


def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def _units(value: float, unit: Decimal) -> int:
    """Return how many units a number is, rounded."""
    return int((Decimal(repr(float(value))) / unit).to_integral_value())


def _signed(text: str, first: bool) -> str:
    """Return a term with the sign that joins it to those before."""
    if first:
        return text
    return f" − {text[1:]}" if text.startswith("−") else f" + {text}"
