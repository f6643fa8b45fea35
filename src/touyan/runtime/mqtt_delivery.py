"""Notifications over MQTT (clause 7.2): topic and account from the endpoint's address."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import msgspec

from touyan.core.errors import MissingPackageError
from touyan.fusion.ngsild.subscriptions import Endpoint

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_MOST_CLIENTS = 64
_log = logging.getLogger(__name__)

_Key = tuple[str, str, int, str, str, str]


class MqttSender:
    """Sends by publishing; one client for each broker and account."""

    def __init__(self) -> None:
        self._clients: dict[_Key, Any] = {}
        self._gate = asyncio.Lock()

    async def send(self, endpoint: Endpoint, headers: dict[str, str], body: bytes) -> None:
        """Publish one notification with its headers as metadata; raises OSError without a connection."""
        options = dict(endpoint.options)
        parts = urlsplit(endpoint.uri)
        quality = int(options.get("MQTT-QoS", "0") if options.get("MQTT-QoS", "0") in ("0", "1", "2") else "0")
        message = msgspec.json.encode({"metadata": headers, "body": msgspec.Raw(body)})
        async with asyncio.timeout(endpoint.timeout_s):
            client = await self._client(_key(endpoint.uri, options.get("MQTT-Version", "mqtt5.0")))
        client.publish(unquote(parts.path.lstrip("/")), message, qos=quality)

    async def _client(self, key: _Key) -> Any:
        async with self._gate:
            client = self._clients.get(key)
            if client is not None and client.is_connected:
                return client
            if len(self._clients) >= _MOST_CLIENTS:
                _, oldest = self._clients.popitem()
                await oldest.disconnect()
            self._clients[key] = client = await _connected(key)
            return client

    async def close(self) -> None:
        """Disconnect from all brokers."""
        for client in self._clients.values():
            try:
                await client.disconnect()
            except (OSError, RuntimeError) as error:
                _log.info("an MQTT connection ended badly: %s", error)


def _key(uri: str, version: str) -> _Key:
    parts = urlsplit(uri)
    port = parts.port or _PORTS[parts.scheme]
    return (
        parts.scheme,
        parts.hostname or "",
        port,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        version,
    )


async def _connected(key: _Key) -> Any:
    """A client that is connected; raises OSError."""
    try:
        from gmqtt import Client
        from gmqtt.mqtt.constants import MQTTv50, MQTTv311
        from gmqtt.mqtt.handler import MQTTConnectError
    except ImportError:
        raise OSError(MissingPackageError("gmqtt", "sources").message) from None
    scheme, host, port, user, password, version = key
    client = Client(f"touyan-{uuid4().hex[:12]}")
    if user:
        client.set_auth_credentials(user, password or None)
    try:
        await client.connect(host, port, ssl=scheme == "mqtts", version=MQTTv311 if version == "mqtt3.1.1" else MQTTv50)
    except (MQTTConnectError, ValueError) as error:
        raise OSError(f"the MQTT broker {host}:{port} refuses: {error}") from None
    return client
