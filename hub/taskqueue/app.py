"""The Celery app: light enough for beat and Flower; it imports no domain and no task."""

from celery import Celery

app = Celery("hub")
app.config_from_object("hub.taskqueue.config")
