"""Announcing, inside the caller's transaction: it is told if and only if it happened."""

import json
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.contracts.announcements import Announcement
from hub.kernel.ids import new_id


def announce(session: Session, announcements: Sequence[Announcement]) -> None:
    """Keep the announcements; one statement however many there are."""
    if not announcements:
        return
    session.execute(
        _INSERT,
        {
            "public_id": [new_id() for _ in announcements],
            "topic": [announcement.topic for announcement in announcements],
            "about": [announcement.about for announcement in announcements],
            "payload": [json.dumps(announcement.payload()) for announcement in announcements],
            "correlation_id": [announcement.correlation_id for announcement in announcements],
        },
    )


_INSERT = text("""
INSERT INTO outbox_message (public_id, topic, about, payload, correlation_id)
SELECT m.public_id, m.topic, m.about, cast(m.payload AS jsonb), m.correlation_id
FROM unnest(cast(:public_id AS uuid[]), cast(:topic AS text[]), cast(:about AS text[]),
            cast(:payload AS text[]), cast(:correlation_id AS text[]))
  AS m (public_id, topic, about, payload, correlation_id)
""")
