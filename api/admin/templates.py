"""The words of notices for marketers: what counts now, what counted before, how it looks, and changing it."""

from datetime import datetime
from typing import Annotated

from fastapi import Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from api.access import CallerHere, Door, permitted
from api.callers import Caller
from api.idempotency import OptionalKey, answer_once
from api.wire import Asked, GivenId, Told
from hub.audit.trail import Action, record_action
from hub.db.transaction import transaction
from hub.domain.notifications.catalogue import CATALOGUE, Channel, NoticeClass, NoticeKind
from hub.domain.notifications.preferences import Language
from hub.domain.notifications.rendering import LETTER_MAX, SUBJECT_MAX, check_words, render, sample_values
from hub.domain.notifications.rules import count_segments
from hub.domain.notifications.templates import (
    TemplateKey,
    Version,
    list_current,
    list_versions,
    write_words,
)
from hub.domain.notifications.texts import Words
from hub.domain.staff.permissions import Permission
from hub.kernel.errors import NotFoundError
from hub.kernel.settings import settings

door = Door("/api/admin", tag="admin")
_READ = permitted(Permission.READ_TEMPLATES)
_MANAGE = permitted(Permission.MANAGE_TEMPLATES)
_PARTS_OF_KEY = 3
_VALUE_MAX = 200


class WordsAsked(Asked):
    """Words of a template; of a text the subject is empty."""

    subject: str = Field(default="", max_length=SUBJECT_MAX)
    body: str = Field(min_length=1, max_length=LETTER_MAX)


class PreviewAsked(Asked):
    """What to look at: these words, or those that count; with these values instead of samples."""

    words: WordsAsked | None = None
    values: dict[str, Annotated[str, Field(max_length=_VALUE_MAX)]] = Field(default_factory=dict)


class VersionWire(Told):
    """Words as they stand or stood. Version 0 is the code's own; `is_default`: these are the code's words."""

    version: int
    subject: str
    body: str
    is_default: bool
    actor: str | None
    created_at: datetime | None


class TemplateWire(Told):
    """The words that count now. `id`: kind:channel:language. `is_sent`: the kind goes by this channel."""

    id: str
    kind: NoticeKind
    channel: Channel
    language: Language
    notice_class: NoticeClass
    is_sent: bool
    variables: list[str]
    current: VersionWire


class TemplateList(Told):
    """Every template."""

    items: list[TemplateWire]


class TemplateDetail(TemplateWire):
    """A template with all its versions, newest first, the code's own last."""

    versions: list[VersionWire]


class SegmentsWire(Told):
    """What a text costs: `parts` are billed."""

    encoding: str
    parts: int
    length: int


class PreviewWire(Told):
    """A message as it would be sent; `segments` of a text, `html` of a letter."""

    subject: str
    text: str
    html: str
    segments: SegmentsWire | None


@door.get("/notice-templates", _READ)
def list_templates() -> TemplateList:
    """List the words that count now."""
    with transaction() as session:
        current = list_current(session)
    return TemplateList(items=[_write(key, version) for key, version in sorted(current.items())])


@door.get("/notice-templates/{given_id}", _READ)
def get_template(given_id: GivenId) -> TemplateDetail:
    """Show one template with its history."""
    with transaction() as session:
        return _detail(session, _read_key(given_id))


@door.post("/notice-templates/{given_id}/preview", _READ)
def preview_template(given_id: GivenId, asked: PreviewAsked) -> PreviewWire:
    """Show how it looks, with samples or given values; nothing is kept or sent."""
    key = _read_key(given_id)
    kind, channel, language = key
    if asked.words is None:
        with transaction() as session:
            words = list_versions(session, key)[0].words
    else:
        words = Words(asked.words.subject, asked.words.body)
        check_words(kind, channel, words)
    values = sample_values(kind, cabinet_url=settings().public_url)
    given = {name: value for name, value in asked.values.items() if name in values}
    made = render(channel, words, values | given, language=language)
    counted = count_segments(made.text) if channel is Channel.SMS else None
    return PreviewWire(
        subject=made.subject,
        text=made.text,
        html=made.html,
        segments=SegmentsWire(encoding=counted.encoding, parts=counted.parts, length=counted.length)
        if counted
        else None,
    )


@door.put("/notice-templates/{given_id}", _MANAGE, response_model=TemplateDetail)
def change_template(
    request: Request, given_id: GivenId, asked: WordsAsked, caller: CallerHere, key: OptionalKey = None
) -> Response:
    """Let new words count from now on; what is queued already keeps the old ones."""
    template, words = _read_key(given_id), Words(asked.subject, asked.body)
    with transaction() as session:
        return answer_once(
            session,
            request,
            caller=caller,
            key=key,
            body=asked,
            status=200,
            act=lambda: _change(session, caller, template, words),
        )


@door.post("/notice-templates/{given_id}/restore", _MANAGE, takes_json=False, response_model=TemplateDetail)
def restore_template(
    request: Request, given_id: GivenId, caller: CallerHere, key: OptionalKey = None
) -> Response:
    """Let the code's own words count again; the history stays."""
    template = _read_key(given_id)
    with transaction() as session:
        return answer_once(
            session,
            request,
            caller=caller,
            key=key,
            body=None,
            status=200,
            act=lambda: _change(session, caller, template, None),
        )


def _change(session: Session, caller: Caller, key: TemplateKey, words: Words | None) -> TemplateDetail:
    before = list_versions(session, key)[0].version
    version = write_words(session, key, words, actor=caller.actor)
    if version.version != before:
        action = "notice_template.changed" if words else "notice_template.restored"
        details: dict[str, str | int | bool | None] = {"version": version.version}
        record_action(session, Action(caller.actor, action, "notice_template", _write_key(key), details))
    return _detail(session, key)


def _detail(session: Session, key: TemplateKey) -> TemplateDetail:
    versions = list_versions(session, key)
    listed = _write(key, versions[0])
    return TemplateDetail(**dict(listed), versions=[_write_version(version) for version in versions])


def _read_key(given: str) -> TemplateKey:
    parts = given.split(":")
    if len(parts) != _PARTS_OF_KEY:
        raise NotFoundError
    try:
        return NoticeKind(parts[0]), Channel(parts[1]), Language(parts[2])
    except ValueError as error:
        raise NotFoundError from error


def _write_key(key: TemplateKey) -> str:
    return ":".join(key)


def _write(key: TemplateKey, version: Version) -> TemplateWire:
    kind, channel, language = key
    return TemplateWire(
        id=_write_key(key),
        kind=kind,
        channel=channel,
        language=language,
        notice_class=CATALOGUE[kind].notice_class,
        is_sent=channel in CATALOGUE[kind].channels,
        variables=sorted(CATALOGUE[kind].variables),
        current=_write_version(version),
    )


def _write_version(version: Version) -> VersionWire:
    return VersionWire(
        version=version.version,
        subject=version.words.subject,
        body=version.words.body,
        is_default=version.is_default,
        actor=version.actor,
        created_at=version.created_at,
    )
