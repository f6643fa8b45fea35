"""Time is UTC inside and zone-aware at the edge; numbers are SI inside and coded at the edge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touyan.core.errors import NotFoundError
from touyan.core.time import from_iso, to_iso
from touyan.core.units import UNITS, from_si, to_si


def test_a_time_without_a_zone_is_read_in_the_citys_zone() -> None:
    """People write local times, and the city's is the one they mean."""
    assert from_iso("2026-01-05T08:00:00") == from_iso("2026-01-05T00:00:00+00:00")


@given(st.integers(0, 2**32))
def test_a_second_survives_being_written(epoch_s: int) -> None:
    """Records are exchanged as text and must come back as the same moment."""
    assert from_iso(to_iso(epoch_s)) == epoch_s


@given(st.floats(-1e9, 1e9), st.sampled_from(sorted(UNITS)))
def test_units_there_and_back_are_the_same_value(value: float, code: str) -> None:
    """A conversion that loses its way would corrupt every figure at the edge."""
    assert from_si(to_si(value, code), code) == pytest.approx(value)


def test_an_hour_is_3600_seconds_and_a_km_per_hour_a_3_6th() -> None:
    """The factors themselves must be right, not only inverse to one another."""
    assert to_si(1.0, "HUR") == 3600.0
    assert to_si(36.0, "KMH") == pytest.approx(10.0)


def test_an_unknown_unit_code_is_refused() -> None:
    """A guessed unit is worse than none."""
    with pytest.raises(NotFoundError, match="there is no unit code 'KMX'"):
        to_si(1.0, "KMX")
