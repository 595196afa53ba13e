"""`python -m sandbox.sms`: read the options and serve on loopback."""

import argparse

import uvicorn

from sandbox.sms.app import create_app
from sandbox.sms.gateway import Gateway
from sandbox.sms.wires import CuttableProtocol


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.sms", description="An SMS gateway that sends nothing"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", required=True)
    options = parser.parse_args()
    uvicorn.run(
        create_app(Gateway(), options.token),
        host=options.host,
        port=options.port,
        http=CuttableProtocol,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
