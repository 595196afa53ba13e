"""The SMS gateway. It knows each message by our key, so what it has taken it does not take twice."""
