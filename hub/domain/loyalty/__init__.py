"""Loyalty: what a visit earns. Rates come from the tier; arithmetic is pure and floors."""
