"""What the clock starts."""

from hub.db.transaction import transaction
from hub.flows import staff_sso
from hub.flows.activate import activate
from hub.flows.approving import expire_approvals
from hub.flows.seal_audit import carry_out, note_carried_out, seal_audit, sign_audit
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


@task(TaskName.SEAL_AUDIT)
def seal_trail(_subject: str) -> Counts:
    """Chain what was recorded, batch by batch."""
    with transaction() as session:
        counts = seal_audit(session)
    if counts["more"]:
        nudge_now(TaskName.SEAL_AUDIT, "")
    return counts


@task(TaskName.SIGN_AUDIT)
def sign_trail(_subject: str) -> Counts:
    """Sign the chain's end and carry it out of the database."""
    with transaction() as session:
        heads = sign_audit(session)
    carry_out(heads)
    with transaction() as session:
        return note_carried_out(session, heads)


@task(TaskName.EXPIRE_APPROVALS)
def expire_requests(_subject: str) -> Counts:
    """Close requests that nobody decided in time."""
    with transaction() as session:
        counts = expire_approvals(session)
    if counts["more"]:
        nudge_now(TaskName.EXPIRE_APPROVALS, "")
    return counts


@task(TaskName.CHECK_STAFF)
def check_staff(_subject: str) -> Counts:
    """Ask the portal about staff, between two transactions, and switch off whom it dismissed."""
    with transaction() as session:
        working = staff_sso.list_working(session)
    dismissed = staff_sso.find_dismissed(working)
    with transaction() as session:
        return staff_sso.dismiss(session, dismissed)
