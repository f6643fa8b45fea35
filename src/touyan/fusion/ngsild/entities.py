"""What can be done with the entities of one tenant (clauses 5.6 and 5.7), request by request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from touyan.core.errors import BrokerError

from . import changes, moments
from .changes import Outcome
from .contexts import TermMap
from .linking import FLAT, Joiner, join_of
from .model import Entity
from .ordering import in_order
from .parameters import (
    CHOOSING,
    LINKING,
    PAGING,
    SHOWING,
    Paging,
    check_parameters,
    flag,
    form_of,
    options_of,
    orders_of,
    paging_of,
)
from .population import Population
from .projection import EVERYTHING, Projection, names_of, projection_of
from .query_body import query_of
from .reading import ENTITY_MEMBERS, Draft, Reader, check_uri, checked_name
from .refusals import already_exists, bad_data, not_found
from .selection import Selection, selection_of
from .transaction import Transaction
from .writing import LOCATION, Writer

Parameters = Mapping[str, str]
Item = TypeVar("Item")
Given = tuple[Any, TermMap | BrokerError]
"""An entity of a batch with its context, or the reason why there is none."""

_EMPTY: Parameters = {}


class Page(NamedTuple):
    """A part of a result; `total` is None when nobody asked, `more` tells of further ones."""

    items: list[Any]
    total: int | None = None
    more: bool = False


class BatchResult(NamedTuple):
    """What became of each entity of a batch."""

    created: list[str]
    updated: list[str]
    failed: list[tuple[str, BrokerError]]


class Entities:
    """The entities of one tenant."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.population = Population()

    def _begin(self) -> Transaction:
        return Transaction(self.tenant, self.population, moments.now())

    # ------------------------------------------------------------ one entity

    def create(self, payload: Any, terms: TermMap, parameters: Parameters = _EMPTY) -> tuple[str, Transaction]:
        """Create an entity (5.6.1)."""
        check_parameters(parameters, frozenset())
        transaction = self._begin()
        draft = Reader(terms, transaction.now).entity(payload)
        if draft.id in self.population:
            raise already_exists("entity", draft.id)
        transaction.store(None, changes.created(draft, transaction.now))
        return draft.id, transaction

    def find(self, identifier: str) -> Entity:
        """The entity of an id; raises BrokerError for none."""
        entity = self.population.get(identifier)
        if entity is None:
            check_uri(identifier, "entity id")
            raise not_found("entity", identifier)
        return entity

    def retrieve(self, identifier: str, terms: TermMap, parameters: Parameters = _EMPTY) -> Any:
        """Show one entity (5.7.1); a list for a flat join."""
        check_parameters(parameters, SHOWING | LINKING | {"type"})
        projection = self._projection(parameters, terms)
        form_of(parameters)
        entity = self.find(identifier)
        if not projection.shows(entity):
            raise not_found("such attribute of entity", identifier)
        found = self._joined([entity], projection, terms, parameters)
        return found if len(found) > 1 else found[0]

    def retrieve_feature(self, identifier: str, terms: TermMap, parameters: Parameters = _EMPTY) -> dict[str, Any]:
        """Show one entity as a GeoJSON feature."""
        check_parameters(parameters, SHOWING | LINKING | {"type"})
        return self._features([self.find(identifier)], terms, parameters)[0]

    def append(self, identifier: str, payload: Any, terms: TermMap, parameters: Parameters = _EMPTY) -> Written:
        """Add attributes (5.6.3)."""
        check_parameters(parameters, frozenset({"options", "type"}))
        overwrite = "noOverwrite" not in options_of(parameters)
        return self._change(
            identifier,
            payload,
            terms,
            lambda entity, draft, now: changes.appended(entity, draft, now, overwrite=overwrite),
        )

    def update(self, identifier: str, payload: Any, terms: TermMap, parameters: Parameters = _EMPTY) -> Written:
        """Replace attributes (5.6.2)."""
        check_parameters(parameters, frozenset({"options", "type"}))
        return self._change(identifier, payload, terms, changes.updated)

    def merge(self, identifier: str, payload: Any, terms: TermMap, parameters: Parameters = _EMPTY) -> Written:
        """Lay a fragment over an entity (5.6.17)."""
        check_parameters(parameters, frozenset({"options", "format", "observedAt", "lang", "type"}))
        observed, language = parameters.get("observedAt", ""), parameters.get("lang", "")
        if observed:
            moments.moment(observed, "observedAt")
        simplified = form_of(parameters).representation == "simplified"
        return self._change(
            identifier,
            payload,
            terms,
            lambda entity, draft, now: changes.merged(entity, draft, now, observed=observed, language=language),
            simplified=simplified,
        )

    def replace(self, identifier: str, payload: Any, terms: TermMap, parameters: Parameters = _EMPTY) -> Written:
        """Put a new entity in the place of one (5.6.18)."""
        check_parameters(parameters, frozenset({"type"}))
        entity, transaction = self.find(identifier), self._begin()
        draft = Reader(terms, transaction.now).part(payload)
        _check_same_id(identifier, draft)
        draft = draft._replace(id=identifier, types=draft.types or entity.types)
        outcome = changes.replaced(entity, draft, transaction.now)
        transaction.store(entity, outcome)
        return Written(transaction, outcome)

    def _change(
        self,
        identifier: str,
        payload: Any,
        terms: TermMap,
        change: Callable[[Entity, Draft, int], Outcome],
        *,
        simplified: bool = False,
    ) -> Written:
        entity, transaction = self.find(identifier), self._begin()
        draft = Reader(terms, transaction.now, fragment=True, simplified=simplified).part(payload)
        _check_same_id(identifier, draft)
        if not (draft.attributes or draft.types or draft.scope is not None):
            raise bad_data("the fragment says nothing")
        outcome = change(entity, draft, transaction.now)
        transaction.store(entity, outcome)
        return Written(transaction, outcome)

    def delete(self, identifier: str, parameters: Parameters = _EMPTY) -> Transaction:
        """Delete an entity (5.6.6)."""
        check_parameters(parameters, frozenset({"type"}))
        entity, transaction = self.find(identifier), self._begin()
        transaction.delete(entity)
        return transaction

    # ------------------------------------------------------------ one attribute

    def patch_attribute(
        self, identifier: str, name: str, payload: Any, terms: TermMap, parameters: Parameters = _EMPTY
    ) -> Written:
        """Change an attribute in part (5.6.4)."""
        check_parameters(parameters, frozenset({"options", "type"}))
        entity, transaction = self.find(identifier), self._begin()
        attribute = _attribute(name, terms)
        fragment = _fragment(payload)
        reader = Reader(terms, transaction.now, fragment=True)
        instance = reader.instance(name, fragment)
        outcome = changes.patched(entity, attribute, instance, transaction.now)
        transaction.store(entity, outcome)
        return Written(transaction, outcome)

    def replace_attribute(
        self, identifier: str, name: str, payload: Any, terms: TermMap, parameters: Parameters = _EMPTY
    ) -> Written:
        """Put new instances of an attribute in the place of those it has (5.6.19)."""
        check_parameters(parameters, frozenset({"options", "type"}))
        entity, transaction = self.find(identifier), self._begin()
        attribute = _attribute(name, terms)
        instances = Reader(terms, transaction.now).instances(name, _fragment(payload))
        outcome = changes.substituted(entity, attribute, instances, transaction.now)
        transaction.store(entity, outcome)
        return Written(transaction, outcome)

    def delete_attribute(
        self, identifier: str, name: str, terms: TermMap, parameters: Parameters = _EMPTY
    ) -> Transaction:
        """Delete an attribute, one instance of it, or the scope (5.6.5)."""
        check_parameters(parameters, frozenset({"datasetId", "deleteAll", "type"}))
        entity, transaction = self.find(identifier), self._begin()
        every = flag(parameters, "deleteAll")
        dataset = parameters.get("datasetId", "").removeprefix("@none")
        if name == "scope" and entity.scope:
            bare = Entity(entity.id, entity.types, entity.created, transaction.now, (), entity.attributes)
            transaction.store(entity, Outcome(bare, []))
            return transaction
        outcome = changes.without(entity, _attribute(name, terms), dataset, transaction.now, every=every)
        transaction.store(entity, outcome)
        return transaction

    # ------------------------------------------------------------ many entities

    def query(self, terms: TermMap, parameters: Parameters, selection: Selection | None = None) -> Page:
        """Show the entities that a request selects (5.7.2)."""
        entities, total, more = self._queried(terms, parameters, selection)
        shown = self._joined(entities, self._projection(parameters, terms), terms, parameters)
        return Page(shown, total, more)

    def query_features(self, terms: TermMap, parameters: Parameters, selection: Selection | None = None) -> Page:
        """Show the entities that a request selects as GeoJSON features."""
        entities, total, more = self._queried(terms, parameters, selection)
        return Page(self._features(entities, terms, parameters), total, more)

    def query_by_body(self, payload: Any, terms: TermMap, parameters: Parameters) -> Page:
        """Show the entities that a Query object selects (5.7.2 by POST)."""
        selection, told = query_of(payload, terms)
        return self.query(terms, {**told, **parameters}, selection)

    def query_features_by_body(self, payload: Any, terms: TermMap, parameters: Parameters) -> Page:
        """The same as GeoJSON features."""
        selection, told = query_of(payload, terms)
        return self.query_features(terms, {**told, **parameters}, selection)

    def _queried(
        self, terms: TermMap, parameters: Parameters, selection: Selection | None
    ) -> tuple[list[Entity], int | None, bool]:
        check_parameters(parameters, CHOOSING | SHOWING | LINKING | PAGING | {"orderBy"})
        chosen = selection_of(parameters, terms) if selection is None else selection
        projection, paging = self._projection(parameters, terms), paging_of(parameters)
        if not (chosen.says_more_than_ids() or projection != EVERYTHING or flag(parameters, "local")):
            raise bad_data("a query needs at least one of type, attrs, pick, q, scopeQ, georel or local=true")
        orders = orders_of(parameters, terms)
        if orders:
            found = filter(projection.shows, self.population.select(chosen))
            return _paged(in_order(found, orders, terms), paging)
        return self._page(chosen, projection, paging)

    def _page(
        self, selection: Selection, projection: Projection, paging: Paging
    ) -> tuple[list[Entity], int | None, bool]:
        """A page of what is selected; entities of other pages are looked at only where columns leave doubt."""
        candidates, at = self.population.candidates(selection), self.population.at
        if not projection.shows_every_entity():
            candidates = candidates._replace(sure=candidates.sure & False)

        def fits(slot: int, sure: bool) -> bool:
            return sure or (selection.holds_for(entity := at(slot)) and projection.shows(entity))

        if candidates.sure.all():
            slots = candidates.slots
            page = [at(slot) for slot in slots[paging.offset : paging.offset + paging.limit]]
            return page, len(slots) if paging.total else None, len(slots) > paging.offset + len(page)
        pairs = zip(candidates.slots, candidates.sure.tolist(), strict=True)
        found, total, more = _paged((slot for slot, sure in pairs if fits(slot, sure)), paging)
        return [at(slot) for slot in found], total, more

    def _projection(self, parameters: Parameters, terms: TermMap) -> Projection:
        return projection_of(parameters, terms)

    def _joined(
        self, entities: list[Entity], projection: Projection, terms: TermMap, parameters: Parameters
    ) -> list[dict[str, Any]]:
        join, form = join_of(parameters), form_of(parameters)
        if join is None:
            return [Writer(terms, form, projection).entity(entity) for entity in entities]
        joiner = Joiner(terms, form, join, self.population.get)
        if join.mode == FLAT:
            return joiner.flat((entity, projection) for entity in entities)
        return [joiner.inline(entity, projection) for entity in entities]

    def _features(self, entities: list[Entity], terms: TermMap, parameters: Parameters) -> list[dict[str, Any]]:
        geometry = parameters.get("geometryProperty")
        iri = LOCATION if geometry is None else terms.expand(checked_name(geometry, "geometryProperty"))
        writer = Writer(terms, form_of(parameters), self._projection(parameters, terms))
        dataset = parameters.get("datasetId", "").split(",")[0].removeprefix("@none")
        return [writer.feature(entity, iri, dataset) for entity in entities]

    # ------------------------------------------------------------ batches

    def create_batch(self, given: Iterable[Given]) -> tuple[BatchResult, Transaction]:
        """Create many entities (5.6.7)."""
        return self._batch(given, lambda entity, draft, now: changes.created(draft, now), old=False)

    def upsert_batch(self, given: Iterable[Given], *, update: bool = False) -> tuple[BatchResult, Transaction]:
        """Create or replace (or update) many entities (5.6.8)."""

        def write(entity: Entity | None, draft: Draft, now: int) -> Outcome:
            if entity is None:
                return changes.created(draft, now)
            return changes.appended(entity, draft, now) if update else changes.replaced(entity, draft, now)

        return self._batch(given, write)

    def update_batch(self, given: Iterable[Given], *, overwrite: bool = True) -> tuple[BatchResult, Transaction]:
        """Update many entities (5.6.9)."""
        return self._batch(
            given,
            lambda entity, draft, now: changes.appended(_there(entity), draft, now, overwrite=overwrite),
            new=False,
        )

    def merge_batch(
        self, given: Iterable[Given], *, observed: str = "", language: str = ""
    ) -> tuple[BatchResult, Transaction]:
        """Merge into many entities (5.6.20)."""
        return self._batch(
            given,
            lambda entity, draft, now: changes.merged(_there(entity), draft, now, observed=observed, language=language),
            new=False,
        )

    def _batch(
        self,
        given: Iterable[Given],
        write: Callable[[Entity | None, Draft, int], Outcome],
        *,
        new: bool = True,
        old: bool = True,
    ) -> tuple[BatchResult, Transaction]:
        """Write each entity that can be; `new` and `old` say which may be there before."""
        result, transaction = BatchResult([], [], []), self._begin()
        for payload, terms in given:
            identifier = str(payload.get("id", "")) if isinstance(payload, dict) else ""
            try:
                if isinstance(terms, BrokerError):
                    raise terms
                self._write_one(payload, terms, write, (new, old), transaction, result)
            except BrokerError as error:
                result.failed.append((identifier[:2_048], error))
        return result, transaction

    def _write_one(
        self,
        payload: Any,
        terms: TermMap,
        write: Callable[[Entity | None, Draft, int], Outcome],
        allowed: tuple[bool, bool],
        transaction: Transaction,
        result: BatchResult,
    ) -> None:
        new, old = allowed
        reader = Reader(terms, transaction.now, fragment=not new)
        draft = reader.entity(payload) if new else reader.part(payload)
        if not draft.id:
            raise bad_data("the entity has no id")
        entity = self.population.get(draft.id)
        if entity is None and not new:
            raise not_found("entity", draft.id)
        if entity is not None and not old:
            raise already_exists("entity", draft.id)
        outcome = write(entity, draft, transaction.now)
        transaction.store(entity, outcome)
        if outcome.refused:
            names = ", ".join(terms.compact(name) for name in outcome.refused)
            result.failed.append((draft.id, bad_data(f"not overwritten: {names[:500]}")))
        else:
            (result.created if entity is None else result.updated).append(draft.id)

    def delete_batch(self, identifiers: Iterable[Any]) -> tuple[BatchResult, Transaction]:
        """Delete many entities (5.6.10)."""
        result, transaction = BatchResult([], [], []), self._begin()
        for identifier in identifiers:
            try:
                entity = self.find(check_uri(identifier, "entity id"))
                transaction.delete(entity)
                result.updated.append(entity.id)
            except BrokerError as error:
                result.failed.append((str(identifier)[:2_048], error))
        return result, transaction

    def purge(self, terms: TermMap, parameters: Parameters) -> Transaction:
        """Delete the entities that a request selects, or some of their attributes (5.6.21)."""
        check_parameters(parameters, CHOOSING | {"keep", "drop"})
        chosen = selection_of(parameters, terms)
        if chosen.is_empty() and not flag(parameters, "local"):
            raise bad_data("a purge needs at least one of type, id, idPattern, q, scopeQ, georel or local=true")
        keep, drop = (_names(parameters, name, terms) for name in ("keep", "drop"))
        if keep is not None and drop is not None:
            raise bad_data("keep cannot stand beside drop")
        transaction = self._begin()
        for entity in list(self.population.select(chosen)):
            if keep is None and drop is None:
                transaction.delete(entity)
            else:
                gone = [
                    name
                    for name in entity.attributes
                    if (name in drop if drop is not None else name not in (keep or ()))
                ]
                self._drop(entity, gone, transaction)
        return transaction

    def _drop(self, entity: Entity, gone: list[str], transaction: Transaction) -> None:
        lost: list[changes.Change] = []
        rest = entity
        for name in gone:
            outcome = changes.without(rest, name, "", transaction.now, every=True)
            rest, lost = outcome.entity, lost + outcome.changes
        if lost:
            transaction.store(entity, Outcome(rest, lost))


