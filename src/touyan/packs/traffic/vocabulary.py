"""The words of road traffic that sensors say and the brain reads.

A `LaneDetector` is one lane-area detector for each lane (as SUMO's E2); it reports once an interval. A
`LaneCamera` looks at one lane from above its stop line, and tells where each vehicle is, not who it is.
`FloatingCars` are what a provider says of one road from the cars that report to it. A
`TrafficSignal` is the signal of one crossing, whose own controller inserts the clearance phase at each
change. `occupancy` has the meaning of FIWARE's TrafficFlowObserved; `meanSpeed` is its
averageVehicleSpeed in SI.
"""

from __future__ import annotations

from touyan.control.effect import COMMANDED as COMMANDED
from touyan.control.effect import RELEASE as RELEASE
from touyan.core.entities import urn

from .network import CLEARANCE_S as CLEARANCE_S
from .network import RoadNetwork

LANE_DETECTOR = "LaneDetector"
LANE_CAMERA = "LaneCamera"
TRAFFIC_SIGNAL = "TrafficSignal"
FLOATING_CARS = "FloatingCars"

REPORT_INTERVAL_S = 5
"""How often a lane detector reports, unless the city says otherwise."""

# Quantities of a LaneDetector, over or at the end of one interval.
ENTERED = "entered"  # vehicles that came onto the lane in the interval
LEFT = "left"  # vehicles that left the lane in the interval
VEHICLES = "vehicles"  # on the lane, at the end
HALTING = "halting"  # of those, slower than 0.1 m/s, as in CityFlow and SUMO, at the end
OCCUPANCY = "occupancy"  # 0..1, mean share of the lane's length that is covered, over the interval
MEAN_SPEED = "meanSpeed"  # m/s, over vehicles and seconds; NaN with no vehicle
QUEUE_LENGTH = "queueLength"  # m from the stop line to the rear of the last halting vehicle, at the end; 0 if none

LANE_QUANTITIES = (ENTERED, LEFT, VEHICLES, HALTING, OCCUPANCY, MEAN_SPEED, QUEUE_LENGTH)

# Quantities of a LaneCamera: how many vehicles it sees, and of each, the nearest to the stop line first, two more.
SEEN = "seen"


def distance_of(rank: int) -> str:
    """Quantity: m from a vehicle's front to the stop line; negative on the crossing behind it."""
    return f"distance{rank}"


def speed_of(rank: int) -> str:
    """Quantity: speed of the same vehicle, m/s."""
    return f"speed{rank}"


# Quantities of FloatingCars, for each road since the last look; who they are never leaves the provider.
PROBES = "probes"  # looks at cars on the road
PROBE_SPEED = "probeSpeed"  # m/s, their mean; NaN with none
PROBES_HALTING = "probesHalting"  # of those looks, slower than 0.1 m/s
PROBES_PASSED = "probesPassed"  # cars that left the road


# Quantities of a TrafficSignal. `COMMANDED` is 1 under the brain's command, 0 on its own programme.
PHASE = "phase"  # index of the phase that is shown

SIGNAL_QUANTITIES = (PHASE, COMMANDED)

# Actions on a TrafficSignal: `PHASE` asks for the phase whose index is the value, `RELEASE` (value 0)
# gives the signal back to its own programme.
ACTIONS = (PHASE, RELEASE)


def lane_detectors(network: RoadNetwork) -> tuple[str, ...]:
    """Ids of the lane detectors, in the order of the lanes."""
    return tuple(urn(LANE_DETECTOR, lane) for lane in network.lane_ids)


def lane_cameras(network: RoadNetwork) -> tuple[str, ...]:
    """Ids of the lane cameras, in the order of the lanes."""
    return tuple(urn(LANE_CAMERA, lane) for lane in network.lane_ids)


def floating_cars(network: RoadNetwork) -> tuple[str, ...]:
    """Ids of what floating cars say, in the order of the roads."""
    return tuple(urn(FLOATING_CARS, road) for road in network.road_ids)


def traffic_signals(network: RoadNetwork) -> tuple[str, ...]:
    """Ids of the signals, in the order of `network.signalised`."""
    return tuple(urn(TRAFFIC_SIGNAL, network.crossing_ids[crossing]) for crossing in network.signalised.tolist())
