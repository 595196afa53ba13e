"""Inbox: what strangers told us, kept before it is answered, handled once, never lost.

The row is the truth: ready → running → processed | duplicate | stale | ignored, or back to ready
(postponed), parked (waits for a fact), buried (a person must look). Broker messages are only nudges.
"""
