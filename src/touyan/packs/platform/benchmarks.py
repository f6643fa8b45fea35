"""How much the fusion engine stores and answers, beside an empty server and PostgreSQL in the same run."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from touyan.core.components import Benchmark
from touyan.core.errors import NotFoundError
from touyan.core.settings import setting

from .http_load import Load, load, request
from .servers import broker_server, empty_server, postgres
from .store_load import history_rows, log_rows

Row = dict[str, Any]

_ATTRIBUTES = ("intensity", "occupancy", "averageVehicleSpeed", "averageHeadwayTime", "congested")
_UPSERT = "/ngsi-ld/v1/entityOperations/upsert?options=update"
_TYPE = "TrafficFlowObserved"


class Fusion(Benchmark):
    """Updates stored durably, questions answered, and the start, beside others."""

    protocol = (
        "one process of ours, one client process that sends prepared requests over kept connections (it shares the "
        "machine). Entities have five attributes; a batch is an upsert of 100 entities, 500 attribute updates, and is "
        "answered when it is synced. The empty Starlette server reads the same bodies and answers {}. PostgreSQL with "
        "its default settings, log synced: COPY of 100 rows, and INSERT of one row, each a transaction, through psql. "
        "The past: one value a minute of every sensor over a day, in Parquet"
    )
    entities: int = setting(100_000, at_least=100, help="Entities in the broker.")
    batches: int = setting(300, at_least=1, help="Batches of 100 entities that are measured.")
    singles: int = setting(2000, at_least=1, help="Single requests that are measured.")
    sensors: int = setting(3472, at_least=1, help="Sensors of the past, each with a value a minute over a day.")

    def rows(self) -> list[Row]:
        """The store alone, then the broker beside the empty server, then PostgreSQL."""
        with TemporaryDirectory() as name:
            folder = Path(name)
            rows = log_rows(folder, 2000, 16) + history_rows(folder, self.sensors, 1440, 60)
            return rows + list(self._over_http(folder)) + list(self._postgres(folder))

    def _over_http(self, folder: Path) -> Iterator[Row]:
        batches = [request("POST", _UPSERT, _batch(number * 100, 1)) for number in range(self.batches)]
        reads = [request("GET", f"/ngsi-ld/v1/entities/{_urn(number)}") for number in range(self.singles)]
        writes = [request("PATCH", f"/ngsi-ld/v1/entities/{_urn(n)}/attrs", _change(n)) for n in range(self.singles)]
        with empty_server() as port:
            ceiling = {"batch": load(port, batches, 4, [200]), "read": load(port, reads, 8, [200])}
            ceiling["write"] = load(port, writes, 8, [200])
        with broker_server(folder / "broker") as port:
            fill = [request("POST", _UPSERT, _batch(first, 0)) for first in range(0, self.entities, 100)]
            load(port, fill, 4, [201, 204])
            ours = {"batch": load(port, batches, 4, [201, 204]), "read": load(port, reads, 8, [200])}
            ours["write"] = load(port, writes, 8, [204, 207])
            yield from _beside(ours, ceiling, self.batches * 500, self.singles)
            yield from _queries(port)
        begin = time.perf_counter()
        with broker_server(folder / "broker") as port:
            load(port, reads[:1], 1, [200])
            yield {"what": f"start with {self.entities} entities, first answer", "p50_ms": _ms(begin)}

    def _postgres(self, folder: Path) -> Iterator[Row]:
        try:
            with postgres(folder) as psql:
                rows = "".join(f"{number}\tintensity\t{number}.5\t2026-03-01\n" for number in range(100))
                copies = f"COPY told FROM STDIN;\n{rows}\\.\n" * self.batches
                singles = "INSERT INTO told VALUES (1, 'intensity', 1.5, '2026-03-01');\n" * self.singles
                _run(psql, "CREATE TABLE told (entity int, attribute text, value float8, at timestamptz);")
                copy_s, insert_s = _run(psql, copies), _run(psql, singles)
        except (NotFoundError, subprocess.CalledProcessError) as error:
            yield {"what": f"PostgreSQL: {error}"}
            return
        yield {"what": "PostgreSQL COPY of 100 rows, one client", "rate_per_s": round(100 * self.batches / copy_s)}
        yield {"what": "PostgreSQL INSERT of 1 row, one client", "rate_per_s": round(self.singles / insert_s)}


def _beside(ours: dict[str, Load], ceiling: dict[str, Load], updates: int, singles: int) -> Iterator[Row]:
    """Rates of ours with their share of the empty server's."""
    words = {
        "batch": ("attribute updates in batches of 100 entities, durable", updates),
        "write": ("single updates, durable", singles),
        "read": ("GET by id", singles),
    }
    for name, (what, count) in words.items():
        rate, most = ours[name].a_second(count), ceiling[name].a_second(count)
        yield {
            "what": what,
            "rate_per_s": round(rate),
            "empty_server_per_s": round(most),
            "share_of_empty": f"{rate / most:.0%}",
            "p50_ms": round(ours[name].percentile_ms(0.5), 1),
            "p95_ms": round(ours[name].percentile_ms(0.95), 1),
        }


def _queries(port: int) -> Iterator[Row]:
    """Type and a condition over all entities, a page of 100."""
    asked = [
        request("GET", f"/ngsi-ld/v1/entities?type={_TYPE}&q=intensity%3E{990 + number % 9}&limit=100")
        for number in range(40)
    ]
    found = load(port, asked, 1, [200])
    told = {"p50_ms": round(found.percentile_ms(0.5), 1), "p95_ms": round(found.percentile_ms(0.95), 1)}
    yield {"what": "type and q over all entities, page of 100", **told}


def _urn(number: int) -> str:
    return f"urn:ngsi-ld:{_TYPE}:{number:06d}"


def _batch(first: int, step: int) -> bytes:
    """100 entities with five attributes each."""
    return msgspec.json.encode(
        [
            {
                "id": _urn(number),
                "type": _TYPE,
                **{
                    name: {"type": "Property", "value": (number * 7 + place + step) % 1000, "observedAt": _at(step)}
                    for place, name in enumerate(_ATTRIBUTES)
                },
            }
            for number in range(first, first + 100)
        ]
    )


def _change(number: int) -> bytes:
    return msgspec.json.encode({"intensity": {"type": "Property", "value": number % 100, "observedAt": _at(2)}})


def _at(step: int) -> str:
    return f"2026-03-01T08:{step:02d}:00Z"


def _run(psql: Any, text: str) -> float:
    """Wall seconds of a script."""
    begin = time.perf_counter()
    subprocess.run([*psql], input=text.encode(), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def _ms(begin: float) -> float:
    return round(1000 * (time.perf_counter() - begin), 1)
