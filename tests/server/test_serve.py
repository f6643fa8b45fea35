"""The server as a process: ports, start, signals."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from touyan.core.errors import PortInUseError
from touyan.server.serve import bind

from .fake_city import FakeCity
from .running import running_server

REPOSITORY = Path(__file__).parents[2]

PROGRAMME = """
import threading
from tests.server.fake_city import FakeCity
from touyan.server.app import create_app
from touyan.server.serve import bind, serve

with bind("127.0.0.1", 0) as probe:
    port = probe.getsockname()[1]
city = FakeCity()
city.beat()
try:
    serve(create_app(city), "127.0.0.1", port, lambda: print(port, flush=True))
except KeyboardInterrupt:
    print("stopped in order", flush=True)
"""


def test_a_port_in_use_names_the_next_free_one() -> None:
    """Starting twice is the commonest mistake; the hint must be the remedy."""
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError) as caught:
            bind("127.0.0.1", port)
    assert caught.value.free > 0
    assert caught.value.free != port
    assert f"add --port {caught.value.free}" in caught.value.hint


def test_the_server_answers_where_it_said() -> None:
    """`ready` means ready: the first request must not be refused."""
    with running_server(FakeCity()) as url:
        assert httpx.get(f"{url}/health").json()["state"] == "starting"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_though_a_tab_is_open(number: signal.Signals) -> None:
    """Ctrl+C must not hang on an open browser tab: five seconds at the most."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAMME],
        cwd=REPOSITORY,
        env={"PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    tab = socket.create_connection(("127.0.0.1", port))
    tab.sendall(
        b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert tab.recv(12) == b"HTTP/1.1 101"
    process.send_signal(number)
    said, _ = process.communicate(timeout=5)
    tab.close()
    if number is signal.SIGINT:
        assert said == "stopped in order\n"
        assert process.returncode == 0
    else:
        assert process.returncode == -signal.SIGTERM


def test_small_answers_are_not_held_back() -> None:
    """Without it every answer in two parts would wait 40 ms for the client's acknowledgement."""
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
