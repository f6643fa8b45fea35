"""The life of an alert: what each state allows, what the desk says by itself, and nothing lost on the way."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.alert_records import Matcher, Silence, Stepped
from touyan.core.alerts import MOVES, AlertAction, AlertState, Severity
from touyan.core.entities import Entity
from touyan.core.errors import SettingError, StaleActionError, TouyanError
from touyan.warning.book import AlertBook
from touyan.warning.desk import Desk, Inhibition, Maintenance, Relief, Rota, Rung
from touyan.warning.lessons import Lesson, lessons
from touyan.warning.places import Places

from .city import Paper
from .raw_alerts import raw

ACT = AlertAction


def acted(book: AlertBook, *actions: tuple[AlertAction, str]) -> AlertBook:
    """The book after actions of people on its first alert, a second each."""
    for at, (action, by) in enumerate(actions, start=1):
        to = {ACT.ASSIGN: "patrol 7", ACT.FEEDBACK: "true"}.get(action, "")
        book.act(action, "alert-1", by, float(at), "why", to)
    return book


def book_with(*raws: Any, desk: Desk | None = None, places: Places | None = None) -> tuple[AlertBook, Paper]:
    """A book that took raw alerts in, and its journal."""
    paper = Paper()
    book = AlertBook(paper, (), desk, places)
    book.open(list(raws))
    return book, paper


def replayed(paper: Paper, desk: Desk | None = None, now: float = 0.0) -> AlertBook:
    """The book that a process finds after the one before it was killed."""
    return AlertBook(Paper(), list(paper.lines), desk, now=now)


# ---------------------------------------------------------------- people


def test_an_alert_goes_the_whole_way_and_back() -> None:
    """Discovered, filed, dispatched, handled, checked, closed; and reopened when it was closed too early."""
    book, _ = book_with(raw(suspected=True))
    acted(book, (ACT.CONFIRM, "Li"), (ACT.ACKNOWLEDGE, "Li"), (ACT.ASSIGN, "Li"), (ACT.RESOLVE, "patrol 7"))
    assert book.get("alert-1").assignee == "patrol 7"
    acted(book, (ACT.CLOSE, "Wang"), (ACT.REOPEN, "Wang"))
    alert = book.get("alert-1")
    assert [step.state.value for step in alert.log] == [
        *("suspected", "open", "acknowledged", "assigned", "resolved", "closed", "open")
    ]
    assert alert.assignee == ""


def test_an_assigned_alert_is_given_to_another_only_by_who_saw_the_first() -> None:
    """Two dispatchers at once must not send two patrols, each believing to be alone."""
    book, _ = book_with(raw())
    acted(book, (ACT.ASSIGN, "Li"))
    with pytest.raises(StaleActionError, match="already assigned \\(by Li"):
        book.act(ACT.ASSIGN, "alert-1", "Wang", 5.0, to="patrol 9")
    seen = len(book.get("alert-1").log)
    assert book.act(ACT.ASSIGN, "alert-1", "Wang", 6.0, to="patrol 9", seen=seen).assignee == "patrol 9"


def test_who_has_not_seen_what_others_did_is_refused() -> None:
    """A click on a page of a minute ago must not undo what somebody did; a machine's note does not count."""
    book, _ = book_with(raw())
    book.end(["fire|urn:ngsi-ld:House:1"], "fire", 1.0)
    book.act(ACT.ACKNOWLEDGE, "alert-1", "Li", 2.0, seen=1)
    with pytest.raises(StaleActionError, match="by Li"):
        book.act(ACT.CLOSE, "alert-1", "Wang", 3.0, seen=1)


def test_the_two_highest_levels_need_two_persons_before_the_public_is_told() -> None:
    """One person may err or be deceived; the second must be another one, however the name is written."""
    book, _ = book_with(raw(severity=Severity.EXTREME), raw(house=2))
    assert (book.get("alert-1").released, book.get("alert-2").released) == (False, True)
    book.act(ACT.APPROVE, "alert-1", "Li Na", 1.0)
    with pytest.raises(StaleActionError, match="a second person must approve \\(by Li Na"):
        book.act(ACT.APPROVE, "alert-1", " li na", 2.0)
    assert book.act(ACT.APPROVE, "alert-1", "Wang Wei", 3.0).released
    with pytest.raises(StaleActionError, match="already released"):
        book.act(ACT.APPROVE, "alert-2", "Li Na", 3.0)


