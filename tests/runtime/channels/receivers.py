"""Real receivers on this machine that can be away, slow, unwilling and back again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any, NamedTuple

PATIENCE_S = 30.0


class Post(NamedTuple):
    """What a webhook got."""

    headers: dict[str, str]
    body: bytes


class Webhook:
    """An HTTP server whose answers are listed beforehand: a status, or None for none at all until `let_go`."""

    def __init__(self, port: int = 0) -> None:
        self.posts: Queue[Post] = Queue()
        self.answers: Queue[int | None] = Queue()
        self.let_go = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            """Answers posts."""

            def do_POST(self) -> None:
                """Keep the post, answer as listed, 200 without a list."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.put(Post({name.lower(): value for name, value in self.headers.items()}, body))
                status = 200 if receiver.answers.empty() else receiver.answers.get()
                if status is None:
                    receiver.let_go.wait(PATIENCE_S)
                    return
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self.port}/hook"

    def got(self) -> Post:
        """The next post."""
        return self.posts.get(timeout=PATIENCE_S)

    def close(self) -> None:
        """Go away."""
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class MailBox:
    """Keeps every mail; refuses the recipients that it is told to."""

    def __init__(self) -> None:
        self.mails: Queue[EmailMessage] = Queue()
        self.refusals: Queue[str] = Queue()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Take a recipient, or answer as listed."""
        if not self.refusals.empty():
            return self.refusals.get()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep the mail."""
        self.mails.put(BytesParser(EmailMessage, policy=default).parsebytes(envelope.content))
        return "250 kept"


@contextmanager
def mail_server(box: MailBox, port: int) -> Iterator[None]:
    """A real SMTP server while the block runs."""
    from aiosmtpd.controller import Controller

    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield
    finally:
        server.stop()


class Subscriber:
    """Keeps what a broker publishes on a topic, on a thread of its own."""

    def __init__(self, port: int, topic: str) -> None:
        self.messages: Queue[tuple[str, bytes]] = Queue()
        self._ready, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen(port, topic)), daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)

    async def _listen(self, port: int, topic: str) -> None:
        from gmqtt import Client

        client: Any = Client("listener")

        async def keep(_: object, found: str, body: bytes, qos: int, properties: object) -> int:
            self.messages.put((found, bytes(body)))
            return 0

        client.on_message = keep
        client.on_subscribe = lambda *_: self._ready.set()
        await client.connect("127.0.0.1", port)
        client.subscribe(topic, qos=1)
        await asyncio.to_thread(self._end.wait)
        await client.disconnect()

    def close(self) -> None:
        """Leave."""
        self._end.set()
        self._thread.join()
