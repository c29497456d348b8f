"""Side-by-side measurements: `python -m benchmarks NAME`; every figure is a ratio within one run."""
