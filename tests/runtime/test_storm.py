"""A storm of alerts: few lines for people, all of it on record, and nothing lost when the process is killed in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from touyan.core.alert_records import Joined, Raised
from touyan.core.alerts import Alert, AlertAction, AlertState, Severity
from touyan.runtime.store import Store
from touyan.warning.book import AlertBook
from touyan.warning.desk import Desk, Rung

from ..warning.raw_alerts import raw

STORM = 20_000
DESK = Desk(ladders={Severity.MODERATE: (Rung(20.0, "operators"), Rung(40.0, "director"))})


def storm() -> list[Alert]:
    """Twenty thousand sensors of a whole city fall silent within ten seconds."""
    every = [(number % 200, number // 200) for number in range(STORM)]
    return [
        raw(number / 2_000, number, rule="silent", group="place", location=(120 + east * 0.004, 30 + north * 0.004))
        for number, (east, north) in enumerate(every)
    ]


def test_twenty_thousand_raw_alerts_of_one_cause_are_at_most_five_lines_and_all_on_record(tmp_path: Path) -> None:
    """People can read five lines in a night of storm; the inquiry can read every one of the others."""
    store = Store.open(tmp_path)
    book = AlertBook(store)
    for part in batched_storm():
        book.open(part)
    assert len(book.all()) <= 5
    assert sum(alert.count for alert in book.all()) == STORM
    assert sum(len(book.members(alert.identifier)) for alert in book.all()) == STORM
    kept = {record.raw.entity for record in store.alert_records() if isinstance(record, Joined)}
    kept |= {record.alert.entity for record in store.alert_records() if isinstance(record, Raised)}
    assert len(kept) == STORM
    again = AlertBook(store, store.alert_records())
    assert again.all() == book.all()
    store.close()


def batched_storm() -> list[list[Alert]]:
    """The storm as a live feed brings it: a tenth of a second at a time."""
    alerts = storm()
    return [alerts[first : first + 200] for first in range(0, STORM, 200)]


CHILD = """
import sys
from pathlib import Path
from tests.runtime.test_storm import DESK, batched_storm
from touyan.core.alerts import AlertAction
from touyan.runtime.store import Store
from touyan.warning.book import AlertBook

book = AlertBook(Store.open(Path(sys.argv[1])), (), DESK)
for second, part in enumerate(batched_storm()):
    for alert in dict.fromkeys(alert.identifier for alert in book.open(part)):
        book.act(AlertAction.COMMENT, alert, "li", second / 10, f"seen {second}")
        print(alert, second, flush=True)
    book.tick(second / 10)
"""


def test_what_was_acknowledged_in_a_storm_is_there_after_a_kill_and_escalation_goes_on(tmp_path: Path) -> None:
    """`kill -9` in the middle: every step that was told is there, and the ladder goes on to the second."""
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / "src")])
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert child.stdout is not None
    told = [child.stdout.readline().split() for _ in range(30)]
    child.send_signal(signal.SIGKILL)
    told += [line.split() for line in child.stdout.read().splitlines()]
    child.wait()
    store = Store.open(tmp_path)
    book = AlertBook(store, store.alert_records(), DESK, now=12.0)
    notes = {(alert.identifier, step.note) for alert in book.all() for step in alert.log}
    assert len(told) >= 30
    assert {(alert, f"seen {second}") for alert, second in told} <= notes
    for tenth in range(120, 500):
        book.tick(tenth / 10)
    for alert in book.all():
        rungs = [step.at for step in alert.log if step.action is AlertAction.ESCALATE]
        assert rungs == [_tick_after(alert.sent + after) for after in (20.0, 40.0)]
        assert alert.state is AlertState.OPEN
    store.close()


def _tick_after(at: float) -> float:
    """The first tick at or after a time."""
    return next(tenth / 10 for tenth in range(500) if tenth / 10 >= at)


def test_a_step_costs_the_same_late_in_a_storm(tmp_path: Path) -> None:
    """The record of one step must not carry the whole alert, or a storm grows with its square."""
    store = Store.open(tmp_path)
    book = AlertBook(store)
    for part in batched_storm()[:20]:
        book.open(part)
    book.act(AlertAction.ACKNOWLEDGE, book.all()[-1].identifier, "li", 3.0)
    last = list(store.alert_records())[-1]
    assert len(msgspec.json.encode(last)) < 300
    store.close()
