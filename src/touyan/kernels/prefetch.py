"""Asking the memory early for what a pass will need soon.

Rows of vehicles lie apart, so the processor cannot guess where the next one begins: in a city larger than its cache
it would wait for each. A hint costs an instruction and changes no result.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .compiled import inlined

_READ, _KEEP_CLOSE, _DATA = 0, 3, 1  # arguments of LLVM's `prefetch`
_cgutils: Any = cgutils  # numba's own modules have no types


def _hint_at(context: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line in which an element begins."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        records = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = _cgutils.get_item_pointer(context, builder, signature.args[0], records, [arguments[1]])
        address = builder.bitcast(address, ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        shape = ir.FunctionType(ir.VoidType(), [address.type, number, number, number])
        hint = builder.module.declare_intrinsic("llvm.prefetch", [address.type], shape)
        builder.call(hint, [address, *(number(value) for value in (_READ, _KEEP_CLOSE, _DATA))])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


_hint: Any = intrinsic(_hint_at)


@inlined
def prefetch(records: Any, index: int) -> None:
    """Say that an element will soon be read."""
    _hint(records, index)
