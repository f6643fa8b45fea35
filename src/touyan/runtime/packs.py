"""Packs: found by folder or entry point, kept to the contract, their code loaded on first use.

A pack that does not keep the contract is refused by name; the rest of the brain goes on.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, NamedTuple, TypeVar, cast

import touyan
from touyan.core.components import Component
from touyan.core.errors import InputError, NotFoundError, PackError, SettingError
from touyan.core.protocols import Plant

from . import manifests
from .contract import CONTRACT, KINDS, breaches, defined_in
from .manifests import Manifest, read_manifest
from .settings import BrainSettings, Given

C = TypeVar("C", bound=Component)

OWN_FOLDER = Path(touyan.__file__).parent / "packs"
ENTRY_POINTS = "touyan.packs"

_logger = logging.getLogger(__name__)


@dataclass
class Pack:
    """One folder of knowledge; `package` is the module that its files belong to."""

    manifest: Manifest
    folder: Path
    package: str
    _loaded: dict[str, list[type[Component]]] = field(default_factory=dict)
    _loading: RLock = field(default_factory=RLock)  # runs side by side ask for components at the same time

    @property
    def name(self) -> str:
        """The name in the manifest, which is the folder's."""
        return self.manifest.name

    @property
    def files(self) -> list[str]:
        """The files of the contract that the pack has."""
        return [name for name in CONTRACT if (self.folder / f"{name}.py").is_file()]

    def components(self, kind: type[C]) -> list[type[C]]:
        """The components of a kind, imported on first use; raises PackError."""
        wanted = [name for name in self.files if issubclass(CONTRACT[name], kind)]
        return [cast(type[C], component) for name in wanted for component in self._of_file(name)]

    def _of_file(self, name: str) -> list[type[Component]]:
        with self._loading:
            if name not in self._loaded:
                found = defined_in(self._module(name))
                self._check(found, name)
                self._loaded[name] = found
            return self._loaded[name]

    def _module(self, name: str) -> ModuleType:
        try:
            return importlib.import_module(f"{self.package}.{name}")
        except (Exception, SystemExit) as error:
            _logger.warning("pack %s: %s.py cannot be imported", self.name, name, exc_info=True)
            reason = f"{name}.py cannot be imported: {type(error).__name__}: {error}"
            raise PackError(self.name, reason, "run touyan doctor --debug to see where") from error

    def _check(self, found: list[type[Component]], name: str) -> None:
        taken = {component.name for others in self._loaded.values() for component in others}
        for component in found:
            for breach in breaches(component, CONTRACT[name]):
                raise PackError(self.name, f"{name}.py: {breach}", "see how to write a pack in the documentation")
            if component.name in taken:
                raise PackError(self.name, f"{name}.py: the name {component.name!r} is taken", "rename one of the two")
            taken.add(component.name)


class Registry:
    """The packs of one brain, and the way to each of their components."""

    def __init__(self, packs: Mapping[str, Pack], refused: list[PackError], given: tuple[Given, ...] = ()) -> None:
        self.packs = dict(packs)
        self.refused = refused
        self.kinds = KINDS
        self._given = given
        self._refuse_dependants()
        for value in given:
            self._check_given(value)

    def all(self, kind: type[C]) -> list[type[C]]:
        """All components of a kind, pack by pack; a pack that breaks is refused and left out."""
        return [component for pack in list(self.packs.values()) for component in self._components(pack, kind)]

    def fitting(self, kind: type[C], plant: Plant) -> list[C]:
        """The components of a kind that have something to do in a city, made with the settings in force."""
        return [self.make(component) for component in self.all(kind) if component.fits(plant)]

    def component(self, kind: type[C], spec: str, overrides: Mapping[str, Any] | None = None) -> C:
        """The component that `name`, `pack/name` or `name:argument` asks for, with the settings in force.

        The argument is the value of its first setting; raises NotFoundError with the nearest name.
        """
        name, _, argument = spec.partition(":")
        found = self.find(kind, name)
        if argument and not found.settings:
            return found.from_spec(argument)
        first = {next(iter(found.settings)): argument} if argument else {}
        return self.make(found, {**first, **(overrides or {})})

    def make(self, component: type[C], overrides: Mapping[str, Any] | None = None) -> C:
        """A component with the settings in force, those of `overrides` above them."""
        pack = self.pack_of(component).name
        given = {value.path[3]: value.value for value in self._given if value.path[1:3] == (pack, component.name)}
        return component(**{**given, **(overrides or {})})

    def demo_of(self, name: str) -> str:
        """The scenario that a pack shows itself by; raises NotFoundError for a pack without one."""
        shown = {pack.name: pack.manifest.demo for pack in self.packs.values() if pack.manifest.demo}
        if name not in shown:
            raise NotFoundError("pack with a city to show", name, shown)
        return f"{name}/{shown[name]}"

    def find(self, kind: type[C], name: str) -> type[C]:
        """The component of a kind called `name` or `pack/name`; raises NotFoundError."""
        known = {f"{self.pack_of(component).name}/{component.name}": component for component in self.all(kind)}
        found = [full for full in known if name in (full, full.partition("/")[2])]
        word = kind.kind or "component"
        if not found:
            raise NotFoundError(word, name, known if "/" in name else {full.partition("/")[2] for full in known})
        if len(found) > 1:
            raise NotFoundError(f"single {word}", name, found)
        return known[found[0]]

    def pack_of(self, component: type[Component]) -> Pack:
        """The pack that defines a component; raises NotFoundError."""
        package = component.__module__.rpartition(".")[0]
        for pack in self.packs.values():
            if pack.package == package:
                return pack
        raise NotFoundError("pack of component", component.name, self.packs)

    def _components(self, pack: Pack, kind: type[C]) -> list[type[C]]:
        try:
            return pack.components(kind)
        except PackError as error:
            self._refuse(error)
            return []

    def _refuse(self, error: PackError) -> None:
        _logger.warning("%s", error)
        self.refused.append(error)
        self.packs.pop(error.pack, None)
        self._refuse_dependants()

    def _refuse_dependants(self) -> None:
        """Refuse, one after another, packs that need one that is not here."""
        for pack in list(self.packs.values()):
            absent = [name for name in pack.manifest.needs if name not in self.packs]
            if absent and pack.name in self.packs:
                self._refuse(PackError(pack.name, f"it needs the pack {absent[0]!r}, which is not here"))

    def _check_given(self, given: Given) -> None:
        """Refuse settings of a component that does not exist or that break its declaration."""
        _, pack, name, key = given.path
        if pack in {error.pack for error in self.refused}:
            return
        if pack not in self.packs:
            raise given.unknown("pack", pack, self.packs)
        components = {component.name: component for component in self._components(self.packs[pack], Component)}
        if name not in components:
            raise given.unknown("component", name, components)
        if key not in components[name].settings:
            raise given.unknown("setting", key, components[name].settings)
        try:
            components[name].settings[key].checked(name, given.value)
        except SettingError as error:
            raise given.refusal(repr(error.found), error.expected) from None


