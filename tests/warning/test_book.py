"""The book of alerts: its life cycle, its log, and nothing told before it is written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from touyan.core.alerts import Alert, AlertAction, AlertState, AlertStep, Evidence, Severity
from touyan.core.errors import NotFoundError, StaleActionError
from touyan.core.faults import Fault
from touyan.core.text import Text
from touyan.warning.book import AlertBook
from touyan.warning.failure import component_failed

from .city import Paper


def draft(sent: float = 0.0, house: int = 1) -> Alert:
    """A raw alert that no book has taken in yet."""
    text = Text("Fire", "火灾")
    evidence = Evidence("heat", 2.0, 1.0, "C62", sent, "nose")
    log = (AlertStep(AlertState.OPEN, "fire", sent, action=AlertAction.RAISE),)
    return Alert(
        "", "fire", f"urn:ngsi-ld:House:{house}", text, text, text, Severity.EXTREME, sent, evidence, log, group="none"
    )


KEY = "fire|urn:ngsi-ld:House:0"


def book_of(count: int) -> tuple[AlertBook, Paper]:
    """A book with some open alerts, and its journal; KEY is the first alert's."""
    paper = Paper()
    book = AlertBook(paper)
    book.open([draft(house, house) for house in range(count)])
    return book, paper


def test_an_alert_is_acknowledged_and_closed_with_names_times_and_notes() -> None:
    """The log must say who did what, when and why; it is what an inquiry reads."""
    book, _ = book_of(1)
    book.acknowledge("alert-1", "Li Na", 5.0, "on my way")
    closed = book.close("alert-1", "Wang Wei", 9.0, "put out")
    assert closed == book.get("alert-1")
    assert [(step.state, step.by, step.at, step.note) for step in closed.log] == [
        ("open", "fire", 0.0, ""),
        ("acknowledged", "Li Na", 5.0, "on my way"),
        ("closed", "Wang Wei", 9.0, "put out"),
    ]


def test_an_open_alert_may_be_closed_at_once() -> None:
    """A false alarm needs no acknowledgement."""
    book, _ = book_of(1)
    assert book.close("alert-1", "Li Na", 5.0).state is AlertState.CLOSED


@pytest.mark.parametrize("action", ["acknowledge", "close"])
def test_an_action_that_comes_too_late_names_who_was_first_and_when(action: str) -> None:
    """Two operators act at once; the second must learn what the first did."""
    book, paper = book_of(1)
    book.close("alert-1", "Li Na", 0.0)
    written = len(paper.lines)
    with pytest.raises(StaleActionError, match=r"already closed \(by Li Na, 1970-01-01T08:00:00\+08:00\)") as error:
        getattr(book, action)("alert-1", "Wang Wei", 1.0)
    assert error.value.who == "Li Na"
    assert len(paper.lines) == written


def test_a_note_of_the_machine_does_not_hide_who_acknowledged() -> None:
    """The condition may pass after a person took the alert on."""
    book, _ = book_of(1)
    book.acknowledge("alert-1", "Li Na", 5.0)
    book.end([KEY], "fire", 7.0)
    with pytest.raises(StaleActionError, match="by Li Na"):
        book.acknowledge("alert-1", "Wang Wei", 8.0)


def test_an_alert_whose_condition_passed_stays_open_for_a_person() -> None:
    """Only people close alerts; the book notes that the condition has passed."""
    book, _ = book_of(1)
    [ended] = book.end([KEY], "fire", 7.0)
    assert (ended.state, ended.ended, ended.log[-1].by) == (AlertState.OPEN, 7.0, "fire")


def test_every_step_is_in_the_journal_before_it_is_told() -> None:
    """Nothing acknowledged is lost: the journal played back gives what every caller saw."""
    book, paper = book_of(2)
    seen = [book.acknowledge("alert-2", "Li Na", 5.0), *book.end([KEY], "fire", 6.0)]
    assert AlertBook(Paper(), paper.lines).all() == book.all() == seen


def test_a_step_that_cannot_be_written_has_not_happened() -> None:
    """With a full disk the caller gets the error, and the alert stays as it was."""
    book, paper = book_of(1)
    version = book.version
    paper.full = True
    with pytest.raises(OSError, match="no space"):
        book.acknowledge("alert-1", "Li Na", 5.0)
    with pytest.raises(OSError, match="no space"):
        book.open([draft()])
    assert book.get("alert-1").state is AlertState.OPEN
    assert (book.version, len(book.all())) == (version, 1)


def test_changes_since_a_version_are_those_and_no_others() -> None:
    """The live feed sends only what changed, and misses nothing."""
    book, _ = book_of(3)
    version, first = book.changed_since(0)
    assert [alert.identifier for alert in first] == ["alert-1", "alert-2", "alert-3"]
    assert book.changed_since(version) == (version, [])
    book.acknowledge("alert-1", "Li Na", 5.0)
    book.close("alert-3", "Li Na", 6.0)
    book.close("alert-1", "Li Na", 7.0)
    later, changed = book.changed_since(version)
    assert later > version
    assert [(alert.identifier, alert.state) for alert in changed] == [("alert-3", "closed"), ("alert-1", "closed")]


def test_all_alerts_come_newest_first() -> None:
    """The list that people read starts with what is new, whoever acted on the older ones."""
    book, _ = book_of(11)
    book.acknowledge("alert-2", "Li Na", 5.0)
    assert [alert.identifier for alert in book.all()] == [f"alert-{number}" for number in range(11, 0, -1)]


def test_an_unknown_alert_is_named() -> None:
    """A wrong link gets our own error, not a KeyError."""
    book, _ = book_of(1)
    with pytest.raises(NotFoundError, match="no alert 'alert-7'"):
        book.acknowledge("alert-7", "Li Na", 5.0)


def test_of_many_who_acknowledge_at_once_exactly_one_succeeds() -> None:
    """The book is used by every thread of the server."""
    book, paper = book_of(20)

    def take(person: int) -> int:
        taken = 0
        for number in range(1, 21):
            try:
                book.acknowledge(f"alert-{number}", f"person {person}", 1.0)
            except StaleActionError:
                continue
            taken += 1
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(take, range(8)))
    assert taken == 20
    assert len(paper.lines) == 40


def test_a_failed_part_of_an_unknown_kind_still_gets_its_alert() -> None:
    """The runtime reports parts that the warning engine has never heard of."""
    alert = component_failed(Fault("source", "cameras", "ValueError: no frame", 3.0))
    assert alert.headline == Text("The source cameras is switched off", "source“cameras”已停用")
