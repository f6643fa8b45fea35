"""The newest of everything, encoded once for all clients, and what one client has still to get."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec

from touyan.core.alerts import Alert
from touyan.runtime.view import Update

from .answers import alert_answer, figure_answer
from .frames import encode_positions

POSITIONS_EVERY_S = 0.5
FIGURES_EVERY_S = 1.0

Message = str | bytes
Live = dict[str, dict[str, float]]


class Board:
    """One update as all clients get it; `heard` is the wall time (monotonic s) at which it came."""

    def __init__(self, update: Update | None, heard: float) -> None:
        self.update = update
        self.heard = heard

    @cached_property
    def positions(self) -> bytes | None:
        """The binary frame; None where nothing moves in sight."""
        if self.update is None or self.update.scene is None:
            return None
        return encode_positions(self.update.scene, self.update.beat)

    @cached_property
    def _figures(self) -> list[dict[str, Any]]:
        return [] if self.update is None else [figure_answer(figure) for figure in self.update.figures]

    def figures(self, now: float) -> str:
        """The message with figures, state and age of the data."""
        update = self.update
        return message(
            "figures",
            at=None if update is None else update.at,
            beat=None if update is None else update.beat,
            state="starting" if update is None else update.state,
            age_s=round(now - self.heard, 2),
            figures=self._figures,
        )


class Backlog:
    """What one client has still to get: newest wins, save for alerts, of which none is lost."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._alerts: dict[str, Alert] = {}
        self._live: Live = {}
        self._positions_new = self._figures_new = True
        self._positions_due = self._figures_due = float("-inf")

    def show(self, board: Board) -> None:
        """A newer board; what was not sent of the last one never will be."""
        self._board = board
        self._positions_new = self._figures_new = True

    def add_alert(self, alert: Alert) -> None:
        """An alert that changed."""
        keep_newer(self._alerts, alert)

    def take(self, now: float) -> list[Message]:
        """The messages due now (monotonic s), in order."""
        messages: list[Message] = []
        if self._alerts:
            messages.append(alerts_message(list(self._alerts.values()), everything=False))
            self._alerts = {}
        if self._figures_new and now >= self._figures_due:
            messages.append(self._board.figures(now))
            self._figures_new, self._figures_due = False, now + FIGURES_EVERY_S
        if self._positions_new and now >= self._positions_due:
            messages.extend(self._moving())
            self._positions_new, self._positions_due = False, now + POSITIONS_EVERY_S
        return messages

    def rest(self, now: float) -> float | None:
        """Seconds until something is due; None when all is sent."""
        due = [self._positions_due] * self._positions_new + [self._figures_due] * self._figures_new
        return max(0.0, min(due) - now) if due else None

    def _moving(self) -> list[Message]:
        update, positions = self._board.update, self._board.positions
        messages: list[Message] = [] if positions is None else [positions]
        if update is not None:
            changed = live_changes(self._live, update.live)
            messages += [message("live", at=update.at, layers=changed)] if changed else []
            self._live = update.live
        return messages


def live_changes(old: Live, new: Live) -> dict[str, dict[str, float | None]]:
    """The values that differ, layer by layer; None for those that are gone."""
    changed: dict[str, dict[str, float | None]] = {}
    for layer in old.keys() | new.keys():
        before, after = old.get(layer, {}), new.get(layer, {})
        values: dict[str, float | None] = {name: value for name, value in after.items() if before.get(name) != value}
        values.update(dict.fromkeys(before.keys() - after.keys()))
        if values:
            changed[layer] = values
    return changed


def keep_newer(alerts: dict[str, Alert], alert: Alert) -> None:
    """Put an alert in, unless what is there has more on its log: a beat may be older than a click."""
    known = alerts.get(alert.identifier)
    if known is None or len(known.log) <= len(alert.log):
        alerts[alert.identifier] = alert


def alerts_message(alerts: list[Alert], *, everything: bool) -> str:
    """The message with alerts: all of them, or those that changed."""
    return message("alerts", all=everything, alerts=[alert_answer(alert) for alert in alerts])


def message(topic: str, **content: Any) -> str:
    """One JSON text frame."""
    body: Mapping[str, Any] = {"topic": topic, **content}
    return msgspec.json.encode(body).decode()
