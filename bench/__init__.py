"""Benchmarks: each runs beside a yardstick on the same servers in the same minutes. See docs/bench.md."""
