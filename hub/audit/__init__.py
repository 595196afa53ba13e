"""Audit: who did what to which object, written in the transaction of the change; append-only."""
