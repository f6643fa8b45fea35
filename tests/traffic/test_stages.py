"""The timed copy of the step: that it does what the step does, and counts all of it."""

from __future__ import annotations

import itertools
import textwrap

from touyan.kernels.traffic import stages
from touyan.kernels.traffic import step as original

SOURCE = textwrap.dedent(
    '''
    def step(world):
        """Some order of things."""
        count = len(world)
        first(world)
        if count:
            second(world, first(world), max(0, count))
        world.append(count)
    '''
)


def test_the_timed_copy_does_the_same_and_times_what_is_called() -> None:
    """A profile of something else would mislead."""
    source, names = stages.timed(SOURCE)
    assert names == ("first", "second, first")
    clock, done, spent = itertools.count(0, 5), list[str](), [0, 0]
    space = {
        "cycles_": lambda: next(clock),
        "first": lambda world: done.append("first"),
        "second": lambda world, answer, count: done.append("second"),
    }
    exec(source, space)
    world = [7]
    space["step"](world, spent)  # type: ignore[operator]  # what the source made
    assert done == ["first", "first", "second"]
    assert world == [7, 1]
    assert spent == [5, 5]


def test_every_stage_of_the_real_step_is_named_once() -> None:
    """A stage without a name would be hidden in its neighbour's time."""
    _, names = stages.timed(stages._source(original.step))
    told = [name for stage in names for name in stage.split(", ")]
    assert {"begin", "plan", "move_all", "look_around", "finish"} <= set(told)
    assert "meet" not in told
