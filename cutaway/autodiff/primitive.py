"""How a rule, a plain function on arrays, becomes an operation that the tape remembers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from cutaway.autodiff.node import Node
from cutaway.backends import Array

# The blame of one operand, computed when called; None where an operand has none (an index, a mask).
Thunk: TypeAlias = Callable[[], Array] | None
# The result of an operation, and its backward rule: dL/dy in, one thunk per operand out.
Rule: TypeAlias = tuple[Array, Callable[[Array], tuple[Thunk, ...]]]


def primitive(rule: Callable[..., Rule]) -> Callable[..., Any]:
    """Make an operation of a rule.

    The rule takes its operands by position, arrays or Python numbers, and settings by keyword; it returns its
    result and a function from g = dL/dy to one thunk per operand. Called with arrays the operation returns
    the array alone; called with at least one `Node` it returns a node of that type which remembers the rule.
    The rule itself stays at hand as `operation.rule`.

    >>> @primitive
    ... def double(x):
    ...     return 2 * x, lambda g: (lambda: 2 * g,)
    >>> double(3.0)
    6.0
    >>> node = double(Node([3.0]))
    >>> node.value, node.operation, node.backward(1.0)[0]()
    (array([6.]), 'double', 2.0)
    """
    name = rule.__name__

    @wraps(rule)
    def operation(*operands: Any, **settings: Any) -> Any:
        kind = next((type(operand) for operand in operands if isinstance(operand, Node)), None)
        if kind is None:
            return rule(*operands, **settings)[0]
        value, backward = rule(
            *[operand.value if isinstance(operand, Node) else operand for operand in operands], **settings
        )
        return kind(value, name, operands, settings, backward)

    operation.rule = rule  # type: ignore[attr-defined]
    return operation
