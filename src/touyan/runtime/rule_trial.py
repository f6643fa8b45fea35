"""A dry run of rules on a history: how many alerts each would have raised."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec

from touyan.core.alert_records import AlertRecord, Joined, Raised, Repeated
from touyan.core.commands import Command
from touyan.core.components import Detector, Forecaster
from touyan.core.entities import Entity
from touyan.core.history import History
from touyan.core.observations import ObservationBatch
from touyan.fusion.state import CurrentState
from touyan.warning.book import AlertBook
from touyan.warning.failure import COMPONENT_FAILED
from touyan.warning.places import Places
from touyan.warning.rules import check_city
from touyan.warning.watch import Watch

from .alert_file import AlertFile
from .packs import Registry


class Outcome(msgspec.Struct, frozen=True):
    """What a rule would have done: raw alerts, the alerts they make, on how many entities; times are epoch seconds."""

    rule: str
    raw: int
    alerts: int
    entities: int
    first: float | None
    last: float | None


class RuleTrial(msgspec.Struct, frozen=True):
    """What all rules would have done from `since` to `until`; `failed` are parts that raised, in words."""

    since: float
    until: float
    outcomes: list[Outcome]
    failed: list[str]


class _Tape:
    """A journal that keeps its records for counting."""

    def __init__(self) -> None:
        self.records: list[AlertRecord] = []

    def journal_alerts(self, records: Sequence[AlertRecord]) -> None:
        """Keep them."""
        self.records.extend(records)


class _Past:
    """The plant of a history: it has what was read of, and no behaviour."""

    model: Any = None

    def __init__(self, now: float, inventory: Sequence[Entity]) -> None:
        self.now, self.inventory = now, inventory

    def advance(self, seconds: float) -> list[ObservationBatch]:
        """Nothing."""
        return []

    def obey(self, command: Command) -> bool:
        """What is past obeys nobody."""
        return False


def try_rules(
    work: AlertFile,
    history: History,
    registry: Registry,
    since: float | None = None,
    until: float | None = None,
    step_s: float = 1.0,
) -> RuleTrial:
    """Play a history to a file's rules; raises SettingError for a rule about what the history does not have."""
    first = history.span[0] - step_s if since is None else since
    last = history.span[1] if until is None else until
    check_city(work.rules, {entity.type for entity in history.entities})
    plant, tape = _Past(first, history.entities), _Tape()
    places = Places(history.entities)
    book = AlertBook(tape, (), work.desk, places, first)
    state = CurrentState(first)
    for kind, entities in groupby(sorted(history.entities, key=attrgetter("type")), attrgetter("type")):
        state.register(kind, [entity.id for entity in entities])
    asked = {rule.detector for rule in work.rules} | {rule.forecast for rule in work.rules}
    detectors = [part for part in registry.fitting(Detector, plant) if part.name in asked]
    forecasters = [part for part in registry.fitting(Forecaster, plant) if part.name in asked]
    watch = Watch(plant, detectors, [], book, "Test", work.rules, forecasters)
    for now, batches in history.batches(first, last, step_s):
        state.move_to(now)
        for batch in batches:
            state.update(batch)
        watch.step(state)
        book.tick(now)
    failed = [alert.description.en for alert in book.all() if alert.rule == COMPONENT_FAILED]
    return RuleTrial(first, last, [_outcome(rule.name, tape.records) for rule in work.rules], failed)


def _outcome(rule: str, records: Sequence[AlertRecord]) -> Outcome:
    mine = [record for record in records if isinstance(record, Raised | Joined) and _raw(record).rule == rule]
    again = sum(isinstance(record, Repeated) and record.key.startswith(f"{rule}|") for record in records)
    times = [_raw(record).sent for record in mine]
    return Outcome(
        rule,
        len(mine) + again,
        len({record.identifier for record in mine}),
        len({_raw(record).entity for record in mine}),
        min(times, default=None),
        max(times, default=None),
    )


def _raw(record: Raised | Joined) -> Any:
    return record.alert if isinstance(record, Raised) else record.raw
