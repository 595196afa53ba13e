"""Who may call what: one line per route, by hand, so that a right that changes is a line that changes.

A route that is not here fails a test; so does a line whose route is gone. A line says who is let in, and
whose the object in the path may be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.domain.staff.permissions import STAFF_ROLES, Role

ANONYMOUS = "anonymous"
TILL = "till"
"""A service of no 1C base."""
ONEC = "onec"
"""A service of a 1C base."""
PATIENT = frozenset({Role.PATIENT.value})
STAFF = frozenset(role.value for role in STAFF_ROLES)
PEOPLE = PATIENT | STAFF
EVERYBODY = PEOPLE | {ANONYMOUS, TILL, ONEC}
NOBODY: frozenset[str] = frozenset()
"""From afar and without the token of the metrics."""
DESK = frozenset({"cashier", "senior_cashier", "auditor", "admin"})
OVERSIGHT = frozenset({"auditor", "admin"})
ADMIN = frozenset({"admin"})
MARKETER = frozenset({"marketer"})
BASES = frozenset({ONEC})


class Whose(StrEnum):
    """Whose the object in the path may be."""

    NO_OBJECT = "no-object"
    OWN = "own"
    """The caller's own; another's is the same 404 as an unknown one (but for staff who may look at any)."""
    ANY = "any"
    """Whoever is let in at all acts on any."""
    BEARER = "bearer"
    """The path itself is the secret."""


@dataclass(frozen=True)
class Line:
    """Who is let in, and whose the object may be."""

    may: frozenset[str]
    whose: Whose = Whose.NO_OBJECT


_OPEN = Line(EVERYBODY)
_ANY = Whose.ANY

MATRIX: Mapping[str, Line] = {
    "GET /": _OPEN,
    "GET /admin": _OPEN,
    "GET /api": _OPEN,
    "GET /api/docs": _OPEN,
    "GET /api/redoc": _OPEN,
    "GET /api/openapi.json": _OPEN,
    "GET /api/health": _OPEN,
    "GET /api/livez": _OPEN,
    "GET /api/readyz": _OPEN,
    "GET /metrics": Line(NOBODY),
    # --- signing in
    "POST /api/auth/code": _OPEN,
    "POST /api/auth/token": _OPEN,
    "POST /api/auth/choose": _OPEN,
    "POST /api/auth/password": _OPEN,
    "POST /api/auth/password/forgot": _OPEN,
    "POST /api/auth/password/reset": _OPEN,
    "GET /api/auth/bitrix24/login": _OPEN,
    "GET /api/auth/bitrix24/callback": _OPEN,
    "POST /api/auth/enrol": _OPEN,
    "POST /api/auth/totp/enrol": _OPEN,
    "POST /api/auth/refresh": _OPEN,
    "POST /api/auth/logout": _OPEN,
    "GET /api/auth/consents": _OPEN,
    "POST /api/auth/logout-everywhere": Line(PEOPLE),
    # --- oneself
    "GET /api/me": Line(PEOPLE),
    "PATCH /api/me": Line(PATIENT),
    "GET /api/me/export": Line(PATIENT),
    "POST /api/me/totp": Line(STAFF),
    "POST /api/me/password": Line(PATIENT),
    "POST /api/me/email/confirm": Line(PATIENT),
    "GET /api/me/devices": Line(PEOPLE),
    "DELETE /api/me/devices/{given_id}": Line(PEOPLE, Whose.OWN),
    "GET /api/me/consents": Line(PATIENT),
    "POST /api/me/consents": Line(PATIENT),
    # Staff have no wishes: let in, and told 404.
    "GET /api/me/notifications": Line(PEOPLE),
    "PUT /api/me/notifications": Line(PEOPLE),
    "GET /api/notifications/unsubscribe/{given_id}": Line(EVERYBODY, Whose.BEARER),
    "POST /api/notifications/unsubscribe/{given_id}": Line(EVERYBODY, Whose.BEARER),
    # --- accounts
    "GET /api/loyalty/balance/{user_id}": Line(PEOPLE | {TILL, ONEC}, Whose.OWN),
    "GET /api/loyalty/transactions/{user_id}": Line(PEOPLE | {TILL, ONEC}, Whose.OWN),
    # --- 1C
    "POST /api/1c/v1/events": Line(BASES),
    "GET /api/1c/v1/events/{given_id}": Line(BASES, Whose.OWN),
    "GET /api/1c/v1/exchange/state": Line(BASES),
    "GET /api/1c/v1/exchange.xsd": Line(BASES),
    "GET /api/1c/v1/balances": Line(BASES),
    # --- staff
    "GET /api/admin/patients": Line(DESK),
    "GET /api/admin/events": Line(OVERSIGHT),
    "GET /api/admin/events/{given_id}": Line(OVERSIGHT, _ANY),
    "POST /api/admin/events/{given_id}/replay": Line(ADMIN, _ANY),
    "POST /api/admin/events/{given_id}/bury": Line(ADMIN, _ANY),
    "GET /api/admin/deliveries": Line(OVERSIGHT),
    "POST /api/admin/deliveries/redeliver": Line(ADMIN),
    "GET /api/admin/deliveries/{given_id}": Line(OVERSIGHT, _ANY),
    "POST /api/admin/deliveries/{given_id}/redeliver": Line(ADMIN, _ANY),
    "POST /api/admin/deliveries/{given_id}/cancel": Line(ADMIN, _ANY),
    "POST /api/admin/deliveries/{given_id}/confirm": Line(ADMIN, _ANY),
    "GET /api/admin/destinations": Line(OVERSIGHT),
    "GET /api/admin/destinations/{given_id}": Line(OVERSIGHT, _ANY),
    "PATCH /api/admin/destinations/{given_id}": Line(ADMIN, _ANY),
    "POST /api/admin/destinations/{given_id}/pause": Line(ADMIN, _ANY),
    "POST /api/admin/destinations/{given_id}/resume": Line(ADMIN, _ANY),
    "GET /api/admin/retry-schedules": Line(OVERSIGHT),
    "PUT /api/admin/retry-schedules/{given_id}": Line(ADMIN, _ANY),
    "GET /api/admin/dead-letters": Line(OVERSIGHT),
    "GET /api/admin/notice-templates": Line(OVERSIGHT | MARKETER),
    "GET /api/admin/notice-templates/{given_id}": Line(OVERSIGHT | MARKETER, _ANY),
    "POST /api/admin/notice-templates/{given_id}/preview": Line(OVERSIGHT | MARKETER, _ANY),
    "PUT /api/admin/notice-templates/{given_id}": Line(ADMIN | MARKETER, _ANY),
    "POST /api/admin/notice-templates/{given_id}/restore": Line(ADMIN | MARKETER, _ANY),
    "GET /api/admin/mailings": Line(OVERSIGHT | MARKETER),
    "GET /api/admin/mailings/{given_id}": Line(OVERSIGHT | MARKETER, _ANY),
    "POST /api/admin/mailings": Line(ADMIN | MARKETER),
    "POST /api/admin/mailings/{given_id}/test": Line(ADMIN | MARKETER, _ANY),
    "POST /api/admin/mailings/{given_id}/start": Line(ADMIN | MARKETER, _ANY),
    "POST /api/admin/mailings/{given_id}/stop": Line(ADMIN | MARKETER, _ANY),
    "GET /api/admin/notices": Line(OVERSIGHT),
    "POST /api/admin/notices/retry-failed": Line(ADMIN),
    "GET /api/admin/audit": Line(OVERSIGHT),
    "GET /api/admin/audit/chain": Line(OVERSIGHT),
    "GET /api/admin/approvals": Line(OVERSIGHT),
    "GET /api/admin/approvals/{given_id}": Line(OVERSIGHT, _ANY),
    "POST /api/admin/approvals/{given_id}/approve": Line(ADMIN, _ANY),
    "POST /api/admin/approvals/{given_id}/reject": Line(ADMIN, _ANY),
    "POST /api/admin/staff/{given_id}/roles": Line(ADMIN, _ANY),
}
