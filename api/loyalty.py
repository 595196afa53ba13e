"""Balance and history of an account: the patient's own, or anybody's for staff and services."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from api.access import CallerHere, Door, permitted
from api.descriptions import describe_row
from api.etags import is_known, make_etag
from api.languages import prefers_english
from api.owners import get_owner_id
from api.wire import CURSOR_LENGTH_MAX, AcceptLanguage, AmountText, Told, UserPath
from hub.db.paging import LIMIT_DEFAULT, LIMIT_MAX, Page
from hub.db.transaction import transaction
from hub.domain.ledger.queries import AssetBalance, HistoryRow, list_postings
from hub.domain.loyalty.models import Tier
from hub.domain.staff.permissions import Permission
from hub.flows.balance import BalanceSheet, get_holder, read_balance
from hub.kernel.money import Asset, format_amount

door = Door("/api/loyalty", tag="loyalty")
_READ_ACCOUNT = permitted(Permission.READ_OWN_ACCOUNT, Permission.READ_ANY_ACCOUNT)
AssetName = Literal["points", "cashback"]


class TransactionKind(StrEnum):
    """Kinds of entries, as the public API knows them."""

    ACCRUAL = "accrual"
    ACTIVATION = "activation"
    SPEND = "spend"
    CAPTURE = "capture"
    REFUND = "refund"
    CLAWBACK = "clawback"
    EXPIRY = "expiry"
    TRANSFER = "transfer"
    ADJUSTMENT = "adjustment"
    DEBT_REPAYMENT = "debt_repayment"
    REWARD = "reward"
    REWARD_CLAWBACK = "reward_clawback"


class ExpiringWire(Told):
    """What burns at one instant, exclusive."""

    amount: AmountText
    expires_at: datetime


class AssetWire(Told):
    """One asset. Σ expiring + non_expiring = available."""

    asset: AssetName
    available: AmountText
    pending: AmountText
    held: AmountText
    debt: AmountText
    expiring: list[ExpiringWire]
    non_expiring: AmountText


class NextTierWire(Told):
    """The tier above, and what is missing to it."""

    code: str
    name: str
    amount_to_next: AmountText


class TierWire(Told):
    """What the next visit earns."""

    code: str
    name: str
    rate_percent: AmountText
    next: NextTierWire | None


class BalanceWire(Told):
    """The balance answer. `version` grows with every entry."""

    user_id: UUID
    as_of: datetime
    version: int
    assets: list[AssetWire]
    tier: TierWire


@door.get(
    "/balance/{user_id}", _READ_ACCOUNT, response_model=BalanceWire, responses={304: {"description": "Same"}}
)
def get_balance(
    request: Request, user_id: UserPath, caller: CallerHere, accept_language: AcceptLanguage = ""
) -> Response:
    """Tell what is available, pending, held and owed, and what burns when; with an ETag."""
    owner_id = get_owner_id(caller, user_id)
    with transaction() as session:
        sheet = read_balance(session, owner_id)
    balance = write_balance(sheet, is_english=prefers_english(accept_language))
    etag = make_etag(balance.model_dump(mode="json", exclude={"as_of"}))
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Accept-Language"}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(balance.model_dump_json(), media_type="application/json", headers=headers)


class DocumentWire(Told):
    """The document behind an entry."""

    type: str
    number: str


class TransactionWire(Told):
    """One line of the history; `amount` is signed."""

    id: UUID
    asset: AssetName
    kind: TransactionKind
    amount: AmountText
    balance_after: AmountText | None
    pending: bool
    occurred_at: datetime
    posted_at: datetime
    description: str
    document: DocumentWire | None
    reverses: UUID | None
    expires_at: datetime | None


class TransactionPage(Told):
    """A page of the history, newest first."""

    items: list[TransactionWire]
    next_cursor: str | None


class HistoryQuery(BaseModel):
    """Which part of the history; [from, to) is on posted_at."""

    asset: AssetName | None = None
    kind: TransactionKind | None = None
    from_at: AwareDatetime | None = Field(default=None, alias="from")
    to_at: AwareDatetime | None = Field(default=None, alias="to")
    cursor: str | None = Field(default=None, max_length=CURSOR_LENGTH_MAX)
    limit: int = Field(default=LIMIT_DEFAULT, ge=1, le=LIMIT_MAX)


@door.get("/transactions/{user_id}", _READ_ACCOUNT)
def list_transactions(
    user_id: UserPath,
    caller: CallerHere,
    query: Annotated[HistoryQuery, Query()],
    accept_language: AcceptLanguage = "",
) -> TransactionPage:
    """List postings of the active account and what is still pending, newest first."""
    owner_id = get_owner_id(caller, user_id)
    with transaction() as session:
        page = _read_history(session, owner_id, query)
    is_english = prefers_english(accept_language)
    return TransactionPage(
        items=[_write_row(row, is_english=is_english) for row in page.items], next_cursor=page.next_cursor
    )


def write_balance(sheet: BalanceSheet, *, is_english: bool) -> BalanceWire:
    """Write a balance for the wire."""
    return BalanceWire(
        user_id=sheet.profile.patient_id,
        as_of=sheet.as_of,
        version=sheet.version,
        assets=[_write_asset(balance) for balance in sheet.assets],
        tier=_write_tier(sheet.tier, is_english=is_english),
    )


def _write_asset(balance: AssetBalance) -> AssetWire:
    return AssetWire(
        asset=_asset_name(balance.asset),
        available=format_amount(balance.available),
        pending=format_amount(balance.pending),
        held=format_amount(balance.held),
        debt=format_amount(balance.debt),
        expiring=[
            ExpiringWire(amount=format_amount(part.amount), expires_at=part.expires_at)
            for part in balance.expiring
        ],
        non_expiring=format_amount(balance.non_expiring),
    )


def _write_tier(tier: Tier, *, is_english: bool) -> TierWire:
    name = tier.name_en if is_english else tier.name
    return TierWire(code=tier.code, name=name, rate_percent=format_amount(tier.rate_bp), next=None)


def _read_history(session: Session, owner_id: UUID, query: HistoryQuery) -> Page[HistoryRow]:
    return list_postings(
        session,
        get_holder(session, owner_id).patient_id,
        asset=Asset(query.asset.upper()) if query.asset else None,
        kind=query.kind,
        from_at=query.from_at,
        to_at=query.to_at,
        cursor=query.cursor,
        limit=query.limit,
    )


def _write_row(row: HistoryRow, *, is_english: bool) -> TransactionWire:
    has_document = row.document_type is not None
    return TransactionWire(
        id=row.entry_id,
        asset=_asset_name(row.asset),
        kind=TransactionKind(row.kind.value),
        amount=format_amount(row.amount),
        balance_after=None if row.balance_after is None else format_amount(row.balance_after),
        pending=row.is_pending,
        occurred_at=row.occurred_at,
        posted_at=row.posted_at,
        description=describe_row(row, is_english=is_english),
        document=DocumentWire(type=row.document_type or "", number=row.document_number or "")
        if has_document
        else None,
        reverses=row.reverses,
        expires_at=row.expires_at,
    )


def _asset_name(asset: Asset) -> AssetName:
    return "points" if asset is Asset.POINTS else "cashback"
