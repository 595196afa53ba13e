"""The Celery app: light enough for beat and Flower; it imports no domain and no task."""

from celery import Celery
from kombu.transport.redis import Channel

# A connection that is given up does not put its unacknowledged nudges back: the relay sends newer ones, and
# kombu 5.7, doing so while Redis is away, ends the whole worker («'NoneType' … 'hostname'»).
Channel.do_restore = False

app = Celery("hub")
app.config_from_object("hub.taskqueue.config")
