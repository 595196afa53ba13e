"""The ledger's tables. Entries, postings and movements are append-only by grant and by trigger."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, Small


class LedgerAccount(Base):
    """A balance of one owner, kind and asset; accounts of the system have no owner and no balance."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("owner_id", "kind", "asset", "code", postgresql_nulls_not_distinct=True),
        CheckConstraint("kind IN ('active', 'pending', 'debt', 'system')", name="kind"),
        CheckConstraint("asset IN ('POINTS', 'CASHBACK', 'CERT_RUB', 'CPA_RUB')", name="asset"),
        CheckConstraint("(kind = 'system') = (owner_id IS NULL)", name="owner"),
        CheckConstraint("(kind = 'system') = (code IS NOT NULL)", name="code"),
        CheckConstraint("posted >= 0 AND held BETWEEN 0 AND posted AND version >= 0", name="balance"),
        CheckConstraint("held = 0 OR kind = 'active'", name="held"),
        CheckConstraint("kind <> 'system' OR (posted = 0 AND version = 0)", name="no_hot_row"),
        CheckConstraint("heir_id IS NULL OR (heir_id <> owner_id AND posted = 0)", name="heir"),
        Index("ix_ledger_account_heir_id", "heir_id", postgresql_where=text("heir_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    owner_id: Mapped[UUID | None]
    kind: Mapped[str]
    code: Mapped[str | None]
    asset: Mapped[str]
    posted: Mapped[int] = mapped_column(server_default=text("0"))
    held: Mapped[int] = mapped_column(server_default=text("0"))
    version: Mapped[int] = mapped_column(server_default=text("0"))
    """How many postings the account has."""
    heir_id: Mapped[UUID | None]
    """Who took the purse over: nothing is posted here any more. Always names an owner who has no heir."""


class LedgerEntry(Base):
    """One business event; its postings sum to zero per asset."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("entry_key"),
        CheckConstraint("kind <> ''", name="kind"),
        CheckConstraint("entry_key <> ''", name="entry_key"),
        CheckConstraint("approver <> actor", name="approver"),
        Index(None, "document_key", postgresql_where=text("document_key IS NOT NULL")),
        Index(None, "reverses_id", postgresql_where=text("reverses_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    public_id: Mapped[UUID]
    kind: Mapped[str]
    entry_key: Mapped[str]
    request_hash: Mapped[bytes]
    """sha256 of the draft in canonical form, so that a reused key is told from a repetition."""
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))
    document_type: Mapped[str | None]
    document_number: Mapped[str | None]
    document_key: Mapped[str | None]
    rule_code: Mapped[str | None]
    rule_version: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str]
    actor: Mapped[str | None]
    approver: Mapped[str | None]
    occurred_at: Mapped[datetime]
    posted_at: Mapped[datetime]


class LedgerPosting(Base):
    """One signed line of an entry; no foreign key to the account, because the system's are shared."""

    __tablename__ = "ledger_posting"
    __table_args__ = (
        UniqueConstraint("entry_id", "line_no"),
        CheckConstraint("line_no > 0", name="line_no"),
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("balance_after >= 0", name="balance"),
        CheckConstraint("(balance_after IS NULL) = (account_version IS NULL)", name="version"),
        Index(
            "uq_ledger_posting_account_id",
            "account_id",
            "account_version",
            unique=True,
            postgresql_where=text("account_version IS NOT NULL"),
        ),
        Index("ix_ledger_posting_account_id", "account_id", text("id DESC")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"))
    line_no: Mapped[Small]
    account_id: Mapped[int]
    asset: Mapped[str]
    amount: Mapped[int]
    balance_after: Mapped[int | None]
    account_version: Mapped[int | None]
    """None, like balance_after, on accounts of the system."""


class Lot(Base):
    """Spendable points of one origin with one expiry."""

    __tablename__ = "lot"
    __table_args__ = (
        CheckConstraint("original > 0", name="original"),
        CheckConstraint("remaining BETWEEN 0 AND original", name="remaining"),
        CheckConstraint("pinned BETWEEN 0 AND remaining", name="pinned"),
        Index("ix_lot_open", "account_id", "expires_at", "id", postgresql_where=text("remaining > 0")),
        Index("ix_lot_due", "expires_at", postgresql_where=text("remaining > 0 AND expires_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"))
    origin_entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), index=True)
    original: Mapped[int]
    remaining: Mapped[int]
    pinned: Mapped[int] = mapped_column(server_default=text("0"))
    """Reserved by open holds; never above remaining."""
    expires_at: Mapped[datetime | None]
    """Exclusive; None never burns."""


class LotMovement(Base):
    """What an entry took from a lot (negative) or gave back to it."""

    __tablename__ = "lot_movement"
    __table_args__ = (CheckConstraint("delta <> 0", name="delta"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)
    delta: Mapped[int]


class PendingAccrual(Base):
    """An accrual that waits for its day; what a clawback took is gone from `remaining`."""

    __tablename__ = "pending_accrual"
    __table_args__ = (
        UniqueConstraint("entry_id"),
        CheckConstraint("original > 0", name="original"),
        CheckConstraint("remaining BETWEEN 0 AND original", name="remaining"),
        Index("ix_pending_accrual_due", "due_at", "id", postgresql_where=text("remaining > 0")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"), index=True)
    asset: Mapped[str]
    original: Mapped[int]
    remaining: Mapped[int]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """Expiry of the lot that the activation makes."""
