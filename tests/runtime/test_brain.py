"""The brain whole: city and twin on one clock, alerts, listeners, and what fails inside it."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

import pytest

from touyan.core.alerts import Alert, AlertAction, AlertState
from touyan.core.components import Scenario
from touyan.core.errors import NotFoundError, StaleActionError
from touyan.packs.traffic.sources import LaneDetectors, SignalHeads
from touyan.packs.traffic.vocabulary import COMMANDED
from touyan.packs.traffic.worlds import Grid
from touyan.runtime.brain import Brain
from touyan.runtime.packs import Registry, load_packs
from touyan.runtime.settings import BrainSettings, read_settings
from touyan.runtime.trial import run_trial
from touyan.runtime.view import Update

from .pack_writing import registry_of, write_pack

SECONDS = 300
START = 1767571200.0
TAKE = AlertAction.ACKNOWLEDGE
JUDGED = ("average_travel_time_s", "vehicle_hours", "arrived", "running")

FAILING_RULE = '''
from touyan.core.components import Rule
from touyan.core.settings import setting
from touyan.core.text import Text


class Broken(Rule):
    """Its words name a value that nobody gives."""

    detector = "silence"
    event = Text("E", "事")
    headline = Text("{nonsense}", "{nonsense}")
    description = Text("D", "述")
    threshold: float = setting(0.0, help="Always reached.")
'''

FAILING_INDICATOR = '''
from touyan.core.components import Indicator


class Broken(Indicator):
    """Cannot be measured."""

    def measure(self, state):
        """Never."""
        raise RuntimeError("no figure today")
'''

FAILING_LAYER = '''
from touyan.core.components import Layer
from touyan.core.text import Text


class Broken(Layer):
    """Cannot be coloured."""

    title = Text("Broken", "坏")

    def features(self, plant):
        """Nothing."""
        return {"type": "FeatureCollection", "features": []}

    def live(self, state):
        """Never."""
        raise RuntimeError("no colour today")
'''

OF_WELLS = {
    "detectors.py": '''
from touyan.core.components import Detector


class Level(Detector):
    """How low the water stands."""

    entity_type = "Well"

    def start(self, plant):
        """Needs wells."""
        raise RuntimeError("no wells")

    def score(self, state):
        """Never."""
''',
    "rules.py": FAILING_RULE.replace('"silence"', '"level"'),
    "layers.py": FAILING_LAYER.replace("    title", '    needs = ("Well",)\n    title'),
}


def settings(**options: Any) -> BrainSettings:
    """As fast as possible, acting by itself."""
    given = {"brain.speed": 0, "brain.mode": "automatic", "authority.apart": False, **options}
    return read_settings(environment={}, options=given)


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The package's own packs."""
    return load_packs(settings())


def grid(**values: Any) -> Grid:
    """Two by two crossings."""
    return Grid(**{"rows": 2, "columns": 2, "arrivals": 600.0, **values})


class Listener:
    """Keeps every update that it is told."""

    def __init__(self) -> None:
        self.updates: list[Update] = []
        self.alerts: list[Alert] = []

    def __call__(self, update: Update) -> None:
        """Keep it."""
        self.updates.append(update)
        self.alerts.extend(update.alerts)


def make(registry: Registry, scenario: Scenario, controller: str = "max-pressure:30", twin: str | None = None) -> Brain:
    """A brain at rest, nothing on disk."""
    return Brain(settings(), registry, scenario, controller, twin)


def lived(brain: Brain, seconds: float = SECONDS) -> tuple[Brain, Listener]:
    """The brain after so much city time, and what it said meanwhile."""
    listener = Listener()
    brain.subscribe(listener)
    brain.stop_at(START + seconds)
    brain.start()
    brain.join()
    return brain, listener


def newest(brain: Brain) -> Update:
    """Its newest update."""
    update = brain.latest()
    assert update is not None
    return update


def figures(brain: Brain) -> dict[str, tuple[float, float | None]]:
    """Figures by name: of the city, of the twin."""
    return {figure.name: (figure.city, figure.twin) for figure in newest(brain).figures}


# ---------------------------------------------------------------- city and twin


