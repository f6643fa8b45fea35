"""The broker with its log and its way to the web; the server talks to it through here."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec

from touyan.core.errors import BrokerError, InputError, StorageFullError, TouyanError
from touyan.fusion.ngsild.broker import Broker, Tenant
from touyan.fusion.ngsild.contexts import CORE, Context, Documents, TermMap, context_of, is_core, link_urls
from touyan.fusion.ngsild.entities import BatchResult, Page, Written
from touyan.fusion.ngsild.parameters import check_parameters, flag
from touyan.fusion.ngsild.subscriptions import context_for_showing
from touyan.fusion.ngsild.temporal import Told
from touyan.fusion.ngsild.terms import CORE_CONTEXT
from touyan.fusion.ngsild.transaction import Transaction
from touyan.fusion.store.history import History
from touyan.fusion.store.journal import Journal
from touyan.fusion.store.settings import HistorySettings

from .delivery import Delivery
from .settings import BrokerTable

_log = logging.getLogger(__name__)

__all__ = [
    "CORE",
    "CORE_CONTEXT",
    "BatchResult",
    "BrokerHost",
    "Context",
    "Page",
    "Tenant",
    "TermMap",
    "Told",
    "Transaction",
    "Written",
    "check_parameters",
    "context_for_showing",
    "flag",
    "link_urls",
]

_OBJECTS_BEFORE_COLLECTING = 50_000
_LOOK_EVERY_S = 5.0
_LARGEST_LOG = 256 * 2**20
_CONTEXT_TIMEOUT_S = 5.0
_LARGEST_CONTEXT = 4_000_000
_MOST_CONTEXTS_A_MESSAGE = 30


class BrokerHost:
    """One broker, with its log in a folder or without one."""

    def __init__(self, broker: Broker, journal: Journal | None = None) -> None:
        self.broker = broker
        self._journal = journal
        self._unlogged = 0
        self.delivery = Delivery(broker)

    def tenant(self, name: str = "", *, create: bool = False) -> Tenant:
        """A tenant by name."""
        return self.broker.tenant(name, create=create)

    async def commit(self, transaction: Transaction) -> None:
        """Wait until a transaction is durable; raises StorageFullError when it cannot be."""
        if not transaction.records:
            return
        self.broker.begun(transaction)
        if self._journal is None:
            self._unlogged += 1
            self.broker.settled(transaction, self._unlogged)
            return
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[None] = loop.create_future()

        def done(told: int | StorageFullError) -> None:
            # What the log has is settled in the log's order, whether or not its writer still waits.
            loop.call_soon_threadsafe(self._logged, transaction, told, kept)

        self._journal.append_soon(transaction.records, done)
        await asyncio.shield(kept)

    def _logged(self, transaction: Transaction, told: int | StorageFullError, kept: asyncio.Future[None]) -> None:
        if isinstance(told, int):
            self.broker.settled(transaction, told)
        else:
            self.broker.lost(transaction)
        if kept.cancelled():
            return
        if isinstance(told, int):
            kept.set_result(None)
        else:
            kept.set_exception(told)

    async def upsert(self, entities: Sequence[dict[str, Any]], tenant: str = "") -> BatchResult:
        """Create or update entities, each with its own @context or the core one; raises StorageFullError."""
        given = [(entity, await self.terms(entity.get("@context"))) for entity in entities]
        result, transaction = self.tenant(tenant, create=True).entities.upsert_batch(given, update=True)
        await self.commit(transaction)
        return result

    async def _keep_tidy(self) -> None:
        """Write history to files and the state to a snapshot from time to time, so that a start is quick."""
        while self._journal is not None:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self.broker.history.due or self._journal.size > _LARGEST_LOG:
                try:
                    await self.checkpoint()
                except TouyanError as error:
                    _log.warning("the log stays as it is: %s", error.message)

    async def checkpoint(self) -> None:
        """Put everything into files and let the log before it go; raises StorageFullError."""
        if self._journal is None:
            return
        through = await asyncio.to_thread(self.broker.history.flush)
        at = self._journal.cut()
        state = list(self.broker.snapshot())
        await asyncio.to_thread(self._journal.snapshot, state, at, through)

    async def terms(self, context: Context | None) -> TermMap:
        """The term map of a context, whose documents are brought from the web where they are not at hand."""
        documents = self.broker.documents
        if context is None:
            return CORE
        for _ in range(_MOST_CONTEXTS_A_MESSAGE):
            missing = documents.missing(context)
            if not missing:
                terms = documents.compile(context)
                self.broker.contexts.used(terms.urls)
                return terms
            for url in missing:
                documents.keep(url, await _download(url))
        raise BrokerError("LdContextNotAvailable", "the context leads to too many others")

    async def serve_implicitly(self, context: Context) -> str:
        """The address of a context, which is served from now on where it has none of its own."""
        while isinstance(context, list) and len(context) == 1:
            context = context[0]
        if isinstance(context, str):
            return context
        place, transaction = self.broker.contexts.implicit(context)
        if transaction is not None:
            await self.commit(transaction)
        self.broker.contexts.used([place])
        return place

    async def reload(self, url: str) -> None:
        """Bring a cached context from the web again; the old one stays when it cannot be had."""
        if not is_core(url):
            self.broker.documents.keep(url, await _download(url))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take part in the life of a server; the log is closed at its end."""
        _spare_the_collector()
        self.delivery.start()
        tidying = asyncio.create_task(self._keep_tidy())
        try:
            yield
        finally:
            tidying.cancel()
            await asyncio.gather(tidying, return_exceptions=True)
            await self.delivery.stop()
            self.close()

    def close(self) -> None:
        """Close log and history; nothing can be written after."""
        self.broker.history.close()
        if self._journal is not None:
            self._journal.close()


