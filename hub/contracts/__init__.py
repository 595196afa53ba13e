"""Words only: facts (what others told us), announcements (what happened here), messages (for one adapter)."""
