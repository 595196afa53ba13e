"""Who talks to the hub, and to whom it talks."""

from enum import StrEnum


class Source(StrEnum):
    """Where inbox events come from."""

    ONEC = "onec"


class Destination(StrEnum):
    """Where deliveries go."""

    SMS = "sms"
    EMAIL = "email"


class DeliveryKind(StrEnum):
    """What is sent; each kind has its retry schedule."""

    SMS_CODE = "sms.code"
    """A one-time code: worthless after minutes."""
    SMS_NOTICE = "sms.notice"
    EMAIL_LETTER = "email.letter"

    @property
    def destination(self) -> Destination:
        """Tell where it goes."""
        return Destination(self.value.partition(".")[0])
