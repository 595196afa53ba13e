"""Roles and what each may do, in one table. Least privilege: a role has what its day's work needs.

Why so: cashiers, auditors and admins look people up; a marketer works with segments, an accountant with
sums, and a service knows its patients by its own references, so none of the three searches by name.
Only a service pushes documents: staff may replay what a service said, never say it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """Who somebody is to the hub."""

    PATIENT = "patient"
    DOCTOR = "doctor"
    CASHIER = "cashier"
    SENIOR_CASHIER = "senior_cashier"
    MARKETER = "marketer"
    ACCOUNTANT = "accountant"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SERVICE = "service"


STAFF_ROLES = (
    Role.DOCTOR,
    Role.CASHIER,
    Role.SENIOR_CASHIER,
    Role.MARKETER,
    Role.ACCOUNTANT,
    Role.AUDITOR,
    Role.ADMIN,
)


class Permission(StrEnum):
    """What may be allowed."""

    READ_OWN_ACCOUNT = "account.read-own"
    READ_ANY_ACCOUNT = "account.read-any"
    SEARCH_PATIENTS = "patients.search"
    READ_INBOX = "inbox.read"
    REPLAY_INBOX = "inbox.replay"
    READ_DELIVERIES = "deliveries.read"
    READ_MESSAGES = "deliveries.read-messages"
    """To see a message unmasked, which is audited."""
    MANAGE_DELIVERIES = "deliveries.manage"
    READ_AUDIT = "audit.read"
    READ_APPROVALS = "approvals.read"
    DECIDE_APPROVALS = "approvals.decide"
    """To decide at all; each request names the right that its decider must have besides."""
    MANAGE_STAFF = "staff.manage"
    READ_TEMPLATES = "templates.read"
    MANAGE_TEMPLATES = "templates.manage"
    """To change the words of notices."""
    RUN_MAILINGS = "mailings.run"
    PUSH_EVENTS = "exchange.push"
    READ_EXCHANGE = "exchange.read"


PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.PATIENT: frozenset({Permission.READ_OWN_ACCOUNT}),
        Role.DOCTOR: frozenset({Permission.READ_OWN_ACCOUNT}),
        Role.CASHIER: frozenset({Permission.READ_ANY_ACCOUNT, Permission.SEARCH_PATIENTS}),
        Role.SENIOR_CASHIER: frozenset({Permission.READ_ANY_ACCOUNT, Permission.SEARCH_PATIENTS}),
        Role.MARKETER: frozenset(
            {
                Permission.READ_ANY_ACCOUNT,
                Permission.READ_TEMPLATES,
                Permission.MANAGE_TEMPLATES,
                Permission.RUN_MAILINGS,
            }
        ),
        Role.ACCOUNTANT: frozenset({Permission.READ_ANY_ACCOUNT}),
        Role.AUDITOR: frozenset(
            {
                Permission.READ_ANY_ACCOUNT,
                Permission.SEARCH_PATIENTS,
                Permission.READ_INBOX,
                Permission.READ_DELIVERIES,
                Permission.READ_TEMPLATES,
                Permission.READ_AUDIT,
                Permission.READ_APPROVALS,
            }
        ),
        Role.ADMIN: frozenset(
            {
                Permission.READ_ANY_ACCOUNT,
                Permission.SEARCH_PATIENTS,
                Permission.READ_INBOX,
                Permission.REPLAY_INBOX,
                Permission.READ_DELIVERIES,
                Permission.READ_MESSAGES,
                Permission.MANAGE_DELIVERIES,
                Permission.READ_TEMPLATES,
                Permission.MANAGE_TEMPLATES,
                Permission.RUN_MAILINGS,
                Permission.READ_AUDIT,
                Permission.READ_APPROVALS,
                Permission.DECIDE_APPROVALS,
                Permission.MANAGE_STAFF,
            }
        ),
        Role.SERVICE: frozenset(
            {Permission.READ_ANY_ACCOUNT, Permission.PUSH_EVENTS, Permission.READ_EXCHANGE}
        ),
    }
)


def has_permission(roles: Iterable[Role], permission: Permission) -> bool:
    """Tell whether any of the roles allows it; no role allows nothing."""
    return any(permission in PERMISSIONS[role] for role in roles)
