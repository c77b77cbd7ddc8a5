"""Messages go out on Dutch working days, by the clock in the Netherlands."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from reminders.office_hours import is_office_hour, is_working_day, working_day_from

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-24 08:59:59", False),
        ("2026-11-24 09:00", True),
        ("2026-11-24 16:59:59", True),
        ("2026-11-24 17:00", False),
        ("2026-11-27 16:00", True),  # Friday
        ("2026-11-28 10:00", False),
        ("2026-11-29 10:00", False),
    ],
)
def test_from_nine_to_five_on_weekdays(moment: str, is_open: bool) -> None:
    assert is_office_hour(local(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-27 08:00", True),  # Friday in winter time: 9 o'clock
        ("2026-03-30 06:59", False),  # Monday in summer time: 8:59
        ("2026-03-30 07:00", True),
        ("2026-10-23 07:00", True),  # Friday in summer time
        ("2026-10-26 07:00", False),  # Monday in winter time: 8 o'clock
        ("2026-10-26 08:00", True),
        ("2026-03-29 01:00", False),  # the hour that does not exist, on a Sunday
        ("2028-02-29 08:00", True),  # a leap day
    ],
)
def test_goes_by_the_clock_in_the_netherlands(moment: str, is_open: bool) -> None:
    assert is_office_hour(utc(moment)) is is_open


@pytest.mark.parametrize(
    "day",
    [
        "2027-01-01",  # New Year's Day
        "2027-03-29",  # Easter Monday
        "2026-04-27",  # King's Day
        "2026-05-14",  # Ascension Day
        "2026-05-25",  # Whit Monday
        "2025-05-05",  # Liberation Day, a public holiday every five years
        "2026-12-25",
    ],
)
def test_not_on_public_holidays(day: str) -> None:
    assert not is_working_day(dt.date.fromisoformat(day))
    assert not is_office_hour(local(f"{day} 11:00"))


def test_liberation_day_is_a_working_day_in_other_years() -> None:
    assert is_working_day(dt.date(2026, 5, 5))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-24", "2026-11-24"),
        ("2026-11-28", "2026-11-30"),
        ("2026-12-25", "2026-12-28"),  # Friday and Saturday are holidays, then Sunday
        ("2026-12-31", "2026-12-31"),
        ("2027-01-01", "2027-01-04"),
    ],
)
def test_the_next_working_day(day: str, expected: str) -> None:
    assert working_day_from(dt.date.fromisoformat(day)) == dt.date.fromisoformat(expected)
