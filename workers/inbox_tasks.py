"""Draining the inbox."""

from hub.flows.drain import drain
from hub.taskqueue.names import TaskName
from hub.taskqueue.nudge import nudge_now
from workers.tasking import Counts, task


@task(TaskName.DRAIN_INBOX)
def drain_inbox(queue: str) -> Counts:
    """Handle what is due in the queue; asks for another round when it stopped before the end."""
    counts = drain(queue)
    if counts["more"]:
        nudge_now(TaskName.DRAIN_INBOX, queue)
    return counts
