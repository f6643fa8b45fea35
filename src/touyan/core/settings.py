"""Settings of components, declared once.

From one declaration come the constructor, its checks, the JSON schema, the console's form and the
reference page:

    class SpillBack(Rule):
        "A queue that reaches the start of its lane."
        threshold: float = setting(0.95, at_least=0.0, at_most=1.0, help="Share of the lane that is queue.")
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self, get_type_hints

from .errors import NotFoundError, SettingError

_JSON_TYPES = {float: "number", int: "integer", str: "string", bool: "boolean", Path: "string"}
_REQUIRED = object()


@dataclass(frozen=True)
class Setting:
    """The declaration of one setting; bounds are inclusive."""

    name: str
    type: type
    default: Any
    unit: str
    at_least: float | None
    at_most: float | None
    one_of: tuple[str, ...]
    help: str

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return self.default is _REQUIRED

    def expected(self) -> str:
        """What a good value looks like, in words."""
        if self.one_of:
            return f"one of {', '.join(self.one_of)}"
        words = {float: "a number", int: "a whole number", str: "a text", bool: "true or false", Path: "a path"}[
            self.type
        ]
        if self.at_least is not None:
            words += f" of at least {self.at_least:g}"
        if self.at_most is not None:
            words += f"{' and' if self.at_least is not None else ' of'} at most {self.at_most:g}"
        return words

    def checked(self, component: str, value: Any) -> Any:
        """The value in its declared type; raises SettingError when it breaks the declaration."""
        converted = self._converted(value)
        if converted is None or not self._within_bounds(converted):
            raise SettingError(component, self.name, value, self.expected())
        return converted

    def _converted(self, value: Any) -> Any:
        """The value in the declared type, or None where that would change its meaning."""
        if self.type is bool:
            return {"true": True, "false": False}.get(str(value).lower())
        if isinstance(value, bool):
            return None
        try:
            converted = self.type(value)
        except (TypeError, ValueError):
            return None
        changed = self.type is int and isinstance(value, float) and converted != value
        return None if changed or (self.type is float and math.isnan(converted)) else converted

    def _within_bounds(self, value: Any) -> bool:
        low = self.at_least is None or value >= self.at_least
        high = self.at_most is None or value <= self.at_most
        return low and high and (not self.one_of or value in self.one_of)

    def with_default(self, component: str, value: Any) -> Setting:
        """The same declaration with another default, as an heir gives it by plain assignment."""
        return replace(self, default=self.checked(component, value))

    def schema(self) -> dict[str, Any]:
        """The setting as a JSON schema property (draft 2020-12)."""
        told = {
            "type": _JSON_TYPES[self.type],
            "description": self.help,
            "default": None if self.required else self.default,
            "minimum": self.at_least,
            "maximum": self.at_most,
            "enum": list(self.one_of) or None,
            "unitCode": self.unit or None,
        }
        return {key: value for key, value in told.items() if value is not None}


@dataclass(frozen=True)
class _Declared:
    """What stands after the `=` of a declaration, until the class is made."""

    default: Any
    unit: str
    at_least: float | None
    at_most: float | None
    one_of: tuple[str, ...]
    help: str


def setting(
    default: Any = _REQUIRED,
    *,
    help: str,
    unit: str = "",
    at_least: float | None = None,
    at_most: float | None = None,
    one_of: tuple[str, ...] = (),
) -> Any:
    """Declare a setting; `unit` is a UN/CEFACT code, `help` one sentence."""
    return _Declared(default, unit, at_least, at_most, one_of, help)


class Configurable:
    """A class whose settings are declared once; give values by name."""

    settings: ClassVar[Mapping[str, Setting]] = {}
    name: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in vars(cls):
            cls.name = _kebab(cls.__name__)
        own = {key: value for key, value in vars(cls).items() if isinstance(value, _Declared)}
        types = get_type_hints(cls) if own else {}
        made = {key: _declaration(cls, key, types.get(key), value) for key, value in own.items()}
        plain = {key: value for key, value in vars(cls).items() if key in cls.settings and key not in own}
        made |= {key: cls.settings[key].with_default(cls.name, value) for key, value in plain.items()}
        for key in made:
            delattr(cls, key)
        cls.settings = {**cls.settings, **made}

    def __init__(self, **values: Any) -> None:
        self._refuse_unknown(values)
        for name, declared in self.settings.items():
            if name in values:
                value = declared.checked(self.name, values[name])
            elif declared.required:
                raise SettingError(self.name, name, "nothing", declared.expected())
            else:
                value = declared.default
            setattr(self, name, value)

    def _refuse_unknown(self, values: Mapping[str, Any]) -> None:
        for name in values:
            if name not in self.settings:
                raise NotFoundError(f"setting of {self.name}", name, self.settings)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """All settings as one JSON schema object (draft 2020-12)."""
        return {
            "type": "object",
            "title": cls.name,
            "description": cls.summary(),
            "properties": {name: declared.schema() for name, declared in cls.settings.items()},
            "required": [name for name, declared in cls.settings.items() if declared.required],
            "additionalProperties": False,
        }

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring: what the component is for."""
        return (cls.__doc__ or "").strip().partition("\n")[0]

    @classmethod
    def from_spec(cls, argument: str) -> Self:
        """Made from the text after the colon of `name:argument`, the value of the first setting."""
        if not argument:
            return cls()
        if not cls.settings:
            raise SettingError(cls.name, "argument", argument, "nothing after the colon")
        return cls(**{next(iter(cls.settings)): argument})

    def values(self) -> dict[str, Any]:
        """The settings in force."""
        return {name: getattr(self, name) for name in self.settings}

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.values().items())
        return f"{type(self).__name__}({told})"


def _declaration(owner: type, name: str, declared_type: Any, declared: _Declared) -> Setting:
    """The finished declaration; a mistake in it is a programming error."""
    if declared_type not in _JSON_TYPES:
        raise TypeError(f"{owner.__name__}.{name}: a setting is a float, int, str, bool or Path, not {declared_type}")
    return Setting(name, declared_type, **vars(declared))


def _kebab(name: str) -> str:
    """MaxPressure → max-pressure."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")
