"""Addressing: who gets what. Everything owed to one address goes into one message, and not too often."""

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max
from django.db.models.functions import Lower
from django.utils import timezone

from municipalities.models import Contact, Municipality
from policytracker.dates import local_day
from reminders.holds import Held, held
from reminders.models import Handover, Hold, Message, MessageReminder, Preference, Reminder
from reminders.office_hours import comes_round
from reminders.rules import Audience, ReminderRule, rules


class Recipient(NamedTuple):
    """Somebody to write to: a contact of a municipality, or its account manager at VNG."""

    address: str
    language: str
    contact_id: int | None = None
    user_id: int | None = None


class Because(enum.Enum):
    """Why a reminder waits though it is owed."""

    HELD = enum.auto()
    WRITTEN_TO_LATELY = enum.auto()
    NOT_THEIR_DAY = enum.auto()
    TOGETHER = enum.auto()  # another of its recipients may not be written to yet


class Waiting(NamedTuple):
    """A reminder that waits, and why: its hold, or the address that may not be written to."""

    reminder: Reminder
    because: Because
    hold: Hold | None = None
    address: str = ""


@dataclass
class Draft:
    """What one address gets."""

    recipient: Recipient
    reminders: list[Reminder] = field(default_factory=list)


@dataclass
class Addressed:
    """What goes out, what waits and why, what reaches nobody, and what its recipients do not want."""

    drafts: list[Draft] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    unreachable: list[Reminder] = field(default_factory=list)
    unwanted: list[Reminder] = field(default_factory=list)


@dataclass
class People:
    """The people of municipalities to whom mail arrives, in order, and what they asked for."""

    contacts: dict[int, list[Recipient]] = field(default_factory=lambda: defaultdict(list))
    managers: dict[int, Recipient] = field(default_factory=dict)
    handed_over: dict[tuple[int, str], int] = field(default_factory=dict)
    unwanted: set[tuple[int, str]] = field(default_factory=set)
    day_of: dict[str, int] = field(default_factory=dict)

    def recipients(self, reminder: Reminder, rule: ReminderRule) -> list[Recipient]:
        """To whom a reminder goes. Where one falls out the next moves up; in the end VNG must call."""
        municipality_id = reminder.municipality_id
        contacts = self.contacts.get(municipality_id, [])
        if (colleague := self.handed_over.get((municipality_id, reminder.rule))) is not None:
            contacts = sorted(contacts, key=lambda one: one.contact_id != colleague)
        audience = rule.step(reminder.step).audience
        number = sum(each in audience for each in (Audience.FIRST_CONTACT, Audience.SECOND_CONTACT))
        found = contacts[:number]
        manager = self.managers.get(municipality_id)
        if manager and (Audience.ACCOUNT_MANAGER in audience or (not found and not rule.is_notice)):
            found = [*found, manager]
        return list({one.address: one for one in reversed(found)}.values())[::-1]  # nobody twice


def address(
    reminders: Iterable[Reminder], *, on: dt.date, by_hand: bool = False, holds: Held | None = None
) -> Addressed:
    """Say for each reminder who gets it on the day, in a fixed number of queries. Nothing is written.

    The oldest comes first. A reminder goes to all its recipients at once: while one of them may not be
    written to, it waits, and keeps the others free for itself, so that it never waits longer than the gap.
    `by_hand`: a person at VNG asked for it, so that neither the gap nor a chosen day keeps it back.
    """
    reminders = sorted(reminders, key=lambda reminder: (reminder.due_on, reminder.municipality_id))
    in_use, holds = rules(), holds or held(on=on)
    people = _people({reminder.municipality_id for reminder in reminders})
    refused = _refused()
    written = Written.until(on, people.day_of)
    drafts: dict[str, Draft] = {}
    addressed = Addressed()
    for reminder in reminders:
        rule = in_use[reminder.rule]
        found = people.recipients(reminder, rule)
        wanted = [one for one in found if (one.contact_id or 0, reminder.rule) not in people.unwanted]
        recipients = [one for one in wanted if (_key(reminder), one.address) not in refused]
        if hold := holds.hold_of(reminder.rule, reminder.municipality_id):
            addressed.waiting.append(Waiting(reminder, Because.HELD, hold))
            continue
        if found and not wanted:
            addressed.unwanted.append(reminder)
            continue
        if not recipients:
            addressed.unreachable.append(reminder)
            continue
        addresses = [one.address for one in recipients]
        if blocked := written.blocked(reminder, rule, addresses, by_hand=by_hand):
            addressed.waiting.append(blocked)
            written.kept_free |= set(addresses) - drafts.keys()
            continue
        for one in recipients:
            drafts.setdefault(one.address, Draft(one)).reminders.append(reminder)
    addressed.drafts = list(drafts.values())
    return addressed


