"""A tiny real HTTP server that stands where the hub would: it records what came and answers as told."""

import codecs
import collections
import hashlib
import http.server
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message


@dataclass(frozen=True)
class Received:
    """One POST as it came over the wire."""

    path: str
    headers: Message
    body: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    @property
    def is_xml(self) -> bool:
        return self.text.startswith("<")

    @property
    def text(self) -> str:
        """The body as a reader would decode it who knows all of 1C's habits."""
        if self.body[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return self.body.decode("utf-16")
        try:
            return self.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            return self.body.decode("cp1251")


class HubReceiver:
    """Answers 202, or the scripted answers first: a status with headers, or None to hang up."""

    def __init__(self) -> None:
        self.is_ready = True
        self.script: collections.deque[tuple[int, dict[str, str]] | None] = collections.deque()
        self._received: list[Received] = []
        self._changed = threading.Condition()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def record(self, received: Received) -> bool:
        with self._changed:
            is_duplicate = any(known.body == received.body for known in self._received)
            self._received.append(received)
            self._changed.notify_all()
            return is_duplicate

    def wait_for(
        self, count: int, wanted: Callable[[Received], bool] = lambda _: True, timeout_s: float = 15
    ) -> list[Received]:
        """Give the first `count` matching posts as soon as they are there; fail at the deadline."""
        with self._changed:
            done = self._changed.wait_for(lambda: len(self._matching(wanted)) >= count, timeout_s)
            assert done, f"{len(self._matching(wanted))} of {count} posts came in {timeout_s} s"
            return self._matching(wanted)[:count]

    def wait_for_visit(self, ref: str, count: int = 1) -> list[Received]:
        return self.wait_for(count, lambda received: ref in received.text)

    def list_received(self) -> list[Received]:
        with self._changed:
            return list(self._received)

    def _matching(self, wanted: Callable[[Received], bool]) -> list[Received]:
        return [received for received in self._received if wanted(received)]


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # a hundred copies connect at once

    def __init__(self, receiver: HubReceiver) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.receiver = receiver


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes; 40 ms apart otherwise
    server: _Server

    def do_GET(self) -> None:
        is_up = self.path == "/api/readyz" and self.server.receiver.is_ready
        self._answer(200 if is_up else 503, {}, {})

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_duplicate = receiver.record(Received(self.path, self.headers, body))
        scripted = receiver.script.popleft() if receiver.script else (202, {})
        if scripted is None:
            self.close_connection = True
            return
        status, headers = scripted
        answer = {
            "result": status < 300,
            "code": "accepted",
            "event_id": str(uuid.uuid4()),
            "receipt_id": str(uuid.uuid4()),
            "duplicate": is_duplicate,
            "received_no": 40,
        }
        self._answer(status, headers, answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
        pass

    def _answer(self, status: int, headers: dict[str, str], told: dict[str, object]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
