"""Subscriptions of one tenant (clauses 5.2.12 to 5.2.15 and 5.8): checked, stored, shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from . import moments
from .contexts import PLACE, Context, TermMap
from .entities import Page
from .linking import Join, join_of
from .parameters import PAGING, check_parameters, paging_of
from .population import Population
from .projection import Projection, projection_of
from .query_body import selection_in
from .reading import check_uri, checked_name
from .refusals import already_exists, bad_data, not_found
from .selection import Selection
from .terms import NULL
from .transaction import SUBSCRIPTION, Transaction
from .writing import CONCISE, NORMALIZED, SIMPLIFIED, Form

ENTITY_CREATED, ENTITY_UPDATED, ENTITY_DELETED = "entityCreated", "entityUpdated", "entityDeleted"
ATTRIBUTE_CREATED, ATTRIBUTE_UPDATED, ATTRIBUTE_DELETED = "attributeCreated", "attributeUpdated", "attributeDeleted"
TRIGGERS = (ENTITY_CREATED, ENTITY_UPDATED, ENTITY_DELETED, ATTRIBUTE_CREATED, ATTRIBUTE_UPDATED, ATTRIBUTE_DELETED)
USUAL_TRIGGERS = (ATTRIBUTE_CREATED, ATTRIBUTE_UPDATED)

_FORMATS = {"normalized": NORMALIZED, "concise": CONCISE, "keyValues": SIMPLIFIED, "simplified": SIMPLIFIED}
_ACCEPTED = ("application/json", "application/ld+json", "application/geo+json")
_MOST_SECONDS = 10 * 366 * 86_400
_READ_ONLY = {"status", "createdAt", "modifiedAt", "deletedAt"}
_READ_ONLY_NOTIFICATION = {"status", "timesSent", "timesFailed", "lastNotification", "lastFailure", "lastSuccess"}


class Endpoint(NamedTuple):
    """Where notifications go, in which media type, with which headers."""

    uri: str
    accept: str = "application/json"
    timeout_s: float = 10.0
    cooldown_s: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()


@dataclass
class Record:
    """How the notifications of a subscription went; times are microseconds, 0 for never."""

    times_sent: int = 0
    times_failed: int = 0
    last_notification: int = 0
    last_success: int = 0
    last_failure: int = 0

    def as_members(self) -> dict[str, Any]:
        """What a reader of the subscription is told."""
        if not self.times_sent:
            return {}
        told: dict[str, Any] = {"status": "failed" if self.last_failure > self.last_success else "ok"}
        told["timesSent"] = self.times_sent
        if self.times_failed:
            told["timesFailed"] = self.times_failed
        moments_ = {
            "lastNotification": self.last_notification,
            "lastSuccess": self.last_success,
            "lastFailure": self.last_failure,
        }
        return told | {name: moments.written(at) for name, at in moments_.items() if at}


@dataclass
class Subscription:
    """What somebody wants to be told, ready to be held against events; `payload` is what was given."""

    id: str
    payload: dict[str, Any]
    terms: TermMap
    shown_in: TermMap
    selection: Selection
    watched: frozenset[str]
    triggers: frozenset[str]
    projection: Projection
    form: Form
    join: Join | None
    endpoint: Endpoint
    show_changes: bool
    interval_s: float
    throttling_s: float
    expires: int
    active: bool
    created: int
    modified: int
    record: Record = field(default_factory=Record)
    context_url: str = ""
    """Where a context is served that has no address of its own."""

    def status(self, now: int) -> str:
        """active, paused or expired."""
        if self.expires and self.expires <= now:
            return "expired"
        return "active" if self.active else "paused"


class Subscriptions:
    """All subscriptions of one tenant, with an index by type for events."""

    def __init__(self, tenant: str, population: Population) -> None:
        self._tenant, self._population = tenant, population
        self._all: dict[str, Subscription] = {}
        self._by_id: dict[str, dict[str, Subscription]] = {}
        self._by_type: dict[str, dict[str, Subscription]] = {}

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    def get(self, identifier: str) -> Subscription | None:
        """A subscription, None when there is none."""
        return self._all.get(identifier)

    def concerned(self, identifier: str, types: tuple[str, ...]) -> Iterator[Subscription]:
        """The subscriptions that may be about an entity."""
        yield from self._by_id.get(identifier, {}).values()
        seen: set[str] = set()
        for name in ("", *types):
            for subscription in self._by_type.get(name, {}).values():
                if subscription.id not in seen:
                    seen.add(subscription.id)
                    yield subscription

    # ------------------------------------------------------------ requests

    def create(self, payload: Any, terms: TermMap, shown_in: TermMap, context_url: str) -> tuple[str, Transaction]:
        """Store a subscription (5.8.1)."""
        given = _checked_shape(payload)
        identifier = check_uri(given["id"], "id") if "id" in given else f"urn:ngsi-ld:Subscription:{uuid4()}"
        if identifier in self._all:
            raise already_exists("subscription", identifier)
        transaction = Transaction(self._tenant, self._population, moments.now())
        _check_expiry(given, transaction.now)
        subscription = compiled(given | {"id": identifier}, terms, shown_in, transaction.now, transaction.now)
        subscription.context_url = context_url
        self._put(subscription, transaction)
        return identifier, transaction

    def update(
        self, identifier: str, payload: Any, terms: TermMap, shown_in: TermMap | None, context_url: str
    ) -> Transaction:
        """Change a subscription in part (5.8.2)."""
        old = self.find(identifier)
        given = _checked_shape(payload, fragment=True)
        transaction = Transaction(self._tenant, self._population, moments.now())
        _check_expiry(given, transaction.now)
        merged = _merged(_renamed(old.payload, old.terms, terms), given) | {"id": identifier}
        new = compiled(merged, terms, shown_in or old.shown_in, old.created, transaction.now)
        new.record, new.context_url = old.record, old.context_url if shown_in is None else context_url
        self._put(new, transaction)
        return transaction

    def delete(self, identifier: str) -> Transaction:
        """Forget a subscription (5.8.5)."""
        old = self.find(identifier)
        transaction = Transaction(self._tenant, self._population, moments.now())
        self.restore(identifier, None)
        transaction.note(SUBSCRIPTION, identifier, None, lambda: self.restore(identifier, old))
        return transaction

    def find(self, identifier: str) -> Subscription:
        """The subscription of an id; raises BrokerError for none."""
        found = self._all.get(identifier)
        if found is None:
            check_uri(identifier, "subscription id")
            raise not_found("subscription", identifier)
        return found

    def retrieve(self, identifier: str, terms: TermMap, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Show one subscription (5.8.3)."""
        check_parameters(parameters, frozenset({"options"}))
        return shown(self.find(identifier), terms, system_attributes="sysAttrs" in parameters.get("options", ""))

    def query(self, terms: TermMap, parameters: Mapping[str, str]) -> Page:
        """Show a page of subscriptions (5.8.4)."""
        check_parameters(parameters, PAGING | {"options"})
        paging = paging_of(parameters)
        page = list(self._all.values())[paging.offset : paging.offset + paging.limit]
        system_attributes = "sysAttrs" in parameters.get("options", "")
        items = [shown(each, terms, system_attributes=system_attributes) for each in page]
        total = len(self._all)
        return Page(items, total if paging.total else None, total > paging.offset + len(page))

    # ------------------------------------------------------------ keeping

    def _put(self, subscription: Subscription, transaction: Transaction) -> None:
        old = self._all.get(subscription.id)
        transaction.note(
            SUBSCRIPTION, subscription.id, as_stored(subscription), lambda: self.restore(subscription.id, old)
        )
        self.restore(subscription.id, subscription)

    def restore(self, identifier: str, subscription: Subscription | None) -> None:
        """Put a subscription in its place, or take it away."""
        old = self._all.pop(identifier, None)
        if old is not None:
            for index, key in self._places(old):
                index[key].pop(identifier, None)
                if not index[key]:
                    del index[key]
        if subscription is not None:
            self._all[identifier] = subscription
            for index, key in self._places(subscription):
                index.setdefault(key, {})[identifier] = subscription

    def _places(self, subscription: Subscription) -> Iterator[tuple[dict[str, dict[str, Subscription]], str]]:
        """Where a subscription is found: by the ids, else the types that it is about, else among all events."""
        who = subscription.selection.who
        if who and all(each.ids for each in who):
            yield from ((self._by_id, entity) for entity in {entity for each in who for entity in each.ids})
        elif who and all(each.types is not None for each in who):
            yield from ((self._by_type, name) for name in {name for each in who for name in each.type_names()})
        else:
            yield self._by_type, ""


