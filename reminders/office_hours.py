"""When messages may go out: on working days in the Netherlands, in office hours."""

import datetime as dt
from functools import cache

import holidays
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language

OPENS, CLOSES = dt.time(9), dt.time(17)
FRIDAY = 4


def is_office_hour(moment: dt.datetime) -> bool:
    """Whether the moment falls in Dutch office hours: Monday to Friday, 9 to 17, no public holiday.

    The hours are those of the clock in the Netherlands, in summer and in winter.
    """
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return is_working_day(local.date()) and OPENS <= local.time() < CLOSES


def is_working_day(day: dt.date) -> bool:
    """Whether the day is Monday to Friday and no public holiday."""
    return day.weekday() <= FRIDAY and day not in _public_holidays(day.year)


def name_of_day_off(day: dt.date) -> str:
    """The public holiday or the day of the weekend that the day is, in words; empty on a working day."""
    if is_working_day(day):
        return ""
    language = "nl" if get_language() == "nl" else "en_US"
    return holidays.country_holidays("NL", years=day.year, language=language).get(day) or date_format(
        day, "l"
    )


def working_day_from(day: dt.date) -> dt.date:
    """The day itself where it is a working day, else the next one that is."""
    while not is_working_day(day):
        day += dt.timedelta(days=1)
    return day


def comes_round(weekday: int | None, day: dt.date) -> bool:
    """Whether who wants messages on this weekday (0: Monday; None: any) gets them on the day.

    Where the weekday is no working day, the next working day stands in for it.
    """
    if weekday is None or day.weekday() == weekday:
        return True
    before = day - dt.timedelta(days=1)
    while not is_working_day(before):
        if before.weekday() == weekday:
            return True
        before -= dt.timedelta(days=1)
    return False


@cache
def _public_holidays(year: int) -> frozenset[dt.date]:
    """The public holidays of a year in the Netherlands."""
    return frozenset(holidays.country_holidays("NL", years=year))
