"""Contexts: terms to IRIs and back, as JSON-LD would, without its cost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.errors import BrokerError
from touyan.fusion.ngsild.contexts import CORE, Documents, TermMap, link_urls
from touyan.fusion.ngsild.terms import CORE_CONTEXT, CORE_TERMS, DEFAULT_VOCABULARY

CITY = {
    "city": "https://city.example/terms#",
    "Road": "city:Road",
    "speed": {"@id": "city:speed", "@type": "xsd:double"},
    "velocity": "speed",
    "description": "city:description",
    "gone": None,
}


def city() -> TermMap:
    """The terms of the city's context."""
    return Documents({"https://c.x": CITY}).compile("https://c.x")


@pytest.mark.parametrize(
    ("term", "iri"),
    [
        ("Road", "https://city.example/terms#Road"),
        ("speed", "https://city.example/terms#speed"),
        ("velocity", "https://city.example/terms#speed"),
        ("city:lanes", "https://city.example/terms#lanes"),
        ("lanes", DEFAULT_VOCABULARY + "lanes"),
        ("https://other.example/x", "https://other.example/x"),
        ("urn:ngsi-ld:Thing:1", "urn:ngsi-ld:Thing:1"),
        ("description", "http://purl.org/dc/terms/description"),
        ("location", "https://uri.etsi.org/ngsi-ld/location"),
    ],
)
def test_a_term_stands_for_its_iri(term: str, iri: str) -> None:
    """Terms, prefixes, full names, the default vocabulary; the core context cannot be overridden."""
    assert city().expand(term) == iri


def test_a_name_that_means_something_else_is_not_shortened_to_it() -> None:
    """Reading the short form back must give the same IRI."""
    assert city().compact(DEFAULT_VOCABULARY + "Road") == "ngsi-ld:default-context/Road"
    assert city().compact(DEFAULT_VOCABULARY + "lanes") == "lanes"


names = st.one_of(
    st.sampled_from([*CITY, *list(CORE_TERMS)[:40], "lanes", "city:lanes", "a:b", "urn:x:y"]),
    st.text("ab:#/", min_size=1),
)


@given(names)
def test_what_is_compacted_expands_to_the_same(name: str) -> None:
    """The law on which everything that is shown rests."""
    for terms in (CORE, city()):
        iri = terms.expand(name)
        assert terms.expand(terms.compact(iri)) == iri


def test_lists_of_contexts_are_read_in_order_and_the_last_word_counts() -> None:
    """As JSON-LD says."""
    documents = Documents({"https://a.x": {"t": "urn:a"}, "https://b.x": ["https://a.x", {"u": "urn:u"}]})
    terms = documents.compile(["https://b.x", {"t": "urn:b"}])
    assert (terms.expand("t"), terms.expand("u")) == ("urn:b", "urn:u")


def test_what_is_not_at_hand_is_named_before_anything_is_read() -> None:
    """So that the edge can bring it, nested ones too."""
    documents = Documents()
    assert documents.missing(["https://a.x", CORE_CONTEXT]) == ["https://a.x"]
    documents.keep("https://a.x", {"@context": ["https://b.x"]})
    assert documents.missing("https://a.x") == ["https://b.x"]
    with pytest.raises(BrokerError, match="not at hand"):
        documents.compile("https://a.x")


@pytest.mark.parametrize("document", [None, [], "text", {}, {"@context": 7}])
def test_a_document_without_a_context_is_refused(document: Any) -> None:
    """A web page in its place must not become a context."""
    with pytest.raises(BrokerError) as caught:
        Documents().keep("https://a.x", document)
    assert caught.value.kind == "LdContextNotAvailable"


def test_contexts_that_lead_in_a_circle_end() -> None:
    """A circle is a mistake of others that must not stop us."""
    documents = Documents({"https://a.x": ["https://b.x"], "https://b.x": ["https://a.x"]})
    assert documents.missing("https://a.x") == []
    with pytest.raises(BrokerError, match="nested"):
        documents.compile("https://a.x")


def test_only_links_to_contexts_are_contexts() -> None:
    """Link headers say other things too."""
    context = '<https://a.x>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    assert link_urls([context, '<https://b.x>; rel="next"']) == ["https://a.x"]
