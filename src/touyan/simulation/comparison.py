"""Two possible cities compared, seed by seed, and the result in a file that says what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

import touyan
from touyan.core.errors import InputError
from touyan.core.protocols import Measure
from touyan.core.text import Text

from .results import MemberRun, values
from .statistics import CONFIDENCE, Estimate, estimate

SCHEMA, VERSION = "touyan.comparison", 1


class Alteration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is different in a city, and its settings."""

    kind: str
    settings: dict[str, str | int | float | bool]


class Side(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the two cities: what it is, the texts of the files that say so by name, and its runs."""

    city: str
    controller: str
    mode: str
    seconds: int
    changes: tuple[Alteration, ...]
    files: dict[str, str]
    runs: tuple[MemberRun, ...]


class Delta(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a figure is in both cities, and the difference, variant less base, paired by seed."""

    name: str
    title: Text
    unit_code: str
    method: Text
    base: Estimate
    variant: Estimate
    difference: Estimate
    distinguishable: bool


class Comparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base and variant under the same seeds; `created_at` is all that differs between equal comparisons."""

    schema: str = SCHEMA
    schema_version: int = VERSION
    touyan: str = touyan.__version__
    created_at: str
    seeds: tuple[int, ...]
    confidence: float = CONFIDENCE
    deltas: tuple[Delta, ...]
    base: Side
    variant: Side

    def delta(self, name: str) -> Delta:
        """One figure by its name; raises KeyError."""
        return {delta.name: delta for delta in self.deltas}[name]

    @property
    def seeds_differ(self) -> bool:
        """Whether chance has any say: two seeds that give two results in one of the cities."""
        sides = (self.base, self.variant)
        return any(run.measures != side.runs[0].measures for side in sides for run in side.runs)


def deltas(described: Sequence[Measure], base: Sequence[MemberRun], variant: Sequence[MemberRun]) -> tuple[Delta, ...]:
    """Each figure in both cities and its difference; raises ValueError for runs of other seeds."""
    if [run.seed for run in base] != [run.seed for run in variant]:
        raise ValueError("runs are compared seed by seed, so both cities need the same seeds in the same order")
    return tuple(_delta(measure, values(base, measure.name), values(variant, measure.name)) for measure in described)


def read_comparison(path: Path) -> Comparison:
    """A comparison saved with `encoded`; raises InputError."""
    expected = f"a comparison ({SCHEMA}, version {VERSION})"
    try:
        data = path.read_bytes()
        told = msgspec.json.decode(data, type=dict)
    except OSError as error:
        raise InputError(str(path), "", f"nothing to read ({error.strerror})", expected) from None
    except msgspec.DecodeError as error:
        raise InputError(str(path), "", f"no JSON object ({error})", expected) from None
    kind = told.get("schema"), told.get("schema_version")
    if kind != (SCHEMA, VERSION):
        raise InputError(str(path), "schema", f"{kind[0]!r}, version {kind[1]!r}", expected)
    try:
        return msgspec.convert(told, Comparison)
    except msgspec.ValidationError as error:
        words, _, place = str(error).partition(" - at `")
        raise InputError(str(path), place.rstrip("`") or "$", words, expected) from None


def encoded(comparison: Comparison) -> str:
    """The comparison as JSON for a file, a value a line."""
    return msgspec.json.format(msgspec.json.encode(comparison), indent=1).decode() + "\n"


def _delta(measure: Measure, base: Sequence[float], variant: Sequence[float]) -> Delta:
    difference = estimate([after - before for before, after in zip(base, variant, strict=True)])
    figures = estimate(base), estimate(variant), difference
    return Delta(measure.name, measure.title, measure.unit_code, measure.method, *figures, difference.differs_from_zero)
