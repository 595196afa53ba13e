"""Why a request or a decision is refused."""

from hub.kernel.errors import ErrorKind, HubError


class OwnApprovalError(HubError):
    """Nobody asks for himself, nor decides what he asked for or gains by."""

    code = "approval-own"
    kind = ErrorKind.FORBIDDEN


class ApprovalClosedError(HubError):
    """It was decided already, or its time is over; `state` says which."""

    code = "approval-closed"
    kind = ErrorKind.REFUSED


class ApprovalPendingError(HubError):
    """The same is being asked for about the same object; `approval_id` names the request."""

    code = "approval-pending"
    kind = ErrorKind.REFUSED
