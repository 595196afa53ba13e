"""Faults really done: processes are killed under load, and every acknowledged event is counted, id by id."""
