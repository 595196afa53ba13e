"""`python -m sandbox.onec`: read the options and serve on loopback."""

import argparse
import datetime as dt
import logging

import uvicorn

from sandbox.onec.app import create_app
from sandbox.onec.base import Base
from sandbox.onec.exchange import Exchange
from sandbox.onec.knobs import Knobs
from sandbox.onec.stream import Stream

STARTS_DAYS_AGO = 7


def main() -> None:
    """Serve until stopped."""
    options = _read_options()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    base = Base(options.seed)
    exchange = Exchange(
        hub_url=options.hub,
        infobase=options.infobase,
        secret=options.secret,
        knobs=Knobs.model_validate({"stream": options.stream, **dict(options.knob)}),
    )
    stream = Stream(
        base, exchange, starts_on=options.start, history_visits=options.history, hours=options.hours
    )
    uvicorn.run(
        create_app(base, exchange, stream),
        host=options.host,
        port=options.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.onec", description="A small 1C:УМЦ base in memory"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--hub", required=True, help="where the hub listens, as http://127.0.0.1:8000")
    parser.add_argument("--infobase", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--stream", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--history", type=int, default=40, help="visits told of the thirty days before")
    parser.add_argument(
        "--start",
        type=dt.date.fromisoformat,
        default=dt.datetime.now(dt.UTC).date() - dt.timedelta(days=STARTS_DAYS_AGO),
        help="first day of the stream, as 2026-05-01; a week ago by default",
    )
    parser.add_argument("--hours", type=float, default=0, help="how long the stream lives; 0: for ever")
    parser.add_argument(
        "--knob",
        type=_read_knob,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a knob turned from the beginning; may be repeated",
    )
    return parser.parse_args()


def _read_knob(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


if __name__ == "__main__":
    main()
