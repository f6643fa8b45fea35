"""What can be done with the past of one tenant's entities (clauses 5.6.11 to 5.6.16, 5.7.3 and 5.7.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from ..store.history import Figure, History
from ..store.questions import Span
from . import moments
from .contexts import TermMap
from .entities import Page
from .model import Entity, Instance
from .ordering import in_order
from .parameters import CHOOSING, PAGING, SHOWING, check_parameters, flag, orders_of, paging_of
from .past import SCOPE, Fact, Struck, instance_name, instance_of, row_of, scope_instance
from .population import Population
from .projection import Projection, projection_of
from .query import attributes_of
from .query_body import query_of, temporal_part
from .reading import ENTITY_MEMBERS, Reader, check_uri, checked_name
from .refusals import bad_data, not_found
from .selection import Selection, selection_of
from .temporal_query import AGGREGATED, Shape, Timeframe, shape_of, timeframe_of
from .temporal_writing import Chronicler, Evolution
from .transaction import Transaction

_TIME = frozenset({"timerel", "timeAt", "endTimeAt", "timeproperty", "lastN", "aggrMethods", "aggrPeriodDuration"})
_EMPTY: Mapping[str, str] = {}
Parameters = Mapping[str, str]


class Range(NamedTuple):
    """The part of the time asked for that an answer covers, when it is not the whole (clause 6.3.10)."""

    start: str
    end: str
    size: str


class Told(NamedTuple):
    """An answer about the past; `range` is None when nothing was left out."""

    page: Page
    range: Range | None = None


class Temporal:
    """The past of one tenant; `most` instances are told in one answer."""

    def __init__(self, tenant: str, population: Population, history: History, most: int) -> None:
        self._tenant, self._population, self._history, self._most = tenant, population, history, most

    def _begin(self) -> Transaction:
        return Transaction(self._tenant, self._population, moments.now())

    # ------------------------------------------------------------ writing

    def create(self, payload: Any, terms: TermMap, parameters: Parameters = _EMPTY) -> tuple[str, bool, Transaction]:
        """Add instances to an entity's past (5.6.11); tells the id and whether it is new."""
        check_parameters(parameters, frozenset())
        transaction = self._begin()
        draft = Reader(terms, transaction.now, temporal=True).entity(payload)
        new = not self._types(draft.id)
        entity = Entity(draft.id, draft.types, transaction.now, transaction.now)
        transaction.remember(self._rows(entity, draft.attributes, transaction.now, new=new))
        if draft.scope is not None:
            transaction.remember([row_of(self._tenant, entity, SCOPE, scope_instance(draft.scope, transaction.now))])
        return draft.id, new, transaction

    def append(self, identifier: str, payload: Any, terms: TermMap, parameters: Parameters = _EMPTY) -> Transaction:
        """Add instances of attributes (5.6.12)."""
        check_parameters(parameters, frozenset())
        transaction = self._begin()
        check_uri(identifier, "entity id")
        draft = Reader(terms, transaction.now, temporal=True, fragment=True).part(payload)
        if not draft.attributes:
            raise bad_data("the fragment says nothing")
        entity = Entity(identifier, self._known(identifier), transaction.now, transaction.now)
        transaction.remember(self._rows(entity, draft.attributes, transaction.now))
        return transaction

    def _rows(
        self, entity: Entity, attributes: Mapping[str, list[Instance]], now: int, *, new: bool = False
    ) -> list[Fact]:
        """Instances as rows, in the place of those that were reported for the same moments."""
        rows: list[Fact] = [] if new else self._superseded(entity.id, attributes)
        for attribute, instances in attributes.items():
            for number, instance in enumerate(instances):
                instance.instance = instance_name(entity.id, attribute, instance.dataset, now, number)
                rows.append(row_of(self._tenant, entity, attribute, instance))
        return rows

    def _superseded(self, identifier: str, attributes: Mapping[str, list[Instance]]) -> list[Fact]:
        given = {
            (attribute, one.dataset, moments.microseconds(one.observed))
            for attribute, instances in attributes.items()
            for one in instances
            if one.observed
        }
        if not given:
            return []
        times = [each[2] for each in given]
        span = Span("observed", min(times), max(times) + 1)
        known = self._history.rows(self._tenant, [identifier], sorted(attributes), span)
        return [
            Struck(identifier, row.attribute, None, row.instance)
            for row in known
            if (row.attribute, row.dataset, row.observed) in given
        ]

    def delete(self, identifier: str) -> Transaction:
        """Forget all that is past of an entity (5.6.16)."""
        check_uri(identifier, "entity id")
        self._known(identifier)
        return self._struck(Struck(identifier))

    def delete_attribute(
        self, identifier: str, name: str, terms: TermMap, parameters: Parameters = _EMPTY
    ) -> Transaction:
        """Forget an attribute's past, of one data set or of all (5.6.13)."""
        check_parameters(parameters, frozenset({"datasetId", "deleteAll"}))
        attribute = self._attribute(identifier, name, terms)
        dataset = None if flag(parameters, "deleteAll") else parameters.get("datasetId", "").removeprefix("@none")
        if not any(dataset is None or each.dataset == dataset for each in self._instances(identifier, attribute)):
            raise not_found("attribute", name)
        return self._struck(Struck(identifier, attribute, dataset))

    def delete_instance(self, identifier: str, name: str, instance: str, terms: TermMap) -> Transaction:
        """Forget one instance (5.6.15)."""
        attribute = self._attribute(identifier, name, terms)
        self._instance(identifier, attribute, instance)
        return self._struck(Struck(identifier, attribute, None, instance))

    def patch_instance(self, identifier: str, name: str, instance: str, payload: Any, terms: TermMap) -> Transaction:
        """Change one instance (5.6.14)."""
        transaction = self._begin()
        attribute = self._attribute(identifier, name, terms)
        check_uri(instance, "instance id")
        fragment = payload.get(name, payload) if isinstance(payload, dict) else payload
        if isinstance(fragment, list) and len(fragment) == 1:
            fragment = fragment[0]
        if not isinstance(fragment, dict):
            raise bad_data("expected an object that is an instance of an attribute")
        given = {member: value for member, value in fragment.items() if member != "@context"}
        new = Reader(terms, transaction.now).instance(name, given)
        old = self._instance(identifier, attribute, instance)
        new.created, new.instance = old.created, instance
        entity = Entity(identifier, self._known(identifier), transaction.now, transaction.now)
        transaction.remember(
            [Struck(identifier, attribute, None, instance), row_of(self._tenant, entity, attribute, new)]
        )
        return transaction

    def note_deletion(self, identifier: str, name: str, terms: TermMap, parameters: Parameters) -> Transaction:
        """Tell in the past of an entity that stands nowhere else that an attribute has ended."""
        attribute = SCOPE if name == "scope" else self._attribute(identifier, name, terms)
        dataset = parameters.get("datasetId", "").removeprefix("@none")
        every = flag(parameters, "deleteAll")
        known = self._known(identifier)
        ended = {
            each.dataset: each for each in self._instances(identifier, attribute) if every or each.dataset == dataset
        }
        if not ended:
            raise not_found("attribute", name)
        transaction = self._begin()
        entity = Entity(identifier, known, transaction.now, transaction.now)
        transaction.remember_ends(entity, attribute, ended.values())
        return transaction

    def _struck(self, struck: Struck) -> Transaction:
        transaction = self._begin()
        transaction.remember([struck])
        return transaction

    def _attribute(self, identifier: str, name: str, terms: TermMap) -> str:
        check_uri(identifier, "entity id")
        if name in ENTITY_MEMBERS or name.startswith("@"):
            raise bad_data(f"{name[:80]!r} is no attribute")
        return terms.expand(checked_name(name, "attribute"))

    def _types(self, identifier: str) -> tuple[str, ...]:
        found = self._history.entities(self._tenant, [identifier])
        return found[0][1] if found else ()

    def _known(self, identifier: str) -> tuple[str, ...]:
        types = self._types(identifier)
        if not types:
            raise not_found("past of entity", identifier)
        return types

    def _instances(self, identifier: str, attribute: str) -> list[Instance]:
        self._known(identifier)
        return [instance_of(row) for row in self._history.rows(self._tenant, [identifier], [attribute])]

    def _instance(self, identifier: str, attribute: str, name: str) -> Instance:
        check_uri(name, "instance id")
        found = next((each for each in self._instances(identifier, attribute) if each.instance == name), None)
        if found is None:
            raise not_found("instance", name)
        return found

    # ------------------------------------------------------------ reading

    def retrieve(self, identifier: str, terms: TermMap, parameters: Parameters = _EMPTY) -> Told:
        """Show the past of one entity (5.7.3)."""
        check_parameters(parameters, _TIME | SHOWING)
        frame, shape, projection = timeframe_of(parameters), shape_of(parameters), projection_of(parameters, terms)
        check_uri(identifier, "entity id")
        types = self._known(identifier)
        found = self._evolutions([(identifier, types)], frame, projection)
        if found and projection.attributes is not None and not found[0].past:
            raise not_found("such attribute of entity", identifier)
        shown, part = self._told(found, frame, shape, projection, terms)
        if not shown[0] or (projection.pick is not None and not found[0].past and "id" not in shown[0]):
            raise not_found("such member of entity", identifier)
        return Told(Page(shown), part)

    def query(self, terms: TermMap, parameters: Parameters, selection: Selection | None = None) -> Told:
        """Show the past of the entities that a request selects (5.7.4)."""
        check_parameters(parameters, _TIME | SHOWING | CHOOSING | PAGING | {"orderBy"})
        chosen = selection_of(parameters, terms) if selection is None else selection
        frame, shape, projection = timeframe_of(parameters), shape_of(parameters), projection_of(parameters, terms)
        if not (chosen.says_more_than_ids() or projection != Projection() or flag(parameters, "local")):
            raise bad_data("a query needs at least one of type, attrs, pick, q, scopeQ, georel or local=true")
        found = self._selected(chosen, frame, projection)
        orders, paging = orders_of(parameters, terms), paging_of(parameters)
        if orders:
            found = _ordered(found, lambda entities: in_order(entities, orders, terms))
        total = len(found)
        page = found[paging.offset : paging.offset + paging.limit]
        shown, part = self._told(page, frame, shape, projection, terms)
        more = total > paging.offset + len(page)
        return Told(Page([each for each in shown if each], total if paging.total else None, more), part)

    def query_by_body(self, payload: Any, terms: TermMap, parameters: Parameters) -> Told:
        """Show the past of the entities that a Query object selects (5.7.4 by POST)."""
        selection, told = query_of(payload, terms)
        return self.query(terms, {**told, **temporal_part(payload), **parameters}, selection)

    def _selected(self, selection: Selection, frame: Timeframe, projection: Projection) -> list[Evolution]:
        ids = {identifier for who in selection.who for identifier in who.ids} if all_have_ids(selection) else None
        names = {name for who in selection.who for name in who.type_names()}
        known = self._history.entities(
            self._tenant, sorted(ids) if ids else None, sorted(names) or None, None, frame.span
        )
        meant = [
            (identifier, types)
            for identifier, types in known
            if not selection.who or any(who.admits(identifier, types) for who in selection.who)
        ]
        evolutions = self._evolutions(meant, frame, projection, selection)
        return [each for each in evolutions if each.past and selection.holds_for(_as_entity(each))]

    def _evolutions(
        self,
        known: list[tuple[str, tuple[str, ...]]],
        frame: Timeframe,
        projection: Projection,
        selection: Selection | None = None,
    ) -> list[Evolution]:
        """The instances of entities within a timeframe."""
        if not known:
            return []
        wanted = self._wanted(projection, selection)
        rows = self._history.rows(self._tenant, [entity for entity, _ in known], wanted, frame.span, frame.last)
        found: dict[str, dict[str, list[Instance]]] = {entity: {} for entity, _ in known}
        for (entity, attribute), group in groupby(rows, lambda row: (row.entity, row.attribute)):
            kept = [
                instance_of(row)
                for row in group
                if (row.deleted is None or frame.measured_by == "deletedAt")
                and (projection.datasets is None or row.dataset in projection.datasets)
            ]
            if kept:
                found[entity].setdefault(attribute, []).extend(kept)
        return [Evolution(entity, types, found[entity]) for entity, types in known]

    def _wanted(self, projection: Projection, selection: Selection | None) -> list[str] | None:
        if projection.attributes is None:
            return None
        wanted = set(projection.attributes)
        if selection is not None and selection.query is not None:
            wanted |= attributes_of(selection.query)
        if selection is not None and selection.place is not None:
            wanted.add(selection.place.attribute)
        return sorted(wanted)

    def _told(
        self, found: list[Evolution], frame: Timeframe, shape: Shape, projection: Projection, terms: TermMap
    ) -> tuple[list[dict[str, Any]], Range | None]:
        part = None
        if shape.name == AGGREGATED:
            found = [each._replace(figures=tuple(self._figures(each, frame, shape))) for each in found]
        else:
            found, part = _limited(found, frame, self._most)
        chronicler = Chronicler(terms, shape, projection, frame.measured_by)
        return [chronicler.show(each) for each in found], part

    def _figures(self, evolution: Evolution, frame: Timeframe, shape: Shape) -> list[Figure]:
        moments_ = [_moment(instance, frame) for instances in evolution.past.values() for instance in instances]
        if not moments_:
            return []
        origin = min(moments_)
        figures = self._history.aggregate(
            self._tenant,
            [evolution.id],
            sorted(evolution.past),
            frame.span
            or timeframe_of({"timeproperty": frame.measured_by, "timerel": "after", "timeAt": _LONG_AGO}).span,
            shape.methods,
            shape.period,
            origin,
        )
        return [each if each.end is not None else each._replace(start=origin, end=max(moments_)) for each in figures]


