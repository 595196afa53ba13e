"""The doors of the portal and of its OAuth server, under a host each, and the control plane."""

import asyncio
import html
import pathlib
import string
import urllib.parse
from typing import Annotated

import fastapi
import fastapi.responses
import fastapi.staticfiles
import pydantic

from sandbox.bitrix24 import rest
from sandbox.bitrix24.faults import FaultMode, Faults
from sandbox.bitrix24.portal import ACCESS_LIFETIME_S, App, GrantError, Pair, Portal

STATIC = pathlib.Path(__file__).parent / "static"
Answer = fastapi.responses.JSONResponse


class FaultOrder(pydantic.BaseModel):
    """How the next calls of token and REST go; without a count, all until told otherwise."""

    model_config = pydantic.ConfigDict(extra="forbid")

    mode: FaultMode
    count: int | None = pydantic.Field(default=None, ge=1, le=10_000)
    delay_s: float = pydantic.Field(default=5.0, ge=0, le=120)


class ClockOrder(pydantic.BaseModel):
    """How far to put the portal's clock forward."""

    seconds: float = pydantic.Field(ge=0, le=400 * 24 * 3600)


class Doors:
    """The endpoints, over one portal with one application."""

    def __init__(
        self, portal: Portal, app: App, *, hosts: tuple[str, str], member_id: str, hook: str
    ) -> None:
        self._portal = portal
        self._app = app
        self._host, self._oauth_host = hosts
        self._member_id = member_id
        self._hook = hook
        self._faults = Faults()

    def authorize(
        self,
        client_id: str = "",
        state: str = "",
        employee: Annotated[int | None, fastapi.Query(alias="_as")] = None,
    ) -> fastapi.Response:
        """Show who may be chosen, or send the chosen one back with a code. Errors never redirect."""
        if client_id != self._app.client_id:
            return _page("error.html", 400, words="Приложение не найдено.")
        if employee is None:
            return _page("choose.html", 200, rows=self._choices(client_id, state))
        known = self._portal.find_employee(employee)
        if known is None or not known.is_active:
            return _page("error.html", 403, words="Этот сотрудник уволен: войти он не может.")
        query = {
            "code": self._portal.make_code(employee),
            "state": state,
            "domain": self._host,
            "member_id": self._member_id,
            "scope": self._app.scope,
            "server_domain": self._oauth_host,
        }
        where = f"{self._app.handler}?{urllib.parse.urlencode(query)}"
        return fastapi.responses.RedirectResponse(where, status_code=302)

    async def exchange(self, request: fastapi.Request) -> Answer:
        """Give tokens for a code or a refresh token, on the OAuth host only."""
        if request.headers.get("host", "") != self._oauth_host:
            return rest.refuse(404, "NOT_FOUND", "There is no OAuth server here")
        fault = await self._suffer()
        if fault is not None:
            return fault
        given = await rest.read_parameters(request)
        if given.get("client_id") != self._app.client_id:
            return rest.refuse(200, "wrong_client", "Client not found")  # with 200, as the real one
        if given.get("client_secret") != self._app.client_secret:
            return rest.refuse(400, "invalid_client", "Client authentication failed")
        return self._grant(given)

    async def call(self, request: fastapi.Request, method: str) -> Answer:
        """Answer a REST call that brings an access token in `auth`."""
        fault = await self._suffer()
        if fault is not None:
            return fault
        given = await rest.read_parameters(request)
        return rest.answer(self._portal, method, given, rest.by_token(self._portal, given.get("auth", "")))

    async def call_hook(self, request: fastapi.Request, user_id: int, code: str, method: str) -> Answer:
        """Answer an incoming webhook: the secret in its path acts as the employee who made it."""
        fault = await self._suffer()
        if fault is not None:
            return fault
        given = await rest.read_parameters(request)
        is_known = f"{user_id}/{code}" == self._hook
        caller = user_id if is_known else rest.refuse(401, "NO_AUTH_FOUND", "Wrong authorization data")
        return rest.answer(self._portal, method, given, caller)

    def dismiss(self, user_id: int) -> Answer:
        return self._set_active(user_id, is_active=False)

    def restore(self, user_id: int) -> Answer:
        return self._set_active(user_id, is_active=True)

    def set_fault(self, order: FaultOrder) -> Answer:
        self._faults.set(order.mode, order.count, order.delay_s)
        return self.show_state()

    def advance(self, order: ClockOrder) -> Answer:
        self._portal.advance(order.seconds)
        return self.show_state()

    def show_state(self) -> Answer:
        users = [
            {"id": one.user_id, "name": f"{one.name} {one.last_name}", "position": one.position}
            | {"active": one.is_active}
            for one in self._portal.list_employees()
        ]
        return Answer({"member_id": self._member_id, "fault": self._faults.show(), "users": users})

    def _set_active(self, user_id: int, *, is_active: bool) -> Answer:
        if not self._portal.set_active(user_id, is_active=is_active):
            raise fastapi.HTTPException(404, "unknown employee")
        return self.show_state()

    def _grant(self, given: rest.Parameters) -> Answer:
        try:
            if given.get("grant_type") == "authorization_code":
                return self._tell(self._portal.spend_code(given.get("code", "")))
            if given.get("grant_type") == "refresh_token":
                return self._tell(self._portal.refresh(given.get("refresh_token", "")), is_refresh=True)
        except GrantError:
            return rest.refuse(400, "invalid_grant", "Invalid grant")
        return rest.refuse(400, "invalid_request", "Parameter grant_type is missing")

    def _tell(self, pair: Pair, *, is_refresh: bool = False) -> Answer:
        told: dict[str, object] = {
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token,
            "expires_in": ACCESS_LIFETIME_S,
            "client_endpoint": f"http://{self._host}/rest/",
            "server_endpoint": f"http://{self._oauth_host}/rest/",
            "domain": self._oauth_host,  # the OAuth server and not the portal, as the real one
            "member_id": self._member_id,
            "scope": self._app.scope,
            "status": "L",
        }
        if is_refresh:
            told |= {"expires": int(pair.issued_at_s) + ACCESS_LIFETIME_S, "user_id": pair.user_id}
        return Answer(told)

    async def _suffer(self) -> Answer | None:
        mode, delay_s = self._faults.spend()
        if mode == "slow":
            await asyncio.sleep(delay_s)
        if mode == "down":
            return rest.refuse(502, "", "Bad gateway")
        if mode == "limit":
            return rest.refuse(503, "QUERY_LIMIT_EXCEEDED", "Too many requests")
        if mode == "expired":
            return rest.refuse(401, "expired_token", "The access token provided has expired.")
        if mode == "foreign":
            return Answer(
                {"access_token": "x", "member_id": "f" * 32, "client_endpoint": "http://evil.example/rest/"}
            )
        return None

    def _choices(self, client_id: str, state: str) -> str:
        rows = []
        for one in self._portal.list_employees():
            query = urllib.parse.urlencode({"client_id": client_id, "state": state, "_as": one.user_id})
            words = html.escape(f"{one.name} {one.last_name}, {one.position}")
            link = f'<a href="/oauth/authorize/?{html.escape(query)}">{words}</a>'
            rows.append(f"<li>{link if one.is_active else words + ' (уволен)'}</li>")
        return "\n".join(rows)


