"""Which reminder works: what was sent in a period, and what was answered within thirty days, step by step."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policytracker.dates import end_of_day, today
from policytracker.exporting import Row
from policytracker.forms import DateInput
from reminders.models import Reminder, Rule

TIME_TO_ANSWER = dt.timedelta(days=30)
SHARE_FROM = 5
"""Of fewer reminders no share is shown: one answer more or less would change it too much."""
ONE_DAY = dt.timedelta(days=1)


def a_year_before(day: dt.date) -> dt.date:
    """The day after the same day of the year before, so that both days together hold a year."""
    try:
        return day.replace(year=day.year - 1) + ONE_DAY
    except ValueError:  # 29 February
        return dt.date(day.year - 1, 3, 1)


class PeriodForm(forms.Form):
    """From which day to which day; the last twelve months unless the address says otherwise."""

    van = forms.DateField(label=gettext_lazy("Sent from"), required=False, widget=DateInput)
    tot = forms.DateField(label=gettext_lazy("Sent until"), required=False, widget=DateInput)

    def clean_tot(self) -> dt.date:
        """The last day; today where none is given."""
        return self.cleaned_data["tot"] or today()

    def clean(self) -> dict[str, Any] | None:
        """The first day is not after the last one; a year before it where none is given."""
        cleaned = super().clean()
        last = self.cleaned_data.get("tot")
        if last is not None and "van" in self.cleaned_data:
            first = self.cleaned_data["van"] or a_year_before(last)
            self.cleaned_data["van"] = first
            if first > last:
                self.add_error("tot", _("The last day lies before the first one."))
        return cleaned


@dataclass(frozen=True)
class Figure:
    """What became of the reminders of one step of a rule."""

    rule: str
    step: int
    sent: int
    answered: int
    decided: int
    answered_of_decided: int

    @property
    def reason(self) -> str:
        """The rule in words."""
        return str(Rule(self.rule).label)

    @property
    def open(self) -> int:
        """Those whose thirty days are not over, answered or not."""
        return self.sent - self.decided

    @property
    def share(self) -> int | None:
        """Of those that had thirty days the answered ones, in hundredths; None where these are too few."""
        return round(100 * self.answered_of_decided / self.decided) if self.decided >= SHARE_FROM else None


def figures(first: dt.date, last: dt.date) -> list[Figure]:
    """The figures of what was sent in a period, the most urgent rule first; in one query.

    An answer ends all steps of a reason; it counts for the one that was the last before it. Decided is what
    had thirty days: an answer that came sooner counts towards the share only then, as no answer does.
    """
    later = Reminder.objects.filter(
        Q(about=OuterRef("about")) | Q(about__isnull=True),  # a rule is about things, or never is
        rule=OuterRef("rule"),
        municipality=OuterRef("municipality"),
        status=Reminder.Status.SENT,
        settled_at__gt=OuterRef("settled_at"),
        settled_at__lte=OuterRef("answered_at"),
    )
    in_time = Q(answered_at__lte=F("settled_at") + TIME_TO_ANSWER)
    decided = Q(settled_at__lte=timezone.now() - TIME_TO_ANSWER)
    counts = in_time & ~Q(Exists(later))
    rows = (
        Reminder.objects.filter(
            status=Reminder.Status.SENT,
            settled_at__gte=end_of_day(first - ONE_DAY),
            settled_at__lt=end_of_day(last),
        )
        .order_by()
        .values("rule", "step")
        .annotate(
            sent=Count("pk"),
            answered=Count("pk", filter=counts),
            decided=Count("pk", filter=decided),
            answered_of_decided=Count("pk", filter=counts & decided),
        )
        .values_list("rule", "step", "sent", "answered", "decided", "answered_of_decided")
    )
    place = {rule: number for number, rule in enumerate(Rule.values)}
    return sorted((Figure(*row) for row in rows), key=lambda figure: (place[figure.rule], figure.step))


def total(found: Iterable[Figure]) -> Figure:
    """All of them together; the step is of no meaning."""
    rows = list(found)
    return Figure(
        "",
        0,
        sum(row.sent for row in rows),
        sum(row.answered for row in rows),
        sum(row.decided for row in rows),
        sum(row.answered_of_decided for row in rows),
    )


def export_header() -> list[str]:
    """The titles of the columns of an export."""
    return [
        _("Reason"),
        _("Step"),
        _("Sent"),
        _("Sent from"),
        _("Sent until"),
        _("Answered within 30 days"),
        _("Had 30 days"),
        _("Of these answered within 30 days"),
        _("Share answered (%)"),
        _("Still within 30 days"),
    ]


def export_rows(found: Iterable[Figure], first: dt.date, last: dt.date) -> Iterator[Row]:
    """The rows of an export."""
    for one in found:
        yield (
            one.reason,
            one.step,
            one.sent,
            first,
            last,
            one.answered,
            one.decided,
            one.answered_of_decided,
            one.share,
            one.open,
        )
