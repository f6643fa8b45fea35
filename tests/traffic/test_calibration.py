"""Counts in, demand out: what was counted must come back when the demand is simulated."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.errors import InputError
from touyan.packs.traffic import cityflow
from touyan.packs.traffic.assignment import Assignment, RoadTimes, assign, passes
from touyan.packs.traffic.calibration import Calibration, best
from touyan.packs.traffic.counts import Point
from touyan.packs.traffic.demand import Floats
from touyan.packs.traffic.demands import FitToCounts
from touyan.packs.traffic.fitting import fit, scaled, seconds, whole
from touyan.packs.traffic.geh import Agreement, geh
from touyan.packs.traffic.grid import grid_network, grid_roadnet
from touyan.packs.traffic.od import matrix_routes, through_routes
from touyan.packs.traffic.poisson import PoissonDemand
from touyan.packs.traffic.route_choice import RouteChoice
from touyan.packs.traffic.simulated_counts import simulate
from touyan.packs.traffic.timetable import Timetable
from touyan.packs.traffic.worlds import SumoCity

from .counting import as_csv, empty_counts, true_counts
from .files import real, saved
from .test_od import matrix, trip
from .test_paths import chain

NETWORK = grid_network(3, 3)
ROADS = [Point(road) for road in range(len(NETWORK.road_ids))]
QUARTERS = range(0, 3601, 900)


@cache
def candidates() -> tuple[list[tuple[int, ...]], Floats]:
    """The ways through the grid."""
    return through_routes(NETWORK, RouteChoice(NETWORK, 2))


def dense(assignment: Assignment) -> Floats:
    """An assignment as a matrix of counts by columns."""
    table = np.zeros(assignment.shape)
    np.add.at(table, (assignment.row, assignment.column), assignment.share)
    return table


def test_a_known_demand_is_found_again_from_its_counts() -> None:
    """Simulate, count, fit, simulate again with another seed: GEH below 5 nearly everywhere, in every quarter."""
    truth = PoissonDemand(NETWORK, 250.0, seed=5)
    counts = true_counts(NETWORK, truth, ROADS, QUARTERS)
    found = Calibration(NETWORK, counts, *candidates()).rounds(4)
    demand = found[best(found)].demand
    again = simulate(NETWORK, demand, counts, counts.edges, seed=99).counts
    agreement = Agreement.of(geh(again, counts.vehicles, counts.hours))
    assert agreement.share_good > 0.98
    assert agreement.mean < 1.5
    assert abs(len(demand.step) / len(truth.block(0, 3600).step) - 1) < 0.05


def test_roads_that_were_not_counted_come_out_right_too() -> None:
    """Half of the roads are counted; the others follow, for vehicles drive on."""
    truth = PoissonDemand(NETWORK, 250.0, seed=6)
    counts = true_counts(NETWORK, truth, ROADS[::2], QUARTERS)
    others = true_counts(NETWORK, truth, ROADS[1::2], [0, 3600])
    found = Calibration(NETWORK, counts, *candidates()).rounds(4)
    result = simulate(NETWORK, found[best(found)].demand, others, others.edges).counts
    assert Agreement.of(geh(result, others.vehicles, others.hours)).share_good > 0.7


def test_more_rounds_agree_better_where_queues_delay_vehicles() -> None:
    """The first fit knows free roads only; in a crowded city it sends vehicles too late to be counted."""
    counts = true_counts(NETWORK, PoissonDemand(NETWORK, 420.0, seed=7), ROADS, range(0, 3601, 300))
    found = Calibration(NETWORK, counts, *candidates()).rounds(4)
    assert best(found) > 0
    assert found[best(found)].agreement.mean < 0.8 * found[0].agreement.mean


def test_turning_counts_are_met() -> None:
    """Counts at turns say more than counts on roads, and must be met as well."""
    turns = [Point(road, to_road=other) for road, onward in enumerate(NETWORK.roads_onward) for other in onward]
    counts = true_counts(NETWORK, PoissonDemand(NETWORK, 250.0, seed=8), turns, [0, 1800, 3600])
    found = Calibration(NETWORK, counts, *candidates()).rounds(4)
    assert found[best(found)].agreement.share_good > 0.95


def test_vehicles_before_the_first_count_are_sent_in_time() -> None:
    """Who is counted in the first minute far inside the city departed before it."""
    counts = true_counts(NETWORK, PoissonDemand(NETWORK, 200.0, seed=9), ROADS, [1800, 2700])
    calibration = Calibration(NETWORK, counts, *candidates(), lead_s=600.0)
    assert calibration.edges.tolist() == [1200.0, 1800.0, 2700.0]
    found = calibration.rounds(3)
    assert 1200 <= found[-1].demand.step.min() < 1260
    assert found[best(found)].agreement.share_good > 0.9


def test_the_same_seed_fits_the_same_vehicles() -> None:
    """Fitted demand is part of a study, and must be made again by others."""
    counts = true_counts(NETWORK, PoissonDemand(NETWORK, 150.0, seed=10), ROADS, [0, 1800])
    runs = [Calibration(NETWORK, counts, *candidates(), seed=seed).rounds(2)[-1].demand for seed in (3, 3, 4)]
    plain = [(run.step.tolist(), run.route.tolist()) for run in runs]
    assert plain[0] == plain[1] != plain[2]


def test_points_that_no_route_passes_are_counted() -> None:
    """Nothing can be fitted there, and the user must hear of it."""
    routes = [candidates()[0][0]]
    counts = empty_counts(ROADS, [0, 900])
    assert Calibration(NETWORK, counts, routes, np.ones(1)).unseen == len(ROADS) - len(routes[0])


def test_vehicles_pass_a_point_when_the_roads_before_it_are_driven() -> None:
    """Two roads of known times: of those departing in a minute, the share that passes in each minute is exact."""
    network = chain([(0, 0)])
    counts = empty_counts([Point(0), Point(1)], [0, 60, 120])
    times = RoadTimes(network, counts.edges, np.full((2, network.lane_count), 45.0))
    table = dense(assign([(0, 1)], passes(network, [(0, 1)], counts.points), counts, times))
    # Rows: both minutes of road 0, then of road 1; columns: departures in the first and in the second minute.
    assert table == pytest.approx(np.array([[0.25, 0.0], [0.75, 0.25], [0.0, 0.0], [0.5, 0.0]]))


def test_lanes_get_the_share_of_the_vehicles_that_may_begin_on_them() -> None:
    """A lane detector sees only those who chose its lane."""
    network = chain([(0, 0), (2, 1)])
    lane = network.lanes_of(0)
    points = [Point(0, lane[0]), Point(0, lane[1]), Point(0, lane[2]), Point(1, network.lanes_of(1)[1])]
    met = passes(network, [(0, 1)], points)
    assert sorted(zip(met.point.tolist(), met.share.tolist(), strict=True)) == [(0, 0.5), (2, 0.5), (3, 0.5)]


def test_where_lanes_must_be_changed_all_that_lead_on_are_alike() -> None:
    """No lane of the first road leads to the last one; whoever drives there has changed lanes somewhere."""
    network = chain([(0, 0), (2, 0)], [(1, 1), (2, 2)])
    points = [Point(1, lane) for lane in network.lanes_of(1)]
    met = passes(network, [(0, 1, 2)], points)
    assert sorted(zip(met.point.tolist(), met.share.tolist(), strict=True)) == [(1, 0.5), (2, 0.5)]


def test_a_count_without_a_choice_is_met_exactly_and_one_with_a_choice_as_the_prior_says() -> None:
    """Two ways under one count: the count decides their sum, the prior their proportion."""
    both = Assignment(np.array([0, 0]), np.array([0, 1]), np.ones(2), (1, 2))
    departures = fit(both, np.array([90.0]), scaled(both, np.array([90.0]), np.array([2.0, 1.0])))
    assert departures == pytest.approx([60.0, 30.0])


def test_counts_that_contradict_each_other_are_met_half_way() -> None:
    """Detectors err; the fit must lie between them and not fail."""
    twice = Assignment(np.array([0, 1]), np.array([0, 0]), np.ones(2), (2, 1))
    departures = fit(twice, np.array([80.0, 120.0]), np.array([100.0]))
    assert departures == pytest.approx([100.0])


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 5), st.lists(st.floats(0, 20), min_size=1, max_size=30), st.integers(0, 9))
def test_rounding_keeps_sums_and_invents_no_vehicle(intervals: int, figures: list[float], seed: int) -> None:
    """Thousands of small figures must neither vanish nor all become one."""
    departures = np.array((figures * intervals)[: len(figures) // intervals * intervals] or [1.0] * intervals)
    vehicles = whole(departures, intervals, seed)
    assert (np.abs(vehicles - departures) < 1 + 1e-6).all()
    assert abs(vehicles.sum() - departures.sum()) < 1 + 1e-6
    by_interval = (vehicles - departures).reshape(-1, intervals).sum(axis=0)
    assert (np.abs(by_interval) < 2).all()


def test_vehicles_of_an_entry_are_spread_over_their_interval() -> None:
    """All at once they would queue outside and be late at every count."""
    vehicles = np.array([30, 0, 30, 60], np.int32)
    step, route = seconds(vehicles, np.array([7, 7]), np.array([0.0, 600.0, 1200.0]), seed=1)
    assert np.bincount(route).tolist() == [30, 90]
    for begin, count in ((0, 60), (600, 60)):
        inside = np.sort(step[(step >= begin) & (step < begin + 600)])
        assert len(inside) == count
        assert np.diff(inside).max() <= 20


def test_ways_of_a_matrix_bear_its_trips() -> None:
    """An older matrix keeps its proportions where counts leave a choice."""
    routes, weights = matrix_routes(
        matrix(trip(80.0), trip(20.0, way=("road_0_2_0", "road_3_2_0"))), RouteChoice(NETWORK, 2)
    )
    starts = {NETWORK.road("road_0_1_0"): 80.0, NETWORK.road("road_0_2_0"): 20.0}
    for start, trips in starts.items():
        shares = [weight for route, weight in zip(routes, weights.tolist(), strict=True) if route[0] == start]
        assert sum(shares) == pytest.approx(trips)


def test_the_file_that_is_made_counts_as_it_says(tmp_path: Path) -> None:
    """The table of the report must come out when the flow file is simulated."""
    counts = true_counts(NETWORK, PoissonDemand(NETWORK, 200.0, seed=11), ROADS[:20], [0, 900, 1800])
    roadnet = saved(tmp_path, "roadnet.json", grid_roadnet(3, 3))
    made = FitToCounts(rounds=2).make(roadnet, saved(tmp_path, "counts.csv", as_csv(NETWORK, counts)))
    demand = cityflow.read_flow(saved(tmp_path, "flow.json", made.content), NETWORK)
    simulated = simulate(NETWORK, demand, counts, counts.edges).counts
    names = [
        (counts.points[point].name(NETWORK), begin) for point, begin in zip(counts.point, counts.begin_s, strict=True)
    ]
    told = {(row["place"], row["begin_s"]): row["simulated"] for row in made.rows}
    assert [told[name] for name in names] == simulated.tolist()
    assert [row["geh"] for row in made.rows] == sorted((row["geh"] for row in made.rows), reverse=True)
    figures = {measure.name: measure.value for measure in made.measures}
    assert figures["geh_below_5"] == pytest.approx(100 * np.mean([row["geh"] < 5 for row in made.rows]))
    assert figures["mean_geh"] <= figures["mean_geh_before"]


def test_counts_of_nothing_are_refused(tmp_path: Path) -> None:
    """An empty flow file would be read as a quiet city."""
    roadnet = saved(tmp_path, "roadnet.json", grid_roadnet(3, 3))
    nothing = saved(tmp_path, "none.csv", b"road,begin_s,end_s,vehicles\nroad_0_1_0,0,900,0\n")
    with pytest.raises(InputError, match="not one vehicle in any count"):
        FitToCounts().make(roadnet, nothing)


def test_counts_of_the_morning_begin_with_the_citys_first_seconds(tmp_path: Path) -> None:
    """Counted from seven o'clock on, simulated from a quarter to seven on, told by the clock of the counts."""
    roadnet = saved(tmp_path, "roadnet.json", grid_roadnet(3, 3))
    counts = saved(tmp_path, "counts.csv", b"road,begin_s,end_s,vehicles\nroad_1_1_0,25200,27000,150\n")
    made = FitToCounts(clock_s=24300.0, rounds=3).make(roadnet, counts)
    demand = cityflow.read_flow(saved(tmp_path, "flow.json", made.content), NETWORK)
    assert len(demand.block(0, 900).step) > 0
    assert len(demand.block(2700, 7200).step) == 0
    assert (made.rows[0]["begin_s"], made.rows[0]["end_s"], made.rows[0]["geh"] < 3) == (25200, 27000, True)
    with pytest.raises(InputError, match="found counts from 25200 s on; expected none before 26000 s"):
        FitToCounts(clock_s=26000.0).make(roadnet, counts)


