"""Figures as a person reads them, in the terminal, in sentences and in reports."""

from __future__ import annotations

from math import floor, log10

from cutaway.metrics import BY_NAME

DIGITS = 3  # of a figure without a unit
LARGEST = 1e15  # from here on a figure has a power of ten, as below 0.0001: nobody counts so many digits


def percent(share: float) -> str:
    """Return a share in per cent, with one decimal.

    >>> percent(0.98551)
    '98.6 %'
    """
    return f"{100 * share:.1f} %"


def figure(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits, and thousands set apart.

    >>> figure(45812.37), figure(0.0123456), figure(3.0), figure(26512.0, 3), figure(1.23456e20)
    ('45,810', '0.01235', '3', '26,500', '1.235e+20')
    """
    if value == 0 or value != value or abs(value) == float("inf"):
        return f"{value:g}"
    if abs(value) >= LARGEST:
        return f"{value:.{digits}g}"
    rounded = round(value, digits - 1 - floor(log10(abs(value))))
    return f"{rounded:,.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{rounded:.{digits}g}"


def measured(metric: str, value: float) -> str:
    """Return the value of a metric as people read that metric.

    >>> measured("accuracy", 0.98551), measured("rmse", 45812.37), measured("log_loss", 0.1234)
    ('98.6 %', '45,810', '0.123')
    """
    known = BY_NAME[metric]
    if known.percent:
        return percent(value)
    return figure(value) if known.in_units else figure(value, DIGITS)


def between(metric: str, interval: tuple[float, float]) -> str:
    """Return the ends of an interval of a metric, the unit once.

    >>> between("accuracy", (0.9, 0.98551)), between("rmse", (4.0, 5.25))
    ('90.0 to 98.6 %', '4 to 5.25')
    """
    low, high = (measured(metric, end) for end in interval)
    return f"{low.removesuffix(' %')} to {high}" if BY_NAME[metric].percent else f"{low} to {high}"
