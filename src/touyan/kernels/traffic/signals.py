"""Signals: their own programme, or a phase that was commanded."""

from __future__ import annotations

import math

from touyan.kernels.compiled import compiled, inlined

from .layout import NONE, STEP, World


@inlined
def show(crossing: int, phase: int, world: World) -> None:
    """Bring a crossing to a phase, and its links to the colour of their movements."""
    net, signals = world.net, world.signals
    signals.phase[crossing] = phase
    row = net.phase_first[crossing] + phase
    for link in range(net.crossing_link_first[crossing], net.crossing_link_first[crossing + 1]):
        signals.green[link] = net.phase_green[row, net.links[link].movement]


@compiled
def bring_one(world: World, crossing: int, phase: int, clearance: int, clearance_steps: int) -> None:
    """Bring one crossing to a phase, through its clearance."""
    bring(crossing, phase, clearance, clearance_steps, world)


@inlined
def bring(crossing: int, phase: int, clearance: int, clearance_steps: int, world: World) -> None:
    """Bring a crossing to a phase: through its clearance phase, or by what both phases share where it has none."""
    signals = world.signals
    if clearance == NONE:
        wait = steps_shared(crossing, phase, clearance_steps, world)
    else:
        wait = steps_cleared(crossing, phase, clearance, clearance_steps, world)
    signals.commanded[crossing] = 1
    signals.target[crossing] = phase
    if wait == 0:
        signals.change_step[crossing] = NONE
        show(crossing, phase, world)
        return
    signals.change_step[crossing] = world.tally[STEP] + wait
    if clearance == NONE:
        keep_shared(crossing, phase, world)
    else:
        show(crossing, clearance, world)


@inlined
def steps_cleared(crossing: int, phase: int, clearance: int, clearance_steps: int, world: World) -> int:
    """Steps until a phase may begin where a phase of its own clears the crossing."""
    signals = world.signals
    if clearance_steps == 0:
        return 0
    if signals.change_step[crossing] != NONE:
        return signals.change_step[crossing] - world.tally[STEP]
    if signals.phase[crossing] == phase:
        return 0
    if signals.phase[crossing] != clearance:
        return clearance_steps
    return 0 if signals.commanded[crossing] else math.ceil(signals.remaining[crossing] / world.interval)


@inlined
def steps_shared(crossing: int, phase: int, clearance_steps: int, world: World) -> int:
    """Steps until a phase may begin where only what both phases share stays green."""
    net, signals = world.net, world.signals
    row = net.phase_first[crossing] + phase
    starts, stops = False, False
    for link in range(net.crossing_link_first[crossing], net.crossing_link_first[crossing + 1]):
        wanted = net.phase_green[row, net.links[link].movement]
        starts = starts or wanted > signals.green[link]
        stops = stops or wanted < signals.green[link]
    if not starts:
        return 0
    if signals.change_step[crossing] != NONE and not stops:
        return signals.change_step[crossing] - world.tally[STEP]  # nobody stops who has not stopped before
    return clearance_steps


@inlined
def keep_shared(crossing: int, phase: int, world: World) -> None:
    """Leave green what has it and will have it in the next phase, and hold all else back."""
    net, signals = world.net, world.signals
    signals.phase[crossing] = NONE
    row = net.phase_first[crossing] + phase
    for link in range(net.crossing_link_first[crossing], net.crossing_link_first[crossing + 1]):
        signals.green[link] &= net.phase_green[row, net.links[link].movement]


@inlined
def change_commanded(world: World) -> None:
    """Begin the commanded phases whose clearance is over."""
    signals = world.signals
    for crossing in range(len(signals.phase)):
        if signals.change_step[crossing] != NONE and signals.change_step[crossing] <= world.tally[STEP]:
            show(crossing, signals.target[crossing], world)
            signals.change_step[crossing] = NONE
            # Where the crossing was given back meanwhile, its programme goes on from here.
            row = world.net.phase_first[crossing] + signals.phase[crossing]
            signals.remaining[crossing] = world.net.phase_duration[row]


@inlined
def run_programmes(world: World) -> None:
    """Let time pass for the signals that run their own programme."""
    net, signals = world.net, world.signals
    for crossing in range(len(signals.phase)):
        first = net.phase_first[crossing]
        phases = net.phase_first[crossing + 1] - first
        if phases == 0 or signals.commanded[crossing] or signals.change_step[crossing] != NONE:
            continue
        signals.remaining[crossing] -= world.interval
        while signals.remaining[crossing] <= 0:
            show(crossing, (signals.phase[crossing] + 1) % phases, world)
            signals.remaining[crossing] += net.phase_duration[first + signals.phase[crossing]]
