"""Who talks to the hub, and to whom it talks."""

from enum import StrEnum


class Source(StrEnum):
    """Where inbox events come from."""

    ONEC = "onec"


class Destination(StrEnum):
    """Where deliveries go."""

    SMS = "sms"
