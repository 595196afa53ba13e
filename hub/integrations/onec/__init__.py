"""1C:УМЦ: its bodies read into envelopes at the door and into facts in the worker."""
