"""Outbox: what the hub must tell the world, written in the transaction that made it true.

An announcement says what happened here; a delivery is one message to one destination, claimed,
sent outside any transaction, and recorded with each attempt.
"""
