"""Which files make up a city: a `.sumocfg`, a folder with one, or the files themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .elements import Element, elements
from .rides import seconds

CONFIGURATIONS = (".sumocfg", ".sumo.cfg")
NETWORKS = (".net.xml", ".net.xml.gz")
MAPS = (".osm", ".osm.gz", ".osm.xml", ".osm.xml.gz")
ADDITIONAL = (".add.xml", ".add.xml.gz")
DEMANDS = (".rou.xml", ".rou.xml.gz", ".trips.xml", ".flows.xml")

_ROOTS = ("configuration", "sumoConfiguration", "sumo-guiConfiguration", "sumoguiConfiguration")

_FILES = {"net-file": "net", "net": "net", "route-files": "routes", "additional-files": "additional"}
_TIMES = {"begin": "begin", "end": "end"}


class Files(NamedTuple):
    """The files of one city, and the seconds at which it begins and ends."""

    net: Path
    routes: tuple[Path, ...] = ()
    additional: tuple[Path, ...] = ()
    begin: float = 0.0
    end: float | None = None
    other_options: int = 0


@dataclass
class _Options:
    net: Path | None = None
    routes: tuple[Path, ...] = ()
    additional: tuple[Path, ...] = ()
    begin: float = 0.0
    end: float | None = None
    other: int = 0


def read_configuration(path: Path) -> Files:
    """The files that a `.sumocfg` names; raises InputError."""
    options, last = _Options(), None
    for section in elements(path, _ROOTS):
        last = section
        for option in section.children or [section]:
            _take(options, option, path.parent)
    if options.net is None:
        place = last or Element(str(path), 1, _ROOTS[1], {})
        raise place.error("no <net-file>", '<net-file value="…"/>')
    return Files(options.net, options.routes, options.additional, options.begin, options.end, options.other)


def files_of(net: Path, routes: Iterable[Path] = (), additional: Iterable[Path] = ()) -> Files:
    """The files of a city whose main file is a configuration, a network or a map."""
    if not is_kind(net, CONFIGURATIONS):
        return Files(net, tuple(routes), tuple(additional))
    files = read_configuration(net)
    return files._replace(routes=files.routes + tuple(routes), additional=files.additional + tuple(additional))


def recognised(paths: Sequence[Path]) -> tuple[Path, list[Path], list[Path]] | None:
    """Main file, demand and additional files among some paths or in a folder, by their names."""
    folder = len(paths) == 1 and paths[0].is_dir()
    names = sorted(paths[0].iterdir()) if folder else list(paths)
    main = next((path for kinds in (CONFIGURATIONS, NETWORKS, MAPS) for path in names if is_kind(path, kinds)), None)
    if main is None:
        return None
    if folder and is_kind(main, CONFIGURATIONS):
        return main, [], []
    rest = [path for path in names if path != main and (not folder or is_kind(path, ADDITIONAL + DEMANDS))]
    return (
        main,
        [path for path in rest if not is_kind(path, ADDITIONAL)],
        [path for path in rest if is_kind(path, ADDITIONAL)],
    )


def is_kind(path: Path, endings: tuple[str, ...]) -> bool:
    """Whether a file's name ends so."""
    return path.name.lower().endswith(endings)


def _take(options: _Options, option: Element, folder: Path) -> None:
    if option.tag in _FILES:
        files = _named(option, folder)
        if _FILES[option.tag] == "net":
            if len(files) != 1:
                raise option.error(f"{len(files)} networks", "one network file")
            options.net = files[0]
        else:
            setattr(options, _FILES[option.tag], files)
    elif option.tag in _TIMES:
        value = seconds(option, "value")
        setattr(options, _TIMES[option.tag], None if option.tag == "end" and value < 0 else value)
    elif "value" in option.attributes:
        options.other += 1


def _named(option: Element, folder: Path) -> tuple[Path, ...]:
    files = tuple(folder / name.strip() for name in option.text("value").split(",") if name.strip())
    for file in files:
        if not file.is_file():
            raise option.error(f"the file {file.name!r}, which is not there", f"a file in {file.parent}")
    return files
