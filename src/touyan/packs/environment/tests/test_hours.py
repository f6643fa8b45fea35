"""Hourly files: what is read, and what is kept out and counted."""

from __future__ import annotations

import lzma
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from touyan.core.errors import InputError
from touyan.core.time import to_iso
from touyan.packs.environment.air_index import CO, PM10, PM25
from touyan.packs.environment.hours import FROM, AirHours, read_hours

HEADER = "year,month,day,hour,PM2.5,station"


def read(tmp_path: Path, header: str, rows: Iterable[str], zone: str = "Asia/Shanghai") -> AirHours:
    """The hours of one small file."""
    file = tmp_path / "hours.csv"
    file.write_text("\n".join([header, *rows]), encoding="utf-8")
    return read_hours([file], ZoneInfo(zone))


def test_hours_come_to_their_place_in_utc(tmp_path: Path) -> None:
    """Local midnight in Beijing is 16:00 of the day before; gaps stay gaps."""
    hours = read(tmp_path, HEADER, ["2016,3,1,0,10,A", "2016,3,1,2,30,A", "2016,3,1,1,20,B"])
    assert hours.stations == ("A", "B")
    assert to_iso(hours.starts_at) == "2016-03-01T00:00:00+08:00"
    np.testing.assert_array_equal(hours.columns[PM25], [[10, np.nan, 30], [np.nan, 20, np.nan]])
    assert hours.hour_of("2016-03-01T02:00") == 2
    assert not hours.kept_out


def test_compressed_files_and_points_of_the_compass_are_read(tmp_path: Path) -> None:
    """The public files come so."""
    file = tmp_path / "hours.csv.xz"
    text = "year,month,day,hour,PM2.5,CO,wd,station\n2016,3,1,0,4,200,ENE,A\n2016,3,1,1,NA,NA,NA,A\n"
    file.write_bytes(lzma.compress(text.encode()))
    hours = read_hours([file])
    assert hours.columns[CO][0, 0] == 200
    assert hours.columns[FROM][0, 0] == 67.5
    assert np.isnan(hours.columns[FROM][0, 1])


def test_negative_and_absurd_values_are_kept_out_and_counted(tmp_path: Path) -> None:
    """Each is named by station, quantity and reason, so that somebody can mend the instrument."""
    hours = read(tmp_path, HEADER, ["2016,3,1,0,-3,A", "2016,3,1,1,99999,A", "2016,3,1,2,12,A", "2016,3,1,0,5,B"])
    assert hours.kept_out == {("A", PM25, "negative"): 1, ("A", PM25, "absurd"): 1}
    np.testing.assert_array_equal(hours.columns[PM25][0], [np.nan, np.nan, 12])


def test_parts_a_billion_are_no_micrograms(tmp_path: Path) -> None:
    """Twice the value, say, would become an alert; a unit that cannot be converted keeps the column out."""
    header = "year,month,day,hour,PM2.5,CO [mg/m3],NO2 [ppb],station"
    hours = read(tmp_path, header, ["2016,3,1,0,10,1.5,40,A", "2016,3,1,1,10,1.5,41,A"])
    assert hours.kept_out == {("A", "no2", "wrong unit"): 2}
    assert hours.columns[CO][0, 0] == 1500
    assert np.isnan(hours.columns["no2"]).all()


def test_the_second_report_of_an_hour_is_kept_out(tmp_path: Path) -> None:
    """Two truths for one hour are none; the first stays, as history keeps what it has told."""
    hours = read(tmp_path, HEADER, ["2016,3,1,0,10,A", "2016,3,1,0,99,A"])
    assert hours.kept_out == {("A", "", "duplicate hour"): 1}
    assert hours.columns[PM25][0, 0] == 10


def test_summer_time_has_an_hour_twice_and_an_hour_never(tmp_path: Path) -> None:
    """Rome, 2016: 02:00 twice on 30 October, never on 27 March; Beijing knows no such thing."""
    autumn = [f"2016,10,30,{hour},{value},A" for hour, value in ((1, 1), (2, 2), (2, 3), (3, 4))]
    hours = read(tmp_path, HEADER, autumn, "Europe/Rome")
    np.testing.assert_array_equal(hours.columns[PM25][0], [1, 2, 3, 4])
    assert not hours.kept_out
    spring = read(tmp_path, HEADER, ["2016,3,27,1,1,A", "2016,3,27,2,2,A", "2016,3,27,3,3,A"], "Europe/Rome")
    np.testing.assert_array_equal(spring.columns[PM25][0], [1, 3])
    assert spring.kept_out == {("A", "", "no such hour"): 1}


def test_times_with_a_zone_are_taken_as_they_are(tmp_path: Path) -> None:
    """An offset says more than any setting."""
    hours = read(tmp_path, "time,PM2.5,PM10,station", ["2016-03-01T00:00:00+00:00,1,2,A"])
    assert to_iso(hours.starts_at) == "2016-03-01T08:00:00+08:00"
    assert hours.columns[PM10][0, 0] == 2


@pytest.mark.parametrize(
    ("header", "row", "found"),
    [
        ("year,month,day,hour,PM2.5", "2016,3,1,0,4", "no column 'station'"),
        ("year,month,day,PM2.5,station", "2016,3,1,4,A", "no column"),
        ("year,month,day,hour,PM10,station", "2016,3,1,0,4,A", "no column 'PM2.5'"),
        (HEADER, "2016,13,1,0,4,A", "a time that is none"),
    ],
)
def test_a_missing_column_or_a_bad_time_is_refused_by_name(tmp_path: Path, header: str, row: str, found: str) -> None:
    """Guessing which column was meant would be a guess about the air."""
    with pytest.raises(InputError, match=r"hours\.csv") as refused:
        read(tmp_path, header, [row])
    assert found in refused.value.found
