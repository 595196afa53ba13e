"""The business itself. Rooms here know the database, and nothing of 1C, Bitrix24, HTTP or Celery."""
