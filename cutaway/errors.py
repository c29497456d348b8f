"""The one error that means "what arrived cannot be used", as opposed to a fault of ours; and the two warnings."""


class InputError(ValueError):
    """Input that cannot be used: a file, a column, an array, a setting.

    The message names the place, what arrived, what was expected and what to do. The command line
    prints it alone, without a traceback, and exits with code 2.

    >>> raise InputError("houses.csv: no column 'prise'; did you mean 'price'?")
    Traceback (most recent call last):
    cutaway.errors.InputError: houses.csv: no column 'prise'; did you mean 'price'?
    """


class DataWarning(UserWarning):
    """Data to predict differs from that of training in a way that a prediction survives, but a person should know."""


class TrainingWarning(UserWarning):
    """A training that ended, but not well: the message says what happened and what to do."""
