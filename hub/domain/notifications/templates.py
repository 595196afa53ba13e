"""The words that count now: the newest version that somebody wrote, or the code's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from hub.db.locks import lock_names
from hub.domain.notifications.catalogue import Channel, NoticeKind
from hub.domain.notifications.models import NoticeTemplate
from hub.domain.notifications.preferences import Language
from hub.domain.notifications.rendering import check_words
from hub.domain.notifications.texts import DEFAULTS, Words

TemplateKey = tuple[NoticeKind, Channel, Language]


@dataclass(frozen=True, slots=True)
class Version:
    """Words as they stand or stood; version 0 is the code's own. `is_default`: the words are the code's."""

    words: Words
    version: int = 0
    is_default: bool = True
    actor: str | None = None
    created_at: datetime | None = None


def list_current(session: Session) -> dict[TemplateKey, Version]:
    """Give the words that count, of every kind, channel and language."""
    newest = session.scalars(
        select(NoticeTemplate)
        .ext(distinct_on(NoticeTemplate.kind, NoticeTemplate.channel, NoticeTemplate.language))
        .order_by(
            NoticeTemplate.kind,
            NoticeTemplate.channel,
            NoticeTemplate.language,
            NoticeTemplate.version.desc(),
        )
    )
    current = {key: Version(words) for key, words in DEFAULTS.items()}
    for row in newest:
        key = (NoticeKind(row.kind), Channel(row.channel), Language(row.language))
        current[key] = _read(key, row)
    return current


def list_versions(session: Session, key: TemplateKey) -> Sequence[Version]:
    """Give all versions, newest first, the code's own last."""
    kind, channel, language = key
    rows = session.scalars(
        select(NoticeTemplate)
        .where(
            NoticeTemplate.kind == kind.value,
            NoticeTemplate.channel == channel.value,
            NoticeTemplate.language == language.value,
        )
        .order_by(NoticeTemplate.version.desc())
    )
    return [*(_read(key, row) for row in rows), Version(DEFAULTS[key])]


def write_words(session: Session, key: TemplateKey, words: Words | None, *, actor: str) -> Version:
    """Let these words count from now on; None: the code's own again. The same words make no new version.

    Raises: TemplateInvalidError.
    """
    kind, channel, language = key
    if words is not None:
        check_words(kind, channel, words)
    # Two editors at once would both take the same number.
    lock_names(session, [f"template:{kind}:{channel}:{language}"])
    newest = list_versions(session, key)[0]
    if (words or DEFAULTS[key]) == newest.words and (words is None) == newest.is_default:
        return newest
    row = NoticeTemplate(
        kind=kind.value,
        channel=channel.value,
        language=language.value,
        version=newest.version + 1,
        subject=words.subject if words else None,
        body=words.body if words else None,
        actor=actor,
    )
    session.add(row)
    session.flush()  # the server's created_at
    return _read(key, row)


def _read(key: TemplateKey, row: NoticeTemplate) -> Version:
    if row.subject is None or row.body is None:
        return Version(DEFAULTS[key], row.version, actor=row.actor, created_at=row.created_at)
    return Version(
        Words(row.subject, row.body),
        row.version,
        is_default=False,
        actor=row.actor,
        created_at=row.created_at,
    )
