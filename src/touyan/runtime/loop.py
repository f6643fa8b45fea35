"""One sensed and controlled plant: what its sensors say goes into its state, what is decided goes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from touyan.control.authority import Mode
from touyan.control.engine import Control
from touyan.control.ledger import Journal, Ledger
from touyan.core.components import Controller, GuardRule, Scenario, Source
from touyan.core.entities import Entity
from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Plant
from touyan.fusion.state import CurrentState

from .packs import Registry


class Loop:
    """A plant with its state and its control; the state is all that control is given."""

    def __init__(
        self, plant: Plant, controller: Controller, guards: Sequence[GuardRule], mode: Mode, journal: Journal
    ) -> None:
        self.plant = plant
        self.state = CurrentState(plant.now)
        for entity_type, entities in groupby(plant.inventory, _type):
            self.state.register(entity_type, [entity.id for entity in entities])
        self.absorb(plant.advance(0.0))  # what signals show before the first decision
        self.ledger = Ledger(journal)
        self.control = Control(plant, [controller], guards, mode, self.ledger)

    def decide(self) -> None:
        """Let control look at the state and move the street."""
        self.control.step(self.state)

    def absorb(self, batches: Iterable[ObservationBatch]) -> None:
        """Take over what the sensors said until now."""
        for batch in batches:
            self.state.update(batch)
        self.state.move_to(self.plant.now)


def make_loop(registry: Registry, scenario: Scenario, controller: str, mode: Mode, journal: Journal) -> Loop:
    """A scenario's plant with every source and fitting guard of the packs, under a controller's spec."""
    sources = [registry.make(source) for source in registry.all(Source)]
    chosen = registry.component(Controller, controller)
    plant = scenario.build(sources)
    return Loop(plant, chosen, registry.fitting(GuardRule, plant), mode, journal)


def _type(entity: Entity) -> str:
    return entity.type
