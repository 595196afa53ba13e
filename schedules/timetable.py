"""Every periodic job: its name, when, and why. Jobs are idempotent: late, doubled or missed is harmless."""

from dataclasses import dataclass

from hub.taskqueue.names import Queue, TaskName


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the timetable. `queue` overrides the task's own."""

    name: str
    task: TaskName
    subject: str
    every_s: float
    why: str
    queue: Queue | None = None


TIMETABLE: tuple[Job, ...] = (
    Job("activate", TaskName.ACTIVATE, "", 5, "what became due is spendable within seconds"),
    Job(
        "check-ledger", TaskName.CHECK_LEDGER, "", 300, "a broken invariant is seen before a patient sees it"
    ),
    Job("take-bounces", TaskName.TAKE_BOUNCES, "", 120, "a letter that came back is not told as delivered"),
    Job(
        "ask-receipts", TaskName.ASK_RECEIPTS, "sms", 30, "taken is not arrived: operators see the difference"
    ),
    Job("seal-audit", TaskName.SEAL_AUDIT, "", 10, "what was done cannot be rewritten a minute later"),
    Job("sign-audit", TaskName.SIGN_AUDIT, "", 60, "a cut tail of the trail shows against a head outside"),
    Job("expire-approvals", TaskName.EXPIRE_APPROVALS, "", 60, "nobody agrees to what is no longer meant"),
    Job("foresee-expiry", TaskName.FORESEE_EXPIRY, "", 900, "nobody loses points unwarned: 30, 7 and 1 days"),
    Job("send-mailing", TaskName.SEND_MAILING, "", 5, "a mailing keeps its pace, slice by slice"),
    Job("check-staff", TaskName.CHECK_STAFF, "", 900, "whom the portal dismissed is out of the hub too"),
    *(
        Job(f"pulse-{queue}", TaskName.PULSE, queue, 10, "a deaf worker shows in the health page", queue)
        for queue in (Queue.CORE, Queue.IO, Queue.SLOW)
    ),
)
