"""When flows send vehicles: the clock rule against its plain twin."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.packs.traffic.demand import Departures
from touyan.packs.traffic.flows import FlowDemand
from touyan.packs.traffic.poisson import CAR

Row = tuple[int, int, int, int, int]


class Flow(NamedTuple):
    """One flow's clock settings, in seconds."""

    interval: float
    start: float
    end: float


flows = st.builds(
    Flow,
    st.sampled_from([0.1, 0.25, 0.3, 1.0, 1.7, 5.0, 100.0]),
    st.integers(0, 12).map(float),
    st.integers(-1, 15).map(float),
)
step_lengths = st.sampled_from([0.1, 0.5, 1.0])
spans = st.tuples(st.integers(0, 60), st.integers(0, 60))


def plain(listed: list[Flow], last_step: int, step_s: float) -> list[Row]:
    """(step, route, type, flow, number) of every departure, by the model's words: step by step, flow by flow."""
    credit, clock = [flow.interval for flow in listed], [0.0] * len(listed)
    number, rows = [0] * len(listed), list[Row]()
    for step in range(last_step):
        for index, flow in enumerate(listed):
            if flow.end != -1 and clock[index] > flow.end:
                continue
            if clock[index] >= flow.start:
                while credit[index] >= flow.interval:
                    rows.append((step, index, 0, index, number[index]))
                    number[index] += 1
                    credit[index] -= flow.interval
                credit[index] += step_s
            clock[index] += step_s
    return rows


def demand(listed: list[Flow], step_s: float = 1.0) -> FlowDemand:
    """The same flows as a demand, each with a route of its own."""
    interval, start, end = np.array(listed, float).reshape(-1, 3).T.copy()
    return FlowDemand(
        types=CAR,
        routes=[(index, index + 1) for index in range(len(listed))],
        route=np.arange(len(listed), dtype=np.int32),
        vehicle_type=np.zeros(len(listed), np.int32),
        interval=interval,
        start=start,
        end=end,
        step_s=step_s,
    )


def rows(departures: Departures) -> list[Row]:
    """Departures as tuples."""
    columns = (departures.step, departures.route, departures.vehicle_type, departures.flow, departures.number)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@settings(deadline=None)  # the first example compiles
@given(st.lists(flows, max_size=5), step_lengths)
def test_departures_equal_their_plain_twin(listed: list[Flow], step_s: float) -> None:
    """Who leaves in which second decides every later figure."""
    assert rows(demand(listed, step_s).block(0, 60)) == plain(listed, 60, step_s)


@settings(deadline=None)  # the first example compiles
@given(st.lists(flows, max_size=5), step_lengths, st.lists(st.integers(0, 60), max_size=4))
def test_blocks_join_without_a_seam(listed: list[Flow], step_s: float, cuts: list[int]) -> None:
    """However a run is cut into blocks, the same vehicles leave."""
    one, cut = demand(listed, step_s), demand(listed, step_s)
    ends = [0, *sorted(cuts), 60]
    joined = [row for first, last in pairwise(ends) for row in rows(cut.block(first, last))]
    assert joined == rows(one.block(0, 60))


@settings(deadline=None)  # the first example compiles
@given(st.lists(flows, max_size=5), step_lengths, st.lists(spans, max_size=4))
def test_a_block_does_not_depend_on_the_blocks_before_it(
    listed: list[Flow], step_s: float, asked: list[tuple[int, int]]
) -> None:
    """A city and its twin may share one demand and be at different seconds."""
    whole, shared = rows(demand(listed, step_s).block(0, 60)), demand(listed, step_s)
    for first, last in asked:
        assert rows(shared.block(first, last)) == [row for row in whole if first <= row[0] < last]


def test_a_flow_that_starts_and_ends_at_once_sends_one_vehicle() -> None:
    """Published demand is written so: one flow for each vehicle."""
    assert rows(demand([Flow(1.0, 7.0, 7.0)]).block(0, 100)) == [(7, 0, 0, 0, 0)]


def test_a_flow_without_end_sends_vehicles_for_ever() -> None:
    """An end of -1 means never; the numbers go on."""
    assert rows(demand([Flow(10.0, 5.0, -1.0)]).block(1000, 1020)) == [(1005, 0, 0, 0, 100), (1015, 0, 0, 0, 101)]


def test_flows_of_one_second_leave_in_file_order() -> None:
    """Order of creation is order in the waiting buffer."""
    listed = [Flow(1.0, 3.0, 3.0), Flow(0.5, 3.0, 3.0), Flow(1.0, 2.0, 2.0)]
    assert [row[3] for row in rows(demand(listed).block(0, 10))] == [2, 0, 1]


def test_no_flows_send_nobody() -> None:
    """An empty demand is a demand."""
    assert rows(demand([]).block(0, 10)) == []
