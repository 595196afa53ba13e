"""Recording actions, inside the transaction that does them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.kernel.logging import current_correlation


@dataclass(frozen=True, slots=True)
class Action:
    """What was done: actor "staff:<id>", "onec:<infobase>", "clock"; action noun.past."""

    actor: str
    action: str
    object_type: str
    object_id: str
    details: Mapping[str, str | int | bool | None] = field(default_factory=dict)
    correlation_id: str = ""
    """Of the call that caused it, when a batch mixes several; empty: the current one."""


def record_action(session: Session, *actions: Action) -> None:
    """Write the actions; one statement however many there are."""
    if not actions:
        return
    session.execute(
        _INSERT,
        {
            "actor": [action.actor for action in actions],
            "action": [action.action for action in actions],
            "object_type": [action.object_type for action in actions],
            "object_id": [action.object_id for action in actions],
            "details": [json.dumps(dict(action.details)) for action in actions],
            "correlation_id": [action.correlation_id or current_correlation() for action in actions],
        },
    )


_INSERT = text("""
INSERT INTO audit_record (actor, action, object_type, object_id, details, correlation_id)
SELECT a.actor, a.action, a.object_type, a.object_id, cast(a.details AS jsonb), a.correlation_id
FROM unnest(cast(:actor AS text[]), cast(:action AS text[]), cast(:object_type AS text[]),
            cast(:object_id AS text[]), cast(:details AS text[]), cast(:correlation_id AS text[]))
  AS a (actor, action, object_type, object_id, details, correlation_id)
""")
