"""SUMO as a library (libsumo), else over its socket (TraCI): whichever is installed."""

from __future__ import annotations

import contextlib
import io
import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from touyan.core.errors import InputError, MissingPackageError

from ..sumo.configuration import CONFIGURATIONS, Files, is_kind
from ..sumo.elements import elements

_LEFT_TO_US = {"input", "output", "report", "gui_only", "time", "traci_server"}
"""Sections of a configuration that say which files and times, what is written and shown."""

_QUIET = ("--no-step-log", "true", "--no-warnings", "true", "--duration-log.disable", "true")
_ROOTS = ("configuration", "sumoConfiguration", "sumo-guiConfiguration", "sumoguiConfiguration")


def simulator() -> Any:
    """The module that drives SUMO; raises MissingPackageError."""
    name = next((name for name in ("libsumo", "traci") if find_spec(name)), None)
    if name is None:
        raise MissingPackageError("libsumo", "sumo")
    with contextlib.redirect_stdout(io.StringIO()):  # libsumo complains of pyarrow on standard output
        return import_module(name)


def start(main: Path, files: Files, additional: list[Path], seed: int) -> Any:
    """A simulation at its first second; one that this process still has is ended."""
    sumo = simulator()
    if sumo.isLoaded():
        sumo.close()
    home = import_module("sumo").SUMO_HOME if find_spec("sumo") else os.environ.get("SUMO_HOME", "")
    os.environ.setdefault("SUMO_HOME", str(home))
    program = str(Path(home) / "bin" / "sumo") if home else "sumo"
    routes = ["--route-files", ",".join(map(str, files.routes))] if files.routes else []
    more = ["--additional-files", ",".join(map(str, additional))] if additional else []
    options = ["--net-file", str(files.net), *routes, *more, "--begin", f"{files.begin:g}", "--seed", str(seed)]
    try:
        sumo.start([program, *options, "--device.tripinfo.probability", "1", *_QUIET, *_other_options(main)])
    except Exception as error:  # noqa: BLE001  # libsumo and TraCI raise types of their own
        raise InputError(str(main), "", f"files that SUMO refuses ({error})", "a scenario that SUMO runs") from None
    return sumo


def _other_options(main: Path) -> list[str]:
    """What a configuration says of driving, lane changes, routing and teleports."""
    if not is_kind(main, CONFIGURATIONS):
        return []
    sections = [section for section in elements(main, _ROOTS) if section.tag not in _LEFT_TO_US]
    chosen = [option for section in sections for option in section.children if "value" in option.attributes]
    steps = [option for section in elements(main, _ROOTS) for option in section.children if option.tag == "step-length"]
    return [word for option in [*chosen, *steps] for word in (f"--{option.tag}", option.text("value"))]
