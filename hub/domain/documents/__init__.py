"""Documents of 1C as snapshots: one rule says whether a snapshot is news, for every kind of document."""
