"""The hub's HTTP client: hard timeouts, and never inside a database transaction."""

import httpx

from hub.db.transaction import assert_no_transaction


def make_client(*, base_url: str, timeout_s: float, token: str | None = None) -> httpx.Client:
    """Make a client that refuses to run while a transaction is open. Redirects are not followed."""
    return httpx.Client(
        base_url=base_url,
        timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 3.0)),
        headers={"Authorization": f"Bearer {token}"} if token is not None else {},
        event_hooks={"request": [_refuse_inside_transaction]},
        trust_env=False,
    )


def retry_after_s(response: httpx.Response) -> float | None:
    """Read Retry-After in seconds; its date form is not used by our destinations."""
    given = response.headers.get("Retry-After", "")
    return float(given) if given.isdigit() else None


def _refuse_inside_transaction(_request: httpx.Request) -> None:
    assert_no_transaction()
