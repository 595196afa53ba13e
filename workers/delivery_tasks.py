"""Sending what is due."""

from hub.contracts.parties import Destination
from hub.flows.ask_receipts import ask_receipts
from hub.flows.bounced_letters import take_bounces
from hub.flows.deliver import deliver
from hub.taskqueue.names import TaskName
from hub.taskqueue.nudge import nudge_now
from workers.tasking import Counts, task


@task(TaskName.DELIVER)
def deliver_due(destination: str) -> Counts:
    """Send what is due to the destination; asks for another round when there may be more."""
    counts = deliver(Destination(destination))
    if counts["more"]:
        nudge_now(TaskName.DELIVER, destination)
    return counts


@task(TaskName.TAKE_BOUNCES)
def take_returned(_subject: str) -> Counts:
    """Note letters that came back, and clear their box."""
    return take_bounces()


@task(TaskName.ASK_RECEIPTS)
def ask_for_receipts(destination: str) -> Counts:
    """Ask the destination which of its messages arrived."""
    return ask_receipts(Destination(destination))
