"""The watch: when an alert opens, when its condition has passed, and what failure does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.alert_records import Joined, Left, Raised
from touyan.core.alerts import AlertAction, AlertState
from touyan.core.components import Detector, Rule
from touyan.core.protocols import Finding, Plant, State
from touyan.core.text import Text
from touyan.warning.book import AlertBook
from touyan.warning.watch import Watch

from .city import WELLS, Broken, BrokenHighWater, HighWater, Level, Paper, Wells, report, wells


def watching(*rules: Rule, detectors: tuple[Detector, ...] = (), status: str = "Actual") -> tuple[Watch, AlertBook]:
    """A watch over the wells with an empty book."""
    book = AlertBook(Paper())
    return Watch(Wells(), [Level(), *detectors], list(rules), book, status), book


def test_a_score_at_the_threshold_opens_an_alert_with_its_evidence() -> None:
    """A person must see what was seen, against which threshold, since when and by what."""
    watch, book = watching(HighWater(threshold=3.0))
    state = wells()
    report(state, 8.0, 3.0, 2.9)
    watch.step(state)
    [alert] = book.all()
    assert (alert.identifier, alert.rule, alert.entity, alert.sent) == ("alert-1", "high-water", WELLS[0], 8.0)
    evidence = alert.evidence
    assert (evidence.quantity, evidence.value, evidence.threshold, evidence.unit_code) == ("level", 3.0, 3.0, "MTR")
    assert (evidence.since, evidence.detector) == (8.0, "level")
    assert alert.state is AlertState.OPEN
    assert alert.location == (120.1, 30.2)


def test_texts_are_filled_in_both_languages_with_the_time_of_the_city() -> None:
    """Times that people read are those of Asia/Shanghai, eight hours before UTC."""
    watch, book = watching(HighWater(threshold=3.0))
    state = wells()
    report(state, 8.0, 123.456)
    watch.step(state)
    [alert] = book.all()
    assert alert.headline == Text("High water at North gate", "North gate水位过高")
    assert alert.description.en == "123 m, threshold 3 m, since 1970-01-01 08:00:08."
    assert alert.description.zh == "123 m，阈值3 m，自1970-01-01 08:00:08起。"


def test_a_line_is_placed_at_its_middle_and_an_unknown_thing_nowhere() -> None:
    """Every alert that can be put on the map is put there."""
    watch, book = watching(HighWater(threshold=3.0))
    state = wells()
    report(state, 1.0, 0.0, 9.0, 9.0)
    watch.step(state)
    east, south = book.all()
    assert (south.location, east.location) == ((3.0, 4.0), None)
    assert south.headline.en == "High water at south"


def test_an_alert_waits_until_the_condition_has_held_long_enough() -> None:
    """One spike is not an alert; the time counts afresh after a reading below the threshold."""
    watch, book = watching(HighWater(threshold=3.0, holds_for_s=10.0))
    state = wells()
    for at, level in [(0, 5), (5, 5), (8, 1), (10, 5), (15, 5), (19, 5)]:
        report(state, at, level)
        watch.step(state)
    assert book.all() == []
    report(state, 20.0, 5.0)
    watch.step(state)
    assert [alert.evidence.since for alert in book.all()] == [10.0]


def test_a_condition_that_lasts_raises_one_alert_only() -> None:
    """Operators drown in duplicates; also a closed alert must not come back while nothing changed."""
    watch, book = watching(HighWater(threshold=3.0))
    state = wells()
    report(state, 0.0, 5.0)
    watch.step(state)
    book.close("alert-1", "li", 1.0)
    for at in range(1, 50):
        report(state, at, 5.0)
        watch.step(state)
    assert len(book.all()) == 1


def test_the_condition_passes_only_below_the_clearing_level() -> None:
    """Without hysteresis a score that swings around the threshold would raise an alert each time."""
    watch, book = watching(HighWater(threshold=3.0, clear_below=2.0))
    state = wells()
    for at, level in enumerate([3.1, 2.9, 3.1, 2.0]):
        report(state, at, level)
        watch.step(state)
    assert [alert.ended for alert in book.all()] == [None]
    report(state, 4.0, 1.9)
    watch.step(state)
    assert [alert.ended for alert in book.all()] == [4.0]
    report(state, 5.0, 3.0)
    watch.step(state)
    [alert] = book.all()
    assert (alert.ended, alert.count, alert.log[-1].action) == (None, 2, AlertAction.RESUME)


def test_a_missing_score_neither_ends_nor_starts_anything() -> None:
    """Silence says nothing about the condition: no new alert, and no all-clear."""
    watch, book = watching(HighWater(threshold=3.0), detectors=(Vanishing(),))
    state = wells()
    report(state, 0.0, 5.0, math.nan)
    watch.step(state)
    assert [alert.ended for alert in book.all()] == [None]


def test_a_detector_that_raises_is_switched_off_and_the_others_go_on() -> None:
    """One faulty pack must not take the warning of the whole city down."""
    watch, book = watching(HighWater(threshold=3.0), BrokenHighWater(threshold=99.0), detectors=(Broken(),))
    state = wells()
    for at in range(5):
        report(state, at, 1.0)
        watch.step(state)
    report(state, 5.0, 5.0)
    watch.step(state)
    newest, failure = book.all()
    assert newest.rule == "high-water"
    assert (failure.rule, failure.sent, failure.entity) == (
        "component-failed",
        1.0,
        "urn:ngsi-ld:Component:detector:broken",
    )
    assert failure.headline == Text("The detector broken is switched off", "检测器“broken”已停用")
    assert "RuntimeError: lost the file" in failure.description.en
    assert "lost the file" in failure.description.zh


def test_a_detector_that_cannot_start_is_switched_off() -> None:
    """What did not learn the city cannot judge it; its rule rests with it."""

    class Lost(Broken):
        """Finds no map."""

        name = "broken"

        def start(self, plant: Plant) -> None:
            """Raises."""
            raise OSError("no map")

    watch, book = watching(BrokenHighWater(threshold=3.0), HighWater(threshold=3.0), detectors=(Lost(),))
    state = wells()
    report(state, 0.0, 5.0)
    watch.step(state)
    assert [alert.rule for alert in book.all()] == ["high-water", "component-failed"]


def test_a_rule_whose_text_has_a_wrong_placeholder_is_switched_off() -> None:
    """A rule can fail as well; it says so itself, once."""

    class Misspelt(HighWater):
        """A rule with a placeholder that nothing fills."""

        headline = Text("{level} at {entity}", "{entity}")

    watch, book = watching(Misspelt(threshold=3.0), HighWater(threshold=3.0))
    state = wells()
    for at in range(3):
        report(state, at, 5.0)
        watch.step(state)
    assert [alert.rule for alert in book.all()] == ["high-water", "component-failed"]


def test_a_rule_without_its_detector_says_which_one_is_missing() -> None:
    """A misspelt name must be found at the start, not after the first flood."""
    _, book = watching(BrokenHighWater())
    [alert] = book.all()
    assert "detector: found 'broken'; expected one of level" in alert.description.en


def test_a_detector_must_give_one_score_for_each_id() -> None:
    """A finding of the wrong shape is a failure of its detector, not of the watch."""

    class Uneven(Level):
        """A detector that forgets a score."""

        def score(self, state: State) -> Finding:
            """One score too few."""
            return Finding(WELLS, np.zeros(2))

    class Reader(HighWater):
        """The rule that reads it."""

        detector = "uneven"

    watch, book = watching(Reader(), detectors=(Uneven(),))
    watch.step(wells())
    assert "2,) scores for 3 ids" in book.all()[0].description.en


def test_alerts_of_a_simulated_city_are_an_exercise() -> None:
    """CAP 1.2 tells an exercise from the real thing by its status."""
    watch, book = watching(HighWater(threshold=3.0), BrokenHighWater(), status="Exercise")
    state = wells()
    report(state, 0.0, 5.0)
    watch.step(state)
    assert {alert.status for alert in book.all()} == {"Exercise"}


def test_an_alert_that_could_not_be_written_down_is_raised_again() -> None:
    """When the disk is full nothing may be lost: the next step tries again."""
    paper = Paper()
    book = AlertBook(paper)
    watch = Watch(Wells(), [Level()], [HighWater(threshold=3.0)], book)
    state = wells()
    report(state, 0.0, 5.0)
    paper.full = True
    with pytest.raises(OSError, match="no space"):
        watch.step(state)
    paper.full = False
    watch.step(state)
    assert [alert.identifier for alert in book.all()] == ["alert-1"]


def test_wells_that_join_later_do_not_disturb_those_that_wait() -> None:
    """The list of a detector's entities may change; what is pending stays with its entity."""
    watch, book = watching(HighWater(threshold=3.0, holds_for_s=10.0))
    state = wells()
    report(state, 0.0, 5.0)
    watch.step(state)
    state.register("Well", ["urn:ngsi-ld:Well:west"])
    report(state, 10.0, 5.0)
    watch.step(state)
    assert [alert.evidence.since for alert in book.all()] == [0.0]


