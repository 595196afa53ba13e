"""Why the ledger refuses."""

from hub.kernel.errors import ErrorKind, HubError


class DraftAmountInvalidError(HubError):
    """The amount of a draft is not a positive number of hundredths within the limit."""

    code = "amount-invalid"
    kind = ErrorKind.INVALID


class PurseMovedError(HubError):
    """The owner's purse was taken over by another since the caller looked; asking again finds who has it."""

    code = "purse-moved"
    kind = ErrorKind.CONFLICT


class PurseHeldError(HubError):
    """A part of the purse is reserved at a cash desk: it can be taken over once the hold has ended."""

    code = "purse-held"
    kind = ErrorKind.CONFLICT


class EntryKeyReusedError(HubError):
    """An entry with this key was posted before, from other facts."""

    code = "entry-key-reused"
    kind = ErrorKind.CONFLICT


class ClawbackExceedsAccrualError(HubError):
    """More would be taken back than the document still has accrued."""

    code = "clawback-exceeds-accrual"
    kind = ErrorKind.REFUSED
