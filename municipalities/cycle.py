"""The cycle of four years that starts with a council's election, and where each municipality stands in it.

A new council may set new priorities, so that whatever the register knows of the old one is asked again.
"""

import datetime as dt

from django.db.models import DateField, Q, QuerySet, Value
from django.db.models.expressions import Case, When

from municipalities.models import Merger, MergerPart

# Those that were held; the next one is expected on `regular_election` and added here when it was.
REGULAR_ELECTIONS = (
    dt.date(2014, 3, 19),
    dt.date(2018, 3, 21),
    dt.date(2022, 3, 16),
    dt.date(2026, 3, 18),
)


EVERY_FOUR_YEARS = 4


def regular_election(year: int) -> dt.date:
    """The day of the regular election in a year: the Wednesday from 15 to 21 March.

    It is the 44th day after the Monday from 30 January to 5 February (Kieswet, art. F 2 and J 1).
    """
    return _wednesday_from(dt.date(year, 3, 15))


def election_before(first_day: dt.date) -> dt.date:
    """The election for a merger on a 1 January: the Wednesday from 18 to 24 November before.

    Source: Wet algemene regels herindeling, art. 55, and the days of 2018 to 2023.
    """
    return _wednesday_from(dt.date(first_day.year - 1, 11, 18))


def _wednesday_from(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=(2 - day.weekday()) % 7)


def next_election(on: dt.date) -> Case:
    """The day of the election that each municipality's council comes to next, as an expression.

    Who takes part in a merger on the coming 1 January or the one after it votes in the November before
    instead of at the regular election around it.
    """
    first_days = [dt.date(on.year + years, 1, 1) for years in (1, 2)]
    mergers = [(election_before(day), _merging([day])) for day in first_days if election_before(day) >= on]
    year = REGULAR_ELECTIONS[-1].year
    while regular_election(year) < on:
        year += EVERY_FOUR_YEARS
    coming = regular_election(year)
    return Case(
        *(When(where, then=Value(day)) for day, where in mergers),
        When(votes_on(coming), then=Value(coming)),
        default=Value(regular_election(year + EVERY_FOUR_YEARS)),
        output_field=DateField(),
    )


def council_since(on: dt.date) -> Case:
    """The day from which the council in office on the day counts, as an expression on Municipality.

    That is the last regular election, but municipalities that merge on a 1 January vote in the November
    before and skip the regular election of that year and of the year before (Wet algemene regels
    herindeling): their council counts from the day of the merger, which the register knows, not from the day
    in November, which it does not. A merger on another day (Weesp with Amsterdam, 24 March 2022) and a mere
    change of name bring no election of their own. Who skips the last regular election for a merger that is
    still to come has the council before it. NULL before the first election in the list.
    """
    held = [election for election in REGULAR_ELECTIONS if election <= on]
    looked_at, before = held[-2:], held[:-2]
    councils = [(election, votes_on(election)) for election in looked_at]
    first_days = [dt.date(year, 1, 1) for year in range(min(looked_at, default=on).year, on.year + 1)]
    councils += [(first_day, _formed_on(first_day)) for first_day in first_days]
    return Case(
        *(
            When(where, then=Value(since))
            for since, where in sorted(councils, key=lambda it: it[0], reverse=True)
        ),
        default=Value(before[-1] if before else None),
        output_field=DateField(),
    )


def votes_on(election: dt.date) -> Q:
    """The municipalities that take part in a regular election: all but those that merge around it."""
    return ~_merging(_around(election))


def _around(election: dt.date) -> list[dt.date]:
    """The days of the mergers for which this regular election is skipped."""
    return [dt.date(election.year, 1, 1), dt.date(election.year + 1, 1, 1)]


def _parts_with_election(first_days: list[dt.date]) -> QuerySet[MergerPart]:
    """What merges on these days; the municipalities concerned vote in the November before."""
    return MergerPart.objects.filter(merger__effective_on__in=first_days).exclude(kind=MergerPart.Kind.RENAME)


def _merging(first_days: list[dt.date]) -> Q:
    """The municipalities that take part in a merger on one of these days, planned or in effect."""
    parts = _parts_with_election(first_days)
    return Q(pk__in=parts.values("successor")) | Q(pk__in=parts.values("predecessor"))


def _formed_on(first_day: dt.date) -> Q:
    """The municipalities that a merger on this day gave a new council."""
    parts = _parts_with_election([first_day]).filter(merger__status=Merger.Status.EFFECTED)
    return Q(pk__in=parts.values("successor"))
