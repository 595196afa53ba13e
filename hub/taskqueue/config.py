"""Celery's settings, the same for every process; read when Celery first needs them.

Each has its reason; most stand against a trap of Celery on Redis that loses or doubles work.
"""

from typing import Any

from kombu import Exchange
from kombu import Queue as BrokerQueue

from hub.kernel.settings import settings
from hub.taskqueue.names import ROUTES, Queue

_REDIS_OPTIONS: dict[str, Any] = {
    # What a worker has in hand it remembers by itself: a nudge that dies with it is sent anew by the relay,
    # while kombu 5.7 ends a worker that acknowledges to a Redis which went away meanwhile.
    "ack_emulation": False,
    "socket_timeout": 5,  # no timeout by default: a frozen Redis would block publishers for ever
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,  # a half-open connection is noticed
    "priority_steps": [0],  # separate queues instead of priorities: a fourth of the keys
    "global_keyprefix": "hub:",
    "client_name": "hub-celery",
}

broker_url = settings().celery_broker_url
broker_transport_options = _REDIS_OPTIONS if broker_url.startswith(("redis://", "rediss://")) else {}
broker_connection_retry_on_startup = True  # start before the broker does, and wait for it
broker_connection_max_retries = None  # for ever: the default gives up after 100
broker_connection_timeout = 4
broker_pool_limit = 20  # with few, Flower starves: its inspectors each hold one
broker_pool_acquire_timeout = 5  # an exhausted pool is an error, not a hang
task_ignore_result = True  # rows hold results
result_backend = None
accept_content = ["json"]  # never pickle: whoever can push could run code
task_serializer = "json"
result_accept_content = ["json"]
task_acks_late = True  # a worker takes no more nudges than it can work on
task_acks_on_failure = True  # rows own retries; messages never loop
task_acks_on_timeout = True
task_reject_on_worker_lost = False  # True loops a poison task for ever
task_retry_on_worker_lost = False  # the relay has sent a newer nudge long before
task_publish_retry = False  # the relay is the retry
task_soft_time_limit = 60
task_time_limit = 90
task_default_queue = Queue.CORE.value
task_create_missing_queues = False
_exchange = Exchange("hub", type="direct")
# Each queue under its own key: without one they would all hear the default queue's messages.
task_queues = [BrokerQueue(queue.value, _exchange, routing_key=queue.value) for queue in Queue]
task_routes = ROUTES
task_send_sent_event = False
worker_send_task_events = True  # Flower shows each drain with its counts
worker_prefetch_multiplier = 1  # hoarded nudges are invisible until their worker dies
worker_eta_task_limit = 1000
worker_disable_rate_limits = True
worker_cancel_long_running_tasks_on_connection_loss = False  # effects are fenced; let them end
worker_soft_shutdown_timeout = 8.0
worker_enable_soft_shutdown_on_idle = True
worker_max_tasks_per_child = 2000
worker_max_memory_per_child = 250_000
worker_proc_alive_timeout = 10
worker_hijack_root_logger = False
timezone = "UTC"
enable_utc = True
beat_max_loop_interval = 5
