"""A part of the brain that raised: the one place where anything a pack may raise is caught."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

logger = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


class Fault(NamedTuple):
    """What failed, in which words, and when (epoch s)."""

    kind: str
    name: str
    words: str
    at: float


def attempt(kind: str, name: str, at: float, call: Callable[..., _Answer], *given: Any) -> _Answer | Fault:
    """The answer of a call, or the fault when it raises."""
    try:
        return call(*given)
    except Exception as error:
        logger.exception("%s %s failed", kind, name)
        return Fault(kind, name, f"{type(error).__name__}: {error}".replace("\n", " "), at)
