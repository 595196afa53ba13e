"""Notifications: what a patient is told of, in neutral words, once, at a decent hour, as they chose."""
