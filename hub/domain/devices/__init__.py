"""Where people are signed in: one device, one family of refresh tokens."""
