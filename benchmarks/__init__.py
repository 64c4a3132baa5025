"""What the library itself costs: `python -m benchmarks`."""
