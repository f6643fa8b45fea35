"""One sensed and controlled plant: what its sensors say goes into its state, what is decided goes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from touyan.control.authority import Mode
from touyan.control.engine import Control, Terms
from touyan.control.ledger import Journal, Ledger
from touyan.core.components import Controller, GuardRule, Scenario, Source
from touyan.core.entities import Entity
from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Plant
from touyan.fusion.state import CurrentState

from .apart import ApartController
from .packs import Registry
from .settings import AuthorityTable, BrainSettings


class Loop:
    """A plant with its state and its control; the state is all that control is given."""

    def __init__(
        self,
        plant: Plant,
        controller: Controller,
        guards: Sequence[GuardRule],
        mode: Mode,
        journal: Journal,
        terms: Terms | None = None,
    ) -> None:
        self.plant, self._controller = plant, controller
        self.state = CurrentState(plant.now)
        for entity_type, entities in groupby(plant.inventory, _type):
            self.state.register(entity_type, [entity.id for entity in entities])
        self.absorb(plant.advance(0.0))  # what signals show before the first decision
        self.ledger = Ledger(journal)
        self.control = Control(plant, [controller], guards, mode, self.ledger, terms)

    def decide(self) -> None:
        """Let control look at the state and move the street."""
        self.control.step(self.state)

    def close(self) -> None:
        """End what the controller has of its own."""
        if isinstance(self._controller, ApartController):
            self._controller.close()

    def absorb(self, batches: Iterable[ObservationBatch]) -> None:
        """Take over what the sensors said until now."""
        for batch in batches:
            self.state.update(batch)
        self.state.move_to(self.plant.now)


def make_loop(
    registry: Registry,
    scenario: Scenario,
    controller: str,
    mode: Mode,
    journal: Journal,
    authority: AuthorityTable | None = None,
    apart: BrainSettings | None = None,
) -> Loop:
    """A scenario's plant with every source and fitting guard of the packs, under a controller's spec.

    With the settings of the brain in `apart` the controller works in a process of its own.
    """
    authority = authority or AuthorityTable()
    sources = [registry.make(source) for source in registry.all(Source)]
    chosen = registry.component(Controller, controller)
    plant = scenario.build(sources)
    if apart:
        chosen = ApartController(apart, controller, chosen.name, authority.deadline_s)
    return Loop(plant, chosen, registry.fitting(GuardRule, plant), mode, journal, authority.terms())


def _type(entity: Entity) -> str:
    return entity.type