def as_stored(subscription: Subscription) -> dict[str, Any]:
    """What the log keeps of a subscription."""
    return {
        "payload": subscription.payload,
        "context": subscription.terms.context,
        "shown_in": subscription.shown_in.context,
        "context_url": subscription.context_url,
        "created": subscription.created,
        "modified": subscription.modified,
    }


def compiled(payload: dict[str, Any], terms: TermMap, shown_in: TermMap, created: int, modified: int) -> Subscription:
    """A subscription ready to be held against events; BadRequestData for what does not hold together."""
    interval, throttling = (_seconds(payload, name) for name in ("timeInterval", "throttling"))
    watched = _watched(payload, terms)
    if interval and (throttling or watched):
        raise bad_data("timeInterval cannot stand beside throttling or watchedAttributes")
    if not (payload.get("entities") or watched or payload.get("q") or payload.get("geoQ")):
        raise bad_data("a subscription needs entities, watchedAttributes, q or geoQ")
    notification = _notification(payload)
    expires = payload.get("expiresAt")
    return Subscription(
        payload["id"],
        payload,
        terms,
        shown_in,
        selection_in(payload, terms),
        watched,
        _triggers(payload),
        _projection(payload, notification, terms),
        _form(payload, notification),
        join_of(notification),
        _endpoint(notification),
        _flag(notification, "showChanges"),
        interval,
        throttling,
        0 if expires is None else moments.moment(expires, "expiresAt"),
        _flag(payload, "isActive", usual=True),
        created,
        modified,
    )


