"""From what happened to what subscribers are told (clauses 5.3.1 and 5.8.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import uuid4

from . import moments
from .changes import Change
from .linking import FLAT, Find, Joiner
from .model import Attributes, Entity
from .past import deleted
from .population import Population
from .subscriptions import (
    ATTRIBUTE_CREATED,
    ATTRIBUTE_DELETED,
    ATTRIBUTE_UPDATED,
    ENTITY_CREATED,
    ENTITY_DELETED,
    Subscription,
    Subscriptions,
)
from .terms import NULL, PREVIOUS_MEMBER
from .transaction import Event
from .writing import Writer


class Notice(NamedTuple):
    """Something to be told to one subscriber: the entities as JSON in the subscriber's context."""

    subscription: Subscription
    data: list[dict[str, Any]]


def notices_of(events: Iterable[Event], subscriptions: Subscriptions, find: Find, now: int) -> Iterator[Notice]:
    """What subscribers are to be told of events; one notice for each subscription and entity."""
    for event in events:
        entity = event.after or event.before
        if entity is None:
            continue
        for subscription in subscriptions.concerned(entity.id, entity.types):
            if subscription.interval_s or subscription.status(now) != "active":
                continue
            told = _told(event, entity, subscription, find, now)
            if told is not None:
                yield Notice(subscription, told)


def periodic_notice(subscription: Subscription, population: Population) -> Notice:
    """What a subscriber is told at the end of each interval: all entities that fit."""
    writer = Writer(subscription.shown_in, subscription.form, subscription.projection)
    return Notice(subscription, [writer.entity(entity) for entity in population.select(subscription.selection)])


def body_of(notice: Notice, now: int) -> dict[str, Any]:
    """The notification as JSON (5.3.1)."""
    subscription = notice.subscription
    accept = subscription.endpoint.accept
    data: Any = notice.data
    if accept == "application/ld+json":
        data = [{**entity, "@context": subscription.shown_in.context} for entity in data]
    if accept == "application/geo+json":
        data = {"type": "FeatureCollection", "features": [_feature(entity) for entity in data]}
    return {
        "id": f"urn:ngsi-ld:Notification:{uuid4()}",
        "type": "Notification",
        "subscriptionId": subscription.id,
        "notifiedAt": moments.written(now),
        "data": data,
    }


def _feature(entity: dict[str, Any]) -> dict[str, Any]:
    place = entity.get("location")
    geometry = place.get("value", place) if isinstance(place, dict) else None
    members = {name: value for name, value in entity.items() if name != "id"}
    return {"type": "Feature", "id": entity.get("id"), "geometry": geometry, "properties": members}


def _told(
    event: Event, entity: Entity, subscription: Subscription, find: Find, now: int
) -> list[dict[str, Any]] | None:
    relevant = _relevant(event, subscription)
    if relevant is None or not subscription.selection.admits(entity):
        return None
    if event.after is None:
        return [_gone(event, subscription, now)]
    ended = [change for change in relevant if change.after is None and change.before is not None]
    shown = _with_ended(event.after, ended, now)
    if not subscription.projection.shows(shown):
        return None
    return _shown(shown, relevant, subscription, find)


def _relevant(event: Event, subscription: Subscription) -> list[Change] | None:
    """The changes that a subscription is about; None when it is about none of them."""
    triggers, watched = subscription.triggers, subscription.watched
    changes = [change for change in event.changes if not watched or change.attribute in watched]
    if event.after is None:
        wanted = ENTITY_DELETED in triggers or (ATTRIBUTE_DELETED in triggers and bool(changes))
        return changes if wanted and (not watched or changes) else None
    if event.before is None and ENTITY_CREATED in triggers and (not watched or changes):
        return changes
    hits = [change for change in changes if _trigger(change) in triggers]
    return hits or None


def _trigger(change: Change) -> str:
    if change.before is None:
        return ATTRIBUTE_CREATED
    return ATTRIBUTE_DELETED if change.after is None else ATTRIBUTE_UPDATED


def _with_ended(entity: Entity, ended: list[Change], now: int) -> Entity:
    """An entity in which ended instances stand as the NGSI-LD Null."""
    if not ended:
        return entity
    attributes: Attributes = dict(entity.attributes)
    for change in ended:
        if change.before is not None and (change.attribute in entity.attributes or change.attribute not in attributes):
            null = deleted(change.before, now)
            attributes[change.attribute] = [*attributes.get(change.attribute, ()), null]
    return Entity(entity.id, entity.types, entity.created, entity.modified, entity.scope, attributes)


def _shown(entity: Entity, changes: list[Change], subscription: Subscription, find: Find) -> list[dict[str, Any]]:
    terms, form, projection = subscription.shown_in, subscription.form, subscription.projection
    if subscription.join is not None:
        joiner = Joiner(terms, form, subscription.join, find)
        if subscription.join.mode == FLAT:
            return joiner.flat([(entity, projection)])
        return [joiner.inline(entity, projection)]
    shown = Writer(terms, form, projection).entity(entity)
    if subscription.show_changes:
        _add_previous(shown, changes, subscription)
    return [shown]


def _add_previous(shown: dict[str, Any], changes: list[Change], subscription: Subscription) -> None:
    """Beside each new value the one before it."""
    writer = Writer(subscription.shown_in, subscription.form)
    for change in changes:
        if change.before is None:
            continue
        place = shown.get(subscription.shown_in.compact(change.attribute))
        for instance in place if isinstance(place, list) else [place]:
            if isinstance(instance, dict) and instance.get("datasetId", "") == change.before.dataset:
                instance[PREVIOUS_MEMBER[change.before.kind]] = writer.value(change.before)


def _gone(event: Event, subscription: Subscription, now: int) -> dict[str, Any]:
    """An entity that was deleted; its attributes only where these were asked for."""
    before = event.before
    assert before is not None
    listed = subscription.show_changes or ATTRIBUTE_DELETED in subscription.triggers
    attributes: Attributes = {}
    for change in event.changes if listed else ():
        if change.before is not None and (not subscription.watched or change.attribute in subscription.watched):
            null = deleted(change.before, now)
            null.value = NULL
            attributes.setdefault(change.attribute, []).append(null)
    ghost = Entity(before.id, before.types, before.created, before.modified, (), attributes)
    writer = Writer(subscription.shown_in, subscription.form, subscription.projection)
    shown = writer.entity(ghost, {"deletedAt": moments.written(now)})
    if subscription.show_changes:
        _add_previous(shown, event.changes, subscription)
    return shown
