"""How long a crossing must be cleared between two greens: yellow and all-red, from speed and width.

Of a movement that ends and one that begins, whose paths meet:

    yellow    y = t + v / (2 a + 2 G g), at least 3 s and at most 6 s
    all-red   r = (W + L) / v_c - W_e / v_e - s, at least 0 s

t = 1 s to perceive and react; v the speed limit, m/s; a = 3.05 m/s² to brake in comfort; G the slope, taken as 0, since
networks have none; g = 9.81 m/s². W from the stop line to the far side of the place where the paths meet, L = 6 m of
vehicle, v_c the limit, for turns at most 30 km/h; W_e the way of the one that begins to that place, v_e its limit;
s = 1 s before anybody who has waited at red moves.

Sources. Kinematic equation, t, a, L: Institute of Transportation Engineers, Guidelines for Determining Traffic Signal
Change and Clearance Intervals (2020); t, a and s measured in the field: NCHRP Report 731 (2012); bounds of the yellow:
MUTCD (2009) 4D.26; W_e and the matrix over all pairs: Richtlinien für Lichtsignalanlagen (FGSV, 2015). GB 14886-2016,
which sets out signals in China, bounds the yellow too (4.3.4).

Where a crossing has crosswalks, people need W_p / 1.07 m/s to clear the longest (MUTCD 4E.06: 3.5 ft/s).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .network import RIGHT, STRAIGHT, Flags, Floats, Ints, RoadNetwork

REACTION_S = 1.0
BRAKING_M_S2 = 3.05
YELLOW_S = (3.0, 6.0)
VEHICLE_M = 6.0
TURNING_M_S = 30 / 3.6
START_UP_S = 1.0
WALKING_M_S = 1.07

_ROUNDING_S = 1e-9

_HALF_LANE_M = 1.75  # from the middle of a path to its far side, in lanes of 3.5 m


class Intergreens(NamedTuple):
    """Pairs of movements whose paths meet, and the time from the end of one green to the start of the other.

    The pair is (movement that ends, movement that begins); `needed_s` holds yellow and all-red together.
    """

    ends: Ints
    begins: Ints
    needed_s: Floats


def yellow_s(speed: Floats) -> Floats:
    """Yellow for drivers at some speeds (m/s)."""
    return np.clip(REACTION_S + speed / (2 * BRAKING_M_S2), *YELLOW_S)


def all_red_s(clearing_m: Floats, clearing_speed: Floats, entering_m: Floats, entering_speed: Floats) -> Floats:
    """Red for everybody, until the last has passed where the first will come."""
    clear = (clearing_m + _HALF_LANE_M + VEHICLE_M) / clearing_speed
    red: Floats = np.maximum(clear - entering_m / entering_speed - START_UP_S, 0.0)
    return red


def intergreens(network: RoadNetwork) -> Intergreens:
    """The times of all pairs at signals; right turns look out for themselves, as at red.

    Opposing left turns are here too: they may share a green, but who starts must not meet who is still on the way.
    """
    crosses = np.diff(network.cross_first)
    link = np.repeat(np.arange(network.link_count), crosses)
    foe = link[network.cross_foe]
    ends, begins = network.link_movement[link], network.link_movement[foe]
    limit = network.lane_speed_limit[network.link_from_lane]
    needed = yellow_s(limit[link]) + all_red_s(
        network.cross_distance, _leaving_speed(network)[link], network.cross_distance[network.cross_foe], limit[foe]
    )
    kept = _kept(network, ends, begins)
    return _longest(ends[kept], begins[kept], needed[kept], len(network.movement_crossing))


def before_phases(network: RoadNetwork) -> Floats:
    """The longest time that may be needed before each phase (row), whichever was shown before."""
    pairs = intergreens(network)
    crossing = np.repeat(np.arange(len(network.crossing_ids)), np.diff(network.phase_first))
    walking = np.zeros(len(crossing)) if network.given_crosswalk_m is None else network.given_crosswalk_m[crossing]
    needed = walking / WALKING_M_S
    first_pair = np.searchsorted(network.movement_crossing[pairs.ends], np.arange(len(network.crossing_ids) + 1))
    for row, place in enumerate(crossing.tolist()):
        here = slice(*first_pair[place : place + 2].tolist())
        green = network.phase_green[row]
        first = network.movement_first[place]
        changes = green[pairs.begins[here] - first] & ~green[pairs.ends[here] - first]
        needed[row] = max(needed[row], *pairs.needed_s[here][changes].tolist(), 0.0)
    return needed


def clearances(network: RoadNetwork) -> Floats:
    """Whole seconds that clear a crossing before each phase (row), whichever was shown before."""
    whole: Floats = np.ceil(np.maximum(before_phases(network), YELLOW_S[0]) - _ROUNDING_S)
    return whole


def _leaving_speed(network: RoadNetwork) -> Floats:
    """How fast each link is driven over, m/s."""
    limit = network.lane_speed_limit[network.link_from_lane]
    straight = network.movement_type[network.link_movement] == STRAIGHT
    speed: Floats = np.where(straight, limit, np.minimum(limit, TURNING_M_S))
    return speed


def _kept(network: RoadNetwork, ends: Ints, begins: Ints) -> Flags:
    at_signal = np.isin(network.movement_crossing[ends], network.signalised)
    turns_right = (network.movement_type[ends] == RIGHT) | (network.movement_type[begins] == RIGHT)
    other_road = network.movement_from_road[ends] != network.movement_from_road[begins]
    kept: Flags = at_signal & other_road & ~turns_right
    return kept


def _longest(ends: Ints, begins: Ints, needed: Floats, movements: int) -> Intergreens:
    """One row for each pair, with the longest of its times."""
    pairs, which = np.unique(ends.astype(np.int64) * movements + begins, return_inverse=True)
    longest = np.zeros(len(pairs))
    np.maximum.at(longest, which, needed)
    return Intergreens((pairs // movements).astype(np.int32), (pairs % movements).astype(np.int32), longest)
