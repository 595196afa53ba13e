"""Workers: thin doors; a task opens a transaction and calls one flow."""
