"""How fast the traffic world runs and branches, beside other simulators on the same cities."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from touyan.core.components import Benchmark
from touyan.core.errors import NotFoundError
from touyan.core.settings import setting

from .control_tables import CONTROL_CITIES, TABLES, table_rows
from .controllers import FixedCycle, LookAhead, MaxPressure, OwnProgramme
from .estimation_study import SensorPlan, study
from .grid import grid_network
from .guard_trials import GuardTrials, Verdict
from .guards import GUARDS
from .incident_runs import Scene, blockage
from .incident_table import Case, cost, figures
from .intergreens import clearances
from .peers import california
from .peers.branches import branch_costs
from .peers.cities import KNOWN_CITIES, City
from .peers.districts import read_district
from .peers.districts import rows as district_rows
from .peers.learning import decision_costs, fit_quality
from .peers.plants import District as PlantDistrict
from .peers.plants import Make, plant_rows
from .peers.process import Cost, RunnerProcess
from .peers.race import Racer, Result, race
from .peers.replays import replay_costs
from .peers.runners import CityFlowRunner, TouyanRunner, has_cityflow
from .peers.stages import stage_rows
from .peers.sumo import Sumo, has_sumo
from .poisson import PoissonDemand
from .sources import LaneDetectors
from .traffic_world import TrafficWorld
from .worlds import CityFlowCity

_OURS, _TWO_THREADS, _CITYFLOW, _SUMO = "touyan", "touyan, 2 threads", "cityflow", "sumo"
_INSTALLED = {_CITYFLOW: has_cityflow, _SUMO: has_sumo}
_DISTRICTS = ("acosta", "pasubio")
_ON_PLANTS: dict[str, Make] = {
    "own": OwnProgramme,
    "cycle:30": lambda: FixedCycle(interval_s=30.0),
    "max-pressure:20": lambda: MaxPressure(interval_s=20.0),
    "rollout:15": lambda: LookAhead(interval_s=15.0),
}
_SPEED = "million_vehicle_steps_per_cpu_s"
_BEST = "best_million_vehicle_steps_per_s"

Row = dict[str, Any]

_ALLOWED_A_DAY = (1.0, 100.0)


class Simulation(Benchmark):
    """Vehicle-steps per CPU second, beside CityFlow and SUMO in the same run."""

    protocol = (
        "signals under the network's own programme, steps of 1 s, kernels compiled before, loading not timed; "
        "vehicle-steps are vehicles running after each second, summed. Real cities: one hour from the first second, in "
        "slices of 300 s. Grids: a crowd that starts on random roads and stays, from second 100 on, in slices of 10 s "
        "(12 × 12: 50 s). Median of the repeats of each slice; the two large grids run once. Ours and CityFlow's "
        "engine take turns slice by slice, each in a process of its own; two threads are compared with one by the best "
        "slice of each on the wall clock (other work on the machine spoils it). SUMO (Krauss following, sigma 0, its "
        "own lane change, no teleports) drives the converted city: the whole hour, or seconds 40 to 60 of a grid, CPU "
        "seconds to the end less those to the beginning. A million vehicles are left to ours alone, unless the setting "
        "`patient` says otherwise"
    )
    cities: str = setting(", ".join(KNOWN_CITIES), help="Which cities to run, separated by commas.")
    peers: str = setting(", ".join(_INSTALLED), help="Which other simulators to run, separated by commas.")
    data: Path = setting(
        Path("../shared/data/traffic"), help="Folder with the public city folders hangzhou_4x4 and jinan_3x4."
    )
    patient: bool = setting(False, help="Let the others drive the million vehicles too; half an hour more.")
    repeats: int = setting(3, at_least=1, at_most=100, help="How often each real city is run.")
    seed: int = setting(0, at_least=0, at_most=2**32 - 1, help="Seed of the world.")

    def rows(self) -> list[Row]:
        """One row for each city, simulator and setting of lane change."""
        peers = _chosen("simulator", self.peers, _INSTALLED)
        cities = {name: KNOWN_CITIES[name](self.data) for name in _chosen("city", self.cities, KNOWN_CITIES)}
        here = [peer for peer in peers if _INSTALLED[peer]()]
        rows = [{"city": name} | row for name, city in cities.items() for row in self._city(city, here)]
        return rows + [{"simulator": peer, "note": "not installed"} for peer in peers if peer not in here]

    def _city(self, city: City, peers: list[str]) -> list[Row]:
        """Ours with lane change off and on, each beside CityFlow; then SUMO."""
        peers = peers if city.for_all or self.patient else []
        with TemporaryDirectory(prefix="touyan-bench-") as name, ExitStack() as running:
            folder = Path(name)
            processes = {name: running.enter_context(process) for name, process in self._start(city, peers, folder)}
            rows = [row for lane_change in (False, True) for row in self._turns(city, processes, lane_change)]
            ours = [row for row in rows if row["simulator"] == _OURS]
            return rows + ([self._sumo(city, folder, ours[-1])] if _SUMO in peers else [])

    def _start(self, city: City, peers: list[str], folder: Path) -> Iterator[tuple[str, RunnerProcess]]:
        yield _OURS, RunnerProcess(TouyanRunner, city, self.seed)
        yield _TWO_THREADS, RunnerProcess(TouyanRunner, city, self.seed)
        if _CITYFLOW in peers:
            yield _CITYFLOW, RunnerProcess(CityFlowRunner, *city.files(folder), folder, self.seed)

    def _turns(self, city: City, processes: dict[str, RunnerProcess], lane_change: bool) -> list[Row]:
        """The rows of simulators that take turns; ours is the first."""
        racers = [
            Racer(name, process, lane_change, threads=2 if name == _TWO_THREADS else 1)
            for name, process in processes.items()
        ]
        results = race(city, racers, self.repeats if city.repeats else 1)
        seconds = city.slices * city.slice_s
        rows = [_row(racer, result, seconds) for racer, result in zip(racers, results, strict=True)]
        return [row | _compared(row, rows[0]) for row in rows]

    def _sumo(self, city: City, folder: Path, ours: Row) -> Row:
        begins, ends = city.sumo_span_s
        cost = Sumo(city, folder, self.seed).cost(begins, ends)
        row = {"simulator": _SUMO, "lane_change": True} | _speed(cost, ends - begins)
        return row | _compared(row, ours)


class Control(Benchmark):
    """Travel times under signal controllers, beside the best published ones."""

    name = "control"
    protocol = (
        "one hour from the first second, lane change on, sensors only: lane detectors and cameras every 5 s. Tables "
        "30 s and 15 s: a decision in so many seconds among four phases, 5 s of the clearance phase at a change; 10 "
        "s: among all phases; 5 s: among all phases, 2 s of clearance. Every command passes the guard with times as "
        "loose as that protocol, which lets red last for ever; `own guard` stands for the guard as it comes. One "
        "setting of `rollout` for all cities. travel_time_s is that of the published tables (LLMLight, XLight), "
        "engine_travel_time_s that of the engine from creation on; queue: vehicles halting before signals, waiting_s: "
        "how long those halting have halted, both mean over decisions. Means over the seeds, spread_s is largest less "
        "least travel_time_s. CPU seconds of a decision are those of the whole beat. The published 5 s figures "
        "(CoordLight) are known at second hand, and their protocol may differ: phases, clearance, measure"
    )
    tables: str = setting(", ".join(TABLES), help="Which tables to make, separated by commas.")
    cities: str = setting(", ".join(CONTROL_CITIES), help="Which cities to run, separated by commas.")
    only: str = setting("", help="Only controllers with this in their label.")
    data: Path = setting(
        Path("../shared/data/traffic"), help="Folder with the public city folders hangzhou_4x4 and jinan_3x4."
    )
    seeds: int = setting(3, at_least=1, at_most=100, help="How many seeds to run.")
    seconds: int = setting(3600, unit="SEC", at_least=60, at_most=86_400, help="How long each run lasts.")

    def rows(self) -> list[Row]:
        """One row for each table, city and controller."""
        cities = _chosen("city", self.cities, CONTROL_CITIES)
        return [
            row
            for table in _chosen("table", self.tables, TABLES)
            for city in cities
            for row in table_rows(table, city, self.data, self.seeds, self.seconds, self.only)
        ]


class Branches(Benchmark):
    """What copies of a running city cost, and how fast many of them run."""

    protocol = (
        "Hangzhou, own programme, at the second of its hour when most vehicles run. A branch is timed one by one, the "
        "median of 100. An ensemble of branches runs on one thread a core; its vehicle-steps per second and core are "
        "compared with those of one branch alone, run before and after it, median of the repeats, by wall-clock time "
        "(which other work on the machine spoils) and by CPU time. Equal means: the vehicles running after each second "
        "and the travel time of every branch are those of the branch alone"
    )
    data: Path = setting(Path("../shared/data/traffic"), help="Folder with the public city folder hangzhou_4x4.")
    branches: int = setting(64, at_least=1, at_most=10_000, help="How many branches run at once.")
    seconds: int = setting(120, unit="SEC", at_least=1, at_most=3600, help="How long they run.")
    repeats: int = setting(5, at_least=1, at_most=100, help="How often each is timed.")

    def rows(self) -> list[Row]:
        """One row with lane change off, one with it on."""
        city = KNOWN_CITIES["hangzhou"](self.data)
        return [
            {"city": "hangzhou", "lane_change": lane_change}
            | branch_costs(city, lane_change, self.branches, self.seconds, self.repeats)
            for lane_change in (False, True)
        ]


class Incidents(Benchmark):
    """How surely and how soon blocked lanes are found, beside the California algorithm."""

    protocol = (
        "Hangzhou, one hour, own programme, departures moved by up to two minutes by the seed; in every second run one "
        "lane is blocked for 5 to 20 minutes at a random place and time. Only blockages that cost at least one "
        "vehicle-minute of delay per minute must be found (time spent by all vehicles, less that of the same run "
        "without the blockage). Found: the first alert while the vehicle stands names the right road. The delay counts "
        "from the report in which it stands. False: every alert that is not on the blocked road, from the blockage to "
        "five minutes after. The California algorithm takes roads as stations and 30 s means; its thresholds are "
        "fitted on other runs, for as many blockages as possible at no more than the false alarms stated with it"
    )
    data: Path = setting(Path("../shared/data/traffic"), help="Folder with the public city folder hangzhou_4x4.")
    runs: int = setting(500, at_least=2, at_most=100_000, help="How many runs, half of them with a blockage.")
    fitting_runs: int = setting(40, at_least=2, at_most=10_000, help="Runs on which the peer's thresholds are fitted.")
    noise: float = setting(0.0, at_least=0.0, at_most=1.0, help="Relative standard deviation of every reading.")
    loss: float = setting(0.0, at_least=0.0, at_most=1.0, help="Share of reports that get lost.")
    seed: int = setting(0, at_least=0, at_most=2**31, help="Seed of the first run.")

    def rows(self) -> list[Row]:
        """One row for ours, and one for each operating point of the peer."""
        scene = Scene(*KNOWN_CITIES["hangzhou"](self.data).load(), LaneDetectors(noise=self.noise, loss=self.loss))
        cases = _cases(scene, self.seed, self.runs)
        fitting = _cases(scene, self.seed + self.runs, self.fitting_runs)
        rows: list[Row] = [{"detectors": _OURS} | figures(cases, [case.watched.alarms for case in cases])]
        for allowed in _ALLOWED_A_DAY:
            chosen = _fitted(scene, fitting, allowed)
            alarms = [california.alarms(case.watched, scene.network, chosen) for case in cases]
            rows.append({"detectors": f"California, fitted for {allowed:g} a day"} | figures(cases, alarms))
        return rows


def _cases(scene: Scene, first: int, runs: int) -> list[Case]:
    """Runs without and with a blockage, by turns; each blocked one is compared with itself unblocked."""
    cases = []
    for seed in range(first, first + runs):
        free = scene.run(seed, None)
        if seed % 2:
            blocked = scene.run(seed, blockage(scene.network, seed))
            cases.append(Case(blocked, cost(blocked, free)))
        else:
            cases.append(Case(free, float("nan")))
    return cases


def _fitted(scene: Scene, cases: list[Case], allowed: float) -> california.Thresholds:
    """The thresholds that find most at no more false alarms than allowed; else those with the fewest."""

    def merit(thresholds: california.Thresholds) -> tuple[bool, float]:
        told = figures(cases, [california.alarms(case.watched, scene.network, thresholds) for case in cases])
        false = told["false_alarms_per_city_day"]
        return (True, told["detection_rate"]) if false <= allowed else (False, -false)

    return max(california.GRID, key=merit)


class Decisions(Benchmark):
    """How many decisions of a learner a CPU second makes."""

    protocol = (
        "Hangzhou's hour as one episode for a learner that chooses at random for all 16 signals, seed 0; each decision "
        "brings what is seen, what may be chosen and what is paid, the simulation up to the next decision included. "
        "CPU time of one process; frameworks are not counted"
    )
    data: Path = setting(Path("../shared/data/traffic"), help="Folder with the public city folder hangzhou_4x4.")
    seconds: int = setting(3600, unit="SEC", at_least=60, at_most=36_000, help="Length of the episode.")

    def rows(self) -> list[Row]:
        """One row for each interval between decisions."""
        roadnet, flow = KNOWN_CITIES["hangzhou"](self.data).files(self.data)
        city = CityFlowCity(roadnet=roadnet, flow=flow)
        decision_costs(city, 10, 60)  # compiles what is not compiled yet
        return [{"city": "hangzhou"} | decision_costs(city, decision_s, self.seconds) for decision_s in (5, 10, 30)]


class Counting(Benchmark):
    """How well demand that is fitted to counts meets them."""

    protocol = (
        "Hangzhou: the real demand is simulated for an hour and counted on all 80 roads in even intervals; demand is "
        "fitted to these counts alone, from two ways for each pair of roads into and out of the city, and simulated. "
        "GEH is taken of hourly rates, for the first fit and for the best of the rounds. CPU time of all rounds"
    )
    data: Path = setting(Path("../shared/data/traffic"), help="Folder with the public city folder hangzhou_4x4.")
    rounds: int = setting(5, at_least=1, at_most=100, help="How often is fitted and simulated.")

    def rows(self) -> list[Row]:
        """One row for each demand and interval of counting."""
        cases = (("hangzhou", 900), ("hangzhou", 300), ("hangzhou-5816", 900))
        return [
            {"city": name} | fit_quality(KNOWN_CITIES[name](self.data), interval_s, self.rounds)
            for name, interval_s in cases
        ]


class Recordings(Benchmark):
    """What the recording of an hour costs, and how fast any second of it is there."""

    protocol = (
        "every second of a run is recorded: Hangzhou's hour under its own programme from the first second, and a grid "
        "of 8 × 8 crossings with some 2,000 vehicles from its second hour on. Seeks are to 100 seconds by chance, each "
        "in a file opened anew that lies in the system's cache, the median and the slowest, by wall-clock time (which "
        "other work on the machine spoils). Equal means: every scene sought is that of the run within half a quantum"
    )
    data: Path = setting(Path("../shared/data/traffic"), help="Folder with the public city folder hangzhou_4x4.")
    seconds: int = setting(3600, unit="SEC", at_least=1, at_most=36_000, help="How long is recorded.")

    def rows(self) -> list[Row]:
        """One row for each city; Hangzhou's is left out where its data are not here."""
        with TemporaryDirectory() as folder:
            return [
                {"city": name} | replay_costs(world, self.seconds, Path(folder) / "benchmark.rec")
                for name, world in self._worlds()
            ]

    def _worlds(self) -> Iterator[tuple[str, TrafficWorld]]:
        if (self.data / "hangzhou_4x4").is_dir():
            yield "hangzhou", TrafficWorld(*KNOWN_CITIES["hangzhou"](self.data).load())
        network = grid_network(8, 8)
        world = TrafficWorld(network, PoissonDemand(network, 380.0))
        world.advance(3600)
        yield "grid-8", world