def test_an_older_matrix_decides_which_ways_there_are(tmp_path: Path) -> None:
    """With a matrix only its trips are sent, as many as the counts say."""
    roadnet = saved(tmp_path, "roadnet.json", grid_roadnet(3, 3))
    matrix_file = saved(
        tmp_path, "od.csv", b"origin,destination,vehicles,begin_s,end_s\nroad_0_1_0,road_3_1_0,9,0,3600\n"
    )
    counts = saved(tmp_path, "counts.csv", b"road,begin_s,end_s,vehicles\nroad_1_1_0,0,1800,150\n")
    made = FitToCounts(matrix=str(matrix_file), alternatives=1, rounds=3).make(roadnet, counts)
    demand = cityflow.read_flow(saved(tmp_path, "flow.json", made.content), NETWORK)
    assert [(NETWORK.road_ids[route[0]], NETWORK.road_ids[route[-1]]) for route in demand.routes] == [
        ("road_0_1_0", "road_3_1_0")
    ]
    assert made.rows[0]["geh"] < 2


@pytest.mark.parametrize(("flow", "seconds_each"), [("flow_real", 900), ("flow_real_5816", 900), ("flow_real", 300)])
def test_hangzhou_is_found_again_from_its_counts(flow: str, seconds_each: int) -> None:
    """Real roads and real demand, also where it is more than they can carry."""
    folder = real("hangzhou_4x4")
    network = cityflow.read_network(folder / "roadnet.json")
    truth = cityflow.read_flow(folder / f"{flow}.json", network)
    points = [Point(road) for road in range(len(network.road_ids))]
    counts = true_counts(network, truth, points, range(0, 3601, seconds_each))
    found = Calibration(network, counts, *through_routes(network, RouteChoice(network, 2))).rounds(4)
    after = found[best(found)].agreement
    assert after.share_good > (0.99 if seconds_each == 900 else 0.92)
    assert after.mean < found[0].agreement.mean


