"""Arrays: NumPy's or JAX's, told apart by type. The only folder that imports jax."""

from cutaway.backends.protocol import Array, Backend, backend_of, jax_backend, namespace, numpy_backend

__all__ = ["Array", "Backend", "backend_of", "jax_backend", "namespace", "numpy_backend"]
