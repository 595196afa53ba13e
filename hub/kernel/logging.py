"""One line per past-tense fact; ids and units in, personal values out.

The correlation id is bound at the door and follows the work through rows.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping

import structlog

from hub.kernel.ids import new_id

_HIDDEN_KEYS = frozenset(
    {
        "authorization",
        "body",
        "code",
        "email",
        "name",
        "password",
        "phone",
        "secret",
        "text",
        "token",
    }
)
_PHONE = re.compile(
    r"(?<![\w-])(?:(?:\+|%2B)?\d{10,12}"
    r"|(?:\+?7|8)[ (-]{0,2}\d{3}[ )-]{0,2}\d{3}[ -]?\d{2}[ -]?\d{2})(?![\w-])"
)
"""Bare digits, also in a query string; and a Russian phone as people space it."""
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_BEARER = re.compile(r"(?i)(bearer|basic)\s+[\w\-._~+/=]+")
_URL_SECRET = re.compile(r"(?<=://)([^:/@\s]*):[^@/\s]+@")
_CHATTY = ("httpx", "httpcore", "uvicorn.access", "celery.worker.strategy", "celery.app.trace", "celery.beat")
"""What others say line by line, our own past-tense facts say once."""
_CORRELATION = re.compile(r"[A-Za-z0-9._-]{8,64}")


def configure_logging(*, level: str, as_json: bool) -> None:
    """Send structlog and the standard library's loggers through one masked stream."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def mask(_logger: object, _method: str, event: MutableMapping[str, object]) -> Mapping[str, object]:
    """Blank the keys that carry personal values, and what looks like one inside texts."""
    for key, value in event.items():
        if not key.startswith("_"):  # structlog's own notes, which are not written
            event[key] = _masked(key, value)
    return event


def _masked(key: object, value: object) -> object:
    """Numbers pass; whatever would be written as a text (errors too) is masked as one."""
    if key in _HIDDEN_KEYS:
        return "•••"
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return {inner: _masked(inner, item) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", item) for item in value]
    return mask_text(str(value))


def mask_text(text: str) -> str:
    """Blank phones, e-mails, credentials and passwords in URLs."""
    text = _URL_SECRET.sub(r"\1:•••@", text)
    text = _BEARER.sub(r"\1 •••", text)
    return _EMAIL.sub("•••@•••", _PHONE.sub("•••", text))


def bind_correlation(given: str | None) -> str:
    """Take the caller's correlation id when it is sane, else make one; bind it for the log."""
    sane = given if given and _CORRELATION.fullmatch(given) else str(new_id())
    structlog.contextvars.bind_contextvars(correlation_id=sane)
    return sane


def current_correlation() -> str:
    """Give the bound correlation id; makes and binds one when there is none."""
    bound = structlog.contextvars.get_contextvars().get("correlation_id")
    return str(bound) if bound else bind_correlation(None)
