"""Adapters: each translates between one stranger's language and ours, and decides nothing."""