@pytest.mark.parametrize(("controller", "twin"), [("max-pressure:30", "own"), ("own", "own"), ("cycle:20", "cycle:40")])
def test_city_and_twin_have_the_figures_of_their_trials(registry: Registry, controller: str, twin: str) -> None:
    """The gain that the console shows must be the one that anybody can measure again without it."""
    brain, _ = lived(make(registry, grid(), controller, twin))
    apart = [run_trial(registry, grid(), spec, SECONDS).as_dict() for spec in (controller, twin)]
    shown = figures(brain)
    for name in JUDGED:
        assert shown[name] == (apart[0][name], apart[1][name])


def test_without_a_twin_nothing_stands_beside_the_figures(registry: Registry) -> None:
    """An empty column is better than a false one."""
    brain, _ = lived(make(registry, grid()), 60)
    assert {twin for _, twin in figures(brain).values()} == {None}
    assert brain.about().twin is None


def test_a_twin_changes_nothing_in_the_city(registry: Registry) -> None:
    """Nothing that happens to one reaches the other."""
    alone, _ = lived(make(registry, grid()))
    beside, _ = lived(make(registry, grid(), twin="cycle:20"))
    assert {name: city for name, (city, _) in figures(alone).items() if not math.isnan(city)} == {
        name: city for name, (city, _) in figures(beside).items() if not math.isnan(city)
    }
    assert alone.commands() == beside.commands()


def test_it_says_what_is_running(registry: Registry) -> None:
    """Every screen tells city, controller, mode and seed."""
    about = make(registry, grid(seed=9), "cycle:20", "own").about()
    assert (about.controller, about.twin, about.seed, about.mode) == ("cycle:20", "own", 9, "automatic")
    assert about.city.zh.startswith("生成的城市，")
    assert about.simulated
    assert about.started_at == START
    assert "traffic" in about.packs
    assert about.refused == []


# ---------------------------------------------------------------- its life


def test_it_ends_by_itself_when_it_was_told_to(registry: Registry) -> None:
    """To the second, and everybody is told."""
    brain, heard = lived(make(registry, grid()), 77)
    assert newest(brain).at == START + 77
    assert newest(brain).beat == 77
    assert [heard.updates[0].state, heard.updates[-1].state] == ["running", "finished"]


def test_at_the_end_the_street_is_given_back(registry: Registry) -> None:
    """Nobody commands a signal whose brain has gone."""
    brain, _ = lived(make(registry, grid()))
    last = {command.entity: command for command in reversed(brain.commands(1000))}
    assert len(last) == 4
    assert {command.action for command in last.values()} == {"release"}
    assert {command.state.value for command in last.values()} == {"applied"}


def test_it_can_be_stopped_at_any_beat(registry: Registry) -> None:
    """A listener stops it at the first update; the brain ends in order."""
    brain = make(registry, grid())
    listener = Listener()
    brain.subscribe(lambda update: brain.stop() if update.beat >= 0 else None)
    brain.subscribe(listener)
    brain.start()
    brain.join()
    assert listener.updates[-1].state == "finished"
    assert newest(brain).beat <= 1


def test_before_the_first_beat_there_is_nothing_to_show(registry: Registry) -> None:
    """None, not an error; and who never started has nothing to wait for."""
    brain = make(registry, grid())
    assert brain.latest() is None
    assert brain.desk.all() == []
    assert brain.commands() == []
    brain.join()


def test_listeners_hear_beats_that_grow(registry: Registry) -> None:
    """Never back, in beat and in city time; the first update comes before the first beat."""
    _, heard = lived(make(registry, grid()))
    beats = [update.beat for update in heard.updates]
    assert beats == sorted(beats)
    assert (beats[0], beats[-1]) == (0, SECONDS)
    assert all(update.at == START + update.beat for update in heard.updates)


def test_who_has_left_hears_no_more(registry: Registry) -> None:
    """A closed connection must not be called; leaving twice is no fault."""
    brain, listener = make(registry, grid()), Listener()
    leave = brain.subscribe(listener)
    leave()
    leave()
    lived(brain, 10)
    assert listener.updates == []


