"""What is made for people's eyes only: figures and live map layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from touyan.core.components import Component, Indicator, Layer
from touyan.core.errors import NotFoundError
from touyan.core.faults import Fault, attempt
from touyan.core.protocols import Measure, Observable, Plant, State

from .loop import Loop
from .packs import Registry
from .view import Figure, LayerInfo

_Answer = TypeVar("_Answer")

SENSORS, SIMULATION = "sensors", "simulation"


class Gallery:
    """The indicators and layers of all packs that fit a city and, beside it, its twin.

    One that raises is taken down and reported through `failed(fault)`; the others stay.
    """

    def __init__(self, registry: Registry, city: Loop, twin: Loop | None, failed: Callable[[Fault], None]) -> None:
        self._failed = failed
        self._city, self._twin = city, twin
        self._down: set[type[Component]] = set()
        self._layers = {layer.name: layer for layer in registry.fitting(Layer, city.plant)}
        self._infos = [
            LayerInfo(layer.name, registry.pack_of(type(layer)).name, layer.title, layer.full, layer.unit_code)
            for layer in self._layers.values()
        ]
        self._indicators = registry.fitting(Indicator, city.plant)
        self._twin_indicators = registry.fitting(Indicator, city.plant) if twin else []
        for layer in self._layers.values():
            self._attempt(layer, layer.start, city.plant)
        for indicator in (*self._indicators, *self._twin_indicators):
            self._attempt(indicator, indicator.start, city.plant)

    def note(self) -> None:
        """Let the indicators take note of the states of this beat."""
        for indicator in self._indicators:
            self._attempt(indicator, indicator.note, self._city.state)
        if self._twin:
            for indicator in self._twin_indicators:
                self._attempt(indicator, indicator.note, self._twin.state)

    def layers(self) -> list[LayerInfo]:
        """The layers on show."""
        return [info for info in self._infos if type(self._layers[info.name]) not in self._down]

    def features(self, name: str) -> dict[str, Any]:
        """The GeoJSON of one layer; raises NotFoundError."""
        up = {known: layer for known, layer in self._layers.items() if type(layer) not in self._down}
        features = self._attempt(up[name], up[name].features, self._city.plant) if name in up else None
        if features is None:
            raise NotFoundError("layer", name, up)
        return features

    def live(self) -> dict[str, dict[str, float]]:
        """The live values of each layer, by feature."""
        shown = {name: self._attempt(layer, layer.live, self._city.state) for name, layer in self._layers.items()}
        return {name: values for name, values in shown.items() if values}

    def figures(self) -> list[Figure]:
        """Every figure of the city with the twin's beside it."""
        city, twin = self._city, self._twin
        true = _paired(_truth(city.plant), _truth(twin.plant) if twin else [], SIMULATION)
        beside = self._measured(self._twin_indicators, twin.state) if twin else []
        return [*true, *_paired(self._measured(self._indicators, city.state), beside, SENSORS)]

    def _measured(self, indicators: Sequence[Indicator], state: State) -> list[Measure]:
        answers = [self._attempt(indicator, indicator.measure, state) for indicator in indicators]
        return [answer for answer in answers if answer is not None]

    def _attempt(self, shown: Layer | Indicator, call: Callable[..., _Answer], *given: Any) -> _Answer | None:
        """The answer of a component that is up; None when it is down or raises, and so is taken down."""
        if type(shown) in self._down:
            return None
        answer = attempt(shown.kind, shown.name, self._city.state.now, call, *given)
        if not isinstance(answer, Fault):
            return answer
        self._down.add(type(shown))
        self._failed(answer)
        return None


def _truth(plant: Plant) -> list[Measure]:
    return plant.measures() if isinstance(plant, Observable) else []


def _paired(city: Sequence[Measure], twin: Sequence[Measure], origin: str) -> Iterator[Figure]:
    beside = {measure.name: measure.value for measure in twin}
    for name, title, value, unit_code, method in city:
        yield Figure(name, title, unit_code, value, beside.get(name), method, origin)
