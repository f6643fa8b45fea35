"""An entity inside the broker: names are IRIs, times are microseconds, at rest it is one compact byte string."""

from __future__ import annotations

from typing import Any

import msgspec

from .refusals import bad_data
from .terms import PROPERTY

_SHORT = {
    "kind": "k",
    "value": "v",
    "dataset": "d",
    "observed": "o",
    "unit": "u",
    "created": "c",
    "modified": "m",
    "deleted": "x",
    "target": "t",
    "parts": "p",
    "instance": "i",
}


class Instance(msgspec.Struct, omit_defaults=True, rename=_SHORT):
    """One value of an attribute with its metadata; `dataset` empty is the default instance.

    `observed` is the text that was given, `target` the types of a relationship's object, `parts` its sub-attributes.
    """

    created: int
    modified: int
    value: Any = None
    kind: str = PROPERTY
    dataset: str = ""
    observed: str = ""
    unit: str = ""
    deleted: int = 0
    target: tuple[str, ...] = ()
    parts: dict[str, list[Instance]] = {}
    instance: str = ""


Attributes = dict[str, list[Instance]]


class Entity(msgspec.Struct, omit_defaults=True):
    """An entity as it stands now; treat it as frozen once it was stored."""

    id: str
    types: tuple[str, ...]
    created: int
    modified: int
    scope: tuple[str, ...] = ()
    attributes: Attributes = {}

    def default(self, attribute: str) -> Instance | None:
        """The default instance of an attribute, else its first."""
        found = self.attributes.get(attribute)
        if not found:
            return None
        return next((instance for instance in found if not instance.dataset), found[0])


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entity)
_instance_decoder = msgspec.msgpack.Decoder(Instance)


def pack(content: Any) -> bytes:
    """An entity, an instance or anything else as bytes; BadRequestData for what bytes cannot hold."""
    try:
        return _encoder.encode(content)
    except (OverflowError, RecursionError):
        raise bad_data("a number has more than 64 bits, or a value is nested too deep") from None


unpack = _decoder.decode
"""An entity from its bytes."""

unpack_instance = _instance_decoder.decode
"""An instance from its bytes."""
