"""Settings declared once: constructor, checks, schema and words come from the one declaration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.errors import NotFoundError, SettingError
from touyan.core.settings import Configurable, setting


class Kettle(Configurable):
    """Boils water."""

    litres: float = setting(1.0, unit="LTR", at_least=0.1, at_most=2.0, help="How much water.")
    cups: int = setting(4, at_least=1, help="How many cups.")
    colour: str = setting("red", one_of=("red", "blue"), help="Colour of the lid.")
    whistles: bool = setting(True, help="Whether it is heard.")


class Stove(Configurable):
    """Heats."""

    fuel: str = setting(help="What it burns.")


class GasStove(Stove):
    """Heats with gas."""

    bottle: Path = setting(Path("bottle"), help="Where the gas is.")


def test_settings_not_given_have_their_default() -> None:
    """A component must work without being told anything that has a default."""
    assert Kettle().values() == {"litres": 1.0, "cups": 4, "colour": "red", "whistles": True}


@pytest.mark.parametrize(
    ("given_values", "expected"),
    [
        ({"litres": 5}, "a number of at least 0.1 and at most 2"),
        ({"litres": float("nan")}, "a number of at least 0.1 and at most 2"),
        ({"litres": True}, "a number of at least 0.1 and at most 2"),
        ({"cups": 1.5}, "a whole number of at least 1"),
        ({"cups": "many"}, "a whole number of at least 1"),
        ({"colour": "green"}, "one of red, blue"),
        ({"whistles": "sometimes"}, "true or false"),
    ],
)
def test_a_value_that_breaks_its_declaration_is_refused_in_words(given_values: dict[str, Any], expected: str) -> None:
    """The person who wrote the value must read what would be right."""
    with pytest.raises(SettingError) as caught:
        Kettle(**given_values)
    assert caught.value.expected == expected
    assert str(caught.value).startswith(f"kettle.{next(iter(given_values))}: found ")


def test_an_unknown_setting_is_refused_with_the_nearest() -> None:
    """A misspelt setting that is silently ignored is the worst kind of mistake."""
    with pytest.raises(NotFoundError) as caught:
        Kettle(litre=1)
    assert caught.value.hint == "did you mean 'litres'?"


def test_a_required_setting_must_be_given() -> None:
    """Without a sensible default, guessing would hide the omission."""
    with pytest.raises(SettingError, match="found 'nothing'; expected a text"):
        Stove()


def test_settings_are_inherited_before_own_ones() -> None:
    """A family of components declares what they share once."""
    assert list(GasStove.settings) == ["fuel", "bottle"]
    assert list(Stove.settings) == ["fuel"]


def test_the_schema_says_what_the_checks_ask() -> None:
    """Forms and checks must never disagree, so both come from one declaration."""
    schema = GasStove.schema()
    assert schema["required"] == ["fuel"]
    litres = Kettle.schema()["properties"]["litres"]
    assert litres == {
        "type": "number",
        "description": "How much water.",
        "default": 1.0,
        "minimum": 0.1,
        "maximum": 2.0,
        "unitCode": "LTR",
    }


def test_the_argument_of_a_spec_is_the_first_setting() -> None:
    """`kettle:1.5` on a command line must mean what a reader expects."""
    assert Kettle.from_spec("1.5").values()["litres"] == 1.5
    assert Kettle.from_spec("").values()["litres"] == 1.0


def test_an_argument_for_a_component_without_settings_is_refused() -> None:
    """Dropping it silently would run something else than was asked."""

    class Bell(Configurable):
        """Rings."""

    with pytest.raises(SettingError, match="nothing after the colon"):
        Bell.from_spec("loud")


def test_a_setting_of_another_type_is_a_programming_error() -> None:
    """The schema has no word for it, so the mistake must show at import."""
    with pytest.raises(TypeError, match="a setting is a float, int, str, bool or Path"):

        class Pot(Configurable):
            """Holds."""

            lids: list[str] = setting([], help="All lids.")


def test_names_are_the_class_in_kebab_case() -> None:
    """Names in files and commands follow from the class, so that they never drift apart."""
    assert GasStove.name == "gas-stove"


@given(st.floats(0.1, 2.0), st.integers(1, 10**6))
def test_values_survive_being_written_as_text(litres: float, cups: int) -> None:
    """The environment gives text only, and must mean the same as the file."""
    assert Kettle(litres=repr(litres), cups=str(cups)).values() == Kettle(litres=litres, cups=cups).values()


def test_an_heir_may_give_an_inherited_setting_another_default() -> None:
    """`threshold = 0.5` in a rule of a pack is what authors write; it must count, and be checked."""

    class Base(Configurable):
        """A component with a share."""

        share: float = setting(0.9, at_least=0.0, at_most=1.0, help="A share.")

    class Heir(Base):
        """The same with another default."""

        share = 0.5

    assert Heir().share == 0.5
    assert Base().share == 0.9
    assert Heir(share=0.7).share == 0.7
    with pytest.raises(SettingError, match="share"):
        type("Wrong", (Base,), {"share": 2.0})
