"""What AWS does not tell and tests want to know.

GET /_millrace/health → { pid } of the emulator
GET /_millrace/functions/<name> → { running: { <pid>: <request id> }, invocations: [{ requestId, error, … }] }
"""

import os

from localstack.http import Request, Response, route
from localstack.services.edge import ROUTER

from millrace_emulator.executor import RECORDS


@route("/_millrace/health", methods=["GET"])
def health(request: Request) -> Response:
    return Response.for_json({"pid": os.getpid()})


@route("/_millrace/functions/<name>", methods=["GET"])
def function_record(request: Request, name: str) -> Response:
    record = RECORDS[name]
    return Response.for_json({"running": dict(record.running), "invocations": list(record.invocations)})


def serve_test_resources() -> None:
    ROUTER.add(health)
    ROUTER.add(function_record)
