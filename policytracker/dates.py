"""Days and moments. A day is a day in the Netherlands; moments are stored in UTC."""

import datetime as dt

from django.utils import timezone


def today() -> dt.date:
    """The current day in the Netherlands."""
    return timezone.localdate()


def end_of_day(day: dt.date) -> dt.datetime:
    """The first moment that no longer belongs to `day`: the following midnight in the Netherlands."""
    following = dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min)
    return timezone.make_aware(following)


def local_day(moment: dt.datetime) -> dt.date:
    """The day in the Netherlands on which the moment falls."""
    return timezone.localdate(moment)
