"""Every queue and task of the hub, on one page."""

from enum import StrEnum


class Queue(StrEnum):
    """Queues, each with its own worker process, so that none blocks another."""

    CORE = "core"
    """Prefork: inbox, accrual."""
    IO = "io"
    """Threads: deliveries."""
    SLOW = "slow"
    """Prefork, one: checks, imports, in slices."""
    SCHED = "sched"
    """Ticks of the clock; served by the core worker."""


class TaskName(StrEnum):
    """Tasks are named queue-noun.verb."""

    DRAIN_INBOX = "inbox.drain"
    DELIVER = "outbox.deliver"
    TAKE_BOUNCES = "outbox.bounces"
    ASK_RECEIPTS = "outbox.receipts"
    NOTIFY = "notices.tell"
    FORESEE_EXPIRY = "notices.foresee"
    SEND_MAILING = "mailings.send"
    ACTIVATE = "ledger.activate"
    CHECK_LEDGER = "ledger.check"
    PULSE = "hub.pulse"
    SEAL_AUDIT = "audit.seal"
    SIGN_AUDIT = "audit.sign"
    EXPIRE_APPROVALS = "approvals.expire"
    CHECK_STAFF = "staff.check"


ROUTES: dict[str, dict[str, str]] = {
    TaskName.DRAIN_INBOX: {"queue": Queue.CORE},
    TaskName.DELIVER: {"queue": Queue.IO},
    TaskName.TAKE_BOUNCES: {"queue": Queue.IO},
    TaskName.ASK_RECEIPTS: {"queue": Queue.IO},
    TaskName.NOTIFY: {"queue": Queue.IO},
    TaskName.FORESEE_EXPIRY: {"queue": Queue.SLOW},
    TaskName.SEND_MAILING: {"queue": Queue.SLOW},
    TaskName.ACTIVATE: {"queue": Queue.SCHED},
    TaskName.CHECK_LEDGER: {"queue": Queue.SLOW},
    TaskName.PULSE: {"queue": Queue.SCHED},
    TaskName.SEAL_AUDIT: {"queue": Queue.SLOW},
    TaskName.SIGN_AUDIT: {"queue": Queue.SLOW},
    TaskName.EXPIRE_APPROVALS: {"queue": Queue.SCHED},
    TaskName.CHECK_STAFF: {"queue": Queue.IO},
}
"""Where each task goes unless its sender says otherwise (a pulse goes to every queue)."""

NUDGE_EXPIRES_S = 60
"""A nudge that waited a minute is noise: the relay has sent newer ones."""
