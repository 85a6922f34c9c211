"""One process of Node with what surrounds it on AWS: a memory limit, a log, and sleep between invocations.

The log is a file, not a pipe: Node writes to a file at once, so what an invocation has printed is there when its answer
is, and what a killed process has printed is not lost.
"""

import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psutil

from millrace_emulator.runtime_api import Event, Outcome, RuntimeApi

BOOTSTRAP = Path(__file__).with_name("bootstrap.mjs")
NODE = os.environ.get("EMULATOR_NODE", "node")
WATCH_SECONDS = 0.02
WATCH_ASLEEP_SECONDS = 0.1
"""Asleep it takes no more memory, so that only its end can be missed; and there are dozens of them."""


class Sandbox:
    """Owns the process, its Runtime API and its log. Dead after `close`, or when the process has ended."""

    def __init__(self, task_root: str, environment: dict[str, str], memory_mb: int, freeze: bool):
        self.out_of_memory = False
        self.peak_bytes = 0
        self.api = RuntimeApi(self._freeze_if_idle)
        self._memory_bytes = memory_mb * 1024 * 1024
        self._freeze = freeze
        self._lock = threading.Lock()  # over freezing and thawing
        self._awake = threading.Event()
        self._awake.set()
        self._log = tempfile.TemporaryFile()
        self._log_taken = 0  # bytes
        self._process = subprocess.Popen(
            [NODE, *heap_flags(memory_mb, environment.get("NODE_OPTIONS", "")), str(BOOTSTRAP)],
            cwd=task_root,
            env=environment | {"AWS_LAMBDA_RUNTIME_API": self.api.address},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, event: Event) -> None:
        """Thaws the process and gives it an event."""
        with self._lock:
            self.api.events.put(event)
            self._process.send_signal(signal.SIGCONT)
            self._awake.set()

    def close(self) -> None:
        """Kills the process. May be called again."""
        self._process.kill()
        self._process.wait()
        self.api.close()

    def take_log(self) -> str:
        """What was printed since the last call."""
        end = os.fstat(self._log.fileno()).st_size
        text = os.pread(self._log.fileno(), end - self._log_taken, self._log_taken)
        self._log_taken += len(text)
        return text.decode("utf-8", "replace")

    def exit_error(self) -> tuple[str, str]:
        """Type and message of the error by which AWS reports the end of this process."""
        status = self._process.wait()
        if status < 0:
            reason = f"signal: {signal.strsignal(-status).lower()}"
        elif status > 0:
            reason = f"exit status {status}"
        else:
            return "Runtime.ExitError", "Error: Runtime exited without providing a reason"
        kind = "Runtime.OutOfMemory" if self.out_of_memory else "Runtime.ExitError"
        return kind, f"Error: Runtime exited with error: {reason}"

    def _freeze_if_idle(self) -> None:
        with self._lock:
            if self._freeze and self.api.events.empty():
                self._process.send_signal(signal.SIGSTOP)
                self._awake.clear()

    def _watch(self) -> None:
        """Kills the process once it has held more memory than it may, and tells of its end."""
        while self.alive:
            self.peak_bytes = max(self.peak_bytes, resident_peak_bytes(self.pid))
            if self.peak_bytes > self._memory_bytes:
                self.out_of_memory = True
                self._process.kill()
            if self._awake.is_set():
                time.sleep(WATCH_SECONDS)
            else:
                self._awake.wait(WATCH_ASLEEP_SECONDS)
        self.api.outcomes.put(Outcome("exit"))


def heap_flags(memory_mb: int, node_options: str) -> list[str]:
    """V8's limits as AWS sets them, a tenth of the memory for the young generation: but for those set by the function."""
    young = memory_mb // 10
    limits = {"old-space": memory_mb - young, "semi-space": max(1, young // 2)}
    given = set(re.findall(r"--max-(old-space|semi-space)-size", node_options.replace("_", "-")))
    return [f"--max-{space}-size={size}" for space, size in limits.items() if space not in given]


def resident_peak_bytes(pid: int) -> int:
    """The most memory that the process has ever held: the kernel's own high-water mark, which misses no short peak.

    Where the kernel keeps none, what it holds now.
    """
    status = Path(f"/proc/{pid}/status")
    try:
        if not status.exists():
            return psutil.Process(pid).memory_info().rss
        mark = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    except (OSError, psutil.Error):  # it has just ended
        return 0
    return int(mark[1]) * 1024 if mark else 0
