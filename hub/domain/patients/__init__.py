"""Patients: who they are (sealed), what 1C calls them, what they agreed to, how they prove their phone."""
