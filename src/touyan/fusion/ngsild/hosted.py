"""Contexts that the broker serves (clause 5.13): hosted for users, implicitly created, and cached from the web."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import uuid4

import msgspec

from . import moments
from .contexts import PLACE, Context, Documents, is_core, local_url
from .parameters import check_parameters, flag
from .population import Population
from .refusals import bad_data, invalid_request, not_found
from .transaction import CONTEXT, Transaction

HOSTED, IMPLICIT, CACHED = "Hosted", "ImplicitlyCreated", "Cached"
_MOST = 10_000


@dataclass
class Served:
    """One context with what is known of its use; times are microseconds."""

    local_id: str
    url: str
    kind: str
    created: int
    last_usage: int = 0
    hits: int = 0

    def details(self, base: str) -> dict[str, Any]:
        """What a reader is told of it; `base` is where the broker was asked."""
        url = base + self.url if self.url.startswith("/") else self.url
        told: dict[str, Any] = {
            "URL": url,
            "localId": self.local_id,
            "kind": self.kind,
            "createdAt": moments.written(self.created),
        }
        if self.hits:
            told |= {"lastUsage": moments.written(self.last_usage), "numberOfHits": self.hits}
        return told


class HostedContexts:
    """The contexts that readers can ask for."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._served: dict[str, Served] = {}

    # ------------------------------------------------------------ requests

    def add(self, payload: Any) -> tuple[str, Transaction]:
        """Host a context for a user (5.13.2)."""
        context = payload.get("@context") if isinstance(payload, dict) else None
        if not isinstance(context, (dict, list, str)) or not context:
            raise invalid_request("expected an object with an @context")
        identifier = str(uuid4())
        return identifier, self._keep(identifier, HOSTED, context)

    def implicit(self, context: Context) -> tuple[str, Transaction | None]:
        """The address at which a context is served that has none of its own; the transaction if it is new."""
        identifier = blake2b(msgspec.json.encode(context), digest_size=12).hexdigest()
        if identifier in self._served:
            return PLACE + identifier, None
        return PLACE + identifier, self._keep(identifier, IMPLICIT, context)

    def _keep(self, identifier: str, kind: str, context: Context) -> Transaction:
        if len(self._served) >= _MOST:
            raise bad_data(f"the broker hosts {_MOST} contexts already; delete some")
        transaction = Transaction("", Population(), moments.now())
        stored = {"kind": kind, "context": context, "created": transaction.now}
        transaction.note(CONTEXT, identifier, stored, lambda: self.restore(identifier, None))
        self.restore(identifier, stored)
        return transaction

    def restore(self, identifier: str, stored: dict[str, Any] | None) -> None:
        """Put a context in its place, or take it away."""
        if stored is None:
            self._served.pop(identifier, None)
            self._documents.forget(PLACE + identifier)
            return
        self._served[identifier] = Served(identifier, PLACE + identifier, stored["kind"], stored["created"])
        self._documents.keep(PLACE + identifier, {"@context": stored["context"]})

    def stored(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What the log keeps of hosted and implicit contexts."""
        for identifier, served in self._served.items():
            if served.kind != CACHED:
                document = self._documents.get(served.url) or {}
                yield identifier, {"kind": served.kind, "context": document["@context"], "created": served.created}

    def list(self, parameters: Mapping[str, str], base: str) -> list[Any]:
        """All contexts, or those of one kind (5.13.3)."""
        check_parameters(parameters, frozenset({"details", "kind"}))
        kind = parameters.get("kind")
        if kind not in (None, HOSTED, IMPLICIT, CACHED):
            raise bad_data(f"kind: found {str(kind)[:40]!r}; expected {HOSTED}, {IMPLICIT} or {CACHED}")
        details = flag(parameters, "details")
        found = [served.details(base) for served in self._served.values() if kind in (None, served.kind)]
        return found if details else [each["URL"] for each in found]

    def serve(self, identifier: str, parameters: Mapping[str, str], base: str) -> dict[str, Any]:
        """A context itself, or what is known of it (5.13.4)."""
        check_parameters(parameters, frozenset({"details"}))
        served = self.find(identifier)
        if flag(parameters, "details"):
            return served.details(base)
        document = self._documents.get(served.url)
        if document is None:
            raise not_found("context", identifier)
        return document

    def delete(self, identifier: str, *, reload: bool) -> Transaction | None:
        """Forget a context (5.13.5); None when the log need not know. With `reload` only a cached one may be named."""
        served = self._served.get(self._key(identifier))
        if reload and (served is None or served.kind != CACHED):
            raise bad_data("reload is for cached contexts only")
        if is_core(identifier) and not reload:
            raise bad_data("the core context cannot be deleted")
        if served is None:
            raise not_found("context", identifier)
        if served.kind == CACHED:
            if not reload:
                del self._served[served.local_id]
                self._documents.forget(served.url)
            return None
        transaction = Transaction("", Population(), moments.now())
        old = dict(self.stored())[served.local_id]
        self.restore(served.local_id, None)
        transaction.note(CONTEXT, served.local_id, None, lambda: self.restore(served.local_id, old))
        return transaction

    def find(self, identifier: str) -> Served:
        """A context by its local id or address; raises BrokerError for none."""
        if is_core(identifier) and _cached_key(identifier) not in self._served:
            self.used([identifier])
        found = self._served.get(self._key(identifier))
        if found is None:
            raise not_found("context", identifier)
        return found

    def _key(self, identifier: str) -> str:
        if identifier in self._served:
            return identifier
        wanted = local_url(identifier)
        return next((key for key, served in self._served.items() if served.url == wanted), identifier)

    # ------------------------------------------------------------ use

    def used(self, urls: Iterable[str]) -> None:
        """Somebody wrote or read with these contexts."""
        now = moments.now()
        for url in urls:
            local = local_url(url)
            key = local.removeprefix(PLACE) if local.startswith(PLACE) else _cached_key(url)
            served = self._served.get(key)
            if served is None:
                if local.startswith(PLACE) or len(self._served) >= _MOST:
                    continue
                served = self._served[key] = Served(key, url, CACHED, now)
            served.hits += 1
            served.last_usage = now


def _cached_key(url: str) -> str:
    return blake2b(url.encode(), digest_size=12).hexdigest()
