"""Rules over columns: each way of looking, several entities together and in sequence, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.alerts import AlertAction, AlertState
from touyan.core.components import Detector, Forecaster
from touyan.core.entities import Entity, urn
from touyan.core.errors import SettingError
from touyan.core.observations import ObservationBatch
from touyan.core.protocols import Finding, Forecast, Plant, State
from touyan.core.text import Text
from touyan.fusion.state import CurrentState
from touyan.warning.book import AlertBook
from touyan.warning.rules import After, RuleSpec, Together, check_city, check_together, find_cycle, in_order
from touyan.warning.watch import Watch

from .city import Paper, Wells

WORDS = Text("{entity} {value}", "{entity} {value}")
GATES = tuple(urn("Gate", name) for name in ("a", "b", "c", "d"))
INVENTORY = [
    Entity(gate, "Gate", {"canal": canal, "downstream": below}, {"type": "Point", "coordinates": [120.0, 30.0 + n]})
    for n, (gate, canal, below) in enumerate(
        zip(GATES, ("north", "north", "south", "south"), ("b", "c", "d", ""), strict=True)
    )
]


class Canal(Wells):
    """Four gates on two canals; each knows the one below it."""

    inventory: Sequence[Entity] = INVENTORY


class Seer(Forecaster):
    """Foresees that the level goes on rising by one metre in ten minutes."""

    quantity: ClassVar[str] = "level"
    unit_code: ClassVar[str] = "MTR"

    def start(self, plant: Plant) -> None:
        """Nothing to learn."""

    def forecast(self, state: State, until: float) -> Forecast:
        """Two more metres in twenty minutes, and what lies beyond the horizon."""
        level = state.table("Gate").column("level")
        at = state.now + np.array([0.0, 600.0, 1200.0, 7200.0])
        return Forecast(GATES, at, np.stack([level, level + 1, level + 2, level + 99]))


def rule(name: str = "high", **more: Any) -> RuleSpec:
    """A rule about the level of gates."""
    look = {} if more.keys() & {"detector", "forecast"} else {"of": "Gate", "quantity": "level"}
    bound = {} if more.keys() & {"below"} else {"above": 5.0}
    made = RuleSpec(name, WORDS, WORDS, WORDS, **{"group": "none", **look, **bound, **more})
    made.check()
    return made


class Bench:
    """A watch over the canal, fed level by level."""

    def __init__(self, *rules: RuleSpec, detectors: Sequence[Detector] = ()) -> None:
        self.state = CurrentState(0.0)
        self.state.register("Gate", GATES)
        self.book = AlertBook(Paper())
        self.watch = Watch(Canal(), detectors, [], self.book, specs=rules, forecasters=[Seer()])

    def read(self, at: float, *levels: float, ids: tuple[str, ...] = GATES) -> None:
        """The gates report, and the watch looks."""
        count = len(levels)
        values = {"level": np.array(levels, float)}
        self.state.move_to(at)
        if count:
            self.state.update(ObservationBatch("Gate", "gauge", ids[:count], np.full(count, at), values))
        self.watch.step(self.state)

    @property
    def raised(self) -> list[tuple[str, str, float]]:
        """Rule, entity and time of every alert, the oldest first."""
        alerts = reversed(self.book.all())
        return [(alert.rule, alert.entity.rpartition(":")[2], alert.sent) for alert in alerts]


def test_a_low_value_is_found_with_its_own_hysteresis() -> None:
    """`below` mirrors `above`; the alert lasts until the value is back on the quiet side."""
    bench = Bench(rule(below=2.0, clears_at=3.0))
    for at, level in enumerate([5.0, 2.0, 2.9, 3.0, 3.1]):
        bench.read(at, level, 9, 9, 9)
    [alert] = bench.book.all()
    assert (alert.sent, alert.ended, alert.evidence.threshold, alert.evidence.value) == (1.0, 4.0, 2.0, 2.0)


def test_bounds_are_read_in_the_unit_that_is_written_and_shown_in_it() -> None:
    """People write kilometres; the state holds metres."""
    bench = Bench(rule(above=1.5, unit_code="KMT"))
    bench.read(0.0, 1400.0, 1600.0)
    [alert] = bench.book.all()
    assert (alert.entity, alert.headline.en) == (GATES[1], "b 1.6")
    assert alert.evidence.threshold == 1.5


def test_a_rate_looks_at_the_change_in_its_time_and_not_at_the_level() -> None:
    """A fast rise is dangerous at any level; before there is a past nothing is said."""
    bench = Bench(rule(above=0.5, rate_over_s=10.0))
    for at in range(0, 25, 5):
        bench.read(at, 100.0, float(at), 0.4 * at, float(max(0, at - 10)))
    assert bench.raised == [("high", "b", 10.0), ("high", "d", 15.0)]


def test_a_trend_warns_of_what_will_be_exceeded_if_it_goes_on() -> None:
    """Half an hour ahead is worth more than the alarm at the bound."""
    bench = Bench(rule(above=10.0, trend_over_s=60.0, within_s=1800.0))
    for at in range(0, 300, 20):
        bench.read(at, 0.004 * at, 0.006 * at)
    assert [name for _, name, _ in bench.raised] == ["b"]
    assert np.nanmax(bench.state.table("Gate").column("level")) < 2.0


def test_a_forecast_is_asked_as_far_as_the_rule_says() -> None:
    """What lies beyond the horizon does not count, and what is now does not either."""
    bench = Bench(rule(forecast="seer", above=5.0, within_s=1200.0))
    bench.read(0.0, 2.9, 3.0, 1.0, math.nan)
    assert bench.raised == [("high", "b", 0.0)]
    assert bench.book.all()[0].evidence.detector == "seer"


def test_silence_counts_from_the_last_value_and_from_the_start_for_who_never_spoke() -> None:
    """A gauge that was never heard is the worst of all."""
    bench = Bench(rule(silent=True, above=30.0))
    bench.read(10.0, 1.0, 1.0, 1.0)
    for at in (29.0, 30.0, 39.0, 40.0):
        bench.read(at, *([1.0] if at < 30 else []))
    assert bench.raised == [("high", "d", 30.0), ("high", "b", 40.0), ("high", "c", 40.0)]


def test_old_readings_say_nothing() -> None:
    """A gauge that died at a high level must not hold an alert up as if it still saw it."""
    bench = Bench(rule(fresh_s=60.0, for_s=100.0))
    bench.read(0.0, 9.0)
    for at in range(10, 200, 10):
        bench.read(float(at))
    assert bench.raised == []


def test_a_suspicion_becomes_an_alert_only_when_it_lasts() -> None:
    """Early is good, crying wolf is not: the short one is closed again, the long one is confirmed."""
    bench = Bench(rule(suspect_s=10.0, for_s=30.0))
    for at in range(0, 60, 5):
        bench.read(at, 9.0 if at < 20 else 1.0, 9.0)
    short, long = reversed(bench.book.all())
    assert [step.action.value for step in short.log] == ["suspect", "end", "close"]
    assert [(step.action.value, step.at) for step in long.log] == [("suspect", 10.0), ("confirm", 30.0)]


def test_only_entities_with_the_wanted_properties_are_looked_at() -> None:
    """One canal has other limits than the other."""
    bench = Bench(rule(where={"canal": ("south",)}))
    bench.read(0.0, 9.0, 9.0, 9.0, 1.0)
    assert bench.raised == [("high", "c", 0.0)]


def test_several_entities_that_share_something_make_one_alert_with_their_names() -> None:
    """One high gate is local; both gates of a canal within a minute are a flood wave."""
    bench = Bench(rule(together=Together("canal", at_least=2, within_s=60.0)))
    bench.read(0.0, 9.0, 1.0, 9.0, 1.0)
    bench.read(50.0, 1.0, 9.0, 1.0, 1.0)
    bench.read(70.0, 1.0, 1.0, 1.0, 9.0)
    assert bench.raised == [("high", "north", 50.0)]
    [alert] = bench.book.all()
    assert alert.evidence.contributors == GATES[:2]
    assert alert.location == (120.0, 30.5)
    assert alert.evidence.value == alert.evidence.threshold == 2


def test_a_share_of_the_city_is_one_thing() -> None:
    """Three quarters of all gates at once is a case of its own."""
    bench = Bench(rule(together=Together("city", share=0.75)))
    bench.read(0.0, 9.0, 9.0, 1.0, 1.0)
    bench.read(1.0, 9.0, 9.0, 9.0, 1.0)
    assert bench.raised == [("high", "city", 1.0)]


def test_a_sequence_counts_only_downstream_and_in_time() -> None:
    """First a gate, then the one below it within a minute: that is a wave; elsewhere or later it is not."""
    first = rule("first")
    wave = rule("wave", above=3.0, after=After("first", 60.0, towards="downstream"))
    bench = Bench(wave, first)
    bench.read(0.0, 1.0, 1.0, 4.0, 4.0)
    bench.read(10.0, 6.0, 1.0, 4.0, 4.0)
    bench.read(40.0, 6.0, 4.0, 4.0, 4.0)
    bench.read(90.0, 1.0, 1.0, 1.0, 6.0)
    bench.read(200.0, 1.0, 1.0, 4.0, 1.0)
    assert bench.raised == [("first", "a", 10.0), ("wave", "b", 40.0), ("first", "d", 90.0)]


class Learner(Detector):
    """A detector that keeps what people said."""

    entity_type: ClassVar[str] = "Gate"

    def start(self, plant: Plant) -> None:
        """Nothing was said yet."""
        self.heard: list[tuple[str, float, str]] = []

    def score(self, state: State) -> Finding:
        """The first gate is odd, with all that a detector may say of it."""
        one = np.array([1.0, 0.0, 0.0, 0.0])
        return Finding(GATES, one, one * 7, one * 3, one / 2, one * 0.9, lambda row: (f"sensor {row}",))

    def learn(self, entity: str, at: float, label: str) -> None:
        """Keep it."""
        self.heard.append((entity, at, label))


def test_a_detector_learns_each_label_once_and_its_words_stand_in_the_evidence() -> None:
    """Feedback that reaches no detector is wasted; what the detector knew is what a person must see."""
    learner = Learner()
    bench = Bench(rule(detector="learner", above=1.0), detectors=[learner])
    bench.read(3.0, 1.0)
    evidence = bench.book.all()[0].evidence
    assert (evidence.seen, evidence.expected, evidence.spread, evidence.confidence) == (7.0, 3.0, 0.5, 0.9)
    assert (evidence.contributors, evidence.before) == (("sensor 0",), ((3.0, 7.0),))
    bench.book.act(AlertAction.FEEDBACK, "alert-1", "Li", 4.0, to="false")
    for at in (5.0, 6.0):
        bench.read(at, 1.0)
    assert learner.heard == [(GATES[0], 3.0, "false")]


class Endless(Learner):
    """A detector that is infinitely sure."""

    name = "learner"

    def score(self, state: State) -> Finding:
        """Infinity, also where it was seen."""
        return Finding(GATES, np.full(4, math.inf), np.full(4, -math.inf))


def test_infinite_readings_say_nothing_and_infinite_scores_leave_a_record_that_can_be_read() -> None:
    """JSON has no infinity: an alert on one must not keep the brain from starting again."""
    bench = Bench(rule(), rule("sure", detector="learner", above=1.0), detectors=[Endless()])
    bench.read(1.0, math.inf, -math.inf, math.nan, 1.0)
    assert {name for name, _, _ in bench.raised} == {"sure"}
    alert = bench.book.all()[0]
    assert msgspec.json.decode(msgspec.json.encode(alert), type=type(alert)) == alert


def test_the_evidence_holds_the_minutes_before() -> None:
    """Whether it was a jump or a slow rise is the first that a person asks."""
    bench = Bench(rule())
    for at in range(0, 700, 10):
        bench.read(at, at / 100)
    before = bench.book.all()[0].evidence.before
    assert (before[0], before[-1]) == ((200.0, 2.0), (500.0, 5.0))


def test_after_a_restart_what_lasts_goes_on_and_what_passed_meanwhile_ends() -> None:
    """The condition of a dead process is not forgotten: no second alert, and an end for what is over."""
    first = Bench(rule())
    first.read(0.0, 9.0, 9.0)
    again = Bench(rule())
    again.book = first.book
    again.watch = Watch(Canal(), [], [], first.book, specs=[rule()])
    again.read(5.0, 9.0, 1.0)
    assert [(alert.ended, alert.count) for alert in reversed(first.book.all())] == [(None, 1), (5.0, 1)]


@pytest.mark.parametrize(
    ("rules", "setting"),
    [
        ([rule("a"), rule("a")], "a.name"),
        ([rule("a", detector="nose")], "a.detector"),
        ([rule("a", forecast="oracle", within_s=5.0)], "a.forecast"),
        ([rule("a", after=After("b", 1.0)), rule("b", after=After("a", 1.0))], "after"),
    ],
)
def test_rules_that_do_not_fit_together_are_refused(rules: list[RuleSpec], setting: str) -> None:
    """What could never fire must not look as if it watched."""
    with pytest.raises(SettingError, match=setting):
        check_together(rules, [], [])


def test_a_rule_about_what_the_city_does_not_have_is_refused() -> None:
    """A flood rule in a city without gates is a mistake of the file."""
    with pytest.raises(SettingError, match="'Gate'; expected an entity type of this city: Well"):
        check_city([rule()], {"Well"})


def test_rules_stand_behind_those_that_they_wait_for() -> None:
    """Within one second the first must be seen before the second."""
    chain = [rule("c", after=After("b", 1.0)), rule("b", after=After("a", 1.0)), rule("a")]
    assert [each.name for each in in_order(chain)] == ["a", "b", "c"]


def test_a_circle_is_found_from_wherever_it_is_entered() -> None:
    """The names of the circle are what a person needs to break it."""
    assert find_cycle({"x": ("a",), "a": ("b", "c"), "b": ("c",), "c": ("a",)}) == ["a", "b", "c", "a"]
    assert find_cycle({"x": ("a",), "a": ("b", "c"), "b": ("c",)}) == []


levels = st.lists(st.one_of(st.integers(0, 6).map(float), st.just(math.nan), st.just(math.inf)), min_size=4, max_size=4)


@given(st.lists(levels, min_size=1, max_size=25), st.integers(0, 3), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_groups_in_columns_count_as_one_group_alone_would(steps: list[list[float]], within: int, at_least: int) -> None:
    """The vectorised crowd must equal counting by hand, whatever is missing."""
    bench = Bench(rule(together=Together("canal", at_least=at_least, within_s=float(within))))
    last, live, expected = [-math.inf] * 4, {"north": False, "south": False}, []
    for at, row in enumerate(steps):
        bench.read(at, *row)
        known = bench.state.table("Gate").column("level").tolist()
        last = [at if 5.0 <= value < math.inf else before for value, before in zip(known, last, strict=True)]
        for canal, members in (("north", (0, 1)), ("south", (2, 3))):
            shows = sum(at - last[member] <= within for member in members) >= at_least
            if shows and not live[canal]:
                expected.append((canal, float(at)))
            live[canal] = shows
    records = [alert for alert in bench.book.all() if alert.state is AlertState.OPEN]
    firsts = sorted({(name, at) for _, name, at in bench.raised})
    assert firsts == sorted({name: (name, at) for name, at in reversed(expected)}.values())
    assert sum(alert.count for alert in records) == len(expected)
