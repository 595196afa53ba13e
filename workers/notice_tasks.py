"""Telling patients, foreseeing what they must be warned of, and mailings."""

from hub.db.transaction import transaction
from hub.flows.notify_expiring import foresee_expiry
from hub.flows.notify_mailing import send_slice
from hub.flows.notify_tell import tell_due
from hub.taskqueue.names import TaskName
from hub.taskqueue.nudge import nudge_now
from workers.tasking import Counts, task


@task(TaskName.NOTIFY)
def tell_notices(_subject: str) -> Counts:
    """Tell what is due, a batch per transaction; asks for another round when there may be more."""
    with transaction() as session:
        counts = tell_due(session)
    if counts["more"]:
        nudge_now(TaskName.NOTIFY, "")
    return counts


@task(TaskName.FORESEE_EXPIRY)
def foresee(_subject: str) -> Counts:
    """Warn of what will burn, slice by slice."""
    with transaction() as session:
        counts = foresee_expiry(session)
    if counts["more"]:
        nudge_now(TaskName.FORESEE_EXPIRY, "")
    return counts


@task(TaskName.SEND_MAILING)
def send_mailing(_subject: str) -> Counts:
    """Send a slice of the mailing whose turn it is; asks for another round for the next one."""
    with transaction() as session:
        counts = send_slice(session)
    if counts["more"]:
        nudge_now(TaskName.SEND_MAILING, "")
    return counts