class Bologna(Benchmark):
    """Two real districts beside SUMO: who arrives, how fast, and the counts at the same loops."""

    protocol = (
        "one hour of the shipped demand, signals under the city's own plans, steps of 1 s. Ours with lane change; SUMO "
        "as it comes (Krauss following with the types' sigma, its own lane change, teleports after 300 s). CPU seconds "
        "of a run that writes nothing, loading included for SUMO and not for ours; all else from a second run with the "
        "same seed. Times are means over vehicles that arrived; geh_below_5 is the share of loops, or of whole roads, "
        "whose hourly count fits SUMO's"
    )
    data: Path = setting(Path("../shared/data/traffic/bologna"), help="Folder with the districts acosta and pasubio.")
    districts: str = setting(", ".join(_DISTRICTS), help="Which districts to run, separated by commas.")
    seed: int = setting(0, at_least=0, at_most=2**32 - 1, help="Seed of both simulators.")

    def rows(self) -> list[Row]:
        """Two rows for each district."""
        names = _chosen("district", self.districts, _DISTRICTS)
        read = [read_district(self.data / name, self.seed) for name in names]
        return [row for district in read for row in district_rows(district, self.seed, with_sumo=has_sumo())]


class Stages(Benchmark):
    """Where the time of a step goes."""

    protocol = (
        "own programme, one thread, the seconds that the benchmark of the simulation times; the processor's time stamp "
        "counter is read between the stages of a step, whose kernel is compiled anew for that (half a minute a city). "
        "Nanoseconds are the stage's share of the CPU time of a vehicle-step"
    )
    cities: str = setting("hangzhou, grid-57", help="Which cities to run, separated by commas.")
    data: Path = setting(
        Path("../shared/data/traffic"), help="Folder with the public city folders hangzhou_4x4 and jinan_3x4."
    )
    seed: int = setting(0, at_least=0, at_most=2**32 - 1, help="Seed of the world.")

    def rows(self) -> list[Row]:
        """A row for each stage that takes a thousandth of the time or more."""
        cities = {name: KNOWN_CITIES[name](self.data) for name in _chosen("city", self.cities, KNOWN_CITIES)}
        runs = [(name, city, lane_change) for name, city in cities.items() for lane_change in (False, True)]
        return [
            {"city": name, "lane_change": lane_change} | row
            for name, city, lane_change in runs
            for row in self._stages(city, lane_change)
            if row["percent"] >= 0.1
        ]

    def _stages(self, city: City, lane_change: bool) -> list[Row]:
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            return process.submit(stage_rows, city, lane_change, self.seed).result()


