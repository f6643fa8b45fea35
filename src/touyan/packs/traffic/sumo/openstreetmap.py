"""OpenStreetMap extracts as networks, through SUMO's netconvert, which also makes programmes for signals.

The extract is read safely here first: netconvert would expand whatever entities a file declares.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from touyan.core.errors import InputError, MissingPackageError

from .elements import Element, elements

ROOTS = ("osm",)

_LONGEST_S = 3600

# Streets of cars; signals that the map draws beside a crossing belong to it; lanes run into one another without
# pieces in between; nobody turns round, so that the streets cut off by the extract's edge are its ends.
_OPTIONS = (
    "--keep-edges.by-vclass=passenger",
    "--geometry.remove",
    "--ramps.guess",
    "--junctions.join",
    "--tls.guess-signals",
    "--tls.join",
    "--tls.default-type=static",
    "--no-turnarounds",
    "--proj.utm",
    "--xml-validation=never",
)

_TYPES = ("osmNetconvert.typ.xml", "osmNetconvertUrbanDe.typ.xml")
"""SUMO's street types; the second one has speeds of towns for streets whose limit the map does not state."""

_MAIN_STREETS = ("motorway", "trunk", "primary", "secondary", "tertiary")
_CARS = frozenset(
    {
        *_MAIN_STREETS,
        *(f"{street}_link" for street in _MAIN_STREETS),
        "unclassified",
        "residential",
        "living_street",
        "service",
        "road",
    }
)
"""Values of `highway` on which cars drive."""


@contextmanager
def converted(path: Path) -> Iterator[tuple[Path, Counter[str]]]:
    """A network file made from an extract, for as long as it is needed, and what was left out of the map.

    Raises InputError for an extract that is damaged or holds no street, MissingPackageError without SUMO.
    """
    left_out = _checked(path)
    program, home = sumo_program("netconvert")
    with tempfile.TemporaryDirectory() as folder:
        net = Path(folder) / "map.net.xml"
        types = ",".join(str(home / "data" / "typemap" / name) for name in _TYPES)
        files = [f"--osm-files={path.resolve()}", f"--type-files={types}", f"--output-file={net}"]
        command = [str(program), *files, *_OPTIONS]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST_S,
            check=False,
            env={**os.environ, "SUMO_HOME": str(home)},
        )
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        if done.returncode or not net.is_file():
            reason = next((line for line in said if line.startswith("Error")), "no reason given")
            raise InputError(str(path), "", f"a map that netconvert cannot use ({reason})", "streets of a city")
        left_out["osm-warnings"] = sum(line.startswith("Warning") for line in said)
        yield net, left_out


def sumo_program(name: str) -> tuple[Path, Path]:
    """A program of SUMO and SUMO's folder; raises MissingPackageError."""
    try:
        import sumo
    except ImportError:
        raise MissingPackageError("eclipse-sumo", "sumo") from None
    home = Path(sumo.SUMO_HOME)
    return home / "bin" / (f"{name}.exe" if os.name == "nt" else name), home


def _checked(path: Path) -> Counter[str]:
    """Read an extract through, and count what will not become a street."""
    left_out: Counter[str] = Counter()
    streets = 0
    for element in elements(path, ROOTS):
        if element.tag == "way":
            kind = _kind(element)
            streets += kind in _CARS
            left_out["osm-other-ways"] += kind is not None and kind not in _CARS
        elif element.tag == "relation":
            left_out["osm-relations"] += 1
    if not streets:
        raise InputError(str(path), "", "a map without a street of cars", "ways with the tag highway")
    return left_out


def _kind(way: Element) -> str | None:
    """The value of `highway` or `railway`; None for something that is no way to travel."""
    tags = {tag.attributes.get("k"): tag.attributes.get("v", "") for tag in way.of("tag")}
    return tags.get("highway", tags.get("railway"))
