"""Texts that join terms with ; (and), | (or) and parentheses: the shape of q, scopeQ and type selections."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from .refusals import bad_data

Leaf = TypeVar("Leaf")

_MOST_NESTED = 32
_MOST_TERMS = 1_000
_TOKEN = re.compile(r"[();|]|(?:\"(?:[^\"\\]|\\.)*\"|[^();|\"])+|\"")


class Both(NamedTuple, Generic[Leaf]):
    """All parts hold."""

    parts: tuple[Expression[Leaf], ...]


class Either(NamedTuple, Generic[Leaf]):
    """At least one part holds."""

    parts: tuple[Expression[Leaf], ...]


Expression: TypeAlias = "Both[Leaf] | Either[Leaf] | Leaf"


def parse(text: str, name: str, leaf: Callable[[str], Leaf], *, comma_is_or: bool = False) -> Expression[Leaf]:
    """The expression of a text, each term read by `leaf`; BadRequestData for what is none."""
    tokens = [token.strip() for token in _TOKEN.findall(text.replace(",", "|") if comma_is_or else text)]
    parser = _Parser(tokens, name, leaf)
    found = parser.either(0)
    if parser.rest():
        raise bad_data(f"{name}: found {parser.rest()[:80]!r} after the end of {text[:80]!r}")
    return found


class _Parser(Generic[Leaf]):
    """Recursive descent: | binds weaker than ;."""

    def __init__(self, tokens: list[str], name: str, leaf: Callable[[str], Leaf]) -> None:
        if len(tokens) > _MOST_TERMS:
            raise bad_data(f"{name}: more than {_MOST_TERMS} terms")
        self._tokens, self._at = tokens, 0
        self._name, self._leaf = name, leaf

    def rest(self) -> str:
        return "".join(self._tokens[self._at :])

    def either(self, depth: int) -> Expression[Leaf]:
        parts = [self._both(depth)]
        while self._take("|"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self, depth: int) -> Expression[Leaf]:
        parts = [self._term(depth)]
        while self._take(";"):
            parts.append(self._term(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _term(self, depth: int) -> Expression[Leaf]:
        if depth > _MOST_NESTED:
            raise bad_data(f"{self._name}: parentheses are nested more than {_MOST_NESTED} times")
        if self._take("("):
            inner = self.either(depth + 1)
            if not self._take(")"):
                raise bad_data(f"{self._name}: a parenthesis is not closed")
            return inner
        token = self._tokens[self._at] if self._at < len(self._tokens) else ""
        if token in {"", ")", ";", "|", '"'}:
            raise bad_data(f"{self._name}: found {token or 'the end'!r}; expected a term")
        self._at += 1
        return self._leaf(token)

    def _take(self, token: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == token
        self._at += found
        return found


def holds(expression: Expression[Leaf], test: Callable[[Leaf], bool]) -> bool:
    """Whether an expression holds when its leaves are tested so."""
    if isinstance(expression, Both):
        return all(holds(part, test) for part in expression.parts)
    if isinstance(expression, Either):
        return any(holds(part, test) for part in expression.parts)
    return test(expression)


def leaves(expression: Expression[Leaf]) -> Iterator[Leaf]:
    """All terms of an expression."""
    if isinstance(expression, (Both, Either)):
        for part in expression.parts:
            yield from leaves(part)
    else:
        yield expression
