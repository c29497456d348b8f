"""Several processes, on one machine or many, that share one training."""

from cutaway.distributed.joining import join, together
from cutaway.distributed.launching import Ended, launch

__all__ = ["Ended", "join", "launch", "together"]
