"""Writes a book with one statement per table, whatever its length.

All postings of an entry go in by one statement: the database refuses an insert that does not balance.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from hub.domain.ledger.book import Book, Lot, NewEntry
from hub.domain.ledger.errors import EntryKeyReusedError


def write_book(session: Session, book: Book) -> None:
    """Insert the book's entries with all that belongs to them, and move the balances.

    Raises: EntryKeyReusedError when a concurrent transaction of another owner took one of the keys.
    """
    if not book.entries:
        return
    entry_ids = _insert_entries(session, book)
    lot_ids = _insert_lots(session, book.lots, entry_ids)
    parts = [
        (entry_ids[part.origin.entry_key], part.account_id, part.asset, part.original, part.remaining,
         part.due_at, part.expires_at)
        for part in book.parts if part.origin
    ]  # fmt: skip  # one row, one line
    _send(session, _PARTS, _PART_COLUMNS, parts)
    _send(session, _MOVEMENTS, _MOVEMENT_COLUMNS, _movement_rows(book, entry_ids, lot_ids))
    lines = [
        (entry_ids[entry.entry_key], number, line.account_id, line.asset, line.amount, line.balance_after,
         line.account_version)
        for entry in book.entries for number, line in enumerate(entry.lines, 1)
    ]  # fmt: skip  # one row, one line
    _send(session, _POSTINGS, _POSTING_COLUMNS, lines)
    _move_balances(session, book)


_ENTRIES = text("""
    INSERT INTO ledger_entry (public_id, kind, entry_key, request_hash, reverses_id, document_type,
      document_number, document_key, rule_code, rule_version, reason, actor, approver, occurred_at, posted_at)
    SELECT fresh.*, CAST(:posted_at AS timestamptz) FROM unnest(
      CAST(:public_id AS uuid[]), CAST(:kind AS text[]), CAST(:entry_key AS text[]),
      CAST(:request_hash AS bytea[]), CAST(:reverses_id AS bigint[]), CAST(:document_type AS text[]),
      CAST(:document_number AS text[]), CAST(:document_key AS text[]), CAST(:rule_code AS text[]),
      CAST(:rule_version AS integer[]), CAST(:reason AS text[]), CAST(:actor AS text[]),
      CAST(:approver AS text[]), CAST(:occurred_at AS timestamptz[])
    ) AS fresh
    ON CONFLICT (entry_key) DO NOTHING RETURNING id, entry_key
""")
_ENTRY_COLUMNS = (
    "public_id", "kind", "entry_key", "request_hash", "reverses_id", "document_type", "document_number",
    "document_key", "rule_code", "rule_version", "reason", "actor", "approver", "occurred_at",
)  # fmt: skip  # in the order of _entry_row


def _insert_entries(session: Session, book: Book) -> dict[str, int]:
    rows = [_entry_row(entry) for entry in book.entries]
    values = _columns(_ENTRY_COLUMNS, rows) | {"posted_at": book.now}
    entry_ids: dict[str, int] = {row.entry_key: row.id for row in session.execute(_ENTRIES, values)}
    if len(entry_ids) < len(rows):
        lost = next(entry.entry_key for entry in book.entries if entry.entry_key not in entry_ids)
        raise EntryKeyReusedError(entry_key=lost)
    return entry_ids


def _entry_row(entry: NewEntry) -> tuple[object, ...]:
    source = entry.source
    document = (source.document_type, source.document_number, source.document_key) if source else (None,) * 3
    return (
        entry.public_id,
        entry.kind.value,
        entry.entry_key,
        entry.request_hash,
        entry.reverses_id,
        *document,
        entry.rule_code,
        entry.rule_version,
        entry.reason,
        entry.actor,
        entry.approver,
        entry.occurred_at,
    )


_LOTS = text("""
    INSERT INTO lot (account_id, origin_entry_id, original, remaining, expires_at)
    SELECT * FROM unnest(CAST(:account_id AS bigint[]), CAST(:origin_entry_id AS bigint[]),
      CAST(:original AS bigint[]), CAST(:remaining AS bigint[]), CAST(:expires_at AS timestamptz[]))
    RETURNING id, origin_entry_id
