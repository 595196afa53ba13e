"""Yardsticks of the intake, each served by uvicorn exactly as our door is.

`create_one_insert`: what most would write first: a row and a commit per request, nothing checked or parsed.
`create_naive_inbox`: our checks, our parsing, our columns; INSERT … ON CONFLICT and a commit per request.
`create_without_database`: our whole door; what it would keep is thrown away at once.
"""

import os
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Annotated, cast

import anyio.to_thread
from fastapi import Depends, FastAPI, Request
from psycopg import Connection
from starlette.concurrency import run_in_threadpool

from api.app import create_app
from api.callers import identify
from api.credentials import Credentials
from hub.db.engine import engine
from hub.flows.onec_intake import read_arrivals
from hub.inbox.store import Arrival, Receipt, body_context
from hub.kernel.ids import new_id
from hub.kernel.settings import vault

PATH = "/events"
_THREADS = 14
_ONE_INSERT = "INSERT INTO bench_event (body) VALUES (%s)"
_NAIVE_INSERT = """
WITH kept AS (
  INSERT INTO bench_inbox_event (public_id, source, sender, topic, queue, dedup_key, event_id, object_ref,
                                 ordering_key, message_no, state, correlation_id)
  VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'ready', %s)
  ON CONFLICT (source, dedup_key) DO NOTHING RETURNING id)
INSERT INTO bench_inbox_body (event_id, format, sha256, sealed) SELECT id, %s, %s, %s FROM kept
"""
TABLES = (
    """CREATE TABLE bench_event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                                 received_at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL)""",
    "CREATE TABLE bench_inbox_event (LIKE inbox_event INCLUDING ALL)",
    "CREATE TABLE bench_inbox_body (LIKE inbox_body INCLUDING ALL)",
    "GRANT INSERT, SELECT ON bench_event, bench_inbox_event, bench_inbox_body TO hub_app",
)


async def _read_body(request: Request) -> bytes:
    return await request.body()


BodyHere = Annotated[bytes, Depends(_read_body)]


def create_one_insert() -> FastAPI:
    """Make the plainest door."""
    app = FastAPI(lifespan=_live)

    @app.post(PATH, status_code=202)
    def keep(body: BodyHere) -> dict[str, str]:
        _execute(_ONE_INSERT, (body,))
        return {"result": "accepted"}

    return app


def create_naive_inbox() -> FastAPI:
    """Make an inbox without a group commit."""
    app = FastAPI(lifespan=_live)
    app.state.credentials = Credentials()

    @app.post(PATH, status_code=202)
    def keep(request: Request, body: BodyHere) -> dict[str, str]:
        caller = identify(request.headers.get("authorization", ""), app.state.credentials)
        reading = read_arrivals(
            body,
            request.headers.get("content-type"),
            infobase=caller.infobase,
            correlation_id=str(new_id()),
        )
        [arrival] = reading.arrivals
        public_id = new_id()
        sealed = vault().seal(arrival.content, context=body_context(public_id))
        event = (
            *(public_id, arrival.source, arrival.sender, arrival.topic, arrival.queue, arrival.dedup_key),
            *(arrival.event_id, arrival.object_ref, arrival.ordering_key, arrival.message_no),
            arrival.correlation_id,
        )
        _execute(_NAIVE_INSERT, (*event, arrival.format, arrival.sha256, sealed))
        return {"result": "accepted", "event_id": arrival.event_id, "receipt_id": str(public_id)}

    return app


def create_without_database() -> FastAPI:
    """Make our door with an intake that keeps nothing."""
    app = create_app()
    starting = app.router.lifespan_context

    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncGenerator[None]:
        async with starting(app):
            writer, app.state.intake = app.state.intake, _Forgetful()
            yield
            app.state.intake = writer

    app.router.lifespan_context = live
    return app


class _Forgetful:
    """Stands where the intake stands; gives receipts for nothing."""

    def submit(self, arrivals: Sequence[Arrival]) -> Future[list[Receipt]]:
        """Answer at once."""
        future: Future[list[Receipt]] = Future()
        future.set_result(
            [Receipt(new_id(), arrival.event_id, is_duplicate=False, received_no=0) for arrival in arrivals]
        )
        return future

    def is_alive(self) -> bool:
        """Say yes to the health page."""
        return True


@asynccontextmanager
async def _live(app: FastAPI) -> AsyncGenerator[None]:
    os.environ["HUB_POOL_SIZE"] = str(_THREADS + 1)
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    credentials: Credentials | None = getattr(app.state, "credentials", None)
    if credentials is not None:
        await run_in_threadpool(credentials.start)
    yield
    if credentials is not None:
        await run_in_threadpool(credentials.stop)


def _execute(statement: str, values: tuple[object, ...]) -> None:
    """Run one statement and commit it, on a pooled psycopg connection."""
    pooled = engine().raw_connection()
    try:
        connection = cast("Connection", pooled.driver_connection)
        connection.execute(statement.encode(), values)
        connection.commit()
    finally:
        pooled.close()
