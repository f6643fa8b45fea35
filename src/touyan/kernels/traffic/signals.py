"""Signals: their own programme, or a phase that was commanded."""

from __future__ import annotations

from touyan.kernels.compiled import inlined

from .layout import NONE, STEP, World


@inlined
def show(crossing: int, phase: int, world: World) -> None:
    """Bring a crossing to a phase, and its links to the colour of their movements."""
    net, signals = world.net, world.signals
    signals.phase[crossing] = phase
    row = net.phase_first[crossing] + phase
    for link in range(net.crossing_link_first[crossing], net.crossing_link_first[crossing + 1]):
        signals.green[link] = net.phase_green[row, net.links[link].movement]


@inlined
def change_commanded(world: World) -> None:
    """Begin the commanded phases whose clearance is over."""
    signals = world.signals
    for crossing in range(len(signals.phase)):
        if signals.change_step[crossing] != NONE and signals.change_step[crossing] <= world.tally[STEP]:
            show(crossing, signals.target[crossing], world)
            signals.change_step[crossing] = NONE


@inlined
def run_programmes(world: World) -> None:
    """Let time pass for the signals that run their own programme."""
    net, signals = world.net, world.signals
    for crossing in range(len(signals.phase)):
        first = net.phase_first[crossing]
        phases = net.phase_first[crossing + 1] - first
        if phases == 0 or signals.commanded[crossing]:
            continue
        signals.remaining[crossing] -= world.interval
        while signals.remaining[crossing] <= 0:
            show(crossing, (signals.phase[crossing] + 1) % phases, world)
            signals.remaining[crossing] += net.phase_duration[first + signals.phase[crossing]]