def test_what_is_only_suspected_is_never_released() -> None:
    """The public is not told of a suspicion."""
    book, _ = book_with(raw(suspected=True))
    assert not book.get("alert-1").released
    with pytest.raises(StaleActionError):
        book.act(ACT.APPROVE, "alert-1", "Li", 1.0)


@pytest.mark.parametrize(("action", "setting"), [(ACT.ASSIGN, "assign.to"), (ACT.FEEDBACK, "feedback.to")])
def test_an_action_that_names_nobody_is_refused(action: AlertAction, setting: str) -> None:
    """An alert assigned to no one would lie there for ever; a label must be one that machines know."""
    book, _ = book_with(raw())
    with pytest.raises(SettingError, match=setting):
        book.act(action, "alert-1", "Li", 1.0)


def test_a_machine_action_is_not_for_people() -> None:
    """Nobody can write into the log that an alert escalated."""
    book, _ = book_with(raw())
    with pytest.raises(SettingError, match=r"alert\.action"):
        book.act(ACT.ESCALATE, "alert-1", "Li", 1.0)


# ---------------------------------------------------------------- the condition


def test_a_suspicion_that_passes_is_closed_and_one_that_lasts_is_confirmed() -> None:
    """Suspicions tidy themselves away; only what lasted waits for a person."""
    book, _ = book_with(raw(house=1, suspected=True), raw(house=2, suspected=True))
    book.end(["fire|urn:ngsi-ld:House:1"], "fire", 5.0)
    book.confirm(["fire|urn:ngsi-ld:House:2"], 6.0)
    assert [alert.state.value for alert in book.all()] == ["open", "closed"]


def test_what_comes_back_after_it_was_resolved_is_reopened() -> None:
    """A repair that did not last must not look like a new case."""
    book, _ = book_with(raw())
    acted(book, (ACT.ACKNOWLEDGE, "Li"), (ACT.RESOLVE, "Li"))
    book.end(["fire|urn:ngsi-ld:House:1"], "fire", 5.0)
    book.open([raw(9.0)])
    [alert] = book.all()
    assert (alert.state, alert.ended, alert.count) == (AlertState.OPEN, None, 2)


def test_a_closed_alert_whose_condition_lasts_stays_closed_until_it_comes_anew() -> None:
    """Who closes a false alarm must not get it again with the next report of the same thing."""
    book, _ = book_with(raw())
    book.close("alert-1", "Li", 1.0)
    book.open([raw(2.0)])
    assert [alert.state.value for alert in book.all()] == ["closed"]
    book.end(["fire|urn:ngsi-ld:House:1"], "fire", 3.0)
    book.open([raw(4.0)])
    assert [alert.state.value for alert in book.all()] == ["open", "closed"]


def test_a_condition_that_comes_and_goes_does_not_flood_the_log() -> None:
    """A day of flicker would hide what people did; the record has every turn, the alert says how it is now."""
    book, paper = book_with(raw())
    for turn in range(50):
        book.end(["fire|urn:ngsi-ld:House:1"], "fire", turn * 2 + 1.0)
        book.open([raw(turn * 2 + 2.0)])
    alert = book.get("alert-1")
    assert (alert.ended, alert.count) == (None, 51)
    assert len(alert.log) == 20
    assert alert.log[-1].note.startswith("it comes and goes")
    book.end(["fire|urn:ngsi-ld:House:1"], "fire", 200.0)
    assert replayed(paper).get("alert-1").ended == book.get("alert-1").ended == 200.0


def test_what_is_not_reported_again_in_time_has_passed() -> None:
    """Another system that fell silent must not leave its alerts standing for ever."""
    book, _ = book_with(raw(expires=60.0))
    book.open([raw(30.0, expires=90.0)])
    book.tick(80.0)
    assert book.all()[0].ended is None
    book.tick(90.0)
    assert book.all()[0].ended == 90.0


# ---------------------------------------------------------------- groups


def test_near_alerts_of_one_cause_are_one_and_those_far_or_late_are_not() -> None:
    """A burst main is one case, however many houses report it; the next street is another."""
    here, near, far = (120.0, 30.0), (120.001, 30.0), (120.1, 30.0)
    told = [
        raw(at, house, group="place", location=location)
        for at, house, location in [(0.0, 1, here), (1.0, 2, near), (2.0, 3, far), (1000.0, 4, near)]
    ]
    book, _ = book_with(*told)
    assert [(alert.count, alert.members) for alert in reversed(book.all())] == [(2, 2), (1, 1), (1, 1)]


