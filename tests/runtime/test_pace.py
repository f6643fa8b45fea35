"""The brain's one clock: how long it waits, when it hurries, and that it stops at once."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.runtime.pace import Pace


class Wall:
    """A wall clock that moves when a test says so, and counts what was waited."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waited: list[float] = []

    def monotonic(self) -> float:
        """Wall time."""
        return self.now

    def wait(self, seconds: float) -> bool:
        """Time passes as asked."""
        self.waited.append(seconds)
        self.now += seconds
        return False


def paced(speed: float) -> tuple[Pace, Wall]:
    """A pace on a wall clock of the test's."""
    with pytest.MonkeyPatch.context() as patch:
        wall = Wall()
        patch.setattr(time, "monotonic", wall.monotonic)
        return Pace(speed), wall


def beat(one: Pace, wall: Wall, city_seconds: float, work: float = 0.0) -> float:
    """One beat whose work takes some wall time; returns how long it then waited."""
    wall.now += work
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", wall.monotonic)
        patch.setattr(threading.Event, "wait", lambda _, seconds: wall.wait(seconds))
        one.wait(city_seconds)
    return wall.waited[-1] if wall.waited else 0.0


@pytest.mark.parametrize("speed", [0.5, 1.0, 20.0, 500.0])
def test_a_city_second_takes_a_wall_second_by_the_speed(speed: float) -> None:
    """At 20 times real time a beat of one second takes a twentieth."""
    one, wall = paced(speed)
    for _ in range(5):
        assert beat(one, wall, 1.0) == pytest.approx(1 / speed)


def test_the_work_of_a_beat_is_part_of_its_time() -> None:
    """A beat that takes 0.3 s of work waits 0.7 s: the city's clock does not lag."""
    one, wall = paced(1.0)
    for _ in range(5):
        assert beat(one, wall, 1.0, work=0.3) == pytest.approx(0.7)


def test_a_small_delay_is_made_up_for() -> None:
    """One slow beat of 1.5 s is followed by a shorter wait; after two seconds all is even."""
    one, wall = paced(1.0)
    assert beat(one, wall, 1.0, work=1.5) == 0
    assert beat(one, wall, 1.0) == pytest.approx(0.5)


def test_a_long_delay_is_let_go() -> None:
    """After a minute asleep the city does not race through the minute; at most one second is made up."""
    one, wall = paced(1.0)
    assert beat(one, wall, 1.0, work=60) == 0
    hurried = [beat(one, wall, 0.5) for _ in range(6)]
    assert hurried[:2] == [0, 0]
    assert hurried[2:] == [pytest.approx(0.5)] * 4


@given(st.lists(st.floats(0, 3), min_size=1, max_size=30), st.floats(0.1, 50))
def test_the_clock_never_runs_ahead_of_the_wall(works: list[float], speed: float) -> None:
    """City time times wall speed is an upper bound, whatever the work costs; and no wait is negative."""
    one, wall = paced(speed)
    for number, work in enumerate(works, 1):
        assert beat(one, wall, 1.0, work) >= 0
        assert wall.now - 100.0 >= number / speed - 1e-6


@pytest.mark.parametrize("speed", [0.0, -1.0])
def test_without_a_speed_nobody_waits(speed: float) -> None:
    """As fast as possible is how trials and batch runs go."""
    one, wall = paced(speed)
    for _ in range(3):
        beat(one, wall, 3600.0)
    assert wall.waited == []


def test_who_waits_is_woken_by_a_stop() -> None:
    """At one hundredth of real time a beat takes minutes; the end must not."""
    one = Pace(0.001)
    waiting = threading.Thread(target=one.wait, args=(3600.0,))
    waiting.start()
    one.stop()
    waiting.join(5)
    assert not waiting.is_alive()


def test_stopped_says_so_for_good() -> None:
    """The brain asks before each beat; a second stop changes nothing."""
    one = Pace(1.0)
    assert not one.stopped
    one.stop()
    one.stop()
    assert one.stopped
    one.wait(3600.0)