def _chosen(kind: str, names: str, known: Iterable[str]) -> list[str]:
    """The names of a comma-separated setting; raises NotFoundError for one that is not known."""
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    for name in chosen:
        if name not in known:
            raise NotFoundError(kind, name, known)
    return chosen


def _row(racer: Racer, result: Result, seconds: int) -> Row:
    peak = racer.process.peak_mib()
    return {
        "simulator": racer.name,
        "lane_change": racer.lane_change,
        **_speed(result.cost, seconds),
        _BEST: round(result.best_per_s / 1e6, 3),
        "average_travel_time_s": round(racer.process.travel_time_s(), 3),
        "peak_mib": peak and round(peak),
    }


def _speed(cost: Cost, seconds: int) -> Row:
    return {
        "running": round(cost.vehicle_steps / seconds),
        "vehicle_steps": cost.vehicle_steps,
        "cpu_s": round(cost.cpu_s, 3),
        _SPEED: round(cost.vehicle_steps / cost.cpu_s / 1e6, 3),
    }


def _compared(row: Row, ours: Row) -> Row:
    """How a row stands beside ours: by CPU time against others, by the clock on the wall between threads."""
    if row["simulator"] == _TWO_THREADS:
        return {"faster_than_one_thread": round(row[_BEST] / ours[_BEST], 2)}
    return {} if row["simulator"] == _OURS else {"touyan_is_faster": round(ours[_SPEED] / row[_SPEED], 1)}


