"""Names that the shell completes; packs are loaded only then."""

from __future__ import annotations

from touyan.core.errors import TouyanError


def controller_names(incomplete: str) -> list[str]:
    """Controllers whose name begins so."""
    return _names("controller", incomplete)


def demand_makers(incomplete: str) -> list[str]:
    """Makers of demand whose name begins so."""
    return _names("demand", incomplete)


def benchmark_names(incomplete: str) -> list[str]:
    """Benchmarks whose name begins so."""
    return _names("benchmark", incomplete)


def _names(kind: str, incomplete: str) -> list[str]:
    from .loading import loaded

    try:
        _, registry = loaded()
    except TouyanError:  # a shell that completes has no place for our complaint
        return []
    names = [component.name for component in registry.all(registry.kinds[kind])]
    return [name for name in names if name.startswith(incomplete)]
