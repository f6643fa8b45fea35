"""Simulators in processes of their own, and cities as SUMO's files."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from touyan.packs.traffic.network import RoadNetwork
from touyan.packs.traffic.peers import sumo_files
from touyan.packs.traffic.peers.cities import CrowdedGrid
from touyan.packs.traffic.peers.process import Cost, RunnerProcess
from touyan.packs.traffic.peers.race import Racer, Result, race
from touyan.packs.traffic.peers.runners import TouyanRunner
from touyan.packs.traffic.peers.sumo import Sumo, has_sumo
from touyan.packs.traffic.traffic_world import TrafficWorld

SMALL = CrowdedGrid(4, 60, begins_s=40, slices=2, slice_s=30, sumo_span_s=(90, 100))


class Faulty:
    """A simulator that answers, fails or dies, as it is told."""

    def start(self, *, lane_change: bool = False, threads: int = 1) -> None:
        """Fails when threads are asked for."""
        if threads > 1:
            raise ValueError("one thread only")

    def advance(self, seconds: int) -> int:
        """Dies after a long time."""
        if seconds > 100:
            os._exit(7)
        return seconds

    def travel_time_s(self) -> float:
        """Some time."""
        return 1.5


@pytest.fixture
def faulty() -> Iterator[RunnerProcess]:
    """The faulty simulator in its process."""
    with RunnerProcess(Faulty) as process:
        yield process


def test_a_process_tells_what_was_done_and_what_it_took(faulty: RunnerProcess) -> None:
    """Steps come from the simulator, times from its process."""
    faulty.start()
    cost = faulty.advance(5)
    assert cost.vehicle_steps == 5
    assert 0 <= cost.cpu_s <= cost.wall_s + 1
    assert faulty.travel_time_s() == 1.5


def test_a_simulator_that_fails_or_dies_is_told_and_does_not_hang(faulty: RunnerProcess) -> None:
    """CityFlow can crash with lane change on; the benchmark must say so."""
    with pytest.raises(ChildProcessError, match="ValueError: one thread only"):
        faulty.start(threads=2)
    with RunnerProcess(Faulty) as other, pytest.raises(ChildProcessError, match="ended with 7"):
        other.advance(101)


class Scripted:
    """Stands for a process whose costs are known."""

    def __init__(self, *costs: float) -> None:
        self.costs, self.asked = list(costs), list[int]()

    def start(self, *, lane_change: bool = False, threads: int = 1) -> None:
        """Nothing to do."""

    def advance(self, seconds: int) -> Cost:
        """The next cost; the time before the first slice is free."""
        self.asked.append(seconds)
        cost = self.costs.pop(0) if seconds == SMALL.slice_s else 0.0
        return Cost(10, cost, cost)


def test_each_slice_counts_with_the_median_of_its_repeats() -> None:
    """A moment in which the machine was busy must not change the ratio."""
    process = Scripted(1.0, 2.0, 9.0, 2.0, 1.0, 50.0)
    (result,) = race(SMALL, [Racer("one", process)], 3)  # type: ignore[arg-type]  # it answers as a process does
    assert result == Result(Cost(20, 3.0, 3.0), best_per_s=10.0)
    assert process.asked == [40, 30, 30] * 3


def test_our_world_in_a_process_is_our_world_here() -> None:
    """The benchmark must time the very world that the tests hold to the reference."""
    network, demand = SMALL.load()
    with RunnerProcess(TouyanRunner, SMALL) as process:
        process.start()
        steps = process.advance(60).vehicle_steps
    assert steps == TrafficWorld(network, demand).advance(60).sum()


def elements(lines: Iterator[str]) -> list[ElementTree.Element]:
    """The elements of one of SUMO's files."""
    return list(ElementTree.fromstring(f"<all>{''.join(lines)}</all>"))


@pytest.fixture(scope="module")
def network() -> RoadNetwork:
    """The network of the small city."""
    return SMALL.load()[0]


def test_every_road_lane_and_link_is_written_for_sumo(network: RoadNetwork) -> None:
    """A simulator that lacks ways would be compared on another city."""
    lanes = sum(int(edge.attrib["numLanes"]) for edge in elements(sumo_files.edges_xml(network)))
    assert lanes == network.lane_count
    connections = [tuple(sorted(c.attrib.items())) for c in elements(sumo_files.connections_xml(network))]
    assert len(set(connections)) == network.link_count


def test_lanes_are_numbered_from_the_right(network: RoadNetwork) -> None:
    """The innermost lane turns left: in SUMO that is the last one."""
    for link, connection in enumerate(elements(sumo_files.connections_xml(network))):
        innermost = network.lane_index[network.link_from_lane[link]] == 0
        assert (connection.attrib["fromLane"] == "2") == innermost


def test_a_signal_state_has_one_letter_a_link_and_green_where_the_phase_has(network: RoadNetwork) -> None:
    """The same plan must run in both simulators."""
    written = elements(sumo_files.signals_xml(network))
    programmes = [element for element in written if element.tag == "tlLogic"]
    assert len(programmes) == len(network.signalised)
    for crossing, programme in zip(network.signalised.tolist(), programmes, strict=True):
        links_of = Counter(network.link_movement[network.movement_crossing[network.link_movement] == crossing].tolist())
        for row, phase in zip(network.phases_of(crossing), programme, strict=True):
            green = [m for i, m in enumerate(network.movements_of(crossing)) if network.phase_green[row, i]]
            assert float(phase.attrib["duration"]) == network.phase_duration[row]
            assert len(phase.attrib["state"]) == links_of.total()
            assert len(phase.attrib["state"].replace("r", "")) == sum(links_of[movement] for movement in green)


@pytest.mark.skipif(not has_sumo(), reason="SUMO is not installed")
def test_sumo_drives_the_converted_city(tmp_path: Path) -> None:
    """All vehicles must come in and none be lost: then routes and lanes fit."""
    cost = Sumo(SMALL, tmp_path).cost(*SMALL.sumo_span_s)
    assert cost.vehicle_steps == 10 * 60
