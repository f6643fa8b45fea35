"""A controller in a process of its own, where it can neither stop nor spoil the brain.

The beat hands over a snapshot of the state and waits for the answer, but never longer than `BEAT_WAIT_S`. A process
that has died, an answer that is no list of proposals and one that comes after the deadline raise here, on the brain's
thread: control then takes command away from the controller, releases what it held and has an alert raised.

starting ──ready──▶ idle ──snapshot──▶ deciding ──answer──▶ idle
    └─────────────── any error, end or lateness ──────────▶ lost (for good)
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

import msgspec

from touyan.core.commands import Explanation
from touyan.core.components import Controller
from touyan.core.entities import Entity
from touyan.core.errors import NotFoundError
from touyan.core.protocols import Plant, Proposal, State, Table
from touyan.core.text import Text

from .packs import load_packs
from .settings import BrainSettings

BEAT_WAIT_S = 0.8
"""The longest that a beat waits for an answer; a later one is taken at a later beat, if it keeps the deadline."""

START_WITHIN_S = 180.0
"""For the start and the first decision, in which kernels may have to be compiled."""

_MOST_BYTES = 64_000_000

_Wire = list[tuple[str, str, float, Text, Explanation | None]]
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Wire)


class Lost(RuntimeError):
    """The controller has lost its process, its way or its deadline."""


@dataclass(frozen=True)
class Place:
    """What a controller may know of the plant: the clock, what stands there, the public description."""

    now: float
    inventory: Sequence[Entity]
    model: Any


@dataclass(frozen=True)
class Snapshot:
    """The state as it was at one beat; keeps `core.protocols.State`."""

    now: float
    tables: dict[str, Table]

    def table(self, entity_type: str) -> Table:
        """The newest readings of a type; raises NotFoundError."""
        if entity_type not in self.tables:
            raise NotFoundError("entity type", entity_type, self.tables)
        return self.tables[entity_type]


class ApartController(Controller):
    """Stands in the brain for a controller that works in another process."""

    abstract = True

    def __init__(self, settings: BrainSettings, spec: str, name: str, deadline_s: float) -> None:
        super().__init__()
        self.name = name  # type: ignore[misc]
        self._settings, self._spec, self._deadline_s = settings, spec, deadline_s
        self._types: list[str] = []
        self._asked_at: float | None = None
        self._patience_s = START_WITHIN_S
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._questions: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._process: Any = None

    @property
    def pid(self) -> int | None:
        """The process, for those who watch over it."""
        return self._process.pid if self._process else None

    def start(self, plant: Plant) -> None:
        """Begin the process, and wait until it has learnt the city; raises Lost."""
        self._types = sorted({entity.type for entity in plant.inventory})
        context = multiprocessing.get_context("spawn")  # a fork could inherit locks of threads that it has not
        line, far_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(far_end, self._settings, self._spec), daemon=True)
        self._process.start()
        far_end.close()
        threading.Thread(target=self._talk, args=(line,), name="controller", daemon=True).start()
        self._ask(Place(plant.now, tuple(plant.inventory), plant.model))
        self._answer(START_WITHIN_S)
        self._patience_s = START_WITHIN_S

    def decide(self, state: State) -> list[Proposal]:
        """What the controller proposes; nothing while it still thinks. Raises Lost."""
        if self._asked_at is None:
            self._ask(Snapshot(state.now, {kind: state.table(kind) for kind in self._types}))
        return self._answer(BEAT_WAIT_S)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._questions.put(None)
        if self._process:
            self._process.kill()

    def _ask(self, question: Place | Snapshot) -> None:
        self._asked_at = time.monotonic()
        self._questions.put(bytes(ForkingPickler.dumps(question)))

    def _answer(self, waits_s: float) -> list[Proposal]:
        """The answer, if it is there in time; raises Lost."""
        assert self._asked_at is not None
        left = self._asked_at + self._patience_s - time.monotonic()
        try:
            told = self._answers.get(timeout=max(0.0, min(waits_s, left)))
        except queue.Empty:
            if left > waits_s:
                return []
            self.close()
            raise Lost(f"no answer within its deadline of {self._patience_s:g} s") from None
        if told is None:
            raise Lost("its process has ended")
        self._asked_at, self._patience_s = None, self._deadline_s
        return self._proposals(told)

    def _proposals(self, told: bytes) -> list[Proposal]:
        """What was told, if it can be understood; it is only ever read as data."""
        try:
            return [Proposal(*each) for each in _DECODER.decode(told)]
        except (msgspec.DecodeError, ValueError) as error:
            self.close()
            raise Lost(f"its answer cannot be understood ({error})") from None

    def _talk(self, line: Connection) -> None:
        """Carry questions and answers, on a thread of its own: a line may be full or dead."""
        with suppress(OSError, EOFError):
            while (question := self._questions.get()) is not None:
                line.send_bytes(question)
                self._answers.put(line.recv_bytes(_MOST_BYTES))
        self._answers.put(None)
        line.close()


def _serve(line: Connection, settings: BrainSettings, spec: str) -> None:
    """The other process: learn the city, then decide whenever asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the brain, which ends this process
    controller = load_packs(settings).component(Controller, spec)
    with suppress(EOFError, OSError):
        place = line.recv()
        controller.start(place)
        line.send_bytes(_ENCODER.encode([]))
        while True:
            line.send_bytes(_ENCODER.encode([tuple(each) for each in controller.decide(line.recv())]))
