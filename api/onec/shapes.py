"""The answers of /api/1c/v1 as the API description shows them; `writing` writes the numbers themselves."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema

from api.wire import Told

OnecAmount = Annotated[Decimal, WithJsonSchema({"type": "number", "multipleOf": 0.01})]
"""Roubles or points as 1C reads them: a JSON number with two decimals."""


class OnecAnswer(Told):
    """What every answer starts with."""

    result: bool
    code: str
    message: str


class ReceiptShape(OnecAnswer):
    """One event is safe. `received_no`: the highest message number without a gap below it."""

    event_id: str
    receipt_id: str
    duplicate: bool
    received_no: int


class ReceiptsShape(OnecAnswer):
    """An array is answered event by event."""

    items: list[ReceiptShape]


class EffectShape(Told):
    """What an event moved; `amount` is signed, with two decimals."""

    kind: str
    asset: str
    amount: OnecAmount


class EventShape(OnecAnswer):
    """What became of an event."""

    event_id: str
    receipt_id: str
    state: Literal["received", "processed", "duplicate", "stale", "parked", "ignored", "buried"]
    reason: str | None
    effects: list[EffectShape]


class NodeShape(Told):
    """What was received of one node of the base, and what is missing."""

    node: str
    received_no: int
    gaps: list[dict[Literal["from", "to"], int]]


class ExchangeShape(OnecAnswer):
    """What was received, and what is missing: `gaps` of {from, to}, both inclusive."""

    received_no: int
    gaps: list[dict[Literal["from", "to"], int]]
    nodes: list[NodeShape]


class ExpiringShape(Told):
    """What burns when, by the infobase's wall clock."""

    asset: str
    amount: OnecAmount
    expires_at: str


class BalanceShape(Told):
    """What one person has; amounts have two decimals."""

    patient_ref: str
    user_id: str
    card_code: str
    status: str
    points_available: OnecAmount
    points_held: OnecAmount
    points_pending: OnecAmount
    cashback_available: OnecAmount
    cashback_held: OnecAmount
    cashback_pending: OnecAmount
    debt: OnecAmount
    expiring: list[ExpiringShape]
    tier: str
    version: int
    as_of: str


class BalancesShape(OnecAnswer):
    """Several people when a family shares the phone."""

    items: list[BalanceShape]
    next_cursor: str
    has_more: bool


EVENT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "One event, an array of up to 200, or an XML event; any Content-Type, up to 2 MiB.",
        "content": {
            "application/json": {
                "schema": {"oneOf": [{"type": "object"}, {"type": "array", "maxItems": 200}]}
            },
            "application/xml": {"schema": {"type": "string"}},
        },
    }
}
