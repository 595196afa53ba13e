"""The door of 1C:УМЦ, /api/1c/v1: its own answer shape, JSON numbers, naive local dates."""
