"""Visits: our mirror of 1C's documents, one row per document at its newest version.

A document is a snapshot, not an instruction: the mirror decides whether a snapshot is news, and the
flow posts the difference between what the ledger holds for the document and what it should hold.
"""
