"""Benchmarks: each prints ratios to a yardstick that ran in the same minutes on the same server."""
