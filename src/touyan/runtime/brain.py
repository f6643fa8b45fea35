"""The brain: sense, fuse, watch, decide, act, show; once a beat, on one clock.

created ──start──▶ running ──stop──▶ finished
                      └──an error──▶ failed
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

import touyan
from touyan.control.authority import Mode
from touyan.core.alerts import Alert
from touyan.core.commands import Command
from touyan.core.components import Detector, Forecaster, Rule, Scenario
from touyan.core.faults import Fault, attempt
from touyan.core.geometry import Projection
from touyan.core.protocols import Observable, Plant
from touyan.simulation.lockstep import Lockstep
from touyan.warning.book import AlertBook
from touyan.warning.failure import component_failed
from touyan.warning.places import Places
from touyan.warning.rules import RuleSpec, check_city
from touyan.warning.watch import Watch

from .alert_desk import EXERCISE, AlertDesk
from .alert_file import load_alert_file
from .channels.courier import Courier
from .command_desk import CommandDesk
from .exhibits import Gallery
from .loop import make_loop
from .no_store import NoStore
from .pace import Pace
from .packs import Registry
from .settings import BrainSettings
from .store import open_store
from .view import About, LayerInfo, Update

SHOW_EVERY_S = 0.25  # wall time between two updates: people see no more, and 20 × real time is 20 beats a second
NOWHERE = Projection()
ACTUAL = "Actual"  # CAP 1.2 status; a simulated city's alerts are exercises


class Brain:
    """A city under control beside its twin; keeps `runtime.view.BrainView`.

    The twin is the same scenario from the same seed under `twin_controller`; nothing that happens to
    one reaches the other. Without a `store` folder alerts and commands live as long as the process.
    """

    def __init__(
        self,
        settings: BrainSettings,
        registry: Registry,
        scenario: Scenario,
        controller: str,
        twin_controller: str | None,
        store: Path | None = None,
    ) -> None:
        self._store = open_store(store, time.time(), scenario.label().en)
        self._tick_s, mode = settings.brain.tick_s, Mode(settings.brain.mode)
        apart = settings if settings.authority.apart else None
        self._city = make_loop(registry, scenario, controller, mode, self._store, settings.authority, apart)
        self.command_desk = CommandDesk(self._city.control, self._city.ledger)
        self._twin = (
            make_loop(registry, scenario, twin_controller, Mode.AUTOMATIC, NoStore()) if twin_controller else None
        )
        self._loops = [self._city, *([self._twin] if self._twin else [])]
        self._simulated = isinstance(self._city.plant, Observable)
        self._status = EXERCISE if self._simulated else ACTUAL
        plant = self._city.plant
        past = self._store.alert_records()
        work = load_alert_file(settings, registry)
        self._book = AlertBook(self._store, past, work.desk, Places(plant.inventory), plant.now)
        self.desk = AlertDesk(self._book, lambda: self._city.state.now, self._tell_changes, self._status, work.sender)
        self._courier = Courier(work.channels, self._book, self._store, work.sender, self._channel_failed)
        self._watch = _make_watch(registry, plant, self._book, self._status, work.rules)
        self._gallery = Gallery(registry, self._city, self._twin, self._taken_down)
        self._about = self._describe(settings, registry, scenario, controller, twin_controller)
        self._pace = Pace(settings.brain.speed)
        self._thread = threading.Thread(target=self._live, name="brain", daemon=True)
        self._lock = threading.RLock()
        self._listeners: list[Callable[[Update], None]] = []
        self._latest: Update | None = None
        self._ends_at = math.inf
        self._state, self._beat, self._shown_version, self._shown_at = "running", 0, 0, 0.0

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Begin to live, on a thread of its own."""
        self._courier.start()
        self._thread.start()

    def stop(self) -> None:
        """Ask the brain to end after the present beat, and give the street back."""
        self._pace.stop()

    def stop_at(self, at: float) -> None:
        """End by itself at that city time (epoch s)."""
        self._ends_at = at

    def join(self) -> None:
        """Wait until the brain has ended, and close its store: nothing can be acknowledged after."""
        if self._thread.is_alive():
            self._thread.join()
        self._courier.stop()
        self._store.close()

    def _live(self) -> None:
        """Run to the end; then give the street back, whatever the end was, and show it."""
        lockstep = Lockstep([loop.plant for loop in self._loops])
        control, state = self._city.control, self._city.state
        end = attempt("brain", "loop", state.now, self._run, lockstep)
        attempt("brain", "release", state.now, control.stop, state)
        self._city.close()
        lockstep.close()
        self._state = "failed" if isinstance(end, Fault) else "finished"
        attempt("brain", "show", state.now, self._show)

    def _run(self, lockstep: Lockstep) -> None:
        self._show()
        while not self._pace.stopped and self._city.plant.now < self._ends_at:
            self._step(lockstep)
            if time.monotonic() - self._shown_at >= SHOW_EVERY_S or self._book.version != self._shown_version:
                self._show()
            self._pace.wait(self._tick_s)

    def _step(self, lockstep: Lockstep) -> None:
        for loop in self._loops:
            loop.decide()
        for loop, batches in zip(self._loops, lockstep.advance(self._tick_s), strict=True):
            loop.absorb(batches)
        self._beat += 1
        self._gallery.note()
        self._watch.step(self._city.state)
        self._book.open([component_failed(fault, self._status) for fault in self._city.control.take_faults()])
        self._book.tick(self._city.state.now)

    # ------------------------------------------------------------ what it shows

    def about(self) -> About:
        """What is running."""
        return msgspec.structs.replace(self._about, mode=self._city.control.mode.value)

    def layers(self) -> list[LayerInfo]:
        """The map layers of all packs."""
        return self._gallery.layers()

    def features(self, layer: str) -> dict[str, Any]:
        """A layer's GeoJSON FeatureCollection; raises NotFoundError."""
        return self._gallery.features(layer)

    def latest(self) -> Update | None:
        """The newest update, with all alerts in it."""
        with self._lock:
            return self._latest and _with_alerts(self._latest, self._book.current())

    def subscribe(self, listener: Callable[[Update], None]) -> Callable[[], None]:
        """Call `listener` with every update; returns the way to stop it."""
        with self._lock:
            self._listeners.append(listener)
        return lambda: self._unsubscribe(listener)

    def commands(self, most: int = 100) -> list[Command]:
        """The newest commands with their record, the newest first."""
        return self._city.ledger.newest(most)

    def _unsubscribe(self, listener: Callable[[Update], None]) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def _show(self) -> None:
        """Make an update of how things stand, on the brain's thread."""
        plant = self._city.plant
        scene = plant.scene() if isinstance(plant, Observable) else None
        live, figures = self._gallery.live(), self._gallery.figures()
        with self._lock:
            self._tell(Update(plant.now, self._beat, self._state, scene, live, figures, self._changed()))
        self._shown_at = time.monotonic()

    def _tell(self, update: Update) -> None:
        self._latest = update
        if update.alerts:
            self._courier.wake()
        for listener in list(self._listeners):
            if isinstance(attempt("listener", repr(listener), update.at, listener, update), Fault):
                self._listeners.remove(listener)

    def _changed(self) -> list[Alert]:
        self._shown_version, changed = self._book.changed_since(self._shown_version)
        return changed

    def _tell_changes(self) -> None:
        """Let everybody know at once what was done, also when the clock stands still."""
        with self._lock:
            if self._latest is not None:
                self._tell(_with_alerts(self._latest, self._changed()))
        self._courier.wake()

    def _channel_failed(self, name: str, words: str) -> None:
        self._taken_down(Fault("channel", name, words, self._city.state.now))
        self._tell_changes()

    def _taken_down(self, fault: Fault) -> None:
        self._book.open([component_failed(fault, self._status)])

    def _describe(
        self, settings: BrainSettings, registry: Registry, scenario: Scenario, controller: str, twin: str | None
    ) -> About:
        plant = self._city.plant
        return About(
            version=touyan.__version__,
            city=scenario.label(),
            simulated=self._simulated,
            controller=controller,
            mode=settings.brain.mode,
            speed=settings.brain.speed,
            seed=getattr(scenario, "seed", None),
            started_at=plant.now,
            projection=plant.projection if isinstance(plant, Observable) else NOWHERE,
            packs=list(registry.packs),
            refused=[error.message for error in registry.refused],
            twin=twin,
        )


def _make_watch(registry: Registry, plant: Plant, book: AlertBook, status: str, specs: Sequence[RuleSpec]) -> Watch:
    check_city(specs, {entity.type for entity in plant.inventory})
    left_out = {kind.name for kind in registry.all(Detector) if not kind.fits(plant)}
    detectors = registry.fitting(Detector, plant)
    rules = [rule for rule in registry.fitting(Rule, plant) if rule.detector not in left_out]
    return Watch(plant, detectors, rules, book, status, specs, registry.fitting(Forecaster, plant))


def _with_alerts(update: Update, alerts: list[Alert]) -> Update:
    return Update(update.at, update.beat, update.state, update.scene, update.live, update.figures, alerts)
