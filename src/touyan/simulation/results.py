"""What came of many runs: every figure of each, and the mean of each figure with its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

import touyan
from touyan.core.protocols import Measure
from touyan.core.text import Text

from .statistics import CONFIDENCE, Estimate, estimate


class MemberRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One run: its seed and what it came to; None where a figure has no value."""

    seed: int
    measures: dict[str, float | None]


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One figure over all runs."""

    name: str
    title: Text
    unit_code: str
    method: Text
    over_runs: Estimate


class Results(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All runs of an ensemble and what they come to together."""

    touyan: str = touyan.__version__
    confidence: float = CONFIDENCE
    seeds: tuple[int, ...]
    figures: tuple[Figure, ...]
    runs: tuple[MemberRun, ...]

    def over_runs(self, name: str) -> Estimate:
        """Mean and interval of one figure by its name; raises KeyError."""
        return {figure.name: figure.over_runs for figure in self.figures}[name]


def results(seeds: Sequence[int], measures: Sequence[Sequence[Measure]]) -> Results:
    """What runs came to, each under its seed; raises ValueError where a run has no seed."""
    runs = tuple(member_run(seed, each) for seed, each in zip(seeds, measures, strict=True))
    told = {measure.name: measure for each in measures for measure in each}
    figures = tuple(
        Figure(name, measure.title, measure.unit_code, measure.method, estimate(values(runs, name)))
        for name, measure in told.items()
    )
    return Results(seeds=tuple(seeds), figures=figures, runs=runs)


def member_run(seed: int, measures: Sequence[Measure]) -> MemberRun:
    """What a run came to, as it is saved."""
    return MemberRun(seed, {measure.name: _known(measure.value) for measure in measures})


def values(runs: Sequence[MemberRun], name: str) -> list[float]:
    """One figure in all runs; NaN where it has no value."""
    return [_number(run.measures, name) for run in runs]


def _number(measures: Mapping[str, float | None], name: str) -> float:
    value = measures.get(name)
    return math.nan if value is None else value


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
