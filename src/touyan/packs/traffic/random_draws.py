"""Random draws in CityFlow's order, so that a seed means the same vehicles in both."""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy.typing import NDArray

from .demand import Ints

_DRAWS_EACH = 3  # priority, worker thread (drawn by CityFlow, of no effect), first lane


class Draws:
    """One Mersenne Twister (MT19937), seeded as `std::mt19937` is."""

    def __init__(self, seed: int) -> None:
        generator = np.random.MT19937()
        generator._legacy_seeding(seed)  # the seeding of the C++ standard; the default one differs
        self._state = generator.state

    def branch(self) -> Draws:
        """An independent copy that goes on from the same place."""
        return copy(self)  # a state is replaced, never changed

    def vehicles(self, step: Ints, first_road: Ints) -> tuple[Ints, NDArray[np.uint32]]:
        """Priority and first-lane draw of vehicles in the order of creation.

        In each step all priorities are drawn first, then the lanes, road by road in file order.
        """
        number = np.arange(len(step))
        raw = self._raw(_DRAWS_EACH * len(step))
        first = np.searchsorted(step, step)  # the first vehicle of the same step
        count = np.searchsorted(step, step, side="right") - first
        rank = np.empty(len(step), np.int64)
        rank[np.lexsort((number, first_road, step))] = number
        priority = raw[_DRAWS_EACH * first + 2 * (number - first)]
        lane = raw[_DRAWS_EACH * first + 2 * count + (rank - first)]
        return priority.view(np.int32), lane

    def _raw(self, count: int) -> NDArray[np.uint32]:
        generator = np.random.MT19937()
        generator.state = self._state
        raw = generator.random_raw(count).astype(np.uint32)
        self._state = generator.state
        return raw
