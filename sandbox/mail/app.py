"""The viewer's door: letters as JSON and as a page, and the knobs of the server's faults."""

import contextlib
import pathlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import fastapi
import fastapi.exceptions
import fastapi.responses
import fastapi.staticfiles
import pydantic

from sandbox.mail.reading import ReadLetter, read_letter, shown_html
from sandbox.mail.room import LETTERS_MAX, Fault, FaultMode, Letter, MailRoom

STATIC = pathlib.Path(__file__).parent / "static"
Answer = dict[str, object]
Lifespan = Callable[[fastapi.FastAPI], AbstractAsyncContextManager[None]]
# A letter runs no script and fetches nothing, wherever its page is opened.
_CAGE = {
    "Content-Security-Policy": (
        "sandbox allow-popups allow-popups-to-escape-sandbox;"
        " default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    ),
    "X-Content-Type-Options": "nosniff",
}


class FaultOrder(pydantic.BaseModel):
    """How the next letters go; without a count, all until told otherwise.

    `pattern` is for greylist and reject: a piece of the address. `delay_s` is for slow.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    mode: FaultMode
    count: int | None = pydantic.Field(default=None, ge=1, le=10_000)
    pattern: str = pydantic.Field(default="", max_length=200)
    delay_s: float = pydantic.Field(default=5.0, ge=0, le=120)


class Doors:
    """The endpoints, over one mail room."""

    def __init__(self, room: MailRoom, certificate: bytes) -> None:
        self._room = room
        self._certificate = certificate

    def list_messages(
        self, to: str = "", limit: Annotated[int, fastapi.Query(ge=1, le=LETTERS_MAX)] = 50
    ) -> list[Answer]:
        return [_view(letter, read_letter(letter)) for letter in self._room.list_letters(to, limit)]

    def forget_messages(self) -> Answer:
        return {"forgotten": self._room.forget()}

    def show_message(self, letter_id: str) -> Answer:
        letter = self._get(letter_id)
        found = read_letter(letter)
        return _view(letter, found) | {"html": found.html, "headers": found.headers}

    def show_html(self, letter_id: str) -> fastapi.responses.HTMLResponse:
        page = shown_html(read_letter(self._get(letter_id)))
        return fastapi.responses.HTMLResponse(page, headers=_CAGE)

    def show_source(self, letter_id: str) -> fastapi.Response:
        content = self._get(letter_id).content
        return fastapi.Response(content, media_type="text/plain; charset=utf-8", headers=_CAGE)

    def show_part(self, letter_id: str, number: int) -> fastapi.Response:
        parts = read_letter(self._get(letter_id)).parts
        if not 0 <= number < len(parts):
            raise fastapi.HTTPException(404, "no such part")
        headers = _CAGE | {"Content-Disposition": "attachment"}
        return fastapi.Response(parts[number].content, media_type=parts[number].media_type, headers=headers)

    def set_fault(self, order: FaultOrder) -> Answer:
        self._room.set_fault(Fault(order.mode, order.count, order.pattern, order.delay_s))
        return self.show_fault()

    def show_fault(self) -> Answer:
        fault = self._room.show_fault()
        return {"mode": fault.mode, "left": fault.left, "pattern": fault.pattern}

    def show_state(self) -> Answer:
        return {"sessions": self._room.count_sessions(), "returned": len(self._room.list_returned())}

    def show_certificate(self) -> fastapi.Response:
        return fastapi.Response(self._certificate, media_type="application/x-pem-file")

    def _get(self, letter_id: str) -> Letter:
        letter = self._room.find(letter_id)
        if letter is None:
            raise fastapi.HTTPException(404, "no such letter")
        return letter


def create_app(room: MailRoom, certificate: bytes, lifespan: Lifespan | None = None) -> fastapi.FastAPI:
    """Build the application; the lifespan brings the SMTP side."""
    app = fastapi.FastAPI(title="Mail sandbox", docs_url=None, redoc_url=None, lifespan=lifespan or _alone)
    doors = Doors(room, certificate)
    app.get("/messages")(doors.list_messages)
    app.delete("/messages")(doors.forget_messages)
    app.get("/messages/{letter_id}")(doors.show_message)
    app.get("/messages/{letter_id}/html", response_class=fastapi.responses.HTMLResponse)(doors.show_html)
    app.get("/messages/{letter_id}/source", response_class=fastapi.Response)(doors.show_source)
    app.get("/messages/{letter_id}/parts/{number}", response_class=fastapi.Response)(doors.show_part)
    app.post("/faults")(doors.set_fault)
    app.get("/faults")(doors.show_fault)
    app.get("/state")(doors.show_state)
    app.get("/certificate.pem", response_class=fastapi.Response)(doors.show_certificate)
    app.get("/", include_in_schema=False)(show_page)
    app.mount("/static", fastapi.staticfiles.StaticFiles(directory=STATIC), name="static")
    app.exception_handler(fastapi.exceptions.RequestValidationError)(answer_invalid)
    return app


def show_page() -> fastapi.responses.FileResponse:
    """Give the page of letters."""
    return fastapi.responses.FileResponse(STATIC / "page.html")


def answer_invalid(_: fastapi.Request, __: Exception) -> fastapi.responses.JSONResponse:
    """Refuse a malformed request: 400, and nothing of what was sent."""
    return fastapi.responses.JSONResponse({"detail": "malformed"}, status_code=400)


@contextlib.asynccontextmanager
async def _alone(_: fastapi.FastAPI) -> AsyncIterator[None]:
    yield


def _view(letter: Letter, found: ReadLetter) -> Answer:
    at = letter.taken_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    parts = [
        {
            "name": part.name,
            "media_type": part.media_type,
            "content_id": part.content_id,
            "size": len(part.content),
        }
        for part in found.parts
    ]
    return {
        "id": letter.letter_id,
        "to": letter.recipient,
        "from": found.headers.get("From", letter.sender),
        "subject": found.headers.get("Subject", ""),
        "text": found.text,
        "at": at,
        "message_id": found.headers.get("Message-ID", "").strip("<> "),
        "encrypted": letter.is_encrypted,
        "parts": parts,
    }
