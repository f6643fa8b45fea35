"""One hour of a SUMO city under the traffic world and under SUMO itself, counted at the same loops."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

import numpy as np

from touyan.core.errors import NotFoundError
from touyan.core.geometry import Projection

from ..geh import geh
from ..loops import Loop, LoopCounter
from ..network import RoadNetwork
from ..sumo import City, Files, files_of, read_city, recognised
from ..sumo.elements import elements
from ..sumo.rides import Detector
from ..traffic_world import TrafficWorld
from .sumo import cpu_seconds

Row = dict[str, Any]

_HOUR_S = 3600
_PATIENCE_S = 60  # as the scenario has it unless told otherwise
_GOOD = 5.0
"""A GEH below this counts as a good fit (UK Department for Transport, TAG unit M3.1, 2020)."""


class Hour(NamedTuple):
    """What an hour came to; `counts` are passages of each loop, speeds m/s, times s."""

    inserted: int
    arrived: int
    running: int
    mean_speed: float
    travel_time: float
    waiting_time: float
    depart_delay: float
    counts: tuple[int, ...]
    vehicle_steps: int
    cpu_s: float


class District(NamedTuple):
    """A SUMO city with the loops that the model has a lane for."""

    name: str
    files: Files
    city: City
    loops: tuple[Detector, ...]


def read_district(folder: Path, seed: int) -> District:
    """The city of a folder; raises NotFoundError when it is not there, InputError when it is broken."""
    found = recognised([folder]) if folder.is_dir() else None
    if found is None:
        beside = folder.parent.iterdir() if folder.parent.is_dir() else ()
        raise NotFoundError("folder of a SUMO city", str(folder), map(str, beside))
    files = files_of(*found)
    city = read_city(files, Projection(), seed=seed, lane_change=True)
    lanes = set(city.network.lane_ids)
    return District(folder.name, files, city, tuple(loop for loop in city.detectors if loop.lane in lanes))


def rows(district: District, seed: int, *, with_sumo: bool) -> list[Row]:
    """One row for the traffic world, one for SUMO where it is installed."""
    ours = run_ours(district, seed)
    told = [_row(district, "touyan", ours)]
    if with_sumo:
        theirs = run_sumo(district, seed)
        told[0] |= _fit(district.loops, ours.counts, theirs.counts)
        told.append(_row(district, "sumo", theirs))
    return told


def run_ours(district: District, seed: int) -> Hour:
    """The hour in the traffic world: once for the clock, once more to look at every vehicle each second."""
    network, demand = district.city.network, district.city.demand
    TrafficWorld(network, demand, seed, lane_change=True, patience_s=_PATIENCE_S).advance(
        1
    )  # compiles, or loads what was compiled
    world = TrafficWorld(network, demand, seed, lane_change=True, patience_s=_PATIENCE_S)
    begun = time.process_time()
    steps = int(world.advance(_HOUR_S).sum())
    cpu_s = time.process_time() - begun
    trips = world.trips()
    done = np.isfinite(trips.left_s)
    return Hour(
        inserted=world.running + world.finished,
        arrived=world.finished,
        running=world.running,
        mean_speed=float(trips.distance_m.sum()) / steps,
        travel_time=float((trips.left_s - trips.entered_s)[done].mean()),
        waiting_time=float(trips.waiting_s[done].mean()),
        depart_delay=float((trips.entered_s - trips.created_s)[done].mean()),
        counts=_counts(district, seed),
        vehicle_steps=steps,
        cpu_s=cpu_s,
    )


def _counts(district: District, seed: int) -> tuple[int, ...]:
    network = district.city.network
    world = TrafficWorld(network, district.city.demand, seed, lane_change=True, patience_s=_PATIENCE_S)
    counter = LoopCounter(network, [_loop(network, loop) for loop in district.loops])
    for _ in range(_HOUR_S):
        world.advance(1)
        counter.look(world)
    return tuple(counter.counts.tolist())


def _loop(network: RoadNetwork, loop: Detector) -> Loop:
    """A loop of the file; a place below 0 counts from the end of the lane."""
    lane = network.lane(loop.lane)
    length = float(network.lane_length[lane])
    return Loop(lane, min(max(loop.position if loop.position >= 0 else length + loop.position, 0.0), length))


def run_sumo(district: District, seed: int) -> Hour:
    """The hour in SUMO: once for the clock, without outputs, once more to count."""
    files = district.files
    with TemporaryDirectory(prefix="touyan-bench-") as name:
        folder = Path(name)
        loops = _write_loops(district.loops, folder)
        others = [path for path in files.additional if str(path) not in {loop.element.file for loop in district.loops}]
        common = [
            f"--net-file={files.net}",
            f"--route-files={','.join(map(str, files.routes))}",
            f"--begin={files.begin:g}",
            f"--end={files.begin + _HOUR_S:g}",
            f"--seed={seed}",
            "--no-step-log=true",
            "--no-warnings=true",
        ]
        cpu_s = cpu_seconds("sumo", *common, f"--additional-files={','.join(map(str, others))}")
        cpu_seconds(
            "sumo",
            *common,
            f"--additional-files={','.join(map(str, [*others, loops]))}",
            f"--tripinfo-output={folder / 'trips.xml'}",
            f"--summary-output={folder / 'summary.xml'}",
        )
        return _read_hour(folder, district.loops, cpu_s)


def _write_loops(loops: Sequence[Detector], folder: Path) -> Path:
    """The loops as an additional file of one interval, with its output in the folder."""
    out = quoteattr(str(folder / "loops.xml"))
    lines = [
        f'<inductionLoop id={quoteattr(loop.id)} lane={quoteattr(loop.lane)} pos="{loop.position}" '
        f'period="{_HOUR_S}" file={out} friendlyPos="true"/>'
        for loop in loops
    ]
    path = folder / "loops.add.xml"
    path.write_text("<additional>\n" + "\n".join(lines) + "\n</additional>\n", encoding="utf-8")
    return path


def _read_hour(folder: Path, loops: Sequence[Detector], cpu_s: float) -> Hour:
    steps = list(elements(folder / "summary.xml", ("summary",)))
    trips = list(elements(folder / "trips.xml", ("tripinfos",)))
    counted = {one.text("id"): one.whole("nVehEntered") for one in elements(folder / "loops.xml", ("detector",))}
    running = np.array([step.number("running") for step in steps])
    speed = np.array([max(0.0, step.number("meanSpeed")) for step in steps])
    return Hour(
        inserted=steps[-1].whole("inserted"),
        arrived=steps[-1].whole("arrived"),
        running=steps[-1].whole("running"),
        mean_speed=float((speed * running).sum() / running.sum()),
        travel_time=fmean(trip.number("duration") for trip in trips),
        waiting_time=fmean(trip.number("waitingTime") for trip in trips),
        depart_delay=fmean(trip.number("departDelay") for trip in trips),
        counts=tuple(counted[loop.id] for loop in loops),
        vehicle_steps=int(running.sum()),
        cpu_s=cpu_s,
    )


def _row(district: District, simulator: str, hour: Hour) -> Row:
    return {
        "city": district.name,
        "simulator": simulator,
        "vehicles": district.city.vehicles_named,
        "inserted": hour.inserted,
        "arrived": hour.arrived,
        "running": hour.running,
        "mean_speed_m_s": round(hour.mean_speed, 2),
        "travel_time_s": round(hour.travel_time, 1),
        "waiting_time_s": round(hour.waiting_time, 1),
        "depart_delay_s": round(hour.depart_delay, 1),
        "loops": len(district.loops),
        "passages": sum(hour.counts),
        "vehicle_steps": hour.vehicle_steps,
        "cpu_s": round(hour.cpu_s, 3),
        "million_vehicle_steps_per_cpu_s": round(hour.vehicle_steps / hour.cpu_s / 1e6, 3),
    }


def _fit(loops: Sequence[Detector], ours: Sequence[int], theirs: Sequence[int]) -> Row:
    """Share of loops, and of cross-sections of whole roads, whose hourly counts agree."""
    sections: dict[tuple[str, float], list[int]] = {}
    for number, loop in enumerate(loops):
        sections.setdefault((loop.lane.rpartition("_")[0], round(loop.position)), []).append(number)
    sums = [[sum(counts[number] for number in section) for section in sections.values()] for counts in (ours, theirs)]
    return {"geh_below_5": _share(ours, theirs), "geh_below_5_by_road": _share(*sums)}


def _share(ours: Sequence[int], theirs: Sequence[int]) -> float:
    return round(float((geh(np.array(ours, float), np.array(theirs, float)) < _GOOD).mean()), 2) if ours else 1.0
