"""An SMS gateway that keeps messages in memory instead of sending them."""
