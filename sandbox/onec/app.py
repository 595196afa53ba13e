"""The sandbox's own door: a page for people, and the same as JSON."""

import contextlib
import pathlib
from collections.abc import AsyncIterator
from typing import Annotated

import fastapi
import fastapi.responses
import fastapi.staticfiles
import pydantic

from sandbox.onec.base import Base
from sandbox.onec.catalog import CLINICS
from sandbox.onec.clerk import ClerkDoors
from sandbox.onec.exchange import Exchange
from sandbox.onec.knobs import PRESETS, SECTIONS, Knobs, describe
from sandbox.onec.orders import LoseOrder, NumbersOrder, TroubleOrder
from sandbox.onec.pushes import PUSHES_MAX
from sandbox.onec.refusals import ClerkError
from sandbox.onec.stream import Stream
from sandbox.onec.troubles import TROUBLES, make_trouble
from sandbox.onec.views import View, view_patient, view_push, view_told, view_visit

STATIC = pathlib.Path(__file__).parent / "static"
VISITS_SHOWN = 50
PATIENTS_SHOWN = 30
PAGE_MAX = 1_000

Limit = Annotated[int, fastapi.Query(ge=1, le=PAGE_MAX)]
After = Annotated[int, fastapi.Query(ge=0)]


class Doors:
    """The endpoints that show and steer, over one base."""

    def __init__(self, base: Base, exchange: Exchange, stream: Stream) -> None:
        self._base = base
        self._exchange = exchange
        self._stream = stream

    def mount(self, app: fastapi.FastAPI) -> None:
        """Put the endpoints where they belong."""
        app.get("/state")(self.show_state)
        app.get("/day")(self.show_day)
        app.get("/pushes")(self.list_pushes)
        app.get("/pushes/{push_id}/body")(self.show_push_body)
        app.get("/journal")(self.list_journal)
        app.get("/journal/expected")(self.list_expected)
        app.get("/knobs")(self.show_knobs)
        app.post("/knobs")(self.turn_knobs)
        app.post("/knobs/presets/{name}")(self.turn_preset)
        app.get("/troubles")(self.list_troubles)
        app.post("/troubles", status_code=202)(self.make_trouble)
        app.post("/exchange/lose", status_code=202)(self.lose)
        app.post("/exchange/resend", status_code=202)(self.resend_numbers)

    def show_state(self) -> View:
        return {
            "infobase": self._exchange.infobase,
            "hub": self._exchange.hub_url,
            "opened": self._stream.is_opened,
            "over": self._stream.is_over,
            "now": self._stream.now.isoformat(),
            "knobs": self._exchange.knobs.model_dump(),
            "pending": self._exchange.queue.count_pending(),
            "received_no": self._exchange.queue.received_no,
            "documents": self._exchange.journal.count(),
            "clinics": [{"ref": clinic.ref, "name": clinic.name, "tz": clinic.tz} for clinic in CLINICS],
            "patients": [view_patient(patient) for patient in self._base.cards.list_some(PATIENTS_SHOWN)],
            "visits": [view_visit(visit) for visit in self._base.list_visits(VISITS_SHOWN)],
        }

    def show_day(self) -> View:
        today = self._stream.practice.today
        return {"date": today.date.isoformat(), "visits": today.visits, "hours": today.hours()}

    def list_pushes(
        self, limit: Annotated[int, fastapi.Query(ge=1, le=PUSHES_MAX)] = VISITS_SHOWN
    ) -> list[View]:
        return [view_push(push) for push in self._exchange.queue.list_pushes(limit)]

    def show_push_body(self, push_id: int) -> fastapi.Response:
        push = self._exchange.queue.get_push(push_id)
        if push is None:
            raise ClerkError(404, "unknown-push", "Такой отправки нет или она уже забыта")
        charset = (
            "utf-16" if push.parcel.body[:2] in {b"\xff\xfe", b"\xfe\xff"} else _charset(push.parcel.body)
        )
        # Shown as text whatever it is: a browser must not run what a push holds.
        return fastapi.Response(
            push.parcel.body,
            headers={
                "Content-Type": f"text/plain; charset={charset}",
                "X-Content-Type-Options": "nosniff",
            },
        )

    def list_journal(self, after: After = 0, limit: Limit = 200) -> View:
        pushes = self._exchange.queue.list_after(after, limit)
        return {
            "items": [view_push(push) for push in pushes],
            "next_after": pushes[-1].id if len(pushes) == limit else None,
        }

    def list_expected(self, after: After = 0, limit: Limit = 500) -> View:
        journal = self._exchange.journal
        found = journal.list_documents(after, limit)
        items = [
            view_told(
                told,
                told.visit,
                is_in_base=self._base.has_visit(told.visit.ref),
                card=journal.find_card(told.visit.patient.ref),
            )
            for told in found
            if told.visit is not None
        ]
        return {"items": items, "next_after": found[-1].no if len(found) == limit else None}

    def show_knobs(self) -> View:
        return {
            "sections": SECTIONS,
            "knobs": describe(self._exchange.knobs),
            "presets": PRESETS,
        }

    def turn_knobs(self, turned: dict[str, pydantic.JsonValue]) -> View:
        try:
            self._exchange.knobs = Knobs.model_validate(self._exchange.knobs.model_dump() | turned)
        except pydantic.ValidationError as error:
            raise ClerkError(422, "knob-unknown", "Нет такой ручки или значения") from error
        self._exchange.queue.knob_turned()
        self._stream.knob_turned()
        return self._exchange.knobs.model_dump()

    def turn_preset(self, name: str) -> View:
        if name not in PRESETS:
            raise ClerkError(404, "preset-unknown", "Такого набора ручек нет")
        return self.turn_knobs({**PRESETS[name]})

    def list_troubles(self) -> dict[str, str]:
        return TROUBLES

    def make_trouble(self, order: TroubleOrder) -> View:
        if order.kind not in TROUBLES:
            raise ClerkError(422, "trouble-unknown", "Такой беды песочница не умеет")
        push = self._exchange.queue.put(make_trouble(order.kind, self._exchange.infobase))
        return {"push": view_push(push)}

    def lose(self, order: LoseOrder) -> View:
        self._exchange.lose_next(order.count)
        return {"lose_next": order.count}

    def resend_numbers(self, order: NumbersOrder) -> View:
        pushes = self._exchange.resend(order.first, order.last, order.node)
        return {"push_ids": [push.id for push in pushes]}


def create_app(base: Base, exchange: Exchange, stream: Stream) -> fastapi.FastAPI:
    """Build the application; its threads start and end with it."""

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[None]:
        exchange.queue.start()
        stream.start()
        yield
        exchange.queue.stop()

    app = fastapi.FastAPI(title="1C sandbox", lifespan=lifespan, docs_url=None, redoc_url=None)
    Doors(base, exchange, stream).mount(app)
    ClerkDoors(base, exchange).mount(app)
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


def _charset(body: bytes) -> str:
    try:
        body.decode()
    except UnicodeDecodeError:
        return "windows-1251"
    return "utf-8"
