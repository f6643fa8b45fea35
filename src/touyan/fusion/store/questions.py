"""Questions about the past, as SQL with parameters over files and the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .removals import Removal, sql_without
from .segments import Manifest

METHODS = {
    "totalCount": "count(*)",
    "distinctCount": "count(DISTINCT number)",
    "sum": "sum(number)",
    "avg": "avg(number)",
    "min": "min(number)",
    "max": "max(number)",
    "stddev": "stddev_pop(number)",
    "sumsq": "sum(number * number)",
}
"""Ways of aggregation of ETSI GS CIM 009, clause 4.5.19, over numbers."""

GROUPS = ("entity", "attribute", "dataset")
Statement = tuple[str, list[Any]]


class Span(NamedTuple):
    """Instances with start ≤ time < end (µs); `by` is observed, created, modified or deleted."""

    by: str = "observed"
    start: int | None = None
    end: int | None = None


class Period(NamedTuple):
    """The length of a bucket; months have no fixed length, so they stand apart."""

    months: int = 0
    micros: int = 0


class Question(NamedTuple):
    """Which rows; None asks for all."""

    tenant: str
    entities: Sequence[str] | None = None
    types: Sequence[str] | None = None
    attributes: Sequence[str] | None = None
    span: Span | None = None

    def reach(self) -> tuple[int | None, int | None]:
        """The span of `moment` in which rows can lie; open where times of writing are asked for."""
        return (self.span.start, self.span.end) if self.span and self.span.by == "observed" else (None, None)


def selected(question: Question, paths: list[str], manifest: Manifest, columns: str, newest: bool = True) -> Statement:
    """The rows of a question from the files, and from the table `newest` where it holds any."""
    where, given = _conditions(question)
    parts: list[str] = []
    parameters: list[Any] = []
    if newest or not paths:
        parts.append(f"SELECT {columns} FROM newest WHERE {where}")
        parameters += given
    if paths:
        sql, struck = from_files(paths, manifest, columns)
        parts.append(f"{sql} AND {where}")
        parameters += [*struck, *given]
    return " UNION ALL ".join(parts), parameters


def from_files(paths: list[str], manifest: Manifest, columns: str = "*") -> Statement:
    """The rows of files that no removal has struck out."""
    without, struck = sql_without(manifest.removals)
    return f"SELECT {columns} FROM read_parquet(?) WHERE true{without}", [paths, *struck]


def counted(removal: Removal, paths: list[str], manifest: Manifest) -> Statement:
    """How many rows of files a removal strikes."""
    if not paths:
        return "SELECT 0", []
    sql, given = from_files(paths, manifest, "count(*)")
    conditions = removal.conditions()
    return sql + "".join(f" AND {name} = ?" for name in conditions), [*given, *conditions.values()]


def by_entity(statement: Statement) -> Statement:
    """Each entity with all its types."""
    sql, given = statement
    return f"SELECT entity, string_agg(DISTINCT types, ' ') FROM ({sql}) GROUP BY entity ORDER BY entity", given


def ordered(statement: Statement, by: str, last: int | None) -> Statement:
    """Rows by entity, attribute and time; with `last`, only the newest of each attribute."""
    sql, given = statement
    newest = f" QUALIFY row_number() OVER (PARTITION BY entity, attribute ORDER BY {by} DESC) <= ?" if last else ""
    sql = f"SELECT * FROM ({sql}){newest} ORDER BY entity, attribute, {by}, dataset"
    return sql, [*given, last] if last else given


def aggregated(
    statement: Statement, by: str, methods: Sequence[str], period: Period | None, origin: int, groups: Sequence[str]
) -> Statement:
    """Figures of each group and bucket, with the bucket's start (µs)."""
    sql, given = statement
    bucket, bucketed = _bucket(by, period, origin)
    names = ", ".join(groups)
    figures = ", ".join(f'{METHODS[method]} AS "{method}"' for method in methods)
    sql = f"SELECT {names}, {bucket} AS start, {figures} FROM ({sql}) GROUP BY {names}, start ORDER BY {names}, start"
    return sql, [*bucketed, *given]


def _bucket(by: str, period: Period | None, origin: int) -> Statement:
    if period is None or not any(period):
        return "CAST(? AS BIGINT)", [origin]
    if period.months:
        return (
            f"epoch_us(time_bucket(to_months(?), make_timestamp({by}), make_timestamp(?)))",
            [period.months, origin],
        )
    # The remainder of a time before the origin is negative in SQL.
    return f"{by} - (({by} - ?) % ? + ?) % ?", [origin, *[period.micros] * 3]


def _conditions(question: Question) -> Statement:
    parts, given = ["tenant = ?"], [question.tenant]
    for name, wanted in (("entity", question.entities), ("attribute", question.attributes)):
        if wanted is not None:
            condition, values = _one_of(name, wanted)
            parts.append(condition)
            given += values
    if question.types is not None:
        parts.append("list_has_any(string_split(types, ' '), ?)")
        given.append(list(question.types))  # type: ignore[arg-type]
    return _spanned(question, parts, given)


def _one_of(name: str, wanted: Sequence[str]) -> Statement:
    """One value is compared, so that files are skipped by their statistics; many are looked up."""
    if len(wanted) == 1:
        return f"{name} = ?", [wanted[0]]
    return f"list_contains(?, {name})" if len(wanted) < 8 else f"{name} IN (SELECT unnest(?))", [list(wanted)]


def _spanned(question: Question, parts: list[str], given: list[Any]) -> Statement:
    if question.span is not None:
        by, start, end = question.span
        parts.append(f"{by} IS NOT NULL")
        parts += [f"{by} >= ?"] * (start is not None) + [f"{by} < ?"] * (end is not None)
        given += [bound for bound in (start, end) if bound is not None]
    return " AND ".join(parts), given
