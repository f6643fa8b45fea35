"""The broker: its tenants, its contexts, and how both come back from the log."""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from touyan.core.errors import BrokerError

from ..store.history import History
from .changes import Change
from .contexts import CORE, Context, Documents, TermMap
from .discovery import Discovery
from .entities import Entities
from .hosted import HostedContexts
from .model import unpack
from .past import remember, rows_of
from .refusals import bad_data, not_found
from .subscriptions import Subscription, Subscriptions, as_stored, compiled
from .temporal import Temporal
from .transaction import CONTEXT, ENTITY, SUBSCRIPTION, Transaction, facts_of

MOST_TENANTS = 1_000
MOST_INSTANCES = 10_000
"""Instances of the past that one answer holds, where nothing else is set."""

_log = logging.getLogger(__name__)
_TENANT = re.compile(r"[A-Za-z0-9_\-.]{1,128}")
_decode = msgspec.msgpack.Decoder(tuple).decode
_encode = msgspec.msgpack.Encoder().encode


class Tenant:
    """Everything of one tenant, apart from that of all others."""

    def __init__(self, name: str, history: History, most_instances: int) -> None:
        self.name = name
        self.entities = Entities(name)
        self.discovery = Discovery(name, self.entities.population)
        self.subscriptions = Subscriptions(name, self.entities.population)
        self.temporal = Temporal(name, self.entities.population, history, most_instances)


class Broker:
    """All tenants in memory; what is written must be made durable and then be `settled`."""

    def __init__(
        self, history: History, documents: Documents | None = None, most_instances: int = MOST_INSTANCES
    ) -> None:
        self.documents = documents or Documents()
        self.contexts = HostedContexts(self.documents)
        self.history = history
        self._most_instances = most_instances
        self._tenants = {"": self._founded("")}
        self._pending: deque[Transaction] = deque()
        self._listeners: list[Callable[[Tenant, Transaction], None]] = []

    def tenant(self, name: str = "", *, create: bool = False) -> Tenant:
        """A tenant by name, "" is the usual one; raises BrokerError for an unknown one."""
        found = self._tenants.get(name)
        if found is not None:
            return found
        if not _TENANT.fullmatch(name):
            raise bad_data(f"NGSILD-Tenant: {name[:80]!r} cannot be the name of a tenant")
        if not create:
            raise not_found("tenant", name)
        if len(self._tenants) >= MOST_TENANTS:
            raise bad_data(f"NGSILD-Tenant: the broker has {MOST_TENANTS} tenants already")
        return self._tenants.setdefault(name, self._founded(name))

    def _founded(self, name: str) -> Tenant:
        return Tenant(name, self.history, self._most_instances)

    def tenants(self) -> list[Tenant]:
        """All tenants."""
        return list(self._tenants.values())

    def begun(self, transaction: Transaction) -> None:
        """A transaction is on its way to the log."""
        self._pending.append(transaction)

    def settled(self, transaction: Transaction, position: int) -> None:
        """The log has a transaction at a position: let everybody know what happened."""
        self._pending.remove(transaction)
        remember(self.history, transaction.tenant, transaction.facts, position)
        tenant = self._tenants[transaction.tenant]
        for listener in self._listeners:
            listener(tenant, transaction)

    def lost(self, transaction: Transaction) -> None:
        """The log could not take a transaction: as if it had never been."""
        at = self._pending.index(transaction)
        self._pending.remove(transaction)
        transaction.undo(deque(list(self._pending)[at:]))

    def listen(self, listener: Callable[[Tenant, Transaction], None]) -> None:
        """Call `listener` with every settled transaction."""
        self._listeners.append(listener)

    def replay(self, records: Iterable[tuple[int, bytes]]) -> int:
        """Take over what a log holds by position; returns how many records there were."""
        count = 0
        for position, record in records:
            kind, name, identifier, content, *rest = _decode(record)
            tenant = self._tenants.get(name) or self._tenants.setdefault(name, self._founded(name))
            if kind == ENTITY:
                self._bring_back(tenant, identifier, content, position, rest)
            if kind == CONTEXT:
                self.contexts.restore(identifier, content)
            if kind == SUBSCRIPTION:
                tenant.subscriptions.restore(identifier, content and self._subscription(content))
            if position > self.history.position:
                remember(self.history, name, facts_of(kind, name, identifier, content, rest), position)
            count += 1
        return count

    def _bring_back(self, tenant: Tenant, identifier: str, blob: bytes | None, position: int, rest: list[Any]) -> None:
        population = tenant.entities.population
        if blob is not None:
            population.put(unpack(blob), blob)
            return
        gone = population.get(identifier)
        population.remove(identifier)
        if gone is not None and rest and position > self.history.position:
            changes = [Change(name, one, None) for name, instances in gone.attributes.items() for one in instances]
            remember(self.history, tenant.name, rows_of(tenant.name, gone, changes, rest[0]), position)

    def _subscription(self, stored: dict[str, Any]) -> Subscription:
        """A subscription from the log; a context that is not at hand any more is read as the core one."""
        terms, shown_in = (self._terms_again(stored[name]) for name in ("context", "shown_in"))
        found = compiled(stored["payload"], terms, shown_in, stored["created"], stored["modified"])
        found.context_url = stored["context_url"]
        return found

    def _terms_again(self, context: Context) -> TermMap:
        try:
            return self.documents.compile(context)
        except BrokerError as error:
            _log.warning("a subscription's names are read without their context: %s", error.message)
            return CORE

    def snapshot(self) -> Iterator[bytes]:
        """The whole state as records that `replay` takes."""
        for identifier, stored in self.contexts.stored():
            yield _encode((CONTEXT, "", identifier, stored))
        for tenant in self._tenants.values():
            for identifier, blob in tenant.entities.population.blobs():
                yield _encode((ENTITY, tenant.name, identifier, blob, ()))
            for subscription in tenant.subscriptions:
                yield _encode((SUBSCRIPTION, tenant.name, subscription.id, as_stored(subscription)))
