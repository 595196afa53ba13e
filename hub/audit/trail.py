"""Recording actions, inside the transaction that does them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.audit.notes import keep_note
from hub.kernel.logging import current_correlation

Facts = Mapping[str, str | int | bool | None]
"""Ids and units; never a personal value."""


@dataclass(frozen=True, slots=True)
class Action:
    """What was done: actor "staff:<id>", "onec:<infobase>", "clock"; action noun.past."""

    actor: str
    action: str
    object_type: str
    object_id: str
    details: Facts = field(default_factory=dict)
    correlation_id: str = ""
    """Of the call that caused it, when a batch mixes several; empty: the current one."""
    before: Facts | None = None
    after: Facts | None = None
    on_behalf_of: str | None = None
    """Whose wish it was, when the actor carried out somebody else's."""
    reason: str = field(default="", repr=False)
    """A person's own words; sealed, and kept beside the chain."""


def record_action(session: Session, *actions: Action) -> None:
    """Write the actions; one statement however many there are, and one more for each reason."""
    if not actions:
        return
    ids = session.execute(
        _INSERT,
        {
            "actor": [action.actor for action in actions],
            "action": [action.action for action in actions],
            "object_type": [action.object_type for action in actions],
            "object_id": [action.object_id for action in actions],
            "details": [json.dumps(dict(action.details)) for action in actions],
            "correlation_id": [action.correlation_id or current_correlation() for action in actions],
            "before": [_dump(action.before) for action in actions],
            "after": [_dump(action.after) for action in actions],
            "on_behalf_of": [action.on_behalf_of for action in actions],
        },
    ).scalars()
    for record_id, action in zip(sorted(ids), actions, strict=True):
        if action.reason:
            keep_note(session, record_id, action.reason)


def _dump(facts: Facts | None) -> str | None:
    return None if facts is None else json.dumps(dict(facts))


# Ids are handed out in the order of `place`, so that the n-th id is the n-th action's.
_INSERT = text("""
INSERT INTO audit_record (actor, action, object_type, object_id, details, correlation_id,
                          before, after, on_behalf_of)
SELECT a.actor, a.action, a.object_type, a.object_id, cast(a.details AS jsonb), a.correlation_id,
       cast(a.before AS jsonb), cast(a.after AS jsonb), a.on_behalf_of
FROM unnest(cast(:actor AS text[]), cast(:action AS text[]), cast(:object_type AS text[]),
            cast(:object_id AS text[]), cast(:details AS text[]), cast(:correlation_id AS text[]),
            cast(:before AS text[]), cast(:after AS text[]), cast(:on_behalf_of AS text[]))
  WITH ORDINALITY
  AS a (actor, action, object_type, object_id, details, correlation_id, before, after, on_behalf_of, place)
ORDER BY a.place
RETURNING id
""")
