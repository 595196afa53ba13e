"""Mailings for marketers: draft, look, try on oneself, start, watch, stop."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from api.access import CallerHere, Door, permitted
from api.admin.templates import WordsAsked
from api.callers import Caller
from api.idempotency import OptionalKey, answer_once
from api.wire import LIMIT, Asked, Cursor, GivenId, Limit, Told
from hub.audit.trail import Action, record_action
from hub.db.transaction import transaction
from hub.domain.notifications.catalogue import Channel
from hub.domain.notifications.mailings import (
    count_told,
    create_mailing,
    get_mailing,
    list_mailings,
    read_segment,
    start_mailing,
    stop_mailing,
)
from hub.domain.notifications.models import Mailing, MailingState
from hub.domain.notifications.preferences import Language
from hub.domain.notifications.segments import Segment, count_segment
from hub.domain.notifications.texts import Words
from hub.domain.staff.permissions import Permission
from hub.flows.notify_mailing import send_test
from hub.kernel.errors import NotFoundError
from hub.kernel.ids import find_uuid

door = Door("/api/admin", tag="admin")
_READ = permitted(Permission.READ_TEMPLATES)
_RUN = permitted(Permission.RUN_MAILINGS)
Loose = Annotated[Language, Field(strict=False)]


class SegmentWire(Asked):
    """Who is meant, of all who consented to marketing; null: whoever."""

    language: Loose | None = None
    inactive_days: int | None = Field(default=None, ge=1, le=3_650)


class WordsInLanguage(Asked):
    """Words of one language; a channel that is null is not used."""

    sms: WordsAsked | None = None
    email: WordsAsked | None = None


class MailingAsked(Asked):
    """A draft. Russian words are required; who reads another language gets them where it has none."""

    name: str = Field(min_length=1, max_length=200)
    segment: SegmentWire = SegmentWire()
    ru: WordsInLanguage
    en: WordsInLanguage = WordsInLanguage()
    per_minute: int = Field(default=600, ge=1, le=6_000)


class TrialAsked(Asked):
    """Where to try it: one's own phone, address, or both."""

    language: Loose = Language.RU
    phone: str = Field(default="", max_length=40)
    email: str = Field(default="", max_length=254, pattern=r"^$|^[^@\s]+@[^@\s]+$")


class TrialWire(Told):
    """How many messages were queued."""

    queued: int


class MailingWire(Told):
    """A mailing. `told`: its notices by state; `meant_now`: how many the segment means now."""

    mailing_id: UUID
    name: str
    state: MailingState
    segment: SegmentWire
    words: dict[str, dict[str, dict[str, str]]]
    per_minute: int
    noted: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    meant_now: int | None = None
    told: dict[str, int] = Field(default_factory=dict)


class MailingPage(Told):
    """Mailings, newest first."""

    items: list[MailingWire]
    next_cursor: str | None


@door.get("/mailings", _READ)
def list_all(cursor: Cursor = None, limit: Limit = LIMIT) -> MailingPage:
    """List mailings, newest first."""
    with transaction() as session:
        page = list_mailings(session, cursor=cursor, limit=limit)
    return MailingPage(items=[_write(mailing) for mailing in page.items], next_cursor=page.next_cursor)


@door.get("/mailings/{given_id}", _READ)
def get_one(given_id: GivenId) -> MailingWire:
    """Show a mailing, whom it means now, and how far it has come."""
    with transaction() as session:
        return _detail(session, get_mailing(session, _read_id(given_id)))


@door.post("/mailings", _RUN, response_model=MailingWire, status_code=201)
def create(request: Request, asked: MailingAsked, caller: CallerHere, key: OptionalKey = None) -> Response:
    """Keep a draft; nothing is sent."""
    return _answer(
        request,
        caller,
        key,
        asked,
        lambda session: _act(
            session,
            caller,
            "mailing.created",
            create_mailing(
                session,
                name=asked.name,
                segment=Segment(asked.segment.language, asked.segment.inactive_days),
                words=_read_words(asked),
                per_minute=asked.per_minute,
                actor=caller.actor,
            ),
        ),
        status=201,
    )


@door.post("/mailings/{given_id}/test", _RUN, response_model=TrialWire)
def try_out(
    request: Request, given_id: GivenId, asked: TrialAsked, caller: CallerHere, key: OptionalKey = None
) -> Response:
    """Send it to an address of one's own."""
    mailing_id = _read_id(given_id)

    def act(session: Session) -> TrialWire:
        queued = send_test(session, mailing_id, language=asked.language, phone=asked.phone, email=asked.email)
        record_action(session, Action(caller.actor, "mailing.tried", "mailing", str(mailing_id)))
        return TrialWire(queued=queued)

    return _answer(request, caller, key, asked, act)


@door.post("/mailings/{given_id}/start", _RUN, takes_json=False, response_model=MailingWire)
def start(request: Request, given_id: GivenId, caller: CallerHere, key: OptionalKey = None) -> Response:
    """Let it run, or go on where it was stopped."""
    mailing_id = _read_id(given_id)
    return _answer(
        request,
        caller,
        key,
        None,
        lambda session: _act(session, caller, "mailing.started", start_mailing(session, mailing_id)),
    )


@door.post("/mailings/{given_id}/stop", _RUN, takes_json=False, response_model=MailingWire)
def stop(request: Request, given_id: GivenId, caller: CallerHere, key: OptionalKey = None) -> Response:
    """Tell nobody else; what is queued for sending already goes out."""
    mailing_id = _read_id(given_id)
    return _answer(
        request,
        caller,
        key,
        None,
        lambda session: _act(session, caller, "mailing.stopped", stop_mailing(session, mailing_id)),
    )


def _answer(
    request: Request,
    caller: Caller,
    key: str | None,
    body: Asked | None,
    act: Callable[[Session], Told],
    *,
    status: int = 200,
) -> Response:
    with transaction() as session:
        return answer_once(
            session, request, caller=caller, key=key, body=body, status=status, act=lambda: act(session)
        )


def _act(session: Session, caller: Caller, action: str, mailing: Mailing) -> MailingWire:
    record_action(session, Action(caller.actor, action, "mailing", str(mailing.id)))
    return _detail(session, mailing)


def _detail(session: Session, mailing: Mailing) -> MailingWire:
    return _write(
        mailing,
        meant_now=count_segment(session, read_segment(mailing)),
        told=count_told(session, mailing.id),
    )


def _read_id(given: str) -> UUID:
    found = find_uuid(given)
    if found is None:
        raise NotFoundError
    return found


def _read_words(asked: MailingAsked) -> dict[tuple[Language, Channel], Words]:
    languages = {Language.RU: asked.ru, Language.EN: asked.en}
    return {
        (language, channel): Words(words.subject, words.body)
        for language, given in languages.items()
        for channel, words in ((Channel.SMS, given.sms), (Channel.EMAIL, given.email))
        if words is not None
    }


def _write(
    mailing: Mailing, *, meant_now: int | None = None, told: dict[str, int] | None = None
) -> MailingWire:
    segment = read_segment(mailing)
    return MailingWire(
        mailing_id=mailing.id,
        name=mailing.name,
        state=MailingState(mailing.state),
        segment=SegmentWire(language=segment.language, inactive_days=segment.inactive_days),
        words=mailing.words,
        per_minute=mailing.per_minute,
        noted=mailing.noted,
        created_by=mailing.created_by,
        created_at=mailing.created_at,
        started_at=mailing.started_at,
        finished_at=mailing.finished_at,
        meant_now=meant_now,
        told=told or {},
    )