class Estimation(Benchmark):
    """Flow, speed and queue of roads from few sensors, beside each source alone and the truth."""

    protocol = (
        "Hangzhou (16 signalised crossings, 80 roads, 240 lanes) under the network's own programme, one hour of real "
        "demand. Detectors on a share of the lanes report every 60 s, a share of the vehicles is looked at every 10 s; "
        "detectors have 10 % noise, 10 % of reports and looks are lost, a fifth of the detectors is silent for 5 to 20 "
        "minutes. The estimator learns from the first half hour of sensor data (never from the truth) and is judged in "
        "the second, in intervals of 5 minutes, on every road, over several choices of lanes and vehicles. A source "
        "alone stands for its road, and is filled with the road's last value, else with the mean of the others; flow "
        "is vehicles, speed m/s, queue halting vehicles"
    )
    data: Path = setting(Path("../shared/data/traffic"), help="Folder with the public city folder hangzhou_4x4.")
    detectors: float = setting(0.3, at_least=0.05, at_most=1.0, help="Share of lanes with a detector.")
    cars: float = setting(0.05, at_least=0.001, at_most=1.0, help="Share of vehicles that report.")
    layouts: int = setting(5, at_least=1, at_most=100, help="How many different choices of lanes and vehicles.")

    def rows(self) -> list[Row]:
        """Three rows for each demand: flow, speed and queue."""
        folder = self.data / "hangzhou_4x4"
        if not folder.is_dir():
            raise NotFoundError("folder", str(folder))
        plans = [SensorPlan(detectors=self.detectors, cars=self.cars, seed=seed) for seed in range(self.layouts)]
        rows = []
        for flow in sorted(folder.glob("flow_*.json")):
            city = CityFlowCity(roadnet=folder / "roadnet.json", flow=flow)
            network = city.network()
            rows += [{"demand": flow.stem} | row for row in study(network, city.demand(network), plans)]
        return rows


