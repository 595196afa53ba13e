"""The portal and its OAuth server, by our settings alone: what an answer names is compared, not called.

Errors are told apart by their code, never by the status: `wrong_client` comes with 200.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from hub.integrations.bitrix24.errors import PortalRefusedError, PortalUnreachableError

PHASE_TIMEOUT_S = 5.0
_PAGE = 50
_UNSURE = frozenset(
    {"", "query_limit_exceeded", "overload_limit", "operation_time_limit", "internal_server_error"}
)
"""Codes that say nothing about the caller: ask again later."""


@dataclass(frozen=True, slots=True)
class Employee:
    """Whoever came with a code. The number means something together with its portal only."""

    member_id: str
    user_id: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class PortalKeys:
    """What the portal knows our application by."""

    client_id: str
    client_secret: str
    member_id: str
    hook: str
    """`USER/CODE` of an incoming webhook with the right `user_basic`."""


class Portal:
    """One portal. Safe to call from several threads."""

    def __init__(self, portal: httpx.Client, oauth: httpx.Client, keys: PortalKeys) -> None:
        """Keep the clients; they pool connections."""
        self._portal = portal
        self._oauth = oauth
        self._keys = keys

    def prove_employee(self, code: str) -> Employee:
        """Exchange a code at once, and ask who came with it; their tokens are forgotten.

        Raises: PortalRefusedError; PortalUnreachableError.
        """
        token = _ask(
            self._oauth,
            "/oauth/token/",
            {
                "grant_type": "authorization_code",
                "client_id": self._keys.client_id,
                "client_secret": self._keys.client_secret,
                "code": code,
            },
        )
        host = urlsplit(str(token.get("client_endpoint", ""))).netloc
        if token.get("member_id") != self._keys.member_id or host != self._portal.base_url.netloc.decode():
            raise PortalRefusedError
        told = _ask(self._portal, "/rest/user.current", {"auth": str(token.get("access_token", ""))})
        return self._read(told.get("result"))

    def list_activity(self, user_ids: Collection[int]) -> Mapping[int, bool]:
        """Tell who of these works here; whom the portal does not name is not in the answer.

        Raises: PortalRefusedError; PortalUnreachableError.
        """
        known: dict[int, bool] = {}
        ordered = sorted(user_ids)
        for start in range(0, len(ordered), _PAGE):
            form = {f"FILTER[ID][{n}]": str(one) for n, one in enumerate(ordered[start : start + _PAGE])}
            rows = _ask(self._portal, f"/rest/{self._keys.hook}/user.get", form).get("result")
            if not isinstance(rows, list):
                raise PortalUnreachableError
            employees = [self._read(row) for row in rows]
            known |= {one.user_id: one.is_active for one in employees if one.user_id in user_ids}
        return known

    def _read(self, row: object) -> Employee:
        if not isinstance(row, dict) or not str(row.get("ID", "")).isdecimal():
            raise PortalUnreachableError
        return Employee(self._keys.member_id, int(row["ID"]), row.get("ACTIVE") in {True, "Y", "true"})


def _ask(client: httpx.Client, path: str, form: Mapping[str, str]) -> dict[str, Any]:
    """Post a form: secrets stay out of addresses, which land in logs."""
    try:
        read = client.post(path, data=form).json()
    except (httpx.HTTPError, ValueError) as error:
        raise PortalUnreachableError from error
    if not isinstance(read, dict):
        raise PortalUnreachableError
    if "error" in read:
        is_unsure = str(read["error"]).lower() in _UNSURE
        raise PortalUnreachableError if is_unsure else PortalRefusedError
    return read
