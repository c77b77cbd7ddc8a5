"""A user's own deadlines as an iCalendar object (RFC 5545): what is due on which day, and where to do it.

The same data give the same bytes, whenever they are asked for, so that a program that has them already is
told so: no moment of asking stands in them, and everything has a fixed order.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Component, Event, Timezone, TimezoneDaylight, TimezoneStandard
from icalendar.prop import vDuration, vText

from accounts.demonstration import has_demonstration_data
from accounts.models import User
from evaluations.models import Finding, FollowUp
from measures.models import ActionPlan, Measure, PlanParticipation
from municipalities.coverage import COVERED, Coverage, to_confirm_on
from municipalities.cycle import REGULAR_ELECTIONS, votes_on
from municipalities.models import CoverageStatement, Municipality, PolicyParticipation, SafetyPolicy
from policytracker.choices import label
from policytracker.dates import local_day

# What is late stays for a while; a council's policy holds for four years at most.
LATE = dt.timedelta(days=90)
AHEAD = dt.timedelta(days=4 * 365 + 1)

ALARMS = (dt.timedelta(days=14), dt.timedelta(days=2))
IN_THE_MORNING = dt.timedelta(hours=9)  # a day begins at midnight, when nobody wants to be told
FETCH_EVERY = dt.timedelta(hours=12)
LONGEST_TEXT = 300
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # which a TEXT may not hold (RFC 5545, 3.3.11)


class Kind(TextChoices):
    """What is due. The value is part of an event's UID, so it stays as it is; the label is its category."""

    POLICY_ENDS = "policy", gettext_lazy("Safety policy")
    POLICY_EXPECTED = "expected", gettext_lazy("Policy in preparation")
    CONFIRM = "confirm", gettext_lazy("Coverage")
    PLAN_ENDS = "plan", gettext_lazy("Action plan")
    MEASURE = "measure", gettext_lazy("Measure")
    FINDING = "finding", gettext_lazy("Finding")
    ELECTION = "election", gettext_lazy("Election")


class Own(NamedTuple):
    """A municipality that the user looks after, with what it stated; the order is that of `own`."""

    pk: int
    code: str
    name: str
    statement: int | None
    value: str | None
    expected_on: dt.date | None
    stated_at: dt.datetime | None
    confirmed_at: dt.datetime | None
    policy_ends_on: dt.date | None

    @property
    def url(self) -> str:
        """The address of its page."""
        return reverse("municipalities:detail", args=[self.code])

    @property
    def confirm_url(self) -> str:
        """The address at which it is confirmed that its coverage still holds."""
        return reverse("municipalities:confirm", args=[self.code])

    @property
    def form_url(self) -> str:
        """The address of the form in which its coverage is stated."""
        return reverse("municipalities:state-coverage", args=[self.code])


class Deadline(NamedTuple):
    """One thing that is due in one municipality; `key` tells it from others of its kind there.

    What is written down nowhere, such as the day of an election, has no `changed_at`.
    """

    on: dt.date
    kind: Kind
    key: int | str
    municipality: Own
    title: str
    text: str
    url: str
    changed_at: dt.datetime | None = None

    @property
    def uid(self) -> str:
        """The name by which a program knows it again, also when its day or its title changed."""
        host = urlsplit(settings.BASE_URL).hostname
        return f"{self.kind.value}-{self.key}-{self.municipality.code}@{host}"


class Window(NamedTuple):
    """The days of which deadlines are shown, for a queryset's `range`."""

    first: dt.date
    last: dt.date


# What is due


def deadlines(user: User, kept: Mapping[int, Own], on: dt.date) -> list[Deadline]:
    """What is due in the user's municipalities, the earliest first, in as many queries whatever there is."""
    window = Window(on - LATE, on + AHEAD)
    found = [
        *(deadline for one in kept.values() for deadline in of_statement(one, on)),
        *of_policies(kept, window, on),
        *of_plans(kept, window),
        *of_measures(kept, window),
        *of_findings(kept, window, user),
        *of_elections(kept, window),
    ]
    shown = (deadline for deadline in found if window.first <= deadline.on <= window.last)
    return sorted(shown, key=lambda deadline: (deadline.on, deadline.title, deadline.uid))


def last_change(model: Any, row: str) -> Subquery:
    """When the row to which the field leads changed last, as its history tells."""
    events = model.pgh_event_model.objects.filter(pgh_obj=OuterRef(row))
    return Subquery(events.order_by("-pgh_id").values("pgh_created_at")[:1])


def own(user: User, on: dt.date) -> dict[int, Own]:
    """The municipalities that the user looks after, by primary key."""
    rows = (
        Municipality.objects.in_register(on=on)
        .looked_after_by(user)
        .with_coverage(on=on)
        .values_list(
            *Own._fields[:3],
            "statement__pk",
            *(f"statement__{name}" for name in Own._fields[4:8]),
            "statement__policy__ends_on",
        )
    )
    return {row[0]: Own._make(row) for row in rows}