class GuardBench(Benchmark):
    """A million adversarial command sequences against the guard, judged by the lights."""

    name = "guard"
    protocol = (
        "each sequence is 12 commands to one signal by one of seven adversaries (random, eager, to and fro, take and "
        "give back, at the edges of greens and clearances, odd values, two at once); 5 % of the signals' reports are "
        "lost. What the guard lets pass goes to a street without vehicles, whose lights a monitor that shares no code "
        "with the guard judges every second: conflicting greens, greens under 5 s, clearances shorter than speed and "
        "width ask for. Half of the sequences with a clearance phase, half with what two phases share"
    )
    sequences: int = setting(1_000_000, at_least=100, help="Sequences in all.")
    chunk: int = setting(50_000, at_least=100, help="Sequences of one run; each run has a seed of its own.")
    size: int = setting(12, at_least=1, at_most=100, help="Crossings on a side of the grid.")

    def rows(self) -> list[Row]:
        """One row for each kind of clearance."""
        return [self._row(shares) for shares in (False, True)]

    def _row(self, shares: bool) -> Row:
        network = grid_network(self.size, self.size)
        if shares:
            network = replace(network, clears_by_phase=False)
            network = replace(network, given_clearance_s=clearances(network))
        wanted, seed, began = self.sequences // 2, 0, time.process_time()
        total = Verdict(0, 0, 0, Counter(), 0, [])
        while total.sequences < wanted:
            trials = GuardTrials(network, [rule() for rule in GUARDS], seed)
            total = total.plus(trials.run(min(self.chunk, wanted - total.sequences)))
            seed += 1
        return {
            "clearance": "shared greens" if shares else "by phase",
            "sequences": total.sequences,
            "commands": total.commands,
            "passed": total.passed,
            "signal_seconds_watched": total.seconds * self.size**2,
            "breaches": len(total.breaches),
            "cpu_s": round(time.process_time() - began, 1),
            **{f"refused_by_{rule}": count for rule, count in sorted(total.refused.items())},
        }


