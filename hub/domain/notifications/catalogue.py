"""Every notice that exists: its class, its channels, and what its words may mention.

The words are neutral by law (323-ФЗ art. 13): that somebody was in a clinic is a secret, so no notice knows a
service, a doctor or a place. What warns of an expiry has no link to sign in: crooks send such letters too.
A sign-in code is no notice: it is asked for, goes at once and knows no quiet hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Channel(StrEnum):
    """How a notice reaches a person."""

    SMS = "sms"
    EMAIL = "email"


class NoticeClass(StrEnum):
    """What a person can say no to, each by itself."""

    SERVICE = "service"
    """About one's own account; goes unless switched off."""
    MARKETING = "marketing"
    """Goes to who consented, and has not opted out since."""
    LEGAL = "legal"
    """What the law wants confirmed; cannot be switched off, and waits for no hour."""


class NoticeKind(StrEnum):
    """What happened, noun.past."""

    POINTS_ACCRUED = "points.accrued"
    POINTS_ACTIVATED = "points.activated"
    POINTS_SPENT = "points.spent"
    POINTS_TAKEN_BACK = "points.taken_back"
    POINTS_EXPIRING_30 = "points.expiring_30"
    POINTS_EXPIRING_7 = "points.expiring_7"
    POINTS_EXPIRING_1 = "points.expiring_1"
    TIER_RAISED = "tier.raised"
    TIER_LOWERING = "tier.lowering"
    CERTIFICATE_ISSUED = "certificate.issued"
    CERTIFICATE_OFFERED = "certificate.offered"
    CERTIFICATE_ACCEPTED = "certificate.accepted"
    CERTIFICATE_REDEEMED = "certificate.redeemed"
    CERTIFICATE_EXPIRING = "certificate.expiring"
    REFERRAL_REWARDED = "referral.rewarded"
    CONSENT_CHANGED = "consent.changed"
    ERASURE_REQUESTED = "erasure.requested"
    ERASURE_DONE = "erasure.done"
    MAILING_SENT = "mailing.sent"


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of the catalogue."""

    channels: tuple[Channel, ...]
    """Where it goes, unless the person chose otherwise."""
    variables: frozenset[str]
    """What its words may mention."""
    notice_class: NoticeClass = NoticeClass.SERVICE
    is_gathered: bool = False
    """Several of one day are told together: the first at once, the rest in one message in the evening."""
    life_days: int = 3
    """How long after it happened it is still worth telling."""

    @property
    def is_polite(self) -> bool:
        """Whether it keeps quiet hours and daily caps."""
        return self.notice_class is not NoticeClass.LEGAL


_BOTH = (Channel.SMS, Channel.EMAIL)
_LETTER = (Channel.EMAIL,)
_ALWAYS = frozenset({"program"})
_CABINET = _ALWAYS | {"cabinet_url"}
_MONEY = _CABINET | {"amount", "unit", "count"}
_EXPIRY = _ALWAYS | {"amount", "unit", "expires_on", "days", "count"}
_CERTIFICATE = _CABINET | {"nominal", "balance"}
CATALOGUE: Mapping[NoticeKind, Notice] = MappingProxyType(
    {
        NoticeKind.POINTS_ACCRUED: Notice(_BOTH, _MONEY | {"available_on"}, is_gathered=True),
        NoticeKind.POINTS_ACTIVATED: Notice(_LETTER, _MONEY, is_gathered=True),
        NoticeKind.POINTS_SPENT: Notice(_BOTH, _MONEY, is_gathered=True),
        NoticeKind.POINTS_TAKEN_BACK: Notice(_LETTER, _MONEY, is_gathered=True),
        NoticeKind.POINTS_EXPIRING_30: Notice(_LETTER, _EXPIRY, is_gathered=True),
        NoticeKind.POINTS_EXPIRING_7: Notice(_BOTH, _EXPIRY, is_gathered=True),
        NoticeKind.POINTS_EXPIRING_1: Notice(_BOTH, _EXPIRY, is_gathered=True),
        NoticeKind.TIER_RAISED: Notice(_BOTH, _CABINET | {"tier", "rate_percent"}),
        NoticeKind.TIER_LOWERING: Notice(_LETTER, _CABINET | {"tier", "changes_on", "amount"}),
        NoticeKind.CERTIFICATE_ISSUED: Notice(_LETTER, _CERTIFICATE | {"valid_until"}),
        NoticeKind.CERTIFICATE_OFFERED: Notice(_BOTH, _CERTIFICATE | {"expires_on"}),
        NoticeKind.CERTIFICATE_ACCEPTED: Notice(_LETTER, _CERTIFICATE),
        NoticeKind.CERTIFICATE_REDEEMED: Notice(_BOTH, _CERTIFICATE | {"amount"}),
        NoticeKind.CERTIFICATE_EXPIRING: Notice(_BOTH, _ALWAYS | {"balance", "expires_on", "days"}),
        NoticeKind.REFERRAL_REWARDED: Notice(_BOTH, _MONEY, is_gathered=True),
        NoticeKind.CONSENT_CHANGED: Notice(_LETTER, _CABINET, NoticeClass.LEGAL, life_days=30),
        NoticeKind.ERASURE_REQUESTED: Notice(_BOTH, _ALWAYS | {"due_on"}, NoticeClass.LEGAL, life_days=30),
        NoticeKind.ERASURE_DONE: Notice(_BOTH, _ALWAYS, NoticeClass.LEGAL, life_days=30),
        NoticeKind.MAILING_SENT: Notice(_BOTH, _CABINET, NoticeClass.MARKETING),
    }
)
"""A mailing brings its own words; the line here says whose words they are."""
EXPIRY_THRESHOLDS: Mapping[int, NoticeKind] = MappingProxyType(
    {30: NoticeKind.POINTS_EXPIRING_30, 7: NoticeKind.POINTS_EXPIRING_7, 1: NoticeKind.POINTS_EXPIRING_1}
)
"""Days before points burn."""
LINKLESS = frozenset(kind for kind, notice in CATALOGUE.items() if "cabinet_url" not in notice.variables)
"""No link may stand in their words."""
