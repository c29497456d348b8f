"""Checks of what a training came to: of its fit, its length and its data."""
