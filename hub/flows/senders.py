"""Who sends what: one adapter per destination, made once per process from the settings."""

from functools import cache
from typing import Any

from hub.contracts.parties import Destination
from hub.contracts.ports import Sender
from hub.integrations.http import make_client
from hub.integrations.sms.sender import PHASE_TIMEOUT_S, SmsSender
from hub.kernel.settings import settings


@cache
def sender_of(destination: Destination) -> Sender[Any]:
    """Give the destination's adapter; its connections are kept open between sends."""
    return _MAKERS[destination]()


def _make_sms() -> SmsSender:
    chosen = settings()
    client = make_client(
        base_url=chosen.sms_url, timeout_s=PHASE_TIMEOUT_S, token=chosen.sms_token.get_secret_value()
    )
    return SmsSender(client)


_MAKERS = {Destination.SMS: _make_sms}
