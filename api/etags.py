"""ETags over what an answer says, so that a change by time alone changes them too."""

import hashlib
import json

from starlette.requests import Request


def make_etag(said: object) -> str:
    """Make a weak tag of JSON-ready values: equal answers may differ in what is left out of `said`."""
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f'W/"{hashlib.sha256(canonical.encode()).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Tell whether If-None-Match names the tag; weak comparison, as GET has it."""
    given = request.headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return given.strip() == "*" or etag.removeprefix("W/") in tags
