"""The truth by which a simulated run is judged; docs/en/explanation/measures.md defines each figure."""

from __future__ import annotations

from touyan.core.protocols import Measure
from touyan.core.text import Text

from .traffic_world import TrafficWorld
from .trip_sums import Means, TripSums

_COUNTED = Text("counted in the simulation", "仿真中逐车统计")
_ENTERED = Text("mean over vehicles that have entered, trips under way included", "对已驶入的车辆求平均，含在途车辆")


def city_measures(world: TrafficWorld, sums: TripSums) -> list[Measure]:
    """Travel times, delays and counts of a world so far."""
    return [*_of_trips(world, sums.means(world)), *_of_the_city(world)]


def _of_trips(world: TrafficWorld, means: Means) -> list[Measure]:
    since_departure = Text(
        "mean over all vehicles of the time since departure, trips under way included",
        "全部车辆自出发起的平均用时，含在途车辆",
    )
    arrived = Text(
        "mean over arrived vehicles, beyond the time at free speed", "对已到达车辆求平均，超出自由行驶时间的部分"
    )
    titles = {
        "travel": Text("Mean travel time", "平均行程时间"),
        "delay": Text("Mean delay", "平均延误"),
        "waiting": Text("Mean waiting time", "平均等待时间"),
        "stops": Text("Stops per vehicle", "车均停车次数"),
    }
    return [
        Measure("average_travel_time_s", titles["travel"], world.average_travel_time_s, "SEC", since_departure),
        Measure("mean_delay_s", titles["delay"], means.delay_s, "SEC", arrived),
        Measure("mean_waiting_time_s", titles["waiting"], means.waiting_s, "SEC", _ENTERED),
        Measure("mean_stops", titles["stops"], means.stops, "C62", _ENTERED),
    ]


def _of_the_city(world: TrafficWorld) -> list[Measure]:
    titles = {
        "hours": Text("Vehicle-hours", "车小时"),
        "arrived": Text("Trips finished", "完成出行"),
        "running": Text("Vehicles under way", "在途车辆"),
        "waiting": Text("Waiting to enter", "等待驶入"),
        "speed": Text("Mean speed of all vehicles", "全部车辆平均速度"),
    }
    waiting = world.created - world.running - world.finished
    speeds = world.speeds()
    speed = float(speeds.mean()) if len(speeds) else float("nan")
    return [
        Measure("vehicle_hours", titles["hours"], world.vehicle_seconds / 3600, "HUR", _COUNTED),
        Measure("arrived", titles["arrived"], world.finished, "C62", _COUNTED),
        Measure("running", titles["running"], world.running, "C62", _COUNTED),
        Measure("waiting", titles["waiting"], waiting, "C62", _COUNTED),
        Measure("mean_speed_m_s", titles["speed"], speed, "MTS", _COUNTED),
    ]
