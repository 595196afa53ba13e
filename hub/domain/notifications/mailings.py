"""Mailings: a draft is looked at, started, told slice by slice in order of patients, and can be stopped."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from hub.db.paging import Page, cut_page, read_cursor
from hub.domain.notifications.catalogue import Channel, NoticeKind
from hub.domain.notifications.errors import MailingStateError, TemplateInvalidError
from hub.domain.notifications.models import Mailing, MailingState
from hub.domain.notifications.preferences import Language
from hub.domain.notifications.rendering import check_words
from hub.domain.notifications.segments import Segment
from hub.domain.notifications.texts import Words
from hub.kernel import clock
from hub.kernel.errors import CursorInvalidError, NotFoundError
from hub.kernel.ids import find_uuid, new_id
from hub.kernel.money import part_floor

SLICE_EVERY = timedelta(seconds=15)
MailingWords = Mapping[tuple[Language, Channel], Words]


def create_mailing(
    session: Session, *, name: str, segment: Segment, words: MailingWords, per_minute: int, actor: str
) -> Mailing:
    """Make a draft. Raises: TemplateInvalidError."""
    mailing = Mailing(
        id=new_id(),
        name=name,
        segment=_write_segment(segment),
        words=_check_and_write(words),
        per_minute=per_minute,
        created_by=actor,
    )
    session.add(mailing)
    session.flush()  # the server's state and created_at
    session.refresh(mailing)
    return mailing


def get_mailing(session: Session, mailing_id: UUID) -> Mailing:
    """Get one mailing. Raises: NotFoundError."""
    mailing = session.get(Mailing, mailing_id, populate_existing=True)
    if mailing is None:
        raise NotFoundError
    return mailing


def list_mailings(session: Session, *, cursor: str | None, limit: int) -> Page[Mailing]:
    """List mailings, newest first; ids are sorted by time."""
    query = select(Mailing).order_by(Mailing.id.desc()).limit(limit + 1)
    if after := read_cursor(cursor, str):
        query = query.where(Mailing.id < _read_id(str(after[0])))
    return cut_page(session.scalars(query).all(), limit=limit, key=lambda mailing: [str(mailing.id)])


def start_mailing(session: Session, mailing_id: UUID) -> Mailing:
    """Let a draft run, or a stopped one go on where it stopped; started twice, it just runs.

    Raises: NotFoundError; MailingStateError when it is done.
    """
    mailing = _lock(session, mailing_id)
    if mailing.state == MailingState.DONE:
        raise MailingStateError(state=mailing.state)
    if mailing.state != MailingState.RUNNING:
        mailing.state = MailingState.RUNNING
        mailing.started_at = mailing.started_at or clock.now()
        mailing.next_slice_at = clock.now()
    return mailing


def stop_mailing(session: Session, mailing_id: UUID) -> Mailing:
    """Tell nobody else; what was noted and is not told yet is not told either. Stopped twice, it stays so.

    Raises: NotFoundError; MailingStateError when it has not begun or is done.
    """
    mailing = _lock(session, mailing_id)
    if mailing.state not in {MailingState.RUNNING, MailingState.STOPPED}:
        raise MailingStateError(state=mailing.state)
    mailing.state = MailingState.STOPPED
    return mailing


def claim_slice(session: Session) -> Mailing | None:
    """Take a running mailing whose turn has come and that nobody else holds."""
    return session.scalar(
        select(Mailing)
        .where(Mailing.state == MailingState.RUNNING.value, Mailing.next_slice_at <= clock.now())
        .order_by(Mailing.next_slice_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def slice_size(mailing: Mailing) -> int:
    """Tell how many patients one slice takes, so that a minute's slices keep the pace."""
    return part_floor(mailing.per_minute, SLICE_EVERY.seconds, 60) or 1


def end_slice(mailing: Mailing, patient_ids: Collection[UUID], *, noted: int, is_last: bool) -> None:
    """Remember how far it has come."""
    if patient_ids:
        mailing.cursor_id = max(patient_ids)
    mailing.noted += noted
    mailing.next_slice_at = clock.now() + SLICE_EVERY
    if is_last:
        mailing.state = MailingState.DONE
        mailing.finished_at = clock.now()


def read_segment(mailing: Mailing) -> Segment:
    """Read whom a mailing means."""
    language = mailing.segment.get("language")
    return Segment(Language(language) if language else None, mailing.segment.get("inactive_days"))


def read_words(mailing: Mailing) -> MailingWords:
    """Read a mailing's words."""
    return {
        (Language(language), Channel(channel)): Words(words["subject"], words["body"])
        for language, channels in mailing.words.items()
        for channel, words in channels.items()
    }


def find_words(words: MailingWords, language: Language, channel: Channel) -> Words | None:
    """Find the words in the language, else in Russian; None: nothing goes by this channel."""
    return words.get((language, channel)) or words.get((Language.RU, channel))


def find_running_words(session: Session, mailing_ids: Collection[UUID]) -> dict[UUID, MailingWords]:
    """Give the words of those mailings that are not stopped."""
    if not mailing_ids:
        return {}
    found = session.scalars(
        select(Mailing).where(Mailing.id.in_(mailing_ids), Mailing.state != MailingState.STOPPED.value)
    )
    return {mailing.id: read_words(mailing) for mailing in found}


def count_told(session: Session, mailing_id: UUID) -> dict[str, int]:
    """Count what became of a mailing's notices, by state."""
    rows = session.execute(_TOLD, {"mailing": str(mailing_id)})
    return {row.state: row.notices for row in rows}


def _read_id(text_of_id: str) -> UUID:
    found = find_uuid(text_of_id)
    if found is None:
        raise CursorInvalidError(field="cursor")
    return found


def _lock(session: Session, mailing_id: UUID) -> Mailing:
    found = session.scalar(
        select(Mailing)
        .where(Mailing.id == mailing_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFoundError
    return found


def _check_and_write(words: MailingWords) -> dict[str, dict[str, dict[str, str]]]:
    if not any(language is Language.RU for language, _ in words):
        raise TemplateInvalidError(problem="russian-missing")
    written: dict[str, dict[str, dict[str, str]]] = {}
    for (language, channel), one in words.items():
        check_words(NoticeKind.MAILING_SENT, channel, one)
        written.setdefault(language.value, {})[channel.value] = {"subject": one.subject, "body": one.body}
    return written


def _write_segment(segment: Segment) -> dict[str, str | int | None]:
    return {
        "language": segment.language.value if segment.language else None,
        "inactive_days": segment.inactive_days,
    }


_TOLD = text("""
SELECT state, count(*) AS notices FROM notice
WHERE kind = 'mailing.sent' AND facts ->> 'mailing' = :mailing GROUP BY state
""")
