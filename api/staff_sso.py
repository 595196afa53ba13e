"""Staff sign in through their portal: out with a state, back with a code, in with a cookie.

The state is signed, lives five minutes in a cookie of this browser, and is taken back with the return;
a code is good once. Hosts that the return names are compared with the settings and never called.
"""

import hmac
import secrets
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import Cookie, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import SIGN_IN, Door
from api.entering import is_secure, let_in
from api.languages import prefers_english
from api.pages import fill_page
from api.problem_texts import PROBLEM_TEXTS
from api.problems import STATUSES
from hub.db.transaction import transaction
from hub.flows import staff_sso
from hub.kernel import clock
from hub.kernel.errors import ErrorKind, HubError, NotFoundError
from hub.kernel.settings import OAUTH_HOSTS, settings, vault

door = Door("/api/auth/bitrix24", tag="auth")
_COOKIE = "sso_state"
_PATH = "/api/auth/bitrix24"
_LIFETIME_S = 300
_HOME = "/admin"
_FOUND = 302
Text = Annotated[str, Query(max_length=500)]


class StateInvalidError(HubError):
    """The return belongs to no sign-in that this browser began minutes ago, or to another portal."""

    code = "sso-state-invalid"
    kind = ErrorKind.FORBIDDEN


@door.get("/login", SIGN_IN, status_code=_FOUND, response_class=RedirectResponse)
def begin_sso() -> Response:
    """Send staff to their portal, with a state to come back with. 404 when no portal is set."""
    chosen = settings()
    if chosen.bitrix24_url is None:
        raise NotFoundError
    state = secrets.token_urlsafe(32)
    query = urlencode({"client_id": chosen.bitrix24_client_id, "state": state})
    answer = RedirectResponse(f"{chosen.bitrix24_url}/oauth/authorize/?{query}", _FOUND)
    answer.set_cookie(
        _COOKIE,
        _sign(state, int(clock.now().timestamp()) + _LIFETIME_S),
        max_age=_LIFETIME_S,
        path=_PATH,
        secure=is_secure(),
        httponly=True,
        samesite="lax",  # the portal's redirect has to bring it back
    )
    return answer


@door.get("/callback", SIGN_IN, status_code=_FOUND, response_class=RedirectResponse)
def finish_sso(
    request: Request,
    code: Text = "",
    state: Text = "",
    domain: Text = "",
    member_id: Text = "",
    server_domain: Text = "",
    sso_state: Annotated[str | None, Cookie(max_length=300)] = None,
) -> Response:
    """Let the employee in whom the portal sent back, and lead on to the staff pages.

    A browser that may not come in gets a page with the reason, everybody else the problem.
    """
    try:
        _require_own_return(state, sso_state, domain, member_id, server_domain)
        answer = _let_in(request, code)
    except HubError as error:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        answer = _explain(request, error)
    answer.delete_cookie(_COOKIE, path=_PATH, secure=is_secure(), httponly=True, samesite="lax")
    return answer


def _let_in(request: Request, code: str) -> Response:
    employee = staff_sso.prove_employee(code)
    answer = RedirectResponse(_HOME, _FOUND)
    with transaction() as session:
        known = staff_sso.recognise(session, employee)
        if not isinstance(known, HubError):
            let_in(session, request, answer, user_id=known.staff_id, roles=known.roles)
    if isinstance(known, HubError):
        raise known
    return answer


def _require_own_return(
    state: str, cookie: str | None, domain: str, member_id: str, server_domain: str
) -> None:
    """Raise StateInvalidError unless this browser left for our portal minutes ago."""
    chosen = settings()
    portal, oauth = urlsplit(chosen.bitrix24_url or "").netloc, urlsplit(chosen.bitrix24_oauth_url).netloc
    is_ours = domain == portal and member_id == (chosen.bitrix24_member_id or "")
    if not portal or not is_ours or server_domain not in {oauth, *OAUTH_HOSTS}:
        raise StateInvalidError
    expires_at = (cookie or "").split(".")[1] if (cookie or "").count(".") == 2 else ""  # noqa: PLR2004  # state.until.signature
    if not (expires_at.isascii() and expires_at.isdigit()) or int(expires_at) < clock.now().timestamp():
        raise StateInvalidError
    if not state or not hmac.compare_digest((cookie or "").encode(), _sign(state, int(expires_at)).encode()):
        raise StateInvalidError


def _sign(state: str, expires_at: int) -> str:
    signed = f"{state}.{expires_at}"
    return f"{signed}.{vault().blind_index('sso-state', signed).hex()}"


def _explain(request: Request, error: HubError) -> HTMLResponse:
    text = PROBLEM_TEXTS[error.code]
    is_english = prefers_english(request.headers.get("accept-language", ""))
    words = (text.title_en, text.detail_en, "Try again") if is_english else (*text[:2], "Попробовать ещё раз")
    values = dict(zip(("title", "detail", "again"), words, strict=True))
    page = fill_page("sso.html", {**values, "language": "en" if is_english else "ru"})
    return HTMLResponse(page, status_code=STATUSES[error.kind])
