"""`python -m sandbox.bitrix24`: read the options and serve on loopback."""

import argparse

import uvicorn

from sandbox.bitrix24.app import Doors, create_app
from sandbox.bitrix24.portal import App, Portal


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.bitrix24", description="A small Bitrix24 portal with its OAuth server"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--portal-host", help="the portal's name, default 127.0.0.1:PORT")
    parser.add_argument("--oauth-host", help="the OAuth server's name, default localhost:PORT")
    parser.add_argument("--handler", required=True, help="where the application takes codes")
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret", required=True)
    parser.add_argument("--member-id", required=True)
    parser.add_argument("--hook", required=True, help="USER/CODE of the incoming webhook")
    given = parser.parse_args()
    hosts = (given.portal_host or f"127.0.0.1:{given.port}", given.oauth_host or f"localhost:{given.port}")
    app = App(given.client_id, given.client_secret, given.handler)
    doors = Doors(Portal(), app, hosts=hosts, member_id=given.member_id, hook=given.hook)
    uvicorn.run(
        create_app(doors),
        host=given.host,
        port=given.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
