"""Patient cards as facts: what the loyalty programme may know of a person, and nothing else."""

from datetime import date, datetime

from hub.contracts.facts import Consent, PatientSnapshot
from hub.integrations.onec import names
from hub.integrations.onec.document_event import FIELD, RECORD, DocumentEvent
from hub.integrations.onec.section import Section
from hub.kernel import clock
from hub.kernel.phone import find_phone

CONSENTS_MAX = 50
_EARLIEST_BIRTH = date(1900, 1, 1)


def read_patient(event: DocumentEvent) -> PatientSnapshot:
    """Read a card. A phone or e-mail that cannot be one is absent. Raises: FactInvalidError."""
    return _read_card(event, event.body("patient", names.PATIENT))


def read_merged(event: DocumentEvent) -> PatientSnapshot:
    """Read «замена дублей»: the card that is no more, and the one to use; little else is told.

    Raises: FactInvalidError.
    """
    card = event.body("patient", names.PATIENT)
    card.get_ref("merged_into_ref")
    return _read_card(event, card)


def _read_card(event: DocumentEvent, card: Section) -> PatientSnapshot:
    own_ref = card.find_ref("ref")
    ref = event.document.find_ref("ref") or card.get_ref("ref")
    if (own_ref or ref) != ref:
        raise card.invalid("ref", "ref-mismatch")
    is_live = event.is_live and not card.flag("deletion_mark", default=False)
    merged_into_ref = card.find_ref("merged_into_ref")
    phone = find_phone(card.text("phone"))
    email = _email(card)
    birth_date = _birth_date(card)
    words = {
        name: card.text(name)
        for name in ("code", "surname", "name", "father_name", "card_code", "referral_code")
    }
    consents = tuple(_consent(row) for row in card.rows("consents", names.CONSENT, up_to=CONSENTS_MAX))
    head = FIELD.join((*words.values(), email, phone or "", str(birth_date), str(merged_into_ref)))
    return PatientSnapshot(
        stamp=event.stamp(ref, is_live=is_live, content=(head, _consents_content(consents))),
        code=words["code"],
        surname=words["surname"],
        first_name=words["name"],
        father_name=words["father_name"],
        birth_date=birth_date,
        phone=phone,
        email=email,
        card_code=words["card_code"],
        referral_code=words["referral_code"],
        merged_into_ref=merged_into_ref,
        consents=consents,
    )


def _email(card: Section) -> str:
    text = card.text("email").lower()
    name, at, domain = text.partition("@")
    return text if name and at and "." in domain and " " not in text else ""


def _birth_date(card: Section) -> date | None:
    """Read the calendar day; an instant (`…T21:00:00Z`) is the day it was in the clinic's zone."""
    moment = card.find_moment("birthday")
    if moment is None:
        return None
    try:
        born = _local(moment, card.frame.zone)
    except OverflowError:
        born = date.min
    if not _EARLIEST_BIRTH <= born <= clock.local_date(clock.now(), card.frame.zone):
        raise card.invalid("birthday", "date-out-of-range")
    return born


def _local(moment: datetime, zone: str) -> date:
    return moment.date() if moment.tzinfo is None else clock.local_date(moment, zone)


def _consent(row: Section) -> Consent:
    purpose = row.text("purpose")
    at = row.find_instant("at")
    if not purpose:
        raise row.invalid("purpose", "required")
    if not row.has("granted"):
        raise row.invalid("granted", "required")
    if at is None:
        raise row.invalid("at", "required")
    is_granted = row.flag("granted", default=False)
    return Consent(purpose=purpose, is_granted=is_granted, at=at, doc_version=row.text("doc_version"))


def _consents_content(consents: tuple[Consent, ...]) -> str:
    return RECORD.join(
        sorted(
            FIELD.join(
                (consent.purpose, str(consent.is_granted), clock.to_wire(consent.at), consent.doc_version)
            )
            for consent in consents
        )
    )
