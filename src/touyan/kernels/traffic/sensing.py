"""What lane-area detectors see, as SUMO's E2 detectors define it."""

from __future__ import annotations

from touyan.kernels.compiled import compiled, inlined

from .layout import Floats, Longs, World

HALTING_SPEED = 0.1  # m/s, below which a vehicle counts as halting


@inlined
def gather(lane: int, world: World) -> None:
    """Add one step to what the detector of a lane has seen since its last report."""
    vehicles, sensing, rows = world.vehicles, world.sensing, world.rows
    distance = covered = 0.0
    front = rows.heads[lane].front
    for slot in range(front, front + rows.filled[lane]):
        distance += vehicles[slot].speed
        covered += min(world.types.length[vehicles[slot].kind], vehicles[slot].x)
    sensing.seconds[lane] += rows.filled[lane] * world.interval
    sensing.distance[lane] += distance * world.interval
    sensing.covered[lane] += covered * world.interval


@compiled
def look(world: World, present: Longs, halting: Longs, queue: Floats) -> None:
    """Vehicles, halting vehicles and queue length (m from the stop line) of each lane now."""
    vehicles, types, rows = world.vehicles, world.types, world.rows
    for lane in range(len(present)):
        present[lane] = rows.filled[lane]
        halting[lane] = 0
        queue[lane] = 0.0
        for slot in range(rows.heads[lane].front, rows.heads[lane].front + rows.filled[lane]):
            if vehicles[slot].speed < HALTING_SPEED:
                halting[lane] += 1
                rear = max(0.0, vehicles[slot].x - types.length[vehicles[slot].kind])
                queue[lane] = world.net.drivables[lane].length - rear
