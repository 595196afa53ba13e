"""Printing a pair: medians of interleaved runs and their ratio."""

from statistics import median


def print_pair(name: str, *, ours: list[float], yardstick: list[float], unit: str, against: str) -> None:
    """Print what ours does, what the yardstick does, and how many times ours is."""
    left, right = median(ours), median(yardstick)
    print(f"{name:<28} {left:>9,.0f} {unit:<9} {against}: {right:>8,.0f}   ratio {left / right:.2f}")
