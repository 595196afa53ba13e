"""What the clock starts."""

from hub.db.transaction import transaction
from hub.flows.activate import activate
from hub.flows.watch import check_ledger, pulse
from hub.taskqueue.names import TaskName
from hub.taskqueue.nudge import nudge_now
from workers.tasking import Counts, task


@task(TaskName.ACTIVATE)
def activate_due(_subject: str) -> Counts:
    """Activate due pending points, batch by batch."""
    with transaction() as session:
        counts = activate(session)
    if counts["more"]:
        nudge_now(TaskName.ACTIVATE, "")
    return counts


@task(TaskName.CHECK_LEDGER)
def check_invariants(_subject: str) -> Counts:
    """Ask every invariant of the ledger."""
    with transaction() as session:
        return check_ledger(session)


@task(TaskName.PULSE)
def send_pulse(queue: str) -> Counts:
    """Show that this queue is served."""
    with transaction() as session:
        return pulse(session, queue)
