"""Fuzzing of 1C's road: bodies nobody would write by hand, and the laws that none of them may break."""
