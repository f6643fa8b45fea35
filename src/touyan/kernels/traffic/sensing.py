"""What lane-area detectors see, as SUMO's E2 detectors define it."""

from __future__ import annotations

from touyan.kernels.compiled import compiled, inlined

from .layout import Floats, Longs, World

HALTING_SPEED = 0.1  # m/s, below which a vehicle counts as halting


@inlined
def covered_length(slot: int, world: World) -> float:
    """Metres of its lane that a vehicle covers."""
    return min(world.types.length[world.vehicles[slot].kind], world.vehicles[slot].x)


@inlined
def note_seen(lane: int, speeds: float, covered: float, world: World) -> None:
    """Add vehicles to what the detector of a lane has seen since its last report: sums over all of them."""
    world.sensing.distance[lane] += speeds * world.interval
    world.sensing.covered[lane] += covered * world.interval


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
