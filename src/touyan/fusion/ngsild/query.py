"""The query language q (clause 4.9): comparisons of attributes, their parts and what lies within their values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote

from msgspec import UNSET

from .contexts import TermMap
from .logic import Expression, holds, leaves, parse
from .model import Entity, Instance
from .moments import microseconds, written
from .reading import checked_name
from .refusals import bad_data
from .terms import LANGUAGE_PROPERTY, VOCAB_PROPERTY

_OPERATOR = re.compile(r"!~=|~=|==|!=|>=|<=|>|<")
_PATH = re.compile(r"(?P<names>[^\[\]]+)(?P<inner>(?:\[[^\[\]]+\])*)")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LONGEST_PATTERN = 500

Value = str | float | bool


class Range(NamedTuple):
    """Values from one to another, both included."""

    first: Value
    last: Value


class Path(NamedTuple):
    """Where a value lies: attribute, its parts (as IRIs), and keys within the value."""

    attribute: str
    parts: tuple[str, ...]
    keys: tuple[str, ...]


class Comparison(NamedTuple):
    """One term of a query; without an operator it asks whether the value exists."""

    path: Path
    operator: str = ""
    values: tuple[Value | Range, ...] = ()
    pattern: re.Pattern[str] | None = None
    words: frozenset[str] = frozenset()
    """The values as IRIs, for vocabulary properties."""


Query: TypeAlias = "Expression[Comparison]"


def parse_query(text: str, terms: TermMap) -> Query:
    """The query that a text holds; BadRequestData when it is none."""
    return parse(text, "q", lambda term: _comparison(term, terms))


def attributes_of(query: Query) -> set[str]:
    """The attributes that a query looks at."""
    return {comparison.path.attribute for comparison in leaves(query)}


def matches(query: Query, entity: Entity) -> bool:
    """Whether an entity is what the query asks for."""
    return holds(query, lambda comparison: _compares(comparison, entity))


def _comparison(term: str, terms: TermMap) -> Comparison:
    operator = _OPERATOR.search(term)
    if operator is None:
        absent = term.startswith("!")
        return Comparison(_path(term.removeprefix("!"), terms), "!" if absent else "")
    path = _path(term[: operator.start()].strip(), terms)
    text = term[operator.end() :].strip()
    if operator[0] in ("~=", "!~="):
        return Comparison(path, operator[0], pattern=_pattern(text))
    values = tuple(_values(text))
    if operator[0] not in ("==", "!=") and (len(values) != 1 or isinstance(values[0], Range)):
        raise bad_data(f"q: {operator[0]} takes one value, found {text[:80]!r}")
    words = frozenset(terms.expand(value) for value in values if isinstance(value, str) and value)
    return Comparison(path, operator[0], values, words=words)


def _path(text: str, terms: TermMap) -> Path:
    match = _PATH.fullmatch(unquote(text))
    if match is None:
        raise bad_data(f"q: found {text[:80]!r}; expected an attribute such as speed, speed.accuracy or address[city]")
    names, inner = match["names"], match["inner"]
    parts = [names] if "://" in names else names.split(".")
    head, *rest = [terms.expand(checked_name(part, "q")) for part in parts]
    plain = tuple(part if iri in _METADATA_IRIS else iri for part, iri in zip(parts[1:], rest, strict=True))
    keys = tuple(key for group in re.findall(r"\[([^\]]+)\]", inner) for key in group.split("."))
    return Path(head, plain, keys)


def _pattern(text: str) -> re.Pattern[str]:
    if len(text) > _LONGEST_PATTERN:
        raise bad_data(f"q: a pattern may have {_LONGEST_PATTERN} characters")
    try:
        return re.compile(_unquoted(text) if text.startswith('"') else text)
    except (re.error, RecursionError, OverflowError) as error:
        raise bad_data(f"q: {text[:80]!r} is no regular expression ({error})") from None


def _values(text: str) -> Iterator[Value | Range]:
    for item in re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+', text):
        first, dots, last = _divided(item.strip())
        yield Range(_value(first), _value(last)) if dots else _value(first)
    if not text:
        raise bad_data("q: a value is missing after the operator")


def _divided(item: str) -> tuple[str, str, str]:
    """The two ends of a range; a text in quotes is none."""
    match = re.fullmatch(r'("(?:[^"\\]|\\.)*"|[^"]*?)\.\.("(?:[^"\\]|\\.)*"|[^"]*)', item)
    return (match[1], "..", match[2]) if match and match[1] and match[2] else (item, "", "")


def _value(text: str) -> Value:
    if text.startswith('"'):
        return _unquoted(text)
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.fullmatch(text):
        return float(text)
    if not text or text[0] in "<>=!~":
        raise bad_data(f"q: found {text[:80]!r} where a value should be")
    return unquote(text)


def _unquoted(text: str) -> str:
    if len(text) < 2 or not text.endswith('"'):
        raise bad_data(f"q: the quotes of {text[:80]!r} are not closed")
    return unquote(re.sub(r"\\(.)", r"\1", text[1:-1]))


def _compares(comparison: Comparison, entity: Entity) -> bool:
    operator = comparison.operator
    found = list(_targets(comparison.path, entity))
    if operator == "":
        return bool(found)
    if operator == "!":
        return not found
    if not found:
        return False
    if operator == "!=":
        return not any(_equals(comparison, kind, value) for kind, value in found)
    if operator == "!~=":
        return not any(_like(comparison, value) for _, value in found)
    if operator == "~=":
        return any(_like(comparison, value) for _, value in found)
    if operator == "==":
        return any(_equals(comparison, kind, value) for kind, value in found)
    return any(_ordered(operator, value, comparison.values[0]) for _, value in found)


def _equals(comparison: Comparison, kind: str, value: Any) -> bool:
    if kind == VOCAB_PROPERTY and comparison.words.intersection([value] if isinstance(value, str) else value):
        return True
    candidates = value if isinstance(value, list) else [value]
    return any(_same(candidate, wanted) for candidate in candidates for wanted in comparison.values)


def _same(value: Any, wanted: Value | Range) -> bool:
    if isinstance(wanted, Range):
        return _ordered(">=", value, wanted.first) and _ordered("<=", value, wanted.last)
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if value == wanted:
        return True
    moments = _moments(value, wanted)
    return moments is not None and moments[0] == moments[1]


def _ordered(operator: str, value: Any, wanted: Value | Range) -> bool:
    if isinstance(value, list):
        return any(_ordered(operator, item, wanted) for item in value)
    pair = _comparable(value, wanted)
    if pair is None:
        return False
    one, other = pair
    if operator == ">":
        return bool(one > other)
    if operator == "<":
        return bool(one < other)
    return bool(one >= other) if operator == ">=" else bool(one <= other)


def _comparable(value: Any, wanted: Any) -> tuple[Any, Any] | None:
    """The two as numbers, moments or texts; None where they cannot be ordered."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return None
    if isinstance(value, (int, float)) and isinstance(wanted, (int, float)):
        return value, wanted
    moments = _moments(value, wanted)
    if moments is not None:
        return moments
    return (value, wanted) if isinstance(value, str) and isinstance(wanted, str) else None


