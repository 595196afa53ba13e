"""Tell patients what is due: words are made, messages are queued, each notice gets its ending; one commit.

A notice goes by each channel of its kind, once under its key. Night waits for the morning, a full day keeps
silent, several of one kind are told together: the first of a day at once, the rest in the evening.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from hub.contracts.messages import SendEmail, SendSms
from hub.contracts.parties import DeliveryKind
from hub.domain.notifications.caps import take_place
from hub.domain.notifications.catalogue import CATALOGUE, Channel, NoticeClass, NoticeKind
from hub.domain.notifications.errors import TemplateInvalidError
from hub.domain.notifications.mailings import MailingWords, find_running_words, find_words
from hub.domain.notifications.models import NoticeState
from hub.domain.notifications.preferences import unsubscribe_token
from hub.domain.notifications.rendering import Rendered, render
from hub.domain.notifications.rules import after_quiet, merge_facts, next_gathering
from hub.domain.notifications.telling import (
    DueNotice,
    Settled,
    claim_due,
    find_told,
    keep_for_evening,
    lock_recipients,
    settle,
)
from hub.domain.notifications.templates import TemplateKey, Version, list_current
from hub.domain.notifications.texts import Words
from hub.flows.notify_recipients import Recipient, find_recipients
from hub.flows.notify_words import write_values
from hub.kernel import clock
from hub.kernel.settings import settings
from hub.outbox.enqueueing import PRIORITY_MAILING, PRIORITY_NOTICE, Order, enqueue

BATCH_MAX = 100
QUEUED = "queued"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Words:
    """What is said: templates, and the words of mailings that are not stopped."""

    templates: Mapping[TemplateKey, Version]
    mailings: Mapping[UUID, MailingWords]

    def find(self, story: "_Story", channel: Channel) -> Words | None:
        """Find the words of a story; None: nothing goes by this channel, or not any more."""
        language = story.recipient.wishes.language
        mailing = story.notices[0].facts.get("mailing")
        if mailing is None:
            return self.templates[story.kind, channel, language].words
        return find_words(self.mailings.get(UUID(str(mailing)), {}), language, channel)


@dataclass(frozen=True, slots=True)
class _Story:
    """What one person is told in one message: one notice, or several of a kind."""

    recipient: Recipient
    notices: tuple[DueNotice, ...]

    @property
    def kind(self) -> NoticeKind:
        """Give what happened."""
        return self.notices[0].kind

    @property
    def expires_at(self) -> datetime:
        """Tell when nobody wants to know all of it any more."""
        return max(notice.expires_at for notice in self.notices)


def tell_due(session: Session) -> dict[str, int]:
    """Tell a batch of due notices; counts of claimed, done, postponed, failed, and `more`."""
    due = claim_due(session, limit=BATCH_MAX)
    if not due:
        return {"claimed": 0, "done": 0, "postponed": 0, "failed": 0, "more": 0}
    recipients = find_recipients(session, {notice.patient_id for notice in due})
    lock_recipients(session, {recipient.patient_id for recipient in recipients.values()})
    now = clock.now()
    stories, gathered = _make_stories(session, due, recipients, now)
    keep_for_evening(session, gathered)
    current = _Words(list_current(session), _find_mailings(session, due))
    settled = [ending for story in stories for ending in _tell(session, story, current, now)]
    settle(session, settled)
    states = Counter(one.state for one in settled)
    return {
        "claimed": len(due),
        "done": len(settled) - states[NoticeState.FAILED],
        "postponed": len(gathered),
        "failed": states[NoticeState.FAILED],
        "more": int(len(due) == BATCH_MAX),
    }


def _find_mailings(session: Session, due: Sequence[DueNotice]) -> Mapping[UUID, MailingWords]:
    named = {str(notice.facts["mailing"]) for notice in due if "mailing" in notice.facts}
    return find_running_words(session, {UUID(name) for name in named})


def _make_stories(
    session: Session, due: Sequence[DueNotice], recipients: Mapping[UUID, Recipient], now: datetime
) -> tuple[list[_Story], dict[int, datetime]]:
    """Put together what is told together; what must wait for the evening comes back with its hour."""
    groups: defaultdict[tuple[object, ...], list[DueNotice]] = defaultdict(list)
    for notice in due:
        person = recipients[notice.patient_id].patient_id
        alone = None if CATALOGUE[notice.kind].is_gathered else notice.id
        groups[person, notice.kind, *_apart(notice), alone].append(notice)
    days = {one.patient_id: one.day_of(now) for one in recipients.values()}
    told = find_told(session, days)
    stories: list[_Story] = []
    gathered: dict[int, datetime] = {}
    for notices in groups.values():
        recipient, kind = recipients[notices[0].patient_id], notices[0].kind
        is_second = CATALOGUE[kind].is_gathered and (recipient.patient_id, kind) in told
        if is_second and not any(notice.is_gathered for notice in notices):
            evening = next_gathering(now, recipient.zone)
            gathered |= {notice.id: evening for notice in notices if notice.expires_at > evening}
            notices = [notice for notice in notices if notice.id not in gathered]  # noqa: PLW2901  # the rest
        if notices:
            stories.append(_Story(recipient, tuple(notices)))
    return stories, gathered


def _apart(notice: DueNotice) -> tuple[object, object]:
    """Sums of two assets, or that burn on two days, are two stories."""
    return notice.facts.get("asset"), notice.facts.get("expires_at")


def _tell(session: Session, story: _Story, current: _Words, now: datetime) -> list[Settled]:
    """Queue the story by every channel that may take it."""
    if story.expires_at <= now:
        return _end(story, NoticeState.EXPIRED, {}, None)
    outcome: dict[str, str] = {}
    for channel in CATALOGUE[story.kind].channels:
        try:
            outcome[channel.value] = _queue(session, story, channel, current, now)
        except TemplateInvalidError as error:
            log.error("notice_failed", kind=story.kind.value, channel=channel.value, **error.facts)  # noqa: TRY400  # the words' fault
            outcome[channel.value] = "template-invalid"
    if QUEUED in outcome.values():
        return _end(story, NoticeState.TOLD, outcome, now)
    state = NoticeState.FAILED if "template-invalid" in outcome.values() else NoticeState.SILENT
    return _end(story, state, outcome, None)


def _queue(session: Session, story: _Story, channel: Channel, current: _Words, now: datetime) -> str:
    recipient, notice_class = story.recipient, CATALOGUE[story.kind].notice_class
    silence = recipient.find_silence(notice_class, channel)
    if silence is not None:
        return silence
    is_polite = CATALOGUE[story.kind].is_polite
    # A text rings; a letter waits in its box until somebody looks.
    is_loud = is_polite and channel is Channel.SMS
    not_before = after_quiet(now, recipient.wishes.quiet, recipient.zone) if is_loud else now
    if not_before >= story.expires_at:
        return "too-late"
    words = current.find(story, channel)
    if words is None:
        return "no-words"
    link = "" if notice_class is NoticeClass.LEGAL else unsubscribe_url(recipient, notice_class)
    rendered = _render(story, channel, words, link)
    day = recipient.day_of(not_before)
    if is_polite and not take_place(
        session, recipient.patient_id, on=day, channel=channel, notice_class=notice_class
    ):
        return "day-full"
    enqueue(session, _order(story, channel, rendered, not_before, link))
    return QUEUED


def _render(story: _Story, channel: Channel, words: Words, link: str) -> Rendered:
    language = story.recipient.wishes.language
    facts = merge_facts([notice.facts for notice in story.notices])
    values = write_values(story.kind, facts, language=language, zone=story.recipient.zone)
    return render(channel, words, values, language=language, unsubscribe_url=link)


def _order(story: _Story, channel: Channel, rendered: Rendered, not_before: datetime, link: str) -> Order:
    contact = story.recipient.contact
    message: SendSms | SendEmail
    if channel is Channel.SMS:
        message, kind = SendSms(contact.phone, rendered.text), DeliveryKind.SMS_NOTICE
    else:
        message = SendEmail(
            contact.email, rendered.subject, rendered.text, rendered.html, unsubscribe_url=link
        )
        kind = DeliveryKind.EMAIL_LETTER
    return Order(
        kind,
        delivery_key=f"notice:{story.notices[0].notice_key}:{channel.value}",
        message=message,
        about=f"patient:{contact.patient_id}",
        priority=PRIORITY_MAILING if "mailing" in story.notices[0].facts else PRIORITY_NOTICE,
        not_before=not_before,
        expires_at=story.expires_at,
    )


def unsubscribe_url(recipient: Recipient, notice_class: NoticeClass) -> str:
    """Give the address that switches such letters off by one click."""
    token = unsubscribe_token(recipient.patient_id, notice_class)
    return f"{settings().public_url}/api/notifications/unsubscribe/{token}"


def _end(
    story: _Story, state: NoticeState, outcome: Mapping[str, str], told_at: datetime | None
) -> list[Settled]:
    told_on = story.recipient.day_of(told_at) if told_at else None
    return [
        Settled(notice.id, state, story.recipient.patient_id, told_on, outcome) for notice in story.notices
    ]
