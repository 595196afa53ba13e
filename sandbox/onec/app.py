"""The sandbox's own door: a page of buttons, and the same as JSON."""

import contextlib
import decimal
import pathlib
from collections.abc import AsyncIterator
from typing import Annotated

import fastapi
import fastapi.responses
import fastapi.staticfiles
import httpx
import pydantic

from sandbox.onec.base import Base, ClerkError, get_patient
from sandbox.onec.catalog import CLINICS, PATIENTS
from sandbox.onec.documents import Notice, registered
from sandbox.onec.exchange import Exchange
from sandbox.onec.habits import Format, Knobs
from sandbox.onec.pushes import PUSHES_MAX
from sandbox.onec.stream import Stream
from sandbox.onec.views import View, view_patient, view_push, view_visit

STATIC = pathlib.Path(__file__).parent / "static"
VISITS_SHOWN = 50
COPIES_MAX = 500

Amount = Annotated[decimal.Decimal, pydantic.Field(gt=0, max_digits=10, decimal_places=2)]


class Order(pydantic.BaseModel):
    """What every button may say: in which format to push."""

    model_config = pydantic.ConfigDict(extra="forbid")

    format: Format | None = None


class VisitOrder(Order):
    """A new visit; without an amount its lines are drawn."""

    patient_ref: str | None = None
    amount: Amount | None = None
    referral_code: str = pydantic.Field(default="", max_length=40)


class EditOrder(Order):
    """A new total; without one it is drawn."""

    amount: Amount | None = None


class UnpostOrder(Order):
    """`silent`: a plain snapshot with posted=false instead of visit.cancelled."""

    silent: bool = False


class ResendOrder(pydantic.BaseModel):
    """How many copies, and whether all at once."""

    model_config = pydantic.ConfigDict(extra="forbid")

    copies: int = pydantic.Field(default=1, ge=1, le=COPIES_MAX)
    parallel: bool = False


class Doors:
    """The endpoints, over one base."""

    def __init__(self, base: Base, exchange: Exchange, stream: Stream) -> None:
        self._base = base
        self._exchange = exchange
        self._stream = stream

    def show_state(self) -> View:
        return {
            "infobase": self._exchange.infobase,
            "hub": self._exchange.hub_url,
            "opened": self._stream.is_opened,
            "knobs": self._exchange.knobs.model_dump(),
            "pending": self._exchange.queue.count_pending(),
            "clinics": [{"ref": clinic.ref, "name": clinic.name, "tz": clinic.tz} for clinic in CLINICS],
            "patients": [view_patient(patient) for patient in PATIENTS.values()],
            "visits": [view_visit(visit) for visit in self._base.list_visits(VISITS_SHOWN)],
        }

    def list_pushes(
        self, limit: Annotated[int, fastapi.Query(ge=1, le=PUSHES_MAX)] = VISITS_SHOWN
    ) -> list[View]:
        return [view_push(push) for push in self._exchange.queue.list_pushes(limit)]

    def turn_knobs(self, turned: dict[str, pydantic.JsonValue]) -> View:
        try:
            self._exchange.knobs = Knobs.model_validate(self._exchange.knobs.model_dump() | turned)
        except pydantic.ValidationError as error:
            raise ClerkError(422, "knob-unknown", "Нет такой ручки или значения") from error
        self._stream.knob_turned()
        return self._exchange.knobs.model_dump()

    def open_visit(self, order: VisitOrder) -> View:
        notice = self._base.open_visit(
            patient_ref=order.patient_ref,
            amount_kopecks=_kopecks(order.amount),
            referral_code=order.referral_code,
        )
        return self._pushed(notice, order.format)

    def show_visit(self, ref: str) -> View:
        return view_visit(self._base.get_visit(ref))

    def edit(self, ref: str, order: EditOrder | None = None) -> View:
        order = order or EditOrder()
        return self._pushed(self._base.edit(ref, _kopecks(order.amount)), order.format)

    def unpost(self, ref: str, order: UnpostOrder | None = None) -> View:
        order = order or UnpostOrder()
        return self._pushed(self._base.unpost(ref, is_silent=order.silent), order.format)

    def post_again(self, ref: str, order: Order | None = None) -> View:
        return self._pushed(self._base.post_again(ref), (order or Order()).format)

    def mark_for_deletion(self, ref: str, order: Order | None = None) -> View:
        return self._pushed(self._base.mark_for_deletion(ref), (order or Order()).format)

    def refund(self, ref: str, order: Order | None = None) -> View:
        return self._pushed(self._base.refund(ref), (order or Order()).format)

    def resend(self, ref: str, order: ResendOrder | None = None) -> View:
        visit = self._base.get_visit(ref)
        last = self._exchange.queue.find_last(visit.ref)
        if last is None:
            raise ClerkError(409, "push-forgotten", "Отправка этого документа уже забыта")
        return self._repeated(last.id, order or ResendOrder())

    def resend_push(self, push_id: int, order: ResendOrder | None = None) -> View:
        return self._repeated(push_id, order or ResendOrder())

    def show_push_body(self, push_id: int) -> fastapi.Response:
        push = self._exchange.queue.get_push(push_id)
        if push is None:
            raise ClerkError(404, "unknown-push", "Такой отправки нет или она уже забыта")
        # Shown as text whatever it is: a browser must not run what a push holds.
        return fastapi.Response(push.parcel.body, media_type="text/plain; charset=utf-8")

    def show_patient(self, ref: str) -> View:
        patient = get_patient(ref)
        return {"patient": view_patient(patient), "balance": self._asked_balance(patient.ref)}

    def push_patient(self, ref: str, order: Order | None = None) -> View:
        push = self._exchange.push(registered(get_patient(ref)), (order or Order()).format)
        return {"push": view_push(push)}

    def _pushed(self, notice: Notice, body_format: Format | None) -> View:
        push = self._exchange.push(notice, body_format)
        visit = self._base.get_visit(push.parcel.visit_ref or push.parcel.ref)
        return {"visit": view_visit(visit), "push": view_push(push)}

    def _repeated(self, push_id: int, order: ResendOrder) -> View:
        queue = self._exchange.queue
        push = queue.get_push(push_id)
        if push is None:
            raise ClerkError(404, "unknown-push", "Такой отправки нет или она уже забыта")
        copies = queue.repeat(push.parcel, copies=order.copies, parallel=order.parallel)
        return {"sha256": push.parcel.sha256, "push_ids": [copy.id for copy in copies]}

    def _asked_balance(self, ref: str) -> object:
        try:
            answer = self._exchange.ask_balance(ref)
            return answer.json()
        except (httpx.HTTPError, ValueError):
            return None


