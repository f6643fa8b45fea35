"""Notifications on their way: one queue for each subscriber, so that a slow one delays no other.

A subscriber that fails rests for a while, longer after each failure, and is tried again with the newest of what
waits; what does not fit into its bounded queue is counted as failed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
import msgspec

from touyan.fusion.ngsild import moments
from touyan.fusion.ngsild.broker import Broker, Tenant
from touyan.fusion.ngsild.notices import Notice, body_of, notices_of, periodic_notice
from touyan.fusion.ngsild.subscriptions import Endpoint, Subscription
from touyan.fusion.ngsild.terms import CORE_CONTEXT
from touyan.fusion.ngsild.transaction import Transaction

from .mqtt_delivery import MqttSender

_MOST_WAITING = 1_000
_FIRST_REST_S, _LONGEST_REST_S = 1.0, 60.0
_MOST_CONNECTIONS = 256
_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


class Sender(Protocol):
    """A way to send one notification; raises OSError or TimeoutError when it does not arrive."""

    async def send(self, endpoint: Endpoint, headers: dict[str, str], body: bytes) -> None:
        """Send and wait for the answer."""
        ...


class HttpSender:
    """Sends by HTTP POST over connections that stay open."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def send(self, endpoint: Endpoint, headers: dict[str, str], body: bytes) -> None:
        """Send and wait for a status below 300."""
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_MOST_CONNECTIONS))
        timeout = aiohttp.ClientTimeout(total=endpoint.timeout_s)
        try:
            posting = self._session.post(
                endpoint.uri, data=body, headers=headers, timeout=timeout, allow_redirects=False
            )
            async with posting as response:
                await response.read()
                if response.status >= 300:
                    raise OSError(f"the subscriber answered {response.status}")
        except (aiohttp.ClientError, ValueError) as error:
            raise OSError(str(error)) from None

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()


@dataclass
class _Line:
    """What waits for one subscriber, and how it stands with it."""

    tenant: str
    waiting: deque[Notice] = field(default_factory=deque)
    failures: int = 0
    task: asyncio.Task[None] | None = None
    last_s: float = -1e9


class Delivery:
    """Sends what subscribers are to be told; lives on the event loop."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._lines: dict[tuple[str, str], _Line] = {}
        self._timers: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._http, self._mqtt = HttpSender(), MqttSender()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._broker.listen(self._happened)
        for tenant in self._broker.tenants():
            for subscription in tenant.subscriptions:
                self._keep_time(tenant, subscription.id)

    async def stop(self) -> None:
        """Let go of everything; what waits is lost, as nobody was promised it."""
        tasks = [line.task for line in self._lines.values() if line.task] + list(self._timers.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._http.close()
        await self._mqtt.close()

    def waiting(self) -> int:
        """How many notifications are still to be sent."""
        return sum(len(line.waiting) for line in self._lines.values())

    # ------------------------------------------------------------ from events to lines

    def _happened(self, tenant: Tenant, transaction: Transaction) -> None:
        for identifier in transaction.subscriptions:
            self._keep_time(tenant, identifier)
        if not transaction.events or not len(tenant.subscriptions):
            return
        now = moments.now()
        for notice in notices_of(transaction.events, tenant.subscriptions, tenant.entities.population.get, now):
            self._line_up(tenant.name, notice)

    def _line_up(self, tenant: str, notice: Notice) -> None:
        assert self._loop is not None
        subscription = notice.subscription
        line = self._lines.setdefault((tenant, subscription.id), _Line(tenant))
        if subscription.throttling_s and self._loop.time() - line.last_s < subscription.throttling_s:
            return
        line.last_s = self._loop.time()
        if len(line.waiting) >= _MOST_WAITING:
            line.waiting.popleft()
            subscription.record.times_sent += 1
            subscription.record.times_failed += 1
        line.waiting.append(notice)
        if line.task is None or line.task.done():
            line.task = self._loop.create_task(self._serve(line))

    async def _serve(self, line: _Line) -> None:
        """Send what waits, one after another, in order."""
        while line.waiting:
            notice = line.waiting.popleft()
            if await self._sent(notice):
                line.failures = 0
                continue
            line.failures += 1
            rest = max(notice.subscription.endpoint.cooldown_s, _FIRST_REST_S * 2 ** min(line.failures - 1, 10))
            if line.failures > 1:
                await asyncio.sleep(min(rest, _LONGEST_REST_S))

    async def _sent(self, notice: Notice) -> bool:
        subscription, now = notice.subscription, moments.now()
        record = subscription.record
        record.times_sent += 1
        record.last_notification = now
        try:
            await self._send(subscription, _encode(body_of(notice, now)))
        except (OSError, TimeoutError) as error:
            record.times_failed += 1
            record.last_failure = moments.now()
            _log.info("a notification of %s was not delivered: %s", subscription.id, error)
            return False
        record.last_success = moments.now()
        return True

    async def _send(self, subscription: Subscription, body: bytes) -> None:
        endpoint = subscription.endpoint
        sender: Sender = self._mqtt if urlsplit(endpoint.uri).scheme.startswith("mqtt") else self._http
        headers = {"Content-Type": endpoint.accept, **dict(endpoint.headers)}
        if endpoint.accept == "application/json":
            headers.setdefault("Link", _link(subscription))
        await sender.send(endpoint, headers, body)

    # ------------------------------------------------------------ intervals

    def _keep_time(self, tenant: Tenant, identifier: str) -> None:
        """Have a timer for a subscription with an interval; nothing waits for one that is gone."""
        assert self._loop is not None
        key = (tenant.name, identifier)
        timer, subscription = self._timers.pop(key, None), tenant.subscriptions.get(identifier)
        if timer is not None:
            timer.cancel()
        if subscription is None:
            line = self._lines.pop(key, None)
            if line is not None and line.task is not None:
                line.task.cancel()
        elif subscription.interval_s:
            self._timers[key] = self._loop.create_task(self._tick(tenant, subscription))

    async def _tick(self, tenant: Tenant, subscription: Subscription) -> None:
        while True:
            await asyncio.sleep(subscription.interval_s)
            if subscription.status(moments.now()) == "active":
                notice = periodic_notice(subscription, tenant.entities.population)
                if notice.data:
                    self._line_up(tenant.name, notice)


def _link(subscription: Subscription) -> str:
    url = subscription.context_url or CORE_CONTEXT
    return f'<{url}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
