"""Threads that work on one step together, and wait for one another between its parts.

Numba's own parallel loops allocate, compile long, and must not run from several Python threads at once; a step
needs only that all threads reach a point before any goes on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from .compiled import inlined

Longs = NDArray[np.int64]

ARRIVED, ROUND = 0, 8
"""Elements of a meeting point, on cache lines of their own: who has come, and how often all have."""
MEETING_SIZE = 16

_PATIENCE = 4096
"""Looks at the meeting point before the processor is offered to others."""

_yield_processor: Any = types.ExternalFunction("sched_yield", types.intc())
_cgutils: Any = cgutils  # numba's own modules have no types


def _add_to(context: Any, array: Any, index: Any, value: Any) -> Any:
    """Add to an element so that no thread's addition is lost; gives the value before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", _address(context, builder, signature, arguments), arguments[2], "seq_cst")

    return types.int64(array, types.intp, types.int64), generate


def _read_from(context: Any, array: Any, index: Any) -> Any:
    """Read an element as other threads have left it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_address(context, builder, signature, arguments), "acquire", 8)

    return types.int64(array, types.intp), generate


def _address(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """The address of element `arguments[1]` of a one-dimensional array of int64."""
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    address = _cgutils.get_item_pointer(context, builder, signature.args[0], array, [arguments[1]])
    return builder.bitcast(address, ir.IntType(64).as_pointer())


_add: Any = intrinsic(_add_to)
_read: Any = intrinsic(_read_from)


@inlined
def meet(meeting: Longs, threads: int) -> None:
    """Wait until all threads of a team have come here."""
    if threads == 1:
        return
    now = _read(meeting, ROUND)
    if _add(meeting, ARRIVED, 1) == threads - 1:
        _add(meeting, ARRIVED, -threads)
        _add(meeting, ROUND, 1)
        return
    looks = 0
    while _read(meeting, ROUND) == now:
        looks += 1
        if looks > _PATIENCE:
            _yield_processor()
