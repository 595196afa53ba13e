"""Celery's settings stand against known traps; none of them slips back to a default."""

import json

import pytest

from hub.taskqueue.app import app
from hub.taskqueue.names import ROUTES, Queue, TaskName
from workers.app import TASKS

EXPECTED = {
    "task_ignore_result": True,
    "result_backend": None,
    "accept_content": ["json"],
    "task_serializer": "json",
    "result_accept_content": ["json"],
    "task_acks_late": True,
    "task_acks_on_failure": True,
    "task_acks_on_timeout": True,
    "task_reject_on_worker_lost": False,
    "task_retry_on_worker_lost": False,
    "task_publish_retry": False,
    "task_soft_time_limit": 60,
    "task_time_limit": 90,
    "task_default_queue": "core",
    "task_create_missing_queues": False,
    "task_send_sent_event": False,
    "worker_send_task_events": True,
    "worker_prefetch_multiplier": 1,
    "worker_disable_rate_limits": True,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "worker_hijack_root_logger": False,
    "worker_max_tasks_per_child": 2000,
    "worker_max_memory_per_child": 250_000,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_connection_timeout": 4,
    "broker_pool_acquire_timeout": 5,
    "timezone": "UTC",
    "enable_utc": True,
}


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_setting_is_as_it_was_decided(name: str) -> None:
    assert app.conf[name] == EXPECTED[name]


@pytest.mark.usefixtures("database")
def test_a_frozen_redis_blocks_nobody_for_ever() -> None:
    options = app.conf.broker_transport_options
    assert 0 < options["socket_connect_timeout"] <= options["socket_timeout"] <= 5
    assert options["priority_steps"] == [0]
    assert options["global_keyprefix"] == "hub:"


@pytest.mark.usefixtures("database")
def test_every_queue_has_a_key_of_its_own() -> None:
    assert {queue.name: queue.routing_key for queue in app.conf.task_queues} == {
        queue.value: queue.value for queue in Queue
    }


def own_tasks() -> set[str]:
    """The hub's; a test of the benchmarks may have brought their yardsticks into this process."""
    return {name for name in app.tasks if not name.startswith(("celery.", "bench."))}


@pytest.mark.usefixtures("database")
def test_every_name_is_bound_to_one_task_and_every_task_is_on_the_page() -> None:
    assert TASKS
    assert own_tasks() == {name.value for name in TaskName}
    works = [app.tasks[name].run for name in own_tasks()]
    assert len({id(work) for work in works}) == len(TaskName)


def test_every_task_has_a_queue() -> None:
    assert set(ROUTES) == set(TaskName)
    assert {route["queue"] for route in ROUTES.values()} <= set(Queue)


def test_names_say_queue_noun_and_verb() -> None:
    for name in TaskName:
        noun, _, verb = name.value.partition(".")
        assert noun.isalpha()
        assert verb.isalpha()


@pytest.mark.usefixtures("database")
def test_a_nudge_on_the_wire_carries_a_subject_and_nothing_else() -> None:
    message = app.amqp.as_task_v2("id", TaskName.DRAIN_INBOX.value, args=("core",), kwargs={}, expires=60)
    args, kwargs, _ = message.body
    assert json.loads(json.dumps([args, kwargs])) == [["core"], {}]
