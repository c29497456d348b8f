"""A Tensor is a number on the tape with Python's operators: the only place that says what `a @ b` means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutaway import ops
from cutaway.autodiff import Node
from cutaway.backends import Array


class Tensor(Node):
    """An array that remembers how it was made, so that blame can flow back through it.

    >>> import numpy as np
    >>> x = Tensor(np.array([[1.0, 2.0]]))
    >>> y = x * 3 + 1
    >>> y.value
    array([[4., 7.]])
    >>> y.operation, y.operands[0].operation
    ('add', 'multiply')
    """

    __slots__ = ()
    # NumPy arrays step aside, so that array + tensor is a tensor.
    __array_ufunc__ = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return tuple(self.value.shape)

    @property
    def ndim(self) -> int:
        """How many axes the array has."""
        return len(self.value.shape)

    @property
    def dtype(self) -> Any:
        """The element type of the array."""
        return self.value.dtype

    def __repr__(self) -> str:
        made = f" = {self.operation}(…)" if self.operation else ""
        return f"Tensor({self.value}{made})"

    def __float__(self) -> float:
        return float(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        # Python would count up until an IndexError, which JAX arrays never raise.
        return (self[place] for place in range(len(self)))

    def __add__(self, other: Any) -> Any:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return ops.subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return ops.subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return ops.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return ops.multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return ops.divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return ops.divide(other, self)

    def __pow__(self, other: Any) -> Any:
        return ops.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return ops.power(other, self)

    def __matmul__(self, other: Any) -> Any:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return ops.matmul(other, self)

    def __neg__(self) -> Any:
        return ops.negative(self)

    def __getitem__(self, key: Any) -> Any:
        return ops.index(self, key=key)


def as_tensors(arrays: Mapping[str, Array]) -> dict[str, Tensor]:
    """Return a leaf tensor for each array, by name.

    >>> import numpy as np
    >>> as_tensors({"weight": np.array([1.0])})["weight"].shape
    (1,)
    """
    return {name: Tensor(array) for name, array in arrays.items()}
