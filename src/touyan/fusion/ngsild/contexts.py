"""JSON-LD contexts, each compiled once into a map of terms, so that no message pays for JSON-LD.

What a context says beyond terms and prefixes (coercion, containers, scoped contexts) does not change how NGSI-LD
reads a message and is left aside. The core context always comes last, so its terms cannot be overridden.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from touyan.core.errors import BrokerError

from .refusals import bad_data
from .terms import CORE_CONTEXT, CORE_CONTEXT_START, CORE_TERMS, DEFAULT_VOCABULARY, core_document

_MOST_COMPILED = 1_000
_MOST_DOCUMENTS = 500
_MOST_TERMS_REMEMBERED = 100_000
_MOST_NESTED = 50
_CORE_URL = re.compile(re.escape(CORE_CONTEXT_START) + r"(-v1\.\d{1,2})?\.jsonld")
_PREFIX_END = tuple(":/?#[]@")

PLACE = "/ngsi-ld/v1/jsonldContexts/"
"""Where contexts are served that users gave to the broker."""

Context = str | dict[str, Any] | list[Any]


class TermMap:
    """What the terms of one context mean, and back; `context` is what a reader is told, `urls` where it came from."""

    def __init__(self, terms: Mapping[str, str], context: Context) -> None:
        self.context = context
        self.urls: tuple[str, ...] = ()
        self._terms = {**terms, **CORE_TERMS}
        self._names = {iri: term for term, iri in reversed(self._terms.items())}
        self._prefixes = sorted(
            ((iri, term) for term, iri in self._terms.items() if iri.endswith(_PREFIX_END)),
            key=lambda pair: -len(pair[0]),
        )
        self._expanded: dict[str, str] = {}
        self._compacted: dict[str, str] = {}

    def expand(self, term: str) -> str:
        """The IRI that a term stands for."""
        iri = self._expanded.get(term)
        if iri is None:
            iri = _remember(self._expanded, term, self._expand(term))
        return iri

    def compact(self, iri: str) -> str:
        """The shortest way to write an IRI in this context."""
        term = self._compacted.get(iri)
        if term is None:
            term = _remember(self._compacted, iri, self._compact(iri))
        return term

    def _expand(self, term: str) -> str:
        if term in self._terms:
            return self._terms[term]
        prefix, colon, rest = term.partition(":")
        if not colon:
            return DEFAULT_VOCABULARY + term
        return self._terms[prefix] + rest if prefix in self._terms and not rest.startswith("//") else term

    def _compact(self, iri: str) -> str:
        if iri in self._names:
            return self._names[iri]
        rest = iri.removeprefix(DEFAULT_VOCABULARY)
        # A name that the context gives to something else would be read back as that.
        if rest != iri and rest not in self._terms and ":" not in rest:
            return rest
        for start, prefix in self._prefixes:
            if iri.startswith(start) and len(iri) > len(start):
                return f"{prefix}:{iri[len(start) :]}"
        return iri


def _remember(memory: dict[str, str], key: str, value: str) -> str:
    if len(memory) >= _MOST_TERMS_REMEMBERED:
        memory.clear()
    memory[key] = value
    return value


CORE = TermMap({}, CORE_CONTEXT)


class Documents:
    """Context documents by URL: those at hand, and which others must be brought first.

    Nothing here touches the network: the edge asks `missing`, loads, and calls `keep`.
    """

    def __init__(self, preloaded: Mapping[str, Any] | None = None) -> None:
        self._preloaded = dict(preloaded or {})
        self._documents: dict[str, Any] = {}
        self._compiled: OrderedDict[bytes, TermMap] = OrderedDict()

    def get(self, url: str) -> dict[str, Any] | None:
        """The document of a URL, None when it is not at hand."""
        url = local_url(url)
        if url in self._documents:
            return {"@context": self._documents[url]}
        if url in self._preloaded:
            return {"@context": self._preloaded[url]}
        return core_document() if is_core(url) else None

    def keep(self, url: str, document: object) -> None:
        """Keep what a URL answered; LdContextNotAvailable when it is no context."""
        self._documents[url] = context_of(document, url)
        self._compiled.clear()
        self._forget_the_oldest()

    def _forget_the_oldest(self) -> None:
        """Keep no more than so many documents of the web; those that are served here stay."""
        of_the_web = [url for url in self._documents if not url.startswith(PLACE)]
        for url in of_the_web[:-_MOST_DOCUMENTS]:
            del self._documents[url]

    def forget(self, url: str) -> None:
        """Forget what a URL answered."""
        if self._documents.pop(url, None) is not None:
            self._compiled.clear()

    def _urls(self, context: Context) -> list[str]:
        """All URLs that a context leads to, those at hand."""
        found: set[str] = set()
        self._collect(context, [], found)
        return sorted(found)

    def missing(self, context: Context) -> list[str]:
        """The URLs that a context needs and that are not at hand."""
        missing: list[str] = []
        self._collect(context, missing, set())
        return missing

    def _collect(self, context: object, missing: list[str], seen: set[str]) -> None:
        for part in context if isinstance(context, list) else [context]:
            if not isinstance(part, str) or part in seen:
                continue
            seen.add(part)
            document = None if is_core(part) else self.get(part)
            if document is not None:
                self._collect(document["@context"], missing, seen)
            elif not is_core(part):
                missing.append(part)

    def compile(self, context: Context | None) -> TermMap:
        """The term map of a context whose documents are all at hand."""
        if context is None or context == CORE_CONTEXT or context in ([], {}):
            return CORE
        key = msgspec.json.encode(context)
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = TermMap(self._terms(context, _MOST_NESTED), context)
            compiled.urls = tuple(url for url in self._urls(context) if not is_core(url))
            while len(self._compiled) > _MOST_COMPILED:
                self._compiled.popitem(last=False)
        else:
            self._compiled.move_to_end(key)
        return compiled

    def _terms(self, context: object, depth: int) -> dict[str, str]:
        if depth == 0:
            raise BrokerError("LdContextNotAvailable", f"the context is nested more than {_MOST_NESTED} times")
        terms: dict[str, str] = {}
        for part in context if isinstance(context, list) else [context]:
            if isinstance(part, str):
                if is_core(part):
                    continue
                document = self.get(part)
                if document is None:
                    raise BrokerError("LdContextNotAvailable", f"the context {part[:200]!r} is not at hand")
                terms |= self._terms(document["@context"], depth - 1)
            elif isinstance(part, dict):
                _define(part, terms)
            elif part is not None:
                raise bad_data(f"@context: found {type(part).__name__}; expected a URL, an object or a list of these")
        return terms


def context_of(document: object, url: str) -> Any:
    """The context within a JSON-LD document."""
    context = document.get("@context") if isinstance(document, dict) else None
    if not isinstance(context, (dict, list, str)):
        raise BrokerError("LdContextNotAvailable", f"{url[:200]!r} holds no JSON-LD @context")
    return context


def is_core(url: str) -> bool:
    """Whether a URL is that of a version of the core context."""
    return _CORE_URL.fullmatch(url) is not None


def _define(definitions: Mapping[str, Any], terms: dict[str, str]) -> None:
    """Add what one context object defines; a term may be defined by others that come later in it."""
    raw = {term: _target(definition) for term, definition in definitions.items() if not term.startswith("@")}
    for term in raw:
        iri = _resolved(term, raw, terms, set())
        if iri is None:
            terms.pop(term, None)
        else:
            terms[term] = iri


def _target(definition: object) -> str | None:
    if isinstance(definition, dict):
        definition = definition.get("@id")
    return definition if isinstance(definition, str) else None


def _resolved(
    name: str, raw: Mapping[str, str | None], terms: Mapping[str, str], seen: set[str], *, vocabulary: str = ""
) -> str | None:
    """The IRI that a name stands for within a context that is being read; None when the context unsets it."""
    if name in seen or name not in raw:
        return terms.get(name) or CORE_TERMS.get(name)
    target = raw[name]
    if target is None or target.startswith("@"):
        return target
    seen.add(name)
    prefix, colon, rest = target.partition(":")
    if not colon:
        return _resolved(target, raw, terms, seen) or DEFAULT_VOCABULARY + target
    start = None if rest.startswith("//") else _resolved(prefix, raw, terms, seen)
    return target if start is None else start + rest


def local_url(url: str) -> str:
    """The place of a context that this broker serves, whatever name it was called by; other addresses as they are."""
    before, place, identifier = url.partition(PLACE)
    return place + identifier if place and (not before or "://" in before) else url


def link_urls(parts: Iterable[str]) -> list[str]:
    """The contexts that Link headers name (JSON-LD 1.1, section 6.2)."""
    urls = []
    for part in parts:
        target, _, parameters = part.strip().partition(";")
        if 'rel="http://www.w3.org/ns/json-ld#context"' in parameters.replace(" ", ""):
            urls.append(target.strip().removeprefix("<").removesuffix(">"))
    return urls
