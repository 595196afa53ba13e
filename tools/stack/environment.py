"""The environment that every process of the stack gets. What the person has set always wins."""

from collections.abc import Mapping

from tools.stack.credentials import Credentials
from tools.stack.ports import LOOPBACK, Ports

FLOWER_USER = "ops"
DEMO_MEMBER_ID = "da45a03b265edd8787f8a258d793cc5d"
"""Of the sandbox portal; Bitrix24 writes them so."""
# Lines must arrive when they are written, in UTF-8, wherever the desk stands.
_OUTPUT = {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


def hub_environment(
    given: Mapping[str, str], *, ports: Ports, credentials: Credentials, urls: Mapping[str, str]
) -> dict[str, str]:
    """Put together the hub's environment. `urls` are the addresses of database and Redis in use."""
    chosen = {
        "HUB_ENV": "demo",
        "HUB_DATA_KEYS": credentials.data_keys,
        "HUB_INDEX_KEY": credentials.index_key,
        "HUB_TOKEN_KEY": credentials.token_key,
        "HUB_AUDIT_KEYS": credentials.audit_keys,
        "HUB_METRICS_TOKEN": credentials.metrics_token,
        "HUB_PUBLIC_URL": f"http://{LOOPBACK}:{ports.api}",
        "HUB_FLOWER_URL": f"http://{LOOPBACK}:{ports.flower}/flower",
        "HUB_SMS_URL": f"http://{LOOPBACK}:{ports.sms}",
        "HUB_SMS_TOKEN": credentials.sms_token,
        "HUB_MAIL_URL": f"smtp://{LOOPBACK}:{ports.smtp}",
        "HUB_MAIL_BOUNCES_URL": f"pop3://{LOOPBACK}:{ports.pop3}",
        "HUB_MAIL_FROM": "Моя ❤ скидка <hub@hub.example>",
        "HUB_BITRIX24_URL": f"http://{LOOPBACK}:{ports.bitrix24}",
        # The same process under another name: a key must not depend on which of the two is asked.
        "HUB_BITRIX24_OAUTH_URL": f"http://localhost:{ports.bitrix24}",
        "HUB_BITRIX24_CLIENT_ID": "local.demo",
        "HUB_BITRIX24_CLIENT_SECRET": credentials.bitrix24_secret,
        "HUB_BITRIX24_MEMBER_ID": DEMO_MEMBER_ID,
        "HUB_BITRIX24_HOOK": credentials.bitrix24_hook,
        # Whoever tries things out signs in by the hundred, all from one address.
        "HUB_RATES": "sign-in=1200,look-up=1200,cabinet=6000,staff=30000",
        "HUB_LOG_JSON": "false",
        "FLOWER_BASIC_AUTH": f"{FLOWER_USER}:{credentials.flower_password}",
    }
    present = {name: value for name, value in given.items() if value}
    return {**given, **_OUTPUT, **chosen, **present, **urls, **_no_proxy(given)}


def stranger_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Put together a sandbox process's environment: nothing of the hub's, above all no secret."""
    own = {name: value for name, value in given.items() if not name.startswith("HUB_")}
    return {**own, **_OUTPUT, **_no_proxy(given)}


def _no_proxy(given: Mapping[str, str]) -> dict[str, str]:
    """Keep calls between our own processes off a proxy that the desk may use."""
    return {
        name: ",".join(filter(None, [given.get(name), "127.0.0.1", "localhost"]))
        for name in ("NO_PROXY", "no_proxy")
    }
