"""What a request says in its query parameters about form, pages and order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .contexts import TermMap
from .refusals import bad_data, invalid_request
from .writing import CONCISE, NORMALIZED, SIMPLIFIED, Form

LARGEST_PAGE = 1_000
USUAL_PAGE = 20

_FORMS = {"keyValues": SIMPLIFIED, "simplified": SIMPLIFIED, "concise": CONCISE, "normalized": NORMALIZED}
_OPTIONS = frozenset(_FORMS) | {
    "sysAttrs", "count", "temporalValues", "aggregatedValues", "audit", "noOverwrite", "update", "replace",
    "splitEntities",
}  # fmt: skip
SHOWING = frozenset({"options", "format", "lang", "attrs", "pick", "omit", "geometryProperty", "datasetId"})
LINKING = frozenset({"join", "joinLevel", "containedBy"})
CHOOSING = frozenset(
    {"id", "type", "idPattern", "q", "csf", "scopeQ", "georel", "geometry", "coordinates", "geoproperty", "local"}
)
PAGING = frozenset({"limit", "offset", "count"})
ALWAYS = frozenset({"local", "via"})


def check_parameters(parameters: Mapping[str, str], known: frozenset[str]) -> None:
    """Refuse parameters that the operation does not know (clause 6.3.20)."""
    for name in parameters:
        if name not in known and name not in ALWAYS:
            raise invalid_request(f"the parameter {name[:80]!r} is unknown here; known are {', '.join(sorted(known))}")


def options_of(parameters: Mapping[str, str]) -> frozenset[str]:
    """The options of a request."""
    options = frozenset(option.strip() for option in parameters.get("options", "").split(",") if option.strip())
    unknown = options - _OPTIONS
    if unknown:
        raise invalid_request(f"options: found {min(unknown)[:40]!r}; expected some of {', '.join(sorted(_OPTIONS))}")
    return options


def form_of(parameters: Mapping[str, str]) -> Form:
    """The form in which a request wants entities; `format` outweighs `options` (clause 6.3.7)."""
    options = options_of(parameters)
    asked = [_FORMS[option] for option in sorted(options) if option in _FORMS]
    chosen = parameters.get("format")
    if chosen is not None and chosen not in _FORMS:
        raise invalid_request(f"format: found {chosen[:40]!r}; expected one of {', '.join(_FORMS)}")
    representation = _FORMS[chosen] if chosen else next(iter(asked), NORMALIZED)
    return Form(representation, "sysAttrs" in options, parameters.get("lang", ""))


def flag(parameters: Mapping[str, Any], name: str) -> bool:
    """A parameter that is true or false."""
    value = parameters.get(name, False)
    if value in ("true", True):
        return True
    if value in ("false", False):
        return False
    raise bad_data(f"{name}: found {str(value)[:40]!r}; expected true or false")


class Paging(NamedTuple):
    """Which part of a result is wanted, and whether its size is."""

    limit: int
    offset: int
    total: bool


def paging_of(parameters: Mapping[str, str]) -> Paging:
    """The page that a request asks for; BadRequestData outside the limits (clause 6.3.10)."""
    count = flag(parameters, "count") or "count" in options_of(parameters)
    limit = whole(parameters, "limit", USUAL_PAGE, LARGEST_PAGE)
    if limit == 0 and not count:
        raise bad_data("limit=0 makes sense only with count=true")
    return Paging(limit, whole(parameters, "offset", 0, 2**53), count)


def whole(parameters: Mapping[str, str], name: str, usual: int, most: int) -> int:
    """A parameter that is a whole number of at least 0."""
    text = parameters.get(name)
    if text is None:
        return usual
    if not text.isascii() or not text.isdecimal() or len(text) > 18 or int(text) > most:
        raise bad_data(f"{name}: found {text[:40]!r}; expected a whole number from 0 to {most}")
    return int(text)


class Order(NamedTuple):
    """One key to sort by: attribute (or id, type, distance) and direction."""

    path: str
    descending: bool


def orders_of(parameters: Mapping[str, str], terms: TermMap) -> list[Order]:
    """What a result is sorted by (clause 4.23)."""
    orders = []
    for part in parameters.get("orderBy", "").split(","):
        path, _, direction = part.strip().partition(";")
        if direction.split(";")[0] not in ("", "asc", "desc"):
            raise bad_data(f"orderBy: found {part[:80]!r}; expected NAME, NAME;asc or NAME;desc")
        if path:
            orders.append(Order(path, direction.startswith("desc")))
    return orders
