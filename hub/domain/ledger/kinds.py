"""The ledger's own words, as they stand in the tables and in the public API."""

from enum import StrEnum


class AccountKind(StrEnum):
    """What an account's balance means to its owner."""

    ACTIVE = "active"
    """May be spent; its parts are lots."""
    PENDING = "pending"
    """Promised; its parts are pending accruals."""
    DEBT = "debt"
    """Taken back after it was spent, still owed: a positive balance is a debt."""
    SYSTEM = "system"
    """The programme's own side; no owner, no cached balance."""


OWNED_KINDS = (AccountKind.ACTIVE, AccountKind.PENDING, AccountKind.DEBT)
"""What every holder gets, all three at once."""


class SystemCode(StrEnum):
    """Which account of the system stands on the other side."""

    ISSUED = "issued"
    SPENT = "spent"
    BREAKAGE = "breakage"
    CLAWBACK = "clawback"
    DEBT = "debt"


class EntryKind(StrEnum):
    """What happened."""

    ACCRUAL = "accrual"
    ACTIVATION = "activation"
    CLAWBACK = "clawback"
    EXPIRY = "expiry"
    DEBT_REPAYMENT = "debt_repayment"
    TRANSFER = "transfer"
    """A part of a purse changed its owner: two cards turned out to be one person."""
