"""What may be different in a city: each change does what it says, and refuses what the city has no place for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touyan.core.components import Change
from touyan.core.errors import NotFoundError, SettingError
from touyan.core.protocols import Plant
from touyan.packs.traffic.changes import Breakdown, Closure, DemandFactor, DepartureSpread, SignalPlan, TrafficChange
from touyan.packs.traffic.plant import SimulatedCity
from touyan.packs.traffic.sources import LaneDetectors
from touyan.packs.traffic.vocabulary import ENTERED, LANE_DETECTOR
from touyan.packs.traffic.worlds import CityFlowCity, Grid

from .files import real, saved, small_flow, small_roadnet

CITY = Grid(rows=2, columns=3, arrivals=500, seed=4)
ROAD, LANE = "road_1_1_0", "road_1_1_0_1"


def changed(*changes: Change) -> SimulatedCity:
    """The city with something different, and a detector on each lane."""
    return CITY.changed(changes).build([LaneDetectors()])


def figures(city: SimulatedCity, seconds: int = 900) -> dict[str, float]:
    """The measures after some time."""
    city.advance(seconds)
    return {measure.name: measure.value for measure in city.measures()}


def entered(city: SimulatedCity, seconds: int) -> dict[str, float]:
    """Vehicles that came onto each lane in the next seconds, by lane."""
    batches = [batch for batch in city.advance(seconds) if batch.entity_type == LANE_DETECTOR]
    total = np.sum([batch.values[ENTERED] for batch in batches], axis=0)
    return dict(zip(city.model.lane_ids, total.tolist(), strict=True))


def test_a_city_without_a_change_is_the_city_itself() -> None:
    """The base of a comparison must be the run that `simulate` gives."""
    plain, unchanged = figures(CITY.build([])), figures(changed())
    assert unchanged.pop("refused") == 0
    assert plain == unchanged


def test_a_changed_city_leaves_the_scenario_as_it_was() -> None:
    """Base and variant are made from one scenario."""
    CITY.changed([DemandFactor(factor=0.0)])
    assert figures(CITY.build([]))["arrived"] > 0


def test_changes_add_up() -> None:
    """A variant may build on a base that is itself changed."""
    once = CITY.changed([DemandFactor(factor=0.5)]).changed([Closure(roads=ROAD)])
    both = CITY.changed([DemandFactor(factor=0.5), Closure(roads=ROAD)])
    assert figures(once.build([])) == figures(both.build([]))


# ---------------------------------------------------------------- closures


def test_nobody_enters_a_closed_road() -> None:
    """Detectors see it: the road stays empty while its neighbours fill."""
    counts = entered(changed(Closure(roads=f"{ROAD}, road_2_1_0")), 900)
    assert sum(count for lane, count in counts.items() if lane.startswith((ROAD, "road_2_1_0"))) == 0
    assert sum(counts.values()) > 1000


def test_a_road_that_is_closed_for_some_time_empties_and_fills_again() -> None:
    """Those under way when it closes finish; the first who leave afterwards drive it again."""
    city = changed(Closure(roads=ROAD, from_s=300, to_s=900))
    lanes = [f"{ROAD}_{index}" for index in range(3)]
    before, closing, closed, after = (entered(city, seconds) for seconds in (300, 300, 300, 600))
    assert sum(before[lane] for lane in lanes) > 0
    assert sum(closing[lane] for lane in lanes) < sum(before[lane] for lane in lanes)
    assert sum(closed[lane] for lane in lanes) == 0
    assert sum(after[lane] for lane in lanes) > 0


@pytest.mark.parametrize("times", [{}, {"from_s": 0.0, "to_s": 3600.0}])
def test_nobody_enters_a_closed_lane(times: dict[str, float]) -> None:
    """The other lanes of the road are open still."""
    counts = entered(changed(Closure(lanes=LANE, **times)), 900)
    assert counts[LANE] == 0
    assert counts[f"{ROAD}_0"] + counts[f"{ROAD}_2"] > 0


def test_trips_from_a_closed_entry_are_refused_and_told() -> None:
    """A comparison that forgot them would praise the closure."""
    told, base = figures(changed(Closure(roads="road_0_1_0"))), figures(changed())
    created = {
        name: sum(run[key] for key in ("arrived", "running", "waiting")) for name, run in [("t", told), ("b", base)]
    }
    assert told["refused"] > 50
    assert created["t"] + told["refused"] == created["b"]


def test_two_closures_are_gone_round_together() -> None:
    """A way round the one must not lead over the other."""
    counts = entered(changed(Closure(roads="road_1_1_0"), Closure(roads="road_1_2_0")), 900)
    assert sum(count for lane, count in counts.items() if lane.startswith(("road_1_1_0", "road_1_2_0"))) == 0


ROADS, LANES = st.sampled_from(CITY.network().road_ids), st.sampled_from(CITY.network().lane_ids)
SPANS = st.sampled_from([{}, {"from_s": 30.0}, {"from_s": 60.0, "to_s": 200.0}])
CLOSURES = st.builds(
    lambda roads, lanes, span: Closure(roads=",".join(roads), lanes=",".join(lanes), **span),
    st.lists(ROADS, max_size=4),
    st.lists(LANES, max_size=4),
    SPANS,
)


@settings(max_examples=25, deadline=None)
@given(st.lists(CLOSURES, min_size=1, max_size=3), st.sampled_from([0.0, 0.7, 1.6]))
def test_whatever_is_closed_every_vehicle_drives_waits_or_is_refused(closures: list[Closure], factor: float) -> None:
    """No vehicle is lost or doubled, and no way round breaks off, however much is cut off."""
    demand = DemandFactor(factor=factor)
    told, base = figures(changed(demand, *closures), 300), figures(changed(demand), 300)
    created = [sum(run[key] for key in ("arrived", "running", "waiting")) for run in (told, base)]
    assert created[0] + told["refused"] == created[1]


# ---------------------------------------------------------------- the others


def test_demand_changes_by_its_factor() -> None:
    """Created vehicles are those that arrived, drive or wait."""
    base, more = figures(changed()), figures(changed(DemandFactor(factor=1.3)))
    created = [sum(run[key] for key in ("arrived", "running", "waiting")) for run in (base, more)]
    assert created[1] / created[0] == pytest.approx(1.3, abs=0.06)


def test_departures_that_are_spread_make_seeds_differ() -> None:
    """A city of recorded trips has no chance in it of its own."""
    folder = real("jinan_3x4")
    city = CityFlowCity(roadnet=folder / "roadnet.json", flow=folder / "flow_real.json")
    seeded = [CityFlowCity(**{**city.values(), "seed": seed}) for seed in (1, 2)]
    plain = [figures(each.changed([]).build([]), 600) for each in seeded]
    spread = [figures(each.changed([DepartureSpread(spread_s=120)]).build([]), 600) for each in seeded]
    assert plain[0] == plain[1]
    assert spread[0] != spread[1]


def test_a_signal_plan_moves_the_queues() -> None:
    """A crossing that shows one phase alone lets nobody else through."""
    counts = entered(changed(SignalPlan(crossing="intersection_1_1", durations="600", order="1")), 600)
    assert counts["road_1_1_1_0"] + counts["road_1_1_1_2"] + counts["road_1_1_1_1"] > 0  # right turns stay green
    free = entered(changed(), 600)
    assert counts["road_1_1_3_1"] < free["road_1_1_3_1"]


def test_a_plan_without_an_order_keeps_the_phases() -> None:
    """Mostly only the times are changed."""
    network = SignalPlan(crossing="intersection_1_1", durations="5,40,20,20,20,1,1,1,1").network(CITY.network())
    rows = network.phases_of(network.crossing("intersection_1_1"))
    assert network.phase_duration[rows].tolist() == [5, 40, 20, 20, 20, 1, 1, 1, 1]


def test_an_incident_holds_up_those_behind() -> None:
    """It is what the warning engine is tried with."""
    base, held = figures(changed()), figures(changed(Breakdown(lane=LANE, x=150, from_s=60, for_s=600)))
    assert held["average_travel_time_s"] > base["average_travel_time_s"] + 5


# ---------------------------------------------------------------- what the city has no place for


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Closure(roads="road_1_1_9"), "did you mean 'road_1_1_"),
        (Closure(lanes="road_1_1_0_7"), "did you mean 'road_1_1_0_"),
        (DemandFactor(factor=2, roads="road_0_1_0,rode_0_2_0"), "did you mean 'road_0_2_0'"),
        (SignalPlan(crossing="intersection_1_9", durations="30"), "did you mean 'intersection_1_"),
        (SignalPlan(crossing="intersection_1_1", durations="30", order="9"), "known: 0, 1"),
        (Breakdown(lane="road", for_s=60), "known: "),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(change: TrafficChange, told: str) -> None:
    """Ids are typed by hand, or come from another version of the network."""
    with pytest.raises(NotFoundError) as caught:
        change.check(CITY.build([]))
    assert told in caught.value.hint


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Closure(), "the id of a road here, or of a lane in lanes"),
        (Closure(roads=ROAD, from_s=600, to_s=300), "a time after from_s"),
        (DemandFactor(factor=2, from_s=600, to_s=600), "a time after from_s"),
        (SignalPlan(crossing="intersection_0_1", durations="30"), "a crossing with a signal"),
        (SignalPlan(crossing="intersection_1_1", durations="30,30"), "9 numbers above 0"),
        (SignalPlan(crossing="intersection_1_1", durations="30,0", order="1,2"), "2 numbers above 0"),
        (SignalPlan(crossing="intersection_1_1", durations="30,nan", order="1,2"), "2 numbers above 0"),
        (SignalPlan(crossing="intersection_1_1", durations="30,x", order="1,2"), "numbers separated by commas"),
        (Breakdown(lane=LANE, x=290, for_s=60), "a place on road_1_1_0_1, which is 270.0 m long"),
    ],
)
def test_a_value_that_fits_no_city_is_told_with_what_would(change: TrafficChange, expected: str) -> None:
    """It must be heard before the runs, not after them."""
    with pytest.raises(SettingError) as caught:
        change.check(CITY.build([]))
    assert expected in caught.value.expected


def test_a_lane_cannot_be_closed_where_vehicles_change_lanes() -> None:
    """Nothing would hold them from changing into it, and the figures would be those of another city."""
    city = Grid(rows=2, columns=2, lane_change=True)
    with pytest.raises(SettingError, match="roads only, where vehicles change lanes"):
        city.changed([Closure(lanes=LANE)])
    assert figures(city.changed([Closure(roads=ROAD)]).build([]))["refused"] == 0


def test_a_closure_acts_at_its_seconds_in_a_city_of_finer_steps(tmp_path: Path) -> None:
    """A step of half a second must not make it begin at half the time."""
    roadnet = saved(tmp_path, "roadnet.json", small_roadnet())
    flow = saved(tmp_path, "flow.json", small_flow())
    told = [
        figures(CityFlowCity(roadnet=roadnet, flow=flow, interval_s=interval).changed([closure]).build([]), 500)[
            "refused"
        ]
        for interval in (1.0, 0.5)
        for closure in [Closure(roads=small_flow()[0]["route"][0], from_s=100, to_s=400)]
    ]
    assert told[0] == told[1] > 0


def test_a_change_of_another_field_is_refused() -> None:
    """A flood gate is nothing that a road network has."""

    class Gate(Change):
        """A gate that is open."""

        def check(self, plant: Plant) -> None:
            """Fits anything."""

    with pytest.raises(SettingError, match="a change of road traffic"):
        CITY.changed([Gate()])
