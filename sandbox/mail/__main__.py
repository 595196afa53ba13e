"""`python -m sandbox.mail`: read the options, serve SMTP and the viewer on loopback."""

import argparse
import contextlib
from collections.abc import AsyncIterator

import fastapi
import uvicorn

from sandbox.mail.app import create_app
from sandbox.mail.certificate import make_certificate
from sandbox.mail.pop3 import open_box
from sandbox.mail.room import MailRoom
from sandbox.mail.smtp import listen


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.mail", description="A mail server that delivers nothing"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="of the viewer")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--smtps-port", type=int, help="TLS from the first byte; none by default")
    parser.add_argument("--login", default="", help="user:password asked of everybody; none by default")
    parser.add_argument("--pop3-port", type=int, help="of the box that failed letters come back to")
    options = parser.parse_args()
    user, _, password = options.login.partition(":")
    room = MailRoom()
    context, certificate = make_certificate()

    @contextlib.asynccontextmanager
    async def with_smtp(_: fastapi.FastAPI) -> AsyncIterator[None]:
        login = (user, password) if user else None
        ports = [(options.smtp_port, False)] + ([(options.smtps_port, True)] if options.smtps_port else [])
        servers = [
            await listen(room, options.host, port, login=login, context=context, is_tls=is_tls)
            for port, is_tls in ports
        ]
        if options.pop3_port:
            servers.append(await open_box(room, options.host, options.pop3_port, login=login))
        yield
        for server in servers:
            server.close()

    uvicorn.run(
        create_app(room, certificate, with_smtp),
        host=options.host,
        port=options.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