def test_updates_carry_scene_and_live_layers(registry: Registry) -> None:
    """The map draws from them alone."""
    brain, _ = lived(make(registry, grid()), 60)
    update = newest(brain)
    assert update.scene is not None
    assert len(update.scene.slot) == figures(brain)["running"][0] > 0
    assert {"signals", "queues"} <= set(update.live)
    for layer in brain.layers():
        assert brain.features(layer.name)["type"] == "FeatureCollection"
    with pytest.raises(NotFoundError, match="there is no layer 'signal'"):
        brain.features("signal")


# ---------------------------------------------------------------- alerts


@pytest.fixture(scope="module")
def incident(registry: Registry) -> tuple[Brain, Listener]:
    """A city in which a vehicle broke down on a short road, and a detector is dead."""
    options = {"settings.traffic.lane-detectors.silent": "road_1_1_0_1"}
    watched = load_packs(read_settings(environment={}, options=options))
    return lived(make(watched, grid(incident=True, road_length_m=120.0, arrivals=1200.0), "own"), 900)


def test_what_goes_wrong_becomes_alerts(incident: tuple[Brain, Listener]) -> None:
    """A breakdown makes a queue that spills back; a dead detector falls silent."""
    brain, heard = incident
    rules = {alert.rule for alert in brain.desk.all()}
    assert {"spill-back", "detector-silent"} <= rules
    silent = [alert for alert in brain.desk.all() if alert.rule == "detector-silent"]
    assert [alert.entity.rpartition(":")[2] for alert in silent] == ["road_1_1_0_1"]
    assert {alert.status for alert in brain.desk.all()} == {"Exercise"}
    assert {alert.identifier for alert in heard.alerts} == {alert.identifier for alert in brain.desk.all()}


def test_alerts_come_the_newest_first_and_only_once(incident: tuple[Brain, Listener]) -> None:
    """The inbox shows them in this order; one alert is one line."""
    alerts = incident[0].desk.all()
    assert len({alert.identifier for alert in alerts}) == len(alerts)
    assert [alert.sent for alert in alerts] == sorted((alert.sent for alert in alerts), reverse=True)


def test_who_takes_an_alert_on_is_told_to_everybody(incident: tuple[Brain, Listener]) -> None:
    """Others must see at once that somebody does; a second one comes too late and learns who was first."""
    brain, listener = incident[0], Listener()
    leave = brain.subscribe(listener)
    identifier = next(alert.identifier for alert in brain.desk.all() if alert.state is AlertState.OPEN)
    taken = brain.desk.act(TAKE, identifier, "li", "I drive there")
    assert taken.state is AlertState.ACKNOWLEDGED
    assert [alert.identifier for alert in listener.alerts] == [identifier]
    with pytest.raises(StaleActionError, match="already acknowledged") as caught:
        brain.desk.act(TAKE, identifier, "wang")
    assert caught.value.who == "li"
    assert brain.desk.act(AlertAction.CLOSE, identifier, "li").state is AlertState.CLOSED
    assert [alert.state.value for alert in listener.alerts] == ["acknowledged", "closed"]
    assert next(a for a in newest(brain).alerts if a.identifier == identifier).state is AlertState.CLOSED
    leave()


def test_an_alert_that_does_not_exist_cannot_be_taken_on(incident: tuple[Brain, Listener]) -> None:
    """An old link is answered in words."""
    with pytest.raises(NotFoundError, match="there is no alert 'alert-99999'"):
        incident[0].desk.act(TAKE, "alert-99999", "li")


# ---------------------------------------------------------------- what fails inside


@pytest.mark.parametrize(
    ("file", "text", "kind"),
    [
        ("rules.py", FAILING_RULE, "rule"),
        ("analyses.py", FAILING_INDICATOR, "indicator"),
        ("layers.py", FAILING_LAYER, "layer"),
    ],
)
def test_what_raises_is_switched_off_and_the_brain_goes_on(tmp_path: Path, file: str, text: str, kind: str) -> None:
    """One pack's mistake must not cost the city its brain: an alert says so, once, and all others work."""
    write_pack(tmp_path, files={file: text})
    registry = registry_of(tmp_path)
    assert registry.refused == []
    brain, heard = lived(make(registry, grid(), twin="own"), 60)
    (failed,) = (alert for alert in brain.desk.all() if alert.rule == "component-failed")
    assert f"The {kind} broken is switched off" in failed.headline.en
    assert heard.updates[-1].state == "finished"
    assert newest(brain).beat == 60


