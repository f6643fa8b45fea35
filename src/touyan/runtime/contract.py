"""The pack contract: which file holds which kind of component, and what each component must keep."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType

from touyan.core.components import (
    Benchmark,
    Change,
    Component,
    Controller,
    DemandMaker,
    Detector,
    Forecaster,
    GuardRule,
    Indicator,
    Layer,
    Rule,
    Scenario,
    Source,
)

CONTRACT: dict[str, type[Component]] = {
    "sources": Source,
    "detectors": Detector,
    "forecasters": Forecaster,
    "rules": Rule,
    "worlds": Scenario,
    "demands": DemandMaker,
    "changes": Change,
    "controllers": Controller,
    "guards": GuardRule,
    "analyses": Indicator,
    "layers": Layer,
    "benchmarks": Benchmark,
}
"""File name (without `.py`) → the kind that it holds."""

KINDS: dict[str, type[Component]] = {kind.kind: kind for kind in CONTRACT.values()}
"""Kind by its name, as commands and pages use it."""


def defined_in(module: ModuleType) -> list[type[Component]]:
    """The components that a module itself defines, in the order of its text."""
    classes = (value for value in vars(module).values() if inspect.isclass(value) and issubclass(value, Component))
    return [found for found in classes if found.__module__ == module.__name__ and not found.abstract]


def breaches(component: type[Component], kind: type[Component]) -> Iterator[str]:
    """Each way in which a component does not keep the contract of its kind, in words."""
    where = component.__qualname__
    if not issubclass(component, kind):
        yield f"{where} is no {kind.kind}"
    if "__doc__" not in vars(component) or not component.summary():
        yield f"{where} has no docstring"
    for name in dir(component):
        if getattr(inspect.getattr_static(component, name), "__isabstractmethod__", False):
            yield f"{where} does not define {name}()"
    for name in _announced(component):
        if not hasattr(component, name):
            yield f"{where} does not give {name}"
    for name, setting in component.settings.items():
        if not setting.help:
            yield f"{where}.{name} does not say what it is for"


def _announced(component: type[Component]) -> Iterator[str]:
    """Class variables that the kinds announce and a component must give."""
    for base in component.__mro__:
        for name, annotation in inspect.get_annotations(base).items():
            if "ClassVar" in str(annotation):
                yield name
