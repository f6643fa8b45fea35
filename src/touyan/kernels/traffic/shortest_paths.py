"""Cheapest ways from one road to all others (Dijkstra, 1959), with a binary heap."""

from __future__ import annotations

import numpy as np

from touyan.kernels.compiled import compiled, inlined

from .layout import NONE, Floats, Ints


@compiled
def spread(start: int, first: Ints, onward: Ints, cost: Floats, reached: Floats, before: Ints) -> None:
    """Cost to each road, and the road before it on the way; `inf` and NONE where there is no way.

    `onward[first[r]:first[r + 1]]` are the roads that follow road r. A road costs `cost` when it is entered, the
    start nothing; `inf` closes a road. Of equal ways the one found first stays; the order in which roads are taken up
    is that of CityFlow, whose heap is the C++ standard library's.
    """
    reached[:], before[:] = np.inf, NONE
    keys, roads = np.empty(len(onward) + 1), np.empty(len(onward) + 1, np.int32)
    reached[start] = keys[0] = 0.0
    roads[0] = start
    size = 1
    while size > 0:
        key, road = keys[0], roads[0]
        size -= 1
        _sink(keys, roads, size)
        if key > reached[road]:
            continue  # a better way was found meanwhile
        for edge in range(first[road], first[road + 1]):
            following = onward[edge]
            total = key + cost[following]
            if total < reached[following]:
                reached[following], before[following] = total, road
                _rise(keys, roads, size, total, following)
                size += 1


@inlined
def _rise(keys: Floats, roads: Ints, place: int, key: float, road: int) -> None:
    """Let an entry rise from a place of the heap; equals stay below those that are there."""
    while place > 0:
        above = (place - 1) // 2
        if keys[above] <= key:
            break
        keys[place], roads[place] = keys[above], roads[above]
        place = above
    keys[place], roads[place] = key, road


@inlined
def _sink(keys: Floats, roads: Ints, size: int) -> None:
    """Take out the top: close the gap down to a leaf, and let the entry at the end, `size`, rise from there."""
    place, below = 0, 1
    while below < size:
        if below + 1 < size and keys[below + 1] <= keys[below]:
            below += 1
        keys[place], roads[place] = keys[below], roads[below]
        place, below = below, 2 * below + 1
    _rise(keys, roads, place, keys[size], roads[size])
