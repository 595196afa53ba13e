"""A small 1C:УМЦ base kept in memory, which pushes its documents to the hub as 1C would."""