def _people(municipality_ids: set[int]) -> People:
    """The people of these municipalities whose mail arrives, and what they asked for."""
    people = People()
    for pk, municipality_id, email, language in (
        Contact.objects.reachable()
        .filter(municipality__in=municipality_ids)
        .order_by("municipality", "position")
        .values_list("pk", "municipality", Lower("email"), "language")
    ):
        people.contacts[municipality_id].append(Recipient(email, language, contact_id=pk))
    for municipality_id, user_id, email in Municipality.objects.filter(
        pk__in=municipality_ids, account_manager__is_active=True
    ).values_list("pk", "account_manager", "account_manager__email"):
        people.managers[municipality_id] = Recipient(email, settings.LANGUAGE_CODE, user_id=user_id)
    for municipality_id, rule, contact_id in Handover.objects.values_list("municipality", "rule", "contact"):
        people.handed_over[municipality_id, rule] = contact_id
    for contact_id, email, day, unsubscribed in Preference.objects.values_list(
        "contact", Lower("contact__email"), "digest_day", "unsubscribed"
    ):
        people.unwanted |= {(contact_id, rule) for rule in unsubscribed}
        if day is not None:
            people.day_of[email] = day
    return people


def _key(reminder: Reminder) -> tuple[str, int, str, int]:
    """What makes a reminder the same one, saved or not."""
    return reminder.rule, reminder.municipality_id, reminder.cycle, reminder.step


def _refused() -> set[tuple[tuple[str, int, str, int], str]]:
    """The reminders that an account manager's address has refused for good already, with the address.

    A contact who cannot be reached carries a mark that VNG can take away again; an account manager does not.
    """
    rows = MessageReminder.objects.filter(
        message__status__in=[Message.Status.FAILED, Message.Status.BOUNCED], message__user__isnull=False
    ).exclude(reminder__status__in=[Reminder.Status.SENT, Reminder.Status.CANCELLED])
    return {
        ((rule, municipality_id, cycle, step), recipient)
        for rule, municipality_id, cycle, step, recipient in rows.values_list(
            "reminder__rule",
            "reminder__municipality",
            "reminder__cycle",
            "reminder__step",
            "message__recipient",
        )
    }


@dataclass
class Written:
    """Which addresses may be written to on a day, and which may not yet."""

    on: dt.date
    day_of: dict[str, int]
    under_way: set[str]
    last_on: dict[str, dt.date]
    kept_free: set[str] = field(default_factory=set)

    @classmethod
    def until(cls, on: dt.date, day_of: dict[str, int]) -> "Written":
        """What was sent so far and what is on its way, in two queries."""
        under_way = Message.objects.filter(status=Message.Status.WAITING).values_list("recipient", flat=True)
        longest = max(step.gap for rule in rules().values() for step in rule.ladder)
        last = (
            Message.objects.filter(
                status=Message.Status.SENT, settled_at__gte=timezone.now() - longest - dt.timedelta(days=1)
            )
            .order_by()
            .values("recipient")
            .annotate(last=Max("settled_at"))
            .values_list("recipient", "last")
        )
        return cls(on, day_of, set(under_way), {who: local_day(moment) for who, moment in last if moment})

    def blocked(
        self, reminder: Reminder, rule: ReminderRule, addresses: Sequence[str], *, by_hand: bool
    ) -> Waiting | None:
        """Why a reminder to these addresses waits; None where it goes out.

        Of the weekdays that its recipients chose only that of the first counts: two might never meet.
        """
        gap = rule.step(reminder.step).gap
        for who in addresses:
            last = self.last_on.get(who)
            if who in self.under_way or (not by_hand and last and last + gap > self.on):
                return Waiting(reminder, Because.WRITTEN_TO_LATELY, address=who)
            chosen = self.day_of.get(who) if who == addresses[0] else None
            if not by_hand and not comes_round(chosen, self.on):
                return Waiting(reminder, Because.NOT_THEIR_DAY, address=who)
            if who in self.kept_free:
                return Waiting(reminder, Because.TOGETHER, address=who)
        return None
