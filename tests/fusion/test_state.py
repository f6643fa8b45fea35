"""The current state: what it keeps, what it ignores, what it counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.errors import NotFoundError
from touyan.core.observations import ObservationBatch
from touyan.fusion.state import CurrentState

IDS = ("a", "b", "c")


def batch(ids: tuple[str, ...], at: list[float], source: str = "loops", **values: list[float]) -> ObservationBatch:
    """Readings of things of the type Lane."""
    columns = {name: np.array(column, float) for name, column in values.items()}
    return ObservationBatch("Lane", source, ids, np.array(at, float), columns)


def lanes() -> CurrentState:
    """A state that knows three lanes and has heard nothing."""
    state = CurrentState(0.0)
    state.register("Lane", IDS)
    return state


def test_a_registered_thing_is_there_before_it_was_heard() -> None:
    """Readers must see every entity at once, with NaN and -inf instead of a missing column."""
    table = lanes().table("Lane")
    assert table.ids == IDS
    assert np.all(np.isneginf(table.observed_at))
    assert np.all(np.isnan(table.column("vehicles")))
    assert np.all(np.isneginf(table.heard_at("vehicles")))


def test_a_newer_reading_replaces_an_older_one() -> None:
    """The state is the newest reading of each entity, whatever the order of ids in a batch."""
    state = lanes()
    state.update(batch(("a", "b"), [1, 1], vehicles=[3, 4]))
    state.update(batch(("c", "a"), [2, 2], vehicles=[5, 6]))
    assert state.table("Lane").column("vehicles").tolist() == [6, 4, 5]
    assert state.table("Lane").observed_at.tolist() == [2, 1, 2]


def test_a_reading_that_comes_late_is_ignored_and_counted() -> None:
    """A delayed message must not turn the clock of one entity back."""
    state = lanes()
    state.update(batch(("a",), [5], vehicles=[3]))
    state.update(batch(("a", "b"), [4, 4], vehicles=[9, 9]))
    assert state.table("Lane").column("vehicles")[:2].tolist() == [3, 9]
    assert state.late["loops"] == 1


def test_a_reading_from_a_wrong_time_zone_is_ignored_and_counted() -> None:
    """Taken over, it would make every true reading of the next eight hours look late."""
    state = lanes()
    state.update(batch(("a",), [8 * 3600], vehicles=[9]))
    state.update(batch(("a",), [5], vehicles=[3]))
    assert state.table("Lane").column("vehicles")[0] == 3
    assert (state.early["loops"], state.late["loops"]) == (1, 0)


def test_of_several_readings_in_one_batch_the_newest_is_kept() -> None:
    """A source that catches up sends many readings of one entity, in any order."""
    state = lanes()
    state.update(batch(("a", "a", "a"), [3, 5, 4], vehicles=[30, 50, 40]))
    assert state.table("Lane").column("vehicles")[0] == 50


def test_a_missing_value_keeps_the_last_known_one_and_its_time() -> None:
    """NaN never overwrites, yet readers can see how old the value is."""
    state = lanes()
    state.update(batch(("a",), [1], vehicles=[3], speed=[7]))
    state.update(batch(("a",), [2], vehicles=[math.nan], speed=[8]))
    table = state.table("Lane")
    assert (table.column("vehicles")[0], table.column("speed")[0]) == (3, 8)
    assert (table.heard_at("vehicles")[0], table.heard_at("speed")[0]) == (1, 2)
    assert table.observed_at[0] == 2


def test_readings_of_unknown_things_are_counted_by_source() -> None:
    """A wrongly configured source must show up in a count, not vanish."""
    state = lanes()
    state.update(batch(("a", "nowhere", "z"), [1, 1, 1], source="loops", vehicles=[1, 2, 3]))
    state.update(ObservationBatch("Bus", "gps", ("bus-1",), np.zeros(1), {}))
    assert dict(state.unknown) == {"loops": 2, "gps": 1}
    assert state.table("Lane").column("vehicles")[0] == 1


def test_a_table_in_hand_never_changes() -> None:
    """A reader on another thread must see one moment, and cannot write to it."""
    state = lanes()
    state.update(batch(("a",), [1], vehicles=[3]))
    table = state.table("Lane")
    state.update(batch(("a",), [2], vehicles=[4]))
    assert table.column("vehicles")[0] == 3
    with pytest.raises(ValueError, match="read-only"):
        table.values["vehicles"][0] = 9


def test_things_registered_later_join_those_that_are_known() -> None:
    """A second pack may add entities of the same type without losing what was heard."""
    state = lanes()
    state.update(batch(("b",), [1], vehicles=[4]))
    state.register("Lane", ["b", "d"])
    state.update(batch(("d",), [2], vehicles=[7]))
    assert state.table("Lane").ids == ("a", "b", "c", "d")
    assert state.table("Lane").column("vehicles")[[1, 3]].tolist() == [4, 7]


def test_a_source_that_was_unknown_is_heard_once_its_things_are_registered() -> None:
    """Its batch looks the same as before; what the state remembers of it must not."""
    state, message = lanes(), batch(("d",), [1], vehicles=[7])
    state.update(message)
    state.register("Lane", ["d"])
    state.update(message)
    assert state.table("Lane").column("vehicles")[3] == 7
    assert state.unknown["loops"] == 1


def test_asking_for_an_unknown_type_names_the_nearest() -> None:
    """A misspelt type is a user's mistake and gets our own error."""
    with pytest.raises(NotFoundError, match="Lain") as error:
        lanes().table("Lain")
    assert "Lane" in error.value.hint


