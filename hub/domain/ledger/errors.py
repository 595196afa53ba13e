"""Why the ledger refuses."""

from hub.kernel.errors import ErrorKind, HubError


class DraftAmountInvalidError(HubError):
    """The amount of a draft is not a positive number of hundredths within the limit."""

    code = "amount-invalid"
    kind = ErrorKind.INVALID


class EntryKeyReusedError(HubError):
    """An entry with this key was posted before, from other facts."""

    code = "entry-key-reused"
    kind = ErrorKind.CONFLICT


class ClawbackExceedsAccrualError(HubError):
    """More would be taken back than the document still has accrued."""

    code = "clawback-exceeds-accrual"
    kind = ErrorKind.REFUSED
