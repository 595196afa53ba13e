"""A mail server that keeps letters in memory instead of delivering them."""
