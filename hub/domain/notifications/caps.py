"""Daily caps: nobody is written to more often than this, however many workers ask at once."""

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.domain.notifications.catalogue import Channel, NoticeClass

CAPS = {
    (NoticeClass.SERVICE, Channel.SMS): 5,
    (NoticeClass.SERVICE, Channel.EMAIL): 10,
    (NoticeClass.MARKETING, Channel.SMS): 1,
    (NoticeClass.MARKETING, Channel.EMAIL): 1,
}
"""Messages per patient and local day."""
KEEP_DAYS = 7
"""Counts are of no use after their day; a week helps whoever asks why nothing came."""


def take_place(
    session: Session, patient_id: UUID, *, on: date, channel: Channel, notice_class: NoticeClass
) -> bool:
    """Take one of the day's places, or say that the day is full. The row is the lock."""
    taken = session.execute(
        _TAKE,
        {
            "patient": patient_id,
            "on": on,
            "channel": channel.value,
            "class": notice_class.value,
            "cap": CAPS[notice_class, channel],
        },
    ).one_or_none()
    return taken is not None


def forget_counts(session: Session, *, before: date) -> int:
    """Drop the counts of days long over; gives how many."""
    return len(session.execute(_FORGET, {"before": before}).all())


_TAKE = text("""
INSERT INTO notice_count AS known (patient_id, sent_on, channel, notice_class, sent)
VALUES (:patient, :on, :channel, :class, 1)
ON CONFLICT (patient_id, sent_on, channel, notice_class) DO UPDATE SET sent = known.sent + 1
WHERE known.sent < :cap RETURNING sent
""")
_FORGET = text("DELETE FROM notice_count WHERE sent_on < :before RETURNING sent")