def test_a_worse_sign_makes_the_whole_alert_worse() -> None:
    """Deadlines and release follow the worst that is known."""
    place: dict[str, Any] = {"group": "cause", "cause": "burst main"}
    book, _ = book_with(raw(**place), raw(1.0, 2, severity=Severity.EXTREME, rule="flood", **place))
    [alert] = book.all()
    assert (alert.severity, alert.released) == (Severity.EXTREME, False)


def test_a_drill_never_joins_a_real_alert() -> None:
    """A real fire during a drill must be seen as one."""
    book, _ = book_with(raw(group="cause"), raw(1.0, 2, group="cause", status="Exercise"))
    assert [alert.status for alert in book.all()] == ["Exercise", "Actual"]


# ---------------------------------------------------------------- what hides


def test_a_silence_hides_while_it_lasts_and_says_who_made_it() -> None:
    """Works at a pump: its alarms are on record, and wake nobody."""
    book, _ = book_with(raw())
    book.silence(Silence("", (Matcher("entity", ".*House:1", is_regex=True),), 5.0, 50.0, "Li", "works"), 1.0)
    assert book.get("alert-1").muted == ""
    book.tick(5.0)
    assert book.get("alert-1").muted == "silence-1"
    assert book.get("alert-1").log[-1].note == "works (Li)"
    book.tick(50.0)
    assert book.get("alert-1").muted == ""


def test_a_silence_with_a_broken_pattern_is_refused() -> None:
    """It would stop the clock of the whole city at the next tick."""
    book, _ = book_with(raw())
    with pytest.raises(SettingError, match="a pattern that can be read"):
        book.silence(Silence("", (Matcher("entity", "(", is_regex=True),), 0.0, 9.0, "Li"), 0.0)
    book.tick(1.0)
    assert book.silences() == []


def test_a_malicious_pattern_costs_no_time() -> None:
    """With backtracking this one would take longer than the age of the city, and the clock would stand still."""
    book, _ = book_with(raw(place="a" * 60 + "!"))
    book.silence(Silence("", (Matcher("place", "(a+)+$", is_regex=True),), 0.0, 9.0, "Mallory"), 0.0)
    assert book.get("alert-1").muted == ""


def test_people_see_what_is_open_and_only_the_newest_of_what_is_closed() -> None:
    """After a year the page must not load a year; what waits for somebody is never left out."""
    book, _ = book_with(*(raw(float(house), house) for house in range(1, 11)))
    for number in range(2, 11):
        book.close(f"alert-{number}", "Li", 20.0)
    assert [alert.identifier for alert in book.current(closed=2)] == ["alert-10", "alert-9", "alert-1"]


def test_a_silence_can_be_ended_early_but_only_once() -> None:
    """The works are done sooner; a second hand learns that they are."""
    book, _ = book_with(raw())
    book.silence(Silence("", (Matcher("alertname", "fire"),), 0.0, 50.0, "Li"), 1.0)
    book.expire("silence-1", "Wang", 10.0)
    assert book.get("alert-1").muted == ""
    with pytest.raises(StaleActionError, match="silence-1 is already over"):
        book.expire("silence-1", "Li", 11.0)


def test_a_dead_controller_hides_the_silence_of_its_detectors_until_it_is_back() -> None:
    """One cause, one alert: fifty silent detectors behind a dead controller are no news."""
    inventory = [Entity(f"urn:ngsi-ld:House:{n}", "House", {"controller": "urn:ngsi-ld:House:9"}) for n in (1, 2)]
    places = Places([*inventory, Entity("urn:ngsi-ld:House:3", "House"), Entity("urn:ngsi-ld:House:9", "House")])
    desk = Desk(inhibitions=(Inhibition("dead", ("fire",), "controller"),))
    book, _ = book_with(raw(), raw(1.0, 2), raw(1.0, 3), desk=desk, places=places)
    book.open([raw(2.0, 9, rule="dead")])
    assert [alert.muted for alert in reversed(book.all())] == ["alert-4", "alert-4", "", ""]
    book.end(["dead|urn:ngsi-ld:House:9"], "dead", 3.0)
    assert [alert.muted for alert in book.all()] == ["", "", "", ""]


