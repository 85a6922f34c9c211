"""The HTTP interface from which a function's process takes its events:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

PREFIX = "/2018-06-01/runtime/"


@dataclass(frozen=True)
class Event:
    """One invocation, on its way to the process."""

    request_id: str
    function_arn: str
    trace_id: str
    deadline_ms: int
    payload: bytes


@dataclass(frozen=True)
class Outcome:
    """What became of the process: ready for its first event, an answer of either kind, or its end."""

    kind: Literal["ready", "init-error", "response", "error", "exit"]
    request_id: str | None = None
    body: bytes = b""


class RuntimeApi:
    """Serves one process on a loopback port of its own. `events` go in, `outcomes` come out."""

    def __init__(self, on_idle: Callable[[], None]):
        """`on_idle` is called each time the process asks for an event, before it is given one."""
        self.events: queue.Queue[Event | None] = queue.Queue()
        self.outcomes: queue.Queue[Outcome] = queue.Queue()
        self._on_idle = on_idle
        self._asked = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def next_event(self) -> Event | None:
        """Waits for an event; None when the environment is closed."""
        if not self._asked:
            self._asked = True
            self.outcomes.put(Outcome("ready"))
        self._on_idle()
        return self.events.get()

    def close(self) -> None:
        self.events.put(None)
        threading.Thread(target=lambda: (self._server.shutdown(), self._server.server_close()), daemon=True).start()


def _handler_of(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *args):
            pass

        def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None):
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            if self.path != PREFIX + "invocation/next":
                return self.answer(404)
            event = api.next_event()
            if event is None:
                self.close_connection = True
                return
            headers = {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": event.request_id,
                "Lambda-Runtime-Deadline-Ms": str(event.deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": event.function_arn,
                "Lambda-Runtime-Trace-Id": event.trace_id,
            }
            self.answer(200, event.payload, headers)

        def do_POST(self):
            match self.path.removeprefix(PREFIX).split("/"):
                case ["init", "error"]:
                    outcome = Outcome("init-error", None, self.body())
                case ["invocation", request_id, ("response" | "error") as kind]:
                    outcome = Outcome(kind, request_id, self.body())
                case _:
                    return self.answer(404)
            api.outcomes.put(outcome)
            self.answer(202)

        def body(self) -> bytes:
            return self.rfile.read(int(self.headers["Content-Length"]))

    return Handler
