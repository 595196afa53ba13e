"""The few pages that the API serves itself: the way in, and its own description. They work offline.

The way in stands at `/api`; at `/` and `/admin` it stands only while the screens themselves are not built.
"""

from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit, urlunsplit

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api.access import PUBLIC, Door
from hub.kernel.settings import Settings, settings

STATIC = Path(__file__).parent / "static"
door = Door("", tag="pages", is_described=False)
_FROM_SMS = {"onec_url": -2, "bitrix24_url": -1, "mail_url": 1}
"""The sandbox's neighbours stand beside its SMS gateway, wherever all were moved."""


@door.get("/", PUBLIC)
@door.get("/admin", PUBLIC)
@door.get("/api", PUBLIC)
def show_home(request: Request) -> HTMLResponse:
    """Show the links of this installation; sandbox and demo logins in the demo only."""
    chosen = settings()
    screens = _read("screens.html" if request.app.state.front_ends.are_built else "no_screens.html")
    demo = fill_page("demo.html", _demo_links(chosen)) if chosen.is_demo else ""
    page = fill_page("home.html", {"flower_url": chosen.flower_url}, screens=screens, demo=demo)
    return HTMLResponse(page)


@door.get("/api/docs", PUBLIC)
@door.get("/api/redoc", PUBLIC)
def show_docs() -> HTMLResponse:
    """Show every operation of the API."""
    return HTMLResponse(_read("docs.html"))


@door.get("/api/openapi.json", PUBLIC)
def show_openapi(request: Request) -> Response:
    """Give the description itself."""
    return JSONResponse(request.app.openapi(), headers={"Cache-Control": "no-cache"})


def _demo_links(chosen: Settings) -> dict[str, str]:
    sms = urlsplit(chosen.sms_url)
    links = {"sms_url": chosen.sms_url}
    for name, distance in _FROM_SMS.items():
        links[name] = urlunsplit(sms._replace(netloc=f"{sms.hostname}:{(sms.port or 0) + distance}"))
    return links


def fill_page(name: str, values: dict[str, str], **pieces: str) -> str:
    """Fill a page of ours; every value is escaped, `pieces` are markup of our own."""
    escaped = {key: escape(value, quote=True) for key, value in values.items()}
    return Template(_read(name)).substitute(escaped, **pieces)


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