def test_a_maintenance_window_comes_back_every_night_past_midnight() -> None:
    """Planned works at night: from 23:00 to 04:00 of the city's clock, Thursday nights only."""
    window = Maintenance("wash", (), (3,), 23 * 3600.0, 4 * 3600.0)
    thursday_night = 1767279600.0  # 2026-01-01T23:00 in Shanghai, a Thursday
    book, _ = book_with(desk=Desk(maintenance=(window,)))
    for after, muted in [(-60.0, ""), (0.0, "maintenance wash"), (4 * 3600.0, "maintenance wash"), (5 * 3600.0, "")]:
        book.open([raw(thursday_night + after)])
        book.tick(thursday_night + after)
        assert book.get("alert-1").muted == muted


# ---------------------------------------------------------------- deadlines and escalation

NIGHT = Desk(
    deadlines={Severity.MODERATE: {AlertState.OPEN: 100.0, AlertState.ASSIGNED: 50.0}},
    ladders={Severity.MODERATE: (Rung(10.0, "operators"), Rung(30.0, "director"))},
    rotas={"operators": Rota("operators", ("Li", "Wang"), 0.0, 15.0, (Relief("Zhao", 40.0, 60.0),))},
)


def told_of(book: AlertBook) -> list[tuple[float, str, str]]:
    """What the desk said by itself: when, what and to whom."""
    return [(step.at, step.action.value, step.to) for step in book.get("alert-1").log if step.by == "desk"]


def test_an_alert_that_nobody_takes_on_climbs_the_ladder_at_the_right_seconds() -> None:
    """Who is on call changes with the shift; each rung is told once, then the deadline is missed, once."""
    book, _ = book_with(raw(), desk=NIGHT)
    for second in range(1, 300):
        book.tick(float(second))
    assert told_of(book) == [(10, "escalate", "operators: Li"), (30, "escalate", "director"), (100, "overdue", "")]
    assert (book.get("alert-1").level, book.get("alert-1").overdue) == (2, True)


def test_who_takes_it_on_stops_the_ladder_and_the_next_step_has_its_own_deadline() -> None:
    """A deadline for each step, as management centres set them."""
    book, _ = book_with(raw(), desk=NIGHT)
    book.tick(10.0)
    book.act(ACT.ASSIGN, "alert-1", "Li", 20.0, to="patrol")
    assert book.get("alert-1").due == 70.0
    for second in range(21, 200):
        book.tick(float(second))
    assert told_of(book) == [(10, "escalate", "operators: Li"), (70, "overdue", "")]


def test_what_is_hidden_or_has_passed_wakes_nobody() -> None:
    """The ladder waits while an alert is hidden, and goes on when it is not."""
    book, _ = book_with(raw(), desk=NIGHT)
    book.silence(Silence("", (Matcher("alertname", "fire"),), 0.0, 20.0, "Li"), 1.0)
    for second in range(1, 25):
        book.tick(float(second))
    assert [step for step in told_of(book) if step[1] == "escalate"] == [(20, "escalate", "operators: Wang")]
    book.end(["fire|urn:ngsi-ld:House:1"], "fire", 26.0)
    book.tick(40.0)
    assert book.get("alert-1").level == 1


def test_after_a_restart_escalation_goes_on_at_the_right_time() -> None:
    """A crash at second 20 must neither repeat the first rung nor delay the second."""
    book, paper = book_with(raw(), desk=NIGHT)
    book.tick(12.0)
    again = replayed(paper, NIGHT, now=20.0)
    for second in range(20, 40):
        again.tick(float(second))
    assert told_of(again) == [(12, "escalate", "operators: Li"), (30, "escalate", "director")]


def test_a_clock_that_was_set_back_counts_on_from_where_it_stood() -> None:
    """A simulated city starts again at its first second; what was open escalates after the time that was left."""
    book, paper = book_with(raw(1000.0), desk=NIGHT)
    book.tick(1012.0)
    again = replayed(paper, NIGHT, now=0.0)
    for second in range(40):
        again.tick(float(second))
    assert told_of(again)[1:] == [(18, "escalate", "director")]


def test_a_stand_in_is_on_call_for_who_is_away() -> None:
    """People fall ill; the rota says who comes instead."""
    rota = NIGHT.rotas["operators"]
    assert [rota.on_call(at) for at in (0.0, 15.0, 30.0, 39.0, 40.0, 59.0, 60.0)] == [
        *("Li", "Wang", "Li", "Li", "Zhao", "Zhao", "Li")
    ]


# ---------------------------------------------------------------- everything at once

