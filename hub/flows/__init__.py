"""Flows: one file, one story. The only place where the domain meets the adapters."""
