"""How things stood for one municipality at the end of a day: what was owed, kept back, made, tried and sent.

The ledger and the holds tell it by their moments, the settings of the rules by their history. Of a day that
lies ahead it is what stands now. What is not kept by moment (a contact's preferences, a measure's day) is
read as it is now.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Max, Min, OuterRef, Q, Subquery
from django.utils import timezone

from municipalities.models import Contact, Municipality
from policytracker.dates import end_of_day, local_day, today
from reminders.addressing import People, Recipient, Written
from reminders.holds import Held
from reminders.models import (
    DeliveryAttempt,
    Handover,
    Hold,
    Message,
    MessageReminder,
    Reminder,
    ReminderRun,
    RuleSetting,
)
from reminders.office_hours import CLOSES, is_working_day
from reminders.rules import DEFAULTS, ReminderRule, as_set

ONE_DAY = dt.timedelta(days=1)


class Runs(NamedTuple):
    """The runs that ended on a day: how many, when the last one did, and what stopped one before its end."""

    number: int
    last_at: dt.datetime | None
    error: str


class Thread(NamedTuple):
    """One reason in one cycle: since when it holds (None: it does not), and its reminders so far."""

    rule: ReminderRule
    cycle: str
    about: int | None
    since: dt.date | None
    reminders: list[Reminder]


@dataclass
class Looked:
    """How things stood for the municipality at the end of the day `on`."""

    municipality: Municipality
    on: dt.date
    rules: dict[str, ReminderRule] = field(default_factory=dict)
    off_since: dict[str, dt.date] = field(default_factory=dict)
    threads: list[Thread] = field(default_factory=list)
    carrying: dict[int, list[Message]] = field(default_factory=lambda: defaultdict(list))
    attempts: dict[int, list[DeliveryAttempt]] = field(default_factory=lambda: defaultdict(list))
    contacts: list[Contact] = field(default_factory=list)
    people: People = field(default_factory=People)
    holds: list[Hold] = field(default_factory=list)

    @property
    def is_past(self) -> bool:
        """Whether the day is over."""
        return self.on < today()

    @cached_property
    def ends(self) -> dt.datetime:
        """The first moment after the day."""
        return end_of_day(self.on)

    @cached_property
    def runs(self) -> Runs:
        """The runs for this municipality that ended on the day."""
        runs = ReminderRun.objects.filter(
            Q(municipality__isnull=True) | Q(municipality=self.municipality),
            ended_at__gte=end_of_day(self.on - ONE_DAY),
            ended_at__lt=self.ends,
        )
        ended = list(runs.order_by("ended_at").values_list("ended_at", "error"))
        errors = [error for _ended_at, error in ended if error]
        return Runs(len(ended), ended[-1][0] if ended else None, errors[-1] if errors else "")

    @cached_property
    def written(self) -> Written:
        """Which addresses had a message by the end of the day, and for which one was on its way."""
        addresses = {one.address for many in self.people.contacts.values() for one in many}
        addresses |= {one.address for one in self.people.managers.values()}
        last = (
            Message.objects.filter(recipient__in=addresses, status=Message.Status.SENT)
            .filter(settled_at__lt=self.ends)
            .order_by()
            .values("recipient")
            .annotate(last=Max("settled_at"))
            .values_list("recipient", "last")
        )
        under_way = Message.objects.filter(
            Q(settled_at__isnull=True) | Q(settled_at__gte=self.ends),
            recipient__in=addresses,
            created_at__lt=self.ends,
        )
        return Written(
            self.on,
            self.people.day_of,
            set(under_way.values_list("recipient", flat=True)),
            {who: local_day(moment) for who, moment in last if moment},
        )

    def written_on(self, day: dt.date) -> Written:
        """The same for a day that lies ahead."""
        return replace(self.written, on=day)

    def held(self, day: dt.date) -> Held:
        """What keeps reminders back on a day, as far as known on the day that is looked at."""
        found: dict[tuple[int | None, str], Hold] = {}
        for hold in self.holds:
            if hold.until is None or hold.until >= day:
                is_for_all = hold.municipality_id is None and hold.safety_region_id is None
                found.setdefault((None if is_for_all else self.municipality.pk, hold.rule), hold)
        return Held(day, found)

    def days_to_send(self, first: dt.date) -> Iterator[dt.date]:
        """The days from `first` to the day on which messages go out by themselves and may do so still."""
        day = max(first, today())
        while day <= self.on:
            if goes_out_on(day):
                yield day
            day += ONE_DAY

    def messages(self, thread: Thread) -> list[Message]:
        """The messages that carried something of the thread by the end of the day, each once."""
        found = {one.pk: one for each in thread.reminders for one in self.carrying[each.pk]}
        return list(found.values())

    def is_open(self, message: Message) -> bool:
        """Whether the message was made and not settled at the end of the day."""
        return message.settled_at is None or message.settled_at >= self.ends

    def sent_at(self, message: Message) -> dt.datetime | None:
        """When the mail server accepted the message; None where it did not."""
        if message.status == Message.Status.BOUNCED:
            accepted = [one.ended_at for one in self.attempts[message.pk] if one.outcome == "accepted"]
            return accepted[-1] if accepted else message.settled_at
        return message.settled_at if message.status == Message.Status.SENT else None

    def sent_on(self, reminder: Reminder) -> dt.date | None:
        """The day on which the reminder was sent; None where it was not by the end of the day."""
        is_sent = reminder.status == Reminder.Status.SENT and reminder.settled_at
        day = local_day(reminder.settled_at) if is_sent and reminder.settled_at else None
        return day if day and day <= self.on else None


def goes_out_on(day: dt.date) -> bool:
    """Whether messages go out by themselves on a day from today on; today until the office hours end."""
    if not settings.REMINDERS_OFFICE_HOURS:
        return True
    return is_working_day(day) and (day > today() or timezone.localtime().time() < CLOSES)


def look(municipality: Municipality, *, on: dt.date) -> Looked:
    """How things stood on the day, in a fixed number of queries."""
    looked = Looked(municipality, on)
    _rules(looked)
    _threads(looked)
    _messages(looked)
    _people(looked)
    _holds(looked)
    return looked


def _rules(looked: Looked) -> None:
    """The rules as VNG had set them on the day, and since when those that are off have been so."""
    found: dict[str, RuleSetting] = {}
    events: Any = RuleSetting.pgh_event_model.objects  # type: ignore[attr-defined]
    rows = events.filter(pgh_created_at__lt=looked.ends).order_by("pgh_created_at", "pgh_id")
    for rule, is_on, waits, moment in rows.values_list("rule", "is_on", "waits", "pgh_created_at"):
        found[rule] = RuleSetting(rule=rule, is_on=is_on, waits=waits)
        if is_on:
            looked.off_since.pop(rule, None)
        else:
            looked.off_since.setdefault(rule, local_day(moment))
    looked.rules = {key: as_set(rule, found.get(key)) for key, rule in DEFAULTS.items()}


def _threads(looked: Looked) -> None:
    """What held on the day, and what stood in the ledger by then, put together by rule and cycle."""
    made: dict[tuple[str, str], list[Reminder]] = defaultdict(list)
    ledger = Reminder.objects.filter(municipality=looked.municipality, planned_at__lt=looked.ends)
    for reminder in ledger.order_by("step"):
        made[reminder.rule, reminder.cycle].append(reminder)
    for rule in looked.rules.values():
        for _who, cycle, about, since in rule.holding(on=looked.on, among=[looked.municipality.pk]):
            looked.threads.append(Thread(rule, cycle, about, since, made.pop((rule.key, cycle), [])))
    for (key, cycle), reminders in made.items():
        looked.threads.append(Thread(looked.rules[key], cycle, reminders[0].about, None, reminders))


def _messages(looked: Looked) -> None:
    """The messages made by the end of the day, and the tries to hand them over."""
    keys = [reminder.pk for thread in looked.threads for reminder in thread.reminders]
    items = MessageReminder.objects.filter(reminder__in=keys, message__created_at__lt=looked.ends)
    for item in items.select_related("message").order_by("message"):
        looked.carrying[item.reminder_id].append(item.message)
    made = {message.pk for many in looked.carrying.values() for message in many}
    tries = DeliveryAttempt.objects.filter(message__in=made, started_at__lt=looked.ends)
    for attempt in tries.order_by("started_at", "pk"):
        looked.attempts[attempt.message_id].append(attempt)


def _people(looked: Looked) -> None:
    """Whose mail arrived on the day, and what they asked for."""
    municipality, people = looked.municipality, looked.people
    looked.contacts = list(municipality.contacts.select_related("preference").order_by("position"))
    for contact in looked.contacts:
        if contact.unreachable_since is None or contact.unreachable_since >= looked.ends:
            address = contact.email.lower()
            people.contacts[municipality.pk].append(
                Recipient(address, contact.language, contact_id=contact.pk)
            )
            if (preference := getattr(contact, "preference", None)) is not None:
                people.unwanted |= {(contact.pk, rule) for rule in preference.unsubscribed}
                if preference.digest_day is not None:
                    people.day_of[address] = preference.digest_day
    manager = municipality.account_manager
    if manager is not None and manager.is_active:
        people.managers[municipality.pk] = Recipient(
            manager.email, settings.LANGUAGE_CODE, user_id=manager.pk
        )
    handovers = Handover.objects.filter(municipality=municipality, made_at__lt=looked.ends)
    for rule, contact_id in handovers.values_list("rule", "contact"):
        people.handed_over[municipality.pk, rule] = contact_id


def _holds(looked: Looked) -> None:
    """What kept reminders back on the day, also what has been lifted since. A delay holds once granted."""
    events: Any = Hold.pgh_event_model.objects  # type: ignore[attr-defined]
    granted = events.filter(pgh_obj=OuterRef("pk"), status=Hold.Status.HOLDS).order_by()
    granted = granted.values("pgh_obj").annotate(first=Min("pgh_created_at")).values("first")
    municipality = looked.municipality
    place = Q(municipality=municipality) | Q(municipality__isnull=True, safety_region__isnull=True)
    if municipality.safety_region_id is not None:
        place |= Q(safety_region=municipality.safety_region_id)
    holds = (
        Hold.objects.filter(place, Q(until__isnull=True) | Q(until__gte=looked.on), made_at__lt=looked.ends)
        .exclude(status__in=[Hold.Status.ASKED, Hold.Status.REFUSED])
        .annotate(granted_at=Subquery(granted))
        .exclude(kind=Hold.Kind.DELAY, status=Hold.Status.HOLDS, decided_at__gte=looked.ends)
        .exclude(
            Q(granted_at__isnull=True) | Q(granted_at__gte=looked.ends), kind=Hold.Kind.DELAY, status="lifted"
        )
        .select_related("municipality", "safety_region", "made_by", "decided_by")
    )
    if looked.is_past:
        begins = end_of_day(looked.on - ONE_DAY)
        holds = holds.exclude(status=Hold.Status.LIFTED, decided_at__lt=begins)
    else:
        holds = holds.filter(status=Hold.Status.HOLDS)
    looked.holds = list(holds)