def _checked_shape(payload: Any, *, fragment: bool = False) -> dict[str, Any]:
    """The members of a subscription without those that only the broker sets."""
    if not isinstance(payload, dict) or not payload:
        raise bad_data("expected a JSON object that is a subscription")
    if not fragment and payload.get("type") != "Subscription":
        raise bad_data(f"type: found {str(payload.get('type'))[:80]!r}; expected 'Subscription'")
    if payload.get("type", "Subscription") != "Subscription":
        raise bad_data("type: a subscription stays a subscription")
    return {name: value for name, value in payload.items() if name not in _READ_ONLY | {"@context"}}


def _check_expiry(given: dict[str, Any], now: int) -> None:
    expires = given.get("expiresAt")
    if expires is not None and expires != NULL and moments.moment(expires, "expiresAt") <= now:
        raise bad_data("expiresAt: the moment is past")


def _merged(old: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A subscription with a fragment laid over it; null and the NGSI-LD Null delete a member."""
    new = dict(old)
    for name, value in given.items():
        if value is None or value == NULL:
            new.pop(name, None)
        else:
            new[name] = value
    return new


def _notification(payload: dict[str, Any]) -> dict[str, Any]:
    notification = payload.get("notification")
    if not isinstance(notification, dict):
        raise bad_data("notification: expected an object with an endpoint")
    return {name: value for name, value in notification.items() if name not in _READ_ONLY_NOTIFICATION}


def _seconds(payload: dict[str, Any], name: str) -> float:
    value = payload.get(name)
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= _MOST_SECONDS:
        raise bad_data(f"{name}: found {str(value)[:40]!r}; expected seconds above 0")
    return float(value)


def _watched(payload: dict[str, Any], terms: TermMap) -> frozenset[str]:
    given = payload.get("watchedAttributes")
    if given is None:
        return frozenset()
    if not isinstance(given, list) or not given:
        raise bad_data("watchedAttributes: expected a list with at least one name")
    return frozenset(terms.expand(checked_name(name, "watchedAttributes")) for name in given)


def _triggers(payload: dict[str, Any]) -> frozenset[str]:
    given = payload.get("notificationTrigger", list(USUAL_TRIGGERS))
    if not isinstance(given, list) or not given or not set(map(str, given)) <= set(TRIGGERS):
        raise bad_data(f"notificationTrigger: expected a list of {', '.join(TRIGGERS)}")
    triggers = frozenset(given)
    return (
        triggers | {ATTRIBUTE_CREATED, ATTRIBUTE_UPDATED, ATTRIBUTE_DELETED} if ENTITY_UPDATED in triggers else triggers
    )


def _projection(payload: dict[str, Any], notification: dict[str, Any], terms: TermMap) -> Projection:
    parameters: dict[str, str] = {}
    for member, name in (("attributes", "attrs"), ("pick", "pick"), ("omit", "omit")):
        if notification.get(member) is not None:
            parameters[name] = _names(notification[member], member)
    if payload.get("datasetId") is not None:
        parameters["datasetId"] = _names(payload["datasetId"], "datasetId")
    return projection_of(parameters, terms)


def _names(value: Any, name: str) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        raise bad_data(f"{name}: expected a list with at least one name")
    return ",".join(value)


def _form(payload: dict[str, Any], notification: dict[str, Any]) -> Form:
    name = notification.get("format", "normalized")
    if name not in _FORMATS:
        raise bad_data(f"format: found {str(name)[:40]!r}; expected one of {', '.join(_FORMATS)}")
    language = payload.get("lang", "")
    if not isinstance(language, str):
        raise bad_data("lang: expected a text")
    return Form(_FORMATS[name], _flag(notification, "sysAttrs"), language)


def _flag(payload: dict[str, Any], name: str, *, usual: bool = False) -> bool:
    value = payload.get(name, usual)
    if not isinstance(value, bool):
        raise bad_data(f"{name}: found {str(value)[:40]!r}; expected true or false")
    return value


def _endpoint(notification: dict[str, Any]) -> Endpoint:
    given = notification.get("endpoint")
    if not isinstance(given, dict):
        raise bad_data("notification.endpoint: expected an object with a uri")
    uri = check_uri(given.get("uri"), "endpoint.uri")
    _check_endpoint_uri(uri)
    accept = given.get("accept", "application/json")
    if accept not in _ACCEPTED:
        raise bad_data(f"endpoint.accept: found {str(accept)[:80]!r}; expected one of {', '.join(_ACCEPTED)}")
    timeout = _milliseconds(given, "timeout", 10_000)
    cooldown = _milliseconds(given, "cooldown", 0)
    return Endpoint(uri, accept, timeout, cooldown, _pairs(given, "receiverInfo"), _pairs(given, "notifierInfo"))


def _check_endpoint_uri(uri: str) -> None:
    try:
        parts = urlsplit(uri)
        usable = parts.scheme in ("http", "https", "mqtt", "mqtts") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise bad_data(f"endpoint.uri: found {uri[:200]!r}; expected http, https, mqtt or mqtts and a host")


def _milliseconds(given: dict[str, Any], name: str, usual: int) -> float:
    value = given.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 3_600_000:
        raise bad_data(f"endpoint.{name}: found {str(value)[:40]!r}; expected milliseconds up to an hour")
    return value / 1000


def _pairs(given: dict[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    pairs = given.get(name, [])
    if not isinstance(pairs, list) or not all(isinstance(each, dict) for each in pairs):
        raise bad_data(f"endpoint.{name}: expected a list of objects with key and value")
    found = tuple((str(each.get("key", "")), str(each.get("value", ""))) for each in pairs)
    if any(not key.strip() or "\n" in key + value or "\r" in key + value for key, value in found):
        raise bad_data(f"endpoint.{name}: a key is empty, or a value has more than one line")
    return found


def shown(subscription: Subscription, terms: TermMap, *, system_attributes: bool = False) -> dict[str, Any]:
    """A subscription as a reader's context writes it."""
    told = _renamed(subscription.payload, subscription.terms, terms)
    told.setdefault("notificationTrigger", list(USUAL_TRIGGERS))
    if subscription.context_url.startswith(PLACE):
        told.setdefault("jsonldContext", subscription.context_url)
    told["status"] = subscription.status(moments.now())
    told["notification"] = {**told["notification"], **subscription.record.as_members()}
    if system_attributes:
        told |= {
            "createdAt": moments.written(subscription.created),
            "modifiedAt": moments.written(subscription.modified),
        }
    return told


def _renamed(payload: dict[str, Any], old: TermMap, new: TermMap) -> dict[str, Any]:
    """A subscription with its names in another context; the text of q stays as it was given."""

    def name(term: str) -> str:
        return new.compact(old.expand(term))

    told = dict(payload)
    if old is new:
        told["notification"] = dict(payload["notification"])
        return told
    if isinstance(payload.get("entities"), (list, tuple)):
        told["entities"] = [_renamed_selector(each, old, new) for each in payload["entities"]]
    if isinstance(payload.get("watchedAttributes"), list):
        told["watchedAttributes"] = [name(term) for term in payload["watchedAttributes"]]
    notification = dict(payload["notification"])
    if isinstance(notification.get("attributes"), list):
        notification["attributes"] = [name(term) for term in notification["attributes"]]
    told["notification"] = notification
    return told


def _renamed_selector(selector: dict[str, Any], old: TermMap, new: TermMap) -> dict[str, Any]:
    kind = selector.get("type")
    plain = isinstance(kind, str) and not set(kind) & set("();|,*")
    return {**selector, "type": new.compact(old.expand(kind))} if plain and isinstance(kind, str) else dict(selector)


def context_for_showing(payload: Any) -> Context | None:
    """The context that notifications shall be written in, where a subscription names another one."""
    if not isinstance(payload, dict) or payload.get("jsonldContext") is None:
        return None
    return check_uri(payload["jsonldContext"], "jsonldContext")
