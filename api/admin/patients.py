"""The staff's list of patients: found by phone, last name, card or 1C code."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from api.access import Door, permitted
from api.wire import LIMIT, Cursor, Limit, Told
from hub.db.transaction import transaction
from hub.domain.loyalty.models import Tier
from hub.domain.loyalty.tiers import get_tier
from hub.domain.patients.listing import PatientRow, list_patients
from hub.domain.staff.permissions import Permission

door = Door("/api/admin/patients", tag="admin")


class PatientLine(Told):
    """One line: the name is short, the phone masked."""

    user_id: UUID
    name: str
    phone_masked: str
    card_code: str | None
    tier: str
    status: str
    created_at: datetime


class PatientPage(Told):
    """A page, newest first."""

    items: list[PatientLine]
    next_cursor: str | None


@door.get("", permitted(Permission.SEARCH_PATIENTS))
def search_patients(
    q: Annotated[str, Query(max_length=200)] = "", cursor: Cursor = None, limit: Limit = LIMIT
) -> PatientPage:
    """List the patients that one search box means; all of them when it is empty."""
    with transaction() as session:
        page = list_patients(session, q=q, cursor=cursor, limit=limit)
        items = [_write_line(row, get_tier(session, row.user_id)) for row in page.items]
    return PatientPage(items=items, next_cursor=page.next_cursor)


def _write_line(row: PatientRow, tier: Tier) -> PatientLine:
    return PatientLine(
        user_id=row.user_id,
        name=row.name,
        phone_masked=row.phone_masked,
        card_code=row.card_code,
        tier=tier.code,
        status=row.status.value,
        created_at=row.created_at,
    )