def load_packs(settings: BrainSettings) -> Registry:
    """The packs of the package, of the folders given and of the packages installed."""
    packs: dict[str, Pack] = {}
    refused: list[PackError] = []
    for place in [*_own(), *_in_folders(settings.packs.paths), *_installed(refused)]:
        try:
            pack = _pack(place, packs)
        except PackError as error:
            _logger.warning("%s", error)
            refused.append(error)
        else:
            packs[pack.name] = pack
    return Registry(packs, refused, settings.components)


def load_pack(folder: Path) -> Registry:
    """The pack of one folder alone, as its tests want it; raises PackError."""
    folder = folder.resolve()
    own = [place for place in _own() if place.folder.resolve() == folder]
    outside = _Place(folder.name, folder, f"{_namespace(folder.parent)}.{folder.name}")
    pack = _pack(own[0] if own else outside, {})
    return Registry({pack.name: pack}, [])


class _Place(NamedTuple):
    """Where a pack was found: the name that it must bear, its folder and its module."""

    name: str
    folder: Path
    package: str


def _pack(place: _Place, known: Mapping[str, Pack]) -> Pack:
    """A pack whose manifest and files keep the contract; its code is not imported."""
    pack = Pack(read_manifest(place.folder, place.name), place.folder, place.package)
    if not pack.files:
        raise PackError(pack.name, "it has no component file", f"write one of {', '.join(f'{n}.py' for n in CONTRACT)}")
    if pack.name in known:
        raise PackError(pack.name, f"{known[pack.name].folder} has the same name", "rename one of the two")
    return pack


def _own() -> Iterator[_Place]:
    for folder in _subfolders(OWN_FOLDER):
        yield _Place(folder.name, folder, f"touyan.packs.{folder.name}")


def _in_folders(folders: list[Path]) -> Iterator[_Place]:
    """Packs in folders of the user's; a folder that is itself a pack counts as one."""
    for folder in folders:
        if not folder.is_dir():
            raise InputError("settings", "packs.folders", f"no folder at {folder}", "a folder that holds packs")
        found = [folder.resolve()] if (folder / manifests.FILE_NAME).is_file() else _subfolders(folder.resolve())
        for pack in found:
            yield _Place(pack.name, pack, f"{_namespace(pack.parent)}.{pack.name}")


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] not in "._")


def _namespace(folder: Path) -> str:
    """The name of a package that is the folder, so that packs of other folders never meet."""
    name = f"touyan_packs_{zlib.crc32(str(folder).encode()):08x}"
    if name not in sys.modules:
        module = ModuleType(name)
        module.__path__ = [str(folder)]
        sys.modules[name] = module
    importlib.invalidate_caches()
    return name


def _installed(refused: list[PackError]) -> Iterator[_Place]:
    """Packs that installed packages announce; their code is not imported."""
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            spec = importlib.util.find_spec(entry.value)
        except (ImportError, ValueError):
            spec = None
        places = spec.submodule_search_locations if spec else None
        if places:
            yield _Place(entry.name, Path(next(iter(places))), entry.value)
        else:
            refused.append(PackError(entry.name, f"there is no package {entry.value!r}", "install the package again"))
