"""The application: doors, what surrounds them, and what lives as long as the process."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.staticfiles import StaticFiles

from api import (
    auth,
    consents,
    devices,
    enrolment,
    export,
    health,
    loyalty,
    me,
    metrics,
    notifications,
    pages,
    passwords,
    refreshing,
    second_step,
    staff_sso,
)
from api.admin import approvals as admin_approvals
from api.admin import audit as admin_audit
from api.admin import deliveries as admin_deliveries
from api.admin import destinations as admin_destinations
from api.admin import events as admin_events
from api.admin import mailings as admin_mailings
from api.admin import notices as admin_notices
from api.admin import patients as admin_patients
from api.admin import templates as admin_templates
from api.credentials import Credentials
from api.front_ends import FrontEnds, ServeFrontEnds, find_front_ends
from api.limiter import Limiter
from api.metrics import Metrics, RequestMetrics
from api.middleware import BodyLimit, Correlation, CrossOrigin, SecurityHeaders, TrustedProxies
from api.onec import balances, events
from api.openapi import TITLE, describe_api
from api.problems import UnknownErrorShield, install_problem_handlers
from api.version import VERSION
from hub.inbox.intake import Intake
from hub.kernel.logging import configure_logging
from hub.kernel.settings import settings
from hub.taskqueue.names import Queue, TaskName
from hub.taskqueue.nudge import nudge

DOORS = (
    auth.door,
    staff_sso.door,
    enrolment.door,
    refreshing.door,
    consents.texts_door,
    me.door,
    export.door,
    notifications.door,
    devices.door,
    passwords.door,
    second_step.door,
    second_step.own_door,
    passwords.own_door,
    consents.door,
    loyalty.door,
    events.door,
    balances.door,
    admin_patients.door,
    admin_events.door,
    admin_deliveries.door,
    admin_destinations.door,
    admin_templates.door,
    admin_mailings.door,
    admin_notices.door,
    admin_audit.door,
    admin_approvals.door,
    health.door,
    metrics.door,
    pages.door,
)
_THREADS = 14
_POOL_SIZE = _THREADS + 2
"""A connection for every thread of endpoints, one for the intake's writer, one for the credentials."""


class Api(FastAPI):
    """FastAPI with our description."""

    def openapi(self) -> dict[str, object]:
        """Describe the API, once."""
        if self.openapi_schema is None:
            self.openapi_schema = describe_api(self)
        return self.openapi_schema


def create_app(front_ends: FrontEnds | None = None) -> FastAPI:
    """Make the application. Settings are read when it starts; nothing is opened before."""
    front_ends = front_ends or find_front_ends()
    app = Api(
        title=TITLE,
        version=VERSION,
        lifespan=_live,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.metrics = Metrics()
    app.state.credentials = Credentials()
    app.state.limiter = Limiter(
        on_refused=app.state.metrics.count_refused, on_uncounted=app.state.metrics.count_uncounted
    )
    app.state.front_ends = front_ends
    install_problem_handlers(app)
    # The last one added is the outermost.
    app.add_middleware(ServeFrontEnds, front_ends=front_ends)
    app.add_middleware(BodyLimit)
    app.add_middleware(UnknownErrorShield)
    app.add_middleware(RequestMetrics, metrics=app.state.metrics)
    app.add_middleware(CrossOrigin)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Correlation)
    app.add_middleware(TrustedProxies)
    for door in DOORS:
        app.include_router(door.router)
    app.mount("/api/static", StaticFiles(directory=pages.STATIC), name="static")
    return app


@asynccontextmanager
async def _live(app: FastAPI) -> AsyncGenerator[None]:
    """Start the intake's writer and the credentials' thread; on the way out keep what is queued."""
    os.environ.setdefault("HUB_POOL_SIZE", str(_POOL_SIZE))
    configure_logging(level=settings().log_level, as_json=settings().log_json)
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    app.state.intake = Intake(queue_max=settings().intake_queue_max, on_kept=_nudge_core)
    app.state.intake.start()
    await run_in_threadpool(app.state.credentials.start)
    yield
    await app.state.limiter.stop()
    await run_in_threadpool(app.state.credentials.stop)
    await run_in_threadpool(app.state.intake.stop)


def _nudge_core(session: Session) -> None:
    nudge(session, TaskName.DRAIN_INBOX, Queue.CORE)
