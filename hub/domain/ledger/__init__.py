"""Double entry, append-only: every point can be explained from the document that caused it.

A verb locks its owners' accounts, computes in memory (book.py), and writes the result with a constant
number of statements, however many drafts it was given. Accounts of the system keep no balance.
"""
