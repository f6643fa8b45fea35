"""Positions as binary frames; the layout is in the docstring of `feed`."""

from __future__ import annotations

import math
import struct

import numpy as np

from touyan.core.protocols import Scene

HEADER = struct.Struct("<4sIdI12x")
MAGIC = b"TYP1"
SPEED_STEP_MPS = 0.25
HEADING_STEPS = 256


def encode_positions(scene: Scene, beat: int) -> bytes:
    """One frame of all that moves; a speed over 63.75 m/s is shown as that."""
    speed = np.clip(np.rint(scene.speed / SPEED_STEP_MPS), 0, 255)
    heading = np.rint(scene.heading * (HEADING_STEPS / math.tau)) % HEADING_STEPS
    columns = [
        scene.slot.astype("<u4", copy=False),
        scene.x.astype("<f4", copy=False),
        scene.y.astype("<f4", copy=False),
        speed.astype(np.uint8),
        heading.astype(np.uint8),
    ]
    header = HEADER.pack(MAGIC, len(scene.slot), scene.at, beat & 0xFFFFFFFF)
    return header + b"".join(column.tobytes() for column in columns)
