"""The ordered list of vehicles on each drivable, and the waiting buffer before each lane."""

from __future__ import annotations

from touyan.kernels.compiled import inlined

from .layout import NONE, Lists, Vehicles


@inlined
def insert_behind(ahead: int, vehicle: int, drivable: int, vehicles: Vehicles, lists: Lists) -> None:
    """Put a vehicle behind another one of a drivable, or at its head."""
    behind = lists.head[drivable] if ahead == NONE else vehicles.behind[ahead]
    vehicles.ahead[vehicle], vehicles.behind[vehicle] = ahead, behind
    if ahead == NONE:
        lists.head[drivable] = vehicle
    else:
        vehicles.behind[ahead] = vehicle
    if behind == NONE:
        lists.tail[drivable] = vehicle
    else:
        vehicles.ahead[behind] = vehicle
    vehicles.drivable[vehicle] = drivable


@inlined
def remove(vehicle: int, drivable: int, vehicles: Vehicles, lists: Lists) -> None:
    """Take a vehicle out of the list of a drivable."""
    ahead, behind = vehicles.ahead[vehicle], vehicles.behind[vehicle]
    if ahead == NONE:
        lists.head[drivable] = behind
    else:
        vehicles.behind[ahead] = behind
    if behind == NONE:
        lists.tail[drivable] = ahead
    else:
        vehicles.ahead[behind] = ahead


@inlined
def queue(vehicle: int, lane: int, vehicles: Vehicles, lists: Lists) -> None:
    """Put a vehicle at the end of a lane's waiting buffer."""
    last = lists.wait_tail[lane]
    if last == NONE:
        lists.wait_head[lane] = vehicle
    else:
        vehicles.queued[last] = vehicle
    lists.wait_tail[lane] = vehicle


@inlined
def unqueue(lane: int, vehicles: Vehicles, lists: Lists) -> int:
    """Take the first vehicle out of a lane's waiting buffer."""
    vehicle = lists.wait_head[lane]
    lists.wait_head[lane] = vehicles.queued[vehicle]
    if lists.wait_head[lane] == NONE:
        lists.wait_tail[lane] = NONE
    return vehicle
