"""Health signals: each part of the hub says how it is; `since` tells how long it has been so."""
