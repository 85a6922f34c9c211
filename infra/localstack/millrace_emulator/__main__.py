"""Starts LocalStack in this process: `python -m millrace_emulator`, configured by the environment (see emulator.ts).

LocalStack's own `localstack start` wants Docker and listens on every interface; this does neither. It also ends when
the program that started it does, however that came about: its standard input closes then.
"""

import os
import shutil
import signal
import sys
import threading


def stop_with_parent() -> None:
    """Waits for the end of the standard input, then removes the data and ends the process group: this and all functions."""
    while os.read(0, 4096):
        pass
    shutil.rmtree(os.environ["FILESYSTEM_ROOT"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def accept_lock_annotations() -> None:
    """LocalStack annotates `Lock | None`, but `threading.Lock` is a class only since Python 3.13."""
    if sys.version_info >= (3, 13):
        return
    lock = threading.Lock

    class LockClass:
        def __new__(cls):
            return lock()

    threading.Lock = LockClass
    try:
        import localstack.packages.api  # noqa: F401
    finally:
        threading.Lock = lock


def listen_on_loopback_only() -> None:
    """LocalStack's server ignores the host of GATEWAY_LISTEN: anybody in the network could run code here."""
    from twisted.internet import endpoints

    server_endpoint = endpoints.TCP4ServerEndpoint
    endpoints.TCP4ServerEndpoint = lambda reactor, port: server_endpoint(reactor, port, interface="127.0.0.1")


def run_functions_as_processes() -> None:
    """Gives LocalStack our executor; before anything else of it is imported, as others take this function by its name."""
    from localstack.services.lambda_.invocation import runtime_executor

    def process_executor():
        from millrace_emulator.executor import ProcessExecutor

        return ProcessExecutor

    runtime_executor.get_runtime_executor = process_executor


def use_prepared_catalog() -> None:
    """The index of all services and their operations takes five seconds to make: it is made when Python is installed."""
    from localstack import config

    config.dirs.static_libs = sys.prefix


def main() -> None:
    threading.Thread(target=stop_with_parent, daemon=True).start()
    accept_lock_annotations()
    listen_on_loopback_only()

    run_functions_as_processes()
    use_prepared_catalog()

    from millrace_emulator.corrections import correct
    from millrace_emulator.test_resources import serve_test_resources

    correct()
    serve_test_resources()

    from localstack.runtime.main import main as run_localstack

    run_localstack()


main()
