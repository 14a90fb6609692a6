"""What a call costs, against a floor that only reads the body: `python -m benchmarks` (docs/performance.md)."""