""")
_LOT_COLUMNS = ("account_id", "origin_entry_id", "original", "remaining", "expires_at")


def _insert_lots(session: Session, lots: Sequence[Lot], entry_ids: dict[str, int]) -> dict[int, int]:
    """Give lot ids by origin entry: an entry makes one lot at most."""
    if not lots:
        return {}
    rows = [
        (lot.account_id, entry_ids[lot.origin.entry_key], lot.original, lot.remaining, lot.expires_at)
        for lot in lots
        if lot.origin
    ]
    return {row.origin_entry_id: row.id for row in session.execute(_LOTS, _columns(_LOT_COLUMNS, rows))}


_PARTS = text("""
    INSERT INTO pending_accrual (entry_id, account_id, asset, original, remaining, due_at, expires_at)
    SELECT * FROM unnest(CAST(:entry_id AS bigint[]), CAST(:account_id AS bigint[]), CAST(:asset AS text[]),
      CAST(:original AS bigint[]), CAST(:remaining AS bigint[]), CAST(:due_at AS timestamptz[]),
      CAST(:expires_at AS timestamptz[]))
""")
_PART_COLUMNS = ("entry_id", "account_id", "asset", "original", "remaining", "due_at", "expires_at")
_MOVEMENTS = text("""
    INSERT INTO lot_movement (entry_id, lot_id, delta)
    SELECT * FROM unnest(CAST(:entry_id AS bigint[]), CAST(:lot_id AS bigint[]), CAST(:delta AS bigint[]))
""")
_MOVEMENT_COLUMNS = ("entry_id", "lot_id", "delta")
_POSTINGS = text("""
    INSERT INTO ledger_posting (entry_id, line_no, account_id, asset, amount, balance_after, account_version)
    SELECT * FROM unnest(CAST(:entry_id AS bigint[]), CAST(:line_no AS smallint[]),
      CAST(:account_id AS bigint[]), CAST(:asset AS text[]), CAST(:amount AS bigint[]),
      CAST(:balance_after AS bigint[]), CAST(:account_version AS bigint[]))
""")
_POSTING_COLUMNS = (
    "entry_id", "line_no", "account_id", "asset", "amount", "balance_after", "account_version",
)  # fmt: skip  # in the order of the rows above


def _movement_rows(
    book: Book, entry_ids: dict[str, int], lot_ids: dict[int, int]
) -> list[tuple[int, int, int]]:
    rows = []
    for movement in book.movements:
        lot = movement.lot
        lot_id = lot.id if lot.origin is None else lot_ids[entry_ids[lot.origin.entry_key]]
        assert lot_id is not None  # a lot without an origin was read with its id
        rows.append((entry_ids[movement.entry.entry_key], lot_id, movement.delta))
    return rows


# The ids are said twice so that no plan walks the table, whatever its size when the plan was made.
_MOVE_ACCOUNTS = text("""
    UPDATE ledger_account AS account SET posted = changed.posted, version = changed.version
      FROM unnest(CAST(:id AS bigint[]), CAST(:posted AS bigint[]), CAST(:version AS bigint[]))
        AS changed (id, posted, version)
     WHERE account.id = changed.id AND account.id = ANY(CAST(:id AS bigint[]))
""")
_MOVE_LOTS = text("""
    UPDATE lot SET remaining = changed.remaining
      FROM unnest(CAST(:id AS bigint[]), CAST(:remaining AS bigint[])) AS changed (id, remaining)
     WHERE lot.id = changed.id AND lot.id = ANY(CAST(:id AS bigint[]))
""")
_MOVE_PARTS = text("""
    UPDATE pending_accrual AS part SET remaining = changed.remaining
      FROM unnest(CAST(:id AS bigint[]), CAST(:remaining AS bigint[])) AS changed (id, remaining)
     WHERE part.id = changed.id AND part.id = ANY(CAST(:id AS bigint[]))
""")


def _move_balances(session: Session, book: Book) -> None:
    accounts = [(account.id, account.posted, account.version) for account in book.changed_accounts()]
    _send(session, _MOVE_ACCOUNTS, ("id", "posted", "version"), accounts)
    lots = {move.lot.id: move.lot.remaining for move in book.movements if move.lot.id is not None}
    _send(session, _MOVE_LOTS, ("id", "remaining"), list(lots.items()))
    parts = [(part_id, part.remaining) for part_id, part in book.changed_parts.items()]
    _send(session, _MOVE_PARTS, ("id", "remaining"), parts)


def _send(
    session: Session, statement: TextClause, columns: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    if rows:
        session.execute(statement, _columns(columns, rows))


def _columns(names: Sequence[str], rows: Iterable[tuple[object, ...]]) -> dict[str, object]:
    """Turn rows into the arrays that unnest takes."""
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
