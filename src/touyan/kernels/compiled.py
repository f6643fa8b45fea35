"""The two ways a kernel is compiled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

# Parts are never called from Python: without wrappers they compile many times faster.
_PART: Any = {"error_model": "numpy", "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_njit: Any = numba.njit  # the options of parts are not in its signature
Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(kernel: Kernel) -> Kernel:
    """Compile an entry point: cached on disk, without the GIL, division as in C."""
    dispatcher = numba.njit(cache=True, nogil=True, error_model="numpy")(kernel)
    _renew_with_all_sources(dispatcher)
    return cast(Kernel, dispatcher)


def inlined(kernel: Kernel) -> Kernel:
    """Compile a part of entry points: merged into its caller, it must not allocate.

    Without merging, each call would copy every array of a `NamedTuple` argument (hundreds of words);
    with reference counts, it would touch each of them.
    """
    return cast(Kernel, _njit(forceinline=True, **_PART)(kernel))


def outlined(kernel: Kernel) -> Kernel:
    """Compile a part of entry points that is seldom called: once, on its own; it must not allocate.

    A call copies the arrays' descriptions (about half a microsecond for a whole world), but code merged in several
    places takes long to compile.
    """
    return cast(Kernel, _njit(**_PART)(kernel))


def is_compiled() -> bool:
    """Whether kernels are compiled at all: NUMBA_DISABLE_JIT=1 runs them as plain Python."""
    config: Any = numba.config
    return not config.DISABLE_JIT


@cache
def _source_digest() -> str:
    """A digest of all kernels' sources."""
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def _renew_with_all_sources(dispatcher: object) -> None:
    """Let a change in any kernel renew the cache: by itself Numba looks at the entry point's file only."""
    cache_file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if cache_file is None:
        return
    cache_file._source_stamp = _source_digest()
    index = Path(cache_file._index_path)
    # An index of other sources may name types that are no longer there, and would not even load.
    if index.is_file() and _source_digest().encode() not in index.read_bytes():
        index.unlink(missing_ok=True)
