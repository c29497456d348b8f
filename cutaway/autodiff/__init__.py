"""The tape: which operation made which number, and how blame flows back. Knows no operation by name."""

from cutaway.autodiff.backward import gradients, history, pull
from cutaway.autodiff.check import check_gradients
from cutaway.autodiff.checkpoint import checkpoint
from cutaway.autodiff.node import Node, value_of
from cutaway.autodiff.primitive import Rule, Thunk, primitive
from cutaway.autodiff.repeat import repeat

__all__ = [
    "Node", "Rule", "Thunk", "check_gradients", "checkpoint", "gradients", "history", "primitive", "pull",
    "repeat", "value_of",
]  # fmt: skip
