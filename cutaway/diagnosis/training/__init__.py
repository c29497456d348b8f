"""Checks of a training under way: of its step size, its gradients and its units."""
