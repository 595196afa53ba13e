"""A patient says how they want to be told, signed in or by one click in a letter."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from hub.audit.trail import Action, record_action
from hub.domain.notifications.catalogue import NoticeClass
from hub.domain.notifications.preferences import (
    Preferences,
    choose_preferences,
    find_preferences,
    read_unsubscribe_token,
    switch_letters_off,
)
from hub.domain.patients.contacts import Contact
from hub.flows.notify_recipients import find_recipients
from hub.kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a patient chose, and what it meets: addresses, consent, the clock of quiet hours."""

    chosen: Preferences
    contact: Contact
    has_marketing_consent: bool
    zone: str


def read_wishes(session: Session, patient_id: UUID) -> Wishes:
    """Give a patient's wishes; of a merged one, those of who took over. Raises: NotFoundError."""
    recipient = find_recipients(session, [patient_id]).get(patient_id)
    if recipient is None:
        raise NotFoundError
    return Wishes(
        recipient.wishes,
        recipient.contact,
        recipient.is_willing[NoticeClass.MARKETING],
        recipient.zone,
    )


def change_wishes(session: Session, patient_id: UUID, chosen: Preferences, *, actor: str) -> Wishes:
    """Keep what the patient chose; what is told from now on follows. Raises: NotFoundError."""
    holder_id = read_wishes(session, patient_id).contact.patient_id
    choose_preferences(session, holder_id, chosen)
    record_action(session, _action(actor, holder_id, chosen))
    return read_wishes(session, patient_id)


def unsubscribe(session: Session, token: str) -> NoticeClass:
    """Switch a class of letters off for whom the token was made for; clicked twice, it changes nothing.

    Raises: UnsubscribeTokenError.
    """
    patient_id, notice_class = read_unsubscribe_token(token)
    recipient = find_recipients(session, [patient_id]).get(patient_id)
    if recipient is None:
        return notice_class
    switch_letters_off(session, recipient.patient_id, notice_class)
    chosen = find_preferences(session, [recipient.patient_id])[recipient.patient_id]
    if chosen != recipient.wishes:
        record_action(session, _action("letter", recipient.patient_id, chosen))
    return notice_class


def _action(actor: str, patient_id: UUID, chosen: Preferences) -> Action:
    return Action(
        actor,
        "notification_preference.changed",
        "patient",
        str(patient_id),
        {
            "service_sms": chosen.service_sms,
            "service_email": chosen.service_email,
            "marketing_sms": chosen.marketing_sms,
            "marketing_email": chosen.marketing_email,
        },
    )
