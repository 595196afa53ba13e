"""A mailing goes out: slice by slice, at its own pace, to who consents at the moment of telling.

A slice notes for the next patients of the segment and remembers how far it came, in one commit: a crash
repeats nothing and forgets nobody. Stopped, it tells nobody else; started again, it goes on from there.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from hub.contracts.messages import SendEmail, SendSms
from hub.contracts.parties import DeliveryKind
from hub.domain.notifications.catalogue import Channel, NoticeKind
from hub.domain.notifications.mailings import (
    claim_slice,
    end_slice,
    find_words,
    get_mailing,
    read_segment,
    read_words,
    slice_size,
)
from hub.domain.notifications.noting import NoticeDraft, notify
from hub.domain.notifications.preferences import Language
from hub.domain.notifications.rendering import render, sample_values
from hub.domain.notifications.segments import list_segment
from hub.kernel import clock
from hub.kernel.errors import FieldInvalidError
from hub.kernel.ids import new_id
from hub.kernel.phone import find_phone
from hub.kernel.settings import settings
from hub.outbox.enqueueing import Order, enqueue


def send_slice(session: Session) -> dict[str, int]:
    """Note for the next patients of one running mailing; `more` when another may have its turn."""
    mailing = claim_slice(session)
    if mailing is None:
        return {"done": 0, "more": 0}
    limit = slice_size(mailing)
    patient_ids = list_segment(session, read_segment(mailing), after=mailing.cursor_id, limit=limit)
    now = clock.now()
    noted = notify(
        session,
        [
            NoticeDraft(
                kind=NoticeKind.MAILING_SENT,
                notice_key=f"mailing:{mailing.id}:{patient_id}",
                patient_id=patient_id,
                facts={"mailing": str(mailing.id)},
                happened_at=now,
            )
            for patient_id in patient_ids
        ],
    )
    end_slice(mailing, patient_ids, noted=noted, is_last=len(patient_ids) < limit)
    session.flush()  # no id: the mailing's progress goes with its notices
    return {"done": noted, "more": 1}


def send_test(session: Session, mailing_id: UUID, *, language: Language, phone: str, email: str) -> int:
    """Send the mailing as it would look to an address of one's own; gives how many messages were queued.

    Raises: NotFoundError; FieldInvalidError when the phone cannot be one.
    """
    words = read_words(get_mailing(session, mailing_id))
    values = sample_values(NoticeKind.MAILING_SENT, cabinet_url=settings().public_url)
    queued = 0
    for channel, address in ((Channel.SMS, _read_phone(phone)), (Channel.EMAIL, email)):
        chosen = find_words(words, language, channel)
        if not address or chosen is None:
            continue
        made = render(channel, chosen, values, language=language)
        message: SendSms | SendEmail = (
            SendSms(address, made.text)
            if channel is Channel.SMS
            else SendEmail(address, made.subject, made.text, made.html)
        )
        kind = DeliveryKind.SMS_NOTICE if channel is Channel.SMS else DeliveryKind.EMAIL_LETTER
        queued += enqueue(session, Order(kind, f"mailing-test:{new_id()}", message))
    return queued


def _read_phone(text: str) -> str:
    if not text:
        return ""
    phone = find_phone(text)
    if phone is None:
        raise FieldInvalidError(field="phone")
    return phone
