"""Schedules: every periodic job on one page, and beat's entry."""
