"""The door of the staff's screens, /api/admin."""
