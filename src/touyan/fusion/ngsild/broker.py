"""The broker: its tenants, its contexts, and how both come back from the log."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator

import msgspec

from .contexts import Documents
from .discovery import Discovery
from .entities import Entities
from .model import unpack
from .refusals import bad_data, not_found
from .transaction import ENTITY, Transaction

_TENANT = re.compile(r"[A-Za-z0-9_\-.]{1,128}")
_decode = msgspec.msgpack.Decoder(tuple).decode
_encode = msgspec.msgpack.Encoder().encode


class Tenant:
    """Everything of one tenant, apart from that of all others."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.entities = Entities(name)
        self.discovery = Discovery(name, self.entities.population)


class Broker:
    """All tenants in memory; what is written must be made durable and then be `settled`."""

    def __init__(self, documents: Documents | None = None) -> None:
        self.documents = documents or Documents()
        self._tenants = {"": Tenant("")}
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
        return self._tenants.setdefault(name, Tenant(name))

    def begun(self, transaction: Transaction) -> None:
        """A transaction is on its way to the log."""
        self._pending.append(transaction)

    def settled(self, transaction: Transaction) -> None:
        """The log has a transaction: let everybody know what happened."""
        self._pending.remove(transaction)
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

    def replay(self, records: Iterable[bytes]) -> int:
        """Take over what a log holds; returns how many records there were."""
        count = 0
        for record in records:
            kind, name, identifier, content, *_ = _decode(record)
            tenant = self._tenants.get(name) or self._tenants.setdefault(name, Tenant(name))
            if kind == ENTITY:
                _bring_back(tenant, identifier, content)
            count += 1
        return count

    def snapshot(self) -> Iterator[bytes]:
        """The whole state as records that `replay` takes."""
        for tenant in self._tenants.values():
            for identifier, blob in tenant.entities.population.blobs():
                yield _encode((ENTITY, tenant.name, identifier, blob, ()))


def _bring_back(tenant: Tenant, identifier: str, blob: bytes | None) -> None:
    if blob is None:
        tenant.entities.population.remove(identifier)
    else:
        tenant.entities.population.put(identifier, unpack(blob).types, blob)
