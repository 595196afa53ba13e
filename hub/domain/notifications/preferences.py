"""How each patient wants to be told; who never chose is told by every channel, by day."""

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.domain.notifications.catalogue import Channel, NoticeClass
from hub.domain.notifications.errors import UnsubscribeTokenError
from hub.domain.notifications.models import NotificationPreference
from hub.domain.notifications.rules import QuietHours
from hub.kernel import clock, crypto
from hub.kernel.settings import vault

QUIET_DEFAULT = QuietHours(time(21), time(9))
_SCOPES = {b"s": NoticeClass.SERVICE, b"m": NoticeClass.MARKETING}
_ID_BYTES = 16
_MARK_BYTES = 16


class Language(StrEnum):
    """What words are written in."""

    RU = "ru"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one patient chose."""

    language: Language = Language.RU
    service_sms: bool = True
    service_email: bool = True
    marketing_sms: bool = True
    marketing_email: bool = True
    quiet: QuietHours | None = QUIET_DEFAULT
    """None: at any hour."""

    def allows(self, notice_class: NoticeClass, channel: Channel) -> bool:
        """Whether the patient did not switch this off; what the law wants told cannot be."""
        if notice_class is NoticeClass.LEGAL:
            return True
        return bool(getattr(self, f"{notice_class.value}_{channel.value}"))


def find_preferences(session: Session, patient_ids: Collection[UUID]) -> Mapping[UUID, Preferences]:
    """Give what these patients chose; the defaults for who never did."""
    rows = session.scalars(
        select(NotificationPreference).where(NotificationPreference.patient_id.in_(patient_ids))
    )
    return dict.fromkeys(patient_ids, Preferences()) | {row.patient_id: _read(row) for row in rows}


def choose_preferences(session: Session, patient_id: UUID, chosen: Preferences) -> None:
    """Keep what the patient chose, whole."""
    values = {
        "language": chosen.language.value,
        "service_sms": chosen.service_sms,
        "service_email": chosen.service_email,
        "marketing_sms": chosen.marketing_sms,
        "marketing_email": chosen.marketing_email,
        "quiet_from_minute": _minute(chosen.quiet.from_time) if chosen.quiet else None,
        "quiet_to_minute": _minute(chosen.quiet.until_time) if chosen.quiet else None,
        "updated_at": clock.now(),
    }
    session.execute(
        insert(NotificationPreference)
        .values(patient_id=patient_id, **values)
        .on_conflict_do_update(index_elements=["patient_id"], set_=values)
    )


def unsubscribe_token(patient_id: UUID, notice_class: NoticeClass) -> str:
    """Sign the right to switch this class of letters off; holds an id, nothing personal, and never ages."""
    [scope] = [letter for letter, known in _SCOPES.items() if known is notice_class]
    content = scope + patient_id.bytes
    return base64.urlsafe_b64encode(content + _mark(content)).decode().rstrip("=")


def read_unsubscribe_token(token: str) -> tuple[UUID, NoticeClass]:
    """Read whose letters of which class. Raises: UnsubscribeTokenError."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError as error:
        raise UnsubscribeTokenError from error
    content, mark = raw[: 1 + _ID_BYTES], raw[1 + _ID_BYTES :]
    if not crypto.same(mark, _mark(content)) or content[:1] not in _SCOPES:
        raise UnsubscribeTokenError
    return UUID(bytes=content[1:]), _SCOPES[content[:1]]


def switch_letters_off(session: Session, patient_id: UUID, notice_class: NoticeClass) -> None:
    """Send this patient no more letters of the class; doubled, it changes nothing."""
    chosen = find_preferences(session, [patient_id])[patient_id]
    if notice_class is NoticeClass.MARKETING:
        choose_preferences(session, patient_id, replace(chosen, marketing_email=False))
    else:
        choose_preferences(session, patient_id, replace(chosen, service_email=False))


def _mark(content: bytes) -> bytes:
    return vault().blind_index("unsubscribe", content.hex())[:_MARK_BYTES]


def _read(row: NotificationPreference) -> Preferences:
    quiet = None
    if row.quiet_from_minute is not None and row.quiet_to_minute is not None:
        quiet = QuietHours(_time(row.quiet_from_minute), _time(row.quiet_to_minute))
    return Preferences(
        language=Language(row.language),
        service_sms=row.service_sms,
        service_email=row.service_email,
        marketing_sms=row.marketing_sms,
        marketing_email=row.marketing_email,
        quiet=quiet,
    )


def _minute(clock_time: time) -> int:
    return clock_time.hour * 60 + clock_time.minute


def _time(minute: int) -> time:
    hour, rest = divmod(minute, 60)
    return time(hour, rest)