def of_statement(one: Own, on: dt.date) -> Iterator[Deadline]:
    """What follows from the statement in force: the decision that is expected, and when it is asked again.

    It is not asked again once its policy has ended or its decision was expected: then something else is.
    """
    if one.stated_at is None or one.statement is None:
        return
    said_at = one.confirmed_at or one.stated_at
    asked_on = to_confirm_on(one.stated_at, one.confirmed_at)
    stated = _("Stated on %(day)s.") % {"day": date_format(local_day(one.stated_at))}
    holds_until = one.policy_ends_on if one.value in COVERED else one.expected_on
    if one.expected_on is not None:
        title, text = _("Decision of the council expected"), _("Has it decided? Then state the coverage.")
        yield Deadline(
            one.expected_on, Kind.POLICY_EXPECTED, one.statement, one, title, text, one.form_url, said_at
        )
    if one.value == Coverage.REASONED_NO:
        title, text = _("Renew the reasoned no"), _("It must be renewed each year.")
    elif one.value != Coverage.ABSENT and (holds_until is None or holds_until >= max(asked_on, on)):
        title, text = _("Confirm the coverage"), _("Does it still hold? That takes two minutes.")
    else:
        return
    text = f"{stated} {text}"
    yield Deadline(asked_on, Kind.CONFIRM, one.statement, one, title, text, one.confirm_url, said_at)


def of_policies(kept: Mapping[int, Own], window: Window, on: dt.date) -> Iterator[Deadline]:
    """The last days of confirmed safety policies; of what ended, only that on which the statement rests."""
    rests_on_it = CoverageStatement.objects.in_force(on=on).filter(
        municipality=OuterRef("municipality"), policy=OuterRef("policy")
    )
    rows: QuerySet[PolicyParticipation, Any] = PolicyParticipation.objects.filter(
        Q(policy__ends_on__gte=on) | Exists(rests_on_it),
        municipality__in=kept,
        status=PolicyParticipation.Status.CONFIRMED,
        policy__ends_on__range=window,
    ).values_list(
        "municipality", "policy", "policy__title", "policy__ends_on", last_change(SafetyPolicy, "policy")
    )
    text = _("State the new one as soon as the council has adopted it.")
    for municipality, pk, title, ends_on, changed_at in rows:
        one = kept[municipality]
        named = _("Safety policy ends: %(title)s") % {"title": title}
        yield Deadline(ends_on, Kind.POLICY_ENDS, pk, one, named, text, one.form_url, changed_at)


def of_plans(kept: Mapping[int, Own], window: Window) -> Iterator[Deadline]:
    """The last days of adopted action plans."""
    rows: QuerySet[PlanParticipation, Any] = (
        PlanParticipation.objects.confirmed()
        .filter(municipality__in=kept, plan__status=ActionPlan.Status.ADOPTED, plan__ends_on__range=window)
        .values_list("municipality", "plan", "plan__title", "plan__ends_on", last_change(ActionPlan, "plan"))
    )
    for municipality, pk, title, ends_on, changed_at in rows:
        one = kept[municipality]
        named = _("Action plan ends: %(title)s") % {"title": title}
        text = _("What is not finished by then needs a place in the next plan.")
        url = reverse("plans:detail", args=[pk])
        yield Deadline(ends_on, Kind.PLAN_ENDS, pk, one, named, text, url, changed_at)


def of_measures(kept: Mapping[int, Own], window: Window) -> Iterator[Deadline]:
    """The due days of the measures of adopted plans that are not finished."""
    rows: QuerySet[PlanParticipation, Any] = (
        PlanParticipation.objects.confirmed()
        .filter(
            municipality__in=kept,
            plan__status=ActionPlan.Status.ADOPTED,
            plan__measures__status__in=Measure.UNFINISHED,
            plan__measures__due_on__range=window,
        )
        .values_list(
            "municipality",
            "plan__measures",
            "plan__measures__title",
            "plan__measures__due_on",
            "plan__title",
            last_change(Measure, "plan__measures"),
        )
    )
    for municipality, pk, title, due_on, plan, changed_at in rows:
        one = kept[municipality]
        named = _("Measure due: %(title)s") % {"title": title}
        text = _("Of the action plan “%(title)s”.") % {"title": plan}
        url = reverse("measures:detail", args=[pk])
        yield Deadline(due_on, Kind.MEASURE, pk, one, named, text, url, changed_at)


def of_findings(kept: Mapping[int, Own], window: Window, user: User) -> Iterator[Deadline]:
    """The due days of the findings that are not followed up."""
    in_language = "finding__text_en" if get_language() == "en" else "finding__text_nl"
    rows = (
        FollowUp.objects.visible_to(user)
        .filter(municipality__in=kept, status__in=FollowUp.NOT_DONE, due_on__range=window)
        .values_list(
            "municipality", "pk", "due_on", "finding__theme", in_language, last_change(FollowUp, "pk")
        )
    )
    for municipality, pk, due_on, theme, text, changed_at in rows:
        one = kept[municipality]
        title = _("Finding due: %(theme)s") % {"theme": label(Finding.Theme, theme)}
        yield Deadline(due_on, Kind.FINDING, pk, one, title, text, f"{one.url}#findings", changed_at)