def test_a_type_without_entities_takes_readings_as_unknown() -> None:
    """A city without one kind of sensor still runs."""
    state = CurrentState(0.0)
    state.register("Lane", [])
    state.update(batch(("a",), [1], vehicles=[1]))
    assert state.unknown["loops"] == 1


def test_the_clock_goes_forward_only() -> None:
    """Engines measure how long things last, which a clock that jumps back would break."""
    state = CurrentState(10.0)
    state.move_to(12.0)
    state.move_to(12.0)
    assert state.now == 12.0
    with pytest.raises(ValueError, match="cannot go back"):
        state.move_to(11.0)


readings = st.tuples(st.sampled_from([*IDS, "?"]), st.integers(0, 9), st.one_of(st.just(math.nan), st.integers(0, 99)))


@given(st.lists(st.lists(readings, max_size=6), max_size=6))
def test_merging_columns_is_what_reading_one_by_one_would_give(batches: list[list[tuple[str, int, float]]]) -> None:
    """The vectorised update must equal the plain rule, for any order, repeats and gaps."""
    state, plain = lanes(), Plain()
    for rows in batches:
        ids, at, values = zip(*rows, strict=True) if rows else ((), (), ())
        state.update(batch(tuple(ids), list(at), vehicles=list(values)))
        for identifier, moment, value in sorted(rows, key=lambda row: row[1]):
            plain.hear(identifier, moment, value)
        plain.settle()
    table = state.table("Lane")
    np.testing.assert_array_equal(table.column("vehicles"), [plain.value[i] for i in IDS])
    np.testing.assert_array_equal(table.observed_at, [plain.seen[i] for i in IDS])
    assert (state.unknown["loops"], state.late["loops"]) == (plain.unknown, plain.late)


class Plain:
    """The plain twin: one reading at a time; lateness is judged against the state before the batch."""

    def __init__(self) -> None:
        self.value = dict.fromkeys(IDS, math.nan)
        self.seen = dict.fromkeys(IDS, -math.inf)
        self.before = dict(self.seen)
        self.unknown = self.late = 0

    def hear(self, identifier: str, at: float, value: float) -> None:
        """Take one reading."""
        if identifier not in self.seen:
            self.unknown += 1
        elif at < self.before[identifier]:
            self.late += 1
        else:
            self.seen[identifier] = at
            self.value[identifier] = self.value[identifier] if math.isnan(value) else value

    def settle(self) -> None:
        """End a batch."""
        self.before = dict(self.seen)