houses = st.integers(1, 4)
events = st.one_of(
    st.tuples(st.just("open"), houses, st.booleans()),
    st.tuples(st.just("end"), houses, st.just(False)),
    st.tuples(st.just("tick"), st.integers(1, 60), st.just(False)),
    st.tuples(st.just("silence"), houses, st.just(False)),
    st.tuples(st.sampled_from(sorted(MOVES)), houses, st.booleans()),
)


@given(st.lists(events, max_size=60), st.integers(0, 60))
@settings(max_examples=150, deadline=None)
def test_no_sequence_of_several_clients_leaves_the_drawn_way_or_loses_a_step(
    sequence: list[tuple[Any, int, bool]], killed_after: int
) -> None:
    """Whatever clients do: only drawn transitions, no step lost, the record plays back to the same book."""
    paper, now = Paper(), 0.0
    book = AlertBook(paper, (), NIGHT)
    for number, (what, house, flag) in enumerate(sequence):
        now += 1.0
        if number == killed_after:
            book = AlertBook(paper, list(paper.lines), NIGHT, now=now)
        before = {alert.identifier: alert for alert in book.all()}
        now = happen(book, what, house, flag, now)
        for alert in book.all():
            old = before.get(alert.identifier)
            assert old is None or alert.log[: len(old.log)] == old.log
    for alert in book.all():
        for earlier, step in zip(alert.log, alert.log[1:], strict=False):
            move = MOVES.get(step.action)
            assert move is None or earlier.state in move.allowed
            assert step.state is (earlier.state if move is None or move.leads_to is None else move.leads_to)
    again = replayed(paper, NIGHT, now)
    assert again.all() == book.all()
    assert again.silences() == book.silences()
    assert [again.members(a.identifier) for a in again.all()] == [book.members(a.identifier) for a in book.all()]
    written = [line.step for line in paper.lines if isinstance(line, Stepped)]
    assert len(written) == sum(len(alert.log) - 1 for alert in book.all())


def happen(book: AlertBook, what: Any, house: int, flag: bool, now: float) -> float:
    """One event of the sequence; what is refused changes nothing."""
    if what == "open":
        book.open([raw(now, house, suspected=flag, group="cause" if house > 2 else "none")])
    elif what == "end":
        book.end([f"fire|urn:ngsi-ld:House:{house}"], "fire", now)
    elif what == "tick":
        now += house
        book.tick(now)
    elif what == "silence":
        matcher = Matcher("entity", f"urn:ngsi-ld:House:{house}")
        book.silence(Silence("", (matcher,), now, now + 30, "Li"), now)
    else:
        version = book.version
        seen = len(book.all()[0].log) if flag and book.all() else None
        try:
            book.act(what, f"alert-{house}", "Li" if flag else "Wang", now, "", "true", seen)
        except TouyanError:
            assert book.version == version
    return now


# ---------------------------------------------------------------- lessons


def labelled(*told: tuple[float, str], threshold: float = 10.0) -> list[Lesson]:
    """The lessons of alerts with these values, labelled so by people."""
    book = AlertBook(Paper())
    for house, (value, label) in enumerate(told, start=1):
        alert = raw(float(house), house)
        seen = msgspec.structs.replace(alert.evidence, value=value, threshold=threshold)
        book.open([msgspec.structs.replace(alert, evidence=seen)])
        book.act(ACT.FEEDBACK, f"alert-{house}", "Li", 50.0, to=label)
    return lessons(book.all())


def test_a_better_bound_keeps_every_true_alert_and_spares_false_ones() -> None:
    """Thresholds learn from what people said; the advice never costs a true alert that was seen."""
    [lesson] = labelled((11.0, "false"), (12.0, "false"), (16.0, "true"), (18.0, "false"), (20.0, "true"))
    assert (lesson.true, lesson.false, lesson.advised, lesson.drops) == (2, 3, 14.0, 2)


def test_for_a_rule_that_warns_of_low_values_better_is_lower() -> None:
    """The same the other way round."""
    [lesson] = labelled((9.0, "false"), (4.0, "true"), threshold=10.0)
    assert (lesson.advised, lesson.drops) == (6.5, 1)


@pytest.mark.parametrize("told", [[(11.0, "false")], [(11.0, "true")], [(11.0, "true"), (12.0, "false")]])
def test_without_a_bound_that_is_surely_better_nothing_is_advised(told: list[tuple[float, str]]) -> None:
    """Advice that might lose a true alert is no advice."""
    assert labelled(*told)[0].advised is None
