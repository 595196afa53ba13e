"""Idempotency: the same key and body give the first answer again; the record commits with the effect."""
