"""Arrays: NumPy's or JAX's, told apart by type. The only folder that imports jax."""

from cutaway.backends.dispatch import backend_named, backend_of, namespace
from cutaway.backends.protocol import Array, Backend, Division

__all__ = ["Array", "Backend", "Division", "backend_named", "backend_of", "namespace"]