def _moments(value: Any, wanted: Any) -> tuple[int, int] | None:
    if not isinstance(wanted, str) or not wanted[:4].isdigit():
        return None
    if isinstance(value, dict):
        value = value.get("@value")
    try:
        return (microseconds(value), microseconds(wanted)) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _like(comparison: Comparison, value: Any) -> bool:
    assert comparison.pattern is not None
    candidates: Iterable[Any] = value if isinstance(value, list) else [value]
    return any(isinstance(item, str) and comparison.pattern.search(item) is not None for item in candidates)


_METADATA_IRIS = {
    "https://uri.etsi.org/ngsi-ld/" + name
    for name in ("observedAt", "unitCode", "datasetId", "createdAt", "modifiedAt")
}


def _targets(path: Path, entity: Entity) -> Iterator[tuple[str, Any]]:
    """The values that a path leads to, each with the kind of attribute that it is of."""
    instances = entity.attributes.get(path.attribute)
    if instances is None:
        own = _own_member(path.attribute, entity)
        if own is not None:
            yield "", own
        return
    for instance in instances:
        yield from _within(instance, path.parts, path.keys)


def _own_member(attribute: str, entity: Entity) -> Any:
    name = attribute.rpartition("/")[2]
    if name in ("createdAt", "modifiedAt"):
        return written(entity.created if name == "createdAt" else entity.modified)
    return {"@id": entity.id, "@type": list(entity.types)}.get(attribute)


def _within(instance: Instance, parts: tuple[str, ...], keys: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if parts:
        head, *rest = parts
        value = _metadata(instance, head)
        if value is not None and not rest:
            yield "", value
        for part in instance.parts.get(head, ()):
            yield from _within(part, tuple(rest), keys)
        return
    value = instance.value
    if instance.kind == LANGUAGE_PROPERTY and keys in ((), ("*",)):
        yield instance.kind, _texts(value)
        return
    for key in keys:
        value = _member(value, key)
    if value is not UNSET:
        yield instance.kind, value


def _texts(languages: dict[str, Any]) -> list[Any]:
    """All texts of a language map."""
    return [text for entry in languages.values() for text in (entry if isinstance(entry, list) else [entry])]


def _member(value: Any, key: str) -> Any:
    if isinstance(value, list):
        found = [item[key] for item in value if isinstance(item, dict) and key in item]
        return found or UNSET
    return value.get(key, UNSET) if isinstance(value, dict) else UNSET


def _metadata(instance: Instance, name: str) -> Any:
    if name in ("createdAt", "modifiedAt"):
        return written(instance.created if name == "createdAt" else instance.modified)
    known = {"observedAt": instance.observed, "unitCode": instance.unit, "datasetId": instance.dataset}
    return known.get(name) or None
