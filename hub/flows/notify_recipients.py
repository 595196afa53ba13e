"""Who hears a notice: the person as they are reached now, with their wishes, consents and clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.domain.clinics.models import ZONE_DEFAULT
from hub.domain.clinics.queries import find_clinics_by_ref
from hub.domain.notifications.catalogue import Channel, NoticeClass
from hub.domain.notifications.preferences import Preferences, find_preferences
from hub.domain.patients.contacts import Contact, find_consents, find_contacts
from hub.domain.patients.models import PatientStatus
from hub.domain.visits.places import find_last_places
from hub.kernel import clock

LOYALTY = "loyalty"
MARKETING = "marketing"
"""Purposes of consent, as 1C names them."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person who may be told something."""

    contact: Contact
    wishes: Preferences
    zone: str
    is_willing: Mapping[NoticeClass, bool]
    """By consents: service unless refused, marketing only if granted."""

    @property
    def patient_id(self) -> UUID:
        """Give the one who is told."""
        return self.contact.patient_id

    def day_of(self, instant: datetime) -> date:
        """Give the person's own day."""
        return clock.local_date(instant, self.zone)

    def find_silence(self, notice_class: NoticeClass, channel: Channel) -> str | None:
        """Say why this person is not told so, or None: nothing speaks against it."""
        if not self.contact.is_readable:
            return "unreadable"
        if self.contact.status is not PatientStatus.ACTIVE and notice_class is not NoticeClass.LEGAL:
            return "not-active"
        if not self.is_willing[notice_class]:
            return "no-consent"
        if not self.wishes.allows(notice_class, channel):
            return "switched-off"
        address = self.contact.phone if channel is Channel.SMS else self.contact.email
        return None if address else "no-address"


def find_recipients(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, Recipient]:
    """Find who is told when these patients are meant; a handful of statements however many there are."""
    contacts = find_contacts(session, patient_ids)
    people = {contact.patient_id for contact in contacts.values()}
    wishes = find_preferences(session, people)
    loyalty = find_consents(session, people, purpose=LOYALTY)
    marketing = find_consents(session, people, purpose=MARKETING)
    zones = _find_zones(session, people)
    return {
        given_id: Recipient(
            contact,
            wishes[contact.patient_id],
            zones.get(contact.patient_id, ZONE_DEFAULT),
            {
                NoticeClass.SERVICE: loyalty.get(contact.patient_id, True),
                NoticeClass.MARKETING: marketing.get(contact.patient_id, False),
                NoticeClass.LEGAL: True,
            },
        )
        for given_id, contact in contacts.items()
    }


def _find_zones(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, str]:
    """Give the zone of the clinic that each patient was last in."""
    places = find_last_places(session, patient_ids)
    zones = {
        (infobase, ref): clinic.timezone
        for infobase in {place[0] for place in places.values()}
        for ref, clinic in find_clinics_by_ref(
            session, infobase, {place[1] for place in places.values() if place[0] == infobase}
        ).items()
    }
    return {patient_id: zones[place] for patient_id, place in places.items() if place in zones}
