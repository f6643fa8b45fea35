"""SUMO (Lopez et al., Microscopic traffic simulation using SUMO, ITSC 2018) on one of our cities."""

from __future__ import annotations

import os
import re
import subprocess
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from .cities import City
from .process import Cost
from .sumo_files import write_network, write_vehicles

_RUNNING = re.compile(r'<step time="([0-9.]+)"[^>]* running="([0-9]+)"')

_ENDLESS = -1  # SUMO's word for "never"


def has_sumo() -> bool:
    """Whether SUMO's programs are installed."""
    return find_spec("sumo") is not None


class Sumo:
    """A city converted for SUMO; every call is a run from the first second."""

    def __init__(self, city: City, folder: Path, seed: int = 0) -> None:
        network, demand = city.load()
        self._folder, self._seed = folder, seed
        self._net = folder / "city.net.xml"
        plain = [f"{option}={path}" for option, path in write_network(network, folder).items()]
        cpu_seconds("netconvert", *plain, f"--output-file={self._net}", "--no-turnarounds=true", "--no-warnings=true")
        self._routes = write_vehicles(network, demand, city.begins_s + city.slices * city.slice_s, folder)

    def cost(self, begins_s: int, ends_s: int) -> Cost:
        """What the seconds between took: a run to the later one less a run to the earlier one."""
        until, before = self._simulated(ends_s), self._simulated(begins_s)
        steps = until.vehicle_steps - before.vehicle_steps
        return Cost(steps, until.cpu_s - before.cpu_s, until.wall_s - before.wall_s)

    def _simulated(self, seconds: int) -> Cost:
        summary = self._folder / "summary.xml"
        began = time.perf_counter()
        cpu_s = cpu_seconds(
            "sumo",
            f"--net-file={self._net}",
            f"--route-files={self._routes}",
            f"--end={seconds}",
            f"--seed={self._seed}",
            f"--summary-output={summary}",
            f"--time-to-teleport={_ENDLESS}",
            "--route-steps=0",  # all vehicles are read before the first second, so that reading is not timed
            "--no-step-log=true",
            "--no-warnings=true",
        )
        steps = (match for match in map(_RUNNING.search, summary.open()) if match)
        return Cost(sum(int(step[2]) for step in steps if float(step[1]) < seconds), cpu_s, time.perf_counter() - began)


def cpu_seconds(program: str, *options: str) -> float:
    """CPU seconds of a program; raises ChildProcessError with what it said."""
    home = Path(import_module("sumo").SUMO_HOME)
    environment = os.environ | {"SUMO_HOME": str(home)}
    before = os.times()
    done = subprocess.run([home / "bin" / program, *options], capture_output=True, text=True, env=environment)
    after = os.times()
    if done.returncode:
        raise ChildProcessError(f"{program} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return after.children_user - before.children_user + after.children_system - before.children_system
