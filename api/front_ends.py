"""The built screens: the patient's cabinet at `/`, the staff's at `/admin`.

Every file is known when the process starts, so no path of a stranger ever reaches the disk. Whatever is not
theirs goes on to the API untouched. In production nginx serves the same files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.etags import is_known

ROOT = Path(__file__).parents[1]
STAFF_BASE = "/admin"
_CABINET_DIST = Path("frontend", "dist")
_STAFF_DIST = Path("admin", "dist")
_INDEX = "index.html"
_API = {"api", "metrics"}
_MEDIA_TYPES = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".ico": "image/x-icon",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".webmanifest": "application/manifest+json",
        ".woff2": "font/woff2",
    }
)
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_PAGE_POLICY = (
    # No inline script. Styles may be inline, because the kit of components puts its variables into the page.
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class FrontEnds:
    """The files of both builds by their paths; empty where nothing is built."""

    files: Mapping[str, Path]

    @property
    def are_built(self) -> bool:
        """Tell whether both can be opened."""
        return {f"/{_INDEX}", f"{STAFF_BASE}/{_INDEX}"} <= self.files.keys()

    def find(self, path: str, *, wants_page: bool) -> Path | None:
        """Give the file of a path, or the first page of the front end whose address it is."""
        found = self.files.get(path)
        if found is not None or not wants_page or not self.are_built:
            return found
        first, _, rest = path.removeprefix("/").partition("/")
        if first in _API or "." in (rest or first).rpartition("/")[2]:
            return None
        base = STAFF_BASE if first == STAFF_BASE.removeprefix("/") else ""
        return self.files[f"{base}/{_INDEX}"]


def find_front_ends(root: Path = ROOT) -> FrontEnds:
    """Look through both builds once."""
    return FrontEnds(
        MappingProxyType(_list(root / _CABINET_DIST, "") | _list(root / _STAFF_DIST, STAFF_BASE))
    )


def _list(directory: Path, base: str) -> dict[str, Path]:
    return {
        f"{base}/{path.relative_to(directory).as_posix()}": path
        for path in directory.rglob("*")
        if path.suffix in _MEDIA_TYPES and path.is_file()
    }


class ServeFrontEnds:
    """Answers what belongs to the screens; the rest is the API's."""

    def __init__(self, app: ASGIApp, *, front_ends: FrontEnds) -> None:
        self._app = app
        self._front_ends = front_ends

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a file, or go on."""
        found = self._find(scope) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        await _serve(Request(scope), found)(scope, receive, send)

    def _find(self, scope: Scope) -> Path | None:
        if scope["method"] not in {"GET", "HEAD"}:
            return None
        wants_page = "text/html" in Headers(scope=scope).get("accept", "")
        return self._front_ends.find(scope["path"], wants_page=wants_page)


def _serve(request: Request, path: Path) -> Response:
    headers = {"Cache-Control": _FOR_EVER if path.parent.name == "assets" else _ASK_AGAIN}
    if path.suffix == ".html":
        headers |= {"Content-Security-Policy": _PAGE_POLICY, "Vary": "Accept"}
    answer = FileResponse(
        path, headers=headers, media_type=_MEDIA_TYPES[path.suffix], stat_result=path.stat()
    )
    if is_known(request, answer.headers["etag"]):
        return Response(status_code=304, headers={**headers, "ETag": answer.headers["etag"]})
    return answer