def test_parts_of_packs_for_things_that_the_city_has_not_are_left_out(tmp_path: Path) -> None:
    """A pack of another field must not raise alerts about itself in every city without that field."""
    write_pack(tmp_path, files=OF_WELLS)
    brain, _ = lived(make(registry_of(tmp_path), grid()), 60)
    assert [alert for alert in brain.desk.all() if alert.rule == "component-failed"] == []
    assert [layer.name for layer in brain.layers() if layer.pack == "wells"] == []
    assert "broken" not in {layer.name for layer in brain.layers()}
    assert {"average_travel_time_s", "vehicles_on_lanes"} <= set(figures(brain))


def test_a_controller_that_raises_loses_the_city_and_says_so(tmp_path: Path) -> None:
    """Its signals go back to their own programme; the brain watches on."""
    text = (
        "from touyan.packs.traffic.controllers import FixedCycle\n\n\n"
        'class Tired(FixedCycle):\n    """Works for a minute."""\n\n    name = "tired"\n\n'
        '    def decide(self, state):\n        """Until it falls asleep."""\n'
        '        if state.now - self._started_at > 60:\n            raise RuntimeError("asleep")\n'
        "        return super().decide(state)\n"
    )
    write_pack(tmp_path, needs='["traffic"]', files={"controllers.py": text})
    brain, _ = lived(make(registry_of(tmp_path), grid(), "tired:20"), 120)
    (failed,) = (alert for alert in brain.desk.all() if alert.rule == "component-failed")
    assert "RuntimeError: asleep" in failed.description.en
    newest_first = brain.commands()
    assert {command.action for command in newest_first[:4]} == {"release"}
    assert newest(brain).state == "finished"


class FailingGrid(Grid):
    """A grid whose street breaks off after a minute."""

    abstract = True

    def build(self, sources: Any) -> Any:
        """The city, which keeps itself for the test to look at."""
        self.city = super().build([LaneDetectors(), SignalHeads()])
        self.city_advance = self.city.advance
        vars(self.city)["advance"] = self._advance
        return self.city

    def _advance(self, seconds: float) -> Any:
        if self.city.now >= START + 60:
            raise OSError("the line to the street is dead")
        return self.city_advance(seconds)


def failed_run(registry: Registry) -> tuple[Brain, Listener, FailingGrid]:
    """A brain whose street broke off."""
    scenario = FailingGrid(rows=2, columns=2, arrivals=600.0)
    return *lived(make(registry, scenario), 120), scenario


def test_a_street_that_breaks_off_ends_the_brain_as_failed(registry: Registry) -> None:
    """People must see that it is over, not a picture that stands still."""
    brain, heard, _ = failed_run(registry)
    assert newest(brain).state == heard.updates[-1].state == "failed"
    assert newest(brain).at == START + 60


def test_a_brain_that_fails_gives_the_street_back(registry: Registry) -> None:
    """Signals that nobody commands any more must run their own programme."""
    brain, _, scenario = failed_run(registry)
    signals = scenario.city_advance(0)[-1]
    assert signals.values[COMMANDED].tolist() == [0, 0, 0, 0]
    assert {command.action for command in brain.commands()[:4]} == {"release"}


def test_many_threads_may_ask_at_once(registry: Registry) -> None:
    """The server asks from its own threads while the brain runs; nobody gets half an answer."""
    brain, asked = make(registry, grid(), twin="own"), []

    def ask() -> None:
        for _ in range(200):
            update = brain.latest()
            asked.append(update is None or (len(update.figures) > 0 and update.at == START + update.beat))
            brain.commands()
            brain.desk.all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    lived(brain, 120)
    for thread in threads:
        thread.join()
    assert len(asked) == 800
    assert all(asked)