class Plants(Benchmark):
    """Our controllers on SUMO as the plant: mean delay in two real districts."""

    protocol = (
        "one hour of Bologna's districts in SUMO (libsumo), driven by the city's own programme and by our controllers "
        "through the guard; detectors and cameras of each lane every 5 s, signals every second. Mean delay is time "
        "lost on the way and wait to get in, over all vehicles due, those on the way and outside included; mean over "
        "the seeds of SUMO with Student's 95 % interval"
    )
    data: Path = setting(Path("../shared/data/traffic"), help="Folder with the public folder bologna.")
    districts: str = setting("acosta, pasubio", help="Which districts to run, separated by commas.")
    controllers: str = setting(
        ", ".join(_ON_PLANTS), help="Which controllers to run, separated by commas: own, or name:interval."
    )
    seconds: int = setting(3600, unit="SEC", at_least=1, at_most=86400, help="How long each run is.")
    seeds: int = setting(5, at_least=1, at_most=100, help="How many seeds of SUMO.")

    def rows(self) -> list[Row]:
        """One row for each district and controller."""
        chosen = _chosen("controller", self.controllers, _ON_PLANTS)
        make = {name: _ON_PLANTS[name] for name in chosen}
        rows: list[Row] = []
        for name in _chosen("district", self.districts, _DISTRICTS):
            district = PlantDistrict(self.data / "bologna" / name)
            rows += plant_rows(district, name, make, self.seconds, range(self.seeds))
        return rows
