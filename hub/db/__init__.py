"""The database floor: one engine per process, one place that commits, keyset pages."""
