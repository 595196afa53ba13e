"""How 1C reads us: JSON numbers with two decimals, naive local dates without fractions, no BOM; or XML.

The JSON is written by hand, because two decimals of a number survive no float and no library here.
"""

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.responses import Response

from hub.kernel.money import format_amount

XML_NAMESPACE = "urn:umc-loyalty:exchange:1"
_FORBIDDEN_IN_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Amount:
    """Hundredths that are written as a number with two decimals."""

    hundredths: int


Told = None | bool | int | str | Amount | Sequence["Told"] | Mapping[str, "Told"]


def answer(
    told: Mapping[str, Told], *, code: str = "ok", message: str = "Готово", status: int = 200
) -> Response:
    """Answer as every call under /api/1c/v1 does: result, code, message, and what was asked."""
    body = {"result": True, "code": code, "message": message, **told}
    return Response(write_json(body).encode(), status_code=status, media_type="application/json")


def write_json(value: Told) -> str:
    """Write JSON with amounts as numbers."""
    if isinstance(value, Amount):
        return format_amount(value.hundredths)
    if isinstance(value, Mapping):
        pairs = [f"{json.dumps(key, ensure_ascii=False)}: {write_json(item)}" for key, item in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(write_json(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def write_xml(name: str, attributes: Mapping[str, Told], children: Sequence[str] = ()) -> str:
    """Write one element with attributes; empty ones are left out."""
    pairs = "".join(
        f' {key}="{_escape(write_attribute(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{pairs}>{''.join(children)}</{name}>" if children else f"<{name}{pairs}/>"


def write_attribute(value: Told) -> str:
    """Write one value as an attribute."""
    if isinstance(value, Amount):
        return format_amount(value.hundredths)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def local_text(instant: datetime, zone: str) -> str:
    """Write an instant as the wall clock of the infobase's zone shows it, to the second."""
    local = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0)
    return local.isoformat()


def _escape(text: str) -> str:
    return html.escape(_FORBIDDEN_IN_XML.sub("", text), quote=True)
