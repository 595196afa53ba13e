"""Balances for the till: by 1C's own reference, by card, or by phone, where a family may answer."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy.orm import Session

from api.access import CallerHere, Door, infobase
from api.onec.shapes import BalancesShape
from api.onec.writing import XML_NAMESPACE, Amount, Told, answer, local_text, write_xml
from hub.db.transaction import transaction
from hub.domain.clinics.queries import get_infobase
from hub.domain.patients import queries as patients
from hub.domain.staff.permissions import Permission
from hub.flows.balance import BalanceSheet, read_balance
from hub.kernel.errors import FieldInvalidError, NotFoundError
from hub.kernel.ids import find_uuid
from hub.kernel.money import Asset
from hub.kernel.phone import find_phone

door = Door("/api/1c/v1", tag="1c")
_XML = "application/xml"
_Text = Annotated[str, Query(max_length=64)]


@door.get("/balances", infobase(Permission.READ_EXCHANGE), responses={200: {"model": BalancesShape}})
def list_balances(
    request: Request, caller: CallerHere, patient_ref: _Text = "", card_code: _Text = "", phone: _Text = ""
) -> Response:
    """Tell what these people have; the first of the three that is given decides."""
    with transaction() as session:
        zone = get_infobase(session, caller.infobase).timezone
        found = _find_patients(session, caller.infobase, patient_ref, card_code, phone)
        sheets = [read_balance(session, patient_id) for patient_id in found]
        refs = patients.find_refs(session, caller.infobase, found)
    items = [_write_sheet(sheet, refs.get(sheet.profile.patient_id), zone) for sheet in sheets]
    if _XML in request.headers.get("accept", ""):
        return _answer_xml(items)
    return answer({"items": items, "next_cursor": "", "has_more": False})


def _find_patients(
    session: Session, sender: str, patient_ref: str, card_code: str, phone: str
) -> Sequence[UUID]:
    """Find whom the till means. Raises: FieldInvalidError when nothing is given; NotFoundError."""
    if patient_ref:
        ref = find_uuid(patient_ref.strip().strip("{}"))
        found = list(patients.find_patients_by_ref(session, sender, [ref] if ref else []).values())
    elif card_code:
        holder = patients.find_by_card(session, card_code)
        found = [holder] if holder else []
    elif phone:
        number = find_phone(phone)
        family = patients.find_by_phone(session, number) if number else []
        found = [member.patient_id for member in family]
    else:
        raise FieldInvalidError(field="patient_ref")
    if not found:
        raise NotFoundError
    return found


def _write_sheet(sheet: BalanceSheet, ref: UUID | None, zone: str) -> dict[str, Told]:
    points, cashback = (
        next(balance for balance in sheet.assets if balance.asset is asset)
        for asset in (Asset.POINTS, Asset.CASHBACK)
    )
    expiring: list[Told] = [
        {
            "asset": balance.asset.lower(),
            "amount": Amount(part.amount),
            "expires_at": local_text(part.expires_at, zone),
        }
        for balance in (points, cashback)
        for part in balance.expiring
    ]
    return {
        "patient_ref": str(ref) if ref else "",
        "user_id": str(sheet.profile.patient_id),
        "card_code": sheet.profile.card_code or "",
        "status": sheet.profile.status.value,
        "points_available": Amount(points.available),
        "points_held": Amount(points.held),
        "points_pending": Amount(points.pending),
        "cashback_available": Amount(cashback.available),
        "cashback_held": Amount(cashback.held),
        "cashback_pending": Amount(cashback.pending),
        "debt": Amount(points.debt + cashback.debt),
        "expiring": expiring,
        "tier": sheet.tier.code,
        "version": sheet.version,
        "as_of": local_text(sheet.as_of, zone),
    }


def _answer_xml(items: Sequence[dict[str, Told]]) -> Response:
    elements = []
    for item in items:
        attributes = {_camel(name): value for name, value in item.items() if name != "expiring"}
        parts = item["expiring"]
        assert isinstance(parts, list)  # written above
        children = [
            write_xml("Expiring", {_camel(name): value for name, value in part.items()})
            for part in parts
            if isinstance(part, dict)
        ]
        elements.append(write_xml("Item", attributes, children))
    root = write_xml("Balances", {"xmlns": XML_NAMESPACE}, elements)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{root}'
    return Response(text.encode(), media_type="application/xml; charset=utf-8")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
