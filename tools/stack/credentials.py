"""Secrets of one desk's stack: made once, kept in the state folder, readable by their owner only."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from tools.stack.errors import StackError

_KEY_BYTES = 32


@dataclass(frozen=True)
class Credentials:
    """Everything secret that the stack has to make up. Never printed, but for the Flower password."""

    data_keys: str
    index_key: str
    token_key: str
    audit_keys: str
    postgres_password: str
    owner_password: str
    app_password: str
    redis_password: str
    flower_password: str
    sms_token: str
    metrics_token: str
    bitrix24_secret: str
    bitrix24_hook: str


def make_credentials() -> Credentials:
    """Make a fresh set."""
    return Credentials(
        data_keys=f"k1:{_make_key()}",
        index_key=_make_key(),
        token_key=_make_key(),
        audit_keys=_make_key(),
        postgres_password=secrets.token_urlsafe(24),
        owner_password=secrets.token_urlsafe(24),
        app_password=secrets.token_urlsafe(24),
        redis_password=secrets.token_urlsafe(24),
        flower_password=secrets.token_urlsafe(9),
        sms_token=secrets.token_urlsafe(24),
        metrics_token=secrets.token_urlsafe(24),
        bitrix24_secret=secrets.token_hex(24),
        bitrix24_hook=f"1/{secrets.token_hex(16)}",
    )


def keep_credentials(path: Path) -> Credentials:
    """Read the set from `path`, or make it there. Secrets that a newer version adds are made too.

    Raises: StackError when the file is damaged: without its keys the data is lost, so none are made up.
    """
    made = asdict(make_credentials())
    kept = _read(path) if path.exists() else {}
    merged = {field.name: kept.get(field.name, made[field.name]) for field in fields(Credentials)}
    if merged != kept:
        _write(path, merged)
    return Credentials(**merged)


def _read(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StackError(
            f"Не читается {path}: в нём ключи к данным стенда. Верните файл или удалите весь каталог.",
            f"Cannot read {path}: it holds the keys of this stack's data. Restore it, or remove the folder.",
            str(error),
        ) from error
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise StackError(f"{path}: нужен объект JSON из строк.", "A JSON object of strings is expected.")
    return content


def _write(path: Path, content: dict[str, str]) -> None:
    """Replace the file in one step, so that a power cut leaves the old set or the new one."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _make_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode().rstrip("=")
