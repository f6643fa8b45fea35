"""Which members of an entity are asked for: attrs, pick, omit and datasetId (clauses 4.21 and 4.5.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from .contexts import TermMap
from .model import Entity
from .reading import checked_name
from .refusals import bad_data

_MOST_NESTED = 10
_TOKENS = re.compile(r"[{},]|[^{},]+")
_SHAPE = re.compile(r"[^{},;|]+(,[^{},;|]+)*")
_INNER = re.compile(r"(?<=[^{},])\{[^{},;|]+(?:,[^{},;|]+)*\}")
_CORE_MEMBERS = {"id": "id", "type": "type", "scope": "scope", "createdAt": "createdAt", "modifiedAt": "modifiedAt"}


class Members(dict[str, "Members"]):
    """Names of members, by IRI, each with those of the entity that it links to."""


def members_of(text: str, terms: TermMap, name: str) -> Members:
    """The members that a pick or omit names; braces hold those of a linked entity."""
    if not _SHAPE.fullmatch(_without_inner(text)):
        raise bad_data(f"{name}: found {text[:80]!r}; expected names such as id,speed,locatedAt{{name}}")
    root = Members()
    stack, last = [root], root
    for token in _TOKENS.findall(text):
        if token == "{":
            stack.append(last)
        elif token == "}":
            stack.pop()
        elif token != ",":
            last = stack[-1].setdefault(member_iri(token, terms, name), Members())
    return root


def _without_inner(text: str) -> str:
    """The text without its inmost lists, over and over, so that what is left shows whether braces fit."""
    for _ in range(_MOST_NESTED):
        text, count = _INNER.subn("", text)
        if not count:
            break
    return text


def member_iri(token: str, terms: TermMap, name: str) -> str:
    """The IRI of an attribute, or the core member's own name."""
    return _CORE_MEMBERS.get(token) or terms.expand(checked_name(token, name))


class Projection(NamedTuple):
    """What of an entity is shown; None means everything, `datasets` holds "" for the default instance."""

    attributes: frozenset[str] | None = None
    pick: Members | None = None
    omit: Members | None = None
    datasets: frozenset[str] | None = None

    def keeps(self, member: str) -> bool:
        """Whether an attribute or a core member is shown."""
        if self.pick is not None and member not in self.pick:
            return False
        # omit=locatedAt{name} takes something from the linked entity, not the link itself.
        if self.omit is not None and member in self.omit and not self.omit[member]:
            return False
        return self.attributes is None or member in _CORE_MEMBERS or member in self.attributes

    def shows_every_entity(self) -> bool:
        """Whether something is left of every entity."""
        return self.attributes is None and self.omit is None and (self.pick is None or "id" in self.pick)

    def of_linked(self, attribute: str) -> Projection:
        """What of the entities is shown to which a relationship leads."""
        pick = self.pick.get(attribute) if self.pick else None
        omit = self.omit.get(attribute) if self.omit else None
        return Projection(None, pick or None, omit or None)

    def shows(self, entity: Entity) -> bool:
        """Whether anything of an entity is left, so that it belongs into a result."""
        if self.attributes is not None:
            return not self.attributes.isdisjoint(entity.attributes)
        if self.pick is None and self.omit is None:
            return True
        core = ("id", "type", "scope") if entity.scope else ("id", "type")
        return any(map(self.keeps, core)) or any(map(self.keeps, entity.attributes))


EVERYTHING = Projection()


def projection_of(parameters: Mapping[str, str], terms: TermMap) -> Projection:
    """The projection that a request's parameters name; BadRequestData for what does not hold together."""
    attrs, pick, omit = (parameters.get(name) for name in ("attrs", "pick", "omit"))
    if attrs is not None and (pick is not None or omit is not None):
        raise bad_data("attrs cannot stand beside pick or omit")
    picked = None if pick is None else members_of(pick, terms, "pick")
    omitted = None if omit is None else members_of(omit, terms, "omit")
    both = picked.keys() & {name for name, inner in omitted.items() if not inner} if picked and omitted else None
    if both:
        raise bad_data(f"{', '.join(sorted(both))[:200]} stands in both pick and omit")
    datasets = parameters.get("datasetId")
    return Projection(
        None if attrs is None else names_of(attrs, terms, "attrs"),
        picked,
        omitted,
        None if datasets is None else frozenset("" if item == "@none" else item for item in datasets.split(",")),
    )


def names_of(text: str, terms: TermMap, name: str) -> frozenset[str]:
    """Attribute names divided by commas, as IRIs."""
    names = [checked_name(item.strip(), name) for item in text.split(",")]
    for item in names:
        if item in ("id", "type", "scope", "@context"):
            raise bad_data(f"{name}: {item!r} is no attribute")
    return frozenset(map(terms.expand, names))
