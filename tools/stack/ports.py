"""Where the stack listens: the usual ports plus HUB_PORT_OFFSET, all checked before anything starts."""

import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tools.stack.errors import StackError

LOOPBACK = "127.0.0.1"
_PORT_MAX = 65_535
# A stack that was killed a moment ago may still be letting go of its ports.
_PATIENCE_S = 3.0


@dataclass(frozen=True)
class Ports:
    """One number per listener."""

    api: int
    postgres: int
    redis: int
    flower: int
    onec: int
    bitrix24: int
    sms: int
    mail: int
    smtp: int
    pop3: int


def read_ports(environ: Mapping[str, str]) -> Ports:
    """Work out the ports from HUB_PORT and HUB_PORT_OFFSET. Raises: StackError."""
    api = _read_number(environ, "HUB_PORT", 8000)
    offset = _read_number(environ, "HUB_PORT_OFFSET", 0)
    ports = Ports(
        api=api + offset,
        postgres=5433 + offset,
        redis=6380 + offset,
        flower=5555 + offset,
        onec=8101 + offset,
        bitrix24=8102 + offset,
        sms=8103 + offset,
        mail=8104 + offset,
        smtp=8125 + offset,
        pop3=8110 + offset,
    )
    for number in vars(ports).values():
        if not 0 < number <= _PORT_MAX:
            raise StackError(
                f"HUB_PORT, HUB_PORT_OFFSET: порта {number} не бывает.", f"There is no port {number}."
            )
    return ports


def require_free(ports: Ports, names: Iterable[str]) -> None:
    """Make sure that nobody listens on the named ports. Raises: StackError naming port and variable."""
    deadline = time.monotonic() + _PATIENCE_S
    for name in names:
        number = getattr(ports, name)
        while not is_free(number):
            if time.monotonic() > deadline:
                variable = "HUB_PORT / HUB_PORT_OFFSET" if name == "api" else "HUB_PORT_OFFSET"
                raise StackError(
                    f"Порт {number} ({name}) уже занят. Освободите его или задайте {variable}, "
                    "например: HUB_PORT_OFFSET=1000 make run",
                    f"Port {number} ({name}) is already taken: free it, or set {variable}.",
                )
            time.sleep(0.1)


def is_free(port: int) -> bool:
    """Say whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def pick_free() -> int:
    """Give a port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        number: int = probe.getsockname()[1]
    return number


def _read_number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip()
    try:
        return int(text) if text else default
    except ValueError as error:
        raise StackError(
            f"{name}: нужно целое число, а не {text!r}.", f"{name} must be a whole number."
        ) from error
