"""The errors that a caller can act on.

TouyanError
  ├─ InputError        a file or message that cannot be used: file, place, found, expected
  ├─ NotFoundError     an unknown name, with the nearest known one
  ├─ SettingError      a setting of a component that breaks its declaration
  ├─ PackError         a pack that does not keep the contract
  ├─ StaleActionError  somebody else already moved this alert or command on
  ├─ CommandRefused    the guard's answer to an unsafe command, with the rule's name
  ├─ PortInUseError    the address to listen on is taken
  ├─ StorageFullError  what was sent cannot be stored; what was acknowledged is safe
  ├─ BusyError         more comes in than can be stored; the same may be sent later
  ├─ MissingPackageError  something optional is not installed: what to install
  ├─ BrokerError       the broker's answer to a request that it cannot take
  └─ BrokenWorldError  a simulated world that breaks its own laws: time, place, thing, found
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class TouyanError(Exception):
    """Something the user can put right; `hint` says how."""

    code = "error"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(TouyanError):
    """A file or message that cannot be used."""

    code = "invalid-input"

    def __init__(self, file: str, place: str, found: str, expected: str) -> None:
        where = f"{file}: at {place}" if place else file
        super().__init__(f"{where}: found {found}; expected {expected}", hint=f"correct {file} and run again")
        self.file, self.place, self.found, self.expected = file, place, found, expected


class NotFoundError(TouyanError):
    """A name that nothing bears."""

    code = "not-found"

    def __init__(self, kind: str, name: str, known: Iterable[str] = ()) -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {_listed(names)}"
        super().__init__(f"there is no {kind} {name!r}", hint)
        self.kind, self.name = kind, name


class SettingError(TouyanError):
    """A setting whose value breaks its declaration."""

    code = "invalid-setting"

    def __init__(self, component: str, setting: str, found: object, expected: str) -> None:
        super().__init__(f"{component}.{setting}: found {found!r}; expected {expected}", f"correct {setting}")
        self.component, self.setting, self.found, self.expected = component, setting, found, expected


class PackError(TouyanError):
    """A pack that does not keep the contract; the rest of the brain goes on."""

    code = "pack-refused"

    def __init__(self, pack: str, reason: str, hint: str = "") -> None:
        super().__init__(f"pack {pack!r} is refused: {reason}", hint)
        self.pack, self.reason = pack, reason


class StaleActionError(TouyanError):
    """An action on something that another person has already moved on."""

    code = "stale-action"

    def __init__(self, what: str, state: str, who: str, when: str) -> None:
        super().__init__(f"{what} is already {state} (by {who}, {when})", "reload and look again")
        self.what, self.state, self.who, self.when = what, state, who, when


class CommandRefused(TouyanError):
    """The guard's answer to a command that would be unsafe."""

    code = "command-refused"

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(f"refused by {rule}: {reason}", "the crossing goes on with its last safe plan")
        self.rule, self.reason = rule, reason


class PortInUseError(TouyanError):
    """The address to listen on is taken."""

    code = "port-in-use"

    def __init__(self, host: str, port: int, free: int) -> None:
        super().__init__(f"port {port} on {host} is in use", f"port {free} is free: add --port {free}")
        self.host, self.port, self.free = host, port, free


class StorageFullError(TouyanError):
    """Something cannot be stored, mostly because the disk is full; reading goes on."""

    code = "storage-full"

    def __init__(self, place: str, reason: str) -> None:
        hint = "free some space and send it again; what was acknowledged before is safe"
        super().__init__(f"{place}: it cannot be stored: {reason}", hint)
        self.place, self.reason = place, reason


class BusyError(TouyanError):
    """More comes in than can be stored at the moment."""

    code = "busy"

    def __init__(self, what: str, waiting: int) -> None:
        super().__init__(f"{what}: {waiting} messages wait to be stored already", "send it again in a few seconds")
        self.what, self.waiting = what, waiting


class MissingPackageError(TouyanError):
    """Something optional is not installed."""

    code = "missing-package"

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"this needs the package {package}", f"pip install 'touyan[{extra}]'")
        self.package, self.extra = package, extra


class BrokenWorldError(TouyanError):
    """A simulated world that breaks its own laws."""

    code = "broken-world"

    def __init__(self, at_s: float, place: str, thing: str, found: str) -> None:
        super().__init__(
            f"after {at_s:g} s, {place}: {thing} {found}",
            "report it with the city's files, settings and seed; without --strict the run goes on",
        )
        self.at_s, self.place, self.thing, self.found = at_s, place, thing, found


class BrokerError(TouyanError):
    """The broker's answer to a request that it cannot take.

    `kind` is the NGSI-LD error type (ETSI GS CIM 009, clause 5.5.2).
    """

    code = "broker-refused"

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail, "correct the request and send it again")
        self.kind = kind


def _listed(names: list[str], most: int = 12) -> str:
    """The first names, and how many there are when not all are told."""
    more = f" … ({len(names)} in all)" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + more