def open_broker(
    folder: Path | None = None, settings: BrokerTable | None = None, keeping: HistorySettings | None = None
) -> BrokerHost:
    """The broker of a folder, with everything that was written before; without one it lives in memory."""
    settings = settings or BrokerTable()
    documents = Documents(preloaded(settings.folder) if settings.folder else None)
    history = History(folder / "history" if folder else Path(mkdtemp(prefix="touyan-")), keeping)
    broker = Broker(history, documents, settings.instances)
    if folder is None:
        return BrokerHost(broker)
    journal = Journal.open(folder / "journal")
    broker.replay(journal.replay())
    return BrokerHost(broker, journal)


def _spare_the_collector() -> None:
    """Let Python's collector look less often, and never again at what a start has loaded.

    A batch makes thousands of objects that live until it is acknowledged; walking them again and again doubled the
    cost of an update (48 µs against 20 µs for one attribute).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTING, 20, 50)


def preloaded(folder: Path) -> dict[str, Any]:
    """The contexts of a folder by URL; raises InputError for what cannot be read."""
    index = _json(folder / "index.json")
    if not isinstance(index, dict):
        raise InputError(str(folder / "index.json"), "", "no object", "an object from URLs to file names")
    return {url: context_of(_json(folder / str(name)), url) for url, name in index.items()}


def _json(file: Path) -> Any:
    try:
        return msgspec.json.decode(file.read_bytes())
    except OSError as error:
        raise InputError(str(file), "", f"nothing to read ({error.strerror})", "a JSON file") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(str(file), "", f"a text that is not JSON ({error})", "a JSON file") from None


async def _download(url: str) -> object:
    """What a URL answers; LdContextNotAvailable when it answers nothing of use in time."""
    import aiohttp

    try:
        timeout = aiohttp.ClientTimeout(total=_CONTEXT_TIMEOUT_S)
        accept = {"Accept": "application/ld+json, application/json"}
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, headers=accept) as response:
            response.raise_for_status()
            body = await response.content.read(_LARGEST_CONTEXT + 1)
        if len(body) > _LARGEST_CONTEXT:
            raise ValueError("it is too large")
        return msgspec.json.decode(body)
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError, msgspec.DecodeError, RecursionError) as error:
        detail = f"the context {url[:200]!r} cannot be had: {type(error).__name__} {str(error)[:200]}"
        raise BrokerError("LdContextNotAvailable", detail) from None
