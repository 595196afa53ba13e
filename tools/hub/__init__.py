"""The hub's own command line: `python -m tools.hub --help`."""
