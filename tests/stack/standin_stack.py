"""A stack of stand-ins for the supervisor's tests: `python -m tests.stack.standin_stack` in HUB_STATE_DIR."""

import os
import sys
from pathlib import Path

from tools.stack.children import Program
from tools.stack.console import Console
from tools.stack.programs import Desk
from tools.stack.run import Plan, run_stack

_ROOT = Path(__file__).resolve().parents[2]

_MIGRATE = """
import os, sys
sys.exit(3) if os.environ.get("STANDIN_MIGRATE_FAILS") else print("migrated")
"""
_API = """
import http.server, sys
class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *words): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Door).serve_forever()
"""
# Like a prefork worker: a parent with a child that would outlive it if nobody cared.
_WORKER = """
import os, pathlib, signal, sys
pathlib.Path(sys.argv[1]).open("a").write(f"{os.getpid()}\\n")
read_end, write_end = os.pipe()
if os.fork() == 0:
    os.close(write_end)
    os.read(read_end, 1)
    os._exit(0)
print("worker up", flush=True)
signal.pause()
"""


def stand_ins(desk: Desk) -> Plan:
    """Give one program that runs once, an HTTP door, and a worker that notes its pids in `worker.pids`."""

    def program(name: str, code: str, *words: str) -> Program:
        return Program(name, (sys.executable, "-c", code, *words), desk.hub_env, desk.root)

    return Plan(
        once=[program("migrate", _MIGRATE)],
        kept=[
            program("api", _API, str(desk.ports.api)),
            program("core", _WORKER, str(desk.state_dir / "worker.pids")),
        ],
        listeners=("api",),
        ready_path="/",
        welcome=["стенд готов"],
    )


if __name__ == "__main__":
    sys.exit(run_stack(os.environ, _ROOT, Console(sys.stdout), stand_ins))