def of_elections(kept: Mapping[int, Own], window: Window) -> Iterator[Deadline]:
    """The days on which the councils are elected, as far as they are known."""
    for election in REGULAR_ELECTIONS:
        if window.first <= election <= window.last:
            voting = Municipality.objects.filter(votes_on(election), pk__in=kept)
            for pk in voting.order_by().values_list("pk", flat=True):
                title, text = _("Election of the council"), _("A new council may set new priorities.")
                yield Deadline(election, Kind.ELECTION, str(election), kept[pk], title, text, kept[pk].url)


# How it is written


def calendar_of(user: User, on: dt.date, *, stamp: dt.datetime) -> bytes:
    """The user's deadlines as an iCalendar object in the active language.

    `stamp` stands on each event of which it is not known when it changed, since iCalendar wants one there; it
    must not be the moment of asking.
    """
    kept = own(user, on)
    names = [one.name for one in kept.values()]
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", f"-//policytracker//calendar//{(get_language() or '').upper()}")
    calendar.add("CALSCALE", "GREGORIAN")
    name = calendar_name(names)
    for key in ("NAME", "X-WR-CALNAME"):  # RFC 7986 names it so, Outlook and Apple the other way
        calendar.add(key, text_of(name))
    calendar.add("X-WR-TIMEZONE", text_of(settings.TIME_ZONE))
    calendar.add("REFRESH-INTERVAL", vDuration(FETCH_EVERY), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(FETCH_EVERY))
    calendar.add_component(dutch_time())
    for deadline in deadlines(user, kept, on):
        calendar.add_component(event(deadline, on, stamp=stamp, with_name=len(names) > 1))
    return calendar.to_ical()


def calendar_name(municipalities: Sequence[str]) -> str:
    """What the calendar is called: after the municipality where there is only one."""
    name = _("Deadlines for radicalisation policy")
    if len(municipalities) == 1:
        name = f"{name} – {municipalities[0]}"
    return _("[DEMONSTRATION] %(subject)s") % {"subject": name} if has_demonstration_data() else name


def event(deadline: Deadline, on: dt.date, *, stamp: dt.datetime, with_name: bool) -> Event:
    """A deadline as an event that takes the whole day and leaves the reader free."""
    title = f"{deadline.municipality.name} – {deadline.title}" if with_name else deadline.title
    one = Event()
    one.add("UID", deadline.uid)
    for key in ("DTSTAMP", "LAST-MODIFIED"):  # the same where nothing is sent by hand (RFC 5545, 3.8.7.2)
        one.add(key, deadline.changed_at or stamp)
    one.add("DTSTART", deadline.on)
    one.add("SUMMARY", text_of(title))
    one.add("DESCRIPTION", text_of(Truncator(deadline.text).chars(LONGEST_TEXT)))
    one.add("URL", settings.BASE_URL + deadline.url)
    one.add("CATEGORIES", [str(deadline.kind.label)])
    one.add("STATUS", "CONFIRMED")
    one.add("TRANSP", "TRANSPARENT")
    if deadline.kind != Kind.ELECTION:
        for before in ALARMS:
            if on <= deadline.on - before:  # an alarm of the past would ring at once
                one.add_component(alarm(title, before))
    return one


def alarm(title: str, before: dt.timedelta) -> Alarm:
    """What is shown on the morning of the day that lies so long before."""
    one = Alarm()
    one.add("ACTION", "DISPLAY")
    one.add("DESCRIPTION", text_of(title))
    one.add("TRIGGER", IN_THE_MORNING - before)
    return one


def text_of(text: str) -> vText:
    """The text without what none may hold; commas, semicolons and ends of lines are escaped when written."""
    return vText(CONTROLS.sub("", text))


def dutch_time() -> Timezone:
    """The time in the Netherlands.

    No event has a time of day, but a calendar holds at least one component (RFC 5545, 3.6), also one in
    which nothing is due.
    """
    zone = Timezone()
    zone.add("TZID", settings.TIME_ZONE)
    winter, summer = dt.timedelta(hours=1), dt.timedelta(hours=2)
    zone.add_component(
        change_of_clock(TimezoneDaylight(), "CEST", dt.datetime(1981, 3, 29, 2), winter, summer)  # noqa: DTZ001
    )
    zone.add_component(
        change_of_clock(TimezoneStandard(), "CET", dt.datetime(1996, 10, 27, 3), summer, winter)  # noqa: DTZ001
    )
    return zone


def change_of_clock(
    part: Component, name: str, first: dt.datetime, before: dt.timedelta, after: dt.timedelta
) -> Component:
    """What the clock does on the last Sunday of the month in which it first did so, each year."""
    part.add("DTSTART", first)
    part.add("TZOFFSETFROM", before)
    part.add("TZOFFSETTO", after)
    part.add("TZNAME", name)
    part.add("RRULE", {"FREQ": "YEARLY", "BYMONTH": first.month, "BYDAY": "-1SU"})
    return part
