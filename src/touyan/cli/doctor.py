"""`touyan doctor`: what of this machine and installation is in order, and what to do about the rest."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, NamedTuple

import typer

from touyan.core.errors import PortInUseError, TouyanError

from .exits import ExitCode
from .loading import loaded
from .messages import tell
from .options import Config, Debug, Json, Quiet
from .screen import show, show_table

if TYPE_CHECKING:
    from touyan.runtime.packs import Registry
    from touyan.runtime.settings import BrainSettings

_OLDEST_PYTHON = (3, 11)
_DISK_GB = 1.0
_RUN_S = 60


class Check(NamedTuple):
    """One thing looked at: ok, warn or fail, and what to do."""

    name: str
    status: str
    found: str
    hint: str = ""


def doctor(config: Config = None, json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:
    """Check everything; exit code 4 when something fails."""
    settings, registry = loaded(config)
    checks = list(_checks(settings, registry))
    show({"healthy": all(check.status != "fail" for check in checks), "checks": [check._asdict() for check in checks]})
    show_table([tell(f"column.{name}") for name in ("check", "status", "found", "hint")], checks)
    if any(check.status == "fail" for check in checks):
        raise typer.Exit(ExitCode.PROBLEMS_FOUND)


def _checks(settings: BrainSettings, registry: Registry) -> Iterator[Check]:
    yield _python()
    yield _packages()
    yield from _extras()
    yield _store(settings)
    yield _disk(settings)
    yield _port(settings)
    yield _fonts()
    yield _gpu()
    yield from _packs(registry)
    yield _run(registry)


def _python() -> Check:
    status = "ok" if sys.version_info >= _OLDEST_PYTHON else "fail"
    return Check("python", status, platform.python_version(), "" if status == "ok" else "install Python 3.11 or newer")


def _packages() -> Check:
    """The packages that the brain always needs."""
    names = [name for name, extra in _requirements() if not extra]
    absent = [name for name in names if _version(name) is None]
    if absent:
        return Check("packages", "fail", f"missing: {', '.join(absent)}", "pip install touyan")
    return Check("packages", "ok", ", ".join(f"{name} {_version(name)}" for name in names))


def _extras() -> Iterator[Check]:
    """Extras are never needed to run; a missing one is only told."""
    groups: dict[str, list[str]] = {}
    for name, extra in _requirements():
        groups.setdefault(extra, []).append(name)
    for extra, names in groups.items():
        absent = [name for name in names if _version(name) is None]
        if extra:
            found = f"not installed: {', '.join(absent)}" if absent else "installed"
            yield Check(f"extra {extra}", "ok", found, f"pip install 'touyan[{extra}]'" if absent else "")


def _requirements() -> list[tuple[str, str]]:
    """Name and extra ("" for none) of every declared requirement; those of one system only are left out."""
    declared = [text for text in requires("touyan") or [] if "sys_platform" not in text]
    names = [re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0] for text in declared]
    extras = [re.search(r"extra == ['\"]([^'\"]+)", text) for text in declared]
    return [(name, extra[1] if extra else "") for name, extra in zip(names, extras, strict=True)]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _store(settings: BrainSettings) -> Check:
    folder = settings.store.path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Check("data folder", "ok", str(folder))
    except OSError as error:
        return Check("data folder", "fail", f"{folder}: {error.strerror}", "set [store] folder to one you may write")


def _disk(settings: BrainSettings) -> Check:
    places = [settings.store.path, *settings.store.path.parents]
    free = shutil.disk_usage(next(place for place in places if place.exists())).free / 1e9
    hint = "" if free >= _DISK_GB else "make room, or set [store] folder to another disk"
    return Check("disk", "warn" if hint else "ok", f"{free:.1f} GB free", hint)


def _port(settings: BrainSettings) -> Check:
    from .serving import free_address

    try:
        address = free_address(settings.server)
    except PortInUseError as error:
        return Check("port", "warn", error.message, error.hint)
    except TouyanError as error:
        return Check("port", "fail", error.message, error.hint)
    return Check("port", "ok", f"{address.port} on {address.host} is free")


def _fonts() -> Check:
    """The browser's machine needs a Chinese font; here it matters for pictures only."""
    if not shutil.which("fc-list"):
        return Check("chinese font", "ok", "cannot be asked for here")
    listed = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, timeout=30, check=False).stdout
    found = len(listed.splitlines())
    return Check("chinese font", "ok" if found else "warn", f"{found} faces", "" if found else "install fonts-noto-cjk")


def _gpu() -> Check:
    return Check("gpu", "ok", "present" if shutil.which("nvidia-smi") else "none; not needed")


def _packs(registry: Registry) -> Iterator[Check]:
    from touyan.core.components import Component

    components = registry.all(Component)  # imports all of them, so that a broken one shows
    yield Check("packs", "ok" if components else "fail", ", ".join(registry.packs) or "none", "")
    for error in registry.refused:
        yield Check(f"pack {error.pack}", "fail", error.reason, error.hint)


def _run(registry: Registry) -> Check:
    """One short run of the generated city, from the packs to the measures."""
    from touyan.core.components import Scenario
    from touyan.runtime.trial import run_trial

    try:
        trial = run_trial(registry, registry.component(Scenario, "grid"), "own", _RUN_S)
    except TouyanError as error:
        return Check("mini run", "fail", error.message, error.hint)
    return Check("mini run", "ok", f"{_RUN_S} s of the generated city, {len(trial.measures)} measures")
