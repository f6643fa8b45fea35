"""MQTT: letters from a broker's topics, confirmed when they are stored."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any
from urllib.parse import urlsplit

from touyan.core.errors import MissingPackageError, SettingError
from touyan.core.settings import setting

from .arrivals import Letter
from .connector import ConnectionLostError, Connector, Take

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_STORED = 0
_NEVER = -2  # attempts of the client library itself, which counts from 0 and takes -1 for "no end"
_PATIENCE_S = 20.0


class MqttSource(Connector):
    """Messages of an MQTT 5 broker; with QoS 1 each is confirmed when it is stored."""

    name = "mqtt"
    topics: str = setting(help="Topic filters, separated by commas.")
    address: str = setting("mqtt://127.0.0.1:1883", help="Broker, as mqtt://HOST:PORT or mqtts://HOST:PORT.")
    client: str = setting("touyan", help="Client id; the broker keeps what came while the client was away.")
    qos: int = setting(1, at_least=0, at_most=1, help="0: at most once; 1: at least once.")
    user: str = setting("", help="User name at the broker; empty for none.")
    password_variable: str = setting("", help="Environment variable that holds the password.")
    remembered_s: int = setting(86_400, unit="SEC", at_least=0, help="How long the broker keeps what was not fetched.")

    async def letters(self, take: Take) -> None:
        """Receive until the broker is gone."""
        lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        client = self._client(take, lost)
        host, port, secure = self._place()
        try:
            await asyncio.wait_for(client.connect(host, port, ssl=secure, keepalive=30), _PATIENCE_S)
            client.subscribe(self._subscriptions())
            reason = await lost
        except (OSError, TimeoutError) as error:
            raise ConnectionLostError(f"{self.address}: {error}") from error
        finally:
            await _leave(client)
        raise ConnectionLostError(f"{self.address}: {reason}")

    def _client(self, take: Take, lost: asyncio.Future[str]) -> Any:
        try:
            from gmqtt import Client
        except ImportError:
            raise MissingPackageError("gmqtt", "sources") from None
        client = Client(
            self.client,
            clean_session=False,
            optimistic_acknowledgement=False,
            receive_maximum=min(self.buffer, 65_535),
            session_expiry_interval=self.remembered_s,
        )
        client.set_config({"reconnect_retries": _NEVER, "reconnect_delay": 0})
        if self.user:
            client.set_auth_credentials(self.user, os.environ.get(self.password_variable, ""))

        async def receive(_: object, topic: str, body: bytes, qos: int, properties: object) -> int:
            await take(Letter(bytes(body), time.time(), topic))
            return _STORED

        def gone(_: object, packet: object, error: object = None) -> None:
            if not lost.done():
                lost.set_result(str(error or "the broker closed the connection"))

        client.on_message, client.on_disconnect = receive, gone
        return client

    def _subscriptions(self) -> list[Any]:
        from gmqtt import Subscription

        return [Subscription(topic.strip(), qos=self.qos) for topic in self.topics.split(",") if topic.strip()]

    def _place(self) -> tuple[str, int, bool]:
        parts = urlsplit(self.address)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise SettingError(self.name, "address", self.address, "mqtt://HOST:PORT or mqtts://HOST:PORT")
        return parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme == "mqtts"


async def _leave(client: Any) -> None:
    """Leave the broker; it may be gone already."""
    try:
        await asyncio.wait_for(client.disconnect(), 2.0)
    except (OSError, TimeoutError, AttributeError):
        return