class Written(NamedTuple):
    """A write of one entity: what to make durable, and what came of it."""

    transaction: Transaction
    outcome: Outcome


def _paged(found: Iterable[Item], paging: Paging) -> tuple[list[Item], int | None, bool]:
    stream = iter(found)
    for _ in islice(stream, paging.offset):
        pass
    page = list(islice(stream, paging.limit))
    rest = sum(1 for _ in stream) if paging.total else sum(1 for _ in islice(stream, 1))
    return page, (paging.offset + len(page) + rest if paging.total else None), rest > 0


def _there(entity: Entity | None) -> Entity:
    assert entity is not None
    return entity


def _attribute(name: str, terms: TermMap) -> str:
    if name in ENTITY_MEMBERS or name.startswith("@"):
        raise bad_data(f"{name[:80]!r} is no attribute")
    return terms.expand(checked_name(name, "attribute"))


def _fragment(payload: Any) -> Any:
    """What a request says of one attribute, without the context that came with it."""
    if isinstance(payload, dict):
        payload = {member: value for member, value in payload.items() if member not in ("@context", "id")}
        if not payload:
            raise bad_data("the fragment says nothing")
    elif not isinstance(payload, list):
        raise bad_data("expected a JSON object that is an attribute")
    return payload


def _check_same_id(identifier: str, draft: Draft) -> None:
    if draft.id and draft.id != identifier:
        raise bad_data(f"the id of the fragment ({draft.id[:200]!r}) is not that of the address")


def _names(parameters: Parameters, name: str, terms: TermMap) -> frozenset[str] | None:
    return names_of(parameters[name], terms, name) if name in parameters else None