def create_app(doors: Doors) -> fastapi.FastAPI:
    """Build the application."""
    app = fastapi.FastAPI(title="Bitrix24 sandbox", docs_url=None, redoc_url=None)
    app.get("/oauth/authorize/")(doors.authorize)
    app.api_route("/oauth/token/", methods=["GET", "POST"])(doors.exchange)
    app.api_route("/rest/{user_id}/{code}/{method}", methods=["GET", "POST"])(doors.call_hook)
    app.api_route("/rest/{method}", methods=["GET", "POST"])(doors.call)
    app.post("/_sim/users/{user_id}/dismiss")(doors.dismiss)
    app.post("/_sim/users/{user_id}/restore")(doors.restore)
    app.post("/_sim/faults")(doors.set_fault)
    app.post("/_sim/clock/advance")(doors.advance)
    app.get("/_sim/state")(doors.show_state)
    app.get("/", include_in_schema=False)(show_page)
    app.mount("/static", fastapi.staticfiles.StaticFiles(directory=STATIC), name="static")
    return app


def show_page() -> fastapi.responses.FileResponse:
    """Give the page of employees."""
    return fastapi.responses.FileResponse(STATIC / "page.html")


def _page(name: str, status: int, **values: str) -> fastapi.responses.HTMLResponse:
    text = string.Template((STATIC / name).read_text(encoding="utf-8")).substitute(values)
    return fastapi.responses.HTMLResponse(text, status_code=status)
