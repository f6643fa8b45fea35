"""Servers to be measured, each in a process of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from touyan.core.errors import NotFoundError

_PATIENCE_S = 60.0

# As little as a Python server can do: a body is read, a few bytes are answered.
_EMPTY = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
async def empty(request):
    await request.body()
    return Response(b"{}", media_type="application/json")
app = Starlette(routes=[Route("/{path:path}", empty, methods=["GET", "POST", "PATCH"])])
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
"""
_BROKER = "from touyan.cli.main import main; main()"


@contextmanager
def empty_server() -> Iterator[int]:
    """The ceiling: Starlette that does nothing; gives its port."""
    with _python_server(lambda port: ["-c", _EMPTY, str(port)]) as port:
        yield port


@contextmanager
def broker_server(data: Path) -> Iterator[int]:
    """Our broker with its log in a folder; gives its port."""
    with _python_server(lambda port: ["-c", _BROKER, "broker", "--data", str(data), "--port", str(port)]) as port:
        yield port


@contextmanager
def _python_server(arguments: object) -> Iterator[int]:
    port = _free_port()
    assert callable(arguments)
    process = subprocess.Popen(
        [sys.executable, *arguments(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ}
    )
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def postgres(folder: Path) -> Iterator[Sequence[str]]:
    """A PostgreSQL with default settings, log synced; gives the psql command; raises NotFoundError without one."""
    if shutil.which("initdb") is None or shutil.which("psql") is None:
        raise NotFoundError("program", "initdb", ())
    as_other = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    data, port = folder / "postgres", _free_port()
    data.mkdir()
    if as_other:
        for path in (folder, data):
            path.chmod(0o755)
        shutil.chown(data, "postgres")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run([*as_other, "initdb", "-D", str(data), "-A", "trust", "-U", "postgres"], check=True, **quiet)  # type: ignore[call-overload]
    options = f"-p {port} -c unix_socket_directories='' -c listen_addresses=127.0.0.1"
    subprocess.run([*as_other, "pg_ctl", "-D", str(data), "-w", "-o", options, "start"], check=True, **quiet)  # type: ignore[call-overload]
    try:
        yield ["psql", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-v", "ON_ERROR_STOP=1"]
    finally:
        stop = [*as_other, "pg_ctl", "-D", str(data), "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, **quiet)  # type: ignore[call-overload]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until it listens; raises RuntimeError when it ended or took too long."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError(f"the server on port {port} did not start")