class Vanishing(Level):
    """A detector whose every score is missing."""

    def score(self, state: State) -> Finding:
        """Nothing can be said."""
        return Finding(WELLS, np.full(3, np.nan))


scores = st.lists(st.one_of(st.integers(0, 4), st.just(math.nan)), min_size=1, max_size=40)


@given(scores, st.integers(0, 4), st.integers(1, 4), st.integers(0, 4))
def test_columns_open_and_end_alerts_as_one_entity_alone_would(
    levels: list[float], holds: int, threshold: int, clear: int
) -> None:
    """The vectorised conditions must equal the state machine drawn in the module, step by step."""
    rule = HighWater(threshold=threshold, holds_for_s=holds, clear_below=clear)
    seen = Scripted(levels)
    paper = Paper()
    watch = Watch(Wells(), [seen], [rule], AlertBook(paper))
    state, plain = wells(), Plain(rule)
    for at, level in enumerate(levels):
        state.move_to(at)
        watch.step(state)
        plain.step(at, level)
    assert raw_alerts(paper) == [tuple(alert) for alert in plain.alerts]


def raw_alerts(paper: Paper) -> list[tuple[float, float, float | None]]:
    """When each raw alert on record was sent, since when its condition held, and when it had passed."""
    raws = [
        line.alert if isinstance(line, Raised) else line.raw
        for line in paper.lines
        if isinstance(line, Raised | Joined)
    ]
    ends = [line.at for line in paper.lines if isinstance(line, Left)]
    padded = [*ends, *[None] * (len(raws) - len(ends))]
    return [(raw.sent, raw.evidence.since, end) for raw, end in zip(raws, padded, strict=True)]


class Scripted(Level):
    """A detector that reads its scores from a list."""

    name = "level"

    def __init__(self, levels: list[float]) -> None:
        super().__init__()
        self.levels = iter(levels)

    def score(self, state: State) -> Finding:
        """The next score, of one well."""
        return Finding(WELLS[:1], np.array([next(self.levels)], float))


class Plain:
    """The plain twin of the watch: one entity, one rule, one step at a time."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.alerts: list[list[float | None]] = []
        self.since: float | None = None
        self.live = False

    def step(self, at: float, score: float) -> None:
        """Follow one score."""
        self.since = (at if self.since is None else self.since) if score >= self.rule.threshold else None
        if not self.live and self.since is not None and at - self.since >= self.rule.holds_for_s:
            self.live = True
            self.alerts.append([at, self.since, None])
        if self.live and score < min(self.rule.clear_below, self.rule.threshold):
            self.live = False
            self.alerts[-1][2] = at
