"""Runs Lambda functions as processes of Node: what LocalStack leaves to a plugin and does with Docker itself.

LocalStack makes one executor per execution environment, as many as there are invocations at once, keeps them for the
next invocations, and stops them in the end. An environment whose process died gets a new one with its next invocation.
"""

import fnmatch
import json
import os
import shutil
import tempfile
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from queue import Empty

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from millrace_emulator.runtime_api import Event, Outcome
from millrace_emulator.sandbox import NODE, Sandbox

FREEZE = os.environ.get("EMULATOR_FREEZE", "*").split(",")
"""Patterns of the names of the functions that sleep between invocations."""
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
MAX_ANSWER_BYTES = 6 * 1024 * 1024 + 100


@dataclass
class FunctionRecord:
    """What tests may ask about a function."""

    running: dict[int, str] = field(default_factory=dict)
    """Request ids by process id."""
    invocations: deque[dict] = field(default_factory=lambda: deque(maxlen=10_000))


RECORDS: defaultdict[str, FunctionRecord] = defaultdict(FunctionRecord)
"""By name of the function."""


class ProcessExecutor(RuntimeExecutor):
    """One execution environment."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id=id, function_version=function_version)
        self._name = function_version.id.function_name
        self._memory_mb = int(function_version.config.memory_size or 128)
        self._timeout_seconds = int(function_version.config.timeout or 3)
        self._environment: dict[str, str] = {}
        self._sandbox: Sandbox | None = None
        self._folder: str | None = None

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        runtime = function_version.config.runtime or ""
        if not runtime.startswith("nodejs"):
            raise NotImplementedError(f"Functions of Node only, not {runtime!r}")
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """LocalStack itself removes the code."""

    @classmethod
    def validate_environment(cls) -> bool:
        return shutil.which(NODE) is not None

    def start(self, env_vars: dict[str, str]) -> None:
        self._folder = tempfile.mkdtemp(prefix="function-")
        passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        own = {
            "TZ": ":UTC",
            "TMPDIR": self._folder,
            "LAMBDA_TASK_ROOT": self._task_root,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.function_version.config.runtime}",
        }
        given = {name: str(value) for name, value in env_vars.items() if "XRAY" not in name}
        self._environment = passed_on | given | own
        self._begin_sandbox()

    def stop(self) -> None:
        if self._sandbox is not None:
            self._sandbox.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        if not self._sandbox.alive:
            self._sandbox.close()
            self._begin_sandbox()
        request_id = payload["invoke-id"]
        record = RECORDS[self._name]
        record.running[self._sandbox.pid] = request_id
        began = time.monotonic()
        try:
            outcome = self._outcome_of(payload, deadline=began + self._timeout_seconds)
        finally:
            del record.running[self._sandbox.pid]
        milliseconds = (time.monotonic() - began) * 1000
        is_error = outcome.kind != "response"
        error_type = json.loads(outcome.body).get("errorType") if is_error else None
        record.invocations.append(
            {
                "requestId": request_id,
                "error": error_type,
                "milliseconds": milliseconds,
                "peakBytes": self._sandbox.peak_bytes,
                "pid": self._sandbox.pid,
            }
        )
        lines = self._log_lines(request_id, outcome, milliseconds)
        return InvocationResult(request_id, outcome.body, is_error=is_error, logs=lines)

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return ""  # of LocalStack's own runtime, which is not used

    def get_logs(self) -> str:
        return self._sandbox.take_log() if self._sandbox else ""

    @property
    def _task_root(self) -> str:
        return str(self.function_version.config.code.get_unzipped_code_location())

    def _begin_sandbox(self) -> None:
        """Starts a process and waits until it asks for its first event. LocalStack limits the time by calling `stop`."""
        freeze = any(fnmatch.fnmatchcase(self._name, pattern) for pattern in FREEZE)
        sandbox = self._sandbox = Sandbox(self._task_root, self._environment, self._memory_mb, freeze)
        outcome = sandbox.api.outcomes.get()
        if outcome.kind == "ready":
            return
        body = error_document(*sandbox.exit_error()) if outcome.kind == "exit" else outcome.body
        sandbox.close()
        raise StatusErrorException("Environment startup failed", payload=body)

    def _outcome_of(self, payload: dict[str, str], deadline: float) -> Outcome:
        """Hands an event over and waits for what becomes of it; a process that is late or dead is closed."""
        request_id = payload["invoke-id"]
        event = Event(
            request_id=request_id,
            function_arn=payload["invoked-function-arn"],
            trace_id=payload["trace-id"],
            deadline_ms=int((time.time() + self._timeout_seconds) * 1000),
            payload=payload["payload"].encode(),
        )
        self._sandbox.send(event)
        while True:
            try:
                outcome = self._sandbox.api.outcomes.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                self._sandbox.close()
                message = f"RequestId: {request_id} Error: Task timed out after {self._timeout_seconds}.00 seconds"
                return Outcome("exit", request_id, error_document("Sandbox.Timedout", message))
            if outcome.kind == "exit":
                kind, message = self._sandbox.exit_error()
                return Outcome("exit", request_id, error_document(kind, f"RequestId: {request_id} {message}"))
            if outcome.request_id != request_id:
                continue
            if len(outcome.body) > MAX_ANSWER_BYTES:
                message = f"Response payload size exceeded maximum allowed payload size ({MAX_ANSWER_BYTES} bytes)."
                return Outcome("error", request_id, error_document("Function.ResponseSizeTooLarge", message))
            return outcome

    def _log_lines(self, request_id: str, outcome: Outcome, milliseconds: float) -> str:
        """What AWS writes to the function's log: its own lines around what the function has printed."""
        peak_mb = self._sandbox.peak_bytes // (1024 * 1024)
        lines = [
            f"START RequestId: {request_id} Version: {self.function_version.id.qualifier}",
            self._sandbox.take_log().removesuffix("\n"),
            json.loads(outcome.body)["errorMessage"] if outcome.kind == "exit" else "",
            f"END RequestId: {request_id}",
            f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Billed Duration: {int(milliseconds) + 1} ms\tMemory Size: {self._memory_mb} MB\t"
            f"Max Memory Used: {peak_mb} MB",
        ]
        return "\n".join(line for line in lines if line) + "\n"


def error_document(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()
