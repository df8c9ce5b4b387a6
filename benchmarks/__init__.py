"""Speed, size and fidelity, measured side by side in one process (see docs/BENCHMARKS.md)."""
