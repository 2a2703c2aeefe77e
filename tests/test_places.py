"""Zones as people look for them: the database's own names are found by parts, and none is guessed."""

from zoneinfo import available_timezones

import pytest

from cfusage_lab.errors import ConfigError
from cfusage_lab.ranges import zone
from cfusage_lab.ranges.places import place_meant, places

REGIONS = {
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
}


def test_places_are_those_of_regions_in_order() -> None:
    found = places()

    assert found == sorted(found)
    assert {name.partition("/")[0] for name in found} == REGIONS
    assert {"Europe/Berlin", "America/Argentina/Buenos_Aires"} < set(found) <= available_timezones()
    assert {"UTC", "US/Eastern", "Etc/GMT+1"}.isdisjoint(found)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("UTC", "UTC"),
        ("US/Eastern", "US/Eastern"),
        ("berlin", "Europe/Berlin"),
        (" New York ", "America/New_York"),
        ("kolk", "Asia/Kolkata"),
        ("rome", "Europe/Rome"),
    ],
)
def test_a_city_or_a_part_of_one_name_is_enough(written: str, meant: str) -> None:
    assert zone(place_meant(written, places())).key == meant


def test_a_part_of_several_lists_some_of_them() -> None:
    with pytest.raises(ConfigError, match=r"^'america' is a part of \d+ time zones: America/Adak, .*, …$"):
        place_meant("america", places())
    with pytest.raises(ConfigError, match=r"^'a/b' is a part of 2 time zones: a/b1, a/b2$"):
        place_meant("a/b", ["a/b1", "a/b2", "c"])


@pytest.mark.parametrize("written", ["", "  ", "Atlantis", "/etc/passwd"])
def test_what_is_no_part_of_any_is_refused(written: str) -> None:
    with pytest.raises(ConfigError, match="there is no time zone"):
        place_meant(written, places())
