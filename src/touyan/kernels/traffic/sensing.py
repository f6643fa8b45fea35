"""What lane-area detectors see, as SUMO's E2 detectors define it."""

from __future__ import annotations

from touyan.kernels.compiled import compiled, inlined

from .following import INTERVAL_S
from .layout import NONE, RUNNING, Floats, Longs, World

HALTING_SPEED = 0.1  # m/s, below which a vehicle counts as halting


@inlined
def gather(world: World) -> None:
    """Add one step to what the detectors have seen since their last report."""
    vehicles, sensing, types = world.vehicles, world.sensing, world.types
    lanes = len(sensing.seconds)
    for position in range(world.tally[RUNNING]):
        vehicle = world.lists.active[position]
        lane = vehicles.drivable[vehicle]
        if lane >= lanes:
            continue
        sensing.seconds[lane] += INTERVAL_S
        sensing.distance[lane] += vehicles.speed[vehicle] * INTERVAL_S
        sensing.covered[lane] += min(types.length[vehicles.kind[vehicle]], vehicles.x[vehicle]) * INTERVAL_S


@compiled
def look(world: World, present: Longs, halting: Longs, queue: Floats) -> None:
    """Vehicles, halting vehicles and queue length (m from the stop line) of each lane now."""
    vehicles, types, net = world.vehicles, world.types, world.net
    for lane in range(len(present)):
        present[lane] = halting[lane] = 0
        queue[lane] = 0.0
        vehicle = world.lists.head[lane]
        while vehicle != NONE:
            present[lane] += 1
            if vehicles.speed[vehicle] < HALTING_SPEED:
                halting[lane] += 1
                rear = max(0.0, vehicles.x[vehicle] - types.length[vehicles.kind[vehicle]])
                queue[lane] = net.length[lane] - rear
            vehicle = vehicles.behind[vehicle]
