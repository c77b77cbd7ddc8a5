"""The values of coverage and the rule that says what holds for a municipality on a day.

The answer to "is radicalisation part of this municipality's safety policy?" is never stored: it follows from
the statement that was in force on the day, and from the period of the safety policy on which it rests.
"""

import datetime as dt

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from policytracker.dates import end_of_day, local_day


class Coverage(models.TextChoices):
    """What holds for a municipality; `lapsed` and `unknown` follow by themselves and cannot be stated."""

    PRIORITY = "priority", _("Priority")
    INCLUDED = "included", _("Included")
    SEPARATE_PLAN = "separate_plan", _("Separate plan")
    REGIONAL_PLAN = "regional_plan", _("Regional plan")
    REASONED_NO = "reasoned_no", _("Reasoned no")
    IN_PREPARATION = "in_preparation", _("In preparation")
    LAPSED = "lapsed", _("Lapsed")
    ABSENT = "absent", _("Absent")
    UNKNOWN = "unknown", _("Unknown")


COVERED = (Coverage.PRIORITY, Coverage.INCLUDED, Coverage.SEPARATE_PLAN, Coverage.REGIONAL_PLAN)
RESTS_ON_POLICY = (Coverage.PRIORITY, Coverage.INCLUDED)
# A municipality that has just answered "it is not in our policy" is not asked the same again at once.
AFTER_ABSENT = dt.timedelta(weeks=4)
CONFIRM_AFTER = dt.timedelta(days=365)
STATED = (*COVERED, Coverage.REASONED_NO, Coverage.IN_PREPARATION, Coverage.ABSENT)


def in_force(on: dt.date, prefix: str = "") -> Q:
    """The statements that nothing had superseded by the end of the day `on`.

    `prefix` is the path to the statement, with its double underscore.
    """
    moment = end_of_day(on)
    return Q(**{f"{prefix}stated_at__lt": moment}) & (
        Q(**{f"{prefix}superseded_at__isnull": True}) | Q(**{f"{prefix}superseded_at__gte": moment})
    )


def coverage_on(on: dt.date, statement: str) -> Case:
    """The coverage that follows from the relation named `statement` on the day `on`.

    A covered statement lapses on the day after its safety policy's last day; without one nothing is known.
    """
    return Case(
        When(
            Q(**{f"{statement}__value__in": COVERED, f"{statement}__policy__ends_on__lt": on}),
            then=Value(Coverage.LAPSED.value),
        ),
        When(**{f"{statement}__value__isnull": False}, then=F(f"{statement}__value")),
        default=Value(Coverage.UNKNOWN.value),
        output_field=models.CharField(max_length=20, choices=Coverage),
    )


def to_confirm_on(*moments: dt.datetime | None) -> dt.date:
    """The day from which it is asked whether something still holds: a year after it was last said."""
    return local_day(max(moment for moment in moments if moment)) + CONFIRM_AFTER
