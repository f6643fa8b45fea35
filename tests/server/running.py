"""A real server on a free port, in a thread, for tests that need sockets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from touyan.runtime.view import BrainView
from touyan.server.app import create_app
from touyan.server.serve import bind, make_server

START_WITHIN_S = 20.0


@contextmanager
def running_server(view: BrainView, port: int = 0) -> Iterator[str]:
    """Serve a view while the block runs; gives the address."""
    ready = threading.Event()
    listener = bind("127.0.0.1", port)
    server = make_server(create_app(view), ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
    thread.start()
    try:
        assert ready.wait(START_WITHIN_S), "the server did not start"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
