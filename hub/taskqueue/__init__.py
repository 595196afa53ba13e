"""The task queue: Celery carries nudges only. Rows are the truth; a lost message costs seconds."""
