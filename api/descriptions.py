"""What a line of the history says to the patient: neutral words by kind, never anything medical."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from hub.domain.ledger.kinds import EntryKind
from hub.domain.ledger.queries import HistoryRow
from hub.kernel.money import Asset


class _Words(NamedTuple):
    russian: str
    english: str


_ASSETS: Mapping[Asset, _Words] = MappingProxyType(
    {Asset.CASHBACK: _Words("Кэшбэк", "Cashback"), Asset.POINTS: _Words("Баллы", "Points")}
)
_ACTIONS: Mapping[EntryKind, _Words] = MappingProxyType(
    {
        EntryKind.ACCRUAL: _Words("", ""),
        EntryKind.ACTIVATION: _Words(": можно тратить", ": ready to spend"),
        EntryKind.CLAWBACK: _Words(": возврат", ": taken back"),
        EntryKind.EXPIRY: _Words(": срок истёк", ": expired"),
        EntryKind.DEBT_REPAYMENT: _Words(": погашение долга", ": debt repaid"),
        EntryKind.TRANSFER: _Words(": перенос при объединении карточек", ": moved when cards were merged"),
    }
)
_VISIT = _Words(" за визит", " for visit")
_PENDING = _Words(" (ожидает)", " (pending)")


def describe_row(row: HistoryRow, *, is_english: bool) -> str:
    """Write «Кэшбэк за визит 00ЦК-000123», or what the kind of entry wants."""
    parts = [_ASSETS[row.asset][is_english]]
    if row.document_type == "visit":
        number = f" {row.document_number}" if row.document_number else ""
        parts.append(_VISIT[is_english] + number)
    parts.append(_ACTIONS[row.kind][is_english])
    if row.is_pending:
        parts.append(_PENDING[is_english])
    return "".join(parts)