_LONG_AGO = "0001-01-01T00:00:00Z"


def all_have_ids(selection: Selection) -> bool:
    """Whether every selector names ids."""
    return bool(selection.who) and all(who.ids for who in selection.who)


def _as_entity(evolution: Evolution) -> Entity:
    """An entity with all its instances, against which a query is held."""
    created = min((one.created for each in evolution.past.values() for one in each), default=0)
    attributes = {name: instances for name, instances in evolution.past.items() if name != SCOPE}
    scopes = tuple(scope for one in evolution.past.get(SCOPE, ()) for scope in one.value)
    return Entity(evolution.id, evolution.types, created, created, scopes, attributes)


def _ordered(found: list[Evolution], order: Callable[[Iterable[Entity]], list[Entity]]) -> list[Evolution]:
    by_id = {each.id: each for each in found}
    return [by_id[entity.id] for entity in order(map(_as_entity, found))]


def _moment(instance: Instance, frame: Timeframe) -> int:
    if frame.measured_by == "observedAt":
        return moments.microseconds(instance.observed) if instance.observed else instance.modified
    stamps = {"createdAt": instance.created, "modifiedAt": instance.modified, "deletedAt": instance.deleted}
    return stamps[frame.measured_by]


def _limited(found: list[Evolution], frame: Timeframe, most: int) -> tuple[list[Evolution], Range | None]:
    """No more instances than one answer may hold, cut at one moment for all, and the range that is left."""
    times = sorted(
        (_moment(one, frame) for each in found for instances in each.past.values() for one in instances),
        reverse=frame.last is not None,
    )
    if len(times) <= most:
        return found, None
    cut = times[most - 1]

    def kept(instances: list[Instance]) -> list[Instance]:
        if frame.last is not None:
            return [one for one in instances if _moment(one, frame) >= cut]
        return [one for one in instances if _moment(one, frame) <= cut]

    left = [each._replace(past={name: kept(instances) for name, instances in each.past.items()}) for each in found]
    return left, _range(frame, times[0], cut)


def _range(frame: Timeframe, first: int, cut: int) -> Range:
    """From the end of the time that was asked for, from which the counting went, to the cut."""
    start = first
    if frame.last is None and frame.start is not None:
        start = frame.start - (frame.relation == "after")
    elif frame.last is not None and frame.end is not None:
        start = frame.end - (frame.relation == "between")
    return Range(moments.written(start), moments.written(cut), "*" if frame.last is None else str(frame.last))
