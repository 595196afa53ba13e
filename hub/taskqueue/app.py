"""The Celery app: light enough for beat and Flower; it imports no domain and no task."""

from celery import Celery
from kombu.transport.redis import Channel

# A connection that is given up does not put back what was in hand: kombu would dump it into a file when
# Redis is away, and the relay sends newer nudges anyway.
Channel.do_restore = False

app = Celery("hub")
app.config_from_object("hub.taskqueue.config")
