"""The kinds of component that a pack may hold; each file of the contract names one kind.

sources.py      Source      what sensors say
detectors.py    Detector    state in, scores of single entities out
forecasters.py  Forecaster  state in, values to come out
rules.py        Rule        which score, for how long, becomes which alert
worlds.py       Scenario    a world with its demand and seed, ready to start
demands.py      DemandMaker data such as matrices or counts in, demand for a world out
changes.py      Change      what is different in a city that might be
controllers.py  Controller  state in, proposals out
guards.py       GuardRule   what no command may do
analyses.py     Indicator   one figure of the city for people
layers.py       Layer       what the map shows
benchmarks.py   Benchmark   a measured table of figures
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from .alerts import Severity
from .commands import Command
from .errors import NotFoundError, SettingError
from .protocols import Finding, Forecast, Measure, Plant, Proposal, State
from .settings import Configurable, setting
from .surveys import Survey
from .text import Text


class Component(Configurable):
    """A part that a pack brings; its settings are declared once."""

    kind: ClassVar[str] = ""
    abstract: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ()
    """Entity types without which it has nothing to do in a city; a part that needs none fits any city."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.abstract = "abstract" in vars(cls) and cls.abstract

    @classmethod
    def fits(cls, plant: Plant) -> bool:
        """Whether the city has what the component needs; one that does not fit is left out."""
        return all(any(entity.type == needed for entity in plant.inventory) for needed in cls.needs)


class Source(Component):
    """What sensors of one kind say about a plant."""

    abstract = True
    kind = "source"


class Detector(Component):
    """State in, one score for each entity out; the higher, the further from normal."""

    abstract = True
    kind = "detector"
    entity_type: ClassVar[str]
    quantity: ClassVar[str] = "score"
    unit_code: ClassVar[str] = "C62"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.needs and hasattr(cls, "entity_type"):
            cls.needs = (cls.entity_type,)

    @abstractmethod
    def start(self, plant: Plant) -> None:
        """Learn the city before the first reading."""

    @abstractmethod
    def score(self, state: State) -> Finding:
        """Scores of all entities now; NaN where nothing can be said."""


class Forecaster(Component):
    """State in, values to come out."""

    abstract = True
    kind = "forecaster"
    quantity: ClassVar[str] = "value"
    unit_code: ClassVar[str] = "C62"

    @abstractmethod
    def start(self, plant: Plant) -> None:
        """Learn the city before the first reading."""

    @abstractmethod
    def forecast(self, state: State, until: float) -> Forecast:
        """What is to come until a time (epoch s)."""


class Rule(Component):
    """A score at or above a threshold for some time becomes an alert.

    Texts may use {entity}, {value}, {threshold}, {unit} and {since}.
    """

    abstract = True
    kind = "rule"
    detector: ClassVar[str]
    event: ClassVar[Text]
    headline: ClassVar[Text]
    description: ClassVar[Text]
    severity: ClassVar[Severity] = Severity.MODERATE
    threshold: float = setting(1.0, help="Score at which the condition holds.")
    holds_for_s: float = setting(0.0, unit="SEC", at_least=0.0, help="How long it must hold before the alert.")
    clear_below: float = setting(1.0, help="Score under which the condition has passed.")


class Change(Component):
    """What is different in a city that might be: the if of a what-if."""

    abstract = True
    kind = "change"

    @abstractmethod
    def check(self, plant: Plant) -> None:
        """Raise NotFoundError or SettingError where the city has no place for it."""