def create_app(base: Base, exchange: Exchange, stream: Stream) -> fastapi.FastAPI:
    """Build the application; its threads start and end with it."""

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[None]:
        exchange.queue.start()
        stream.start()
        yield

    app = fastapi.FastAPI(title="1C sandbox", lifespan=lifespan, docs_url=None, redoc_url=None)
    doors = Doors(base, exchange, stream)
    app.get("/state")(doors.show_state)
    app.get("/pushes")(doors.list_pushes)
    app.get("/pushes/{push_id}/body")(doors.show_push_body)
    app.post("/pushes/{push_id}/resend", status_code=202)(doors.resend_push)
    app.post("/knobs")(doors.turn_knobs)
    app.post("/visits", status_code=201)(doors.open_visit)
    app.get("/visits/{ref}")(doors.show_visit)
    app.post("/visits/{ref}/edit")(doors.edit)
    app.post("/visits/{ref}/unpost")(doors.unpost)
    app.post("/visits/{ref}/repost")(doors.post_again)
    app.post("/visits/{ref}/delete")(doors.mark_for_deletion)
    app.post("/visits/{ref}/refund")(doors.refund)
    app.post("/visits/{ref}/resend", status_code=202)(doors.resend)
    app.get("/patients/{ref}")(doors.show_patient)
    app.post("/patients/{ref}/push", status_code=202)(doors.push_patient)
    app.get("/", include_in_schema=False)(show_page)
    app.mount("/static", fastapi.staticfiles.StaticFiles(directory=STATIC), name="static")
    app.exception_handler(ClerkError)(answer_error)
    return app


def show_page() -> fastapi.responses.FileResponse:
    """Give the page of buttons."""
    return fastapi.responses.FileResponse(STATIC / "page.html")


def answer_error(_: fastapi.Request, error: Exception) -> fastapi.responses.JSONResponse:
    """Tell why a clerk could not do something."""
    if not isinstance(error, ClerkError):
        raise error
    told = {"code": error.code, "message": error.message}
    return fastapi.responses.JSONResponse(told, status_code=error.status)


def _kopecks(amount: decimal.Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)
