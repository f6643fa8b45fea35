"""Tells Gymnasium the names of our environments; found through the entry point `gymnasium.envs`."""

from __future__ import annotations

_ENVIRONMENTS = {"City-v0": "CitySignals", "Crossing-v0": "CrossingSignal"}


def register() -> None:
    """Register the environments; the entry point's name, `touyan`, becomes their namespace."""
    from gymnasium.envs.registration import register as register_environment

    for name, cls in _ENVIRONMENTS.items():
        register_environment(name, entry_point=f"touyan.packs.traffic.environments:{cls}")