class Scenario(Component):
    """A city with its demand and its seed, ready to start."""

    abstract = True
    kind = "scenario"
    accepts: ClassVar[str] = ""
    """In words, the folder or files that it recognises; empty when it reads none."""
    plant: ClassVar[str] = ""
    """The other simulator that drives it; empty where it is driven by ours."""

    @abstractmethod
    def build(self, sources: Sequence[Source]) -> Plant:
        """The plant at its first second, equipped with those of the sources that fit it."""

    def changed(self, changes: Sequence[Change]) -> Scenario:
        """The same city with something different; raises SettingError for what it cannot change."""
        if changes:
            raise SettingError(self.name, "changes", changes[0].name, "none: this city cannot be changed")
        return self

    def label(self) -> Text:
        """What the city is called on screens and in reports."""
        return Text(self.name, self.name)

    def survey(self) -> Survey:
        """What its files hold, and what of them the world leaves out; raises InputError."""
        return Survey([], [])

    def export(self, path: Path) -> None:
        """Save the standing things of the city, as the file's ending says; raises NotFoundError."""
        raise NotFoundError("export of this kind of city", path.suffix or path.name)

    @classmethod
    def recognise(cls, paths: Sequence[Path]) -> dict[str, Any] | None:
        """The settings for a folder or files; None when they are not of this kind."""
        return None


class MadeDemand(NamedTuple):
    """A demand file's content, what is to be said of it, and a table of details."""

    content: bytes
    measures: list[Measure]
    rows: list[dict[str, Any]]


class DemandMaker(Component):
    """Data such as matrices or counts in, demand for a world out."""

    abstract = True
    kind = "demand"
    accepts: ClassVar[str]
    """In words, the data that it reads."""

    @abstractmethod
    def make(self, world: Path, data: Path) -> MadeDemand:
        """The demand for the world in one file from the data in another; raises InputError."""


class Controller(Component):
    """State in, proposals out; it never sees the plant's hidden state."""

    abstract = True
    kind = "controller"

    @abstractmethod
    def start(self, plant: Plant) -> None:
        """Learn the infrastructure before the first decision."""

    @abstractmethod
    def decide(self, state: State) -> list[Proposal]:
        """What to ask of the street now; an empty list between decisions."""


class GuardRule(Component):
    """What no command may do; the guard asks every rule about every command."""

    abstract = True
    kind = "guard"
    passes: ClassVar[bool] = False
    """Whether time heals what it objects to, so that a command may wait a little instead of being refused."""

    @abstractmethod
    def start(self, plant: Plant) -> None:
        """Learn the infrastructure before the first command."""

    @abstractmethod
    def objection(self, command: Command, state: State) -> str | None:
        """Why the command must not reach the street; None when it may."""

    def applied(self, command: Command, at: float) -> None:
        """Remember a command that the street took at city time `at`."""

    def note(self, state: State) -> None:
        """Look at the street once a beat, before any command is judged."""

    def overdue(self, state: State) -> dict[str, str]:
        """The entities that must go back to their own programme now, and why."""
        return {}


class Indicator(Component):
    """One figure of the city for people, computed from what the brain knows."""

    abstract = True
    kind = "indicator"

    def start(self, plant: Plant) -> None:
        """Learn the infrastructure before the first figure."""

    def note(self, state: State) -> None:
        """Take note of the state of each beat, for figures over some time."""

    @abstractmethod
    def measure(self, state: State) -> Measure:
        """The figure now, with unit and method."""


class Layer(Component):
    """What the map shows of one kind of thing.

    A live value of `full`, in the unit of `unit_code`, has the last colour; without a unit it is a share.
    """

    abstract = True
    kind = "layer"
    title: ClassVar[Text]
    full: ClassVar[float] = 1.0
    unit_code: ClassVar[str] = ""

    def start(self, plant: Plant) -> None:
        """Learn the infrastructure before the first live value."""

    @abstractmethod
    def features(self, plant: Plant) -> dict[str, Any]:
        """The things that stand still, as a GeoJSON FeatureCollection in WGS-84."""

    def live(self, state: State) -> dict[str, float]:
        """The value that colours each feature now, by its id; empty when nothing changes."""
        return {}


class Benchmark(Component):
    """A measured table of figures: protocol, data and seed are stated with it."""

    abstract = True
    kind = "benchmark"
    protocol: ClassVar[str]

    @abstractmethod
    def rows(self) -> list[dict[str, Any]]:
        """The measured rows; raises NotFoundError when the data it needs are not here."""