def test_a_sumo_network_gets_its_demand_from_counts_too(tmp_path: Path) -> None:
    """A district of Bologna, where most ways need changes of lanes: counted under SUMO's demand, fitted, read back."""
    net = next(real("bologna").glob("pasubio/*.net.xml"))
    counted, network = SumoCity(net=next(net.parent.glob("*.sumocfg"))), SumoCity(net=net).network()
    known, whole_demand = counted.network(), counted.demand(counted.network())
    assert isinstance(whole_demand, Timetable)
    truth = Timetable.of_cars(whole_demand.routes, whole_demand.step[::6], whole_demand.route[::6])
    points = [Point(road) for road, name in enumerate(known.road_ids) if name in network.road_ids]
    counts = true_counts(known, truth, points, range(0, 3601, 900), lane_change=True)
    file = saved(tmp_path, "counts.csv", as_csv(known, counts))
    made = FitToCounts(rounds=3).make(net, file)
    figures = {measure.name: measure.value for measure in made.measures}
    assert figures["geh_below_5"] > 90
    flow = saved(tmp_path, "flow.json", made.content)
    city = SumoCity(net=net, routes=str(flow))
    assert len(city.demand(network).block(0, 3600).step) == figures["vehicles"]
    assert "random" not in city.label().en
    with pytest.raises(InputError, match="links by which every lane"):
        SumoCity(net=net, routes=str(flow), lane_change=False).demand(network)
