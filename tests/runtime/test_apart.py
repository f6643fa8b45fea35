"""A controller in a process of its own: killed, stalled or babbling, it loses command within a second."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from touyan.control.authority import Mode
from touyan.core.faults import Fault
from touyan.packs.traffic.vocabulary import COMMANDED, TRAFFIC_SIGNAL
from touyan.packs.traffic.worlds import Grid
from touyan.runtime.apart import ApartController
from touyan.runtime.brain import Brain
from touyan.runtime.loop import Loop, make_loop
from touyan.runtime.no_store import NoStore
from touyan.runtime.packs import load_packs
from touyan.runtime.settings import BrainSettings, read_settings
from touyan.warning.failure import component_failed

PACK = '''
import os
import sys
import time

from touyan.core.components import Controller
from touyan.core.protocols import Proposal
from touyan.core.settings import setting
from touyan.core.text import Text

WHY = Text("because", "因为")


class Trouble(Controller):
    """Holds every signal from the first beat on, and gets into trouble at the tenth."""

    name = "trouble"
    kind_of_trouble: str = setting("none", help="What happens.")

    def start(self, plant):
        self.ids = [entity.id for entity in plant.inventory if entity.type == "TrafficSignal"]
        self.beat = 0

    def decide(self, state):
        self.beat += 1
        if self.beat == 10:
            return getattr(self, self.kind_of_trouble)()
        return [Proposal(entity, "phase", 1.0, WHY) for entity in self.ids] if self.beat == 1 else []

    def none(self):
        return []

    def sleep(self):
        time.sleep(600)

    def spin(self):
        while True:
            pass

    def crash(self):
        os._exit(3)

    def raises(self):
        raise ValueError("out of ideas")

    def nonsense(self):
        return [("signal", "phase", "one", 7)]

    def object(self):
        return object()
'''

MANIFEST = """
name = "trouble"
title = { en = "Trouble", zh = "麻烦" }
owners = ["us"]
engines = ["control"]
level = "bronze"
"""


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    """Settings of a brain that finds the pack with the troubled controller; a short deadline."""
    folder = tmp_path / "packs" / "trouble"
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "controllers.py").write_text(PACK, encoding="utf-8")
    return {"packs.folders": str(folder.parent), "authority.deadline_s": 0.5, "brain.speed": 0}


def settings_for(options: dict[str, Any], trouble: str) -> BrainSettings:
    """The settings with one kind of trouble chosen."""
    environment = {"TOUYAN_TROUBLE__TROUBLE__KIND_OF_TROUBLE": trouble}
    return read_settings(environment=environment, options=options)


class Driven:
    """A small city under the troubled controller, beat by beat."""

    def __init__(self, settings: BrainSettings) -> None:
        registry = load_packs(settings)
        scenario = Grid(rows=1, columns=2)
        self.loop: Loop = make_loop(
            registry, scenario, "trouble", Mode.AUTOMATIC, NoStore(), settings.authority, settings
        )
        self.faults: list[Fault] = []

    def beat(self) -> float:
        """One second of the city; how long the beat held up the brain (s)."""
        began = time.monotonic()
        self.loop.decide()
        took = time.monotonic() - began
        self.loop.absorb(self.loop.plant.advance(1))
        self.faults += self.loop.control.take_faults()
        return took

    @property
    def under_command(self) -> int:
        """How many signals report that they are under command."""
        return int(self.loop.state.table(TRAFFIC_SIGNAL).column(COMMANDED).sum())

    @property
    def controller(self) -> ApartController:
        """The stand-in of the controller."""
        controller = self.loop._controller
        assert isinstance(controller, ApartController)
        return controller


@pytest.fixture
def driven(options: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Driven]:
    """The city under the kind of trouble that the test names."""
    made = Driven(settings_for(options, request.param))
    yield made
    made.loop.close()


@pytest.mark.parametrize(
    ("driven", "words"),
    [
        ("sleep", "no answer within its deadline of 0.5 s"),
        ("spin", "no answer within its deadline of 0.5 s"),
        ("crash", "its process has ended"),
        ("raises", "its process has ended"),
        ("nonsense", "its answer cannot be understood"),
    ],
    indirect=["driven"],
)
def test_a_controller_in_trouble_loses_command_at_that_very_beat(driven: Driven, words: str) -> None:
    """Every crossing is back on its own programme within the second, and an alert says why."""
    for _ in range(9):
        driven.beat()
    assert driven.under_command == 2
    driven.beat()
    assert driven.under_command == 0
    assert [(fault.kind, fault.name) for fault in driven.faults] == [("controller", "trouble")]
    assert words in driven.faults[0].words
    alert = component_failed(driven.faults[0])
    assert alert.headline.en == "The controller trouble has lost command; the street runs its own programme"
    driven.beat()
    assert driven.under_command == 0


@pytest.mark.parametrize("driven", ["none"], indirect=True)
def test_a_controller_that_is_killed_loses_command_at_the_next_beat(driven: Driven) -> None:
    """Kill -9 from outside, at any moment."""
    for _ in range(6):
        driven.beat()
    assert driven.under_command == 2
    assert driven.controller.pid is not None
    os.kill(driven.controller.pid, signal.SIGKILL)
    driven.controller._process.join()
    driven.beat()
    assert driven.under_command == 0
    assert "its process has ended" in driven.faults[0].words


@pytest.mark.parametrize("driven", ["none"], indirect=True)
def test_a_stopped_process_holds_the_beat_up_no_longer_than_its_deadline(driven: Driven) -> None:
    """SIGSTOP is the worst stall: nothing answers, nothing ends."""
    for _ in range(6):
        driven.beat()
    assert driven.controller.pid is not None
    os.kill(driven.controller.pid, signal.SIGSTOP)
    assert driven.beat() < 1.0
    assert driven.under_command == 0
    assert "no answer within its deadline" in driven.faults[0].words


@pytest.mark.parametrize("driven", ["none"], indirect=True)
def test_apart_it_decides_as_it_would_within(driven: Driven, options: dict[str, Any]) -> None:
    """The process must cost nothing but time: the same proposals at the same beats."""
    settings = settings_for(options, "none")
    within = make_loop(load_packs(settings), Grid(rows=1, columns=2), "trouble", Mode.AUTOMATIC, NoStore())
    for _ in range(12):
        driven.beat()
        within.decide()
        within.absorb(within.plant.advance(1))
    assert driven.loop.ledger.newest() == within.ledger.newest()


def test_the_brain_raises_the_alert_and_lives_on(options: dict[str, Any]) -> None:
    """What operators see: the city goes on under its own programme, and a severe alert is open."""
    settings = settings_for(options, "crash")
    brain = Brain(settings, load_packs(settings), Grid(rows=1, columns=2), "trouble", None)
    brain.stop_at(brain.about().started_at + 30)
    brain.start()
    brain.join()
    found = [alert for alert in brain.desk.all() if alert.rule == "component-failed"]
    assert [alert.entity for alert in found] == ["urn:ngsi-ld:Component:controller:trouble"]
    latest = brain.latest()
    assert latest is not None
    assert latest.state == "finished"
    assert latest.beat == 30
