"""What may be wrong with a value: bits, so that a column of values has a column of flags."""

from __future__ import annotations

from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.uint8]


class Flag(IntFlag):
    """What may be wrong; 0 is good."""

    IMPLAUSIBLE = 1  # outside what the quantity can be
    DUPLICATE = 2  # said before, for the same time
    LATE = 4  # older than what was known, or long under way
    EARLY = 8  # of a time that has not come yet
    STUCK = 16  # unchanged for too long
    DRIFTING = 32  # further and further from its likes
    AFTER_GAP = 64  # the first after a silence


UNUSABLE = Flag.IMPLAUSIBLE | Flag.EARLY
"""Values that must not reach the state."""


def words(flags: int) -> str:
    """The names of flags, separated by commas; `good` where there is none."""
    return ", ".join(flag.name.lower().replace("_", " ") for flag in Flag if flag.name and flags & flag) or "good"
